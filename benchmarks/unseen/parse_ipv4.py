"""Addresses as numbers."""


def parse_ipv4(address: str) -> int:
    """Return an IPv4 address in dotted form as one number."""
    parts = address.split(".")
    if len(parts) != 4:
        raise ValueError(f"not an address: {address!r}")
    number = 0
    for part in parts:
        if not part.isdigit() or int(part) > 255:
            raise ValueError(f"not an address: {address!r}")
        number = number * 256 + int(part)
    return number
