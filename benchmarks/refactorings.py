"""Refactorings: real code made worse on purpose, found again, and put right with a proof from the sandbox.

    python -m benchmarks.refactorings inflection boltons          # fetches, unpacks and installs the packages
    python -m benchmarks.refactorings --write docs/refactorings.md --each 3

Each package is planted with up to a few places of every kind (a `not in` turned round, an `any` written as a loop, a
guard clause turned into nesting, a block that stands twice, ...). Then RefactorArchitect looks at the planted files as
it would in an editor, and what it proposes for a planted place is verified: the package's own tests on the base and on
the patched tree, and the number that the fix promises to lower, counted again. Only code that the package's tests run
is planted, by a coverage run on the package as it is: elsewhere nothing could be proven, so nothing would be offered.

Installing a package runs its build on this machine, outside of any sandbox: name only packages that you would install.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
from collections import defaultdict
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from real_repos import fetched, prepare

from ambient_lsp.agents.refactor import RefactorArchitect
from ambient_lsp.analyzers.base import is_test_path
from ambient_lsp.analyzers.refactoring import complexity, deadcode, duplication
from ambient_lsp.analyzers.source import code, read, statements
from ambient_lsp.analyzers.syntax import parse
from ambient_lsp.engine.engine import Engine
from ambient_lsp.engine.run import Run
from ambient_lsp.model import Finding, Proposal, RunRecord, TriggerKind, Verdict, VerdictOutcome
from ambient_lsp.patching.edits import apply_edits
from benchmarks.worse import Worse, places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tree_sitter import Node

    from ambient_lsp.engine.road import Road
    from ambient_lsp.engine.services import Services
    from ambient_lsp.model import Trigger

    Tested = Callable[[str, int, int], bool]

PACKAGES = ["inflection", "boltons", "tabulate", "sortedcontainers", "bottle", "tomlkit"]


@dataclass(frozen=True, slots=True)
class Plant:
    """Something worse in a file: `line` (from 0) to `end` of the planted text."""

    path: str
    worse: Worse
    line: int
    end: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a planted place."""

    package: str
    plant: Plant
    found: bool
    fix: Proposal | None = None
    applies: bool = False
    verdict: Verdict | None = None


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--folder", type=Path, default=Path("build/refactorings"))
    parser.add_argument("--with", dest="extra", action="append", default=[], help="what tests need besides pytest")
    parser.add_argument("--each", type=int, default=1, help="places of each kind in each package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    results: list[Result] = []
    for package in options.packages:
        released = await asyncio.to_thread(fetched, package, folder)
        chance = random.Random(f"{options.seed} {package}")
        results += await one_package(released, folder, options.each, options.extra, chance)
        if options.write:
            await asyncio.to_thread(options.write.write_text, report(results, options.seed), encoding="utf-8")
    print(report(results, options.seed))


async def one_package(released: Path, folder: Path, each: int, extra: list[str], chance: random.Random) -> list[Result]:
    """Plant a copy of a package, and put it right."""
    root = folder / "planted" / released.name
    await asyncio.to_thread(copy, released, root)
    await asyncio.to_thread(prepare, root, extra)
    plants = plant(root, await tested(root), each, chance)
    engine = await Engine.open(root)
    try:
        services = await engine.services()
        road, trigger = road_for(engine, services, sorted({one.path for one in plants}))
        context = await (await services.repository()).pack(trigger)
        findings: list[Finding] = []
        fixes: list[Proposal] = []
        async with aclosing(RefactorArchitect().propose(context, road.bench)) as stream:
            async for item in stream:
                (findings if isinstance(item, Finding) else fixes).append(item)  # type: ignore[arg-type]
        results = []
        for one in plants:
            result = judged(root, released.name, one, findings, fixes)
            if result.fix is not None and result.applies:
                texts = {path: (root / path).read_text("utf-8") for path in result.fix.files_touched}
                result = replace(result, verdict=await services.verify_now(result.fix, texts))
            results.append(result)
            print(line(result), flush=True)
        return results
    finally:
        await engine.close()


def road_for(engine: Engine, services: Services, paths: Sequence[str]) -> tuple[Road, Trigger]:
    trigger = engine.trigger(TriggerKind.COMMAND, tuple(paths))
    run = Run(trigger, RunRecord(trigger.id, trigger.kind, trigger.paths, 0.0), lambda _: None)
    return services.road(run, lambda _: None), trigger


async def tested(root: Path) -> Tested:
    """Return whether all that can run from a line to another one (from 0) of a file is run by a passing test."""
    engine = await Engine.open(root)
    try:
        road, _ = road_for(engine, await engine.services(), ())
        coverage = await road.bench.coverage()
    finally:
        await engine.close()
    if coverage is None:
        raise SystemExit(f"The tests of {root.name} could not be run: nothing is planted.")

    def is_tested(path: str, first: int, last: int) -> bool:
        lines = range(first + 1, last + 2)
        missed = coverage.missing.get(path, frozenset())
        return missed.isdisjoint(lines) and any((path, line) in coverage.tests_by_line for line in lines)

    return is_tested


def copy(released: Path, root: Path) -> None:
    """Copy a package; an environment that an earlier run made for the copy stays."""
    for old in root.iterdir() if root.is_dir() else ():
        if old.name != ".venv":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.copytree(released, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".venv", ".ambient", ".git"))


def plant(root: Path, is_tested: Tested, each: int, chance: random.Random) -> list[Plant]:
    """Write the planted files; return what was planted: one place of a function at most."""
    texts: dict[str, str] = {}
    for file in sorted(root.rglob("*.py")):
        path = file.relative_to(root).as_posix()
        if not is_test_path(path) and not {"docs", ".venv", "build", "benchmarks"} & set(file.parts):
            texts[path] = file.read_text("utf-8")
    known = [
        (path, worse)
        for path, text in texts.items()
        for worse in places(text)
        if is_tested(path, *lines_of(text, worse))
    ]
    chance.shuffle(known)
    taken: defaultdict[str, int] = defaultdict(int)
    used: set[tuple[str, str]] = set()
    chosen: defaultdict[str, list[Worse]] = defaultdict(list)
    for path, worse in known:
        if taken[worse.rules[0]] < each and (path, worse.symbol) not in used:
            taken[worse.rules[0]] += 1
            used.add((path, worse.symbol))
            chosen[path].append(worse)
    plants: list[Plant] = []
    for path, many in chosen.items():
        text, new = texts[path], planted(texts[path], many)
        (root / path).write_text(new, encoding="utf-8")
        shift = 0
        for worse in sorted(many, key=lambda one: one.edits[0].start):
            start = worse.edits[0].start + shift
            shift += sum(len(edit.text.encode()) - (edit.end - edit.start) for edit in worse.edits)
            end = worse.edits[-1].end + shift
            data = new.encode()
            plants.append(Plant(path, worse, data[:start].count(b"\n"), data[:end].count(b"\n")))
        assert text != new
    return [*plants, *copies(root, texts, is_tested, used, each, chance)]


def lines_of(text: str, worse: Worse) -> tuple[int, int]:
    """Return the first and the last line that a planted place takes the place of."""
    if worse.rules[0] == deadcode.UNUSED:  # a new function in front of another one, which stands for its module
        function = next(one for one in read(text).functions if one.node.start_byte == worse.edits[0].start)
        first = next(one for one in statements(function.body) if not code(one).startswith(('"', "'", "r'", 'r"')))
        return first.start_point[0], first.start_point[0]
    data = text.encode()
    return data[: worse.edits[0].start].count(b"\n"), data[: worse.edits[-1].end].count(b"\n")


def planted(text: str, many: Sequence[Worse]) -> str:
    return read(text).changed([edit for worse in many for edit in worse.edits])


def copies(
    root: Path,
    texts: dict[str, str],
    is_tested: Tested,
    used: set[tuple[str, str]],
    each: int,
    chance: random.Random,
) -> list[Plant]:
    """Plant the body of a function a second time, in a function at the end of the same file or of another one."""
    from ambient_lsp.analyzers.refactoring.extraction import extract

    made: list[Plant] = []
    known = [(path, one) for path, text in texts.items() for one in read(text).functions if not one.nested]
    chance.shuffle(known)
    for path, function in known:
        body = [one for one in statements(function.body) if not code(one).startswith(('"', "'", "r'", 'r"'))]
        if len(made) == each or function.in_class or (path, function.qualname) in used or len(body) < 3:
            continue
        if not is_tested(path, body[0].start_point[0], body[-1].end_point[0]):
            continue
        if (
            body[-1].type != "return_statement"
            or not body[-1].named_children
            or any(word in code(function.node) for word in ("yield", "async", "lambda", "global "))
        ):
            continue
        current = (root / path).read_text("utf-8")
        source = read(texts[path])
        header = code(function.node.child_by_field_name("parameters"))
        parameters = function.node.child_by_field_name("parameters")
        given = arguments(parameters)
        if given is None or parameters is None:
            continue
        lines = [source.line(number) for number in range(body[0].start_point[0], body[-2].end_point[0] + 1)]
        value = code(body[-1].named_children[0])
        again = f"{function.name}_again"
        # Called by the original, so that whatever tests that one runs the copy too.
        current = current.replace(
            code(function.node), code(function.node).replace(lines[0], f"    {again}({given})\n{lines[0]}", 1), 1
        )
        extra = f"\n\n\ndef {again}{header}:\n" + "\n".join(lines) + f"\n    return [{value}]\n"
        new = current.rstrip("\n") + extra
        repeated = duplication.clones({path: duplication.index(new)}, [path], 6)
        mine = [clone for clone in repeated if any(place.symbol == again for place in clone.places)]
        if not mine or extract({path: new}, mine[0].places, {}, path) is None:
            continue
        (root / path).write_text(new, encoding="utf-8")
        first = min(place.start_line for place in mine[0].places)
        last = max(place.end_line for place in mine[0].places)
        made.append(Plant(path, Worse((duplication.DUPLICATE,), function.qualname, ()), first, last))
    return made


def arguments(parameters: Node | None) -> str | None:
    """Return what passes a function's own parameters on; None where they are not plain names."""
    given = []
    for one in parameters.named_children if parameters is not None else ():
        named = one.child_by_field_name("name") or (one.named_children[0] if one.named_children else one)
        if one.type not in {"identifier", "typed_parameter", "default_parameter", "typed_default_parameter"}:
            return None
        given.append(code(named))
    return ", ".join(given)


def judged(root: Path, package: str, one: Plant, findings: list[Finding], fixes: list[Proposal]) -> Result:
    mine = [
        finding
        for finding in findings
        if finding.path == one.path
        and finding.rule in one.worse.rules
        and (
            one.line - 1 <= finding.span.start_line <= one.end + 3
            # A function that is flattened as a whole is told at its name.
            or (finding.rule == complexity.COMPLEX and f"`{one.worse.symbol}`" in finding.message)
        )
    ]
    exact = {finding.id for finding in mine if finding.rule == one.worse.rules[0]}
    ids = [exact, {finding.id for finding in mine}]
    fix = next((fix for wanted in ids for fix in fixes if wanted & set(fix.finding_ids)), None)
    found = bool(exact) or fix is not None
    if fix is None:
        return Result(package, one, found)
    texts = {path: (root / path).read_text("utf-8") for path in fix.files_touched}
    after = apply_edits(texts, fix.edits)
    return Result(package, one, found, fix, applies=all(parse(text or "") is not None for text in after.values()))


def line(result: Result) -> str:
    plant, verdict = result.plant, result.verdict
    state = "missed" if not result.found else "no fix"
    if result.fix is not None:
        state = "does not apply" if not result.applies else "not checked"
    if verdict is not None:
        state = verdict.outcome.value
        if verdict.outcome is not VerdictOutcome.PASSED:
            state = "not reached" if "runs these lines" in verdict.reason else f"{state}: {verdict.reason}"
    numbers = ", ".join(f"{one.name} {one.before:g} → {one.after:g}" for one in verdict.measurements) if verdict else ""
    if result.fix is not None and not numbers:
        numbers = result.fix.rationale
    where = f"{plant.path}:{plant.line + 1} `{plant.worse.symbol}`"
    return f"| {result.package} | {plant.worse.rules[0]} | {where} | {state} | {numbers} |"


def report(results: list[Result], seed: int) -> str:
    found = sum(one.found for one in results)
    fixes = [one for one in results if one.fix is not None]
    applied = sum(one.applies for one in fixes)
    proven = sum(one.verdict is not None and one.verdict.outcome is VerdictOutcome.PASSED for one in fixes)
    failed = sum(one.verdict is not None and one.verdict.outcome is VerdictOutcome.FAILED for one in fixes)
    parts = [
        "# Refactorings",
        "",
        "Made by `python -m benchmarks.refactorings --write docs/refactorings.md`; do not edit by hand.",
        "",
        (__doc__ or "").split("\n\n")[2].strip(),
        "",
        f"{len(results)} places planted (seed {seed}): {found} found, {len(fixes)} with a fix, {applied} of them apply,"
        f" {proven} proven and so offered, {failed} shown to be wrong by a test,"
        f" {len(fixes) - proven - failed} not reached by any test of the package or not checked.",
        "",
        "| package | rule | planted at | outcome | measured |",
        "|---|---|---|---|---|",
        *map(line, results),
        "",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    asyncio.run(main())
