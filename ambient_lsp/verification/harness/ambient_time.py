"""Times one function before and after a patch, on the same inputs, in turns in one process.

The job's keys: `module`, `function`, `base` (module name -> file with its text before the patch), `calls` (recorded
arguments), `rounds` and `seconds` (for all rounds together). Reports `unequal`, `none` or `times`.
"""

import asyncio
import copy
import gc
import importlib
import importlib.util
import inspect
import io
import math
import pickle
import sys
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import ambient_inputs
import ambient_job

_PER_ROUND = 0.004
"""Seconds that one input is at least run for in a round; a single call is shorter than the clock's own trouble."""
_MOST_INPUTS = 5
_MOST_REPEATS = 300
_WORTH = 0.05
"""Inputs that took less than this part of the costliest one's time say nothing about slowness (an empty list, say)."""


class Versions:
    """The touched modules as they were ("base") and as they are ("patched"), both imported."""

    def __init__(self, files):
        self._files = files
        self._modules = {}
        self._serving = False
        sys.meta_path.insert(0, self)

    def find_spec(self, name, _path=None, _target=None):
        """Serve a module's old text while the base version is imported."""
        if self._serving and name in self._files:
            return importlib.util.spec_from_file_location(name, self._files[name])
        return None

    def load(self, version, module):
        """Import one version; return the module in it."""
        for name in self._files:
            sys.modules.pop(name, None)
        self._serving = version == "base"
        try:
            found = importlib.import_module(module)
        finally:
            self._serving = False
        self._modules[version] = {name: sys.modules[name] for name in self._files if name in sys.modules}
        return found

    @contextmanager
    def using(self, version):
        """Make `import` and `pickle` find the modules of one version."""
        for name in self._files:
            sys.modules.pop(name, None)
        sys.modules.update(self._modules[version])
        yield


def same(left, right, depth=0):
    """Return whether two results are alike, where a class and its older self count as one."""
    if type(left).__qualname__ != type(right).__qualname__ or depth > 50:
        return False
    if isinstance(left, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(same(one, two, depth + 1) for one, two in zip(left, right))
    if isinstance(left, dict):
        # In the same order, which a loop over it shows.
        return list(left) == list(right) and all(same(value, right[key], depth + 1) for key, value in left.items())
    if isinstance(left, BaseException):
        return same(left.args, right.args, depth + 1)
    if type(left) is type(right) and type(left).__eq__ is not object.__eq__:
        return bool(left == right)
    if hasattr(left, "__dict__"):
        return same(vars(left), vars(right), depth + 1)
    return left is right or repr(left) == repr(right)


def consume(value):
    """Finish lazy results: making a generator costs nothing, running it does."""
    if inspect.iscoroutine(value):
        return asyncio.run(value)
    return list(value) if inspect.isgenerator(value) or isinstance(value, (map, filter, zip)) else value


class Contest:
    """Both versions of one function."""

    def __init__(self, job):
        self._versions = Versions(job["base"])
        self._functions = {}
        for version in ("base", "patched"):
            function = self._versions.load(version, job["module"])
            for part in job["function"].split("."):
                function = getattr(function, part)
            self._functions[version] = function

    @property
    def function(self):
        """The function as it is after the patch."""
        return self._functions["patched"]

    def call(self, version, data):
        """Call once; return (result or exception, arguments afterwards and what was printed, seconds)."""
        printed = io.StringIO()
        with self._versions.using(version), redirect_stdout(printed), redirect_stderr(printed):
            args, kwargs = pickle.loads(data)
            started = time.perf_counter()
            try:
                result = consume(self._functions[version](*args, **kwargs))
            except Exception as error:  # an exception is a result too; both versions must raise the same
                result = error
            seconds = time.perf_counter() - started
            return (
                copy.copy(result) if isinstance(result, list) else result,
                (args, kwargs, printed.getvalue()),
                seconds,
            )

    def total(self, version, work):
        """Return the seconds that a round of `work` ((data, repeats), ...) takes; making the arguments not counted."""
        function = self._functions[version]
        spent = 0.0
        with self._versions.using(version):
            for data, repeats in work:
                inputs = [pickle.loads(data) for _ in range(repeats)]
                started = time.perf_counter()
                for args, kwargs in inputs:
                    consume(function(*args, **kwargs))
                spent += time.perf_counter() - started
        return spent


def usable(contest, data):
    """Return (seconds of one call of the base, sentence if both versions differ); None for an input of no use."""
    try:
        first, after_first, seconds = contest.call("base", data)
        again, after_again, _ = contest.call("base", data)
    except Exception:  # arguments that cannot be made again here (a class of a test module, say)
        return None
    if not same(first, again) or not same(after_first, after_again):
        return None  # not even equal to itself: time, random numbers, addresses
    new, after_new, _ = contest.call("patched", data)
    if not same(first, new):
        return seconds, "it returned {!r:.80} before and {!r:.80} now".format(first, new)
    if not same(after_first, after_new):
        return seconds, "it changes its arguments, or prints, in another way"
    return (None if isinstance(first, BaseException) else seconds), ""


def main():
    """Do the job."""
    job = ambient_job.load()
    report = ambient_job.Report(job)
    ambient_job.use_tree()
    contest = Contest(job)
    inputs = ambient_inputs.recorded(job["calls"])
    source = "recorded from the tests"
    if not inputs:
        inputs, source = ambient_inputs.made_up(contest.function), "made up from type hints"
    timed = []
    for data in inputs:
        known = usable(contest, data)
        factor = 1
        current = data
        while known is not None:
            seconds, difference = known
            if difference:
                report.write("unequal", message=difference)
                report.write("end", exit=0)
                return
            if seconds is None:
                break  # it raises; that both raise the same is all to know
            timed.append((seconds, current))
            factor *= 8
            if seconds > 0.002 or factor > 10_000:
                break
            current = ambient_inputs.larger(data, factor)
            known = usable(contest, current) if current is not None else None
    if not timed:
        report.write("none", count=len(inputs))
        report.write("end", exit=0)
        return
    timed.sort(key=lambda pair: pair[0], reverse=True)
    work = [
        (data, max(1, min(_MOST_REPEATS, math.ceil(_PER_ROUND / max(seconds, 1e-7)))))
        for seconds, data in timed[:_MOST_INPUTS]
        if seconds >= _WORTH * timed[0][0]
    ]
    gc.collect()
    gc.disable()
    before, after = [], []
    deadline = time.perf_counter() + job["seconds"]
    while len(before) < job["rounds"] or (len(before) < 3 * job["rounds"] and time.perf_counter() < deadline):
        # A B, then B A: whatever gets slower while the machine warms up hits both alike.
        order = ("base", "patched") if len(before) % 2 == 0 else ("patched", "base")
        spent = {version: contest.total(version, work) for version in order}
        before.append(spent["base"])
        after.append(spent["patched"])
    report.write("times", before=before, after=after, inputs=len(work), source=source)
    report.write("end", exit=0)


main()
