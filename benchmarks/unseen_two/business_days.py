from datetime import date, timedelta
from typing import Iterable


def business_days(start: date, end: date, holidays: Iterable[date] = ()) -> int:
    closed = set(holidays)
    count = 0
    day = start
    while day <= end:
        if day.weekday() < 5 and day not in closed:
            count += 1
        day += timedelta(days=1)
    return count
