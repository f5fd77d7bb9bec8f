"""Who is at the keyboard, for the audit log."""

from __future__ import annotations

import getpass
import os


def name() -> str:
    """Return the name of the user whose process this is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
