"""Least common multiples."""

from functools import reduce
from math import gcd


def lcm(a: int, b: int) -> int:
    """Return the least common multiple of two whole numbers; 0 where one of them is 0."""
    if a == 0 or b == 0:
        return 0
    return abs(a * b) // gcd(a, b)


def lcm_of(numbers: list[int]) -> int:
    """Return the least common multiple of several numbers."""
    return reduce(lcm, numbers, 1)
