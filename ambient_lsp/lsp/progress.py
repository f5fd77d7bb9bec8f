"""Progress in the editor: one token per run, only for runs that take a second, and always with a way to cancel."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ambient_lsp.events import Progress
from ambient_lsp.lsp.protocol import AmbientProtocol

logger = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that a run may take without being shown."""


@dataclass(slots=True)
class _Shown:
    task: asyncio.Task[None] | None = None
    token: str = ""
    begun: bool = False
    ended: bool = False
    latest: Progress | None = None


class ProgressBoard:
    """The runs that are shown. Tokens are ours: pygls keeps every token for ever (limit 11)."""

    def __init__(self, protocol: AmbientProtocol, *, enabled: bool, cancel: Callable[[str], object]) -> None:
        self._protocol = protocol
        self._enabled = enabled
        self._cancel = cancel
        self._runs: dict[str, _Shown] = {}
        self._run_of_token: dict[str, str] = {}

    def started(self, run_id: str) -> None:
        """Note a run; it is shown if it still runs in a second."""
        if self._enabled and run_id not in self._runs:
            shown = self._runs[run_id] = _Shown()
            shown.task = asyncio.create_task(self._show(run_id, shown))

    def report(self, event: Progress) -> None:
        """Tell how far a run is."""
        shown = self._runs.get(event.run_id)
        if shown is None:
            return
        shown.latest = event
        if shown.begun:
            self._send(
                shown.token,
                types.WorkDoneProgressReport(message=event.message, percentage=_percentage(event), cancellable=True),
            )

    def ended(self, run_id: str) -> None:
        """Take a run off."""
        shown = self._runs.pop(run_id, None)
        if shown is None:
            return
        shown.ended = True
        if shown.begun:
            self._finish(shown)
        elif not shown.token and shown.task is not None:
            shown.task.cancel()

    def cancelled(self, token: str | int) -> None:
        """Cancel the run that the user cancelled in the editor."""
        run_id = self._run_of_token.get(str(token))
        if run_id is not None:
            self._cancel(run_id)

    def close(self) -> None:
        """Stop waiting."""
        for shown in self._runs.values():
            if shown.task is not None:
                shown.task.cancel()
        self._runs.clear()
        self._run_of_token.clear()

    async def _show(self, run_id: str, shown: _Shown) -> None:
        await asyncio.sleep(PATIENCE)
        shown.token = f"ambient-{run_id}"  # so that a client knows which run it is about
        params = types.WorkDoneProgressCreateParams(shown.token)
        try:
            await self._protocol.ask(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params, 10.0)
        except (TimeoutError, JsonRpcException) as error:
            logger.info("no progress is shown: %r", error)
            return
        if shown.ended:
            return
        shown.begun = True
        self._run_of_token[shown.token] = run_id
        message, percentage = (shown.latest.message, _percentage(shown.latest)) if shown.latest else ("", 0)
        begin = types.WorkDoneProgressBegin(title="Ambient", cancellable=True, message=message, percentage=percentage)
        self._send(shown.token, begin)

    def _finish(self, shown: _Shown) -> None:
        self._run_of_token.pop(shown.token, None)
        self._send(shown.token, types.WorkDoneProgressEnd(message=shown.latest.message if shown.latest else None))

    def _send(self, token: str, value: object) -> None:
        self._protocol.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))


def _percentage(event: Progress) -> int:
    return min(100 * event.done // event.total, 100) if event.total > 0 else 0
