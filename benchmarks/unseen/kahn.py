"""An order of tasks."""

from collections import deque


class CycleError(ValueError):
    """Tasks wait for each other."""


def build_order(dependencies: dict[str, list[str]]) -> list[str]:
    """Order tasks so that each comes after those it depends on; raise CycleError where none can start."""
    waiting = {task: len(needs) for task, needs in dependencies.items()}
    users: dict[str, list[str]] = {task: [] for task in dependencies}
    for task, needs in dependencies.items():
        for need in needs:
            users[need].append(task)
    ready = deque(task for task, count in waiting.items() if count == 0)
    order = []
    while ready:
        task = ready.popleft()
        order.append(task)
        for user in users[task]:
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
    if len(order) < len(dependencies):
        raise CycleError("tasks wait for each other")
    return order
