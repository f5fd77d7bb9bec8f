"""The largest sum of neighbours."""


def max_subarray_sum(numbers: list[int]) -> int:
    """Return the largest sum of a non-empty run of neighbours."""
    if not numbers:
        raise ValueError("no numbers")
    best = current = numbers[0]
    for number in numbers[1:]:
        current = max(number, current + number)
        best = max(best, current)
    return best
