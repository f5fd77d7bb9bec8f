from typing import List


def page_window(current: int, last: int, width: int = 5) -> List[int]:
    """Page numbers to show around the current page.

    The window has ``width`` pages if there are that many and stays inside
    1..last.
    """
    if last < 1:
        return []
    current = min(max(current, 1), last)
    first = current - width // 2
    first = min(first, last - width + 1)
    first = max(first, 1)
    return list(range(first, min(first + width, last + 1)))
