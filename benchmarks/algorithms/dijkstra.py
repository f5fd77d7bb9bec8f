import heapq


def dijkstra(graph: dict[str, dict[str, int]], start: str) -> dict[str, int]:
    """Return the length of the shortest path from start to every node that can be reached."""
    distances = {start: 0}
    queue = [(0, start)]
    while queue:
        distance, node = heapq.heappop(queue)
        if distance > distances[node]:
            continue
        for neighbour, weight in graph.get(node, {}).items():
            candidate = distance + weight
            if neighbour not in distances or candidate < distances[neighbour]:
                distances[neighbour] = candidate
                heapq.heappush(queue, (candidate, neighbour))
    return distances
