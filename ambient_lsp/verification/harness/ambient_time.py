"""Times one function before and after a patch, on the same inputs, in turns in one process.

The job's keys: `module`, `function`, `base` (module name -> file with its text before the patch), `calls` (recorded
arguments), `rounds` and `seconds` (for all rounds together), `allowed` (pairs of exceptions that count as the same) and
`measure`: "time", "memory" (the peak beside the time) or "together" (the time of several calls of a coroutine at once).
Reports `unequal`, `none` or `times`, and `peaks` where memory is asked for.
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
import signal
import sys
import time
import tracemalloc
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import ambient_inputs
import ambient_job

_PER_ROUND = 0.004
"""Seconds that one input is at least run for in a round; a single call is shorter than the clock's own trouble."""
_LONGEST_CALL = 3.0
"""Seconds after which an input is given up: a recursion may not end in a lifetime."""
_TOGETHER = 5
_MOST_INPUTS = 5
_PLAIN = 0.8
"""Where each round is this much faster, more of them say nothing new."""
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


class TooLong(BaseException):
    """A call took longer than an input is worth."""


@contextmanager
def limited(seconds):
    """Raise `TooLong` in the body after some seconds, where the system has a timer for that."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_signal, _frame):
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def warned():
    """Give the list of what is warned of in the body. Printed, a warning would tell its line, and only once for each."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)  # it comes when garbage is collected
        yield told


def forget(function):
    """Empty a function's cache: what counts is the first call with some arguments."""
    clear = getattr(function, "cache_clear", None)
    if clear is not None:
        clear()


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
                self.owner = function if isinstance(function, type) else None
                function = getattr(function, part)
            self._functions[version] = function
        self._allowed = [tuple(pair) for pair in job.get("allowed", ())]
        self._together = job.get("measure") == "together"

    @property
    def function(self):
        """The function as it is after the patch."""
        return self._functions["patched"]

    def call(self, version, data):
        """Call once; return (result or exception, arguments afterwards, what was printed and warned of, seconds)."""
        printed = io.StringIO()
        with self._versions.using(version), redirect_stdout(printed), redirect_stderr(printed), warned() as told:
            args, kwargs = pickle.loads(data)
            forget(self._functions[version])
            started = time.perf_counter()
            try:
                with limited(_LONGEST_CALL):
                    result = consume(self._functions[version](*args, **kwargs))
            except Exception as error:  # an exception is a result too; both versions must raise the same
                result = error
            seconds = time.perf_counter() - started
            return (
                copy.copy(result) if isinstance(result, list) else result,
                (args, kwargs, printed.getvalue(), [(one.category.__name__, str(one.message)) for one in told]),
                seconds,
            )

    def total(self, version, work):
        """Return the seconds that a round of `work` ((data, repeats), ...) takes; making the arguments not counted.

        It is the processor's time: what else the machine does at the moment must not decide.
        """
        function = self._functions[version]
        remembers = hasattr(function, "cache_clear")
        spent = 0.0
        with self._versions.using(version), redirect_stdout(io.StringIO()):
            for data, repeats in work:
                if self._together:
                    inputs = [pickle.loads(data) for _ in range(_TOGETHER)]
                    spent += at_once(function, inputs)
                    continue
                inputs = [pickle.loads(data) for _ in range(repeats)]
                if remembers:
                    for args, kwargs in inputs:
                        forget(function)
                        started = time.process_time()
                        function(*args, **kwargs)
                        spent += time.process_time() - started
                    continue
                started = time.process_time()
                for args, kwargs in inputs:
                    consume(function(*args, **kwargs))
                spent += time.process_time() - started
        return spent

    def peak(self, version, work):
        """Return the most bytes that a call of `work` holds at once."""
        most = 0
        with self._versions.using(version), redirect_stdout(io.StringIO()):
            for data, _ in work:
                args, kwargs = pickle.loads(data)
                tracemalloc.start()
                try:
                    consume(self._functions[version](*args, **kwargs))
                    most = max(most, tracemalloc.get_traced_memory()[1])
                finally:
                    tracemalloc.stop()
        return most

    def alike(self, first, new):
        """Return whether two results count as the same."""
        if isinstance(first, BaseException) and isinstance(new, BaseException):
            if (type(first).__name__, type(new).__name__) in self._allowed:
                return True
        return same(first, new)


def at_once(function, inputs):
    """Return the seconds that several calls of a coroutine take in one event loop."""

    async def run():
        started = time.perf_counter()
        await asyncio.gather(*(function(*args, **kwargs) for args, kwargs in inputs))
        return time.perf_counter() - started

    return asyncio.run(run())


def usable(contest, data, guessed=False):
    """Return (seconds of one call of the base, sentence if both versions differ); None for an input of no use.

    A guessed input that the base cannot work with says nothing.
    """
    try:
        first, after_first, seconds = contest.call("base", data)
        again, after_again, once_more = contest.call("base", data)
    except (Exception, TooLong):  # arguments that cannot be made again here (a class of a test module, say)
        return None
    seconds = min(seconds, once_more)  # a busy machine may hold one call up, and a short input look long enough
    if guessed and isinstance(first, BaseException):
        return None
    if not same(first, again) or not same(after_first, after_again):
        return None  # not even equal to itself: time, random numbers, addresses
    try:
        new, after_new, _ = contest.call("patched", data)
    except TooLong:
        return seconds, f"it took {seconds:.2f} seconds before, and more than {_LONGEST_CALL:g} now"
    if not contest.alike(first, new):
        return seconds, "it returned {!r:.80} before and {!r:.80} now".format(first, new)
    if not same(after_first, after_new):
        return seconds, "it changes its arguments, or prints, in another way"
    return (None if isinstance(first, BaseException) else seconds), ""


def tried(contest, inputs, guessed):
    """Return ([(seconds, input), ...] of what can be timed, larger ones too; a sentence if both versions differ)."""
    timed = []
    deadline = time.perf_counter() + 10 * _LONGEST_CALL
    for data in inputs:
        known = usable(contest, data, guessed)
        factor, step, current = 1, 0, data
        while known is not None and time.perf_counter() < deadline:
            seconds, difference = known
            if difference:
                return [], difference
            if seconds is None:
                break  # it raises; that both raise the same is all to know
            timed.append((seconds, current))
            factor *= 8
            if seconds > 0.002 or factor > 10_000_000:
                break
            grown = ambient_inputs.larger(data, factor) if factor <= 10_000 else None
            if grown is None:
                step += 1
                grown = ambient_inputs.higher(current, step)
            current = grown
            known = usable(contest, current, guessed) if current is not None else None
    return timed, ""


def main():
    """Do the job."""
    job = ambient_job.load()
    report = ambient_job.Report(job)
    ambient_job.use_tree(job["module"])
    contest = Contest(job)
    inputs, guessed = ambient_inputs.recorded(job["calls"]), False
    source = "recorded from the tests"
    if not inputs:
        inputs, guessed = ambient_inputs.made_up(contest.function, contest.owner)
        source = "guessed" if guessed else "made up from type hints"
    timed, difference = tried(contest, inputs, guessed)
    if inputs and not timed and not difference and not guessed and source.startswith("recorded"):
        # What the tests call it with cannot be made again, or takes too long.
        inputs, guessed = ambient_inputs.made_up(contest.function, contest.owner)
        source = "guessed" if guessed else "made up from type hints"
        timed, difference = tried(contest, inputs, guessed)
    if difference:
        report.write("unequal", message=difference)
        report.write("end", exit=0)
        return
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
        if len(before) >= job["rounds"] and all(new < _PLAIN * old for old, new in zip(before, after)):
            break
    report.write("times", before=before, after=after, inputs=len(work), source=source)
    if job.get("measure") == "memory":
        report.write("peaks", before=contest.peak("base", work), after=contest.peak("patched", work))
    report.write("end", exit=0)


main()
