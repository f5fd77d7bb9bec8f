def gcd(a: int, b: int) -> int:
    """Return the greatest common divisor of two non-negative integers."""
    while b:
        a, b = b, a % b
    return a
