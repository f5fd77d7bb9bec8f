"""The modules of the repository that a file imports, to follow data into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.agents.known_modules import known_modules
from ambient_lsp.analyzers.taint.engine import is_worthwhile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ambient_lsp.model import Context, Snapshot
    from ambient_lsp.protocols import Workbench

_MOST = 12
_DEEPEST = 2
_LARGEST = 120_000


async def reachable_modules(snapshot: Snapshot, context: Context, bench: Workbench) -> dict[str, tuple[str, str]]:
    """Return path and text of the modules of the repository that a file imports, by dotted name, two imports deep.

    Nothing for a file in which no data could be followed: most files need no others.
    """
    own = context.tree.get(snapshot.path)
    if own is None or not own.imports or not is_worthwhile(snapshot.text):
        return {}
    known = known_modules(context.tree).paths
    found: dict[str, tuple[str, str]] = {}
    waiting = [(snapshot.path, 0)]
    while waiting:
        path, depth = waiting.pop(0)
        for name in _absolute(context.tree[path].module, path, context.tree[path].imports):
            there = known.get(name)
            if there is None or name in found or there == snapshot.path or context.tree[there].size > _LARGEST:
                continue
            module = await bench.read(there)
            if module is None:
                continue
            found[name] = (there, module.text)
            if len(found) >= _MOST:
                return found
            if depth + 1 < _DEEPEST:
                waiting.append((there, depth + 1))
    return found


def _absolute(module: str, path: str, names: Iterable[str]) -> list[str]:
    """Return imported names with the dots of relative ones resolved, seen from a module."""
    parts = module.split(".")
    package = parts if path.endswith("/__init__.py") else parts[:-1]
    result: list[str] = []
    for name in names:
        bare = name.lstrip(".")
        up = len(name) - len(bare) - 1
        if up < 0:
            result.append(name)
        elif up <= len(package):
            result.append(".".join([*package[: len(package) - up], *([bare] if bare else [])]))
    return result
