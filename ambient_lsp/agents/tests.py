"""TestEnhancer: functions that no test runs, tests for them, and tests that prove nothing or fail by chance."""

from __future__ import annotations

import heapq
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents import eyesight
from ambient_lsp.agents.base import Specialist
from ambient_lsp.agents.house_style import house_style, uses
from ambient_lsp.agents.weak_tests import look_at_tests, run_shuffled
from ambient_lsp.analyzers.base import findings, is_generated, is_test_path
from ambient_lsp.analyzers.styling import layout
from ambient_lsp.analyzers.testing import characterise, confirming, testplaces, testwriting, untested
from ambient_lsp.model import FileEdit, Finding, ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits
from ambient_lsp.text import counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.analyzers.testing.characterise import Observed, Question
    from ambient_lsp.analyzers.testing.testblocks import Subject
    from ambient_lsp.model import Context, Snapshot, Span
    from ambient_lsp.protocols import Coverage, Observation, Workbench

_MOST_FUNCTIONS = 6
_FEW_FILES = 3
_MOST_HINTS = 12
"""In one run over more than a few files: whoever reads them cannot write tests of hundreds of functions."""
_MOST_OBSERVED = 30
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_PAGES = ("README.md", "README.rst", "README.txt", "README")
_STARTERS = frozenset({"subprocess", "pexpect", "sh"})
_HINTS = untested.RULES | {confirming.UNCONFIRMED}
_NOTHING: frozenset[int] = frozenset()
_CONFIRMED = (
    "the docstring's own examples, what must hold of the result, what a plain implementation of the same gives, and the"
    " errors that the code announces."
)
_SNAPSHOTS = (
    "the docstring's own examples, what must hold of the result, and what the code does now at its boundaries. Read the"
    " last as you would a snapshot: needs your eyes."
)
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class TestEnhancer(Specialist):
    """Reports weak tests and untested functions, and proposes tests of what was observed in the sandbox.

    Without a real run of the suite it says nothing about coverage, and without a sandbox it proposes no new test.
    """

    name = "TestEnhancer"
    side_by_side = False
    at_once = 1  # what takes time is the sandbox, which answers one question after the other
    __test__ = False  # pytest would take the class for a test case

    async def propose(self, context: Context, bench: Workbench) -> AsyncIterator[Finding | Proposal]:
        """Yield findings and proposals, the prioritised paths first, then what most files import."""
        settings = bench.settings(self.name)
        first = _prioritised(settings)
        ordered = sorted(
            context.targets,
            # What needs no sandbox comes before what waits for one.
            key=lambda one: (
                not _is_test(one.path, context),
                _rank(one.path, first),
                # Without fixes, nobody waits for the first ones: then the files that others look at too are at hand.
                -len(context.impact.get(one.path, ())) if context.fixes else 0,
            ),
        )
        looked = super().propose(replace(context, targets=tuple(ordered)), bench)
        async for item in looked if len(ordered) <= _FEW_FILES else self._fewer(looked, context, bench):
            yield item
        tests = [one for one in ordered if one.path.endswith(".py") and _is_test(one.path, context)]
        async for finding in run_shuffled(self.name, tests, bench):
            yield finding

    async def _fewer(
        self, items: AsyncIterator[Finding | Proposal], context: Context, bench: Workbench
    ) -> AsyncIterator[Finding | Proposal]:
        """Keep what is untested back to the end, and then tell the few that matter most among all files.

        What a proposal covers is told with it: that is more than a hint.
        """
        waiting: dict[str, Finding] = {}
        async for item in items:
            if not isinstance(item, Finding):
                for one in item.finding_ids:
                    if finding := waiting.pop(one, None):
                        yield finding
            elif item.rule in _HINTS:
                waiting[item.id] = item
                continue
            yield item
        if not waiting:
            return
        coverage = await bench.coverage()
        scores: dict[tuple[str, Span], float] = {}
        for snapshot in context.targets:
            if coverage is not None and any(one.path == snapshot.path for one in waiting.values()):
                asked = _asked(snapshot, context, coverage, bench.settings(self.name))
                scores |= {(snapshot.path, one.span): one.score for one in await bench.cpu(untested.untested, *asked)}
        for hint in heapq.nlargest(_MOST_HINTS, waiting.values(), key=lambda one: scores.get((one.path, one.span), 0)):
            yield hint

    async def look(
        self, snapshot: Snapshot, context: Context, bench: Workbench, settings: Any
    ) -> AsyncIterator[Finding | Proposal]:
        """Yield a test file's weak tests; of any other file the untested functions, then tests for them."""
        if _is_test(snapshot.path, context):
            async for item in look_at_tests(self.name, snapshot, context, bench):
                yield item
            return
        if is_generated(snapshot.text) or not snapshot.path.endswith(".py"):
            return
        coverage = await bench.coverage()
        if coverage is None or not _is_known(snapshot.path, context, coverage, settings):
            return
        asked = _asked(snapshot, context, coverage, settings)
        functions = await bench.cpu(untested.untested, *asked)
        found = findings(self.name, snapshot, await bench.cpu(untested.find, *asked))
        for finding in found:
            yield finding
        async for item in self._tests(snapshot, context, bench, settings, functions, found):
            yield item

    async def _tests(
        self,
        snapshot: Snapshot,
        context: Context,
        bench: Workbench,
        settings: Any,
        functions: Sequence[untested.Untested],
        found: Sequence[Finding],
    ) -> AsyncIterator[Finding | Proposal]:
        module = _module(snapshot.path, context)
        if not functions or not module:
            return
        names = [one.name for one in functions][:_MOST_OBSERVED]
        asked = await bench.cpu(characterise.questions, snapshot.text, names, module, await _page(bench))
        observed = await _observe(bench, module, asked)
        if observed is None:
            return
        snapshots = bool(settings.get("snapshots", False))
        made, odd = await bench.cpu(_subjects, asked, observed, snapshots)
        for finding in findings(self.name, snapshot, _few(odd)):
            yield finding
        if not context.fixes:
            return
        open_ways = {one.name for one in functions if one.open_ways}
        # Whether a test takes a way that was not taken before is for the proof to say, so such a function goes alone.
        chosen = [one for one in made if one.name not in open_ways][:_MOST_FUNCTIONS] or made[:1]
        if not chosen:
            return
        chosen = await _seeing(bench, module, snapshot.text, asked, chosen)
        if not chosen:
            return
        if uses(context, "hypothesis"):
            chosen = await _drawn(bench, module, chosen)
        place, existing = await _test_file(snapshot.path, module, context, bench)
        style = await house_style(snapshot, existing, _test_files(context), context, bench)
        text = existing.text if existing is not None else None
        written = await bench.cpu(testwriting.write, text, module, chosen, style)
        if written is not None:
            like = existing.text if existing is not None else snapshot.text
            laid = await bench.cpu(layout.laid_out, like, written.text, place, str(context.root))
            written = replace(written, text=laid)
            yield _proposal(self.name, snapshot, place, existing, written, chosen, found, settings)


async def _page(bench: Workbench) -> str:
    """Return the project's README."""
    for name in _PAGES:
        if (page := await bench.read(name)) is not None:
            return page.text
    return ""


async def _observe(bench: Workbench, module: str, asked: Sequence[Question]) -> Observed | None:
    """Ask the sandbox in two rounds: what calls give, then what laws hold among what they gave."""
    if not asked:
        return None
    setup = characterise.setup(module, asked)
    first = await bench.observe(characterise.first_round(asked), setup)
    if first is None:
        return None
    observed = {one.expression: one for one in first}
    more = await bench.cpu(characterise.second_round, asked, observed)
    second = await bench.observe(more, setup) if more else ()
    observed.update({one.expression: one for one in second or ()})
    return observed


async def _seeing(
    bench: Workbench, module: str, text: str, asked: Sequence[Question], chosen: Sequence[Subject]
) -> list[Subject]:
    """Leave out tests that notice none of a few mistakes; without an answer from the sandbox, none is left out."""
    sights = await bench.cpu(eyesight.sights, text, list(chosen))
    setup = characterise.setup(module, asked) + eyesight.setup(module, sights)
    observed: dict[str, Observation] = {}
    for _ in range(eyesight.MUTANTS):
        tries = eyesight.questions(sights, observed)
        seen = await bench.observe(tries, setup) if tries else None
        if not seen:
            break
        observed |= {one.expression: one for one in seen}
    return eyesight.seeing(sights, observed) if observed else list(chosen)


async def _drawn(bench: Workbench, module: str, chosen: Sequence[Subject]) -> list[Subject]:
    made = [characterise.drawn(one) for one in chosen]
    if not any(one.drawn for one in made):
        return made
    tries, setup = characterise.third_round(module, made)
    return characterise.held(made, await bench.observe(tries, setup) or ())


def _subjects(asked: Sequence[Question], observed: Observed, snapshots: bool) -> tuple[list[Subject], list[RawFinding]]:
    return characterise.subjects(asked, observed, snapshots=snapshots)


def _few(found: Sequence[RawFinding]) -> list[RawFinding]:
    """Leave out all but a few of the questions about what nothing confirms; what is odd is always told."""
    questions = [one for one in found if one.rule == confirming.UNCONFIRMED][: untested.MOST_FINDINGS]
    return [one for one in found if one.rule != confirming.UNCONFIRMED or one in questions]


def _asked(
    snapshot: Snapshot, context: Context, coverage: Coverage, settings: Any
) -> tuple[str, str, untested.Lines, float, untested.Importance]:
    path = snapshot.path
    lines = untested.Lines(
        coverage.executed.get(path, _NOTHING), coverage.missing.get(path, _NOTHING), coverage.branches.get(path, {})
    )
    first = _prioritised(settings)
    importance = untested.Importance(
        len(context.impact.get(path, ())), _changed(context.diff, path), bool(first) and _rank(path, first) < len(first)
    )
    return snapshot.text, path, lines, float(settings.get("coverage_threshold", 80)), importance


def _is_known(path: str, context: Context, coverage: Coverage, settings: Any) -> bool:
    """Return whether the run tells what is untested in a file, and whether it matters there.

    It does not tell where a test file that imports it, or that what it imports does, could not be loaded; nor what a
    program does that tests start: that is another process.
    """
    wanted = _rank(path, _prioritised(settings)) < len(_prioritised(settings))
    reaching = set(context.tests.get(path, ())) | set(context.impact.get(path, ()))
    aside = testplaces.is_aside(path) or is_test_path(path)  # such as what the tests share
    return (wanted or not aside) and not reaching & coverage.unloaded and not _is_started(path, context)


def _is_started(path: str, context: Context) -> bool:
    """Return whether a file is where a program begins, in a project whose tests start other processes."""
    facts = context.tree.get(path)
    if facts is None or not facts.module:
        return False
    package, _, name = facts.module.rpartition(".")
    main = next((one for one in context.tree.values() if one.module == f"{package}.__main__"), None)
    begins = name == "__main__" or (main is not None and bool({facts.module, f".{name}"} & set(main.imports)))
    command = re.compile(rf"=\s*[\"']?{re.escape(facts.module)}:")
    if not begins and not any(command.search(context.important_files.get(one, "")) for one in _PROJECT_FILES):
        return False
    imported = {one.partition(".")[0] for test in _test_files(context) for one in context.tree[test].imports}
    return bool(_STARTERS & imported)


def _prioritised(settings: Any) -> tuple[str, ...]:
    return tuple(str(one).rstrip("/") for one in settings.get("prioritize_paths", ()))


def _changed(diff: str, path: str) -> frozenset[int]:
    """Return the lines, from 1, that a unified diff adds to or changes in a file."""
    _, _, after = diff.partition(f"+++ b/{path}\n")
    own = after.partition("\n--- ")[0]
    hunks = ((int(start), int(length or 1)) for start, length in _HUNK.findall(own))
    return frozenset(line for start, length in hunks for line in range(start, start + length))


def _rank(path: str, first: Sequence[str]) -> int:
    for position, prefix in enumerate(first):
        if path == prefix or path.startswith(prefix + "/"):
            return position
    return len(first)


def _is_test(path: str, context: Context) -> bool:
    facts = context.tree.get(path)
    return facts.is_test if facts is not None else is_test_path(path)


def _module(path: str, context: Context) -> str:
    """Return the name that a test imports the file by; empty where there is none."""
    facts = context.tree.get(path)
    parts = path.removeprefix("src/").removesuffix(".py").split("/")
    parts = parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts
    name = facts.module if facts is not None and facts.module else ".".join(parts)
    # A script is run, and importing it would run it too; a setup file is none of the project's own code.
    ours = all(part.isidentifier() for part in name.split(".")) and parts[-1] not in {"setup", "__main__", "conftest"}
    return name if ours else ""


async def _test_file(path: str, module: str, context: Context, bench: Workbench) -> tuple[str, Snapshot | None]:
    """Return the test file of a module: the one that has its name and imports it, else a new one."""
    tests = _test_files(context)
    installed = any(name in context.tree or name in context.important_files for name in _PROJECT_FILES)
    own, new = testplaces.places(path, module, tests, installed=installed)
    for other in own:
        existing = await bench.read(other)
        last = module.rpartition(".")[2]
        if existing is not None and (module in existing.text or re.search(rf"\b{re.escape(last)}\b", existing.text)):
            return other, existing
    return new, await bench.read(new)


def _test_files(context: Context) -> list[str]:
    return sorted(
        path for path, facts in context.tree.items() if path.endswith(".py") and (facts.is_test or is_test_path(path))
    )


def _proposal(
    agent: str,
    snapshot: Snapshot,
    test_path: str,
    existing: Snapshot | None,
    written: testwriting.Written,
    chosen: Sequence[Subject],
    found: Sequence[Finding],
    settings: Any,
) -> Proposal:
    names = [one.name for one in chosen]
    listed = ", ".join(f"`{name}`" for name in names)
    if existing is None:
        edit, bases = FileEdit(test_path, "create", text=written.text), {}
    else:
        edit, bases = edits.modify(existing, written.text), {test_path: existing.text}
    snapshots = bool(settings.get("snapshots", False))
    open_values = [value for one in chosen for value in one.unconfirmed][:3]
    left = f" Not tested, since nothing but the code confirms it: {', '.join(open_values)}." if open_values else ""
    cases = sum(len(one.cases) + sum(len(rows) for _, rows in one.laws) for one in chosen)
    cases += sum(typed.checks for one in chosen for typed in one.shown)
    covered = [finding for finding in found if any(f"`{name}`" in finding.message for name in names)]
    return edits.propose(
        agent=agent,
        title=f"Add {counted(len(written.tests), 'test')} of {listed}",
        description=(
            f"Tests of {listed} in {snapshot.path}, in {counted(cases, 'case')}:"
            f" {_SNAPSHOTS if snapshots else _CONFIRMED}"
        ),
        rationale=f"The test run recorded no line, or not every way through the code, of {listed}.{left}",
        risk_level=RiskLevel.MEDIUM if snapshots else RiskLevel.LOW,
        edits=[edit],
        bases=bases,
        findings=covered,
        tags=("tests", "characterisation"),
        proof=ProofPlan(
            ProofKind.TESTS,
            {
                "targets": [[snapshot.path, name] for name in names],
                "test_path": test_path,
                "tests": list(written.tests),
                "repeat": int(settings.get("repeat", 10)),
            },
        ),
    )
