"""Runs at the start of every interpreter in the sandbox: puts the checked tree and the check tools on `sys.path`.

PYTHONPATH would put the tools before the project's own packages, and a project must be checked with its own pytest. The
tree's sources come before what is installed: that may hold a copy of the project, which is not what is to be checked.
"""

import os
import sys


def _entries(name: str) -> list[str]:
    return [entry for entry in os.environ.get(name, "").split(os.pathsep) if entry]


_installed = (
    number for number, entry in enumerate(sys.path) if entry.endswith((f"{os.sep}site-packages", "dist-packages"))
)
_place = next(_installed, len(sys.path))
sys.path[_place:_place] = _entries("AMBIENT_SOURCES")
sys.path.extend(_entries("AMBIENT_APPEND_PATH"))
