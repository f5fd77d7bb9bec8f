"""Plain implementations of well-known functions of numbers."""

from __future__ import annotations

import calendar
import datetime
import fractions
import math
import statistics
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("lcm_of|lcm_list|lcm_many|lcm_all|least_common_multiple_of|lcm", "list")
def lcm_of_all(numbers: list[int]) -> int:
    return math.lcm(*numbers)


@means("gcd_of|gcd_list|gcd_many|gcd_all|gcd", "list")
def gcd_of_all(numbers: list[int]) -> int:
    return math.gcd(*numbers)


@means("lcm|least_common_multiple|lowest_common_multiple", "int int", says="least common multiple")
def lcm(a: int, b: int) -> int:
    return math.lcm(a, b)


@means("gcd|hcf|euclid|greatest_common_divisor", "int int", says="greatest common divisor", unless="extended|egcd|x?gcd_ext|steps")
def gcd(a: int, b: int) -> int:
    return math.gcd(a, b)


@means("co_?prime|is_coprime|are_coprime|relatively_prime", "int int")
def coprime(a: int, b: int) -> bool:
    return math.gcd(a, b) == 1


@means("is_prime|isprime|check_prime|prime_test|primality|miller_rabin", "int")
def is_prime(number: int) -> bool:
    return number > 1 and all(number % one for one in range(2, math.isqrt(number) + 1))


@means("prime_factors|factorize|factorise|prime_factorization|factors_of", "int", says="prime factors")
def prime_factors(number: int) -> Any:
    found, divisor = [], 2
    while number > 1 and divisor <= number:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found


@means("prime_factors|factorize|factorise|prime_factorization", "int", says="prime factors")
def prime_powers(number: int) -> Any:
    found: dict[int, int] = {}
    divisor = 2
    while number > 1:
        while number % divisor == 0:
            found[divisor] = found.get(divisor, 0) + 1
            number //= divisor
        divisor += 1
    return found


@means("prime_factors|factorize|factorise|prime_factorization", "int", says="prime factors")
def prime_power_pairs(number: int) -> Any:
    found: dict[int, int] = {}
    divisor = 2
    while number > 1:
        while number % divisor == 0:
            found[divisor] = found.get(divisor, 0) + 1
            number //= divisor
        divisor += 1
    return list(found.items())


@means("nth_prime|prime_number", "int")
def nth_prime(n: int) -> int:
    if n < 1:
        raise ValueError
    number = 1
    while n:
        number += 1
        n -= all(number % one for one in range(2, math.isqrt(number) + 1))
    return number


@means("next_prime", "int")
def next_prime(n: int) -> int:
    number = max(n + 1, 2)
    while any(number % one == 0 for one in range(2, math.isqrt(number) + 1)):
        number += 1
    return number


@means("count_primes|prime_count", "int")
def primes_below(n: int) -> int:
    return sum(all(one % d for d in range(2, math.isqrt(one) + 1)) for one in range(2, n))


@means("count_primes|prime_count|prime_pi", "int")
def primes_up_to(n: int) -> int:
    return sum(all(one % d for d in range(2, math.isqrt(one) + 1)) for one in range(2, n + 1))


@means("totient|euler_phi|phi|eulers_totient", "int", says="totient")
def totient(n: int) -> int:
    if n < 1:
        raise ValueError
    return sum(math.gcd(one, n) == 1 for one in range(1, n + 1))


@means("divisors|all_divisors|factors|get_divisors|find_divisors", "int", unless="prime|sum|count|number|common|proper")
def divisors(n: int) -> Any:
    if n < 1:
        raise ValueError
    return [one for one in range(1, n + 1) if n % one == 0]


@means("proper_divisors", "int")
def proper_divisors(n: int) -> Any:
    if n < 1:
        raise ValueError
    return [one for one in range(1, n) if n % one == 0]


@means("sum_(of_)?divisors|divisor_sum|sigma|aliquot(_sum)?", "int", unless="proper|aliquot")
def divisor_sum(n: int) -> int:
    if n < 1:
        raise ValueError
    return sum(one for one in range(1, n + 1) if n % one == 0)


@means("sum_(of_)?proper_divisors|aliquot(_sum)?|proper_divisor_sum|sum_divisors", "int")
def aliquot(n: int) -> int:
    if n < 1:
        raise ValueError
    return sum(one for one in range(1, n) if n % one == 0)


@means("count_divisors|divisor_count|num_divisors|number_of_divisors|tau", "int")
def divisor_count(n: int) -> int:
    if n < 1:
        raise ValueError
    return sum(n % one == 0 for one in range(1, n + 1))


@means("is_perfect|perfect_number|perfect", "int")
def is_perfect(n: int) -> bool:
    return n > 1 and sum(one for one in range(1, n) if n % one == 0) == n


@means("classify", "int", says="perfect, abundant|abundant|deficient")
def classify(n: int) -> str:
    if n < 1:
        raise ValueError
    total = sum(one for one in range(1, n) if n % one == 0)
    return "perfect" if total == n else "abundant" if total > n else "deficient"


@means("(are_|is_)?amicable(_numbers|_pair)?", "int int")
def amicable(a: int, b: int) -> bool:
    return a != b and sum(i for i in range(1, a) if a % i == 0) == b and sum(i for i in range(1, b) if b % i == 0) == a


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


@means("binomial|choose|n_choose_k|ncr|comb|combinations?(_count)?|binomial_coefficient|count_combinations", "int int", says="binomial|ways to choose")
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


@means("power|pow|fast_pow\\w*|exponent\\w*|my_pow|int_pow|power_of|binary_exp\\w*", "any int", unless="mod|is|modular|set|two")
def power(base: Any, exponent: int) -> Any:
    return base**exponent


@means("mod_?pow\\w*|pow_?mod|modular_(pow\\w*|exp\\w*)|power_mod|modexp", "int int int", says="modulo")
def power_modulo(base: int, exponent: int, modulus: int) -> int:
    return pow(base, exponent, modulus)


@means("mod(ular)?_?inv(erse)?|inverse_mod\\w*|invmod|mul\\w*_inverse", "int int", says="modular inverse|inverse\\b.*\\bmodulo")
def inverse_modulo(number: int, modulus: int) -> int:
    return pow(number, -1, modulus)


@means("i?sqrt|int(eger)?_sqrt|integer_square_root|floor_sqrt|square_root", "int")
def root(n: int) -> int:
    return math.isqrt(n)


@means("sqrt|newton\\w*|square_root|my_sqrt|babylonian\\w*", "float", says="square root")
def square_root(n: float) -> float:
    return math.sqrt(n)


@means("cube_root|cbrt|integer_cube_root|icbrt", "int")
def cube_root(n: int) -> int:
    found = 0
    while (found + 1) ** 3 <= n:
        found += 1
    return found


@means("is_(perfect_)?square|perfect_square|is_square_number", "int")
def is_square(n: int) -> bool:
    return n >= 0 and math.isqrt(n) ** 2 == n


@means("log2|ilog2|floor_log2|integer_log2", "int")
def log2(n: int) -> int:
    if n < 1:
        raise ValueError
    return n.bit_length() - 1


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
        text = "".join(f"{len(list(run))}{one}" for one, run in itertools.groupby(text))  # type: ignore[name-defined]  # noqa: F821
    return text


@means("fizz_?buzz", "int")
def fizzbuzz(n: int) -> str:
    return ("Fizz" * (n % 3 == 0) + "Buzz" * (n % 5 == 0)) or str(n)


@means("fizz_?buzz", "int")
def fizzbuzz_list(n: int) -> Any:
    return [("Fizz" * (i % 3 == 0) + "Buzz" * (i % 5 == 0)) or str(i) for i in range(1, n + 1)]


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


@means("is_leap\\w*|leap_year|isleap|leap", "int")
def is_leap(year: int) -> bool:
    return calendar.isleap(year)


@means("days_in_month|month_length|month_days|last_day_of_month", "int int")
def days_in_month(year: int, month: int) -> int:
    if not 1 <= month <= 12:
        raise ValueError
    return calendar.monthrange(year, month)[1]


@means("days_in_year|year_length", "int")
def days_in_year(year: int) -> int:
    return 366 if calendar.isleap(year) else 365


@means("day_of_year|ordinal_day|yday", "int int int")
def day_of_year(year: int, month: int, day: int) -> int:
    return datetime.date(year, month, day).timetuple().tm_yday


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day", "int int int")
def weekday(year: int, month: int, day: int) -> Any:
    return datetime.date(year, month, day).weekday()


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day", "int int int")
def iso_weekday(year: int, month: int, day: int) -> Any:
    return datetime.date(year, month, day).isoweekday()


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day|dayofweek", "int int int")
def weekday_from_sunday(year: int, month: int, day: int) -> Any:
    return datetime.date(year, month, day).isoweekday() % 7


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day|dayofweek", "int int int")
def weekday_from_saturday(year: int, month: int, day: int) -> Any:
    return (datetime.date(year, month, day).weekday() + 2) % 7


@means("day_of_week|weekday(_\\w+)?|zeller\\w*|week_day|day_name", "int int int")
def weekday_name(year: int, month: int, day: int) -> Any:
    return datetime.date(year, month, day).strftime("%A")


@means("easter(_\\w+)?|computus", "int")
def easter(year: int) -> Any:
    a, b, c = year % 19, *divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + weekday - 7 * ((a + 11 * h + 22 * weekday) // 451) + 114, 31)
    return month, day + 1


@means("is_valid_date|valid_date|check_date", "int int int")
def valid_date(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


@means("is_even|even", "int", unless="sum|count|odd")
def is_even(n: int) -> bool:
    return n % 2 == 0


@means("is_power_of_(two|2)|power_of_(two|2)|is_pow2", "int", unless="next|previous|round")
def is_power_of_two(n: int) -> bool:
    return n > 0 and n & (n - 1) == 0


@means("next_power_of_(two|2)|next_pow2|round_up_\\w*power\\w*|ceil_pow2", "int")
def next_power_of_two(n: int) -> int:
    found = 1
    while found < n:
        found *= 2
    return found


@means("(count_)?(set_)?bits?(_count)?|pop_?count|count_(ones|bits|set_bits)|hamming_weight|number_of_1_bits", "int", unless="reverse|swap|flip|to|from|parity|count_bits_up")
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


@means("gray(_code)?|(int|bin|binary|number|decimal)?_?to_gray|gray_encode|encode", "int", says="gray code", unless="from|decode|gray_to\\w*|inverse|list|codes|sequence")
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


@means("clamp|clip|constrain|limit|bound", "any any any")
def clamp(value: Any, low: Any, high: Any) -> Any:
    if low > high:
        raise ValueError
    return min(max(value, low), high)


@means("lerp|linear_interpolat\\w*|interpolate|mix", "float float float")
def lerp(a: float, b: float, t: float) -> float:
    return a + (b - a) * t


@means("sign|signum|sgn", "float")
def sign(x: float) -> int:
    return (x > 0) - (x < 0)


@means("ceil_div\\w*|div_ceil|ceiling_division|divide_round_up", "int int")
def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


@means("celsius_to_fahrenheit|c_to_f|to_fahrenheit", "float")
def fahrenheit(celsius: float) -> float:
    return celsius * 9 / 5 + 32


@means("fahrenheit_to_celsius|f_to_c|to_celsius", "float")
def celsius(fahrenheit: float) -> float:
    return (fahrenheit - 32) * 5 / 9


@means("quadratic(_roots)?|solve_quadratic|roots", "float float float", loose=True)
def quadratic(a: float, b: float, c: float) -> Any:
    inside = b * b - 4 * a * c
    if inside < 0:
        raise TypeError
    return sorted({(-b - math.sqrt(inside)) / (2 * a), (-b + math.sqrt(inside)) / (2 * a)})


@means("extended_(gcd|euclid\\w*)|egcd|xgcd|ext_gcd|gcd_extended|bezout", "int int", says="bezout|extended")
def extended_gcd(a: int, b: int) -> Any:
    x, y, u, v, r, s = 1, 0, 0, 1, a, b
    while s:
        q = r // s
        r, s, x, u, y, v = s, r - q * s, u, x - q * u, v, y - q * v
    return r, x, y


@means("(simplify|reduce)(_fraction)?|lowest_terms|normalize_fraction|simplify_ratio", "int int", says="lowest terms|fraction")
def simplify(a: int, b: int) -> Any:
    one = fractions.Fraction(a, b)
    return one.numerator, one.denominator


@means("add_fractions?|fraction_add|sum_fractions", "int int int int")
def add_fractions(a: int, b: int, c: int, d: int) -> Any:
    one = fractions.Fraction(a, b) + fractions.Fraction(c, d)
    return one.numerator, one.denominator


@means("chinese_remainder(_theorem)?|crt|solve_congruences", "list list", says="chinese remainder|congruence")
def chinese_remainder(remainders: list[int], moduli: list[int]) -> int:
    if len(remainders) != len(moduli) or not moduli or min(moduli) < 1:
        raise ValueError
    if math.lcm(*moduli) != math.prod(moduli):
        raise ValueError
    return next(x for x in range(math.prod(moduli)) if all((x - r) % m == 0 for r, m in zip(remainders, moduli)))


@means("mean|average|avg|arithmetic_mean", "list", unless="moving|weighted|geometric|harmonic|rolling|running|exponential|trimmed")
def mean(values: list[float]) -> float:
    if not values:
        raise ValueError
    return sum(values) / len(values)


@means("median", "list", says="middle value|median of", unless="moving|running|sorted_arrays|rolling|abs\\w*")
def median(values: list[float]) -> float:
    if not values:
        raise ValueError
    return statistics.median(values)


@means("mode|most_common(_value)?|most_frequent(_\\w+)?", "list", unless="k|top|n")
def mode(values: list[Any]) -> Any:
    if not values:
        raise ValueError
    return statistics.mode(values)


@means("modes?|multimode|most_common", "list", unless="k|top")
def modes(values: list[Any]) -> Any:
    if not values:
        raise ValueError
    return sorted(statistics.multimode(values))


@means("modes?|multimode", "list", unless="k|top")
def modes_in_order(values: list[Any]) -> Any:
    return statistics.multimode(values)


@means("(population_)?variance|pvariance|var", "list", unless="co|sample")
def variance(values: list[float]) -> float:
    if not values:
        raise ValueError
    return statistics.pvariance([float(one) for one in values])


@means("(sample_)?variance|var", "list", unless="co|population")
def sample_variance(values: list[float]) -> float:
    if len(values) < 2:
        raise ValueError
    return statistics.variance([float(one) for one in values])


@means("(population_)?(stdev|std|standard_deviation|std_dev|pstdev|stddev)", "list", unless="sample")
def deviation(values: list[float]) -> float:
    if not values:
        raise ValueError
    return statistics.pstdev([float(one) for one in values])


@means("(sample_)?(stdev|std|standard_deviation|std_dev|stddev)", "list", unless="population")
def sample_deviation(values: list[float]) -> float:
    if len(values) < 2:
        raise ValueError
    return statistics.stdev([float(one) for one in values])


@means("geometric_mean|gmean", "list")
def geometric_mean(values: list[float]) -> float:
    if not values or min(values) <= 0:
        raise ValueError
    return math.prod(values) ** (1 / len(values))


@means("harmonic_mean|hmean", "list")
def harmonic_mean(values: list[float]) -> float:
    if not values or min(values) <= 0:
        raise ValueError
    return len(values) / sum(1 / one for one in values)


@means("weighted_(mean|average|avg)", "list list")
def weighted_mean(values: list[float], weights: list[float]) -> float:
    if len(values) != len(weights) or not sum(weights):
        raise ValueError
    return sum(a * b for a, b in zip(values, weights)) / sum(weights)


@means("percentile|quantile", "list float", says="percentile|quantile")
def percentile(values: list[float], p: float) -> float:
    if not values or not 0 <= p <= 100:
        raise ValueError
    ordered = sorted(values)
    place = (len(ordered) - 1) * p / 100
    low = math.floor(place)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)


@means("percentile|quantile", "list float", says="nearest.rank")
def nearest_rank(values: list[float], p: float) -> float:
    if not values or not 0 <= p <= 100:
        raise ValueError
    return sorted(values)[max(math.ceil(len(values) * p / 100) - 1, 0)]


@means("quantile", "list float")
def quantile(values: list[float], q: float) -> float:
    if not values or not 0 <= q <= 1:
        raise ValueError
    ordered = sorted(values)
    place = (len(ordered) - 1) * q
    low = math.floor(place)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (place - low)


@means("pearson\\w*|correlation", "list list")
def correlation(xs: list[float], ys: list[float]) -> float:
    if len(xs) != len(ys):
        raise ValueError
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    top = sum((x - mx) * (y - my) for x, y in zip(xs, ys))
    return top / math.sqrt(sum((x - mx) ** 2 for x in xs) * sum((y - my) ** 2 for y in ys))


@means("(normali[sz]e|min_?max(_scale|_normali[sz]e)?|rescale|scale)", "list", says="0 (to|and) 1|between 0")
def min_max(values: list[float]) -> Any:
    low, high = min(values), max(values)
    return [(one - low) / (high - low) for one in values]


@means("compound_interest|future_value", "float float int")
def compound(principal: float, rate: float, years: int) -> float:
    return principal * (1 + rate) ** years


@means("horner|(evaluate|eval)_poly\\w*|poly(nomial)?_?(eval\\w*|value|at)|evaluate", "list float", says="polynomial")
def polynomial_from_highest(coefficients: list[float], x: float) -> float:
    total = 0.0
    for one in coefficients:
        total = total * x + one
    return total


@means("horner|(evaluate|eval)_poly\\w*|poly(nomial)?_?(eval\\w*|value|at)|evaluate", "list float", says="polynomial")
def polynomial_from_lowest(coefficients: list[float], x: float) -> float:
    return sum(one * x**i for i, one in enumerate(coefficients))


@means("(multiply|mul)_poly\\w*|poly(nomial)?_?(mul\\w*|product)|convolve|multiply", "list list", says="polynomial|convol")
def polynomial_product(a: list[float], b: list[float]) -> Any:
    if not a or not b:
        return []
    found = [0.0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            found[i + j] += x * y
    return found


@means("derivative|differentiate|poly\\w*_derivative", "list", says="derivative")
def derivative(coefficients: list[float]) -> Any:
    return [i * one for i, one in enumerate(coefficients)][1:]


@means("derivative|differentiate|poly\\w*_derivative", "list", says="derivative")
def derivative_from_highest(coefficients: list[float]) -> Any:
    top = len(coefficients) - 1
    return [(top - i) * one for i, one in enumerate(coefficients[:-1])]


@means("hypot\\w*|hypotenuse", "float float")
def hypotenuse(a: float, b: float) -> float:
    return math.hypot(a, b)


@means("is_triangle|valid_triangle", "float float float")
def is_triangle(a: float, b: float, c: float) -> bool:
    return a + b > c and a + c > b and b + c > a


@means("triangle(_type|_kind)?|classify_triangle|kind_of_triangle", "float float float", says="equilateral|isosceles")
def triangle(a: float, b: float, c: float) -> str:
    if min(a, b, c) <= 0 or a + b <= c or a + c <= b or b + c <= a:
        raise ValueError
    return {1: "equilateral", 2: "isosceles", 3: "scalene"}[len({a, b, c})]


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


@means("sum_(of_)?multiples", "int list", loose=True)
def sum_of_multiples(limit: int, numbers: list[int]) -> int:
    return sum({n for one in numbers if one for n in range(one, limit, one)})


@means("sum_(of_)?squares", "int", loose=True)
def sum_of_squares(n: int) -> int:
    return sum(i * i for i in range(1, n + 1))


@means("pythagorean_triplets?|pythagorean_triples?|triplets_with_sum", "int")
def pythagorean(n: int) -> Any:
    return [[a, b, n - a - b] for a in range(1, n) for b in range(a + 1, n - a) if a * a + b * b == (n - a - b) ** 2]
