"""Plain implementations of well-known functions of samples, and of dates."""

from __future__ import annotations

import calendar
import datetime
import math
import statistics
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("is_leap\\w*|leap_year|isleap|leap", "int")
def is_leap(year: int) -> bool:
    return calendar.isleap(year)


@means("days_in_month|month_length|month_days|last_day_of_month", "int int")
def days_in_month(year: int, month: int) -> int:
    if not 1 <= month <= 12:
        raise ValueError
    return calendar.monthrange(year, month)[1]


@means("days_in_year|year_length", "int")
def days_in_year(year: int) -> int:
    return 366 if calendar.isleap(year) else 365


@means("day_of_year|ordinal_day|yday", "int int int")
def day_of_year(year: int, month: int, day: int) -> int:
    return datetime.date(year, month, day).timetuple().tm_yday


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day", "int int int")
def weekday(year: int, month: int, day: int) -> Any:
    return datetime.date(year, month, day).weekday()


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day", "int int int")
def iso_weekday(year: int, month: int, day: int) -> Any:
    return datetime.date(year, month, day).isoweekday()


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day|dayofweek", "int int int")
def weekday_from_sunday(year: int, month: int, day: int) -> Any:
    return datetime.date(year, month, day).isoweekday() % 7


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day|dayofweek", "int int int")
def weekday_from_saturday(year: int, month: int, day: int) -> Any:
    return (datetime.date(year, month, day).weekday() + 2) % 7


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day|day_name", "int int int")
def weekday_name(year: int, month: int, day: int) -> Any:
    return datetime.date(year, month, day).strftime("%A")


@means("easter(_\\w+)?|computus", "int")
def easter(year: int) -> Any:
    a, b, c = year % 19, *divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + weekday - 7 * ((a + 11 * h + 22 * weekday) // 451) + 114, 31)
    return month, day + 1


@means("is_valid_date|valid_date|check_date", "int int int")
def valid_date(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


@means(
    "mean|average|avg|arithmetic_mean",
    "list",
    unless="moving|weighted|geometric|harmonic|rolling|running|exponential|trimmed",
)
def mean(values: list[float]) -> float:
    if not values:
        raise ValueError
    return sum(values) / len(values)


@means("median", "list", says="middle value|median of", unless="moving|running|sorted_arrays|rolling|abs\\w*")
def median(values: list[float]) -> float:
    if not values:
        raise ValueError
    return statistics.median(values)


@means("mode|most_common(_value)?|most_frequent(_\\w+)?", "list", unless="k|top|n")
def mode(values: list[Any]) -> Any:
    if not values:
        raise ValueError
    return statistics.mode(values)


@means("modes?|multimode|most_common", "list", unless="k|top")
def modes(values: list[Any]) -> Any:
    if not values:
        raise ValueError
    return sorted(statistics.multimode(values))


@means("modes?|multimode", "list", unless="k|top")
def modes_in_order(values: list[Any]) -> Any:
    return statistics.multimode(values)


@means("(population_)?variance|pvariance|var", "list", unless="co|sample")
def variance(values: list[float]) -> float:
    if not values:
        raise ValueError
    return statistics.pvariance([float(one) for one in values])


@means("(sample_)?variance|var", "list", unless="co|population")
def sample_variance(values: list[float]) -> float:
    if len(values) < 2:
        raise ValueError
    return statistics.variance([float(one) for one in values])


@means("(population_)?(stdev|std|standard_deviation|std_dev|pstdev|stddev)", "list", unless="sample")
def deviation(values: list[float]) -> float:
    if not values:
        raise ValueError
    return statistics.pstdev([float(one) for one in values])


@means("(sample_)?(stdev|std|standard_deviation|std_dev|stddev)", "list", unless="population")
def sample_deviation(values: list[float]) -> float:
    if len(values) < 2:
        raise ValueError
    return statistics.stdev([float(one) for one in values])


@means("geometric_mean|gmean", "list")
def geometric_mean(values: list[float]) -> float:
    if not values or min(values) <= 0:
        raise ValueError
    return math.prod(values) ** (1 / len(values))


@means("harmonic_mean|hmean", "list")
def harmonic_mean(values: list[float]) -> float:
    if not values or min(values) <= 0:
        raise ValueError
    return len(values) / sum(1 / one for one in values)


@means("weighted_(mean|average|avg)", "list list")
def weighted_mean(values: list[float], weights: list[float]) -> float:
    if len(values) != len(weights) or not sum(weights):
        raise ValueError
    return sum(a * b for a, b in zip(values, weights)) / sum(weights)


@means("percentile|quantile", "list float", says="percentile|quantile")
def percentile(values: list[float], p: float) -> float:
    if not values or not 0 <= p <= 100:
        raise ValueError
    ordered = sorted(values)
    place = (len(ordered) - 1) * p / 100
    low = math.floor(place)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)


@means("percentile|quantile", "list float", says="nearest.rank")
def nearest_rank(values: list[float], p: float) -> float:
    if not values or not 0 <= p <= 100:
        raise ValueError
    return sorted(values)[max(math.ceil(len(values) * p / 100) - 1, 0)]


@means("quantile", "list float")
def quantile(values: list[float], q: float) -> float:
    if not values or not 0 <= q <= 1:
        raise ValueError
    ordered = sorted(values)
    place = (len(ordered) - 1) * q
    low = math.floor(place)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)


@means("pearson\\w*|correlation", "list list")
def correlation(xs: list[float], ys: list[float]) -> float:
    if len(xs) != len(ys):
        raise ValueError
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    top = sum((x - mx) * (y - my) for x, y in zip(xs, ys))
    return top / math.sqrt(sum((x - mx) ** 2 for x in xs) * sum((y - my) ** 2 for y in ys))


@means("(normali[sz]e|min_?max(_scale|_normali[sz]e)?|rescale|scale)", "list", says="0 (to|and) 1|between 0")
def min_max(values: list[float]) -> Any:
    low, high = min(values), max(values)
    return [(one - low) / (high - low) for one in values]


@means("compound_interest|future_value", "float float int")
def compound(principal: float, rate: float, years: int) -> float:
    return principal * (1 + rate) ** years
