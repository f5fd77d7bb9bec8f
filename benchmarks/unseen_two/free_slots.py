from typing import List, Tuple

Slot = Tuple[int, int]


def free_slots(busy: List[Slot], start: int, end: int, minimum: int = 1) -> List[Slot]:
    """Gaps between appointments inside the working day.

    Times are minutes; appointments may overlap and need not be sorted. Only
    gaps of at least ``minimum`` minutes are returned.

    >>> free_slots([(60, 90), (120, 150)], 0, 180, 30)
    [(0, 60), (90, 120), (150, 180)]
    """
    gaps = []
    cursor = start
    for begin, finish in sorted(busy):
        begin = min(begin, end)
        if begin - cursor >= minimum:
            gaps.append((cursor, begin))
        cursor = max(cursor, finish)
    if end - cursor >= minimum:
        gaps.append((cursor, end))
    return gaps
