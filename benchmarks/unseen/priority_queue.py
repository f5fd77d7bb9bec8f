"""A heap of one's own."""


class PriorityQueue:
    """Give back the smallest of the numbers that were pushed."""

    def __init__(self) -> None:
        self._heap: list[int] = []

    def push(self, number: int) -> None:
        """Add a number."""
        heap = self._heap
        heap.append(number)
        child = len(heap) - 1
        while child > 0:
            parent = (child - 1) // 2
            if heap[parent] <= heap[child]:
                break
            heap[parent], heap[child] = heap[child], heap[parent]
            child = parent

    def pop(self) -> int:
        """Remove and return the smallest number."""
        heap = self._heap
        if not heap:
            raise IndexError("pop from an empty queue")
        smallest = heap[0]
        last = heap.pop()
        if heap:
            heap[0] = last
            self._sink()
        return smallest

    def __len__(self) -> int:
        return len(self._heap)

    def _sink(self) -> None:
        heap, parent = self._heap, 0
        while True:
            child = 2 * parent + 1
            if child >= len(heap):
                return
            if child + 1 < len(heap) and heap[child + 1] < heap[child]:
                child += 1
            if heap[parent] <= heap[child]:
                return
            heap[parent], heap[child] = heap[child], heap[parent]
            parent = child
