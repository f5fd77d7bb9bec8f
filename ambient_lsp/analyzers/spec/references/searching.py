"""Plain implementations of well-known ways to sort, and to search in a list."""

from __future__ import annotations

import bisect
import collections
import itertools
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means(
    "(\\w+_)?sort(ed)?|\\w+sort|sort_(list|array|numbers|\\w+)",
    "list",
    unless="is|topological|stable|check|desc\\w*|reverse|by|key|pancake_flips|inversions|colors|words|count_\\w*swaps|wiggle|length",
)
def sort(items: list[Any]) -> Any:
    return sorted(items)


@means("is_sorted|issorted|is_ascending|is_non_decreasing", "list")
def is_sorted(items: list[Any]) -> bool:
    return items == sorted(items)


@means("count_inversions|inversions|inversion_count|num_inversions", "list", says="inversion")
def inversions(items: list[Any]) -> int:
    return sum(a > b for a, b in itertools.combinations(items, 2))


@means(
    "merge|merge_sorted\\w*|sorted_merge|merge_lists|merge_two\\w*",
    "list list",
    says="sorted",
    unless="sort|intervals|dicts",
)
def merge(a: list[Any], b: list[Any]) -> Any:
    if a != sorted(a) or b != sorted(b):
        raise TypeError
    return sorted([*a, *b])


@means("merge_k\\w*|merge_(all|many|sorted)\\w*|k_way_merge", "list", says="sorted lists")
def merge_all(lists: list[Any]) -> Any:
    if any(one != sorted(one) for one in lists):
        raise TypeError
    return sorted(itertools.chain(*lists))


@means(
    "binary_search|search|bsearch|linear_search|find|index_of|find_index|jump_search|interpolation_search|exponential_search|ternary_search",
    "list any",
    unless="first|last|insert|rotated|left|right|range",
)
def search(items: list[Any], value: Any) -> int:
    return items.index(value) if value in items else -1


@means(
    "binary_search|search|bsearch|linear_search|find|contains|exists|jump_search|search_matrix|find_in_\\w+",
    "list any",
    unless="first|last|insert|rotated|left|right|range",
)
def contains(items: list[Any], value: Any) -> bool:
    return value in (itertools.chain(*items) if items and isinstance(items[0], list) else items)


@means("(search|find)_(in_)?rotated\\w*|rotated_\\w*search", "list any")
def search_rotated(items: list[Any], value: Any) -> int:
    return items.index(value) if value in items else -1


@means("(find_)?min\\w*_(in_)?rotated\\w*|rotated_min\\w*|find_pivot|rotation_(point|count)", "list", loose=True)
def rotated_minimum(items: list[Any]) -> Any:
    if not items:
        raise ValueError
    if not any(items[i:] + items[:i] == sorted(items) for i in range(len(items))):
        raise TypeError
    return min(items)


@means(
    "(find_|search_|binary_search_)*first(_\\w+)?|left_?most\\w*|first_occurrence",
    "list any",
    unless="greater|larger|true|bad|unique|missing",
)
def first_place(items: list[Any], value: Any) -> int:
    return items.index(value) if value in items else -1


@means("(find_|search_|binary_search_)*last(_\\w+)?|right_?most\\w*|last_occurrence", "list any")
def last_place(items: list[Any], value: Any) -> int:
    return len(items) - 1 - items[::-1].index(value) if value in items else -1


@means("search_range|(find_)?(first_and_last|range)\\w*|equal_range", "list any", says="first and last")
def first_and_last(items: list[Any], value: Any) -> Any:
    if value not in items:
        return [-1, -1]
    return [items.index(value), len(items) - 1 - items[::-1].index(value)]


@means(
    "lower_bound|bisect_left|search_insert\\w*|insert(ion)?_(position|point|index|place)|insort_left|first_not_less|find_insert\\w*",
    "list any",
    says="before any equal|insert",
)
def bisect_left(items: list[Any], value: Any) -> int:
    if items != sorted(items):
        raise TypeError
    return bisect.bisect_left(items, value)


@means(
    "upper_bound|bisect_right|bisect|insort_right|insort|first_(greater|larger)\\w*", "list any", says="after any equal"
)
def bisect_right(items: list[Any], value: Any) -> int:
    if items != sorted(items):
        raise TypeError
    return bisect.bisect_right(items, value)


@means("count_(occurrences|in_sorted|equal|sorted)\\w*|occurrences|count", "list any")
def count(items: list[Any], value: Any) -> int:
    return items.count(value)


@means("closest|nearest|find_closest\\w*|closest_value", "list any", loose=True)
def closest(items: list[Any], value: Any) -> Any:
    if not items:
        raise ValueError
    return min(items, key=lambda one: abs(one - value))


@means("(find_)?peak(_element)?(_index)?", "list", loose=True)
def peak(items: list[Any]) -> int:
    return items.index(max(items))


@means("quick_?select|kth_smallest|nth_smallest|select|order_statistic|kth_\\w+", "list int", unless="largest|frequent")
def kth_smallest_from_one(items: list[Any], k: int) -> Any:
    if not 1 <= k <= len(items):
        raise ValueError
    return sorted(items)[k - 1]


@means(
    "quick_?select|kth_smallest|nth_smallest|select|order_statistic|nth_element|kth_\\w+",
    "list int",
    unless="largest|frequent",
)
def kth_smallest_from_zero(items: list[Any], k: int) -> Any:
    if not 0 <= k < len(items):
        raise ValueError
    return sorted(items)[k]


@means("(find_)?kth_largest\\w*|nth_largest\\w*|quick_?select", "list int")
def kth_largest(items: list[Any], k: int) -> Any:
    if not 1 <= k <= len(items):
        raise ValueError
    return sorted(items)[-k]


@means("top_?k|n?largest|k_largest|top_n|largest_n", "list int", unless="frequent|words")
def largest(items: list[Any], k: int) -> Any:
    if k < 0:
        raise ValueError
    return sorted(items, reverse=True)[:k]


@means("n?smallest|k_smallest|smallest_n|smallest_k|bottom_k", "list int")
def smallest(items: list[Any], k: int) -> Any:
    if k < 0:
        raise ValueError
    return sorted(items)[:k]


@means(
    "top_k_(frequent|words|elements)\\w*|(k_)?most_(common|frequent)\\w*|top_\\w+|top_words",
    "list int",
    says="frequent|common|often",
)
def most_common(items: list[Any], k: int) -> Any:
    found = collections.Counter(items)
    return sorted(found, key=lambda one: (-found[one], one))[:k]


@means("second_(largest|biggest|highest|max\\w*)", "list")
def second_largest(items: list[Any]) -> Any:
    distinct = sorted(set(items))
    if len(distinct) < 2:
        raise ValueError
    return distinct[-2]


@means("min_max|minmax|min_and_max|extremes|find_min_max", "list")
def min_max(items: list[Any]) -> Any:
    if not items:
        raise ValueError
    return min(items), max(items)


@means("arg_?max|index_of_max\\w*|max_index", "list")
def argmax(items: list[Any]) -> int:
    if not items:
        raise ValueError
    return items.index(max(items))


@means("arg_?min|index_of_min\\w*|min_index", "list")
def argmin(items: list[Any]) -> int:
    if not items:
        raise ValueError
    return items.index(min(items))


@means("majority(_element|_vote)?|boyer_moore\\w*|find_majority", "list", says="majority|more than half")
def majority(items: list[Any]) -> Any:
    return next((one for one in items if items.count(one) * 2 > len(items)), None)


@means("(find_)?missing(_number)?|find_missing\\w*", "list", unless="first|positive|ranges|all|numbers")
def missing_from_zero(numbers: list[int]) -> int:
    if (
        sorted(numbers) != [one for one in range(len(numbers) + 1) if one in numbers]
        or len(set(range(len(numbers) + 1)) - set(numbers)) != 1
    ):
        raise TypeError
    return next(one for one in range(len(numbers) + 1) if one not in numbers)


@means("first_missing(_positive)?|smallest_missing\\w*", "list")
def first_missing_positive(numbers: list[int]) -> int:
    return next(one for one in range(1, len(numbers) + 2) if one not in numbers)


@means("mex|first_missing\\w*|smallest_missing\\w*", "list", says="not negative|from 0")
def mex(numbers: list[int]) -> int:
    return next(one for one in range(len(numbers) + 1) if one not in numbers)


@means("single_number|find_unique|lonely|find_single|odd_one_out|find_odd", "list")
def single_number(numbers: list[int]) -> int:
    single = [one for one in numbers if numbers.count(one) == 1]
    if len(single) != 1 or any(numbers.count(one) not in (1, 2) for one in numbers):
        raise TypeError
    return single[0]


@means("plus_one|increment_digits", "list")
def plus_one(digits: list[int]) -> Any:
    if not digits or any(not 0 <= one <= 9 for one in digits):
        raise TypeError
    return [int(one) for one in str(int("".join(map(str, digits))) + 1)]
