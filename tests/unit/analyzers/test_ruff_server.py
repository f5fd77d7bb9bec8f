"""The resident ruff says what a process of its own would say, survives its own death, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ambient_lsp.analyzers import security
from ambient_lsp.analyzers.ruff_server import RuffServer
from ambient_lsp.analyzers.styling import style

TEXT = (
    "import os\nimport hashlib, requests\r\n\n\ndef f(é):\n    x = '😀'; requests.get(é); hashlib.md5(é)  \n"
    "    hashlib.new('md5')\n    return f'abc'\n"
)


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return gone(pid)


async def test_it_says_what_a_process_of_its_own_says(tmp_path):
    async with RuffServer(tmp_path) as server:
        for version, text in enumerate([TEXT, TEXT + "import sys\n", "def f(:\n", TEXT, ""]):
            found = await server.diagnostics("x.py", text, version)
            alone = style.find(text, "x.py", str(tmp_path)) + security.find(text, "x.py", str(tmp_path))
            assert places(found) <= places(alone)
            assert places(found, "AMB-STYLE-") == places(alone, "AMB-STYLE-")


def places(found, prefix=""):
    return {(raw.rule, raw.span, raw.message) for raw in found if raw.rule.startswith(prefix)}


async def test_a_dead_one_is_started_again(tmp_path):
    async with RuffServer(tmp_path) as server:
        await server.diagnostics("x.py", TEXT)
        first = server.pid
        os.kill(first, signal.SIGKILL)
        assert await server.diagnostics("x.py", TEXT)
        assert server.pid != first


async def test_questions_at_the_same_time_and_a_cancelled_one(tmp_path):
    async with RuffServer(tmp_path) as server:
        answers = await asyncio.gather(*(server.report(f"{n}.py", f"import m{n}\n", 1) for n in range(8)))
        assert [answer.diagnostics[0].message for answer in answers] == [
            f"`m{n}` imported but unused" for n in range(8)
        ]
        task = asyncio.create_task(server.report("x.py", TEXT * 2000, 2))
        await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await server.report("x.py", "import os\n", 3)).diagnostics


async def test_close_ends_the_process_and_may_be_called_twice(tmp_path):
    server = RuffServer(tmp_path)
    await server.close()
    await server.report("x.py", TEXT)
    pid = server.pid
    await server.close()
    await server.close()
    assert wait_until_gone(pid)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
def test_it_ends_when_we_are_killed(tmp_path):
    script = (
        "import asyncio, os, signal, sys\nfrom pathlib import Path\n"
        "from ambient_lsp.analyzers.ruff_server import RuffServer\n"
        "async def main():\n    server = RuffServer(Path(sys.argv[1]))\n    await server.report('x.py', 'x = 1')\n"
        "    print(server.pid, flush=True)\n    os.kill(os.getpid(), signal.SIGKILL)\nasyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=20)
    assert wait_until_gone(int(done.stdout))


async def test_a_text_that_was_typed_before_it_is_asked_for_gets_the_answer_of_that_text(tmp_path):
    async with RuffServer(tmp_path) as server:
        await server.diagnostics("x.py", TEXT)
        for typed, saved in [("import a\n", "import a\n"), ("import b\n", "import c\n"), ("def f(:\n", "import d\n")]:
            server.expect("x.py", typed)
            await asyncio.sleep(0)
            for path, text in [("x.py", saved), ("other.py", typed)]:
                found = await server.diagnostics(path, text)
                alone = style.find(text, path, str(tmp_path))
                assert places(found, "AMB-STYLE-") == places(alone)


async def test_typing_without_a_pause_is_looked_at_twice_and_nothing_is_before_the_first_question(
    tmp_path, monkeypatch
):
    looked: list[str] = []
    ask = RuffServer._ask

    async def spy(self, path, text, version, meanwhile):
        looked.append(text)
        return await ask(self, path, text, version, meanwhile)

    monkeypatch.setattr(RuffServer, "_ask", spy)
    async with RuffServer(tmp_path) as server:
        server.expect("x.py", "import a\n")
        await asyncio.sleep(0.5)
        assert looked == []
        await server.diagnostics("x.py", TEXT)
        for number in range(20):
            server.expect("x.py", f"import a{number}\n")
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        assert looked == [TEXT, "import a0\n", "import a19\n"]


async def test_one_that_dies_while_it_looks_ahead_is_started_again_for_the_question(tmp_path):
    async with RuffServer(tmp_path) as server:
        await server.diagnostics("x.py", TEXT)
        first = server.pid
        server.expect("x.py", "import a\n")
        os.kill(first, signal.SIGKILL)
        assert [raw.message for raw in await server.diagnostics("x.py", "import a\n")] == ["`a` imported but unused."]
        assert server.pid != first
