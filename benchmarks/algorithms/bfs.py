from collections import deque


def bfs(graph: dict[str, list[str]], start: str) -> list[str]:
    """Return the nodes that can be reached from start, in breadth-first order."""
    seen = {start}
    order = []
    queue = deque([start])
    while queue:
        node = queue.popleft()
        order.append(node)
        for neighbour in graph.get(node, []):
            if neighbour not in seen:
                seen.add(neighbour)
                queue.append(neighbour)
    return order
