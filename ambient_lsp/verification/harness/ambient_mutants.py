"""Runs tests on mutants of one file, one after the other. A mutant is killed when a test fails or does not end.

The job's keys: `target` (the file), `mutants` (files that take its place), `argv` (the tests' command), `inner` (the
job for the plugin in it), `each` and `seconds` (for one mutant, and for all).
"""

import os
import subprocess
import time
from pathlib import Path

import ambient_job

_TESTS_FAILED = 1

job = ambient_job.load()
report = ambient_job.Report(job)
target = Path(job["target"])
original = target.read_bytes()
deadline = time.monotonic() + job["seconds"]
try:
    for mutant in job["mutants"]:
        if time.monotonic() > deadline:
            break
        target.write_bytes(Path(mutant).read_bytes())
        try:
            code = subprocess.run(
                job["argv"],
                env={**os.environ, "AMBIENT_JOB": job["inner"]},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=job["each"],
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = _TESTS_FAILED
        # Any other code says that the mutant could not even be imported, which tells nothing of the tests.
        if code in (0, _TESTS_FAILED):
            report.write("mutant", path=mutant, killed=code == _TESTS_FAILED)
finally:
    target.write_bytes(original)
report.write("end", exit=0)
