"""Plain implementations of well-known functions of intervals, vectors and ranks."""

from __future__ import annotations

import math
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means(
    "merge_(intervals|ranges|overlap\\w*|spans)|interval_merge|intervals_merge|merge", "list", says="interval|overlap"
)
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


@means(
    "(intersect\\w*|overlap)_?(of_)?(intervals|ranges)|interval_intersection\\w*|common_intervals",
    "list list",
    says="interval|both",
)
def interval_intersections(a: list[Any], b: list[Any]) -> Any:
    pairs = ((max(x[0], y[0]), min(x[1], y[1])) for x in a for y in b)
    return sorted([low, high] for low, high in pairs if low <= high)


@means("(do_|intervals?_)?overlaps?|ranges_overlap|is_overlapping", "any any", says="interval|range", loose=True)
def overlaps(a: Any, b: Any) -> bool:
    return bool(a[0] <= b[1] and b[0] <= a[1])


@means(
    "(min_)?meeting_rooms\\w*|rooms_needed|max\\w*_overlap\\w*|min_rooms|max_concurrent\\w*|min_platforms|peak_\\w+",
    "list",
    says="room|at once|same time|overlap",
)
def rooms(intervals: list[Any]) -> int:
    return max((sum(a <= start < b for a, b in intervals) for start, _ in intervals), default=0)


@means("can_attend\\w*|no_overlaps?|are_disjoint", "list", loose=True)
def can_attend(intervals: list[Any]) -> bool:
    ordered = sorted(intervals)
    return all(a[1] <= b[0] for a, b in zip(ordered, ordered[1:]))


@means(
    "(max_)?(activity|activities|interval)_?(selection|scheduling)|max_(activities|non_overlapping\\w*)|select_activities|schedule\\w*",
    "list",
    says="most|overlap",
)
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
def manhattan(a: Any, b: Any) -> Any:
    if len(a) != len(b):
        raise ValueError
    return sum(abs(x - y) for x, y in zip(a, b))


@means("cosine(_similarity)?", "list list")
def cosine(a: list[float], b: list[float]) -> float:
    if len(a) != len(b):
        raise ValueError
    return sum(x * y for x, y in zip(a, b)) / (math.hypot(*a) * math.hypot(*b))


@means("(polygon|shoelace)_?(area)?|area(_of_polygon)?|shoelace\\w*", "list", says="polygon|shoelace")
def polygon_area(points: list[Any]) -> Any:
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
