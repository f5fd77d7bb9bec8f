"""`ambient` as a process: pipes, signals, colours and help; and what an exit code is made from."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ambient_lsp import errors
from ambient_lsp.cli.exits import Exit, NoSuchPath, code_of
from tests.terminal import CHECKOUT, ambient, finished, start

COMMANDS = (
    "review proposals watch server verify init config sandbox doctor status telemetry debug trust untrust demo".split()
)


@pytest.mark.parametrize("command", [*COMMANDS, "dismiss"])
def test_every_command_explains_itself(command: str) -> None:
    done = ambient(command, "--help")
    assert done.code == Exit.OK
    assert "Usage: ambient " + command in done.out


def test_help_and_version() -> None:
    shown = ambient("--help").out
    assert all(f" {command} " in shown for command in COMMANDS)
    assert ambient("--version").out.startswith("ambient ")
    assert ambient("nonsense").code == Exit.USAGE


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("x"), 2),
        (errors.NotFound("x"), 2),
        (NoSuchPath("x"), 2),
        (errors.WorkspaceError("x"), 3),
        (errors.LeaseHeld("x"), 3),
        (errors.StoreError("x"), 3),
        (errors.SandboxUnavailable("x"), 3),
        (errors.StalePatch("x"), 3),
        (errors.Untrusted("x"), 3),
        (errors.NotAllowed("x"), 4),
    ],
)
def test_which_error_ends_with_which_code(error: errors.AmbientError, code: int) -> None:
    assert code_of(error) == code


@pytest.mark.parametrize("arguments", [("config", "schema"), ("review", "--no-verify"), ("telemetry", "tail")])
def test_a_reader_who_goes_early_is_no_error(root: Path, arguments: tuple[str, ...]) -> None:
    (root / "many.py").write_text("import sys\n" * 3)
    process = start(*arguments, cwd=root)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(40) == Exit.OK
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_review_ends_with_130_and_leaves_no_process(root: Path, number: signal.Signals) -> None:
    process = start("review", "--no-verify", cwd=root)
    wait_for((root / ".ambient" / "telemetry.jsonl").exists)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    done = finished(process)
    if done.code != Exit.OK:  # on a quick machine it may be done before it is stopped
        assert done.code == Exit.CANCELLED
        assert done.err.startswith("error: Stopped.")
        assert "Traceback" not in done.err
    assert not psutil.wait_procs(children, timeout=10)[1]


@pytest.mark.parametrize(("setting", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_for_terminals_that_want_them(root: Path, setting: dict[str, str], coloured: bool) -> None:
    terminal, end = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "TERM": "xterm-256color", **setting}
    argv = [sys.executable, "-m", "ambient_lsp", "status"]
    subprocess.run(argv, cwd=root, env=environment, stdout=end, stdin=subprocess.DEVNULL, check=True, timeout=40)
    os.close(end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert "nobody else" in shown
    assert ("\x1b[3" in shown) is False
    assert ("\x1b[1m" in shown) is coloured or not coloured


def test_a_file_name_that_is_no_text_does_not_end_a_review(root: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    try:
        (root / name).write_text("import sys\n")
    except OSError:
        pytest.skip("this file system takes only names that are text")
    done = finished(start("review", "--no-verify", "--format", "json", cwd=root))
    assert done.code == Exit.OK, done.err
    assert "app.py" in {one["path"] for one in done.json["findings"]}


def test_what_nobody_thought_of_ends_in_words(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("oops [/] %")

    monkeypatch.setattr("ambient_lsp.config_file.schema", lambda: broken(None))
    done = ambient("config", "schema")
    assert done.code == Exit.FAILED
    assert "This is a mistake in Ambient: ZeroDivisionError: oops [/] %." in done.err
    monkeypatch.setenv("AMBIENT_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        ambient("config", "schema")


def wait_for(condition: object, seconds: float = 30) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
