"""Numbers in any base, read."""

import string

DIGITS = string.digits + string.ascii_lowercase


def parse_number(text: str, base: int = 10) -> int:
    """Read a whole number written in a base from 2 to 36."""
    if not 2 <= base <= 36:
        raise ValueError("base must be from 2 to 36")
    sign = 1
    if text.startswith("-"):
        sign, text = -1, text[1:]
    number = 0
    for letter in text.lower():
        digit = DIGITS.index(letter)
        if digit >= base:
            raise ValueError(f"{letter!r} is no digit in base {base}")
        number = number * base + digit
    return sign * number
