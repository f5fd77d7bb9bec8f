"""A pytest plugin (pytest >= 6) that reports each test's outcome, and the lines that each test ran.

The job's keys: `out` (result file), `compile` (files to compile first), `cover` (absolute paths to measure, or `["*"]`
for the whole tree), `repeat` (how often to run each test, in random order) and `seed`
(below 0: from the last to the first).
"""

import random

import ambient_job
import ambient_lines
import pytest

_job = ambient_job.load()
_report = ambient_job.Report(_job)
_states = {}
_messages = {}


for _path, _message in ambient_job.compile_errors(_job.get("compile", ())):
    _report.write("uncompiled", path=_path, message=_message)
_recorder = ambient_lines.recorder(_job.get("cover", []))


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


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """Repeat and shuffle, when the job asks for it.

    Once means before other plugins do: what they order then is an order that tests may rely on (pytest-django runs
    tests that empty the database last). Repeated tests come after them: some plugins keep each test only once.
    """
    if _job.get("repeat") == 1:
        _mix(items)
    yield
    if _job.get("repeat", 0) > 1:
        items[:] = items * _job["repeat"]
        _mix(items)


def _mix(items):
    if _job["seed"] < 0:
        items.reverse()
    else:
        random.Random(_job["seed"]).shuffle(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    """Take a test down fully before its own repetition: pytest keeps what the next test needs too, and that is all."""
    if nextitem is item:
        state = item.session._setupstate
        try:
            state.teardown_exact(None)
        except TypeError:  # pytest 6
            state.teardown_exact(item, None)


def pytest_collectreport(report):
    """Tell of a file that cannot be imported."""
    if report.failed:
        _report.write("test", id=report.nodeid or "collection", outcome="error", message=_first_line(report))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Measure each test under its own name."""
    _report.write("start", id=item.nodeid)
    if _recorder:
        _recorder.switch(item.nodeid)
    yield
    if _recorder:
        _recorder.switch("")


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
    if _recorder:
        for path, record in _recorder.stop().items():
            _report.write("lines", path=path, **record)
    _report.write("end", exit=int(exitstatus))


def _first_line(report):
    crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
    text = crash.message if crash is not None else (str(report.longrepr).strip().splitlines() or [""])[-1]
    return (text.splitlines() or [""])[0][:300]
