"""Plain implementations of well-known ways to group, split, join and rearrange lists."""

from __future__ import annotations

import collections
import itertools
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("(has|contains|any)_?duplicates?", "list")
def has_duplicate(items: list[Any]) -> bool:
    return len(items) != len(set(items))


@means("(find_)?duplicates|find_all_duplicates|repeated", "list", loose=True)
def duplicates(items: list[Any]) -> Any:
    return [one for one in dict.fromkeys(items) if items.count(one) > 1]


@means(
    "uniq|unique|dedupe?|deduplicate|remove_duplicates|distinct|unique_\\w+",
    "list",
    says="once|duplicates",
    unless="sorted|is|has|count|paths|adjacent|consecutive",
)
def unique(items: list[Any]) -> Any:
    return list(dict.fromkeys(items))


@means(
    "(dedupe?|uniq|unique|compress|remove)_?(consecutive|adjacent|justseen|runs)\\w*|remove_consecutive\\w*|squeeze",
    "list",
)
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


@means(
    "chunks?|chunked|batch(ed|es)?|split_into_chunks|chunk_list|split_chunks|in_groups_of|grouper|split_every",
    "any int",
    unless="even|evenly|distribute|by|into_n|strict",
)
def chunks(items: Any, size: int) -> Any:
    if size < 1:
        raise ValueError
    return [items[i : i + size] for i in range(0, len(items), size)]


@means("flatten(_\\w+)?|flat|deep_flatten", "list", says="nested|depth|deep", unless="once|one|dict|level|tree")
def flatten(items: Any) -> Any:
    found: list[Any] = []
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


@means(
    "rotate(_(right|list|array|items))?|right_rotate|cyclic_shift|circular_shift|shift",
    "list int",
    says="right|rotat|end",
    unless="left|matrix|image|bits",
)
def rotate_right(items: list[Any], by: int) -> Any:
    by = by % len(items) if items else 0
    return items[len(items) - by :] + items[: len(items) - by]


@means(
    "rotate(_(left|list|array|items))?|left_rotate|cyclic_shift|circular_shift|shift",
    "list int",
    says="left|rotat",
    unless="right|matrix|image|bits",
)
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


@means(
    "permutations?|permute|all_permutations|get_permutations", "list", says="order", unless="next|prev|is|count|check"
)
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
