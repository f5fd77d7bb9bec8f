"""The place after the last equal item."""

from collections.abc import Sequence


def bisect_right(items: Sequence[int], value: int) -> int:
    """Return where to insert value so that the sorted items stay sorted, after any equal ones."""
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if value < items[middle]:
            high = middle
        else:
            low = middle + 1
    return low
