"""Prime factors."""


def prime_factors(number: int) -> list[int]:
    """Return the prime factors of a number, smallest first."""
    if number < 1:
        raise ValueError("number must be positive")
    factors = []
    divisor = 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            factors.append(divisor)
            number //= divisor
        divisor += 1
    if number > 1:
        factors.append(number)
    return factors
