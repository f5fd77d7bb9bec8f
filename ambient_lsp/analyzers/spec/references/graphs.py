"""Plain implementations of well-known functions of graphs."""

from __future__ import annotations

import collections
import itertools
import math
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means(
    "bfs(_order)?|breadth_first\\w*|traverse\\w*|visit_order|bfs_\\w+",
    "dict any",
    unless="path|distance\\w*|levels?|shortest",
)
def breadth_first(graph: dict[Any, Any], start: Any) -> Any:
    if start not in graph or any(isinstance(after, set) for after in graph.values()):
        raise TypeError
    found = [start]
    for node in found:
        found += [one for one in dict.fromkeys(graph.get(node, ())) if one not in found]
    return found


@means("dfs(_order)?|depth_first\\w*|traverse\\w*|dfs_\\w+|preorder", "dict any", unless="path|has|cycle|post\\w*")
def depth_first(graph: dict[Any, Any], start: Any) -> Any:
    if start not in graph or any(isinstance(after, set) for after in graph.values()):
        raise TypeError
    found: list[Any] = []

    def visit(node: Any) -> None:
        if node not in found:
            found.append(node)
            for after in graph.get(node, ()):
                visit(after)

    visit(start)
    return found


@means("dfs\\w*|depth_first\\w*", "dict any", loose=True)
def depth_first_with_stack(graph: dict[Any, Any], start: Any) -> Any:
    found: list[Any] = []
    stack = [start]
    while stack:
        node = stack.pop()
        if node not in found:
            found.append(node)
            stack += graph.get(node, ())
    return found


@means("reachable\\w*|reach|can_reach_from|connected_to", "dict any", says="reach")
def reachable(graph: dict[Any, Any], start: Any) -> Any:
    found, todo = {start}, [start]
    while todo:
        for after in graph.get(todo.pop(), ()):
            if after not in found:
                found.add(after)
                todo.append(after)
    return found


@means("has_path|path_exists|is_reachable|can_reach|is_connected|connected|route_exists", "dict any any")
def has_path(graph: dict[Any, Any], start: Any, goal: Any) -> bool:
    found, todo = {start}, [start]
    while todo:
        for after in graph.get(todo.pop(), ()):
            if after not in found:
                found.add(after)
                todo.append(after)
    return goal in found


@means(
    "(bfs_)?(shortest_)?(distances?|levels?|hops)(_from)?|bfs(_distances?|_levels)?|shortest_(distances?|paths?)|breadth_first\\w*",
    "dict any",
    unless="dijkstra|bellman|tree",
)
def hops(graph: dict[Any, Any], start: Any) -> Any:
    if any(isinstance(after, dict) for after in graph.values()):
        raise TypeError
    found, todo = {start: 0}, collections.deque([start])
    while todo:
        node = todo.popleft()
        for after in graph.get(node, ()):
            if after not in found:
                found[after] = found[node] + 1
                todo.append(after)
    return found


@means(
    "(bfs_)?(shortest_)?(distance|path_length|hops|degrees?)(_between|_of_separation)?|shortest_path\\w*|bfs\\w*",
    "dict any any",
    unless="dijkstra|bellman|weighted",
)
def hops_between(graph: dict[Any, Any], start: Any, goal: Any) -> int:
    if any(isinstance(after, dict) for after in graph.values()):
        raise TypeError
    found, todo = {start: 0}, collections.deque([start])
    while todo:
        node = todo.popleft()
        for after in graph.get(node, ()):
            if after not in found:
                found[after] = found[node] + 1
                todo.append(after)
    return found.get(goal, -1)


@means(
    "shortest_path|find_path|bfs(_path)?|path|route|find_shortest_path|shortest_route",
    "dict any any",
    unless="dijkstra|bellman|weighted|length|all",
)
def path_of_fewest(graph: dict[Any, Any], start: Any, goal: Any) -> Any:
    if any(not isinstance(after, (list, tuple)) for after in graph.values()):
        raise TypeError
    todo = collections.deque([[start]])
    seen = {start}
    while todo:
        path = todo.popleft()
        if path[-1] == goal:
            return path
        for after in graph.get(path[-1], ()):
            if after not in seen:
                seen.add(after)
                todo.append([*path, after])
    return None


@means("(find_)?all_paths|paths|find_paths", "dict any any")
def all_paths(graph: dict[Any, Any], start: Any, goal: Any) -> Any:
    if start == goal:
        return [[start]]

    def onward(path: list[Any]) -> Any:
        if path[-1] == goal:
            yield path
            return
        for after in graph.get(path[-1], ()):
            if after not in path:
                yield from onward([*path, after])

    return list(onward([start]))


@means(
    "dijkstra\\w*|shortest_(paths?|distances?)(_\\w+)?|\\w*_dijkstra|bellman_?ford|distances|cheapest\\w*",
    "dict any",
    says="weight|cost|distance|cheapest",
)
def cheapest(graph: dict[Any, Any], start: Any) -> Any:
    found = {start: 0}
    for _ in range(len(graph) + 1):
        for node in list(found):
            ways = graph.get(node, {})
            for after, cost in ways.items() if isinstance(ways, dict) else ways:
                if cost < 0:
                    raise TypeError
                if after not in found or found[node] + cost < found[after]:
                    found[after] = found[node] + cost
    return found


@means("dijkstra\\w*|shortest_(paths?|distances?)(_\\w+)?|bellman_?ford", "dict any")
def cheapest_with_infinity(graph: dict[Any, Any], start: Any) -> Any:
    found = {node: math.inf for node in graph}
    found[start] = 0
    for _ in range(len(graph) + 1):
        for node, ways in graph.items():
            for after, cost in ways.items() if isinstance(ways, dict) else ways:
                if found[node] + cost < found.get(after, math.inf):
                    found[after] = found[node] + cost
    return found


@means(
    "dijkstra\\w*|shortest_(path_length|path_cost|distance|path)(_\\w+)?|cheapest\\w*|min_cost\\w*",
    "dict any any",
    says="weight|cost|distance|cheapest",
)
def cheapest_between(graph: dict[Any, Any], start: Any, goal: Any) -> Any:
    found = {start: 0}
    for _ in range(len(graph) + 1):
        for node in list(found):
            ways = graph.get(node, {})
            for after, cost in ways.items() if isinstance(ways, dict) else ways:
                if cost < 0:
                    raise TypeError
                if after not in found or found[node] + cost < found[after]:
                    found[after] = found[node] + cost
    if goal not in found:
        raise TypeError
    return found[goal]


@means("bellman_?ford\\w*|shortest_\\w+", "list int int", says="edges|negative")
def bellman_ford(edges: list[Any], count: int, start: int) -> Any:
    found = [math.inf] * count
    found[start] = 0
    for _ in range(count):
        before = list(found)
        for one, other, cost in edges:
            found[other] = min(found[other], found[one] + cost)
    if before != found:
        raise ValueError
    return found


@means("floyd(_warshall)?|all_pairs\\w*|warshall", "list", says="shortest|distance")
def floyd_warshall(matrix: list[Any]) -> Any:
    found = [list(row) for row in matrix]
    for k, i, j in itertools.product(range(len(matrix)), repeat=3):
        found[i][j] = min(found[i][j], found[i][k] + found[k][j])
    return found


@means("transitive_closure|closure", "dict", says="reach|transitive")
def transitive_closure(graph: dict[Any, Any]) -> Any:
    found = {node: set(after) for node, after in graph.items()}
    for _ in graph:
        for node in found:
            for after in list(found[node]):
                found[node] |= found.get(after, set())
    return found


@means(
    "(has|detect|find|contains|is)_?cycl(e|ic)\\w*|is_cyclic|has_circular\\w*|detect_cycle",
    "dict",
    says="cycle|circ",
    unless="undirected",
)
def has_cycle(graph: dict[Any, Any]) -> bool:
    left = {node: [one for one in after if one in graph] for node, after in graph.items()}
    while True:
        done = [node for node, after in left.items() if not any(one in left for one in after)]
        if not done:
            return bool(left)
        for node in done:
            del left[node]


@means("is_(dag|acyclic)", "dict")
def is_acyclic(graph: dict[Any, Any]) -> bool:
    left = {node: [one for one in after if one in graph] for node, after in graph.items()}
    while True:
        done = [node for node, after in left.items() if not any(one in left for one in after)]
        if not done:
            return not left
        for node in done:
            del left[node]


@means("can_finish(_courses)?|course_schedule", "int list")
def can_finish(count: int, pairs: list[Any]) -> bool:
    left = {i: [b for a, b in pairs if a == i] for i in range(count)}
    while done := [i for i, needs in left.items() if not any(one in left for one in needs)]:
        for one in done:
            del left[one]
    return not left


@means(
    "(count_)?(connected_)?components?(_count)?|count_components|number_of_components|num_components|provinces|friend_circles",
    "dict",
    says="component|connected|group",
)
def count_components(graph: dict[Any, Any]) -> int:
    left, count = set(graph), 0
    ways = {node: set(after) for node, after in graph.items()}
    for node, afters in graph.items():
        for after in afters:
            ways.setdefault(after, set()).add(node)
    while left:
        count += 1
        todo = [left.pop()]
        while todo:
            for after in ways[todo.pop()]:
                if after in left:
                    left.discard(after)
                    todo.append(after)
    return count


@means("(connected_)?components|find_components|groups|clusters|islands", "dict", says="component|connected|group")
def components(graph: dict[Any, Any]) -> Any:
    ways = {node: set(after) for node, after in graph.items()}
    for node, afters in graph.items():
        for after in afters:
            ways.setdefault(after, set()).add(node)
    found: list[Any] = []
    for node in ways:
        if not any(node in one for one in found):
            group, todo = {node}, [node]
            while todo:
                for after in ways[todo.pop()]:
                    if after not in group:
                        group.add(after)
                        todo.append(after)
            found.append(sorted(group))
    return found


@means(
    "(count_)?components(_count)?|number_of_\\w*components|count_\\w*components|provinces",
    "int list",
    says="component|edges|connected",
)
def components_of_edges(count: int, edges: list[Any]) -> int:
    group = list(range(count))
    for one, other in edges:
        group = [group[other] if held == group[one] else held for held in group]
    return len(set(group))


@means("is_bipartite|bipartite|two_colou?r\\w*", "dict")
def is_bipartite(graph: dict[Any, Any]) -> bool:
    colour: dict[Any, int] = {}
    ways = {node: set(after) for node, after in graph.items()}
    for node, afters in graph.items():
        for after in afters:
            ways.setdefault(after, set()).add(node)
    for start in ways:
        todo = [] if start in colour else [start]
        colour.setdefault(start, 0)
        while todo:
            node = todo.pop()
            for after in ways[node]:
                if after not in colour:
                    colour[after] = 1 - colour[node]
                    todo.append(after)
                elif colour[after] == colour[node]:
                    return False
    return True


@means("(kruskal|prim|mst|min\\w*_spanning_tree)(_\\w+)?|spanning_\\w+", "int list", says="spanning")
def spanning_weight(count: int, edges: list[Any]) -> Any:
    group, total = list(range(count)), 0
    for one, other, cost in sorted(edges, key=lambda edge: edge[2]):
        if group[one] != group[other]:
            total += cost
            group = [group[other] if held == group[one] else held for held in group]
    return total


@means("(kruskal|mst|min\\w*_spanning_tree)(_\\w+)?|spanning_\\w+", "int list", says="spanning")
def spanning_tree(count: int, edges: list[Any]) -> Any:
    group, found = list(range(count)), []
    for edge in sorted(edges, key=lambda edge: edge[2]):
        one, other, _ = edge
        if group[one] != group[other]:
            found.append(edge)
            group = [group[other] if held == group[one] else held for held in group]
    return found


@means(
    "topological\\w*|toposort|topo_sort|build_order|kahn|order_tasks|resolve\\w*|task_order|install_order",
    "dict",
    says="order|depend",
    loose=True,
)
def topological_needs_first(graph: dict[Any, Any]) -> Any:
    waiting = {task: set(needs) for task, needs in graph.items()}
    if any(need not in waiting for needs in waiting.values() for need in needs):
        raise TypeError
    found: list[Any] = []
    while ready := [task for task, needs in waiting.items() if not needs]:
        if len(ready) > 1:
            raise TypeError  # any order of these would do
        found += ready
        for task in ready:
            del waiting[task]
        for needs in waiting.values():
            needs -= set(ready)
    if waiting:
        raise ValueError
    return found


@means("(in|out)?_?degrees?", "dict", says="in-?degree|incoming")
def in_degrees(graph: dict[Any, Any]) -> Any:
    found = dict.fromkeys(graph, 0)
    for after in itertools.chain(*graph.values()):
        found[after] = found.get(after, 0) + 1
    return found
