"""The local log: one JSON line an event, in `.ambient/telemetry.jsonl`. Nothing is ever sent anywhere.

A line is written whole with one `write` on a file opened for appending, so that two processes do not mix theirs and a
killed one leaves no half line but the very last.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ambient_lsp.config import Telemetry


class TelemetryLog:
    """Appends events. A full disk or a read-only folder never stops the work; it is counted in `lost`."""

    def __init__(self, root: Path, settings: Telemetry, clock: Callable[[], float] = time.time) -> None:
        self.path = root / settings.log_path
        self.lost = 0
        self._settings = settings
        self._clock = clock

    def write(self, run_id: str, kind: str, data: dict[str, Any]) -> None:
        """Append one event; a `diff` in `data` is left out unless the settings ask for it."""
        if not self._settings.enabled:
            return
        if not self._settings.include_diffs:
            data = {key: value for key, value in data.items() if key != "diff"}
        line = json.dumps({"timestamp": self._clock(), "run_id": run_id, "type": kind, "data": data}) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
        except OSError:
            self.lost += 1

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield the events, oldest first. A half-written line is passed over."""
        try:
            with self.path.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    try:
                        event = json.loads(line)
                    except ValueError:
                        continue
                    if isinstance(event, dict):
                        yield event
        except FileNotFoundError:
            return

    def drop_old(self) -> None:
        """Remove events older than `retention_days`, by writing the rest anew and renaming it into place."""
        oldest = self._clock() - self._settings.retention_days * 86400
        events = list(self.read())
        kept = [event for event in events if float(event.get("timestamp", 0)) >= oldest]
        if len(kept) == len(events):
            return
        fresh = self.path.with_suffix(".tmp")
        fresh.write_text("".join(json.dumps(event) + "\n" for event in kept), encoding="utf-8")
        fresh.replace(self.path)
