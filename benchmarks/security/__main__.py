"""Ours, bandit and ruff's rules S on the labelled programs, in one run.

    python -m benchmarks.security [--write] [--show CATEGORY] [--open]

prints the tables; `--write` puts them into `docs/security-benchmark.md`, `--show` lists what we got wrong, and
`--open` leaves the unseen programs alone, for work on the rules. bandit is in the extra `bench`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.security import corpus, page, peers, scores
from benchmarks.security.ours import ours

PAGE = Path(__file__).parents[2] / "docs" / "security-benchmark.md"


def write_out(cases: list[corpus.Case], folder: Path) -> None:
    """Write each case's files into a folder of its own."""
    for case in cases:
        for path, text in case.files.items():
            file = folder / case.name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.security")
    parser.add_argument("--write", action="store_true", help="write docs/security-benchmark.md")
    parser.add_argument("--show", metavar="CATEGORY", help="list what we got wrong in a category, or in 'all'")
    parser.add_argument("--open", action="store_true", help="without the unseen programs")
    options = parser.parse_args()
    cases = [case for case in corpus.read() if not (options.open and case.part == "unseen")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve()
        write_out(cases, folder)
        reports: dict[str, peers.Report] = {}
        seconds: dict[str, float] = {}
        for name, tool in (("ours", lambda: ours(folder, cases)), ("bandit", lambda: peers.bandit(folder)),
                           ("ruff S", lambda: peers.ruff(folder))):  # fmt: skip
            started = time.perf_counter()
            report = tool()
            seconds[name] = time.perf_counter() - started
            if report is None:
                print(f"{name} is not installed, so it is left out: pip install 'ambient-lsp[bench]'", file=sys.stderr)
            else:
                reports[name] = report
    if options.show:
        chosen = [case for case in cases if options.show in ("all", case.category)]
        for case, what in scores.failures(reports["ours"], chosen):
            print(f"{case.name:36} {what:40} {case.title}")
        return
    text = page.render(cases, reports, seconds)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
