"""`ambient cost`: what models have used in this repository, and what the limits leave."""

from __future__ import annotations

import time
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootOption, find_root, settings

if TYPE_CHECKING:
    from rich.table import Table

    from ambient_lsp.config import Budget
    from ambient_lsp.store.ledger import Column, SqliteLedger, Used

HERE = Path()
DAY = 86400


class By(StrEnum):
    """What the calls are put together by."""

    RUN = "run"
    DAY = "day"
    PURPOSE = "purpose"
    MODEL = "model"


COLUMNS: dict[By, Column] = {By.RUN: "run_id", By.DAY: "day", By.PURPOSE: "purpose", By.MODEL: "model"}


def cost(
    by: Annotated[By, typer.Option(metavar="WHAT", help="One line per run, day, purpose or model.")] = By.DAY,
    days: Annotated[int, typer.Option(min=1, help="How many days back.")] = 30,
    run: Annotated[str, typer.Option(metavar="ID", help="Only this run.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    root: RootOption = HERE,
) -> int:
    """Show the tokens and the money that models have used here, and what the limits leave."""
    from ambient_lsp.cli import formats, render
    from ambient_lsp.store.ledger import SqliteLedger
    from ambient_lsp.store.store import open_store

    folder = find_root(root)
    budget = settings(folder).budget
    open_store(folder / ".ambient").close()  # makes the ledger's tables where they are missing
    ledger = SqliteLedger(folder / ".ambient" / "state.db", budget)
    try:
        used = ledger.used(COLUMNS[by], run_id=run, since=time.time() - days * DAY)
        left = _limits(ledger, budget)
    finally:
        ledger.close()
    if as_json:
        formats.print_value({"used": [asdict(one) for one in used], "limits": left})
        return Exit.OK
    if used:
        render.OUT.print(_table(by, used))
    else:
        render.OUT.print(f"No model was asked here in the last {days} days.")
    for one in left:
        render.OUT.print(f"{one['words']}: {_of(one, 'tokens')}, {_of(one, 'dollars')}", markup=False)
    return Exit.OK


def _limits(ledger: SqliteLedger, budget: Budget) -> list[dict[str, Any]]:
    day, ever = ledger.spent("day"), ledger.spent("repo")
    return [
        {
            "words": words,
            "tokens": spent.tokens,
            "tokens_limit": tokens,
            "dollars": spent.cost / 1e6,
            "dollars_limit": dollars,
        }
        for words, spent, tokens, dollars in (
            ("Today (UTC)", day, budget.tokens_per_day, budget.cost_per_day),
            ("This repository", ever, budget.tokens_per_repo, budget.cost_per_repo),
        )
    ]


def _of(limit: dict[str, Any], unit: str) -> str:
    amount, most = limit[unit], limit[f"{unit}_limit"]
    words = (f"{amount:,} tokens", f"{most:,}") if unit == "tokens" else (f"${amount:.4f}", f"${most:.2f}")
    return f"{words[0]} of {words[1]}" if most else f"{words[0]} (no limit)"


def _table(by: By, used: list[Used]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(by.value)
    for name in ("calls", "prompt", "cached", "answer", "tokens", "cost"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in used:
        numbers = (one.calls, one.prompt, one.cached, one.completion, one.tokens)
        notes = [f"{one.unsettled} not settled: what was reserved counts"] * bool(one.unsettled)
        notes += [f"{one.unpriced} of unknown price: see `kimi.price`"] * bool(one.unpriced)
        row = [one.name, *(f"{number:,}" for number in numbers), f"${one.cost / 1e6:.4f}", "; ".join(notes)]
        table.add_row(*(Text(cell) for cell in row))
    return table
