"""Plain implementations of well-known searches for the best, and of sums over parts of a list."""

from __future__ import annotations

import itertools
import math
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


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


@means(
    "moving_averages?|rolling_(mean|average)|sliding_average|sma|simple_moving_average",
    "list int",
    unless="exponential",
)
def moving_average(values: list[float], window: int) -> Any:
    if window < 1 or window > len(values):
        raise ValueError
    return [sum(values[i : i + window]) / window for i in range(len(values) - window + 1)]


@means(
    "(exponential_moving_average|ema|exp_smooth\\w*|exponential_smoothing|smooth)",
    "list float",
    says="exponential|alpha",
)
def exponential_average(values: list[float], alpha: float) -> Any:
    if not 0 < alpha <= 1:
        raise ValueError
    found = values[:1]
    for one in values[1:]:
        found.append(alpha * one + (1 - alpha) * found[-1])
    return found


@means(
    "(sliding_)?(window_)?max(imum|ima)?(_sliding_window|_in_window\\w*|_of_window\\w*|_window)?|sliding_max\\w*|window_maxim\\w*|max_sliding_window",
    "list int",
    says="window",
)
def window_maxima(numbers: list[float], size: int) -> Any:
    if size < 1 or size > len(numbers):
        raise ValueError
    return [max(numbers[i : i + size]) for i in range(len(numbers) - size + 1)]


@means(
    "(sliding_)?(window_)?min(imum|ima)?(_sliding_window|_in_window\\w*)?|sliding_min\\w*|window_minim\\w*",
    "list int",
    says="window",
)
def window_minima(numbers: list[float], size: int) -> Any:
    if size < 1 or size > len(numbers):
        raise ValueError
    return [min(numbers[i : i + size]) for i in range(len(numbers) - size + 1)]


@means(
    "max_sum_(window|subarray)\\w*|max_window_sum|best_window|max\\w*_sum_of_k",
    "list int",
    says="window|neighbours|consecutive",
)
def best_window_sum(numbers: list[float], size: int) -> float:
    if size < 1 or size > len(numbers):
        raise ValueError
    return max(sum(numbers[i : i + size]) for i in range(len(numbers) - size + 1))


@means(
    "max\\w*_sub_?(array|list|seq\\w*)?(_sum)?|kadane|largest_sum\\w*|maximum_subarray(_sum)?|max_sum",
    "list",
    unless="product|circular|increasing|length|non_adjacent",
)
def max_subarray(numbers: list[float]) -> float:
    if not numbers:
        raise ValueError
    return max(sum(numbers[i:j]) for i in range(len(numbers)) for j in range(i + 1, len(numbers) + 1))


@means(
    "max\\w*_sub_?(array|list|seq\\w*)?(_sum)?|kadane|largest_sum\\w*|maximum_subarray(_sum)?",
    "list",
    unless="product|circular|increasing|length",
)
def max_subarray_or_none(numbers: list[float]) -> float:
    return max((sum(numbers[i:j]) for i in range(len(numbers)) for j in range(i, len(numbers) + 1)), default=0)


@means(
    "max\\w*_product(_subarray)?|max_subarray_product|largest_product\\w*",
    "list",
    says="product",
    unless="pair|three|two",
)
def max_product(numbers: list[float]) -> float:
    if not numbers:
        raise ValueError
    return max(math.prod(numbers[i:j]) for i in range(len(numbers)) for j in range(i + 1, len(numbers) + 1))


@means("product_except_self|products?_(of_)?(all_)?(others?|except)\\w*", "list")
def product_except_self(numbers: list[int]) -> Any:
    return [math.prod(numbers[:i] + numbers[i + 1 :]) for i in range(len(numbers))]


@means(
    "(sub_?arrays?|count)_(with_)?sum\\w*|subarray_sum(_count|_equals_k)?|count_subarrays\\w*", "list int", says="sum"
)
def subarrays_with_sum(numbers: list[int], total: int) -> int:
    return sum(sum(numbers[i:j]) == total for i in range(len(numbers)) for j in range(i + 1, len(numbers) + 1))


@means("min_sub_?array_len\\w*|shortest_subarray\\w*|min\\w*_size_subarray\\w*", "int list", says="at least")
def shortest_subarray(total: int, numbers: list[int]) -> int:
    sizes = [j - i for i in range(len(numbers)) for j in range(i + 1, len(numbers) + 1) if sum(numbers[i:j]) >= total]
    return min(sizes, default=0)


@means(
    "max_profit|best_profit|best_time\\w*|stock_profit|buy_and_sell",
    "list",
    unless="multiple|ii|many|unlimited|fee|cooldown",
)
def best_profit(prices: list[int]) -> int:
    return max((b - a for a, b in itertools.combinations(prices, 2) if b > a), default=0)


@means("max_profit\\w*|stock_profit", "list", says="as often|many|any number")
def total_profit(prices: list[int]) -> int:
    return sum(max(b - a, 0) for a, b in zip(prices, prices[1:]))


@means(
    "(two_sum|pair_sum|find_pair|pair_with_sum|two_number_sum)(_indices)?", "list int", unless="sorted|count|numbers"
)
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
    return any(
        sum(one) * 2 == sum(numbers) for size in range(len(numbers)) for one in itertools.combinations(numbers, size)
    )


@means(
    "(length_of_)?(lis|longest_increasing_subsequence|longest_increasing)(_length)?",
    "list",
    unless="run|path|continuous|subarray",
)
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


@means(
    "longest_(increasing_)?run|longest_increasing_(run|subarray|continuous\\w*)|longest_continuous_increasing\\w*",
    "list",
    says="increas|rising|ascending",
)
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


@means(
    "rob|house_robber|max\\w*_non_adjacent\\w*|max_loot|largest_non_adjacent\\w*|non_adjacent_sum",
    "list",
    says="adjacent|neighbour|next to",
)
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
    return max(
        (min(heights[i], heights[j]) * (j - i) for i in range(len(heights)) for j in range(i + 1, len(heights))),
        default=0,
    )


@means("largest_rectangle\\w*|max_rectangle\\w*|histogram_area", "list", says="rectangle")
def largest_rectangle(heights: list[int]) -> int:
    if any(one < 0 for one in heights):
        raise TypeError
    return max(
        (min(heights[i:j]) * (j - i) for i in range(len(heights)) for j in range(i + 1, len(heights) + 1)), default=0
    )


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


@means(
    "(fewest|min\\w*|least)_?coins\\w*|coin_change(_min)?|make_change|min_coin\\w*|change",
    "list int",
    says="coins",
    unless="ways|count|number_of_ways|greedy",
)
def fewest_coins(coins: list[int], amount: int) -> int:
    if amount < 0 or any(one < 1 for one in coins):
        raise TypeError
    best = [0] + [amount + 1] * amount
    for total in range(1, amount + 1):
        best[total] = min([best[total - one] + 1 for one in coins if one <= total], default=amount + 1)
    return best[amount] if best[amount] <= amount else -1


@means(
    "(fewest|min\\w*|least)_?coins\\w*|coin_change(_min)?|make_change|min_coin\\w*",
    "list int",
    says="None",
    unless="ways|count",
)
def fewest_coins_or_none(coins: list[int], amount: int) -> Any:
    if amount < 0 or any(one < 1 for one in coins):
        raise TypeError
    best = [0] + [amount + 1] * amount
    for total in range(1, amount + 1):
        best[total] = min([best[total - one] + 1 for one in coins if one <= total], default=amount + 1)
    return best[amount] if best[amount] <= amount else None


@means(
    "(coin_change|count|ways|number_of_ways|num|coin)_?(ways|change|combinations|to_change|to_make\\w*|coins?\\w*)\\w*|change_ways|ways_to_\\w+",
    "list int",
    says="ways",
)
def coin_ways(coins: list[int], amount: int) -> int:
    if amount < 0 or any(one < 1 for one in coins):
        raise TypeError
    ways = [1] + [0] * amount
    for one in coins:
        for total in range(one, amount + 1):
            ways[total] += ways[total - one]
    return ways[amount]


@means(
    "(coin_change|count|ways|number_of_ways|num)_?(ways|change|combinations|coins?\\w*)\\w*|change|ways_to_\\w+",
    "int list",
    says="ways",
)
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
