"""What a server keeps does not grow with what it has done: objects are counted, since memory also depends on others."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ambient_lsp.config import Config, Sandbox
from ambient_lsp.context.cache import FactsCache, Kept
from ambient_lsp.context.resident import Resident
from ambient_lsp.engine.engine import Engine
from ambient_lsp.events import ProposalChanged
from ambient_lsp.lsp.fixes import MOST_HINTS, Fixes
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import Proposal, ProposalState
from ambient_lsp.store.store import open_store
from ambient_lsp.verification import syntax
from ambient_lsp.verification.baseline import Baseline
from tests.unit.engine.samples import a_finding, a_proposal

pytestmark = pytest.mark.timeout(60)


def alive(kind: type) -> int:
    """Return how many objects of a type there are."""
    gc.collect()
    return sum(type(one) is kind for one in gc.get_objects())


async def nothing() -> int:
    return 0


async def test_a_run_that_was_kept_leaves_no_lock(tmp_path: Path) -> None:
    baseline = Baseline(tmp_path)
    before = alive(asyncio.Lock)
    for number in range(30):
        await baseline.value((number,), nothing)
    assert alive(asyncio.Lock) <= before


async def test_callers_at_the_same_moment_still_share_one_run(tmp_path: Path) -> None:
    baseline = Baseline(tmp_path)
    made = 0

    async def make() -> int:
        nonlocal made
        made += 1
        await asyncio.sleep(0.01)
        gc.collect()
        return made

    assert await asyncio.gather(*(baseline.value(("one",), make) for _ in range(5))) == [1] * 5


def test_trees_of_texts_that_nobody_asks_about_any_more_are_let_go() -> None:
    def look_at(numbers: range) -> int:
        for number in numbers:
            assert (
                len(list(syntax.walk(syntax.parse("def one():\n    return [1, 2]\n" * 30 + f"x = {number}\n")))) > 300
            )
        return alive(list)

    few = look_at(range(20))
    assert look_at(range(20, 60)) <= few + 10


async def test_the_proposals_of_a_month_are_not_held_to_compare_them(tmp_path: Path) -> None:
    before = alive(Proposal)
    engine = await Engine.open(tmp_path, Config(sandbox=Sandbox(backend="none")))
    other = open_store(tmp_path / ".ambient")
    heard: list[tuple[str, str]] = []

    async def listen() -> None:
        async for event in engine.events():
            if isinstance(event, ProposalChanged):
                heard.append((event.proposal.id, event.proposal.state))

    listening = asyncio.create_task(listen())
    try:
        await asyncio.sleep(0.1)  # what is there when the engine begins to look is no news
        for number in range(50):
            other.save_proposal(replace(a_proposal(tmp_path), id=f"proposal{number}"))
        await until(lambda: len(heard) == 50)
        assert alive(Proposal) <= before + 1  # the one that was heard last
        other.save_proposal(replace(a_proposal(tmp_path), id="proposal7", state=ProposalState.STALE))
        await until(lambda: len(heard) > 50)
        assert heard[50:] == [("proposal7", "stale")]
    finally:
        await engine.close()
        other.close()
        await listening


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.1)


def test_each_save_replaces_what_was_known_of_the_text_before(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text("x = 0\n")
    resident = Resident(root, Config(), FactsCache(root, tmp_path / "cache"))
    resident.scan()
    before = alive(Kept)
    for number in range(1, 31):
        (root / "a.py").write_text(f"def f{number}():\n    return {'x' * number!r}\n")
        resident.refresh(["a.py"])
    assert resident.files["a.py"].symbols == (("f30", "function", 0),)
    assert alive(Kept) <= before + 2
    resident.close()


def test_reasons_why_there_is_no_fix_are_kept_for_the_newest_only(tmp_path: Path) -> None:
    fixes, workspace = Fixes(), Workspace(tmp_path, tmp_path)
    offered = replace(a_proposal(tmp_path), id="offered", state=ProposalState.OFFERED)
    fixes.put(workspace, offered)
    for number in range(MOST_HINTS + 50):
        failed = replace(offered, id=f"failed{number}", state=ProposalState.FAILED, finding_ids=(f"finding{number}",))
        fixes.put(workspace, failed)
    assert sum(1 for _ in fixes) == MOST_HINTS + 1
    assert fixes.find("failed0") is None and fixes.of_finding(workspace, "finding0") == []
    assert fixes.of_finding(workspace, a_finding().id) == [offered]
    assert fixes.of_finding(workspace, f"finding{MOST_HINTS + 49}") == [failed]
