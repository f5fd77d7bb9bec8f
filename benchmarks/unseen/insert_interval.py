"""A new interval among sorted ones."""


def insert_interval(intervals: list[tuple[int, int]], new: tuple[int, int]) -> list[tuple[int, int]]:
    """Insert an interval into sorted, separate intervals and merge those that it touches."""
    start, end = new
    before = []
    after = []
    for first, last in intervals:
        if last < start:
            before.append((first, last))
        elif first > end:
            after.append((first, last))
        else:
            start = min(start, first)
            end = max(end, last)
    return [*before, (start, end), *after]
