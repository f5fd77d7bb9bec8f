def rotate(items: list[int], steps: int) -> list[int]:
    """Return the items rotated to the right by some steps; more steps than items go around.

    >>> rotate([1, 2, 3, 4, 5], 2)
    [4, 5, 1, 2, 3]
    """
    if not items:
        return []
    steps %= len(items)
    return items[-steps:] + items[:-steps] if steps else list(items)
