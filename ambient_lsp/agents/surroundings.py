"""What other files say that matters to one file's style: who imports it, what its imports do, which words they have."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from ambient_lsp.agents.known_modules import known_modules
from ambient_lsp.analyzers.styling import import_style
from ambient_lsp.context.facts import extract

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ambient_lsp.analyzers.styling.import_style import Offer
    from ambient_lsp.analyzers.styling.own_style import Questions
    from ambient_lsp.model import Context, FileFacts, Snapshot
    from ambient_lsp.protocols import Workbench

MOST_IMPORTERS = 50
MOST_FILES = 1500
"""Files of a repository up to which all of them are read to see whether a name stands in one."""

_ACTS = re.compile(
    r"^(?!(?:if|elif|while|for|with|assert|not|del|raise|class|def|async|import|from|return|print|logging|warnings)\b)"
    r"[A-Za-z_][\w.]*\("
    r"|^@(?!(?:[\w.]*\.)?(?:dataclass|cache|lru_cache|total_ordering|contextmanager|asynccontextmanager|overload|final"
    r"|runtime_checkable|unique|fixture|wraps|define|frozen)\b)",
    re.MULTILINE,
)
"""A call or a decorator at the top of a module; those that only shape what they decorate are left out."""


class Neighbours:
    """Answers one file's questions about the others; a repository that is not large is kept while it is looked at."""

    def __init__(self) -> None:
        self._tree: Mapping[str, FileFacts] = {}
        self._texts: dict[str, str] = {}

    async def answer(
        self, questions: Questions, snapshot: Snapshot, context: Context, bench: Workbench
    ) -> tuple[frozenset[str] | None, dict[str, Offer]]:
        """Return which of the asked names stand in another file, None where there are too many to look; and what the
        asked modules offer."""
        offers: dict[str, Offer] = {}
        if questions.modules and len(context.impact.get(snapshot.path, ())) < MOST_IMPORTERS:
            offers = await _offers(questions.modules, snapshot, context, bench)
        if len(context.tree) > MOST_FILES or not context.tree:
            return None, offers
        await self._read(context, bench)
        others = [text for path, text in self._texts.items() if path != snapshot.path]
        return frozenset(name for name in questions.names if _stands_in_one(name, others)), offers

    async def _read(self, context: Context, bench: Workbench) -> None:
        if self._tree is context.tree and self._texts:
            return
        self._tree, self._texts = context.tree, {}
        for path in context.tree:
            other = await bench.read(path)
            if other is not None:
                self._texts[path] = other.text


def _stands_in_one(name: str, texts: Iterable[str]) -> bool:
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(name in text and word.search(text) is not None for text in texts)


async def code_of_importers(snapshot: Snapshot, context: Context, bench: Workbench) -> str:
    """Return the code of the files that import this one, where a name it imports may be used as its own."""
    stem = import_style.module_name(snapshot.path)
    texts = []
    for path in context.impact.get(snapshot.path, ())[:MOST_IMPORTERS]:
        other = await bench.read(path)
        if other is not None and stem in other.text:
            texts.append(other.text)
    return "\n".join(texts)


async def acting_imports(snapshot: Snapshot, context: Context, bench: Workbench) -> frozenset[str]:
    """Return the imports of this file, as written, of this repository's modules that do something when imported.

    Nothing need use the name: that the module registers itself somewhere is what it is imported for.
    """
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for name in extract(snapshot.text.encode("utf-8", "replace")).imports:
        wanted[name.lstrip(".")].append(name)
    found: set[str] = set()
    for path, module in known_modules(context.tree).modules.items():
        parts = module.split(".")
        tails = (".".join(parts[start:]) for start in range(len(parts)))
        names = [name for tail in tails for name in wanted.get(tail, ())]
        if names and path != snapshot.path:
            other = await bench.read(path)
            if other is not None and _ACTS.search(other.text):
                found.update(names)
    return frozenset(found)


async def _offers(modules: tuple[str, ...], snapshot: Snapshot, context: Context, bench: Workbench) -> dict[str, Offer]:
    facts = context.tree.get(snapshot.path)
    by_module = known_modules(context.tree).paths
    found: dict[str, Offer] = {}
    if facts is None or len(modules) != 1:
        return found
    for written in modules:
        is_package = snapshot.path.endswith("__init__.py")
        path = by_module.get(module := import_style.absolute(written, facts.module, is_package=is_package))
        other = await bench.read(path) if path is not None else None
        if path is None or other is None:
            continue
        offered = partial(import_style.offered, is_package=path.endswith("__init__.py"))
        offer = await bench.cpu(offered, other.text, module)
        if offer is not None:
            found[written] = offer
    return found
