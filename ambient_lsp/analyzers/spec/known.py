"""What well-known names stand for: sorting sorts, a greatest common divisor divides both, decoding takes back encoding.

Data, and nothing else. `names` and `unless` are patterns for whole words of a function's name, `kinds` those of the
parameters that must be given, `says` a pattern in the docstring that leaves no doubt.
"""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that people mean by the name; see `laws.py` for the language of `checks` and `given`. It is not meant
    where the docstring says `unless`."""

    promise: str
    checks: tuple[str, ...]
    given: str = ""
    imports: tuple[str, ...] = ()
    shown: bool = True
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """The variants of one law."""

    name: str
    names: str
    kinds: tuple[str, ...]
    variants: tuple[Variant, ...]
    says: str = ""
    unless: str = ""


def _is(name: str, names: str, kinds: str, *variants: Variant, says: str = "", unless: str = "") -> Family:
    return Family(name, names, tuple(kinds.split()), variants, says, unless)


def _v(promise: str, *checks: str, given: str = "", imports: str = "", unless: str = "") -> Variant:
    return Variant(promise, checks, given, tuple(imports.split()), unless=unless)


def _values(promise: str, table: str) -> Variant:
    """Return that a few arguments give known values; the table of cases shows them, so no test of its own."""
    return Variant(promise, (f"$result == {table}[$a]",), f"$a in {table}", shown=False)


_PRIME = "{} > 1 and all({} % d for d in range(2, {}))"
_BELOW = "[n for n in range(2, $a{}) if all(n % d for d in range(2, n))]"
_CLEAN = "''.join(one for one in $a.lower() if one.isalnum())"
_REACHED = "all(after in $result for node in $result for after in $a[node])"
_DISTANCES = (
    "all(({one}) == min([$result[node] + ({cost}) for node in $a if node in $result and $result[node] < float('inf')"
    " for {each} if after == other], default=float('inf')) for other in $a if other != $b)"
)

SURE = frozenset(
    {
        "sorts",
        "gcd",
        "lcm",
        "factorial",
        "fibonacci",
        "prime",
        "distance",
        "transposes",
        "power_set",
        "roman",
        "from_roman",
        "balanced",
        "leap",
        "common_subsequence",
        "hanoi",
        "pascal",
        "topological",
        "shortest",
        "binary",
        "to_base",
        "permutes",
        "merges_intervals",
        "two_sum",
        "knapsack",
        "flattens",
        "primes",
        "factors",
        "palindrome",
        "anagram",
        "tells_order",
    }
)
"""Families by whose names people mean one thing: a function of that name that mostly does not keep the law is wrong."""

FAMILIES = (
    # Order
    _is("sorts", r"sort|sorted|\w+sort", "list", _v("it gives the items in order", "list($result) == sorted($a)"),
        says="sort|ascending|order", unless="topological|is|stable|toposort|check|descending|reverse|by|key"),
    _is("tells_order", "is_sorted|issorted|is_ascending", "list",
        _v("it says whether the items are in order", "$result == (list($a) == sorted($a))")),
    _is("merges", r"merge|merge_sorted\w*|sorted_merge|merge_lists", "list list",
        _v("it gives the items of both in order", "list($result) == sorted([*$a, *$b])",
           given="$a == sorted($a) and $b == sorted($b)"), says="sorted|ascending|order"),
    _is("finds", r"binary_search|search|bsearch|linear_search|find|index_of|lower_bound|find_index", "list any",
        _v("the item is where it says", "$result >= 0 and $a[$result] == $b if $b in $a else $result in (-1, None)",
           given="$a == sorted($a) or $result is None or $result is False"),
        _v("it gives the first place of the item", "$result == $a.index($b)", given="$b in $a"),
        _v("it tells whether the item is there", "$result is ($b in $a)"),
        _v("all before its place is smaller", "all(one < $b for one in $a[:$result]) and all(one >= $b for one in $a[$result:])",
           given="$a == sorted($a)"), says="index|position|search"),
    _is("finds_first", r"(find_|search_|binary_)*first(_\w+)*", "list any",
        _v("it gives the first place of the item", "$result == ($a.index($b) if $b in $a else -1)"),
        _v("it gives the first place of the item", "$result == ($a.index($b) if $b in $a else None)")),
    _is("ranks", r"quick_?select|kth\w*|select|nth_smallest|kth_smallest", "list int",
        _v("it gives the k-th smallest, counted from 1", "$result == sorted($a)[$b - 1]", given="0 < $b <= len($a)"),
        _v("it gives the k-th smallest, counted from 0", "$result == sorted($a)[$b]", given="0 <= $b < len($a)"),
        _v("it gives the k-th largest, counted from 1", "$result == sorted($a)[-$b]", given="0 < $b <= len($a)"),
        _v("it gives the k smallest", "sorted($result) == sorted($a)[:$b]", given="0 <= $b <= len($a)"),
        says="smallest|largest|k-?th"),
    _is("top", r"top_?k|n?largest|k_largest|top_n", "list int",
        _v("it gives the largest", "list($result) == sorted($a, reverse=True)[:$b]", given="$b >= 0")),
    _is("topological", r"topological\w*|toposort|topo_sort|topological_order|build_order", "dict",
        _v("every node comes before those that it points to",
           "sorted($result) == sorted({*$a, *(after for node in $a for after in $a[node])})",
           "all($result.index(node) < $result.index(after) for node in $a for after in $a[node])"),
        _v("every node comes after those that it needs",
           "sorted($result) == sorted({*$a, *(after for node in $a for after in $a[node])})",
           "all($result.index(node) > $result.index(after) for node in $a for after in $a[node])")),
    # Numbers
    _is("gcd", "gcd|hcf|greatest_common_divisor|euclid", "int int",
        _v("it is the greatest common divisor", "$result == math.gcd($a, $b)", given="$a >= 0 and $b >= 0",
           imports="math"), says="greatest common|gcd"),
    _is("lcm", "lcm|least_common_multiple|lowest_common_multiple", "int int",
        _v("it is the least common multiple", "$result == $a * $b // math.gcd($a, $b)", given="$a > 0 and $b > 0",
           imports="math"), says="common multiple"),
    _is("factorial", "factorial|fact", "int",
        _v("it is the factorial", "$result == math.factorial($a)", given="$a >= 0", imports="math"), says="factorial"),
    _is("binomial", "binomial|choose|n_choose_k|ncr|comb|combinations_count", "int int",
        _v("it counts the ways to choose", "$result == math.comb($a, $b)", given="$a >= 0 and $b >= 0", imports="math")),
    _is("fibonacci", r"fib|fibonacci|nth_fibonacci", "int",
        _v("each is the sum of the two before", "$result == $f($a - 1) + $f($a - 2)", given="$a >= 3"),
        _v("each is the sum of the two before",
           "len($result) == $a and all($result[i] == $result[i - 1] + $result[i - 2] for i in range(2, $a))",
           given="$a >= 0"), says="fibonacci"),
    _is("prime", "is_prime|isprime|prime_test|check_prime", "int",
        _v("it tells whether a number is prime", f"bool($result) == ({_PRIME.format(*['$a'] * 3)})", given="$a < 10_000"), says="prime"),
    _is("primes", r"primes|sieve|primes_\w+|sieve_\w+|get_primes|prime_numbers|list_primes|eratosthenes", "int",
        _v("it gives the primes up to the number", f"list($result) == {_BELOW.format(' + 1')}"),
        _v("it gives the primes below the number", f"list($result) == {_BELOW.format('')}"),
        says="primes|prime numbers", unless="factors|factorization|factorize"),
    _is("factors", "prime_factors|factorize|prime_factorization|factorise|get_factors", "int",
        _v("the factors are prime and make up the number", "math.prod($result) == $a",
           f"all({_PRIME.format(*['p'] * 3)} for p in $result)", given="$a > 1", imports="math"), says="prime factor"),
    _is("divisors", "divisors|all_divisors|factors", "int",
        _v("it gives what divides the number", "sorted($result) == [d for d in range(1, $a + 1) if $a % d == 0]",
           given="$a > 0")),
    _is("power", r"power|pow|fast_pow\w*|exponentiate|exponentiation|my_pow", "any int",
        _v("it is the power", "abs($result - $a ** $b) <= 1e-9 * abs($a ** $b)", given="$a != 0")),
    _is("root", r"isqrt|integer_sqrt|int_sqrt|integer_square_root", "int",
        _v("it is the root, rounded down", "$result == math.isqrt($a)", given="$a >= 0", imports="math")),
    _is("digits", "digit_sum|sum_digits|sum_of_digits|digits_sum", "int",
        _v("it is the sum of the digits", "$result == sum(int(digit) for digit in str(abs($a)))")),
    _is("bits", "bit_?count|popcount|count_bits|count_ones|count_set_bits|hamming_weight", "int",
        _v("it counts the bits that are set", "$result == bin($a).count('1')", given="$a >= 0"), says="bits"),
    _is("binary", r"\w*to_binary|\w*to_bin|decimal_to_binary|int_to_binary|binary|to_bin", "int",
        _v("it reads back as the number", "int($result, 2) == $a", given="$a >= 0"), says="binary", unless="from|binary_to"),
    _is("hexadecimal", r"\w*to_hex\w*|decimal_to_hex", "int",
        _v("it reads back as the number", "int($result, 16) == $a", given="$a >= 0")),
    _is("to_base", r"\w*to_base|convert_base|base_convert\w*|int_to_base|change_base|int2base|to_radix", "int int",
        _v("it reads back as the number", "int($result, $b) == $a", given="$a >= 0 and 2 <= $b <= 36"), says="base"),
    _is("from_base", r"from_base|parse_base|base_to_\w+", "str int",
        _v("it is what the digits say", "$result == int($a, $b)", given="2 <= $b <= 36")),
    _is("leap", r"is_leap|leap_year|is_leap_year|isleap", "int",
        _v("it follows the calendar", "bool($result) == calendar.isleap($a)", given="$a > 0", imports="calendar"),
        says="leap"),
    _is("roman", r"to_roman|int_to_roman|roman_from_int|number_to_roman|roman_numeral", "int",
        _values("well-known Roman numerals are as in books",
                "{1: 'I', 3: 'III', 4: 'IV', 9: 'IX', 42: 'XLII', 58: 'LVIII', 400: 'CD', 1994: 'MCMXCIV', 3999: 'MMMCMXCIX'}"), says="roman"),
    _is("from_roman", r"from_roman|roman_to_int|roman_to_\w+|parse_roman|int_from_roman", "str",
        _values("well-known Roman numerals are as in books",
                "{'III': 3, 'IV': 4, 'IX': 9, 'XLII': 42, 'LVIII': 58, 'CD': 400, 'MCMXCIV': 1994}"), says="roman"),
    _is("parity", "is_even", "int", _v("it tells whether 2 divides it", "bool($result) == ($a % 2 == 0)")),
    _is("odd", "is_odd", "int", _v("it tells whether 2 does not divide it", "bool($result) == ($a % 2 == 1)")),
    _is("power_of_two", "is_power_of_(two|2)", "int",
        _v("it tells the powers of two", "bool($result) == ($a in {2 ** n for n in range(64)})")),
    _is("perfect", "is_perfect|is_perfect_number", "int",
        _v("it tells the sum of its divisors", "bool($result) == ($a > 1 and sum(d for d in range(1, $a) if $a % d == 0) == $a)")),
    _is("clamps", "clamp|clip|constrain", "any any any",
        _v("it stays between the bounds", "$result == max($b, min($a, $c))", given="$b <= $c")),
    # Statistics
    _is("mean", "mean|average|avg", "list",
        _v("it is the sum over the number", "abs($result - sum($a) / len($a)) < 1e-9", given="len($a) > 0"),
        says="mean|average"),
    _is("median", "median", "list",
        _v("it is the middle", "$result == statistics.median($a)", given="len($a) > 0", imports="statistics")),
    _is("largest", "max|maximum|find_max|largest|get_max|list_max", "list",
        _v("none is larger", "$result == max($a)", given="len($a) > 0"), unless="sub|subarray|sum|profit|product|length|depth"),
    _is("smallest", "min|minimum|find_min|smallest|get_min", "list",
        _v("none is smaller", "$result == min($a)", given="len($a) > 0"), unless="sub|kth|coins|cost|distance"),
    _is("moving_average", r"moving_averages?|rolling_(mean|average)|sliding_average|sma", "list int",
        _v("each is the mean of its window",
           "$result == [sum($a[i:i + $b]) / $b for i in range(len($a) - $b + 1)]", given="0 < $b <= len($a)"),
        says="average|mean"),
    _is("running_sum", r"running_(sum|total)s?|cumulative_sum|cumsum|prefix_sums?|accumulate", "list",
        _v("each is the sum up to it", "list($result) == [sum($a[:i + 1]) for i in range(len($a))]"),
        _v("each is the sum before it", "list($result) == [sum($a[:i]) for i in range(len($a) + 1)]")),
    _is("max_subarray", r"max\w*_sub_?(array|list)?(_sum)?|kadane|largest_sum\w*|maximum_subarray(_sum)?|max_sublist_sum", "list",
        _v("no run has a larger sum",
           "$result == max(sum($a[i:j]) for i in range(len($a)) for j in range(i + 1, len($a) + 1))", given="len($a) > 0"),
        _v("no run has a larger sum",
           "$result == max(sum($a[i:j]) for i in range(len($a) + 1) for j in range(i, len($a) + 1))", unless="non-?empty|not empty")),
    _is("profit", "max_profit|best_profit", "list",
        _v("no earlier buy and later sale gain more",
           "$result == max([$a[j] - $a[i] for i in range(len($a)) for j in range(i, len($a))], default=0)")),
    # Text
    _is("palindrome", r"is_palindrome|palindrome|ispalindrome|check_palindrome", "any",
        _v("it reads the same from behind", "bool($result) == (str($a) == str($a)[::-1])"),
        _v("it reads the same from behind", "bool($result) == (str($a).lower() == str($a).lower()[::-1])"),
        _v("its letters read the same from behind", f"bool($result) == ({_CLEAN} == {_CLEAN}[::-1])"),
        says="palindrome|same forward", unless="longest|permutation|partition|count|make"),
    _is("anagram", r"is_anagram|are_anagrams|anagrams?|check_anagram", "str str",
        _v("both have the same letters", "bool($result) == (sorted($a) == sorted($b))"),
        _v("both have the same letters", "bool($result) == (sorted($a.lower()) == sorted($b.lower()))"), unless="group"),
    _is("groups_anagrams", r"group_anagrams|anagram_groups|groups?_\w*anagrams", "list",
        _v("every word is in the group of its letters", "sorted(word for group in $result for word in group) == sorted($a)",
           "all(len({tuple(sorted(word)) for word in group}) == 1 for group in $result)",
           "len($result) == len({tuple(sorted(word)) for word in $a})"), says="anagram"),
    _is("reverses", r"reverse|reversed|reverse_(string|list|str|text|array|words?_?order)", "any",
        _v("it is the same from behind", "$result == $a[::-1]"), unless="words|linked|number|integer|int|in|complement"),
    _is("distance", r"levenshtein|edit_distance|\w*levenshtein_?\w*|editdistance|damerau_levenshtein", "str str",
        _v("it is a distance between texts", "$f($b, $a) == $result", "abs(len($a) - len($b)) <= $result <= max(len($a), len($b))",
           "($result == 0) == ($a == $b)"), says="distance|edits?", unless="ratio|normalized|similarity"),
    _is("hamming", r"hamming|hamming_distance", "str str",
        _v("it counts the places that differ", "$result == sum(one != two for one, two in zip($a, $b))",
           given="len($a) == len($b)")),
    _is("common_subsequence", r"lcs|longest_common_subsequence|lcs_\w+", "str str",
        _v("it is in both, in this order",
           "all(all(letter in letters for letter in $result) for letters in (iter($a), iter($b)))",
           "len($f($b, $a)) == len($result)", "$f($a, $a) == $a"),
        _v("its length is that of a part of both", "$f($b, $a) == $result", "0 <= $result <= min(len($a), len($b))",
           "$f($a, $a) == len($a)", "$result == max($f($a[1:], $b), $f($a, $b[1:])) if $a[:1] != $b[:1] else $result > 0 or not $a"),
        says="common subsequence"),
    _is("common_prefix", r"longest_common_prefix|common_prefix", "list",
        _v("all begin with it", "all(one.startswith($result) for one in $a)",
           "not $a or len({one[:len($result) + 1] for one in $a}) > 1 or $result in $a")),
    _is("balanced", r"\w*(brackets?|parenthes[ie]s|parens?|balanced)(_\w+)?|is_valid|is_balanced", "str",
        Variant("brackets close in the order in which they were opened", (
            "bool($result) == {'': True, '()': True, '((': False, ')(': False, '())': False, '([)]': False,"
            " '{[()]}': True, '([]){}': True, '(]': False, ']': False}[$a]",),
            "$a in {'', '()', '((', ')(', '())', '([)]', '{[()]}', '([]){}', '(]', ']'}", shown=False),
        says="balanced|matching|bracket|parenthes", unless="generate|remove|longest|min|count|max|depth"),
    _is("vowels", "count_vowels|vowel_count", "str",
        _v("it counts the vowels", "$result == sum(letter in 'aeiouAEIOU' for letter in $a)")),
    # Collections
    _is("reverses_words", "reverse_words", "str", _v("the words come from behind", "$result == ' '.join($a.split()[::-1])")),
    _is("flattens", r"flatten|flat|flatten_(list|nested|deep|lists)|deep_flatten", "list",
        _v("no list is left in it", "not any(isinstance(one, list) for one in $result)"),
        _v("one level of lists is gone", "list($result) == [one for part in $a for one in part]", unless="nested|deep|depth"), says="flat|nested"),
    _is("flattens_all", r"flatten|flat|flatten_(list|nested|deep|lists)|deep_flatten", "list",
        Variant("every item stays, in order", (
            "str(list($result)).replace(' ', '') == '[' + ','.join(str($a).replace('[', ' ').replace(']', ' ')"
            ".replace(',', ' ').split()) + ']'",), shown=False),
        _v("one level of lists is gone", "list($result) == [one for part in $a for one in part]", unless="nested|deep|depth"), says="flat|nested"),
    _is("transposes", r"transpose|transpose_matrix|matrix_transpose", "list",
        _v("rows become columns", "[list(row) for row in $result] == [list(column) for column in zip(*$a)]"),
        says="transpose|rows|columns"),
    _is("multiplies", r"mat(rix)?_?mul(tiply)?|multiply_matrices|matrix_multiplication|matrix_product", "list list",
        _v("each is a row times a column",
           "$result == [[sum(x * y for x, y in zip(row, column)) for column in zip(*$b)] for row in $a]",
           given="$a and $b and len($a[0]) == len($b)")),
    _is("rotates", r"rotate|rotate_(left|right|list|array)|left_rotate|right_rotate|rotate_\w+", "list int",
        _v("what leaves at the end comes in at the front", "list($result) == $a[-($b % len($a)):] + $a[:-($b % len($a))]",
           given="$a and $b % len($a)"),
        _v("what leaves at the front comes in at the end", "list($result) == $a[$b % len($a):] + $a[:$b % len($a)]",
           given="len($a) > 0"), says="rotat|shift"),
    _is("chunks", r"chunks?|chunked|batch(ed|es)?|split_into_chunks|partition_all|chunk_list|split_chunks", "list int",
        _v("together the parts are the whole", "[one for part in $result for one in part] == list($a)",
           "all(len(part) == $b for part in $result[:-1]) and all(0 < len(part) <= $b for part in $result)", given="$b > 0"), unless="even|evenly|distribute|by|constrained|strict"),
    _is("unique", r"uniq|unique|dedupe|deduplicate|remove_duplicates|distinct|dedup", "list",
        _v("each is kept once, in order", "list($result) == list(dict.fromkeys($a))"),
        _v("each is kept once", "sorted($result) == sorted(set($a))")),
    _is("power_set", r"power_?set|subsets|all_subsets|get_subsets", "list",
        _v("every choice is there once", "len(list($result)) == 2 ** len($a)",
           "len({tuple(sorted(part)) for part in $result}) == 2 ** len($a)", given="len(set($a)) == len($a)"),
        says="subsets?|power set"),
    _is("permutes", r"permutations?|permute|all_permutations|get_permutations", "any",
        _v("every order is there once", "len({tuple(one) for one in $result}) == len(list($result)) == math.factorial(len($a))",
           "all(sorted(one) == sorted($a) for one in $result)", given="len(set($a)) == len($a)", imports="math"),
        unless="next|prev|is|check|previous"),
    _is("two_sum", r"two_sum|pair_sum|find_pair|pair_with_sum|two_number_sum", "list int",
        _v("the two places make up the sum",
           "$a[$result[0]] + $a[$result[1]] == $b and $result[0] != $result[1] if $result else"
           " not any($a[i] + $a[j] == $b for i in range(len($a)) for j in range(i))"),
        _v("the two numbers make up the sum", "sum($result) == $b if $result else"
           " not any($a[i] + $a[j] == $b for i in range(len($a)) for j in range(i))"),
        _v("it tells whether two make up the sum",
           "$result is any($a[i] + $a[j] == $b for i in range(len($a)) for j in range(i))"), says="sum|add"),
    _is("merges_intervals", r"merge_(intervals|ranges|overlapping\w*|spans)|interval_merge|merge_overlaps|intervals_merge", "list",
        _v("what is covered stays, and nothing overlaps",
           "{x / 2 for one in $result for x in range(2 * one[0], 2 * one[1] + 1)}"
           " == {x / 2 for one in $a for x in range(2 * one[0], 2 * one[1] + 1)}",
           "all(one[1] < two[0] for one, two in zip($result, $result[1:]))"),
        _v("what is covered stays, and nothing overlaps",
           "{x for one in $result for x in range(one[0], one[1])} == {x for one in $a for x in range(one[0], one[1])}",
           "all(one[1] <= two[0] for one, two in zip($result, $result[1:]))"), says="overlap|merge"),
    _is("pascal", r"pascals?|pascals?_triangle|pascal_rows?|pascal_triangle", "int",
        _v("each row sums to a power of two and is the same from behind", "len($result) == $a",
           "all(sum(row) == 2 ** i and row == row[::-1] and len(row) == i + 1 for i, row in enumerate($result))",
           given="$a >= 0"),
        _v("the row sums to a power of two", "sum($result) == 2 ** $a and list($result) == list($result)[::-1]", given="$a >= 0"),
        says="pascal"),
    _is("hanoi", r"hanoi|towers?_of_hanoi|hanoi_moves|solve_hanoi|hanoi_\w+", "int",
        _v("there are as many moves as it takes", "len(list($result)) == 2 ** $a - 1", given="$a >= 0"),
        _v("there are as many moves as it takes", "$result == 2 ** $a - 1", given="$a >= 0"), says="hanoi"),
    _is("knapsack", r"knapsack|knapsack_01|zero_one_knapsack|max_value", "list list int",
        _v("no choice that fits is worth more",
           "$result == max(sum($b[i] for i in range(len($a)) if mask >> i & 1) for mask in range(2 ** len($a))"
           " if sum($a[i] for i in range(len($a)) if mask >> i & 1) <= $c)", given="len($a) == len($b) and $c >= 0"),
        _v("no choice that fits is worth more",
           "$result == max(sum($a[i] for i in range(len($a)) if mask >> i & 1) for mask in range(2 ** len($a))"
           " if sum($b[i] for i in range(len($a)) if mask >> i & 1) <= $c)", given="len($a) == len($b) and $c >= 0"),
        says="knapsack|capacity"),
    _is("visits", r"bfs|breadth_first\w*|dfs|depth_first\w*|bfs_\w+|dfs_\w+|reachable\w*|traverse\w*|visit_order", "dict any",
        _v("it visits what can be reached, once, from the start on", "list($result)[:1] == [$b]",
           "len(set($result)) == len($result)", _REACHED, given="$b in $a and isinstance($result, list)"),
        _v("it holds what can be reached", "$b in $result", _REACHED, given="$b in $a and isinstance($result, set)"),
        says="reach|visit|order|travers|search"),
    _is("levels", r"bfs(_\w+)?|(shortest|bfs)_(distances?|levels?)|distances?|levels?", "dict any",
        _v("each is one further than the nearest before it", "$result[$b] == 0",
           _DISTANCES.format(one="$result.get(other, float('inf'))", cost="1", each="after in $a[node]"),
           given="$b in $a and isinstance($result, dict) and all(isinstance(one, list) for one in $a.values())")),
    _is("shortest", r"dijkstra\w*|shortest_(paths?|distances?)(_\w+)?|\w*_dijkstra", "dict any",
        _v("each is as near as a neighbour allows", "$result[$b] == 0",
           _DISTANCES.format(one="$result.get(other, float('inf'))", cost="cost", each="after, cost in $a[node].items()"),
           given="$b in $a and all(isinstance(one, dict) for one in $a.values())"),
        _v("each is as near as a neighbour allows", "$result[$b] == 0",
           _DISTANCES.format(one="$result.get(other, float('inf'))", cost="cost", each="after, cost in $a[node]"),
           given="$b in $a and all(isinstance(one, list) for one in $a.values())"), says="shortest|distance|cost"),
    _is("idempotent", r"slugify|normali[sz]e\w*|strip_\w+|clean\w*|canonical\w*|sanitize|squeeze|dedent|collapse\w*", "any",
        _v("doing it twice changes nothing more", "$f($result) == $result")),
)  # fmt: skip
