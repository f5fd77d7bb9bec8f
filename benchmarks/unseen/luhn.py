"""The check digit of card numbers."""


def is_valid(number: str) -> bool:
    """Tell whether a card number passes the Luhn check.

    >>> is_valid("4539 1488 0343 6467")
    True
    """
    digits = [int(letter) for letter in number if letter.isdigit()]
    if not digits:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        if place % 2 == 1:
            digit *= 2
            if digit > 9:
                digit -= 9
        total += digit
    return total % 10 == 0
