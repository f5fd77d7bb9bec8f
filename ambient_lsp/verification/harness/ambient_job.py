"""What every harness script shares: the job it was given, and the file it reports to.

The scripts of this folder run inside the sandbox, on the project's own interpreter. So they use nothing but the
standard library (and a copy of coverage.py beside them), and stay readable for Python 3.8.
"""

import importlib.machinery
import json
import os
import sys
from pathlib import Path


def load():
    """Return the job: a dict that `verification/testrun.py` and the provers write."""
    return json.loads(Path(os.environ["AMBIENT_JOB"]).read_text(encoding="utf-8"))


def use_tree(module=""):
    """Put the tree, and its `src` where there is one, before all else that can be imported.

    An editable installation in the project's environment may point at the user's files, which are not what is checked.
    `module` is one that is going to be imported: where its folder has no `__init__.py`, a package of that name from
    anywhere else (Python's own `test`) would come first all the same.
    """
    tree = Path.cwd()
    here = str(Path(__file__).parent)
    roots = [str(tree), *([str(tree / "src")] if (tree / "src").is_dir() else [])]
    sys.path[:] = [*roots, *(entry for entry in sys.path if entry != here), here]
    top = module.partition(".")[0]
    folders = [os.path.join(root, top) for root in roots if os.path.isdir(os.path.join(root, top))]
    if folders and "." in module and not any(os.path.exists(os.path.join(one, "__init__.py")) for one in folders):
        sys.meta_path.insert(0, _Folders(top, folders))


class _Folders:
    """Finds one package that is nothing but folders."""

    def __init__(self, name, folders):
        self._name, self._folders = name, folders

    def find_spec(self, name, _path=None, _target=None):
        """Return the package, if it is the one that is asked for."""
        if name != self._name:
            return None
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = list(self._folders)
        return spec


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
