"""The verdict on a proposal: the project's tests and checks on both trees, and the proof of its kind."""

from __future__ import annotations

import asyncio
import functools
import time
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.errors import AmbientError
from ambient_lsp.model import CheckResult, ProofKind, Verdict, VerdictOutcome
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.protocols import Readiness
from ambient_lsp.sandbox import layout
from ambient_lsp.verification import compare
from ambient_lsp.verification.baseline import Baseline
from ambient_lsp.verification.checks import Check, find_checks, observe, run_check
from ambient_lsp.verification.conditions import conditions
from ambient_lsp.verification.covered import coverage_of
from ambient_lsp.verification.examine import all_checks, expressions, moody_tests
from ambient_lsp.verification.proof.base import Case, Proof, Trial, failed, inconclusive, passed
from ambient_lsp.verification.proof.registry import sandbox_prover, text_prover
from ambient_lsp.verification.reach import measurable, unshown
from ambient_lsp.verification.selection import Selection, count_test_files, is_test, select
from ambient_lsp.verification.testrun import TestRun, compile_files, run_files, run_tests
from ambient_lsp.verification.trees import OpenTree, open_tree, stage_harness
from ambient_lsp.verification.undefined import newly_undefined

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.config import Sandbox as SandboxSettings
    from ambient_lsp.model import FileEdit, Proposal
    from ambient_lsp.protocols import Checkouts, Coverage, Observation, Recheck, Sandbox, Session

    CustomCheck = Callable[[Session], Awaitable[CheckResult]]

T = TypeVar("T")

_LONGEST_TO_SHUFFLE = 20.0
_FEW_FILES = 3

NONSENSE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What comes of reading a report that is not what our scripts write."""


class Verifier:
    """Judges proposals of one repository. `sandbox` None means that every verdict is inconclusive.

    `tests_for` returns the test files that reach the given files. `cache_dir` keeps baselines; it may be deleted. `cpu`
    runs a function on texts of the repository, best in another process.
    """

    def __init__(
        self,
        sandbox: Sandbox | None,
        checkouts: Checkouts,
        settings: SandboxSettings,
        project: Path,
        cache_dir: Path,
        tests_for: Callable[[Sequence[str]], tuple[str, ...]],
        cpu: Callable[..., Awaitable[Any]] = asyncio.to_thread,
    ) -> None:
        self._sandbox = sandbox
        self._checkouts = checkouts
        self._settings = settings
        self._project = project
        self._cache_dir = cache_dir
        self._tests_for = tests_for
        self._cpu = cpu
        self._limits = layout.limits(settings)
        self._baseline = Baseline(cache_dir / "baseline")
        self._custom: dict[str, CustomCheck] = {}
        self._readiness: Readiness | None = None
        self._image = ""
        self._conditions = ""
        self._unmeasured = ""
        self._shuffled: tuple[tuple[str, ...], Mapping[str, str]] = ((), {})

    def register(self, name: str, check: CustomCheck) -> None:
        """Add a check in Python. It runs on the patched tree, and if it fails there, on the base tree too."""
        self._custom[name] = check

    async def verify(
        self,
        proposal: Proposal,
        tree: str,
        texts: Mapping[str, str | None],
        recheck: Recheck,
        settings_of: Callable[[str], Mapping[str, Any]],
        *,
        whole: bool = False,
    ) -> Verdict:
        """Judge `proposal` on the git tree `tree`; `texts` maps each path that it touches to its text there.

        With `whole`, the whole suite is run, and not only the tests that reach these files.
        Never raises for what a check or a sandbox does: what could not be run makes the verdict inconclusive.
        """
        started = time.monotonic()
        ready = Readiness(False, "")
        try:
            ready = await self._ready()
            if not ready.ready or self._sandbox is None:
                verdict = _inconclusive(f"No sandbox is ready, so nothing was run. {ready.reason}".strip())
            else:
                bases = {path: text for path, text in texts.items() if text is not None}
                patched = {**texts, **apply_edits(bases, proposal.edits)}
                case = Case(proposal, dict(texts), patched, recheck, settings_of(proposal.agent), self._cpu)
                verdict = await self._judge(case, tree, whole=whole)
        except AmbientError as error:
            verdict = _inconclusive(f"It could not be checked. {error}")
        except NONSENSE as error:
            # A border: the reports come from where the project's code runs, which may write anything into them.
            verdict = _inconclusive(
                f"What the sandbox reported cannot be understood ({type(error).__name__}: {error})."
            )
        return replace(
            verdict, sandbox=ready.backend, image=self._image, tree=tree, conditions=self._conditions,
            seconds=time.monotonic() - started,
        )  # fmt: skip

    async def coverage(self, tree: str) -> Coverage | None:
        """Run the whole suite on `tree` and return the lines that it ran, by test; kept by the tree's hash.

        None when there is no sandbox or the suite could not be run to its end, which is tried once for each tree: every
        file that is looked at asks. Where there is no test, nothing ran.
        """
        if tree == self._unmeasured:
            return None
        try:
            run = await self._suite(tree)
            if run is not None and not run.problem and (run.passed or not run.outcomes):
                return coverage_of(run)
        except (AmbientError, *NONSENSE):
            pass
        self._unmeasured = tree
        return None

    async def moody(self, paths: Sequence[str], tree: str) -> Mapping[str, str] | None:
        """Run test files of `tree` in random order; return what the tests say that fail so, and pass in their order.

        None when there is no sandbox, when the tests could not be run, or when they take too long for a second time.
        A few files are run by themselves, as saving one must not start the whole suite; and once for each tree.
        """
        asked = (tree, *paths)
        if asked == self._shuffled[0]:
            return self._shuffled[1]
        try:
            usual = await (self._usual(tree, paths) if len(paths) <= _FEW_FILES else self._suite(tree))
            if usual is None or usual.problem or usual.seconds > _LONGEST_TO_SHUFFLE:
                return None
            found = await self._on_tree(tree, lambda opened: moody_tests(opened, paths, usual))
        except (AmbientError, *NONSENSE):
            return None
        self._shuffled = (asked, found)
        return found

    async def _usual(self, tree: str, paths: Sequence[str]) -> TestRun | None:
        ready = await self._ready()
        return await self._on_tree(tree, lambda opened: run_files(opened, paths)) if ready.ready else None

    async def _suite(self, tree: str) -> TestRun | None:
        ready = await self._ready()
        if not ready.ready:
            return None
        if not self._image:
            async with self._open(tree):  # which image the project has is known only then
                pass
        return await self._baseline.run(
            ("suite", tree, *self._surroundings),
            lambda: self._on_tree(tree, lambda opened: run_tests(opened, (), cover=("*",))),
        )

    async def observe(self, calls: Sequence[str], setup: str, tree: str) -> list[Observation] | None:
        """Evaluate expressions on `tree` after `setup`; None when there is no sandbox. Raises `SandboxError`."""
        ready = await self._ready()
        return await self._on_tree(tree, lambda opened: expressions(opened, calls, setup)) if ready.ready else None

    async def examine(self, tree: str) -> Verdict:
        """Run all of the project's checks on `tree` by itself."""
        started = time.monotonic()
        ready = await self._ready()
        if not ready.ready:
            return _inconclusive(f"No sandbox is ready, so nothing was run. {ready.reason}".strip())
        checks = await self._on_tree(tree, self._every_check)
        outcomes = {check.outcome for check in checks}
        outcome = next(
            (one for one in (VerdictOutcome.FAILED, VerdictOutcome.INCONCLUSIVE) if one in outcomes),
            VerdictOutcome.PASSED,
        )
        reason = "; ".join(f"{check.name}: {check.detail or check.outcome.value}" for check in checks)
        return Verdict(
            outcome, as_sentence(reason), tuple(checks), sandbox=ready.backend, image=self._image,
            selection="the whole suite", tree=tree, conditions=self._conditions, seconds=time.monotonic() - started,
        )  # fmt: skip

    async def _every_check(self, opened: OpenTree) -> list[CheckResult]:
        custom = self._custom.items()
        found = await all_checks(opened, self._settings.checks)
        return [*found, *[await _observed(name, check, opened) for name, check in custom]]

    async def conditions(self) -> str:
        """Return a hash of what results depend on beside the tree and the image; see `conditions.py`."""
        harness = await asyncio.to_thread(stage_harness, self._cache_dir)
        return await asyncio.to_thread(conditions, self._project, self._settings, harness)

    async def _ready(self) -> Readiness:
        if self._sandbox is None:
            return Readiness(False, "", reason="The configuration turns it off, or none was found on this machine.")
        if self._readiness is None or not self._readiness.ready:
            self._readiness = await self._sandbox.probe()
        if self._readiness.ready:
            self._conditions = await self.conditions()
        return self._readiness

    async def _judge(self, case: Case, tree: str, *, whole: bool) -> Verdict:
        """Go through the parts of the proof; the first that does not hold is the verdict's reason."""
        existing = [path for path, text in case.bases.items() if text is not None]
        remaining = [path for path, text in case.patched.items() if text is not None]
        selection = Selection(whole=True) if whole else select(existing, remaining, self._tests_for)
        parts: list[Proof] = []
        # Both trees and the proof on the texts run beside each other; what is not needed any more is cancelled.
        async with (
            _running(self._prove_text(case)) as on_texts,
            self._open(tree, case.proposal.edits) as opened,
            _running(self._run_base(case, tree, selection)) as on_base,
            _running(self._run_patched(case, selection, opened)) as on_patched,
            _running(asyncio.to_thread(count_test_files, opened.folder)) as counting,
        ):
            async with aclosing(self._parts(case, tree, selection, opened, on_texts, on_base, on_patched)) as following:
                async for part in following:
                    parts.append(part)
                    if part.outcome is not VerdictOutcome.PASSED:
                        break
            return _verdict(parts, selection.sentence(await counting))

    async def _parts(
        self,
        case: Case,
        tree: str,
        selection: Selection,
        opened: OpenTree,
        on_texts: asyncio.Task[Proof],
        on_base: asyncio.Task[TestRun],
        on_patched: asyncio.Task[TestRun],
    ) -> AsyncGenerator[Proof, None]:
        kind = case.proposal.proof.kind
        proven_on_texts = await on_texts
        if proven_on_texts.outcome is not VerdictOutcome.PASSED:
            yield proven_on_texts
        patched = await on_patched
        if patched.uncompiled:
            yield await self._uncompiled(case, tree, patched)
        base = await on_base
        if selection.patched or (selection.whole and (base.outcomes or base.problem)):
            yield await compare.compare(opened, base, patched, case, strict=kind is not ProofKind.SAME_TREE)
        yield proven_on_texts
        # A gain in speed is measured by calling the function itself, with inputs of the tests or made up ones.
        shown_otherwise = kind in (ProofKind.SAME_TREE, ProofKind.FASTER)
        if not shown_otherwise and (missing := unshown(case.bases, case.patched, patched)):
            yield replace(inconclusive(next(iter(missing.values()))), unshown=tuple(missing))
        if kind is not ProofKind.SAME_TREE and any(map(is_test, case.patched)) and not patched.passed:
            yield inconclusive("it changes tests, and not one test passes that could show anything")
        if (prove := sandbox_prover(kind)) is not None:
            yield await prove(case, Trial(opened, selection, base, patched))
        async for check in self._checks(case, tree, opened):
            yield _proof_of(check)

    async def _prove_text(self, case: Case) -> Proof:
        if name := await case.cpu(newly_undefined, case.bases, case.patched):
            return failed(f"the patch uses `{name}`, which is not defined anywhere")
        prove = text_prover(case.proposal.proof.kind)
        return passed("") if prove is None else await prove(case)

    async def _run_base(self, case: Case, tree: str, selection: Selection) -> TestRun:
        if not (selection.base or selection.whole):
            return TestRun()
        cover = _to_cover(case) if case.proposal.proof.kind is ProofKind.TESTS else []
        return await self._baseline.run(
            ("tests", tree, *self._surroundings, selection.base, tuple(cover)),
            lambda: self._on_tree(tree, lambda opened: run_tests(opened, selection.base, cover=cover)),
        )

    async def _run_patched(self, case: Case, selection: Selection, opened: OpenTree) -> TestRun:
        files = [path for path, text in case.patched.items() if text is not None and path.endswith(".py")]
        if not (selection.patched or selection.whole):
            return await compile_files(opened, files)
        return await run_tests(opened, selection.patched, compile_paths=files, cover=_to_cover(case))

    async def _uncompiled(self, case: Case, tree: str, patched: TestRun) -> Proof:
        """Blame the patch only for a file that this interpreter could compile before."""
        files = [path for path in patched.uncompiled if case.bases.get(path) is not None]
        before = await self._baseline.run(
            ("compile", tree, *self._surroundings, tuple(files)),
            lambda: self._on_tree(tree, lambda opened: compile_files(opened, files)),
        )
        for path, message in patched.uncompiled.items():
            if path not in before.uncompiled:
                return failed(f"{path} does not compile with the patch: {message}")
        return inconclusive(
            f"the project's Python cannot read {next(iter(patched.uncompiled))}, with or without the patch"
        )

    async def _checks(self, case: Case, tree: str, opened: OpenTree) -> AsyncIterator[CheckResult]:
        files = [path for path, text in case.patched.items() if text is not None and path.endswith(".py")]

        async def base(check: Check) -> Mapping[str, Any]:
            existing = {path for path, text in case.bases.items() if text is not None}
            argv = tuple(word for word in check.argv if word not in files or word in existing)
            found: Mapping[str, Any] = await self._baseline.value(
                ("check", tree, *self._surroundings, argv),
                lambda: self._on_tree(tree, lambda other: observe(replace(check, argv=argv), other)),
            )
            return found

        for check in await find_checks(self._settings.checks, opened, files):
            result = await run_check(check, opened, base)
            if result is not None:
                yield result
        for name, custom in self._custom.items():
            result = await _observed(name, custom, opened)
            if result.outcome is VerdictOutcome.FAILED:
                before = await self._on_tree(tree, functools.partial(_observed, name, custom))
                if before.outcome is VerdictOutcome.FAILED:
                    result = replace(result, outcome=VerdictOutcome.PASSED, detail="it fails without the patch too")
            yield result

    @property
    def _surroundings(self) -> tuple[str, str]:
        """What a result depends on beside the tree."""
        return self._image, self._conditions

    @asynccontextmanager
    async def _open(self, tree: str, edits: Sequence[FileEdit] = ()) -> AsyncIterator[OpenTree]:
        assert self._sandbox is not None  # noqa: S101 - `_ready` has said so
        async with open_tree(
            self._sandbox,
            self._checkouts,
            project=self._project,
            cache_dir=self._cache_dir,
            limits=self._limits,
            tree=tree,
            edits=edits,
        ) as opened:
            # The session's own: a probe knows no project, and so not the image or the interpreter that this one has.
            self._image = opened.session.image
            yield opened

    async def _on_tree(self, tree: str, do: Callable[[OpenTree], Awaitable[T]]) -> T:
        async with self._open(tree) as opened:
            return await do(opened)


async def _observed(name: str, check: CustomCheck, opened: OpenTree) -> CheckResult:
    try:
        return replace(await check(opened.session), name=name)
    except AmbientError as error:
        return CheckResult(name, (), VerdictOutcome.INCONCLUSIVE, detail=str(error))
    except Exception as error:  # somebody else's code: what it raises says nothing of the patch
        detail = f"it raised {type(error).__name__}: {error}"
        return CheckResult(name, (), VerdictOutcome.INCONCLUSIVE, detail=detail)


@asynccontextmanager
async def _running(work: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """Run `work` beside the body; what is still running when the body ends is cancelled and waited for."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _to_cover(case: Case) -> list[str]:
    paths = [path for path, text in case.patched.items() if text is not None and measurable(path)]
    if case.proposal.proof.kind is ProofKind.TESTS:
        paths += case.targets
    return sorted(set(paths))


def _proof_of(check: CheckResult) -> Proof:
    reason = f"{check.name} complains: {check.detail}" if check.outcome is VerdictOutcome.FAILED else ""
    if check.outcome is VerdictOutcome.INCONCLUSIVE:
        reason = f"{check.name}: {check.detail}"
    return Proof(check.outcome, reason or f"{check.name} has nothing new to say", checks=(check,))


def _verdict(parts: Sequence[Proof], selection: str) -> Verdict:
    last = parts[-1]
    reasons = [last.reason] if last.outcome is not VerdictOutcome.PASSED else [part.reason for part in parts]
    text = "; ".join(dict.fromkeys(reason for reason in reasons if reason)) or "it compiles"
    return Verdict(
        last.outcome,
        as_sentence(text),
        checks=tuple(check for part in parts for check in part.checks),
        measurements=tuple(number for part in parts for number in part.measurements),
        selection=selection,
        unshown=last.unshown,
    )


def as_sentence(clause: str) -> str:
    """Return a clause as a sentence; a path at its start keeps its letters."""
    first = clause.split(" ", 1)[0]
    start = first if any(sign in first for sign in "._/`") else first[:1].upper() + first[1:]
    return start + clause[len(first) :].rstrip(".") + "."


def _inconclusive(reason: str) -> Verdict:
    return Verdict(VerdictOutcome.INCONCLUSIVE, reason)
