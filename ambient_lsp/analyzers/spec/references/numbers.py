"""Plain implementations of well-known functions of whole numbers and polynomials."""

from __future__ import annotations

import fractions
import math
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


@means(
    "gcd|hcf|euclid|greatest_common_divisor",
    "int int",
    says="greatest common divisor",
    unless="extended|egcd|x?gcd_ext|steps",
)
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


@means(
    "power|pow|fast_pow\\w*|exponent\\w*|my_pow|int_pow|power_of|binary_exp\\w*",
    "any int",
    unless="mod|is|modular|set|two",
)
def power(base: Any, exponent: int) -> Any:
    return base**exponent


@means("mod_?pow\\w*|pow_?mod|modular_(pow\\w*|exp\\w*)|power_mod|modexp", "int int int", says="modulo")
def power_modulo(base: int, exponent: int, modulus: int) -> int:
    return pow(base, exponent, modulus)


@means(
    "mod(ular)?_?inv(erse)?|inverse_mod\\w*|invmod|mul\\w*_inverse",
    "int int",
    says="modular inverse|inverse\\b.*\\bmodulo",
)
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


@means("is_even|even", "int", unless="sum|count|odd")
def is_even(n: int) -> bool:
    return n % 2 == 0


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


@means(
    "(simplify|reduce)(_fraction)?|lowest_terms|normalize_fraction|simplify_ratio",
    "int int",
    says="lowest terms|fraction",
)
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


@means("horner|(evaluate|eval)_poly\\w*|poly(nomial)?_?(eval\\w*|value|at)|evaluate", "list float", says="polynomial")
def polynomial_from_highest(coefficients: list[float], x: float) -> float:
    total = 0.0
    for one in coefficients:
        total = total * x + one
    return total


@means("horner|(evaluate|eval)_poly\\w*|poly(nomial)?_?(eval\\w*|value|at)|evaluate", "list float", says="polynomial")
def polynomial_from_lowest(coefficients: list[float], x: float) -> float:
    return sum(one * x**i for i, one in enumerate(coefficients))


@means(
    "(multiply|mul)_poly\\w*|poly(nomial)?_?(mul\\w*|product)|convolve|multiply", "list list", says="polynomial|convol"
)
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


@means("sum_(of_)?multiples", "int list", loose=True)
def sum_of_multiples(limit: int, numbers: list[int]) -> int:
    return sum({n for one in numbers if one for n in range(one, limit, one)})


@means("sum_(of_)?squares", "int", loose=True)
def sum_of_squares(n: int) -> int:
    return sum(i * i for i in range(1, n + 1))


@means("pythagorean_triplets?|pythagorean_triples?|triplets_with_sum", "int")
def pythagorean(n: int) -> Any:
    return [[a, b, n - a - b] for a in range(1, n) for b in range(a + 1, n - a) if a * a + b * b == (n - a - b) ** 2]
