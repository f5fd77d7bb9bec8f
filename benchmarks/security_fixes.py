"""Every fix for the vulnerable programs of the security benchmark: drafted, applied, looked at again, and counted.

    python -m benchmarks.security_fixes                  # the tables go to the terminal
    python -m benchmarks.security_fixes --write          # and into docs/security-fixes.md
    python -m benchmarks.security_fixes --show command   # every fix of a category as a diff, for reading
    python -m benchmarks.security_fixes --part last      # the programs of one folder only

Each program is a small project of its own with a formatter set up. Fixes are made as SecurityGuardian makes them, and
applied by the product's own edits; `ruff`, aimed at Python 3.8, then says whether anything is wrong with the new file
that was not wrong with the old one. Behaviour is another matter: `benchmarks/security_fixes_proven.py`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.agents.security import SecurityGuardian, fixes
from ambient_lsp.analyzers import ruff, security
from ambient_lsp.analyzers.base import findings, parse
from ambient_lsp.patching import edits
from ambient_lsp.text import freeze
from benchmarks.security import corpus
from benchmarks.security.__main__ import write_out
from benchmarks.security.ours import THRESHOLD, others

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ambient_lsp.analyzers.fixes.security import Fixed
    from ambient_lsp.model import Finding
    from benchmarks.security.corpus import Case

PAGE = Path(__file__).parents[1] / "docs" / "security-fixes.md"
MARK = "<!-- what follows is made by benchmarks/security_fixes.py -->"
SETTINGS = "line-length = 120\n"
LINT = ruff.Selection(select=("F401", "F811", "F821", "F841", "I001"), isolated=True,
                      config=('target-version="py38"', "line-length=120"))  # fmt: skip
"""Unused and repeated imports, names that are not there, imports out of order; and syntax that 3.8 does not have."""
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Judged:
    """One fix. Each of the flags after `text` is what a reviewer would want to be true."""

    case: Case
    path: str
    rule: str
    title: str
    diff: str
    text: str
    applies: bool
    parses: bool
    gone: bool
    nothing_new: bool
    laid_out: bool
    clean: bool
    like_twin: bool

    @property
    def flags(self) -> dict[str, bool]:
        """The checks by name, but for the last one, which is a matter of taste."""
        names = [field.name for field in fields(self)]
        return {name: getattr(self, name) for name in names[names.index("applies") : names.index("like_twin")]}


@dataclass(frozen=True, slots=True)
class Looked:
    """One vulnerable program: the rules of the right family that it broke, those that a fix ends, and every fix."""

    case: Case
    found: tuple[str, ...]
    fixed: tuple[str, ...]
    drafts: tuple[Judged, ...]


def look(folder: Path, cases: Sequence[Case]) -> list[Looked]:
    """Fix every vulnerable program, each in a folder of its own below `folder`."""
    cases = [case for case in cases if case.vulnerable]
    write_out(cases, folder)
    for case in cases:
        (folder / case.name / "ruff.toml").write_text(SETTINGS, encoding="utf-8")
    texts = {f"{case.name}/{path}": text for case in cases for path, text in case.files.items() if path.endswith(".py")}
    reports = ruff.check_many(texts, str(folder), security.SELECTION)
    twins = {case.name: case for case in corpus.read() if not case.vulnerable}
    return [_look(folder, case, twins[f"{case.name[:-1]}s"], reports) for case in cases]


def _look(folder: Path, case: Case, twin: Case, reports: dict[str, ruff.Report]) -> Looked:
    found: list[str] = []
    fixed: list[str] = []
    drafts: list[Judged] = []
    for path, text in case.files.items():
        if not path.endswith(".py"):
            continue
        root = str(folder / case.name)
        report = reports[f"{case.name}/{path}"]
        raws = security.judge(text, path, root, report, THRESHOLD, others(path, case.files))
        before = findings(SecurityGuardian.name, freeze(Path(root), path, text), raws)
        here = [finding for finding in before if _of_family(finding, case)]
        found += [finding.rule for finding in here]
        gone: set[str] = set()
        by_place = {(finding.rule, finding.span): finding for finding in before}
        in_order = [by_place[raw.rule, raw.span] for raw in raws]
        for one in fixes(text, path, root, raws):
            named = [in_order[index] for index in one.indexes]
            judged, after = _judged(folder, case, twin, path, one, before, named)
            drafts.append(judged)
            gone |= {finding.id for finding in here} - after
        fixed += [finding.rule for finding in here if finding.id in gone]
    return Looked(case, tuple(found), tuple(fixed), tuple(drafts))


def _of_family(finding: Finding, case: Case) -> bool:
    return any(int(tag[4:]) in case.family for tag in finding.tags if tag.startswith("cwe-"))


def _judged(
    folder: Path, case: Case, twin: Case, path: str, one: Fixed, before: list[Finding], named: list[Finding]
) -> tuple[Judged, set[str]]:
    """Return what can be said of one fix, and the ids of what is found after it."""
    root = folder / case.name
    text = case.files[path]
    snapshot = freeze(root, path, text)
    made = [edits.modify(snapshot, one.text)]
    new = edits.apply_edits({path: text}, made)[path] or ""
    diff = edits.render(made, {path: text})
    taken = subprocess.run(["git", "apply", "--check", "-"], cwd=root, input=diff.encode(), check=False).returncode == 0
    report = ruff.check(new, path, str(root), security.SELECTION)
    raws = security.judge(new, path, str(root), report, THRESHOLD, others(path, case.files))
    after = findings(SecurityGuardian.name, freeze(root, path, new), raws)
    ids = {finding.id for finding in after}
    was, now = (Counter(finding.rule for finding in some) for some in (before, after))
    judged = Judged(
        case,
        path,
        named[0].rule,
        one.title,
        diff,
        new,
        applies=taken and new == one.text,
        parses=not parse(new).root_node.has_error,
        gone=not ids & {finding.id for finding in named},
        nothing_new=all(now[rule] <= was[rule] for rule in now),
        laid_out=ruff.formatted(text, path, str(root)) != text or ruff.formatted(new, path, str(root)) == new,
        clean=not _lint(new, path, root) - _lint(text, path, root),
        like_twin=_is_like(text, new, twin.files.get(path, "")),
    )
    return judged, ids


def _lint(text: str, path: str, root: Path) -> Counter[tuple[str, str]]:
    report = ruff.check(text, path, str(root), LINT)
    broken = [("syntax", report.syntax_error.message)] if report.syntax_error is not None else []
    return Counter([(found.code, found.message) for found in report.diagnostics] + broken)


def _is_like(old: str, new: str, twin: str) -> bool:
    """Whether a fix brings in, or takes away, a word that the safe twin does too."""
    words = {name: Counter(_WORD.findall(text)) for name, text in (("old", old), ("new", new), ("twin", twin))}
    added, wanted = words["new"] - words["old"], words["twin"] - words["old"]
    if any(word in wanted for word in added if word.isidentifier()):
        return True
    removed, unwanted = words["old"] - words["new"], words["old"] - words["twin"]
    return not any(word.isidentifier() for word in added) and any(word in unwanted for word in removed)


def by_category(looked: Iterable[Looked]) -> str:
    """Return the table of programs by category."""
    rows: dict[str, Counter[str]] = {}
    for one in looked:
        row = rows.setdefault(one.case.category, Counter())
        row.update(programs=1, found=int(bool(one.found)), fixed=int(bool(one.fixed)), drafts=len(one.drafts))
        row.update(name for draft in one.drafts for name, true in draft.flags.items() if true)
        row.update(like_twin=sum(draft.like_twin for draft in one.drafts))
    return _table("category", rows, ("programs", "found", "fixed"))


def by_rule(looked: Iterable[Looked]) -> str:
    """Return the table of fixes by rule."""
    rows: dict[str, Counter[str]] = {}
    for one in looked:
        for draft in one.drafts:
            row = rows.setdefault(f"`{draft.rule}`", Counter())
            row.update(drafts=1, like_twin=int(draft.like_twin))
            row.update(name for name, true in draft.flags.items() if true)
    return _table("rule", rows, ())


_TITLES = {
    "drafts": "fixes", "applies": "apply", "parses": "parse", "gone": "finding gone", "nothing_new": "nothing new",
    "laid_out": "laid out", "clean": "lint clean", "like_twin": "as the twin",
}  # fmt: skip


def _table(what: str, rows: dict[str, Counter[str]], first: tuple[str, ...]) -> str:
    columns = [*first, *_TITLES]
    lines = [f"| {what} | {' | '.join(_TITLES.get(one, one) for one in columns)} |", "|---" * (len(columns) + 1) + "|"]
    everything: Counter[str] = Counter()
    for name in sorted(rows):
        everything.update(rows[name])
        lines.append(f"| {name} | {' | '.join(str(rows[name][one]) for one in columns)} |")
    lines.append(f"| **all** | {' | '.join(f'**{everything[one]}**' for one in columns)} |")
    return "\n".join(lines)


def failures(looked: Iterable[Looked]) -> Iterator[str]:
    """Yield a line for each fix that a check says no to."""
    for one in looked:
        for draft in one.drafts:
            wrong = [_TITLES[name] for name, true in draft.flags.items() if not true]
            if wrong:
                yield f"{one.case.name}: {draft.rule}: {draft.title}: not {', not '.join(wrong)}"


def report(looked: list[Looked]) -> str:
    """Return the generated part of the page."""
    wrong = [f"- {line}" for line in failures(looked)]
    parts = ["## By category", by_category(looked), "## By rule", by_rule(looked)]
    return "\n\n".join([*parts, *(["## What a check says no to", "\n".join(wrong)] if wrong else [])]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--show", metavar="CATEGORY", help="every fix of a category, or of `all`, as a diff")
    parser.add_argument("--part", choices=corpus.FOLDERS, help="the programs of one folder")
    options = parser.parse_args()
    cases = [case for case in corpus.read() if options.part in (None, case.part)]
    if options.show not in (None, "all"):
        cases = [case for case in cases if case.category == options.show]
    with tempfile.TemporaryDirectory() as scratch:
        looked = look(Path(scratch).resolve(), cases)
    if options.show:
        for draft in (draft for one in looked for draft in one.drafts):
            sys.stdout.write(f"{draft.case.name}: {draft.rule}: {draft.title}\n{draft.diff}\n")
    page = report(looked)
    sys.stdout.write(page)
    if options.write:
        head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
        PAGE.write_text(f"{head}{MARK}\n\n{page}", encoding="utf-8")


if __name__ == "__main__":
    main()
