from typing import Any


def flatten(nested: list[Any]) -> list[Any]:
    """Return all items of a list that may hold lists, at any depth, as one flat list."""
    result = []
    for item in nested:
        if isinstance(item, list):
            result.extend(flatten(item))
        else:
            result.append(item)
    return result
