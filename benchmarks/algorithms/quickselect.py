def quickselect(numbers: list[int], k: int) -> int:
    """Return the k-th smallest number, counted from 0.

    Raises IndexError if there is no such number.
    """
    if not 0 <= k < len(numbers):
        raise IndexError(k)
    pivot = numbers[len(numbers) // 2]
    smaller = [number for number in numbers if number < pivot]
    equal = [number for number in numbers if number == pivot]
    if k < len(smaller):
        return quickselect(smaller, k)
    if k < len(smaller) + len(equal):
        return pivot
    larger = [number for number in numbers if number > pivot]
    return quickselect(larger, k - len(smaller) - len(equal))
