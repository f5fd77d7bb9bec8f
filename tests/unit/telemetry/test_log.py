"""The local log: no line is lost or mixed up, whoever writes, is killed or tidies at the same time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ambient_lsp.config import Telemetry
from ambient_lsp.telemetry.log import TelemetryLog


def log(root: Path, now: float = 1000.0, **settings: object) -> TelemetryLog:
    return TelemetryLog(root, Telemetry(**settings), clock=lambda: now)


def test_what_is_written_is_read_in_order(tmp_path: Path) -> None:
    one = log(tmp_path)
    for number in range(3):
        one.write("run", "proposal", {"number": number, "diff": "-a\n+b\n"})
    events = list(one.read())
    assert [event["data"] for event in events] == [{"number": 0}, {"number": 1}, {"number": 2}]
    assert {(event["timestamp"], event["run_id"], event["type"]) for event in events} == {(1000.0, "run", "proposal")}


def test_diffs_are_kept_only_where_they_are_asked_for(tmp_path: Path) -> None:
    one = log(tmp_path, include_diffs=True)
    one.write("run", "proposal", {"diff": "x"})
    assert next(one.read())["data"] == {"diff": "x"}


def test_nothing_is_written_when_it_is_switched_off(tmp_path: Path) -> None:
    one = log(tmp_path, enabled=False)
    one.write("run", "proposal", {})
    assert not one.path.exists()
    assert list(one.read()) == []


def test_half_a_line_of_a_killed_process_costs_no_other_line(tmp_path: Path) -> None:
    one = log(tmp_path)
    one.write("run", "first", {})
    with one.path.open("a") as file:
        file.write('{"timestamp": 1, "ru')
    one.write("run", "second", {})
    assert [event["type"] for event in one.read()] == ["first", "second"]


def test_a_full_disk_is_counted_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = log(tmp_path)
    one.write("run", "first", {})
    whole, write = one.path.read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:10]))
    one.write("run", "second", {})
    monkeypatch.undo()
    assert one.lost == 1
    assert one.path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_counted(tmp_path: Path) -> None:
    (tmp_path / ".ambient").write_text("a file in the way")
    one = log(tmp_path)
    one.write("run", "first", {})
    one.drop_old()
    assert one.lost == 1


def test_old_events_go_and_the_rest_stays(tmp_path: Path) -> None:
    log(tmp_path, now=0.0).write("run", "old", {})
    young = log(tmp_path, now=100 * 86400.0, retention_days=30)
    young.write("run", "young", {})
    young.drop_old()
    assert [event["type"] for event in young.read()] == ["young"]
    assert not list(young.path.parent.glob("*.tmp"))


def writer(root: Path, name: str, count: int) -> None:
    one = log(root, now=100 * 86400.0)
    for number in range(count):
        one.write(name, "event", {"number": number, "long": "x" * 3000})


def test_no_line_is_lost_while_another_process_drops_old_ones(tmp_path: Path) -> None:
    tidy = log(tmp_path, now=100 * 86400.0, retention_days=30)
    # Not a fork of this process: other tests may have left threads in it, and with them locks that nobody opens.
    code = "import sys; from pathlib import Path; from tests.unit.telemetry.test_log import writer;"
    code += "writer(Path(sys.argv[1]), sys.argv[2], 150)"
    root = Path(__file__).parents[3]
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name], cwd=root) for name in "ab"]
    while any(process.poll() is None for process in writers):
        log(tmp_path, now=0.0).write("run", "old", {})
        tidy.drop_old()
        time.sleep(0.001)  # the lock goes to whoever is quickest: without a pause that may always be this process
    assert [process.returncode for process in writers] == [0, 0]
    tidy.drop_old()
    events = [json.loads(line) for line in tidy.path.read_text().splitlines()]
    for name in "ab":
        assert [event["data"]["number"] for event in events if event["run_id"] == name] == list(range(150))
