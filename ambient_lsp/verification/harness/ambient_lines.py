"""Which lines each test runs, and which ways it takes where there is more than one.

For a few files the interpreter's own hooks are enough. They start in no time, and on Python 3.12 and later they cost
nothing but in those files (PEP 669); coverage.py cannot tell tests apart that way. For a whole tree, where one also
wants the lines that did not run, it is coverage.py: the project's own, or the copy beside this file.
"""

import os
import shutil
import sqlite3
import sys
import tempfile
import threading
from pathlib import Path


class Monitored:
    """The lines of some files, by `sys.monitoring`."""

    def __init__(self, paths):
        self._paths = frozenset(paths)
        self._seen = set()
        self._ways = set()
        self._test = ""
        self._events = sys.monitoring
        self._tool = next(number for number in (4, 3, 2, 5, 0) if self._events.get_tool(number) is None)
        self._events.use_tool_id(self._tool, "ambient")
        kinds = self._events.events
        self._events.register_callback(self._tool, kinds.PY_START, self._started)
        self._events.register_callback(self._tool, kinds.LINE, self._ran)
        self._events.register_callback(self._tool, kinds.BRANCH, self._branched)
        self._events.set_events(self._tool, kinds.PY_START)

    def switch(self, test):
        """What runs from now on is this test's."""
        self._test = test
        self._events.restart_events()

    def stop(self):
        """Return the records of all files."""
        self._events.set_events(self._tool, 0)
        self._events.free_tool_id(self._tool)
        return _records(self._seen, self._ways)

    def _started(self, code, _offset):
        if code.co_filename in self._paths:
            kinds = self._events.events
            self._events.set_local_events(self._tool, code, kinds.LINE | kinds.BRANCH)
        return self._events.DISABLE

    def _branched(self, code, offset, target):
        # A mark that is the same in every run of the same text; which line it is on does not matter.
        self._ways.add((code.co_filename, self._test, code.co_firstlineno * 100_000 + offset, target))

    def _ran(self, code, line):
        self._seen.add((code.co_filename, self._test, line))
        return self._events.DISABLE  # once for each test is enough; `switch` turns it on again


class Traced:
    """The lines of some files, by `sys.settrace`.

    It is on during tests and while one of the files is imported. All the time, it would be called for every function
    of pytest's start, and take half as long again as the start itself.
    """

    def __init__(self, paths):
        self._paths = frozenset(paths)
        self._seen = set()
        self._ways = set()
        self._last = {}
        self._test = ""
        self._importing = 0
        self._stopped = False
        threading.settrace(self._called)
        sys.addaudithook(self._audited)  # it cannot be removed, and need not be: the process is about to end

    def switch(self, test):
        """What runs from now on is this test's."""
        self._test = test
        self._set()

    def stop(self):
        """Return the records of all files."""
        self._stopped = True
        self._set()
        threading.settrace(None)
        return _records(self._seen, self._ways)

    def _set(self):
        wanted = not self._stopped and (self._test or self._importing)
        sys.settrace(self._called if wanted else None)

    def _audited(self, event, arguments):
        # Every way to import or run a file ends in `exec` of its code object (PEP 578).
        if event == "exec" and getattr(arguments[0], "co_filename", None) in self._paths and not self._stopped:
            self._importing += 1
            self._set()

    def _called(self, frame, _event, _argument):
        return self._ran if frame.f_code.co_filename in self._paths else None

    def _ran(self, frame, event, _argument):
        if event == "line":
            path, line = frame.f_code.co_filename, frame.f_lineno
            self._seen.add((path, self._test, line))
            self._ways.add((path, self._test, self._last.get(id(frame), 0), line))
            self._last[id(frame)] = line
        elif event == "return":
            self._last.pop(id(frame), None)
            if frame.f_code.co_name == "<module>":
                self._importing -= 1
                if not self._importing:
                    self._set()
        return self._ran


class Covered:
    """The lines of the whole tree, and those that could run, by coverage.py."""

    def __init__(self):
        try:
            import coverage
        except ImportError:
            sys.path.append(str(Path(__file__).parent / "vendor"))
            import coverage
        try:
            from coverage.tracer import CTracer  # noqa: F401 - only whether it is there
        except ImportError:
            core = "pytrace"
        else:
            core = "ctrace"  # sys.monitoring, the default from Python 3.14 on, cannot tell tests apart
        omit = ["*/site-packages/*", "*/.venv/*", "*/venv/*"]
        self._folder = tempfile.mkdtemp(prefix="ambient-")
        self._coverage = coverage.Coverage(
            data_file=os.path.join(self._folder, "data"),
            branch=True,
            config_file=False,
            messages=False,
            source=[os.getcwd()],
            omit=omit,
        )
        self._coverage.set_option("run:core", core)
        self._coverage.set_option("run:disable_warnings", ["no-data-collected", "no-ctracer", "module-not-measured"])
        self._coverage.start()

    def switch(self, test):
        """What runs from now on is this test's."""
        self._coverage.switch_context(test)

    def stop(self):
        """Return the records of all files."""
        self._coverage.stop()
        data = self._coverage.get_data()
        statements = self._statements(data.measured_files())
        seen = set()
        for path in statements:
            for line, tests in data.contexts_by_lineno(path).items():
                seen.update((path, test, line) for test in tests)
        exits = self._exits({path for path, test, _ in seen if test})
        ways = {way for way in self._arcs() if way[2] in exits.get(way[0], {})}
        shutil.rmtree(self._folder, ignore_errors=True)
        return _records(seen, ways, statements, exits)

    def _statements(self, paths):
        """Return {path: lines that can run}, without what is no Python: a template, once compiled, has its own path."""
        found = {}
        for path in paths:
            try:
                found[path] = self._coverage.analysis2(path)[1]
            except Exception:  # not Python, or not there any more
                continue
        return found

    def _exits(self, paths):
        """Return {path: {line: how many ways on}} for lines with more than one."""
        stats = getattr(self._coverage, "branch_stats", None)  # coverage.py has it from 7.7 on
        if stats is None:
            return {}
        return {path: {line: total for line, (total, _) in stats(path).items()} for path in paths}

    def _arcs(self):
        """Yield (path, test, line, next line), from the database, whose schema coverage.py documents."""
        self._coverage.save()
        query = (
            "select file.path, context.context, arc.fromno, arc.tono from arc"
            " join file on file.id = arc.file_id join context on context.id = arc.context_id"
        )
        database = sqlite3.connect(self._coverage.get_data().data_filename())
        try:
            yield from database.execute(query)
        except sqlite3.Error:  # another version of the schema
            return
        finally:
            database.close()


def recorder(paths):
    """Return what measures these files (`["*"]`: the whole tree), already at work; None for no files."""
    if not paths:
        return None
    if paths == ["*"]:
        return Covered()
    return Monitored(paths) if hasattr(sys, "monitoring") else Traced(paths)


def _records(seen, ways, statements=None, exits=None):
    """Return what to report of each file."""
    found = {}
    for path, test, line in sorted(seen):
        record = found.setdefault(path, {"tests": {}, "branches": {}, "statements": [], "exits": {}})
        record["tests"].setdefault(test, []).append(line)
    for path, test, start, end in sorted(ways):
        if path in found and test:
            found[path]["branches"].setdefault(test, []).append([start, end])
    for path, record in found.items():
        record["statements"] = (statements or {}).get(path, [])
        record["exits"] = (exits or {}).get(path, {})
    return found
