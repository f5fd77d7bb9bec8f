def two_sum(numbers: list[int], target: int) -> tuple[int, int] | None:
    """Return the places of two different numbers that add up to target, or None."""
    seen: dict[int, int] = {}
    for place, number in enumerate(numbers):
        if target - number in seen:
            return seen[target - number], place
        seen[number] = place
    return None
