"""Runs tests on mutants of one file, one after the other, and says which tests notice each.

The job's keys: `target` (the file), `mutants` (files that take its place), `argv` (pytest's arguments), `inner` (the job
for the plugin in it), `each` and `seconds` (for one mutant, and for all). pytest is imported once; every mutant has a
fork of its own, in which nothing of the project is imported yet.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import ambient_job

_TESTS_FAILED = 1
_BAD = ("failed", "error")


def run(argv, inner):
    """Run pytest in this process, which is a fork that ends with it."""
    os.environ["AMBIENT_JOB"] = inner
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.setsid()
    ambient_job.use_tree()
    import ambient_results
    import pytest

    os._exit(int(pytest.main(argv, plugins=[ambient_results])))


def watched(child, seconds):
    """Return the child's exit code; None when it did not end in time and was ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else _TESTS_FAILED
        time.sleep(0.01)
    for end in (os.killpg, os.kill):
        try:
            end(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    os.waitpid(child, 0)
    return None


def noticed(out):
    """Return the tests that failed, and those that could be run at all."""
    try:
        records = [json.loads(line) for line in Path(out).read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return [], []
    tests = [record for record in records if record["kind"] == "test"]
    return [one["id"] for one in tests if one["outcome"] in _BAD], [one["id"] for one in tests]


def main():
    """Do the job."""
    job = ambient_job.load()
    report = ambient_job.Report(job)
    try:
        import pytest  # noqa: F401 - once, for all forks
    except ImportError:
        report.write("no-pytest")
        sys.exit(1)
    inner = json.loads(Path(job["inner"]).read_text(encoding="utf-8"))
    target = Path(job["target"])
    original = target.read_bytes()
    deadline = time.monotonic() + job["seconds"]
    sys.dont_write_bytecode = True  # a mutant of the same size and second would be taken for the one before
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    try:
        for mutant in job["mutants"]:
            if time.monotonic() > deadline:
                break
            target.write_bytes(Path(mutant).read_bytes())
            Path(inner["out"]).unlink() if Path(inner["out"]).exists() else None
            child = os.fork()
            if child == 0:
                try:
                    run(job["argv"], job["inner"])
                finally:
                    os._exit(_TESTS_FAILED + 1)
            code = watched(child, job["each"])
            failed, ran = noticed(inner["out"])
            # A mutant that cannot even be imported, or ends pytest itself, tells nothing of the tests.
            if code is None:
                report.write("mutant", path=mutant, killed=True, noticed=failed, hung=True)
            elif code in (0, _TESTS_FAILED) and ran:
                report.write("mutant", path=mutant, killed=code == _TESTS_FAILED, noticed=failed, hung=False)
    finally:
        target.write_bytes(original)
    report.write("end", exit=0)


main()
