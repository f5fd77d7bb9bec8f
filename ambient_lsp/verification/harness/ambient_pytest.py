"""Runs pytest with our plugins. Started as a script, so that this folder need not be on the project's PYTHONPATH."""

import sys

import ambient_job

job = ambient_job.load()
ambient_job.use_tree()
try:
    import pytest
except ImportError:
    ambient_job.Report(job).write("no-pytest")
    sys.exit(1)

import ambient_results  # noqa: E402 - it needs pytest, and measures from its import on

plugins = [ambient_results]
if job.get("calls"):
    import ambient_record

    plugins.append(ambient_record)
if job.get("queries"):
    import ambient_queries

    plugins.append(ambient_queries)
sys.exit(int(pytest.main(sys.argv[1:], plugins=plugins)))
