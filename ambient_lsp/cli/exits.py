"""What the exit codes mean. Scripts may rely on these."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit code of every command."""

    OK = 0
    """It worked, and nothing at or above `--fail-on` was found."""

    FOUND = 1
    """A finding at or above `--fail-on`, or a check that failed."""

    USAGE = 2
    """A wrong option, a setting that is not valid, or an id that does not exist."""

    FAILED = 3
    """It could not be done: the message says what was left untouched and what to do next."""

    NOT_PROVEN = 4
    """It needs approval or could not be proven, so it was not done."""

    CANCELLED = 130
    """Stopped with Ctrl-C."""
