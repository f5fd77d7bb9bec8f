"""What the exit codes mean. Scripts may rely on these."""

from __future__ import annotations

from enum import IntEnum

from ambient_lsp.errors import AmbientError, ConfigError, NotAllowed, NotFound, WorkspaceError


class Exit(IntEnum):
    """The exit code of every command."""

    OK = 0
    """It worked, and nothing at or above `--fail-on` was found."""

    FOUND = 1
    """A finding at or above `--fail-on`, a check that failed, or something that `doctor` calls broken."""

    USAGE = 2
    """A wrong option, a path or an id that does not exist, or a setting that is not valid."""

    FAILED = 3
    """It could not be done: the message says what was left untouched and what to do next."""

    NOT_PROVEN = 4
    """It needs approval or could not be proven, so it was not done."""

    CANCELLED = 130
    """Stopped with Ctrl-C or SIGTERM."""


class NoSuchPath(WorkspaceError):
    """A path on the command line does not exist, or is not in the project."""


class ReaderGone(Exception):
    """Whoever read our output (`head`, say) has gone. Not an `OSError`, which typer would end the process for."""


def code_of(error: AmbientError) -> Exit:
    """Return the exit code that an error ends a command with."""
    if isinstance(error, ConfigError | NotFound | NoSuchPath):
        return Exit.USAGE
    return Exit.NOT_PROVEN if isinstance(error, NotAllowed) else Exit.FAILED
