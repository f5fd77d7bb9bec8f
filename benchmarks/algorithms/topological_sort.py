def topological_sort(graph: dict[str, list[str]]) -> list[str]:
    """Order the nodes so that every node comes before the nodes it points to.

    Raises:
        ValueError: If the graph has a cycle.
    """
    order: list[str] = []
    done: set[str] = set()
    active: set[str] = set()

    def visit(node: str) -> None:
        if node in done:
            return
        if node in active:
            raise ValueError("the graph has a cycle")
        active.add(node)
        for after in graph.get(node, []):
            visit(after)
        active.discard(node)
        done.add(node)
        order.append(node)

    for node in graph:
        visit(node)
    return order[::-1]
