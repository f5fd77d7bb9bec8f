"""A pytest plugin (pytest >= 6) that reports each test's outcome, and the lines that each test ran.

The job's keys: `out` (result file), `compile` (files to compile first), `cover` (absolute paths to measure, or `["*"]`
for the whole tree), `repeat` (how often to run each test, in random order) and `seed`.
"""

import os
import random
import sys
from pathlib import Path

import ambient_job
import pytest

_job = ambient_job.load()
_report = ambient_job.Report(_job)
_states = {}
_messages = {}


def _coverage():
    """Start to measure, as early as this plugin is loaded; None when the job does not ask for it."""
    if not _job.get("cover"):
        return None
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
    if _job["cover"] == ["*"]:
        scope = {"source": [os.getcwd()], "omit": ["*/site-packages/*", "*/.venv/*", "*/venv/*"]}
    else:
        scope = {"include": _job["cover"]}
    measured = coverage.Coverage(data_file=None, config_file=False, messages=False, **scope)
    measured.set_option("run:core", core)
    measured.set_option("run:disable_warnings", ["no-data-collected", "no-ctracer", "module-not-measured"])
    measured.start()
    return measured


for _path, _message in ambient_job.compile_errors(_job.get("compile", ())):
    _report.write("uncompiled", path=_path, message=_message)
_measured = _coverage()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    """Keep pytest-cov from measuring too: two tracers disturb each other, and a low total must not fail the run."""
    known = early_config.known_args_namespace
    if hasattr(known, "cov_source"):
        known.cov_source = []
        known.no_cov = True


@pytest.hookimpl(hookwrapper=True)
def pytest_cmdline_main(config):
    """Run in one process (pytest-xdist's workers would not report to us), and in one order."""
    if hasattr(config.option, "numprocesses"):
        config.option.numprocesses = 0
        config.option.dist = "no"
        config.option.tx = []
    if hasattr(config.option, "randomly_seed"):  # both trees must see the same order and the same numbers
        config.option.randomly_seed = 0
        config.option.randomly_reorganize = False
    yield


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Repeat and shuffle, when the job asks for it."""
    if _job.get("repeat"):
        items[:] = items * _job["repeat"]
        random.Random(_job["seed"]).shuffle(items)


def pytest_collectreport(report):
    """Tell of a file that cannot be imported."""
    if report.failed:
        _report.write("test", id=report.nodeid or "collection", outcome="error", message=_first_line(report))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Measure each test under its own name."""
    _report.write("start", id=item.nodeid)
    if _measured:
        _measured.switch_context(item.nodeid)
    yield
    if _measured:
        _measured.switch_context("")


def pytest_runtest_logreport(report):
    """Collect the outcome of setup, call and teardown."""
    if report.failed:
        # An error in setup or teardown stays one, whatever the call did.
        state = "failed" if report.when == "call" and _states.get(report.nodeid) != "error" else "error"
        _states[report.nodeid] = state
        _messages.setdefault(report.nodeid, _first_line(report))
    elif report.skipped:
        _states.setdefault(report.nodeid, "skipped")
    elif report.when == "call":
        _states.setdefault(report.nodeid, "passed")


def pytest_runtest_logfinish(nodeid):
    """Report a test that has ended."""
    _report.write("test", id=nodeid, outcome=_states.pop(nodeid, "error"), message=_messages.pop(nodeid, ""))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus):
    """Report what was run, and that this is the end."""
    if _measured and os.getpid() == _report._pid:
        _measured.stop()
        data = _measured.get_data()
        for path in sorted(data.measured_files()):
            by_test = {}
            for line, tests in data.contexts_by_lineno(path).items():
                for test in tests:
                    by_test.setdefault(test, []).append(line)
            statements = _measured.analysis2(path)[1] if _job["cover"] == ["*"] else []
            _report.write("lines", path=path, tests=by_test, statements=statements)
    _report.write("end", exit=int(exitstatus))


def _first_line(report):
    crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
    text = crash.message if crash is not None else (str(report.longrepr).strip().splitlines() or [""])[-1]
    return (text.splitlines() or [""])[0][:300]
