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

from ambient_lsp.analyzers import security, style
from ambient_lsp.analyzers.ruff_server import RuffServer

TEXT = "import os\nimport yaml\r\n\n\ndef f(é):\n    x = '😀'; yaml.load(é)  \n    return f'abc'\n"


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
            assert {(raw.rule, raw.span, raw.message, raw.code) for raw in found} == {
                (raw.rule, raw.span, raw.message, raw.code) for raw in alone
            }


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
