"""Versions compared."""

from itertools import zip_longest


def compare_versions(left: str, right: str) -> int:
    """Return -1, 0 or 1 as the left version is older, equal or newer; missing parts count as 0.

    >>> compare_versions("1.2", "1.10")
    -1
    """
    for a, b in zip_longest(left.split("."), right.split("."), fillvalue="0"):
        if int(a) != int(b):
            return -1 if int(a) < int(b) else 1
    return 0
