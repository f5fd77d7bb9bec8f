"""Runs at the start of every interpreter in the sandbox: appends the check tools to the very end of `sys.path`.

PYTHONPATH would put them before the project's own packages, and a project must be checked with its own pytest.
"""

import os
import sys

sys.path.extend(entry for entry in os.environ.get("AMBIENT_APPEND_PATH", "").split(os.pathsep) if entry)
