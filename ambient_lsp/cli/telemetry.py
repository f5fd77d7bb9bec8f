"""`ambient telemetry`: the local log of what happened. Nothing is ever sent anywhere."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootOption, find_root, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ambient_lsp.telemetry.log import TelemetryLog

app = typer.Typer(no_args_is_help=True)


@app.command()
def tail(
    lines: Annotated[int, typer.Option("-n", min=0, help="How many events.")] = 20,
    follow: Annotated[bool, typer.Option("-f", help="Go on showing new ones until Ctrl-C.")] = False,
    root: RootOption = Path(),
) -> int:
    """Print the last events, one JSON line each."""
    log = _log(root)
    seen = 0
    last: deque[dict[str, Any]] = deque(maxlen=lines)
    for event in log.read():
        seen += 1
        last.append(event)
    _print(last)
    while follow:
        time.sleep(0.5)
        fresh = list(islice(log.read(), seen, None))
        seen += len(fresh)
        _print(fresh)
    return Exit.OK


@app.command()
def stats(root: RootOption = Path(), as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> int:
    """Count runs, proposals and decisions, and say how long runs took."""
    from ambient_lsp.cli import formats, render

    summary = summarise(list(_log(root).read()))
    if as_json:
        formats.print_value(summary)
        return Exit.OK
    for name, value in summary.items():
        counts = value.items() if isinstance(value, dict) else [("", value)]
        for key, count in sorted(counts):
            label = f"{name.replace('_', ' ')}{': ' if key else ''}{key}"
            render.OUT.print(f"{label:44} {count}", markup=False)
    return Exit.OK


def summarise(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures that the log holds. Lines that lack what they should hold are passed over."""
    from datetime import UTC, datetime
    from statistics import median

    ended = _data(events, "cycle_completed", {"duration_seconds", "findings", "errors"})
    proposals = _data(events, "proposal", {"agent", "state", "risk"})
    results = _data(events, "apply_result", {"ok"})
    judged = [one for one in proposals if one.get("outcome")]
    times = [event["timestamp"] for event in events if isinstance(event.get("timestamp"), int | float)]
    return {
        "since": datetime.fromtimestamp(min(times), UTC).isoformat(timespec="seconds") if times else "",
        "runs": len(ended),
        "run_seconds_median": round(median(one["duration_seconds"] for one in ended), 2) if ended else 0.0,
        "findings": sum(one["findings"] for one in ended),
        "proposals_by_agent": dict(Counter(one["agent"] for one in proposals)),
        "proposals_by_state": dict(Counter(one["state"] for one in proposals)),
        "proposals_by_risk": dict(Counter(one["risk"] for one in proposals)),
        "proven_percent": _percent(sum(one["outcome"] == "passed" for one in judged), len(judged)),
        "applied_percent": _percent(sum(bool(one["ok"]) for one in results), len(results)),
        "errors": sum(one["errors"] for one in ended),
    }


def _data(events: list[dict[str, Any]], kind: str, needed: set[str]) -> list[dict[str, Any]]:
    found = [event.get("data") for event in events if event.get("type") == kind]
    return [data for data in found if isinstance(data, dict) and needed <= data.keys()]


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _print(events: Iterable[dict[str, Any]]) -> None:
    from ambient_lsp.cli.formats import write

    write("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events))


def _log(root: Path) -> TelemetryLog:
    from ambient_lsp.telemetry.log import TelemetryLog

    folder = find_root(root)
    return TelemetryLog(folder, settings(folder).telemetry)
