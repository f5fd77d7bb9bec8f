"""What a batch looks like in the terminal while it runs, and at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ambient_lsp.cli import render
from ambient_lsp.swarm.report import WORDS

if TYPE_CHECKING:
    from ambient_lsp.swarm.batch import BatchResult
    from ambient_lsp.swarm.journal import FileRecord

_COLOURS = {"success": "green", "failed": "red", "nothing": "dim", "skipped": "dim", "waiting": "dim"}
_MOST_ROWS = 60


class Live:
    """A bar that moves with each file, and a line for each that fails."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=render.ERR, disable=quiet, transient=True)
        self._task = self._progress.add_task("asking", total=total or None)
        self._tokens = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def file(self, file: FileRecord, done: int, total: int) -> None:
        """Show that one more file is done."""
        self._tokens += file.prompt + file.completion
        words = f"asking · {self._tokens:,} tokens"
        self._progress.update(self._task, completed=done, total=total, description=words)
        if file.state == "failed":
            self._progress.console.print(Text(f"{file.path}: {file.reason}", style="red"))

    def say(self, words: str) -> None:
        """Show what is being done."""
        self._progress.update(self._task, description=words)

    def table(self, result: BatchResult) -> Table:
        """Return what came of each file; of many, those that are not simply done."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("file", "result"):
            table.add_column(name)
        for name in ("tokens", "cost", "seconds"):
            table.add_column(name, justify="right")
        table.add_column("reason", overflow="fold")
        shown = list(result.files)
        if len(shown) > _MOST_ROWS:
            shown = [one for one in shown if one.state != "success"][:_MOST_ROWS]
        for one in shown:
            table.add_row(
                Text(one.path),
                Text(WORDS[one.state], style=_COLOURS.get(one.state, "")),
                Text(f"{one.prompt + one.completion:,}"),
                Text(f"${one.cost / 1e6:.4f}"),
                Text(f"{one.seconds:.1f}"),
                Text(one.reason, style="dim"),
            )
        return table
