"""Money, in cents."""


def split_bill(cents: int, people: int) -> list[int]:
    """Return what each person pays; the first ones pay a cent more where it does not divide.

    >>> split_bill(100, 3)
    [34, 33, 33]
    """
    if people < 1:
        raise ValueError("nobody to pay")
    share, rest = divmod(cents, people)
    return [share + 1] * rest + [share] * (people - rest)


def euros(cents: int) -> str:
    """Return an amount as people write it."""
    return f"{cents // 100}.{cents % 100:02d} €"
