"""Gray codes."""


def binary_to_gray(number: int) -> int:
    """Return the Gray code of a number that is not negative."""
    return number ^ (number >> 1)


def gray_to_binary(code: int) -> int:
    """Return the number of a Gray code."""
    number = 0
    while code:
        number ^= code
        code >>= 1
    return number
