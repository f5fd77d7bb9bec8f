from typing import List, Tuple


def _split(version: str) -> Tuple[List[int], List[str]]:
    core, _, pre = version.partition("+")[0].partition("-")
    return [int(part) for part in core.split(".")], pre.split(".") if pre else []


def _compare_labels(a: str, b: str) -> int:
    if a.isdigit() and b.isdigit():
        return (int(a) > int(b)) - (int(a) < int(b))
    if a.isdigit() != b.isdigit():
        return -1 if a.isdigit() else 1
    return (a > b) - (a < b)


def compare_versions(left: str, right: str) -> int:
    """Compare two semantic versions: -1, 0 or 1 as left is older, equal or newer.

    >>> compare_versions("1.10.0", "1.9.3")
    1
    >>> compare_versions("2.0.0-rc.1", "2.0.0")
    -1
    """
    core_a, pre_a = _split(left)
    core_b, pre_b = _split(right)
    if core_a != core_b:
        return 1 if core_a > core_b else -1
    if not pre_a or not pre_b:
        return bool(pre_b) - bool(pre_a)
    for a, b in zip(pre_a, pre_b):
        order = _compare_labels(a, b)
        if order:
            return order
    return (len(pre_a) > len(pre_b)) - (len(pre_a) < len(pre_b))
