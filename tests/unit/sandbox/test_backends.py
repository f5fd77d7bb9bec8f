"""Both backends keep the same promises: one suite, run on each."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ambient_lsp.errors import CommandRefused, SandboxError
from ambient_lsp.protocols import Command
from tests.sandboxes import BACKENDS, LIMITS, Box, make, python

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


@pytest.fixture(params=list(BACKENDS))
async def box(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Box]:
    box = make(request.param, tmp_path)
    yield box
    await box.backend.close()


async def test_says_what_a_program_printed_and_how_it_ended(box: Box) -> None:
    async with box.session() as session:
        for code in (0, 3):
            result = await session.run(
                python(f"import sys; print('out'); print('err', file=sys.stderr); sys.exit({code})")
            )
            assert (result.exit_code, result.stdout, result.stderr) == (code, "out\n", "err\n")
            assert not result.killed and not result.truncated and 0 < result.seconds < 10


async def test_a_program_that_is_missing_is_127_and_one_that_cannot_run_is_126(box: Box) -> None:
    (box.tree / "data.bin").write_bytes(b"\0")
    async with box.session() as session:
        missing = await session.run(Command(("no-such-program",), limits=LIMITS, trusted=True))
        assert missing.exit_code == 127
        broken = await session.run(Command(("/repo/data.bin",), limits=LIMITS, trusted=True))
        assert broken.exit_code == 126


async def test_a_crash_is_told_by_its_signal(box: Box) -> None:
    result = await box.python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert result.exit_code == 128 + 11 and not result.killed


async def test_a_command_that_takes_too_long_is_killed_with_all_its_children(box: Box) -> None:
    code = "import subprocess; subprocess.run(['sh', '-c', 'sleep 60 & sleep 60'])"
    started = time.monotonic()
    async with box.session() as session:
        result = await session.run(python(code, limits=replace(LIMITS, seconds=1)))
        assert (result.exit_code, result.killed) == (None, "timeout")
        assert time.monotonic() - started < 15
        after = await session.run(python("print('still works')"))
        assert after.stdout == "still works\n"


async def test_output_is_cut_while_it_is_read(box: Box) -> None:
    limits = replace(LIMITS, output=1000)
    result = await box.python("for _ in range(300): print('x' * 99999)", limits=limits)
    assert result.exit_code == 0 and result.truncated
    assert len(result.stdout) == 1000


async def test_bytes_that_are_not_text_are_replaced(box: Box) -> None:
    result = await box.python(r"import os; os.write(1, b'\xff\xfe ok')")
    assert result.stdout.endswith(" ok")


async def test_cancelling_kills_what_runs(box: Box) -> None:
    started = time.monotonic()
    async with box.session() as session:
        task = asyncio.create_task(session.run(python("import time; print(1); time.sleep(60)")))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - started < 15
        assert (await session.run(python("print(2)"))).stdout == "2\n"


async def test_the_tree_can_be_changed_and_results_read_but_no_links_come_out(box: Box) -> None:
    (box.tree / "package").mkdir()
    (box.tree / "package" / "old.txt").write_text("old")
    code = """
import os, pathlib
pathlib.Path('package/old.txt').write_text('new')
pathlib.Path('made').mkdir()
pathlib.Path('/results/report.json').write_text('{}')
os.symlink('/etc/passwd', '/results/link')
os.mkfifo('/results/pipe')
print(os.getcwd())
"""
    result = await box.python(code)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "/repo\n"
    assert (box.tree / "package" / "old.txt").read_text() == "new"
    assert (box.tree / "made").is_dir()
    assert [path.name for path in (box.folder / "results").iterdir()] == ["report.json"]


async def test_runs_in_the_folder_asked_for_and_in_no_other(box: Box) -> None:
    (box.tree / "sub").mkdir()
    assert (await box.python("import os; print(os.getcwd())", cwd="sub")).stdout == "/repo/sub\n"
    for outside in ("..", "/etc", "sub/../.."):
        with pytest.raises(CommandRefused):
            await box.python("1", cwd=outside)


async def test_the_environment_is_a_short_list(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    result = await box.python("import os; print(sorted(os.environ))", env={"EXTRA": "1"})
    names = set(__import__("ast").literal_eval(result.stdout))
    assert "EXTRA" in names and "MY_TOKEN" not in names
    assert names <= {
        *("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH"),
        *("AMBIENT_APPEND_PATH", "AMBIENT_SOURCES", "GIT_CONFIG_NOSYSTEM", "EXTRA", "HOSTNAME", "PWD"),
    }


async def test_the_check_tools_are_there_and_the_python_is_the_one_promised(box: Box) -> None:
    code = "import sys, pytest, coverage, hypothesis; print(sys.executable, *sys.version_info[:2])"
    async with box.session() as session:
        result = await session.run(python(code))
        assert result.exit_code == 0, result.stderr
        executable, major, minor = result.stdout.split()
        assert executable == session.python and (int(major), int(minor)) >= (3, 11)
        for argv in (("pytest", "--version"), ("ruff", "--version"), ("mypy", "--version")):
            result = await session.run(Command(argv, limits=LIMITS, trusted=argv[0] == "ruff"))
            assert result.exit_code == 0, (argv, result)


async def test_the_allow_list_judges_what_is_not_ours(box: Box) -> None:
    (box.tree / "test_a.py").write_text("def test_a():\n    assert 1\n")
    async with box.session() as session:
        result = await session.run(Command(("pytest", "-q", "test_a.py"), limits=LIMITS))
        assert result.exit_code == 0 and "1 passed" in result.stdout
        for argv in (("curl", "x"), ("pytest", "-p", "evil"), ("python", "-c", "1"), ("sh", "-c", "pytest")):
            with pytest.raises(CommandRefused):
                await session.run(Command(argv, limits=LIMITS))


async def test_several_commands_at_once(box: Box) -> None:
    async with box.session() as session:
        results = await asyncio.gather(*(session.run(python(f"print({number})")) for number in range(3)))
    assert [result.stdout for result in results] == ["0\n", "1\n", "2\n"]


async def test_git_is_hidden_and_left_as_it_was(box: Box) -> None:
    (box.tree / ".git").write_text("gitdir: /somewhere\n")
    code = "import os, pathlib; print(repr(pathlib.Path('.git').read_text())); pathlib.Path('.git').unlink()"
    result = await box.python(code)
    assert result.stdout == "''\n" and result.exit_code == 1
    assert (box.tree / ".git").read_text() == "gitdir: /somewhere\n"
    (box.tree / ".git").unlink()
    assert (await box.python("import os; print(os.listdir('.git')); os.mkdir('.git/hooks')")).exit_code == 1
    assert not (box.tree / ".git").exists()
    (box.tree / ".git").symlink_to("/etc")
    with pytest.raises(SandboxError):
        await box.python("1")


async def test_a_package_in_src_can_be_imported(box: Box) -> None:
    (box.tree / "src" / "thing").mkdir(parents=True)
    (box.tree / "src" / "thing" / "__init__.py").write_text("NAME = 'patched'\n")
    assert (await box.python("import thing; print(thing.NAME)")).stdout == "patched\n"


async def test_files_with_a_second_name_outside_keep_their_owner(box: Box, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    os.link(outside, box.tree / "linked.txt")
    await box.python("1")
    assert outside.stat().st_uid == os.geteuid()


async def test_reaping_finds_nothing_of_the_living(box: Box) -> None:
    await box.backend.reap()
    async with box.session() as session:
        await session.run(python("1"))
        assert await box.backend.reap() == 0
        assert (await session.run(python("print(1)"))).stdout == "1\n"


async def test_what_a_killed_process_left_is_reaped(box: Box, tmp_path: Path) -> None:
    """A process of ours is killed with SIGKILL in the middle of a session."""
    await box.backend.reap()
    (tmp_path / "other").mkdir()
    program = f"""
import asyncio, pathlib
from tests.sandboxes import make, python
async def main():
    box = make({box.backend.name!r}, pathlib.Path({str(tmp_path / "other")!r}))
    async with box.session() as session:
        task = asyncio.create_task(session.run(python("import time; time.sleep(50)")))
        await asyncio.sleep(1)
        print("ready", flush=True)
        await task
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
    process.kill()
    await process.wait()
    assert await box.backend.reap() == 1
    assert await box.backend.reap() == 0
