"""`ambient init`, `config`, `trust`, `doctor`, `status`, `telemetry` and `debug`: the happy way, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ambient_lsp import config_file, trust
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.telemetry import summarise
from tests.e2e import project
from tests.terminal import ambient


def test_init_writes_every_default_and_the_schema_beside_it(root: Path) -> None:
    done = ambient("init")
    assert done.code == Exit.OK
    assert (root / ".ambient.yml").read_text() == config_file.template()
    assert json.loads((root / ".ambient" / config_file.SCHEMA_NAME).read_text()) == config_file.schema()
    assert project.git(root, "status", "--porcelain") == "?? .ambient.yml\n"
    assert ambient("config", "check").out == ".ambient.yml is valid.\n"


def test_init_leaves_a_file_that_is_there_alone(root: Path) -> None:
    (root / ".ambient.yml").write_text("# mine\n")
    done = ambient("init")
    assert done.code == Exit.FAILED
    assert "It was left alone." in done.err
    assert (root / ".ambient.yml").read_text() == "# mine\n"
    assert ambient("init", "--force").code == Exit.OK
    assert (root / ".ambient.yml").read_text() != "# mine\n"


def test_init_needs_a_folder(root: Path) -> None:
    assert ambient("init", "nope").code == Exit.USAGE
    assert not (root / "nope").exists()


def test_check_tells_every_problem_with_its_line(root: Path) -> None:
    (root / ".ambient.yml").write_text("monitoring:\n  enabled: maybe\nsandbox:\n  bakend: none\n")
    done = ambient("config", "check")
    assert done.code == Exit.USAGE
    assert [line.split(": ")[0].rpartition("shop/")[2] for line in done.out.splitlines()] == [
        ".ambient.yml:2:3", ".ambient.yml:4:3",
    ]  # fmt: skip


def test_a_wish_that_is_not_followed_is_a_warning_and_no_error(root: Path) -> None:
    (root / ".ambient.yml").write_text("sandbox:\n  build_network: true\n")
    done = ambient("config", "check")
    assert done.code == Exit.OK
    assert "warning: `sandbox.build_network` was not followed" in done.out


def test_explain_and_schema(root: Path) -> None:
    assert "whole number" not in ambient("config", "explain", "sandbox.backend").out
    assert 'value:    "none"' in ambient("config", "explain", "sandbox.backend").out
    assert ambient("config", "schema").json["title"].startswith("Ambient settings")
    done = ambient("config", "explain", "sandbox.bakend")
    assert done.code == Exit.USAGE
    assert "Did you mean `sandbox.backend`?" in done.err


def test_trust_is_given_and_taken_back(root: Path) -> None:
    assert ambient("trust").code == Exit.OK
    assert trust.is_trusted(root)
    assert ambient("untrust").code == Exit.OK
    assert not trust.is_trusted(root)
    assert ambient("trust", "nope").code == Exit.USAGE


def test_status_before_and_after_a_review(root: Path) -> None:
    assert "none yet" in ambient("status").out
    ambient("review", "--no-verify")
    value = ambient("status", "--json").json
    assert value["running"] == "nobody else"
    assert value["findings"] >= 2
    assert value["offered"] == value["needs_approval"] == 0
    assert value["last_run"].startswith("done, ")


def test_context_is_json_without_secrets(root: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    (root / "app.py").write_text(f'TOKEN = "{secret}"\n')
    done = ambient("debug", "context", "app.py", "--texts")
    assert [one["path"] for one in done.json["targets"]] == ["app.py"]
    assert secret not in done.json["targets"][0]["text"]
    assert set(done.json["tree"]) == {"app.py", "pyproject.toml", "test_app.py"}
    assert ambient("debug", "context", "nope.py").code == Exit.USAGE


def test_telemetry_shows_and_counts_what_happened(root: Path) -> None:
    ambient("review", "--backend", "none")
    events = [json.loads(line) for line in ambient("telemetry", "tail").out.splitlines()]
    assert {"cycle_started", "cycle_completed", "proposal"} <= {event["type"] for event in events}
    assert len(ambient("telemetry", "tail", "-n", "1").out.splitlines()) == 1
    assert ambient("telemetry", "tail", "-n", "0").out == ""
    stats = ambient("telemetry", "stats", "--json").json
    assert (stats["runs"], stats["errors"]) == (1, 0)
    assert stats["proposals_by_state"] == {"inconclusive": sum(stats["proposals_by_agent"].values())}
    assert "proposals by agent: SecurityGuardian" in ambient("telemetry", "stats").out


def test_telemetry_of_a_folder_without_any(root: Path) -> None:
    assert ambient("telemetry", "tail").out == ""
    assert ambient("telemetry", "stats", "--json").json["runs"] == 0


def test_lines_of_the_log_that_others_wrote_are_passed_over(root: Path) -> None:
    (root / ".ambient").mkdir()
    (root / ".ambient" / "telemetry.jsonl").write_text('{"type": "proposal"}\nnot json\n[]\n{"type": 1, "data": 2}\n')
    assert ambient("telemetry", "stats", "--json").json["runs"] == 0
    assert len(ambient("telemetry", "tail").out.splitlines()) == 2


def test_figures_of_the_log() -> None:
    def run(seconds: float) -> dict[str, object]:
        return {
            "type": "cycle_completed",
            "timestamp": 60.0,
            "data": {"duration_seconds": seconds, "findings": 2, "errors": 1},
        }

    def proposal(agent: str, state: str, outcome: str | None) -> dict[str, object]:
        return {"type": "proposal", "data": {"agent": agent, "state": state, "risk": "low", "outcome": outcome}}

    summary = summarise(
        [run(1.0), run(2.0), run(9.0), proposal("A", "offered", "passed"), proposal("A", "failed", "failed"),
         proposal("B", "blocked", None), {"type": "apply_result", "data": {"ok": True}},
         {"type": "apply_result", "data": {"ok": False}}]
    )  # fmt: skip
    assert summary["run_seconds_median"] == 2.0
    assert (summary["runs"], summary["findings"], summary["errors"]) == (3, 6, 3)
    assert summary["proposals_by_agent"] == {"A": 2, "B": 1}
    assert summary["proven_percent"] == summary["applied_percent"] == 50.0
    assert summary["since"] == "1970-01-01T00:01:00+00:00"


def test_one_file_is_counted_as_one(root: Path) -> None:
    said = ambient("swarm", "--task", "Add docstrings", "--dry-run", "--glob", "app.py").out
    assert "\n1 file, about" in said


@pytest.mark.parametrize("command", ["status", "doctor", "verify", "trust", "watch"])
def test_a_folder_that_does_not_exist(tmp_path: Path, command: str) -> None:
    done = ambient(command, tmp_path / "nope")
    assert done.code == Exit.USAGE
    assert "does not exist" in done.err
