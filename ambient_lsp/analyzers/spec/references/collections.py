"""Plain implementations of well-known functions of lists, sets of intervals and rows of numbers."""

from __future__ import annotations

import bisect
import collections
import itertools
import math
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("(\\w+_)?sort(ed)?|\\w+sort|sort_(list|array|numbers|\\w+)", "list", unless="is|topological|stable|check|desc\\w*|reverse|by|key|pancake_flips|inversions|colors|words|count_\\w*swaps|wiggle|length")
def sort(items: list[Any]) -> Any:
    return sorted(items)


@means("is_sorted|issorted|is_ascending|is_non_decreasing", "list")
def is_sorted(items: list[Any]) -> bool:
    return items == sorted(items)


@means("count_inversions|inversions|inversion_count|num_inversions", "list", says="inversion")
def inversions(items: list[Any]) -> int:
    return sum(a > b for a, b in itertools.combinations(items, 2))


@means("merge|merge_sorted\\w*|sorted_merge|merge_lists|merge_two\\w*", "list list", says="sorted", unless="sort|intervals|dicts")
def merge(a: list[Any], b: list[Any]) -> Any:
    if a != sorted(a) or b != sorted(b):
        raise TypeError
    return sorted([*a, *b])


@means("merge_k\\w*|merge_(all|many|sorted)\\w*|k_way_merge", "list", says="sorted lists")
def merge_all(lists: list[Any]) -> Any:
    if any(one != sorted(one) for one in lists):
        raise TypeError
    return sorted(itertools.chain(*lists))


@means("binary_search|search|bsearch|linear_search|find|index_of|find_index|jump_search|interpolation_search|exponential_search|ternary_search", "list any", unless="first|last|insert|rotated|left|right|range")
def search(items: list[Any], value: Any) -> int:
    return items.index(value) if value in items else -1


@means("binary_search|search|bsearch|linear_search|find|contains|exists|jump_search|search_matrix|find_in_\\w+", "list any", unless="first|last|insert|rotated|left|right|range")
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


@means("(find_|search_|binary_search_)*first(_\\w+)?|left_?most\\w*|first_occurrence", "list any", unless="greater|larger|true|bad|unique|missing")
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


@means("lower_bound|bisect_left|search_insert\\w*|insert(ion)?_(position|point|index|place)|insort_left|first_not_less|find_insert\\w*", "list any", says="before any equal|insert")
def bisect_left(items: list[Any], value: Any) -> int:
    if items != sorted(items):
        raise TypeError
    return bisect.bisect_left(items, value)


@means("upper_bound|bisect_right|bisect|insort_right|insort|first_(greater|larger)\\w*", "list any", says="after any equal")
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


@means("quick_?select|kth_smallest|nth_smallest|select|order_statistic|nth_element|kth_\\w+", "list int", unless="largest|frequent")
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


@means("top_k_(frequent|words|elements)\\w*|(k_)?most_(common|frequent)\\w*|top_\\w+|top_words", "list int", says="frequent|common|often")
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


@means("running_(sum|total)s?|cum(ulative)?_?sum|prefix_sums?|accumulate|partial_sums", "list")
def running_sums(numbers: list[float]) -> Any:
    return list(itertools.accumulate(numbers))


@means("prefix_sums?", "list")
def prefix_sums(numbers: list[float]) -> Any:
    return [0, *itertools.accumulate(numbers)]


@means("running_max\\w*|cum(ulative)?_?max|prefix_max\\w*", "list")
def running_maxima(numbers: list[float]) -> Any:
    return list(itertools.accumulate(numbers, max))


@means("range_sum|sum_range|sum_between", "list int int", loose=True)
def range_sum(numbers: list[float], start: int, end: int) -> float:
    if not 0 <= start <= end < len(numbers):
        raise TypeError
    return sum(numbers[start : end + 1])


@means("moving_averages?|rolling_(mean|average)|sliding_average|sma|simple_moving_average", "list int", unless="exponential")
def moving_average(values: list[float], window: int) -> Any:
    if window < 1 or window > len(values):
        raise ValueError
    return [sum(values[i : i + window]) / window for i in range(len(values) - window + 1)]


@means("(exponential_moving_average|ema|exp_smooth\\w*|exponential_smoothing|smooth)", "list float", says="exponential|alpha")
def exponential_average(values: list[float], alpha: float) -> Any:
    if not 0 < alpha <= 1:
        raise ValueError
    found = values[:1]
    for one in values[1:]:
        found.append(alpha * one + (1 - alpha) * found[-1])
    return found


@means("(sliding_)?(window_)?max(imum|ima)?(_sliding_window|_in_window\\w*|_of_window\\w*|_window)?|sliding_max\\w*|window_maxim\\w*|max_sliding_window", "list int", says="window")
def window_maxima(numbers: list[float], size: int) -> Any:
    if size < 1 or size > len(numbers):
        raise ValueError
    return [max(numbers[i : i + size]) for i in range(len(numbers) - size + 1)]


@means("(sliding_)?(window_)?min(imum|ima)?(_sliding_window|_in_window\\w*)?|sliding_min\\w*|window_minim\\w*", "list int", says="window")
def window_minima(numbers: list[float], size: int) -> Any:
    if size < 1 or size > len(numbers):
        raise ValueError
    return [min(numbers[i : i + size]) for i in range(len(numbers) - size + 1)]


@means("max_sum_(window|subarray)\\w*|max_window_sum|best_window|max\\w*_sum_of_k", "list int", says="window|neighbours|consecutive")
def best_window_sum(numbers: list[float], size: int) -> float:
    if size < 1 or size > len(numbers):
        raise ValueError
    return max(sum(numbers[i : i + size]) for i in range(len(numbers) - size + 1))


@means("max\\w*_sub_?(array|list|seq\\w*)?(_sum)?|kadane|largest_sum\\w*|maximum_subarray(_sum)?|max_sum", "list", unless="product|circular|increasing|length|non_adjacent")
def max_subarray(numbers: list[float]) -> float:
    if not numbers:
        raise ValueError
    return max(sum(numbers[i:j]) for i in range(len(numbers)) for j in range(i + 1, len(numbers) + 1))


@means("max\\w*_sub_?(array|list|seq\\w*)?(_sum)?|kadane|largest_sum\\w*|maximum_subarray(_sum)?", "list", unless="product|circular|increasing|length")
def max_subarray_or_none(numbers: list[float]) -> float:
    return max((sum(numbers[i:j]) for i in range(len(numbers)) for j in range(i, len(numbers) + 1)), default=0)


@means("max\\w*_product(_subarray)?|max_subarray_product|largest_product\\w*", "list", says="product", unless="pair|three|two")
def max_product(numbers: list[float]) -> float:
    if not numbers:
        raise ValueError
    return max(math.prod(numbers[i:j]) for i in range(len(numbers)) for j in range(i + 1, len(numbers) + 1))


@means("product_except_self|products?_(of_)?(all_)?(others?|except)\\w*", "list")
def product_except_self(numbers: list[int]) -> Any:
    return [math.prod(numbers[:i] + numbers[i + 1 :]) for i in range(len(numbers))]


@means("(sub_?arrays?|count)_(with_)?sum\\w*|subarray_sum(_count|_equals_k)?|count_subarrays\\w*", "list int", says="sum")
def subarrays_with_sum(numbers: list[int], total: int) -> int:
    return sum(sum(numbers[i:j]) == total for i in range(len(numbers)) for j in range(i + 1, len(numbers) + 1))


@means("min_sub_?array_len\\w*|shortest_subarray\\w*|min\\w*_size_subarray\\w*", "int list", says="at least")
def shortest_subarray(total: int, numbers: list[int]) -> int:
    sizes = [j - i for i in range(len(numbers)) for j in range(i + 1, len(numbers) + 1) if sum(numbers[i:j]) >= total]
    return min(sizes, default=0)


@means("max_profit|best_profit|best_time\\w*|stock_profit|buy_and_sell", "list", unless="multiple|ii|many|unlimited|fee|cooldown")
def best_profit(prices: list[int]) -> int:
    return max((b - a for a, b in itertools.combinations(prices, 2) if b > a), default=0)


@means("max_profit\\w*|stock_profit", "list", says="as often|many|any number")
def total_profit(prices: list[int]) -> int:
    return sum(max(b - a, 0) for a, b in zip(prices, prices[1:]))


@means("majority(_element|_vote)?|boyer_moore\\w*|find_majority", "list", says="majority|more than half")
def majority(items: list[Any]) -> Any:
    return next((one for one in items if items.count(one) * 2 > len(items)), None)


@means("(find_)?missing(_number)?|find_missing\\w*", "list", unless="first|positive|ranges|all|numbers")
def missing_from_zero(numbers: list[int]) -> int:
    if sorted(numbers) != [one for one in range(len(numbers) + 1) if one in numbers] or len(set(range(len(numbers) + 1)) - set(numbers)) != 1:
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


@means("(has|contains|any)_?duplicates?", "list")
def has_duplicate(items: list[Any]) -> bool:
    return len(items) != len(set(items))


@means("(find_)?duplicates|find_all_duplicates|repeated", "list", loose=True)
def duplicates(items: list[Any]) -> Any:
    return [one for one in dict.fromkeys(items) if items.count(one) > 1]


@means("uniq|unique|dedupe?|deduplicate|remove_duplicates|distinct|unique_\\w+", "list", says="once|duplicates", unless="sorted|is|has|count|paths|adjacent|consecutive")
def unique(items: list[Any]) -> Any:
    return list(dict.fromkeys(items))


@means("(dedupe?|uniq|unique|compress|remove)_?(consecutive|adjacent|justseen|runs)\\w*|remove_consecutive\\w*|squeeze", "list")
def unique_neighbours(items: list[Any]) -> Any:
    return [one for one, _ in itertools.groupby(items)]


@means("move_zero(e?s)?(_\\w+)?|zero(e?s)_to_end", "list")
def zeros_last(items: list[Any]) -> Any:
    return [one for one in items if one != 0] + [one for one in items if one == 0]


@means("(sort|dutch)_(colou?rs|flag|national_flag|\\w*flag)", "list")
def dutch_flag(items: list[int]) -> Any:
    return sorted(items)


@means("intersect(ion)?(_of)?(_sorted)?|common(_elements|_items)?", "list list", loose=True)
def intersection(a: list[Any], b: list[Any]) -> Any:
    return [one for one in dict.fromkeys(a) if one in b]


@means("intersect(ion)?(_of)?(_sorted|_ii|_multiset)?|multiset_intersection", "list list", loose=True)
def multiset_intersection(a: list[Any], b: list[Any]) -> Any:
    return sorted((collections.Counter(a) & collections.Counter(b)).elements())


@means("union(_of)?|merge_unique", "list list", loose=True)
def union(a: list[Any], b: list[Any]) -> Any:
    return list(dict.fromkeys([*a, *b]))


@means("difference|set_difference|subtract|array_diff", "list list", loose=True)
def difference(a: list[Any], b: list[Any]) -> Any:
    return [one for one in a if one not in b]


@means("symmetric_difference|sym_diff", "list list", loose=True)
def symmetric_difference(a: list[Any], b: list[Any]) -> Any:
    return [one for one in a if one not in b] + [one for one in b if one not in a]


@means("interleave|alternate|zip_alternat\\w*|roundrobin|weave", "list list")
def interleave(a: list[Any], b: list[Any]) -> Any:
    missing = object()
    return [one for pair in itertools.zip_longest(a, b, fillvalue=missing) for one in pair if one is not missing]


@means("pairwise|neighbou?rs|adjacent_pairs|consecutive_pairs", "list")
def pairwise(items: list[Any]) -> Any:
    return list(zip(items, items[1:]))


@means("differences|deltas|diff|diffs|first_differences", "list")
def differences(numbers: list[float]) -> Any:
    return [b - a for a, b in zip(numbers, numbers[1:])]


@means("sliding_windows?|windowed|windows|n_?grams?", "any int")
def windows(items: Any, size: int) -> Any:
    if size < 1:
        raise ValueError
    return [items[i : i + size] for i in range(len(items) - size + 1)]


@means("n_?grams?|windowed", "int any")
def windows_size_first(size: int, items: Any) -> Any:
    if size < 1:
        raise ValueError
    return [items[i : i + size] for i in range(len(items) - size + 1)]


@means("chunks?|chunked|batch(ed|es)?|split_into_chunks|chunk_list|split_chunks|in_groups_of|grouper|split_every", "any int", unless="even|evenly|distribute|by|into_n|strict")
def chunks(items: Any, size: int) -> Any:
    if size < 1:
        raise ValueError
    return [items[i : i + size] for i in range(0, len(items), size)]


@means("flatten(_\\w+)?|flat|deep_flatten", "list", says="nested|depth|deep", unless="once|one|dict|level|tree")
def flatten(items: list[Any]) -> Any:
    found = []
    for one in items:
        found += flatten(one) if isinstance(one, (list, tuple)) else [one]
    return found


@means("flatten(_\\w+)?|flat|concat(enate)?", "list", unless="deep|nested|dict|tree")
def flatten_once(items: list[Any]) -> Any:
    return list(itertools.chain(*items))


@means("flatten(_dict|_keys|_mapping)?", "dict", says="dot|nested")
def flatten_dict(nested: dict[str, Any]) -> Any:
    found: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict) and value:
            found.update({f"{key}.{inner}": one for inner, one in flatten_dict(value).items()})
        else:
            found[key] = value
    return found


@means("(deep_)?merge(_dicts?|_deep|_config)?|deep_update", "dict dict", says="nested|deep|recurs")
def deep_merge(a: dict[Any, Any], b: dict[Any, Any]) -> Any:
    found = dict(a)
    for key, value in b.items():
        both = isinstance(value, dict) and isinstance(a.get(key), dict)
        found[key] = deep_merge(a[key], value) if both else value
    return found


@means("invert(_dict|_mapping)?|reverse_dict|swap_keys\\w*", "dict", loose=True)
def invert(mapping: dict[Any, Any]) -> Any:
    return {value: key for key, value in mapping.items()}


@means("depth|nesting|max_depth|list_depth|nested_depth", "list", says="nest|deep")
def depth(items: list[Any]) -> int:
    return 1 + max((depth(one) for one in items if isinstance(one, list)), default=0)


@means("rotate(_(right|list|array|items))?|right_rotate|cyclic_shift|circular_shift|shift", "list int", says="right|rotat|end", unless="left|matrix|image|bits")
def rotate_right(items: list[Any], by: int) -> Any:
    by = by % len(items) if items else 0
    return items[len(items) - by :] + items[: len(items) - by]


@means("rotate(_(left|list|array|items))?|left_rotate|cyclic_shift|circular_shift|shift", "list int", says="left|rotat", unless="right|matrix|image|bits")
def rotate_left(items: list[Any], by: int) -> Any:
    by = by % len(items) if items else 0
    return items[by:] + items[:by]


@means("next_permutation|next_(lexicographic|order|greater_permutation)\\w*", "list")
def next_permutation(items: list[Any]) -> bool:
    later = sorted(one for one in itertools.permutations(items) if list(one) > items)
    items[:] = list(later[0]) if later else sorted(items)
    return bool(later)


@means("next_permutation|next_(lexicographic|order|greater_permutation)\\w*", "list")
def next_permutation_given(items: list[Any]) -> Any:
    later = sorted(one for one in itertools.permutations(items) if list(one) > items)
    return list(later[0]) if later else sorted(items)


@means("next_permutation|next_(lexicographic|order|greater_permutation)\\w*", "list")
def next_permutation_or_none(items: list[Any]) -> Any:
    later = sorted(one for one in itertools.permutations(items) if list(one) > items)
    return list(later[0]) if later else None


@means("prev(ious)?_permutation", "list")
def previous_permutation(items: list[Any]) -> bool:
    earlier = sorted(one for one in itertools.permutations(items) if list(one) < items)
    items[:] = list(earlier[-1]) if earlier else sorted(items, reverse=True)
    return bool(earlier)


@means("permutations?|permute|all_permutations|get_permutations", "list", says="order", unless="next|prev|is|count|check")
def permutations(items: list[Any]) -> Any:
    return [list(one) for one in itertools.permutations(items)]


@means("combinations?|all_combinations|choose|k_subsets", "list int", unless="sum|count")
def combinations(items: list[Any], size: int) -> Any:
    if size < 0:
        raise ValueError
    return [list(one) for one in itertools.combinations(items, size)]


@means("combine|combinations", "int int", says="every|all")
def combinations_of_numbers(n: int, k: int) -> Any:
    return [list(one) for one in itertools.combinations(range(1, n + 1), k)]


@means("(cartesian_)?product|cross_product|cartesian", "list list", says="every pair|cartesian|all pairs")
def cartesian(a: list[Any], b: list[Any]) -> Any:
    return list(itertools.product(a, b))


@means("power_?set|subsets|all_subsets|get_subsets", "list", loose=True)
def subsets_by_size(items: list[Any]) -> Any:
    return [list(one) for size in range(len(items) + 1) for one in itertools.combinations(items, size)]


@means("power_?set|subsets|all_subsets|get_subsets", "list", loose=True)
def subsets_by_growth(items: list[Any]) -> Any:
    found: list[list[Any]] = [[]]
    for one in items:
        found += [[*part, one] for part in found]
    return found


@means("group_anagrams|anagram_groups|groups?_\\w*anagrams", "list")
def group_anagrams(words: list[str]) -> Any:
    found: dict[str, list[str]] = {}
    for one in words:
        found.setdefault("".join(sorted(one)), []).append(one)
    return list(found.values())


@means("frequenc(y|ies)|count_(items|elements|values)|tally|counts|histogram|counter", "list")
def frequencies(items: list[Any]) -> Any:
    return dict(collections.Counter(items))


@means("(two_sum|pair_sum|find_pair|pair_with_sum|two_number_sum)(_indices)?", "list int", unless="sorted|count|numbers")
def two_sum(numbers: list[int], target: int) -> Any:
    pairs = ((i, j) for j in range(len(numbers)) for i in range(j) if numbers[i] + numbers[j] == target)
    return next(pairs, None)


@means("three_?sum|triplets|find_triplets", "list", says="zero|sum")
def three_sum(numbers: list[int]) -> Any:
    return sorted({tuple(sorted(one)) for one in itertools.combinations(numbers, 3) if sum(one) == 0})


@means("subset_sum|can_(sum|make)|has_subset_sum|is_subset_sum", "list int", says="sum")
def subset_sum(numbers: list[int], target: int) -> bool:
    return any(sum(one) == target for size in range(len(numbers) + 1) for one in itertools.combinations(numbers, size))


@means("can_partition|equal_partition|partition_equal\\w*", "list")
def can_partition(numbers: list[int]) -> bool:
    return any(sum(one) * 2 == sum(numbers) for size in range(len(numbers)) for one in itertools.combinations(numbers, size))


@means("(length_of_)?(lis|longest_increasing_subsequence|longest_increasing)(_length)?", "list", unless="run|path|continuous|subarray")
def longest_increasing(numbers: list[Any]) -> int:
    best: list[int] = []
    for i, one in enumerate(numbers):
        best.append(1 + max((best[j] for j in range(i) if numbers[j] < one), default=0))
    return max(best, default=0)


@means("lis|longest_increasing_subsequence|longest_increasing|increasing_subsequence", "list", loose=True)
def longest_increasing_itself(numbers: list[Any]) -> Any:
    for size in range(len(numbers), -1, -1):
        found = [one for one in itertools.combinations(numbers, size) if all(a < b for a, b in zip(one, one[1:]))]
        if len(found) == 1 or size == 0:
            return list(found[0])
        if found:
            raise TypeError
    return []


@means("longest_(increasing_)?run|longest_increasing_(run|subarray|continuous\\w*)|longest_continuous_increasing\\w*", "list", says="increas|rising|ascending")
def longest_rising_run(numbers: list[Any]) -> int:
    best = length = 0
    for i, one in enumerate(numbers):
        length = length + 1 if i and numbers[i - 1] < one else 1
        best = max(best, length)
    return best


@means("longest_consecutive(_sequence)?|consecutive_run", "list", says="consecutive")
def longest_consecutive(numbers: list[int]) -> int:
    best = 0
    for one in numbers:
        length = 0
        while one + length in numbers:
            length += 1
        best = max(best, length)
    return best


@means("rob|house_robber|max\\w*_non_adjacent\\w*|max_loot|largest_non_adjacent\\w*|non_adjacent_sum", "list", says="adjacent|neighbour|next to")
def non_adjacent(numbers: list[int]) -> int:
    with_last = without = 0
    for one in numbers:
        with_last, without = without + one, max(with_last, without)
    return max(with_last, without)


@means("can_jump|jump_game", "list")
def can_jump(steps: list[int]) -> bool:
    reach = 0
    for i, one in enumerate(steps):
        if i > reach:
            return False
        reach = max(reach, i + one)
    return True


@means("min_jumps|jump|jump_game_ii|fewest_jumps", "list", loose=True)
def min_jumps(steps: list[int]) -> int:
    best = [0] + [math.inf] * (len(steps) - 1)
    for i, one in enumerate(steps):
        for j in range(i + 1, min(i + one, len(steps) - 1) + 1):
            best[j] = min(best[j], best[i] + 1)
    if not steps or best[-1] == math.inf or min(steps) < 0:
        raise TypeError
    return int(best[-1])


@means("trap(ped)?(_rain)?(_water)?|rain_?water|trapping_rain\\w*|water_trapped", "list", says="water|rain")
def trapped_water(heights: list[int]) -> int:
    if any(one < 0 for one in heights):
        raise TypeError
    return sum(min(max(heights[: i + 1]), max(heights[i:])) - one for i, one in enumerate(heights))


@means("max_area|container\\w*|most_water", "list", says="water|container")
def most_water(heights: list[int]) -> int:
    if any(one < 0 for one in heights):
        raise TypeError
    return max((min(heights[i], heights[j]) * (j - i) for i in range(len(heights)) for j in range(i + 1, len(heights))), default=0)


@means("largest_rectangle\\w*|max_rectangle\\w*|histogram_area", "list", says="rectangle")
def largest_rectangle(heights: list[int]) -> int:
    if any(one < 0 for one in heights):
        raise TypeError
    return max((min(heights[i:j]) * (j - i) for i in range(len(heights)) for j in range(i + 1, len(heights) + 1)), default=0)


@means("next_(greater|larger|bigger)(_element)?s?", "list", says="next|greater|larger")
def next_greater(numbers: list[int]) -> Any:
    return [next((one for one in numbers[i + 1 :] if one > number), -1) for i, number in enumerate(numbers)]


@means("next_(greater|larger|bigger)(_element)?s?", "list", says="None")
def next_greater_or_none(numbers: list[int]) -> Any:
    return [next((one for one in numbers[i + 1 :] if one > number), None) for i, number in enumerate(numbers)]


@means("next_smaller(_element)?s?", "list")
def next_smaller(numbers: list[int]) -> Any:
    return [next((one for one in numbers[i + 1 :] if one < number), -1) for i, number in enumerate(numbers)]


@means("daily_temperatures|days_until_warmer|warmer\\w*", "list")
def daily_temperatures(numbers: list[int]) -> Any:
    return [next((j - i for j in range(i + 1, len(numbers)) if numbers[j] > one), 0) for i, one in enumerate(numbers)]


@means("stock_span\\w*|spans?", "list", says="span")
def stock_span(prices: list[int]) -> Any:
    found = []
    for i, one in enumerate(prices):
        length = 0
        while length <= i and prices[i - length] <= one:
            length += 1
        found.append(length)
    return found


@means("equilibrium(_index)?|pivot_index|balance_(point|index)|find_pivot_index", "list", says="left|sum")
def equilibrium(numbers: list[int]) -> int:
    return next((i for i in range(len(numbers)) if sum(numbers[:i]) == sum(numbers[i + 1 :])), -1)


@means("leaders?", "list", says="to its right|right of")
def leaders(numbers: list[int]) -> Any:
    return [one for i, one in enumerate(numbers) if all(one > other for other in numbers[i + 1 :])]


@means("h_index", "list")
def h_index(citations: list[int]) -> int:
    return max((h for h in range(len(citations) + 1) if sum(one >= h for one in citations) >= h), default=0)


@means("(fewest|min\\w*|least)_?coins\\w*|coin_change(_min)?|make_change|min_coin\\w*|change", "list int", says="coins", unless="ways|count|number_of_ways|greedy")
def fewest_coins(coins: list[int], amount: int) -> int:
    if amount < 0 or any(one < 1 for one in coins):
        raise TypeError
    best = [0] + [amount + 1] * amount
    for total in range(1, amount + 1):
        best[total] = min([best[total - one] + 1 for one in coins if one <= total], default=amount + 1)
    return best[amount] if best[amount] <= amount else -1


@means("(fewest|min\\w*|least)_?coins\\w*|coin_change(_min)?|make_change|min_coin\\w*", "list int", says="None", unless="ways|count")
def fewest_coins_or_none(coins: list[int], amount: int) -> Any:
    if amount < 0 or any(one < 1 for one in coins):
        raise TypeError
    best = [0] + [amount + 1] * amount
    for total in range(1, amount + 1):
        best[total] = min([best[total - one] + 1 for one in coins if one <= total], default=amount + 1)
    return best[amount] if best[amount] <= amount else None


@means("(coin_change|count|ways|number_of_ways|num|coin)_?(ways|change|combinations|to_change|to_make\\w*|coins?\\w*)\\w*|change_ways|ways_to_\\w+", "list int", says="ways")
def coin_ways(coins: list[int], amount: int) -> int:
    if amount < 0 or any(one < 1 for one in coins):
        raise TypeError
    ways = [1] + [0] * amount
    for one in coins:
        for total in range(one, amount + 1):
            ways[total] += ways[total - one]
    return ways[amount]


@means("(coin_change|count|ways|number_of_ways|num)_?(ways|change|combinations|coins?\\w*)\\w*|change|ways_to_\\w+", "int list", says="ways")
def coin_ways_amount_first(amount: int, coins: list[int]) -> int:
    if amount < 0 or any(one < 1 for one in coins):
        raise TypeError
    ways = [1] + [0] * amount
    for one in coins:
        for total in range(one, amount + 1):
            ways[total] += ways[total - one]
    return ways[amount]


@means("knapsack(_01)?|zero_one_knapsack|max_value|best_value", "list list int", unless="unbounded|fractional")
def knapsack(weights: list[int], values: list[int], capacity: int) -> int:
    if len(weights) != len(values) or capacity < 0:
        raise ValueError
    best = 0
    for mask in range(1 << len(weights)):
        chosen = [i for i in range(len(weights)) if mask >> i & 1]
        if sum(weights[i] for i in chosen) <= capacity:
            best = max(best, sum(values[i] for i in chosen))
    return best


@means("knapsack(_01)?|zero_one_knapsack|max_value|best_value", "list list int", unless="unbounded|fractional")
def knapsack_values_first(values: list[int], weights: list[int], capacity: int) -> int:
    if len(weights) != len(values) or capacity < 0:
        raise ValueError
    best = 0
    for mask in range(1 << len(weights)):
        chosen = [i for i in range(len(weights)) if mask >> i & 1]
        if sum(weights[i] for i in chosen) <= capacity:
            best = max(best, sum(values[i] for i in chosen))
    return best


@means("(unbounded_knapsack|rod_cut\\w*|cut_rod|best_cut\\w*)", "list int")
def rod_cutting(prices: list[int], length: int) -> int:
    if not 0 <= length <= len(prices):
        raise TypeError
    best = [0]
    for size in range(1, length + 1):
        best.append(max(prices[i - 1] + best[size - i] for i in range(1, size + 1)))
    return best[length]


@means("matrix_chain\\w*|mcm|min\\w*_multiplications", "list")
def matrix_chain(sizes: list[int]) -> int:
    if len(sizes) < 3:
        return 0
    return min(
        matrix_chain(sizes[: k + 1]) + matrix_chain(sizes[k:]) + sizes[0] * sizes[k] * sizes[-1]
        for k in range(1, len(sizes) - 1)
    )


@means("merge_(intervals|ranges|overlap\\w*|spans)|interval_merge|intervals_merge|merge", "list", says="interval|overlap")
def merge_intervals(intervals: list[Any]) -> Any:
    found: list[list[int]] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return found


@means("merge_(intervals|ranges|overlap\\w*|spans)|merge", "list", says="half-open|adjacent|neighbour|touch")
def merge_neighbouring_intervals(intervals: list[Any]) -> Any:
    found: list[list[int]] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1] + 1:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([start, end])
    return found


@means("insert_(interval|range)|add_interval|insert", "list any", says="interval")
def insert_interval(intervals: list[Any], new: Any) -> Any:
    if [list(one) for one in intervals] != sorted(list(one) for one in intervals):
        raise TypeError
    if any(a[1] >= b[0] for a, b in zip(intervals, intervals[1:])):
        raise TypeError
    start, end = new
    apart = [one for one in intervals if one[1] < start or one[0] > end]
    met = [one for one in intervals if not (one[1] < start or one[0] > end)]
    return sorted([*map(list, apart), [min([start, *(a for a, _ in met)]), max([end, *(b for _, b in met)])]])


@means("(intersect\\w*|overlap)_?(of_)?(intervals|ranges)|interval_intersection\\w*|common_intervals", "list list", says="interval|both")
def interval_intersections(a: list[Any], b: list[Any]) -> Any:
    pairs = ((max(x[0], y[0]), min(x[1], y[1])) for x in a for y in b)
    return sorted([low, high] for low, high in pairs if low <= high)


@means("(do_|intervals?_)?overlaps?|ranges_overlap|is_overlapping", "any any", says="interval|range", loose=True)
def overlaps(a: Any, b: Any) -> bool:
    return bool(a[0] <= b[1] and b[0] <= a[1])


@means("(min_)?meeting_rooms\\w*|rooms_needed|max\\w*_overlap\\w*|min_rooms|max_concurrent\\w*|min_platforms|peak_\\w+", "list", says="room|at once|same time|overlap")
def rooms(intervals: list[Any]) -> int:
    return max((sum(a <= start < b for a, b in intervals) for start, _ in intervals), default=0)


@means("can_attend\\w*|no_overlaps?|are_disjoint", "list", loose=True)
def can_attend(intervals: list[Any]) -> bool:
    ordered = sorted(intervals)
    return all(a[1] <= b[0] for a, b in zip(ordered, ordered[1:]))


@means("(max_)?(activity|activities|interval)_?(selection|scheduling)|max_(activities|non_overlapping\\w*)|select_activities|schedule\\w*", "list", says="most|overlap")
def activities(intervals: list[Any]) -> Any:
    found: list[Any] = []
    for one in sorted(intervals, key=lambda one: one[1]):
        if not found or one[0] >= found[-1][1]:
            found.append(one)
    return found


@means("histogram|bin_counts|count_bins", "list int float float", says="bins")
def histogram(values: list[float], bins: int, low: float, high: float) -> Any:
    if bins < 1 or high <= low:
        raise ValueError
    found = [0] * bins
    for one in values:
        if low <= one <= high:
            found[min(int((one - low) / ((high - low) / bins)), bins - 1)] += 1
    return found


@means("dot(_product)?|inner_product|scalar_product", "list list")
def dot(a: list[float], b: list[float]) -> float:
    if len(a) != len(b):
        raise ValueError
    return sum(x * y for x, y in zip(a, b))


@means("(euclidean|euclid)(_distance)?|distance|dist", "any any", says="euclid|straight")
def euclidean(a: Any, b: Any) -> float:
    if len(a) != len(b):
        raise ValueError
    return math.dist(a, b)


@means("manhattan(_distance)?|taxicab\\w*|city_block\\w*", "any any")
def manhattan(a: Any, b: Any) -> float:
    if len(a) != len(b):
        raise ValueError
    return sum(abs(x - y) for x, y in zip(a, b))


@means("cosine(_similarity)?", "list list")
def cosine(a: list[float], b: list[float]) -> float:
    if len(a) != len(b):
        raise ValueError
    return sum(x * y for x, y in zip(a, b)) / (math.hypot(*a) * math.hypot(*b))


@means("(polygon|shoelace)_?(area)?|area(_of_polygon)?|shoelace\\w*", "list", says="polygon|shoelace")
def polygon_area(points: list[Any]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1]))) / 2


@means("candy|candies|min_candies", "list", says="candy|candies|rating")
def candies(ratings: list[int]) -> int:
    found = [1] * len(ratings)
    for _ in ratings:
        for i in range(len(ratings)):
            for j in (i - 1, i + 1):
                if 0 <= j < len(ratings) and ratings[i] > ratings[j]:
                    found[i] = max(found[i], found[j] + 1)
    return sum(found)


@means("plus_one|increment_digits", "list")
def plus_one(digits: list[int]) -> Any:
    if not digits or any(not 0 <= one <= 9 for one in digits):
        raise TypeError
    return [int(one) for one in str(int("".join(map(str, digits))) + 1)]


@means("partition(_\\w+)?|lomuto|hoare", "list any", loose=True, says="smaller")
def partition(items: list[Any], pivot: Any) -> Any:
    return [one for one in items if one < pivot], [one for one in items if one >= pivot]


@means("paginate|page|get_page|page_of", "list int int", says="page")
def page(items: list[Any], number: int, size: int) -> Any:
    if number < 1 or size < 1:
        raise ValueError
    return items[(number - 1) * size : number * size]


@means("(longest_)?bitonic\\w*|is_monotonic|monotonic", "list")
def monotonic(items: list[Any]) -> bool:
    return items in (sorted(items), sorted(items, reverse=True))


@means("wave|ranks?|rank_\\w+|dense_rank", "list", says="rank")
def dense_ranks(items: list[Any]) -> Any:
    return [sorted(set(items)).index(one) + 1 for one in items]


@means("ranks?|rank_\\w+|competition_rank\\w*", "list", says="rank")
def competition_ranks(items: list[Any]) -> Any:
    return [1 + sum(other > one for other in items) for one in items]


@means("bin_pack\\w*|first_fit\\w*|pack(_\\w+)?", "list int", says="bins?|first.fit")
def first_fit(sizes: list[int], capacity: int) -> Any:
    if any(one > capacity for one in sizes):
        raise ValueError
    bins: list[list[int]] = []
    for one in sizes:
        place = next((held for held in bins if sum(held) + one <= capacity), None)
        if place is None:
            bins.append([one])
        else:
            place.append(one)
    return bins


@means("(compress|coordinate_compress)\\w*|coordinate_compression", "list", says="rank|coordinate")
def compress_coordinates(items: list[Any]) -> Any:
    return [sorted(set(items)).index(one) for one in items]


@means("gas_station|can_complete_circuit|start_station", "list list", loose=True)
def gas_station(gas: list[int], cost: list[int]) -> int:
    size = len(gas)
    for start in range(size):
        tank, ok = 0, True
        for i in range(size):
            tank += gas[(start + i) % size] - cost[(start + i) % size]
            ok = ok and tank >= 0
        if ok:
            return start
    return -1


@means("(eval\\w*|calc\\w*)?_?(rpn|postfix|reverse_polish\\w*)", "list", says="rpn|postfix|reverse polish")
def reverse_polish(tokens: list[Any]) -> Any:
    stack: list[Any] = []
    for token in tokens:
        if token in ("+", "-", "*", "/"):
            if len(stack) < 2:
                raise ValueError
            b, a = stack.pop(), stack.pop()
            stack.append({"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else math.nan}[token])
        else:
            stack.append(float(token))
    if len(stack) != 1:
        raise ValueError
    return stack[0]
