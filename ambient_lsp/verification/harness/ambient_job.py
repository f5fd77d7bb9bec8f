"""What every harness script shares: the job it was given, and the file it reports to.

The scripts of this folder run inside the sandbox, on the project's own interpreter. So they use nothing but the
standard library (and a copy of coverage.py beside them), and stay readable for Python 3.8.
"""

import json
import os
import sys
from pathlib import Path


def load():
    """Return the job: a dict that `verification/testrun.py` and the provers write."""
    return json.loads(Path(os.environ["AMBIENT_JOB"]).read_text(encoding="utf-8"))


def use_tree():
    """Put the tree, and its `src` where there is one, before all else that can be imported.

    An editable installation in the project's environment may point at the user's files, which are not what is checked.
    """
    tree = Path.cwd()
    here = str(Path(__file__).parent)
    roots = [str(tree), *([str(tree / "src")] if (tree / "src").is_dir() else [])]
    sys.path[:] = [*roots, *(entry for entry in sys.path if entry != here), here]


class Report:
    """Appends JSON lines to the job's result file, from the process that opened it and from no child of it."""

    def __init__(self, job):
        self._path = job["out"]
        # A test may fork and let the child run on to the end of the suite; that child must not report a second time.
        self._pid = os.getpid()

    def write(self, kind, **fields):
        """Append one record; it is on disk when this returns, so a crash afterwards loses nothing."""
        if os.getpid() != self._pid:
            return
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, **fields}) + "\n")


def compile_errors(paths):
    """Yield (path, message) for each file that this interpreter cannot compile."""
    for path in paths:
        try:
            compile(Path(path).read_bytes(), path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            yield path, f"{error.msg} (line {error.lineno})" if isinstance(error, SyntaxError) else str(error)
