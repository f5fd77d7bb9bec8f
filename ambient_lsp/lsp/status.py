"""What a status item and a list of fixes show, told when it changes and not more often than somebody can read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import AmbientError
from ambient_lsp.events import ModelCondition, Progress
from ambient_lsp.lsp.protocol import AmbientProtocol
from ambient_lsp.lsp.workspaces import Workspace, Workspaces
from ambient_lsp.model import RunRecord

if TYPE_CHECKING:
    from ambient_lsp.protocols import Readiness

INTERVAL = 0.3
"""Seconds between two notices that the fixes of a folder have changed, and between two that a run is further."""

_FIRST_FINDINGS = 0.02
"""Seconds that the first findings of a run get before its status: an editor that reads it then is in their way."""


class Seldom:
    """Does something at once when it is asked to, at most once in `interval` seconds, and the last time for certain."""

    def __init__(self, act: Callable[[], None], interval: float) -> None:
        self._act = act
        self._interval = interval
        self._timer: asyncio.TimerHandle | None = None
        self._last = float("-inf")

    def ask(self, *, patience: float = 0.0) -> None:
        """Do it as soon as that is allowed, and not before `patience` seconds have passed."""
        if self._timer is None:
            now = asyncio.get_running_loop().time()
            due = max(now + patience, self._last + self._interval)
            if due <= now:
                self.now()
            else:
                self._timer = asyncio.get_running_loop().call_at(due, self.now)

    def now(self) -> None:
        """Do it."""
        self.stop()
        self._last = asyncio.get_running_loop().time()
        self._act()

    def stop(self) -> None:
        """Do nothing that is due later."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Status:
    """The notifications `ambient/status` and `ambient/proposals`. `runs` are the session's, None while one goes on."""

    def __init__(
        self,
        protocol: AmbientProtocol,
        workspaces: Workspaces,
        runs: Mapping[str, tuple[Workspace, RunRecord | None]],
    ) -> None:
        self.readiness: dict[Workspace, tuple[Readiness, ...]] = {}
        self._model: dict[Workspace, ModelCondition] = {}
        self._protocol = protocol
        self._workspaces = workspaces
        self._runs = runs
        self._far: dict[str, Progress] = {}
        self._told = Seldom(self._tell, INTERVAL)
        self._lists: dict[Workspace, Seldom] = {}

    async def look_at_readiness(self, workspace: Workspace) -> None:
        """Ask a folder's engine which sandboxes work, and tell it."""
        if workspace.engine is None:
            return
        readiness = await workspace.engine.readiness()
        if workspace in self._workspaces:  # it may have been closed meanwhile
            self.readiness[workspace] = readiness
            self.send()

    def hear_of_model(self, workspace: Workspace, condition: ModelCondition) -> None:
        """Tell how the model is, where that is news."""
        before = self._model.get(workspace)
        self._model[workspace] = condition
        if before is None or (before.state, before.message) != (condition.state, condition.message):
            self.send()

    def send(self) -> None:
        """Tell it now."""
        self._told.now()

    def run_started(self) -> None:
        """Tell it once the first findings had their time."""
        self._told.ask(patience=_FIRST_FINDINGS)

    def run_is_at(self, event: Progress) -> None:
        """Note how far a run is."""
        running = self._runs.get(event.run_id)
        if running is not None and running[1] is None:
            self._far[event.run_id] = event
            self._told.ask()

    def run_ended(self, run_id: str) -> None:
        """Tell that a run has ended."""
        self._far.pop(run_id, None)
        self.send()

    def proposals_changed(self, workspace: Workspace) -> None:
        """Tell that the list of a folder's fixes is another."""

        def tell() -> None:
            self._protocol.notify("ambient/proposals", {"folder": workspace.uri})
            self._told.ask()

        self._lists.setdefault(workspace, Seldom(tell, INTERVAL)).ask()

    def forget(self, workspace: Workspace) -> None:
        """Forget what an engine said that was closed."""
        self._model.pop(workspace, None)
        self._far = {run_id: event for run_id, event in self._far.items() if run_id in self._runs}

    def drop(self, workspace: Workspace) -> None:
        """Forget a folder."""
        self.forget(workspace)
        self.readiness.pop(workspace, None)
        if (list_ := self._lists.pop(workspace, None)) is not None:
            list_.stop()

    def close(self) -> None:
        """Tell nothing more."""
        for one in (self._told, *self._lists.values()):
            one.stop()

    def value(self) -> dict[str, Any]:
        """Return what the status item shows."""
        running = [run_id for run_id, (_, record) in self._runs.items() if record is None]
        told: dict[str, Any] = {
            "state": "working" if running else "idle",
            "runs": running,
            "offers": sum(map(_offers, self._workspaces)),
            "folders": [self._folder(workspace) for workspace in self._workspaces],
        }
        newest = next((self._far[run_id] for run_id in reversed(running) if run_id in self._far), None)
        if newest is not None:
            told["progress"] = {"done": newest.done, "total": newest.total, "message": newest.message}
        return told

    def _folder(self, workspace: Workspace) -> dict[str, Any]:
        model = self._model.get(workspace)
        return {
            "uri": workspace.uri,
            "ready": workspace.engine is not None,
            "leader": workspace.engine is not None and workspace.engine.leader,
            "problem": workspace.problem,
            "trusted": workspace.trusted,
            "sandbox": next((item.backend for item in self.readiness.get(workspace, ()) if item.ready), ""),
            "model": model.state if model is not None else "",
            "model_message": model.message if model is not None else "",
        }

    def _tell(self) -> None:
        self._protocol.notify("ambient/status", self.value())


def _offers(workspace: Workspace) -> int:
    try:
        return workspace.engine.offers() if workspace.engine is not None else 0
    except AmbientError:  # a disk that fails is told where something is to be done about it
        return 0
