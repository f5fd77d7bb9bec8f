"""A workbench without an engine: files of a folder, calls that must pickle, and the settings' defaults."""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

from ambient_lsp.config import Agents
from ambient_lsp.model import Context, Finding, Proposal
from ambient_lsp.text import decode, freeze

if TYPE_CHECKING:
    from pathlib import Path


class Bench:
    def __init__(self, root: Path, **settings: Any) -> None:
        self.root = root
        self._settings = settings

    async def read(self, path: str):
        file = self.root / path
        return decode(self.root, path, file.read_bytes()) if file.is_file() else None

    async def cpu(self, function, /, *args):
        function, args = pickle.loads(pickle.dumps((function, args)))
        return pickle.loads(pickle.dumps(await asyncio.to_thread(function, *args)))

    async def coverage(self):
        return None

    def settings(self, agent: str):
        own = getattr(Agents(), agent, None)
        return {**(own.model_dump() if own is not None else {}), **self._settings}


async def ask(specialist, root: Path, texts: dict[str, str], *, impact=None, tree=None, **settings: Any):
    """Return (findings, proposals) of one specialist on texts that need not be on disk."""
    targets = tuple(freeze(root, path, text) for path, text in texts.items())
    context = Context(root, "", targets, tree=tree or {}, impact=impact or {})
    items = [item async for item in specialist.propose(context, Bench(root, **settings))]
    return [i for i in items if isinstance(i, Finding)], [i for i in items if isinstance(i, Proposal)]
