import heapq


def kth_largest(numbers: list[int], k: int) -> int:
    """Return the k-th largest of the numbers; k is 1 for the largest.

    >>> kth_largest([3, 2, 1, 5, 6, 4], 2)
    5
    """
    heap = numbers[:k]
    heapq.heapify(heap)
    for number in numbers[k:]:
        if number > heap[0]:
            heapq.heapreplace(heap, number)
    return heap[0]
