"""`kill -9` at any moment, then a restart: nothing acknowledged is lost, half-done or left behind."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ambient_lsp import config
from ambient_lsp.engine import engine
from tests.e2e import project
from tests.e2e.victims import Desk, kill
from tests.real import require

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400)]

KILLS = int(os.environ.get("AMBIENT_KILLS", "6"))
"""How many reviews, and how many applies, are killed."""

SEED = int(os.environ.get("AMBIENT_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
DESKS = max(1, min(3, (os.cpu_count() or 1) + 1, KILLS))
"""Projects that are worked on at the same time: a killed process mostly waits."""


@pytest.fixture(scope="module", autouse=True)
def sandbox() -> None:
    require(shutil.which("bwrap") is not None, "bubblewrap is not installed.")


def on_desks(tmp_path: Path, work: Callable[[Desk, random.Random, int], None]) -> None:
    """Do `work` with a desk of its own, its own randomness and its share of the kills, several at the same time."""

    def one(number: int) -> None:
        desk = Desk(tmp_path / f"desk{number}")
        work(desk, random.Random(f"{SEED}-{number}"), len(range(number, KILLS, DESKS)))

    print(f"AMBIENT_SEED={SEED} AMBIENT_KILLS={KILLS}")
    with ThreadPoolExecutor(DESKS) as pool:
        for done in [pool.submit(one, number) for number in range(DESKS)]:
            done.result()


def test_a_review_that_is_killed_leaves_nothing_and_loses_nothing(tmp_path: Path) -> None:
    latest: list[float] = []

    def work(desk: Desk, chance: random.Random, kills: int) -> None:
        started = time.monotonic()
        desk.run("review", "app.py", "test_app.py")
        whole = time.monotonic() - started
        assert "offered" in desk.states().values()
        for point in range(kills):
            text = project.FILES["app.py"] + f"\n# edit {point}\n"
            (desk.root / "app.py").write_text(text)
            before = desk.yours()
            process = desk.start("review", "app.py", "test_app.py")
            delay = chance.uniform(0.1, whole)
            with_patience(process, delay)
            latest.append(kill(process, desk))
            stored, told = desk.states(), desk.told()
            assert {one for one in told if stored.get(one) != "offered"} == set(), f"lost, killed after {delay:.3f} s"
            status = json.loads(desk.run("status", "--json"))
            assert desk.yours() == before, f"killed after {delay:.3f} s"
            after = desk.states()
            offered = {one for one, state in stored.items() if state == "offered"}
            assert {one for one, state in after.items() if state == "offered"} == offered
            assert status["offered"] == len(offered)
            desk.assert_clean()
            assert None not in desk.events()

    on_desks(tmp_path, work)
    print(f"the last child was gone after {max(latest):.2f} s at most")


def test_an_apply_that_is_killed_is_done_or_not_done(tmp_path: Path) -> None:
    outcomes: set[str] = set()

    def work(desk: Desk, chance: random.Random, kills: int) -> None:
        chosen = reviewed(desk)
        before, saved = desk.yours(), desk.base / "saved"
        shutil.copytree(desk.root / ".ambient", saved)
        old = (desk.root / "app.py").read_bytes()
        started = time.monotonic()
        desk.run("proposals", "apply", chosen, "--approve")
        whole = time.monotonic() - started
        new = (desk.root / "app.py").read_bytes()
        assert new != old
        for _ in range(kills):
            shutil.rmtree(desk.root / ".ambient")
            shutil.copytree(saved, desk.root / ".ambient")
            (desk.root / "app.py").write_bytes(old)
            process = desk.start("proposals", "apply", chosen, "--approve")
            # Most of its time goes by before it does anything, so most of the kills come late.
            with_patience(process, whole * chance.betavariate(5, 2))
            kill(process, desk)
            desk.run("status")
            text, state = (desk.root / "app.py").read_bytes(), desk.states()[chosen]
            assert (text, state) in [(old, "offered"), (new, "applied")]
            outcomes.add(state)
            (desk.root / "app.py").write_bytes(old)
            assert desk.yours() == before
            desk.assert_clean()
            assert None not in desk.events()

    on_desks(tmp_path, work)
    print(f"seen: {sorted(outcomes)}")


@pytest.mark.parametrize("kind", ["apply", "undo"])
def test_a_kill_at_every_step_of_writing_is_settled_by_the_next_start(tmp_path: Path, kind: str) -> None:
    desk = Desk(tmp_path / "desk")
    chosen = reviewed(desk)
    file = desk.root / "app.py"
    texts = {"offered": file.read_bytes()}
    if kind == "undo":
        desk.run("proposals", "apply", chosen, "--approve")
        texts["applied"] = file.read_bytes()
        texts["reverted"] = texts.pop("offered")
    first, last = ("offered", "applied") if kind == "apply" else ("applied", "reverted")
    saved = desk.base / "saved"
    shutil.copytree(desk.root / ".ambient", saved)
    seen = []
    driver = [sys.executable, str(Path(__file__).with_name("killed_apply.py")), str(desk.root), kind, chosen]
    with subprocess.Popen(driver, env=desk.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        for step in range(1, 200):
            shutil.rmtree(desk.root / ".ambient")
            shutil.copytree(saved, desk.root / ".ambient")
            file.write_bytes(texts[first])
            process.stdin.write(b"%d\n" % step)
            process.stdin.flush()
            ended = process.stdout.readline()
            restart(desk)
            state = desk.states()[chosen]
            if state == last:
                texts.setdefault(last, file.read_bytes())
            assert state in (first, last)
            assert file.read_bytes() == texts[state], f"step {step}"
            assert not [*desk.root.rglob("*draft*"), *desk.root.glob(".ambient/journal")]
            outcomes = audit(desk, chosen)
            assert outcomes.count(last) == (state == last), f"step {step}: {outcomes}"
            seen.append(state)
            if ended == b"0\n":
                break
            assert ended == b"killed\n"
        process.stdin.close()
    assert ended == b"0\n"
    assert len(seen) > 25
    assert seen == sorted(seen, key=[first, last].index), "once it is done it stays done"


def test_a_server_that_is_killed_takes_its_children_along(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk")
    chance = random.Random(SEED)
    before = desk.yours()
    for point in range(max(1, min(5, KILLS - 1))):
        process = desk.start("server", output=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        reader = threading.Thread(target=lambda pipe=process.stdout: pipe.read())
        reader.start()
        edit(process, desk, f"{project.FILES['app.py']}\n# edit {point}\n")
        with_patience(process, chance.uniform(0.5, 4))
        assert process.poll() is None, "the server ended by itself"
        kill(process, desk)
        reader.join(5)
        process.stdin.close()
        process.stdout.close()
        desk.run("status")
        assert desk.yours() == before
        desk.assert_clean()


HOLDS_A_CHECKOUT = """
import asyncio, sys
from pathlib import Path
from ambient_lsp.repository.worktrees import open_checkouts

async def main():
    checkouts = await open_checkouts(Path(sys.argv[1]))
    async with checkouts.checkout(await checkouts.current()):
        print("there", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_what_a_killed_batch_left_goes_while_an_editor_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_CLEANING", 0.1)
    root = project.make(tmp_path / "project")
    settings = config.Config(sandbox=config.Sandbox(backend="none"))
    opened = await engine.Engine.open(root, settings)
    batch = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDS_A_CHECKOUT, str(root), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert batch.stdout is not None and await batch.stdout.readline() == b"there\n"
        assert len(project.git(root, "worktree", "list").splitlines()) == 2
    finally:
        batch.kill()
        await batch.wait()
    for _ in range(300):
        if len(project.git(root, "worktree", "list").splitlines()) == 1:
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("its checkout is still there")
    await opened.close()


def reviewed(desk: Desk) -> str:
    """Review the project and return the proposal that asks for most."""
    desk.run("review", "app.py")
    offered = json.loads(desk.run("proposals", "list", "--json"))
    return next(one["id"] for one in offered if one["agent"] == "SecurityGuardian")


def restart(desk: Desk) -> None:
    """Do what a start does, in this process, which takes a tenth of the time."""
    settings = config.Config(sandbox=config.Sandbox(backend="none"))

    async def work() -> None:
        await (await engine.Engine.open(desk.root, settings)).close()

    asyncio.run(work())


def audit(desk: Desk, proposal: str) -> list[str]:
    from ambient_lsp.store.store import open_store

    store = open_store(desk.root / ".ambient")
    try:
        return [outcome.kind for outcome in store.outcomes(proposal)]
    finally:
        store.close()


def with_patience(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait so long, or until the process has ended."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def edit(process: subprocess.Popen[bytes], desk: Desk, text: str) -> None:
    """Be an editor that opens a file and types."""
    assert process.stdin is not None
    uri = (desk.root / "app.py").as_uri()
    document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    folders = [{"uri": desk.root.as_uri(), "name": "shop"}]
    for body in (
        {
            "id": 1,
            "method": "initialize",
            "params": {"processId": None, "rootUri": None, "capabilities": {}, "workspaceFolders": folders},
        },
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": document}},
        {"method": "textDocument/didSave", "params": {"textDocument": {"uri": uri}}},
    ):
        message = json.dumps({"jsonrpc": "2.0", **body}).encode()
        process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(message), message))
    process.stdin.flush()
