from typing import List


def encode_varint(value: int) -> bytes:
    """Variable-length encoding of a non-negative number, low bits first.

    >>> encode_varint(300).hex()
    'ac02'
    """
    if value < 0:
        raise ValueError("negative numbers are not supported")
    out: List[int] = []
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def decode_varints(data: bytes) -> List[int]:
    """All numbers in a sequence of encoded ones."""
    numbers: List[int] = []
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            numbers.append(value)
            value = shift = 0
    if shift:
        raise ValueError("truncated number")
    return numbers
