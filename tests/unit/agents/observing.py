"""A workbench that knows a coverage, and observes by running the shipped harness on a folder."""

from __future__ import annotations

import asyncio
import json
import pickle
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.base import is_test_path
from ambient_lsp.analyzers.harness import observe
from ambient_lsp.config import Agents
from ambient_lsp.model import Context, FileFacts, Finding, Proposal
from ambient_lsp.protocols import Coverage, Observation
from ambient_lsp.text import decode, sha256

if TYPE_CHECKING:
    from pathlib import Path


class Bench:
    def __init__(self, root: Path, coverage: Coverage | None = None, **settings: Any) -> None:
        self.root = root
        self.reads: list[str] = []
        self.observed: list[str] = []
        self._coverage = coverage
        self._moody = settings.pop("moody", {})
        self._settings = settings

    async def read(self, path: str):
        self.reads.append(path)
        file = self.root / path
        return decode(self.root, path, file.read_bytes()) if file.is_file() else None

    async def cpu(self, function, /, *args):
        function, args = pickle.loads(pickle.dumps((function, args)))
        return pickle.loads(pickle.dumps(await asyncio.to_thread(function, *args)))

    async def coverage(self):
        return self._coverage

    async def moody(self, paths):
        return {test: said for test, said in self._moody.items() if test.split("::")[0] in paths}

    async def observe(self, calls, setup):
        self.observed += calls
        return await asyncio.to_thread(observed, self.root, list(calls), setup)

    def settings(self, agent: str):
        return {**getattr(Agents(), agent).model_dump(), **self._settings}


def observed(root: Path, calls: list[str], setup: str, seconds: float = 2.0) -> list[Observation] | None:
    """Run the harness as the sandbox would, with the tree as its working folder."""
    request, result = root.parent / "request.json", root.parent / "result.json"
    request.write_text(json.dumps({"setup": setup, "calls": calls, "seconds": seconds}))
    subprocess.run([sys.executable, observe.__file__, str(request), str(result)], cwd=root, check=True, timeout=60)
    answer = json.loads(result.read_text())
    return None if answer["error"] else [Observation(**one) for one in answer["observations"]]


def write(root: Path, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, newline="")


async def ask(specialist, root: Path, texts: dict[str, str], targets=(), *, bench=None, conventions=None, **more: Any):
    """Write the texts to `root` and return (findings, proposals) of one specialist on some of them."""
    write(root, texts)
    bench = bench or Bench(root, **more)
    context = await context_of(bench, root, texts, targets, conventions)
    items = [item async for item in specialist.propose(context, bench)]
    return [i for i in items if isinstance(i, Finding)], [i for i in items if isinstance(i, Proposal)]


async def context_of(bench, root, texts, targets=(), conventions=None) -> Context:
    tree = {
        path: FileFacts(
            path,
            len(text),
            sha256(text),
            module=path.removeprefix("src/").removesuffix(".py").replace("/", ".") if path.endswith(".py") else "",
            is_test=is_test_path(path),
            imports=tuple(re.findall(r"^(?:from|import) (\S+)", text, re.MULTILINE)),
        )
        for path, text in texts.items()
    }
    snapshots = [await bench.read(path) for path in targets or texts]
    bench.reads.clear()
    important = {path: text for path, text in texts.items() if path == "pyproject.toml"}
    return Context(root, "", tuple(snapshots), tree=tree, conventions=conventions or {}, important_files=important)
