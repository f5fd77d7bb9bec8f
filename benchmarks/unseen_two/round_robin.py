from collections import deque
from typing import List, Tuple


def round_robin(jobs: List[Tuple[str, int]], quantum: int) -> List[Tuple[str, int]]:
    """Finish times of jobs that share one processor in turns.

    Every job gets at most ``quantum`` units of time and then goes to the end
    of the queue. The result is in the order in which the jobs finish.

    >>> round_robin([("a", 3), ("b", 1)], 2)
    [('b', 3), ('a', 4)]
    """
    if quantum < 1:
        raise ValueError("quantum must be positive")
    queue = deque(jobs)
    clock = 0
    finished = []
    while queue:
        name, left = queue.popleft()
        run = min(left, quantum)
        clock += run
        if left > quantum:
            queue.append((name, left - run))
        else:
            finished.append((name, clock))
    return finished
