"""`ambient rules`: how each rule does in this repository, and which ones are muted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootOption, find_root, with_engine
from ambient_lsp.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.engine.precision import RuleRecord

app = typer.Typer(invoke_without_command=True)

Rule = Annotated[str, typer.Argument(metavar="RULE", help="The rule's id, such as AMB-REF-COMPLEX.")]
HERE = Path()

_PRECISION = (
    "Precision: how many of a rule's findings are expected to be right here. Each rule starts at 80 %; what you accept"
    " raises it, what you dismiss lowers it."
)


@app.callback()
def rules(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    root: RootOption = HERE,
) -> int:
    """Say how often each rule was shown, accepted and dismissed here, and which ones are muted."""
    if context.invoked_subcommand is not None:
        return Exit.OK

    async def work(engine: Engine) -> int:
        from ambient_lsp.cli import formats, render

        known = engine.rules()
        if json:
            formats.print_value([_value(one) for one in known])
            return Exit.OK
        if not known:
            render.OUT.print("No rule has found anything here yet. [bold]ambient review[/] looks.")
            return Exit.OK
        render.OUT.print(_table(known))
        render.OUT.print(f"\n[dim]{_PRECISION}[/]", soft_wrap=True)
        if muted := [one.rule for one in known if one.muted]:
            render.OUT.print(f"\n[bold]ambient rules unmute {muted[0]}[/] brings a muted rule back.", soft_wrap=True)
        return Exit.OK

    return with_engine(find_root(root), work)


@app.command()
def mute(rule: Rule, root: RootOption = HERE) -> int:
    """Mute a rule in this repository. Findings that are errors are shown all the same."""
    return _choose(root, rule, mute=True)


@app.command()
def unmute(rule: Rule, root: RootOption = HERE) -> int:
    """Bring a muted rule back, and forget how often it was dismissed before."""
    return _choose(root, rule, mute=False)


def _choose(root: Path, rule: str, *, mute: bool) -> int:
    async def work(engine: Engine) -> int:
        from rich.markup import escape

        from ambient_lsp.cli import render

        _require_known(engine, rule)
        engine.mute(rule, mute=mute)
        said = "is muted" if mute else "is shown again"
        render.OUT.print(f"[bold]{escape(rule)}[/] {said} in this repository, from the next review on.")
        return Exit.OK

    return with_engine(find_root(root), work)


def _require_known(engine: Engine, rule: str) -> None:
    """Refuse a slip of the pen; a project's own specialists may have rules that nothing was found for yet."""
    import difflib
    import re

    from ambient_lsp.analyzers.rule_pages import every_rule

    known = {one.id for one in every_rule()} | {one.rule for one in engine.rules()}
    if rule in known or not rule.startswith("AMB-") or re.fullmatch(r"[A-Z]+\d+", rule.rpartition("-")[2]):
        return  # a linter's codes are rules too
    near = difflib.get_close_matches(rule, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise NotFound(
        f"There is no rule {rule}.",
        untouched="Nothing was changed.",
        next_step=f"{hint}`ambient rules` shows those that have found something here.",
    )


def _table(known: Sequence[RuleRecord]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("rule", overflow="fold")
    for name in ("shown", "open", "accepted", "dismissed", "precision"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in known:
        state = {"muted": "[yellow]muted[/] by hand", "kept": "never muted"}.get(one.by_hand, "")
        state = state or ("[yellow]muted[/]" if one.muted else "")
        numbers = (one.shown, one.open, one.accepted, one.dismissed)
        table.add_row(escape(one.rule), *map(str, numbers), f"{one.precision:.0%}", state)
    return table


def _value(record: RuleRecord) -> dict[str, Any]:
    return {
        "rule": record.rule,
        "shown": record.shown,
        "open": record.open,
        "accepted": record.accepted,
        "dismissed": record.dismissed,
        "precision": round(record.precision, 3),
        "muted": record.muted,
        "by_hand": record.by_hand,
    }
