"""`ambient telemetry`: the local log of what happened. Nothing is ever sent anywhere."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ambient_lsp.cli import render
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root

if TYPE_CHECKING:
    from ambient_lsp.telemetry.log import TelemetryLog

app = typer.Typer(no_args_is_help=True)

Root = Annotated[Path, typer.Option("--root", help="The project's folder.")]


@app.command()
def tail(
    lines: Annotated[int, typer.Option("-n", min=0, help="How many events.")] = 20,
    follow: Annotated[bool, typer.Option("-f", help="Go on showing new ones until Ctrl-C.")] = False,
    root: Root = Path(),
) -> int:
    """Print the last events, one JSON line each."""
    log = _log(root)
    events = list(log.read())
    for event in events[len(events) - lines if lines else len(events) :] if lines <= len(events) else events:
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    seen = len(events)
    while follow:
        sys.stdout.flush()
        time.sleep(0.5)
        for event in islice(log.read(), seen, None):
            sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
            seen += 1
    return Exit.OK


@app.command()
def stats(root: Root = Path(), as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> int:
    """Count runs, proposals and decisions, and say how long runs took."""
    summary = summarise(list(_log(root).read()))
    if as_json:
        render.print_value(summary)
        return Exit.OK
    table = Table(box=None, pad_edge=False)
    table.add_column("what")
    table.add_column("number", justify="right")
    for name, value in summary.items():
        if isinstance(value, dict):
            for key, count in sorted(value.items()):
                table.add_row(f"{name.replace('_', ' ')}: {key}", str(count))
        else:
            table.add_row(name.replace("_", " "), str(value))
    render.OUT.print(table)
    return Exit.OK


def summarise(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures that the log holds."""
    ended = [event["data"] for event in events if event["type"] == "cycle_completed"]
    proposals = [event["data"] for event in events if event["type"] == "proposal"]
    results = [event["data"] for event in events if event["type"] == "apply_result"]
    judged = [one for one in proposals if one.get("outcome")]
    return {
        "since": datetime.fromtimestamp(events[0]["timestamp"], UTC).isoformat(timespec="seconds") if events else "",
        "runs": len(ended),
        "run_seconds_median": round(median(one["duration_seconds"] for one in ended), 2) if ended else 0.0,
        "findings": sum(one["findings"] for one in ended),
        "proposals_by_agent": dict(Counter(one["agent"] for one in proposals)),
        "proposals_by_state": dict(Counter(one["state"] for one in proposals)),
        "proposals_by_risk": dict(Counter(one["risk"] for one in proposals)),
        "proven_percent": _percent(sum(one["outcome"] == "passed" for one in judged), len(judged)),
        "applied_percent": _percent(sum(one["ok"] for one in results), len(results)),
        "errors": sum(one["errors"] for one in ended),
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _log(root: Path) -> TelemetryLog:
    from ambient_lsp import config_file
    from ambient_lsp.telemetry.log import TelemetryLog

    folder = find_root(root)
    return TelemetryLog(folder, config_file.load(folder).telemetry)
