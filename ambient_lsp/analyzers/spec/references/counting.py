"""Plain implementations of well-known sequences, and of what counts the ways to do something."""

from __future__ import annotations

import math
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("factorial|fact", "int", unless="double|trailing|zeros|zeroes|digits|sum")
def factorial(n: int) -> int:
    if n < 0:
        raise ValueError
    return math.factorial(n)


@means("double_factorial", "int")
def double_factorial(n: int) -> int:
    return math.prod(range(n, 0, -2))


@means("trailing_zero(e?s)?(_\\w+)?|factorial_zero(e?s)?", "int", unless="binary|bits?")
def trailing_zeros_of_factorial(n: int) -> int:
    if n < 0:
        raise ValueError
    text = str(math.factorial(n))
    return len(text) - len(text.rstrip("0"))


@means("trailing_zero(e?s)?|ctz|count_trailing_zero(e?s)?", "int")
def trailing_zero_bits(n: int) -> int:
    if n <= 0:
        raise ValueError
    return (n & -n).bit_length() - 1


@means("fib|fibonacci|nth_fibonacci|fibonacci_number", "int", unless="list|sequence|up_to|series|is")
def fibonacci(n: int) -> int:
    if n < 0:
        raise ValueError
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@means("fib|fibonacci", "int", unless="up_to|is")
def fibonacci_from_one(n: int) -> int:
    if n < 0:
        raise ValueError
    a, b = 1, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@means("fib\\w*(_list|_sequence|_numbers|_series)?|first_fib\\w*", "int", unless="up_to|is|below")
def fibonacci_list(n: int) -> Any:
    found = [0, 1]
    while len(found) < n:
        found.append(found[-1] + found[-2])
    return found[: max(n, 0)]


@means("fib\\w*_(up_to|below)", "int")
def fibonacci_up_to(n: int) -> Any:
    found, a, b = [], 0, 1
    while a <= n:
        found.append(a)
        a, b = b, a + b
    return found


@means("tribonacci", "int")
def tribonacci(n: int) -> int:
    a, b, c = 0, 1, 1
    for _ in range(n):
        a, b, c = b, c, a + b + c
    return a


@means("lucas(_number)?", "int")
def lucas(n: int) -> int:
    a, b = 2, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@means("catalan(_number)?|nth_catalan", "int", says="catalan number")
def catalan(n: int) -> int:
    if n < 0:
        raise ValueError
    return math.comb(2 * n, n) // (n + 1)


@means("bell(_number)?", "int")
def bell(n: int) -> int:
    row = [1]
    for _ in range(n):
        new = [row[-1]]
        for one in row:
            new.append(new[-1] + one)
        row = new
    return row[0]


@means("triangular(_number)?|triangle_number", "int")
def triangular(n: int) -> int:
    if n < 0:
        raise ValueError
    return n * (n + 1) // 2


@means("climb(ing)?_stairs|count_ways|stair\\w*|ways_to_climb", "int")
def stairs(n: int) -> int:
    if n < 0:
        raise ValueError
    a, b = 1, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@means(
    "binomial|choose|n_choose_k|ncr|comb|combinations?(_count)?|binomial_coefficient|count_combinations",
    "int int",
    says="binomial|ways to choose",
)
def binomial(n: int, k: int) -> int:
    if n < 0 or k < 0:
        raise ValueError
    return math.comb(n, k)


@means("permutations?(_count)?|npr|count_permutations", "int int")
def permutations_count(n: int, k: int) -> int:
    if n < 0 or k < 0:
        raise ValueError
    return math.perm(n, k)


@means("stirling(_second|2)?", "int int")
def stirling(n: int, k: int) -> int:
    table = [[1] + [0] * k]
    for _ in range(n):
        above = table[-1]
        table.append([0] + [j * above[j] + above[j - 1] for j in range(1, k + 1)])
    return table[n][k]


@means("partitions?|partition_number|count_partitions|integer_partitions", "int", says="ways to write|partitions of")
def partitions(n: int) -> int:
    if n < 0:
        raise ValueError
    ways = [1] + [0] * n
    for part in range(1, n + 1):
        for total in range(part, n + 1):
            ways[total] += ways[total - part]
    return ways[n]


@means("derangements?|subfactorial|count_derangements", "int")
def derangements(n: int) -> int:
    a, b = 1, 0
    for i in range(2, n + 1):
        a, b = b, (i - 1) * (a + b)
    return b if n else 1


@means("josephus(_\\w+)?|last_(survivor|standing)", "int int", says="josephus|every k-?th|circle")
def josephus(n: int, k: int) -> int:
    if n < 1 or k < 1:
        raise ValueError
    place = 0
    for size in range(2, n + 1):
        place = (place + k) % size
    return place


@means("josephus(_\\w+)?|last_(survivor|standing)", "int int", says="josephus|every k-?th|circle")
def josephus_from_one(n: int, k: int) -> int:
    if n < 1 or k < 1:
        raise ValueError
    place = 0
    for size in range(2, n + 1):
        place = (place + k) % size
    return place + 1


@means("josephus\\w*", "int int", says="josephus")
def josephus_order(n: int, k: int) -> Any:
    if n < 1 or k < 1:
        raise ValueError
    people, place, found = list(range(1, n + 1)), 0, []
    while people:
        place = (place + k - 1) % len(people)
        found.append(people.pop(place))
    return found


@means("ackermann", "int int")
def ackermann(m: int, n: int) -> int:
    if m > 3:
        raise TypeError
    return n + 1 if m == 0 else ackermann(m - 1, 1) if n == 0 else ackermann(m - 1, ackermann(m, n - 1))


@means("pascals?(_triangle)?_row|pascal_row|nth_row|pascal", "int")
def pascal_row(n: int) -> Any:
    if n < 0:
        raise ValueError
    return [math.comb(n, k) for k in range(n + 1)]


@means("pascals?(_triangle)?", "int")
def pascal(n: int) -> Any:
    if n < 0:
        raise ValueError
    return [[math.comb(i, k) for k in range(i + 1)] for i in range(n)]
