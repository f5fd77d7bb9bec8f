"""Code of the repository's own that takes part: custom gates, custom checks, custom event sources.

All of it runs in our process, so it is loaded only in a trusted folder. What cannot be loaded takes part all the same
and says why when it is asked: a gate then leaves the decision to a human, a check is inconclusive, and a source brings
nothing. None of them ends a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ambient_lsp.agents.custom import load_object
from ambient_lsp.errors import AmbientError, ConfigError, Untrusted
from ambient_lsp.model import CheckResult, VerdictOutcome
from ambient_lsp.protocols import CommandResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ambient_lsp.config import Config
    from ambient_lsp.engine.risk import Gate
    from ambient_lsp.model import Trigger
    from ambient_lsp.protocols import EventSource, Session
    from ambient_lsp.verification.verifier import CustomCheck

NOT_RUN = (126, 127)
"""Exit codes of a command that the allow-list refused, or that is not in the sandbox."""


def gates(config: Config, root: Path, *, trusted: bool) -> list[tuple[str, Gate]]:
    """Return `risk_policy.custom_gates` by name."""
    return [(name, _load(name, root, trusted)) for name in config.risk_policy.custom_gates]


def checks(config: Config, root: Path, *, trusted: bool) -> list[tuple[str, CustomCheck]]:
    """Return `sandbox.python_checks` by name, the part after the colon."""
    return [(name.rpartition(":")[2], _check(_load(name, root, trusted))) for name in config.sandbox.python_checks]


def event_sources(config: Config, root: Path, *, trusted: bool) -> list[EventSource]:
    """Return one of each of `monitoring.event_sources`."""
    return [_source(name, _load(name, root, trusted)) for name in config.monitoring.event_sources]


class UnusableSource:
    """Stands for a source that cannot be asked; says why when it is."""

    def __init__(self, name: str, error: AmbientError) -> None:
        self.name = name
        self._error = error

    async def poll(self) -> Sequence[Trigger]:
        """Raise the reason."""
        raise self._error


def _source(name: str, make: Callable[[], Any]) -> EventSource:
    try:
        made = make()
    except AmbientError as error:
        return UnusableSource(name, error)
    except Exception as error:  # making one runs the repository's code, which may do anything
        return UnusableSource(name, AmbientError(f"{name} could not be made: {type(error).__name__}: {error}."))
    if not callable(getattr(made, "poll", None)):
        return UnusableSource(name, ConfigError(f"{name} has no `poll`.", next_step="See docs/extending.md."))
    source: EventSource = made
    return source


def _load(name: str, root: Path, trusted: bool) -> Callable[..., Any]:
    """Return what a setting names; where it cannot be used, something that raises the reason when it is called."""
    if not trusted:
        return _unusable(
            Untrusted(
                f"{name} is code that this folder chose, and the folder is not trusted.",
                untouched="Nothing of it was run.",
                next_step="Run `ambient trust` if you know this code, or take it out of the settings.",
            )
        )
    try:
        loaded = load_object(name, root)
    except AmbientError as error:
        return _unusable(error)
    if not callable(loaded):
        return _unusable(ConfigError(f"{name} is a {type(loaded).__name__}, which cannot be called."))
    made: Callable[..., Any] = loaded
    return made


def _unusable(error: AmbientError) -> Callable[..., NoReturn]:
    def refuse(*_: Any) -> NoReturn:
        raise error

    return refuse


def _check(function: Callable[..., Any]) -> CustomCheck:
    """Let a check return the result of its command as it is."""

    async def check(session: Session) -> CheckResult:
        answer = await function(session)
        if isinstance(answer, CheckResult):
            return answer
        if isinstance(answer, CommandResult):
            return _judged(answer)
        raise AmbientError(
            f"It gave a {type(answer).__name__}.", next_step="Let it return a CheckResult or a CommandResult."
        )

    return check


def _judged(result: CommandResult) -> CheckResult:
    said = (result.stdout or result.stderr).strip()
    detail = f"it was stopped ({result.killed})" if result.killed else said[-300:]
    outcome = VerdictOutcome.PASSED if result.exit_code == 0 else VerdictOutcome.FAILED
    if result.exit_code is None or result.exit_code in NOT_RUN:
        outcome = VerdictOutcome.INCONCLUSIVE
    return CheckResult("", (), outcome, detail=detail, seconds=result.seconds)
