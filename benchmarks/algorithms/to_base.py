DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def to_base(number: int, base: int) -> str:
    """Write a non-negative number in a base from 2 to 36.

    Raises:
        ValueError: If number is negative.
    """
    if number < 0:
        raise ValueError("number must not be negative")
    if number == 0:
        return "0"
    digits = []
    while number:
        number, digit = divmod(number, base)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))
