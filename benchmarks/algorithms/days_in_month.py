def days_in_month(year: int, month: int) -> int:
    """Return the number of days of a month; January is 1.

    Raises:
        ValueError: If there is no such month.

    >>> days_in_month(2023, 2)
    28
    >>> days_in_month(2024, 2)
    29
    """
    if not 1 <= month <= 12:
        raise ValueError(f"no such month: {month}")
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31
