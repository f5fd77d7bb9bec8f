"""What specialists are handed: current texts, worker processes, facts and settings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ambient_lsp.config import Agents
from ambient_lsp.engine.cpu import CpuPool
from ambient_lsp.engine.workbench import EngineWorkbench, PatchedWorkbench, settings_of
from ambient_lsp.model import Snapshot
from ambient_lsp.protocols import Coverage, Observation
from ambient_lsp.text import freeze


async def test_a_second_look_sees_patched_texts_and_runs_nothing() -> None:
    async def read(path: str) -> Snapshot | None:
        return freeze(Path("/p"), path, "on disk\n") if path == "b.py" else None

    async def coverage() -> Coverage | None:
        return Coverage({}, {}, {})

    async def observe(calls: Sequence[str], setup: str) -> Sequence[Observation] | None:
        return []

    async def moody(paths: Sequence[str]) -> dict[str, str] | None:
        return {}

    pool = CpuPool(1)
    bench = EngineWorkbench(agents=Agents(), cpu=pool, read=read, coverage=coverage, observe=observe, moody=moody)
    patched = PatchedWorkbench(bench, {"a.py": freeze(Path("/p"), "a.py", "patched\n"), "gone.py": None})
    try:
        assert [one and one.text for one in [await patched.read(name) for name in ("a.py", "b.py", "gone.py")]] == [
            "patched\n",
            "on disk\n",
            None,
        ]
        assert await bench.coverage() is not None
        assert await patched.coverage() is None
        assert await bench.observe(["f()"], "") == []
        assert await patched.observe(["f()"], "") is None
        assert await patched.cpu(os.getpid) == await bench.cpu(os.getpid) != os.getpid()
        assert patched.settings("StyleEnforcer") == bench.settings("StyleEnforcer")
    finally:
        pool.close()


def test_settings_are_the_section_with_its_defaults_or_what_was_written() -> None:
    assert settings_of(Agents(), "StyleEnforcer")
    assert settings_of(Agents(), "NobodyKnown") == {}
