"""What people read on a terminal: findings, tables, diffs, progress."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape

from ambient_lsp.cli import formats
from ambient_lsp.cli.exits import ReaderGone
from ambient_lsp.cli.unlooked import is_unread, syntax_errors
from ambient_lsp.model import ProposalState
from ambient_lsp.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    from rich.table import Table

    from ambient_lsp.events import Event
    from ambient_lsp.model import Finding, Proposal, RunError, RunRecord, Verdict


class _Out(Console):
    def on_broken_pipe(self) -> None:
        """Let the one border of the program decide; rich would end the process from here."""
        raise ReaderGone


OUT = _Out(highlight=False)
ERR = Console(stderr=True, highlight=False)

_LEVEL = {"hint": "dim", "information": "cyan", "warning": "yellow", "error": "red"}
_HIDDEN = {"baseline": "in the baseline", "old code": "in old code", "muted": "of muted rules (`ambient rules`)"}
_RISK = {"low": "green", "medium": "yellow", "high": "red", "critical": "bold red"}
_STATE = {"offered": "bold green", "failed": "red", "blocked": "red", "inconclusive": "yellow", "applied": "blue"}


class RunProgress:
    """A progress bar on stderr while a run goes on. Only on a terminal; notes of what did not work are always shown."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=ERR,
            transient=True,
            disable=not ERR.is_terminal,
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
        from ambient_lsp.events import Problem, Progress, ProposalChanged

        if isinstance(event, Progress):
            note = f"{event.message} · {self._offered} proven" if self._offered else event.message
            self._bar.update(self._task, completed=event.done, total=event.total, note=escape(note))
        elif isinstance(event, ProposalChanged) and event.proposal.state is ProposalState.OFFERED:
            self._offered += 1
        elif isinstance(event, Problem):
            ERR.print(problem_line(event.error), soft_wrap=True)


def problem_line(error: RunError) -> str:
    """Return what did not work in one line, as markup."""
    where = "" if error.message.startswith(error.where) else f"{error.where}: "
    return f"[yellow]note:[/] {escape(where + error.message)}"


def waiting(message: str) -> AbstractContextManager[object]:
    """Show on stderr that something goes on, where that is a terminal."""
    from contextlib import nullcontext

    return ERR.status(message) if ERR.is_terminal else nullcontext()


def print_review(
    findings: Sequence[Finding],
    proposals: Sequence[Proposal],
    record: RunRecord,
    hidden: Mapping[str, int] = MappingProxyType({}),
    not_seen: Sequence[str] = (),
) -> None:
    """Print what a review found, for people. Findings are one line each, as compilers write them.

    `hidden` says how many more there are that are not shown, by reason; `not_seen`, which files were left out, and why.
    """
    broken = syntax_errors(findings)
    for where, fault in broken.items():
        OUT.print(f"[bold]{escape(where)}[/]: [bold red]syntax error[/]: {escape(fault)}", soft_wrap=True)
    read = [one for one in findings if not is_unread(one)]
    for finding in read:
        print_finding(finding)
    if findings:
        OUT.print()
    offered = [one for one in proposals if one.state is ProposalState.OFFERED]
    others = [one for one in proposals if one.state is not ProposalState.OFFERED]
    if proposals:
        OUT.print(proposal_table([*offered, *others]))
        OUT.print()
    seconds = max(record.ended - record.started, 0.0)
    OUT.print(
        f"{counted(len(read), 'finding')}, [bold green]{counted(len(offered), 'proven fix', 'proven fixes')}[/],"
        f" {len(others)} not offered, in {seconds:.1f} s."
    )
    if broken:
        files, error = counted(len(broken), "file"), "error" if len(broken) == 1 else "errors"
        OUT.print(f"[red]{files} could be checked only in part[/], because of the syntax {error}.", soft_wrap=True)
    for words in not_seen:
        OUT.print(f"[yellow]note:[/] {escape(words)}", soft_wrap=True)
    if hidden:
        reasons = ", ".join(f"{count} {_HIDDEN.get(reason, reason)}" for reason, count in sorted(hidden.items()))
        OUT.print(f"[dim]Not shown: {escape(reasons)}.[/]", soft_wrap=True)
    if record.state != "done":
        ended = {"failed": "came to an early end", "cancelled": "was stopped"}.get(record.state, "still goes on")
        OUT.print(f"[yellow]The review {ended}[/], so this is not all of it.")
    if read:
        OUT.print("[dim]ambient dismiss PATH:LINE[/] keeps a finding away that is not for you.")
    if proposals:
        OUT.print("[dim]ambient proposals show ID[/] shows one, [dim]ambient proposals apply ID[/] writes it.")


def print_notes(findings: Sequence[Finding], not_seen: Sequence[str]) -> None:
    """Say on stderr what programs are not told: which files could not be parsed, or were not looked at, and why."""
    for where, fault in syntax_errors(findings).items():
        words = f"{where}: syntax error: {fault} The file could be checked only in part."
        ERR.print(f"[yellow]note:[/] {escape(words)}", soft_wrap=True)
    for words in not_seen:
        ERR.print(f"[yellow]note:[/] {escape(words)}", soft_wrap=True)


_PLACES = 3
"""Most of the other places of a finding that are named with it; `--format json` has all."""


def print_finding(finding: Finding) -> None:
    """Print a finding as `path:line:column: severity: message [rule]`, and below it the other places it is about."""
    level = finding.severity.value
    where = f"{finding.path}:{finding.span.start_line + 1}:{finding.span.start_column + 1}"
    OUT.print(
        f"[bold]{escape(where)}[/]: [{_LEVEL[level]}]{level}[/]: {escape(finding.message)} [dim]\\[{finding.rule}][/]",
        soft_wrap=True,
    )
    here = (finding.path, finding.span.start_line)
    others = [one for one in finding.evidence if (one.path, one.span.start_line) != here]
    for one in others[:_PLACES]:
        OUT.print(f"    [dim]{escape(f'{one.path}:{one.span.start_line + 1}: {one.message}')}[/]", soft_wrap=True)
    if len(others) > _PLACES:
        OUT.print(f"    [dim]and {counted(len(others) - _PLACES, 'more place')}[/]")


def proposal_table(proposals: Sequence[Proposal]) -> Table:
    """Return proposals as a table: below each title who proposes it, and its proof in one sentence."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for name in ("state", "id", "risk", "what"):
        table.add_column(name, no_wrap=name != "what", overflow="fold")
    for one in proposals:
        state, risk = one.state.value, one.risk_level.value
        table.add_row(
            f"[{_STATE.get(state, 'dim')}]{state}[/]",
            one.id[:8],
            f"[{_RISK[risk]}]{risk}[/]",
            f"[bold]{escape(one.title)}[/]\n[dim]{escape(one.agent)}:[/] {escape(reason_of(one))}",
        )
    return table


def reason_of(proposal: Proposal) -> str:
    """Return why a proposal is where it is, in one sentence."""
    if proposal.verdict is not None:
        return proposal.verdict.reason
    return " ".join(proposal.decision.reasons) if proposal.decision else ""


def print_proposal(proposal: Proposal) -> None:
    """Print one proposal: why, how it was proven, and the change itself."""
    from rich.panel import Panel

    lines = [escape(proposal.description), "", f"[bold]Why[/]  {escape(proposal.rationale)}"]
    lines += [f"[dim]{escape(one.agent)}:[/] {escape(one.text)}" for one in proposal.rationales[1:]]
    if proposal.decision and proposal.decision.reasons:
        lines.append(f"[bold]Gate[/] {proposal.decision.kind.value}: {escape(' '.join(proposal.decision.reasons))}")
    tags = f" · {', '.join(proposal.tags)}" if proposal.tags else ""
    size = counted(proposal.estimated_loc_change, "changed line")
    lines.append(f"[dim]{escape(f'{proposal.agent} · {proposal.risk_level.value} risk · {size}{tags}')}[/]")
    parts: list[Any] = ["\n".join(lines)]
    if proposal.verdict:
        parts += ["", proof_table(proposal.verdict)]
    state = proposal.state.value
    title = f"{proposal.id[:8]}  {escape(proposal.title)}  [{_STATE.get(state, 'dim')}]{state}[/]"
    OUT.print(Panel(Group(*parts), title=title, title_align="left"))
    print_patch(proposal.diff)


def proof_table(verdict: Verdict) -> Group:
    """Return a proof: each check with its base beside its patched result, and what was measured."""
    table = _table("check", "before", "after", "result", "seconds")
    for check in verdict.checks:
        result = check.detail or check.outcome.value
        table.add_row(check.name, _tally(check.base), _tally(check.patched), escape(result), f"{check.seconds:.2f}")
    for one in verdict.measurements:
        table.add_row(one.name, _number(one.before, one.unit), _number(one.after, one.unit), "", "")
    return Group(table, _foot(verdict)) if table.row_count else Group(_foot(verdict))


def checks_table(verdict: Verdict) -> Group:
    """Return what the checks said of one tree."""
    table = _table("check", "result", "details", "seconds")
    for check in verdict.checks:
        details = check.detail or _tally(check.patched)
        table.add_row(check.name, check.outcome.value, escape(details), f"{check.seconds:.2f}")
    return Group(table, _foot(verdict))


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, overflow="fold", justify="right" if name == "seconds" else "left")
    return table


def _foot(verdict: Verdict) -> str:
    where = [verdict.sandbox, verdict.image] if verdict.sandbox else ["nothing was run"]
    parts = [part for part in (*where, verdict.selection) if part]
    return f"{escape(verdict.reason)}\n[dim]{escape(' · '.join(parts))} · {verdict.seconds:.1f} s[/]"


def print_patch(patch: str) -> None:
    """Print a change; in colour on a terminal, as a plain patch that `git apply` takes in a pipe."""
    if not OUT.is_terminal:
        formats.write(patch)
        return
    from rich.syntax import Syntax

    OUT.print(Syntax(patch, "diff", theme="ansi_dark", background_color="default", word_wrap=True))


def _tally(results: Any) -> str:
    counts: dict[str, int] = {}
    for outcome in results.values():
        counts[outcome] = counts.get(outcome, 0) + 1
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))


def _number(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".strip()
