import calendar
import datetime


def nth_weekday(year, month, weekday, n):
    """Date of the n-th weekday (0 is Monday) of a month.

    A negative n counts from the end of the month. ValueError if the month
    has no such day.

    >>> nth_weekday(2024, 11, 3, 4)
    datetime.date(2024, 11, 28)
    """
    if n == 0:
        raise ValueError("n must not be zero")
    days = calendar.monthrange(year, month)[1]
    if n > 0:
        first = datetime.date(year, month, 1)
        day = 1 + (weekday - first.weekday()) % 7 + 7 * (n - 1)
    else:
        last = datetime.date(year, month, days)
        day = days - (last.weekday() - weekday) % 7 + 7 * (n + 1)
    if not 1 <= day <= days:
        raise ValueError("no such day in this month")
    return datetime.date(year, month, day)
