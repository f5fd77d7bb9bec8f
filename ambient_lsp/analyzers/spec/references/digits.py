"""Plain implementations of well-known functions of the digits and bits of numbers."""

from __future__ import annotations

import itertools
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("digit_sum|sum_(of_)?digits|digits_sum|cross_sum|add_digits", "int")
def digit_sum(n: int) -> int:
    return sum(map(int, str(abs(n))))


@means("digital_root|repeated_digit_sum|add_digits", "int", says="digital root|single digit")
def digital_root(n: int) -> int:
    n = abs(n)
    while n > 9:
        n = sum(map(int, str(n)))
    return n


@means("digits?|get_digits|to_digits|digits_of", "int", loose=True)
def digits(n: int) -> Any:
    return [int(one) for one in str(abs(n))]


@means("count_digits|digit_count|num_digits|number_of_digits|num_of_digits", "int")
def digit_count(n: int) -> int:
    return len(str(abs(n)))


@means("reverse_(int(eger)?|number|digits)|reverse|reversed_number", "int", unless="bits?|is|add|steps|until")
def reverse_digits(n: int) -> int:
    return int(str(abs(n))[::-1]) * (-1 if n < 0 else 1)


@means("is_palindrom\\w*(_number)?|palindrom\\w*|number_palindrome", "int", unless="next|count|largest|steps")
def is_palindrome_number(n: int) -> bool:
    return str(n) == str(n)[::-1]


@means("(is_)?armstrong(_number)?|(is_)?narcissistic(_number)?|is_armstrong_number", "int")
def armstrong(n: int) -> bool:
    return n >= 0 and sum(int(one) ** len(str(n)) for one in str(n)) == n


@means("(is_)?happy(_number)?|is_happy_number", "int")
def happy(n: int) -> bool:
    seen: set[int] = set()
    while n > 1 and n not in seen:
        seen.add(n)
        n = sum(int(one) ** 2 for one in str(n))
    return n == 1


@means("(is_)?harshad(_number)?|niven", "int")
def harshad(n: int) -> bool:
    return n > 0 and n % sum(map(int, str(n))) == 0


@means("collatz(_steps|_length|_count)?|steps|collatz_steps", "int", says="collatz|hailstone")
def collatz_steps(n: int) -> int:
    if n < 1:
        raise ValueError
    count = 0
    while n != 1:
        n = 3 * n + 1 if n % 2 else n // 2
        count += 1
    return count


@means("collatz(_sequence|_path|_length)?|hailstone\\w*", "int", says="collatz|hailstone")
def collatz(n: int) -> Any:
    if n < 1:
        raise ValueError
    path = [n]
    while n != 1:
        n = 3 * n + 1 if n % 2 else n // 2
        path.append(n)
    return path


@means("collatz_length|collatz", "int", says="collatz|hailstone")
def collatz_length(n: int) -> int:
    if n < 1:
        raise ValueError
    count = 1
    while n != 1:
        n = 3 * n + 1 if n % 2 else n // 2
        count += 1
    return count


@means("look_and_say", "int", says="look.and.say")
def look_and_say(n: int) -> str:
    if n < 1:
        raise ValueError
    text = "1"
    for _ in range(n - 1):
        text = "".join(f"{len(list(run))}{one}" for one, run in itertools.groupby(text))
    return text


@means("fizz_?buzz", "int")
def fizzbuzz(n: int) -> str:
    return ("Fizz" * (n % 3 == 0) + "Buzz" * (n % 5 == 0)) or str(n)


@means("fizz_?buzz", "int")
def fizzbuzz_list(n: int) -> Any:
    return [("Fizz" * (i % 3 == 0) + "Buzz" * (i % 5 == 0)) or str(i) for i in range(1, n + 1)]


@means("is_power_of_(two|2)|power_of_(two|2)|is_pow2", "int", unless="next|previous|round")
def is_power_of_two(n: int) -> bool:
    return n > 0 and n & (n - 1) == 0


@means("next_power_of_(two|2)|next_pow2|round_up_\\w*power\\w*|ceil_pow2", "int")
def next_power_of_two(n: int) -> int:
    found = 1
    while found < n:
        found *= 2
    return found


@means(
    "(count_)?(set_)?bits?(_count)?|pop_?count|count_(ones|bits|set_bits)|hamming_weight|number_of_1_bits",
    "int",
    unless="reverse|swap|flip|to|from|parity|count_bits_up",
)
def bits(n: int) -> int:
    if n < 0:
        raise ValueError
    return bin(n).count("1")


@means("count(ing)?_bits", "int")
def bits_up_to(n: int) -> Any:
    return [bin(one).count("1") for one in range(n + 1)]


@means("parity(_bit)?|has_even_parity", "int", loose=True)
def parity(n: int) -> int:
    return bin(n).count("1") % 2


@means("bit_length|num_bits|bits_needed", "int")
def bit_length(n: int) -> int:
    return n.bit_length()


@means("hamming(_distance)?|bit_difference", "int int", says="bits")
def bit_distance(a: int, b: int) -> int:
    return bin(a ^ b).count("1")


@means("reverse_bits", "int")
def reverse_bits_32(n: int) -> int:
    return int(f"{n:032b}"[::-1], 2)


@means("reverse_bits", "int")
def reverse_bits_8(n: int) -> int:
    return int(f"{n:08b}"[::-1], 2)


@means("reverse_bits", "int int")
def reverse_bits(n: int, width: int) -> int:
    if n < 0 or width < 0 or n >= 1 << width:
        raise TypeError
    return int(f"{n:0{width}b}"[::-1], 2) if width else 0


@means("swap_bits", "int int int")
def swap_bits(n: int, i: int, j: int) -> int:
    return n ^ (1 << i | 1 << j) if (n >> i & 1) != (n >> j & 1) else n


@means("rotate_left|rotl|rol|rotate_bits_left", "int int")
def rotate_left_32(n: int, by: int) -> int:
    by %= 32
    return (n << by | n >> (32 - by)) & 0xFFFFFFFF


@means(
    "gray(_code)?|(int|bin|binary|number|decimal)?_?to_gray|gray_encode|encode",
    "int",
    says="gray code",
    unless="from|decode|gray_to\\w*|inverse|list|codes|sequence",
)
def gray(n: int) -> int:
    if n < 0:
        raise ValueError
    return n ^ (n >> 1)


@means("gray_to_\\w+|from_gray|gray_decode|gray_inverse|inverse_gray", "int")
def from_gray(n: int) -> int:
    found = 0
    while n > 0:
        found ^= n
        n >>= 1
    return found


@means("gray(_codes?|_sequence)?", "int", says="gray codes?")
def gray_list(n: int) -> Any:
    return [one ^ (one >> 1) for one in range(1 << n)]


@means("gray(_codes?|_sequence)?", "int", says="gray codes?")
def gray_texts(n: int) -> Any:
    return [f"{one ^ (one >> 1):0{n}b}" if n else "" for one in range(1 << n)]
