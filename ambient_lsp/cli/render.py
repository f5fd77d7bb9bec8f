"""What people and programs read: tables, diffs, progress, JSON and GitHub annotations."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from rich.table import Table

from ambient_lsp.events import Event, Problem, ProposalChanged
from ambient_lsp.events import Progress as Step
from ambient_lsp.model import ProposalState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from ambient_lsp.model import Finding, Proposal, RunRecord, Verdict

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

_LEVEL = {"hint": "dim", "information": "cyan", "warning": "yellow", "error": "red"}
_RISK = {"low": "green", "medium": "yellow", "high": "red", "critical": "bold red"}
_STATE = {"offered": "bold green", "failed": "red", "blocked": "red", "inconclusive": "yellow", "applied": "blue"}
_GITHUB = {"hint": "notice", "information": "notice", "warning": "warning", "error": "error"}


class RunProgress:
    """A progress bar on stderr, gone when the run ends. Quiet in scripts and pipes."""

    def __init__(self, *, quiet: bool) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=ERR,
            transient=True,
            disable=quiet,
        )
        self._task = self._bar.add_task("Ambient", total=None, note="")
        self._offered = 0

    def __enter__(self) -> RunProgress:
        self._bar.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, event: Event) -> None:
        """Take one event of the run."""
        if isinstance(event, Step):
            note = f"{event.message} · {self._offered} proven" if self._offered else event.message
            self._bar.update(self._task, completed=event.done, total=event.total, note=escape(note))
        elif isinstance(event, ProposalChanged) and event.proposal.state is ProposalState.OFFERED:
            self._offered += 1
        elif isinstance(event, Problem):
            ERR.print(f"[yellow]note:[/] {escape(event.error.where)}: {escape(event.error.message)}")


def print_review(root: Path, findings: Sequence[Finding], proposals: Sequence[Proposal], record: RunRecord) -> None:
    """Print what a review found, for people."""
    if findings:
        table = Table(title=f"Findings in {escape(root.name)}", title_justify="left", box=None, pad_edge=False)
        for name in ("where", "level", "rule", "what"):
            table.add_column(name, overflow="fold", ratio=3 if name == "what" else None)
        for finding in findings:
            where = f"{finding.path}:{finding.span.start_line + 1}:{finding.span.start_column + 1}"
            level = finding.severity.value
            table.add_row(escape(where), f"[{_LEVEL[level]}]{level}[/]", finding.rule, escape(finding.message))
        OUT.print(table)
        OUT.print()
    offered = [one for one in proposals if one.state is ProposalState.OFFERED]
    others = [one for one in proposals if one.state is not ProposalState.OFFERED]
    if proposals:
        OUT.print(proposal_table([*offered, *others]))
        OUT.print()
    seconds = max(record.ended - record.started, 0.0)
    OUT.print(
        f"[bold]{len(findings)}[/] findings, [bold green]{len(offered)}[/] proven fixes,"
        f" {len(others)} not offered, in {seconds:.1f} s."
        + (" Look at one with [bold]ambient proposals show ID[/]." if proposals else "")
    )


def proposal_table(proposals: Sequence[Proposal]) -> Table:
    """Return proposals as a table with their proof in one sentence."""
    table = Table(title="Proposals", title_justify="left", box=None, pad_edge=False)
    for name in ("id", "state", "risk", "specialist", "what", "proof"):
        table.add_column(name, overflow="fold", no_wrap=name in ("id", "state", "risk"))
    for one in proposals:
        state, risk = one.state.value, one.risk_level.value
        table.add_row(
            one.id[:8],
            f"[{_STATE.get(state, 'dim')}]{state}[/]",
            f"[{_RISK[risk]}]{risk}[/]",
            one.agent,
            escape(one.title),
            escape(reason_of(one)),
        )
    return table


def reason_of(proposal: Proposal) -> str:
    """Return why a proposal is where it is, in one sentence."""
    if proposal.verdict is not None:
        return proposal.verdict.reason
    return " ".join(proposal.decision.reasons) if proposal.decision else ""


def print_proposal(proposal: Proposal) -> None:
    """Print one proposal: why, how it was proven, and the change itself."""
    lines = [escape(proposal.description), "", f"[bold]Why[/]  {escape(proposal.rationale)}"]
    lines += [f"[dim]{one.agent}:[/] {escape(one.text)}" for one in proposal.rationales[1:]]
    if proposal.decision and proposal.decision.reasons:
        lines.append(f"[bold]Gate[/] {proposal.decision.kind.value}: {escape(' '.join(proposal.decision.reasons))}")
    lines.append(f"[dim]{proposal.agent} · {proposal.estimated_loc_change} lines · {', '.join(proposal.tags)}[/]")
    parts: list[Any] = ["\n".join(lines)]
    if proposal.verdict:
        parts.append(verdict_table(proposal.verdict))
    state = proposal.state.value
    title = f"{proposal.id[:8]}  {escape(proposal.title)}  [{_STATE.get(state, 'dim')}]{state}[/]"
    OUT.print(Panel(Group(*parts), title=title, title_align="left"))
    print_diff(proposal)


def verdict_table(verdict: Verdict) -> Group:
    """Return the proof: each check with its base beside its patched result, and what was measured."""
    table = Table(box=None, pad_edge=False, title="Proof", title_justify="left")
    for name in ("check", "before", "after", "result", "seconds"):
        table.add_column(name, overflow="fold", justify="right" if name == "seconds" else "left")
    for check in verdict.checks:
        result = check.detail or check.outcome.value
        table.add_row(check.name, _tally(check.base), _tally(check.patched), escape(result), f"{check.seconds:.2f}")
    for one in verdict.measurements:
        table.add_row(one.name, _number(one.before, one.unit), _number(one.after, one.unit), "", "")
    where = f"{verdict.sandbox} · {verdict.image}" if verdict.sandbox else "nothing was run"
    foot = f"[dim]{escape(verdict.reason)}\n{escape(where)} · {escape(verdict.selection)} · {verdict.seconds:.1f} s[/]"
    return Group(table, foot)


def print_diff(proposal: Proposal) -> None:
    """Print the change; in colour on a terminal, as a plain patch in a pipe."""
    if OUT.is_terminal:
        OUT.print(Syntax(proposal.diff, "diff", theme="ansi_dark", background_color="default", word_wrap=True))
    else:
        sys.stdout.write(proposal.diff)


def print_json(findings: Sequence[Finding], proposals: Sequence[Proposal], record: RunRecord) -> None:
    """Print one JSON object with findings, proposals and errors."""
    print_value(
        {
            "findings": [finding_value(one) for one in findings],
            "proposals": [proposal_value(one) for one in proposals],
            "errors": [{"where": error.where, "message": error.message} for error in record.errors],
        }
    )


def print_value(value: object) -> None:
    """Print a value as JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def finding_value(finding: Finding) -> dict[str, Any]:
    """Return a finding for JSON. Lines and columns count from 1, as people and editors' status bars do."""
    span = finding.span
    return {
        "id": finding.id,
        "fingerprint": finding.fingerprint,
        "agent": finding.agent,
        "rule": finding.rule,
        "path": finding.path,
        "line": span.start_line + 1,
        "column": span.start_column + 1,
        "end_line": span.end_line + 1,
        "end_column": span.end_column + 1,
        "severity": finding.severity.value,
        "message": finding.message,
        "tags": list(finding.tags),
        "evidence": [
            {"path": one.path, "line": one.span.start_line + 1, "message": one.message} for one in finding.evidence
        ],
    }


def proposal_value(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal for JSON."""
    verdict = proposal.verdict
    return {
        "id": proposal.id,
        "agent": proposal.agent,
        "title": proposal.title,
        "description": proposal.description,
        "rationale": proposal.rationale,
        "risk_level": proposal.risk_level.value,
        "state": proposal.state.value,
        "files_touched": list(proposal.files_touched),
        "estimated_loc_change": proposal.estimated_loc_change,
        "diff": proposal.diff,
        "tags": list(proposal.tags),
        "finding_ids": list(proposal.finding_ids),
        "decision": proposal.decision.kind.value if proposal.decision else None,
        "reasons": list(proposal.decision.reasons) if proposal.decision else [],
        "verdict": None if verdict is None else verdict_value(verdict),
    }


def verdict_value(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for JSON."""
    return {
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "selection": verdict.selection,
        "sandbox": {"backend": verdict.sandbox, "image": verdict.image},
        "seconds": round(verdict.seconds, 3),
        "checks": [
            {
                "name": check.name,
                "argv": list(check.argv),
                "outcome": check.outcome.value,
                "base": dict(check.base),
                "patched": dict(check.patched),
                "new_failures": list(check.new_failures),
                "flaky": list(check.flaky),
                "detail": check.detail,
                "seconds": round(check.seconds, 3),
            }
            for check in verdict.checks
        ],
        "measurements": [
            {"name": one.name, "before": one.before, "after": one.after, "unit": one.unit}
            for one in verdict.measurements
        ],
    }


def print_github(findings: Sequence[Finding], proposals: Sequence[Proposal]) -> None:
    """Print workflow commands, which GitHub shows beside the lines of a pull request."""
    fixed = {finding: one for one in proposals if one.state is ProposalState.OFFERED for finding in one.finding_ids}
    for finding in findings:
        span = finding.span
        message = finding.message
        if finding.id in fixed:
            message += f" A proven fix is ready: ambient proposals apply {fixed[finding.id].id[:8]}"
        sys.stdout.write(
            f"::{_GITHUB[finding.severity.value]} file={_property(finding.path)},line={span.start_line + 1},"
            f"endLine={span.end_line + 1},col={span.start_column + 1},title={_property(finding.rule)}"
            f"::{_data(message)}\n"
        )


def nothing_to_do(output: object) -> int:
    """Say that no file matched, in the format that was asked for."""
    if str(output) == "json":
        print_value({"findings": [], "proposals": [], "errors": []})
    elif str(output) == "sarif":
        from ambient_lsp.cli.sarif import sarif

        print_value(sarif([], []))
    elif str(output) == "text":
        OUT.print("No changed Python file to review.")
    return 0


def _tally(results: Any) -> str:
    counts: dict[str, int] = {}
    for outcome in results.values():
        counts[outcome] = counts.get(outcome, 0) + 1
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))


def _number(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".strip()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
