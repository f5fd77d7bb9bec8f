"""The local log: whole lines, no diffs unless asked for, and no older than the settings say."""

from __future__ import annotations

import json
from pathlib import Path

from ambient_lsp.config import Telemetry
from ambient_lsp.telemetry.log import TelemetryLog


def test_a_line_is_what_the_specification_says(tmp_path: Path) -> None:
    log = TelemetryLog(tmp_path, Telemetry(), clock=lambda: 12.5)
    log.write("r1", "proposal", {"agent": "StyleEnforcer", "diff": "secret"})
    [line] = (tmp_path / ".ambient" / "telemetry.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "timestamp": 12.5, "run_id": "r1", "type": "proposal", "data": {"agent": "StyleEnforcer"},
    }  # fmt: skip


def test_diffs_are_kept_only_where_they_are_asked_for(tmp_path: Path) -> None:
    log = TelemetryLog(tmp_path, Telemetry(include_diffs=True))
    log.write("r1", "proposal", {"diff": "+x"})
    assert [event["data"] for event in log.read()] == [{"diff": "+x"}]


def test_it_can_be_turned_off_and_put_elsewhere(tmp_path: Path) -> None:
    TelemetryLog(tmp_path, Telemetry(enabled=False)).write("", "error", {})
    assert not (tmp_path / ".ambient").exists()
    TelemetryLog(tmp_path, Telemetry(log_path=".ambient/log/all.jsonl")).write("", "error", {})
    assert (tmp_path / ".ambient" / "log" / "all.jsonl").exists()


def test_old_lines_go_and_half_a_line_is_passed_over(tmp_path: Path) -> None:
    now = [0.0]
    log = TelemetryLog(tmp_path, Telemetry(retention_days=30), clock=lambda: now[0])
    for day in (0, 29, 31):
        now[0] = day * 86400.0
        log.write(str(day), "cycle_started", {})
    with log.path.open("a") as file:
        file.write('{"timestamp": 1')
    log.drop_old()
    assert [event["run_id"] for event in log.read()] == ["29", "31"]


def test_a_place_that_cannot_be_written_never_stops_the_work(tmp_path: Path) -> None:
    (tmp_path / ".ambient").write_text("a file, not a folder")
    log = TelemetryLog(tmp_path, Telemetry())
    log.write("r", "error", {})
    assert log.lost == 1
