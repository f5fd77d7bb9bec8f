"""Plain models of trees, graphs, sets of words and sums of ranges, in the simplest code there is."""

from __future__ import annotations

import statistics
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import models

_SIZE = "size length count len"
_EMPTY = "is_empty empty isempty"
_HAS = "contains has search find exists includes in"
_LIST = "to_list items as_list values elements traverse inorder in_order in_order_traversal inorder_traversal to_array all sorted_items sorted"


@models(
    r"trie|prefix_tree|dictionary|word_set", put="insert add add_word", has="search contains has has_word find exists includes",
    begins="starts_with startswith has_prefix is_prefix", all="with_prefix words_with_prefix complete autocomplete suggest find_all keys_with_prefix completions words words_with",
    count="count_prefix count_with_prefix count_words_starting_with", delete="remove delete", size=_SIZE,
)  # fmt: skip
class Words:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def put(self, word: Any) -> None:
        if word not in self.held:
            self.held.append(word)

    def has(self, word: Any) -> bool:
        return word in self.held

    def begins(self, prefix: Any) -> bool:
        return any(one.startswith(prefix) for one in self.held)

    def all(self, prefix: Any = "") -> Any:
        return sorted(one for one in self.held if one.startswith(prefix))

    def count(self, prefix: Any = "") -> int:
        return sum(one.startswith(prefix) for one in self.held)

    def delete(self, word: Any) -> bool:
        known = word in self.held
        self.held = [one for one in self.held if one != word]
        return known

    def size(self) -> int:
        return len(self.held)


@models(
    r"union_?find|disjoint_?sets?|dsu|disjoint_set_union", join="union merge connect unite join link",
    same="connected same same_set is_connected are_connected in_same_set joined", count="count components num_components set_count count_sets groups",
    size="size component_size size_of set_size", put="add make_set",
)  # fmt: skip
class Sets:
    def __init__(self, given: Any = 0) -> None:
        self.group = {one: one for one in (range(given) if isinstance(given, int) else given)}

    def put(self, one: Any) -> None:
        self.group.setdefault(one, one)

    def join(self, a: Any, b: Any) -> bool:
        self.put(a)
        self.put(b)
        old, new = self.group[a], self.group[b]
        self.group = {one: new if held == old else held for one, held in self.group.items()}
        return bool(old != new)

    def same(self, a: Any, b: Any) -> bool:
        return bool(self.group[a] == self.group[b])

    def count(self) -> int:
        return len(set(self.group.values()))

    def size(self, one: Any) -> int:
        return list(self.group.values()).count(self.group[one])


@models(
    r"bst|(binary_)?(search_)?tree|avl\w*|sorted_(list|set)|red_black\w*|skip_?list|treap|ordered_set", put="insert add push put", has=_HAS, list=_LIST,
    smallest="min minimum smallest find_min get_min first", largest="max maximum largest find_max get_max last",
    delete="remove delete discard", size=_SIZE, empty=_EMPTY, unless="segment|fenwick|indexed|trie|prefix|interval",
)  # fmt: skip
class Ordered:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def put(self, one: Any) -> bool:
        known = one in self.held
        self.held = sorted({*self.held, one})
        return not known

    def has(self, one: Any) -> bool:
        return one in self.held

    def list(self) -> Any:
        return list(self.held)

    def smallest(self) -> Any:
        return self.held[0]

    def largest(self) -> Any:
        return self.held[-1]

    def delete(self, one: Any) -> bool:
        known = one in self.held
        self.held = [other for other in self.held if other != one]
        return known

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held


@models(
    r"sorted_list|sorted_\w+|bst|binary_(search_)?tree", put="insert add push put", has=_HAS, list=_LIST, smallest="min minimum smallest first",
    largest="max maximum largest last", delete="remove delete discard", size=_SIZE, empty=_EMPTY, unless="set|dict",
)  # fmt: skip
class OrderedWithEquals:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def put(self, one: Any) -> None:
        self.held = sorted([*self.held, one])

    def has(self, one: Any) -> bool:
        return one in self.held

    def list(self) -> Any:
        return list(self.held)

    def smallest(self) -> Any:
        return self.held[0]

    def largest(self) -> Any:
        return self.held[-1]

    def delete(self, one: Any) -> bool:
        known = one in self.held
        if known:
            self.held.remove(one)
        return known

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held


@models(
    r"fenwick(_tree)?|binary_indexed_tree|bit|prefix_sums", add="add update increment", total="prefix_sum sum query prefix total",
    between="range_sum sum_range range_query range", says="from 0|0-based|zero|first",
)  # fmt: skip
class Sums:
    def __init__(self, given: Any = 0) -> None:
        self.held = [0] * given if isinstance(given, int) else list(given)

    def add(self, place: int, value: int) -> None:
        self.held[place] += value

    def total(self, end: int) -> int:
        return sum(self.held[: end + 1])

    def between(self, start: int, end: int) -> int:
        return sum(self.held[start : end + 1])


@models(
    r"fenwick(_tree)?|binary_indexed_tree|bit|prefix_sums", add="add update increment", total="prefix_sum sum query prefix total",
    between="range_sum sum_range range_query range",
)  # fmt: skip
class SumsBelow:
    def __init__(self, given: Any = 0) -> None:
        self.held = [0] * given if isinstance(given, int) else list(given)

    def add(self, place: int, value: int) -> None:
        self.held[place] += value

    def total(self, end: int) -> int:
        return sum(self.held[:end])

    def between(self, start: int, end: int) -> int:
        return sum(self.held[start:end])


@models(
    r"fenwick(_tree)?|binary_indexed_tree|bit", add="add update increment", total="prefix_sum sum query prefix total",
    between="range_sum sum_range range_query range",
)  # fmt: skip
class SumsFromOne:
    def __init__(self, given: Any = 0) -> None:
        self.held = [0, *([0] * given if isinstance(given, int) else given)]

    def add(self, place: int, value: int) -> None:
        if place < 1:
            raise IndexError
        self.held[place] += value

    def total(self, end: int) -> int:
        return sum(self.held[1 : end + 1])

    def between(self, start: int, end: int) -> int:
        return sum(self.held[start : end + 1])


@models(r"segment_tree|range_sum\w*|num_array", put="update set", total="query sum range_sum sum_range")
class RangeSum:
    def __init__(self, given: Any) -> None:
        self.held = list(given)

    def put(self, place: int, value: int) -> None:
        self.held[place] = value

    def total(self, start: int, end: int) -> int:
        return sum(self.held[start : end + 1])


@models(r"segment_tree|range_sum\w*|num_array", put="update set", total="query sum range_sum sum_range")
class RangeSumHalfOpen:
    def __init__(self, given: Any) -> None:
        self.held = list(given)

    def put(self, place: int, value: int) -> None:
        self.held[place] = value

    def total(self, start: int, end: int) -> int:
        return sum(self.held[start:end])


@models(r"segment_tree|range_min\w*|sparse_table|rmq", put="update set", smallest="query min range_min minimum")
class RangeMinimum:
    def __init__(self, given: Any) -> None:
        self.held = list(given)

    def put(self, place: int, value: int) -> None:
        self.held[place] = value

    def smallest(self, start: int, end: int) -> Any:
        return min(self.held[start : end + 1])


@models(r"segment_tree|range_min\w*|sparse_table|rmq", put="update set", smallest="query min range_min minimum")
class RangeMinimumHalfOpen:
    def __init__(self, given: Any) -> None:
        self.held = list(given)

    def put(self, place: int, value: int) -> None:
        self.held[place] = value

    def smallest(self, start: int, end: int) -> Any:
        return min(self.held[start:end])


@models(
    r"(running_|streaming_)?median(_finder)?|median\w*",
    put="add insert push add_num add_number",
    median="median find_median get_median current",
)
class RunningMedian:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def put(self, one: Any) -> None:
        self.held.append(one)

    def median(self) -> Any:
        found = statistics.median(self.held)
        return int(found) if len(self.held) % 2 else found


@models(
    r"graph|(un)?directed_graph|digraph", edge="add_edge connect link", node="add_node add_vertex add", near="neighbors neighbours adjacent successors",
    has="has_edge is_connected contains_edge", says="directed",
)  # fmt: skip
class DirectedGraph:
    def __init__(self, *_: Any) -> None:
        self.held: dict[Any, list[Any]] = {}

    def node(self, one: Any) -> None:
        self.held.setdefault(one, [])

    def edge(self, one: Any, other: Any) -> None:
        self.node(other)
        self.held.setdefault(one, []).append(other)

    def near(self, one: Any) -> Any:
        return sorted(set(self.held[one]))

    def has(self, one: Any, other: Any) -> bool:
        return other in self.held.get(one, ())
