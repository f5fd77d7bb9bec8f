"""Which file of the repository is which module: worked out once for each state of it, not once for each file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.model import FileFacts


@dataclass(frozen=True, slots=True)
class KnownModules:
    """`paths` by module, `modules` by path, and what each module imports. Do not change them: they are shared."""

    paths: Mapping[str, str]
    modules: Mapping[str, str]
    imports: Mapping[str, tuple[str, ...]]


_last: list[tuple[Mapping[str, FileFacts], KnownModules]] = []
"""The last tree and its modules. The tree of a context never changes, and its files all have the same one."""


def known_modules(tree: Mapping[str, FileFacts]) -> KnownModules:
    """Return the modules of a context's tree."""
    if _last and _last[0][0] is tree:
        return _last[0][1]
    named = [(path, facts) for path, facts in tree.items() if facts.module]
    known = KnownModules(
        {facts.module: path for path, facts in named},
        {path: facts.module for path, facts in named},
        {facts.module: facts.imports for _, facts in named},
    )
    _last[:] = [(tree, known)]
    return known
