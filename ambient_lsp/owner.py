"""Whose leftovers something is: a process is named by its id and its start, so that a reused id is not mistaken."""

from __future__ import annotations

import os

import psutil

# Seconds that the start of one process may seem to move: the kernel counts from boot, and the clock gets adjusted.
_TOLERANCE = 2.0


def current() -> str:
    """Return the label of this process, as `<pid>:<seconds since the epoch>`."""
    return f"{os.getpid()}:{psutil.Process().create_time():.2f}"


def alive(label: str) -> bool:
    """Tell whether the process that made this label still runs. A label that cannot be read counts as alive."""
    pid, _, started = label.partition(":")
    try:
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(started)) <= _TOLERANCE
        return same and process.status() != psutil.STATUS_ZOMBIE  # ended, but its parent has not asked yet
    except psutil.NoSuchProcess:
        return False
    except (ValueError, psutil.Error):
        return True
