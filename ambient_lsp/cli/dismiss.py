"""`ambient dismiss`: say no to a finding, named by its place as a review prints it, or to a proposal.

Where one place has several findings, a person at a terminal is asked; anything else is told their ids.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient_lsp import user
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootOption, find_root, with_engine
from ambient_lsp.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.model import Finding, Proposal

_ID = re.compile(r"[0-9a-f]{4,}")
_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<line>\d+)(?::(?P<column>\d+))?)?:?")
_RULE = re.compile(r"AMB-[A-Z0-9-]+")

What = Annotated[
    str,
    typer.Argument(
        metavar="WHAT", help="A finding as PATH:LINE (what a review prints), or the id of a finding or a proposal."
    ),
]


def dismiss(
    what: What,
    reason: Annotated[
        str | None, typer.Option(help="Why; it is remembered. Asked for at a terminal.", show_default=False)
    ] = None,
    days: Annotated[int | None, typer.Option(min=0, help="Forget this after so many days; 0 is never.")] = None,
    root: RootOption = Path(),
) -> int:
    """Dismiss a finding or a proposal; the same is not shown again. `ambient rules mute` silences a whole rule."""

    async def work(engine: Engine) -> int:
        from rich.markup import escape

        from ambient_lsp.cli import render
        from ambient_lsp.model import Proposal

        chosen = _choose(what, _meant(engine, what))
        if not chosen:
            render.OUT.print("Nothing was dismissed.")
            return Exit.OK
        why = _ask_why() if reason is None and _is_terminal() else reason or ""
        known = {one.id for one in engine.all_findings()}
        for one in chosen:
            engine.dismiss(one.id, user.name(), why, days)
            render.OUT.print(f"Dismissed {escape(_named(one))}", soft_wrap=True)
        render.OUT.print("It is remembered by its structure, so edits nearby do not bring it back.", soft_wrap=True)
        gone = known - {one.id for one in engine.all_findings()} - {one.id for one in chosen}
        if gone and not any(isinstance(one, Proposal) for one in chosen):
            render.OUT.print(f"{len(gone)} more of the same structure went with it.")
        return Exit.OK

    return with_engine(find_root(root), work)


def _meant(engine: Engine, what: str) -> Sequence[Finding | Proposal]:
    """Return what may be meant, at least one. Raises `NotFound`."""
    if _ID.fullmatch(what):
        known: list[Finding | Proposal] = [*engine.proposals(), *engine.all_findings()]
        by_id = {one.id: one for one in known if one.id.startswith(what)}
        if by_id:
            return [by_id[what]] if what in by_id else list(by_id.values())
    if _RULE.fullmatch(what):
        raise NotFound(
            f"{what} is a rule, and a dismissal is about one finding.",
            untouched="Nothing was dismissed.",
            next_step=f"Name a finding as PATH:LINE, or have `ambient rules mute {what}` silence the rule here.",
        )
    place = _PLACE.fullmatch(what)
    paths = _paths(engine.root, place["path"]) if place else []
    there = next((found for path in paths if (found := engine.findings(path))), [])
    if place is None or not (there or any((engine.root / path).is_file() for path in paths)):
        raise NotFound(
            f"There is no finding and no proposal {what!r}.",
            untouched="Nothing was dismissed.",
            next_step="`ambient review` prints findings with their PATH:LINE, `ambient proposals list` proposals.",
        )
    line, column = int(place["line"] or 0), int(place["column"] or 0)
    if found := _at(there, line, column):
        unlike: dict[tuple[str, str], Finding] = {}
        for one in found:
            unlike.setdefault((one.rule, one.fingerprint), one)  # alike ones are dismissed together
        return list(unlike.values())
    lines = ", ".join(dict.fromkeys(str(one.span.start_line + 1) for one in there))
    raise NotFound(
        f"No finding is known at {what}.",
        untouched="Nothing was dismissed.",
        next_step=f"In {there[0].path} there are some at line {lines}."
        if there
        else f"`ambient review {place['path']}` looks for some.",
    )


def _paths(root: Path, named: str) -> list[str]:
    """Return the path that a name means: as a review prints it, from the project's folder, or from this folder."""
    here = os.path.relpath(Path(named).absolute(), root)
    return list(dict.fromkeys((os.path.normpath(named), here)))


def _at(findings: Sequence[Finding], line: int, column: int) -> list[Finding]:
    """Return the findings that begin at a place; else those that reach over its line. Line 0 means all of them."""
    if not line:
        return list(findings)
    begins = [one for one in findings if one.span.start_line + 1 == line]
    exactly = [one for one in begins if one.span.start_column + 1 == column]
    return exactly or begins or [one for one in findings if one.span.start_line < line <= one.span.end_line + 1]


def _choose(what: str, meant: Sequence[Finding | Proposal]) -> Sequence[Finding | Proposal]:
    """Return the one that is meant; of several, those that a person picks. Raises `NotFound` where nobody can."""
    if len(meant) == 1:
        return meant
    if not _is_terminal():
        listed = "\n".join(f"  {one.id[:8]}  {_named(one)}" for one in meant)
        raise NotFound(
            f"{what} may mean any of these {len(meant)}:\n{listed}",
            untouched="Nothing was dismissed.",
            next_step=f"Say which by its id: `ambient dismiss {meant[0].id[:8]}`, for the first.",
        )
    from rich.markup import escape

    from ambient_lsp.cli import render

    for number, one in enumerate(meant, 1):
        render.OUT.print(f"[bold]{number:3}[/]  {escape(_named(one))}", soft_wrap=True)
    while True:
        said = typer.prompt("Which? A number, several, or all; Enter for none", default="", show_default=False)
        numbers = range(1, len(meant) + 1) if said.strip() == "all" else said.replace(",", " ").split()
        picked = [int(one) for one in numbers if str(one).isdecimal()]
        if len(picked) == len(numbers) and all(1 <= one <= len(meant) for one in picked):
            return [meant[one - 1] for one in dict.fromkeys(picked)]


def _ask_why() -> str:
    return str(typer.prompt("Why? It is remembered; Enter for no reason", default="", show_default=False)).strip()


def _named(one: Finding | Proposal) -> str:
    from ambient_lsp.model import Proposal

    if isinstance(one, Proposal):
        return f"the proposal “{one.title}”"
    return f"{one.path}:{one.span.start_line + 1}:{one.span.start_column + 1}: {one.message} [{one.rule}]"


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
