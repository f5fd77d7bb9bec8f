"""A pytest plugin that counts the database queries that one function sends while the tests run.

The job's keys: `path` (inside the sandbox), `function` (qualified name), and `base` (module name -> file with another
text for it, which is imported in its place). Reports `queries`: how many, and in how many calls.
"""

import importlib.util
import sys

import ambient_job

_job = ambient_job.load()
_report = ambient_job.Report(_job)
_paths = {_job["path"], *_job["base"].values()}
_inside = 0
_queries = 0
_calls = 0


class Served:
    """Imports the other text of a module."""

    @staticmethod
    def find_spec(name, _path=None, _target=None):
        """Return where the module comes from; None for all others."""
        file = _job["base"].get(name)
        return importlib.util.spec_from_file_location(name, file) if file else None


sys.meta_path.insert(0, Served)


def _watch(frame, event, _argument):
    global _inside, _calls
    code = frame.f_code
    if event not in ("call", "return") or code.co_filename not in _paths or not _wanted(code):
        return
    if event == "call":
        _calls += 1
        _inside += 1
    else:
        _inside -= 1


def _wanted(code):
    if hasattr(code, "co_qualname"):
        return code.co_qualname == _job["function"]
    return code.co_name == _job["function"].split(".")[-1]


def _count(*_arguments, **_options):
    global _queries
    if _inside > 0:
        _queries += 1


def _listen():
    if "sqlalchemy" in sys.modules:
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        event.listen(Engine, "before_cursor_execute", _count)
    if "django" in sys.modules:
        from django.db.backends import utils

        for name in ("execute", "executemany"):
            setattr(utils.CursorWrapper, name, _counting(getattr(utils.CursorWrapper, name)))


def _counting(method):
    def counted(self, *arguments, **options):
        _count()
        return method(self, *arguments, **options)

    return counted


def pytest_collection_finish():
    """Begin once all is imported."""
    _listen()
    sys.setprofile(_watch)


def pytest_sessionfinish():
    """Say what was counted."""
    sys.setprofile(None)
    _report.write("queries", queries=_queries, calls=_calls)
