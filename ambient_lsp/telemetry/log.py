"""The local log: one JSON line an event, in `.ambient/telemetry.jsonl`. Nothing is ever sent anywhere.

Lines are appended under a lock that ends with its holder, so that processes do not mix theirs, and none is lost while
another process drops the old ones. A killed process may leave half a line; the next line begins on a new one.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ambient_lsp.context.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ambient_lsp.config import Telemetry


_QUOTED = re.compile(r"“[^”]*”")


class TelemetryLog:
    """Appends events. A full disk or a read-only folder never stops the work; it is counted in `lost`."""

    def __init__(self, root: Path, settings: Telemetry, clock: Callable[[], float] = time.time) -> None:
        self.path = root / settings.log_path
        self.lost = 0
        self._settings = settings
        self._clock = clock

    def write(self, run_id: str, kind: str, data: dict[str, Any]) -> None:
        """Append one event; a `diff` in `data`, and what reasons quote, is left out unless the settings ask for it."""
        if not self._settings.enabled:
            return
        if not self._settings.include_diffs:
            data = {key: _without_quotes(value) for key, value in data.items() if key != "diff"}
        # Messages of failing tests quote values, and diffs the lines beside a change.
        data = {key: redact(value)[0] if isinstance(value, str) else value for key, value in data.items()}
        line = json.dumps({"timestamp": self._clock(), "run_id": run_id, "type": kind, "data": data}) + "\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._locked() as file:
                _append(file, line.encode())
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
        if not self.path.exists():
            return
        fresh = self.path.with_suffix(".tmp")
        try:
            with self._locked():
                events = list(self.read())
                kept = [event for event in events if float(event.get("timestamp", 0)) >= oldest]
                if len(kept) < len(events):
                    fresh.write_text("".join(json.dumps(event) + "\n" for event in kept), encoding="utf-8")
                    fresh.replace(self.path)
        except OSError:  # a full disk: what is old stays a little longer
            fresh.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Open the log and hold its lock; another process may just have put a new file into its place."""
        while True:
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(file), self.path.stat()):
                    yield file
                    return
            except FileNotFoundError:
                continue
            finally:
                os.close(file)


def _without_quotes(value: Any) -> Any:
    """Return a text without what stands in it between quotation marks: code that speaks for or against a fix."""
    return _QUOTED.sub("“…”", value) if isinstance(value, str) else value


def _append(file: int, line: bytes) -> None:
    """Append a whole line or, where the disk is full, nothing."""
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        line = b"\n" + line
    if os.write(file, line) < len(line):
        os.ftruncate(file, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
