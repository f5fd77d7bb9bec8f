from typing import Any, Dict, Tuple


def diff_dicts(old: Dict[str, Any], new: Dict[str, Any]) -> Dict[str, Tuple[str, Any, Any]]:
    """What changed between two versions of a record.

    Maps each changed key to ("added" | "removed" | "changed", before, after).

    >>> diff_dicts({"a": 1}, {"a": 2})
    {'a': ('changed', 1, 2)}
    """
    changes = {}
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            changes[key] = ("added", None, new[key])
        elif key not in new:
            changes[key] = ("removed", old[key], None)
        elif old[key] != new[key]:
            changes[key] = ("changed", old[key], new[key])
    return changes
