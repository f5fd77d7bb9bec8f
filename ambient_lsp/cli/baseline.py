"""`ambient baseline`: the findings that an old repository keeps quiet about."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootOption, find_root, opened, run_async, settings
from ambient_lsp.errors import NotAllowed, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.config import Config
    from ambient_lsp.engine.baseline import Baseline, Entry
    from ambient_lsp.model import Finding

app = typer.Typer(no_args_is_help=True)
HERE = Path()
_NO_LIMIT = 1_000_000


@app.command()
def create(
    force: Annotated[bool, typer.Option("--force", help="Even if there is a baseline already.")] = False,
    root: RootOption = HERE,
) -> int:
    """Look at the whole project, and write down all that is found: it is not shown any more."""
    from ambient_lsp.engine import baseline

    folder, file = _place(root)
    if file.exists() and not force:
        raise NotAllowed(
            f"{file.name} is there already.",
            untouched="It was left alone.",
            next_step="`ambient baseline update` renews it; `--force` begins anew.",
        )
    made = baseline.of(_found(folder))
    _write(file, made)
    _say(f"{file.name} holds {_count(made)}. Commit it; new findings are shown as before.")
    return Exit.OK


@app.command()
def update(
    add: Annotated[bool, typer.Option("--add", help="Take in what is new as well.")] = False, root: RootOption = HERE
) -> int:
    """Look at the whole project, and drop from the baseline what is not found any more."""
    from ambient_lsp.engine import baseline

    folder, file = _place(root)
    before = _load(folder, file)
    found = _found(folder)
    gone = before.expired(found)
    after = baseline.of(found) if add else before.without(gone)
    _write(file, after)
    dropped = sum(entry.count for entry in gone)
    added = max(len(after) - (len(before) - dropped), 0)
    _say(f"{file.name} holds {_count(after)}: {dropped} dropped, {added} added.")
    return Exit.OK


@app.command()
def show(
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    root: RootOption = HERE,
) -> int:
    """Say what the baseline holds, and which entries have expired: nothing like them is found any more."""
    from ambient_lsp.cli import formats, render

    folder, file = _place(root)
    known = _load(folder, file)
    gone = known.expired(_found(folder))
    rules = Counter[str]()
    for entry in known.entries:
        rules[entry.rule] += entry.count
    if json:
        expired = [{"path": one.path, "rule": one.rule, "count": one.count, "message": one.message} for one in gone]
        formats.print_value({"findings": len(known), "rules": dict(sorted(rules.items())), "expired": expired})
        return Exit.OK
    for rule, count in sorted(rules.items(), key=lambda item: (-item[1], item[0])):
        render.OUT.print(f"{count:6}  {rule}", markup=False)
    for one in gone:
        render.OUT.print(_line(one), soft_wrap=True, markup=False)
    more = f" {sum(one.count for one in gone)} expired; `ambient baseline update` drops them." if gone else ""
    _say(f"{file.name} holds {_count(known)}.{more}")
    return Exit.OK


def _found(root: Path) -> list[Finding]:
    """Look at the whole project without the baseline; nothing is proven."""
    from ambient_lsp.cli.review import follow
    from ambient_lsp.engine.hidden import visible
    from ambient_lsp.model import TriggerKind

    async def work() -> list[Finding]:
        async with opened(root, change=_all) as engine:
            run = engine.submit(engine.trigger(TriggerKind.COMMAND, verify=False, baseline=False))
            await follow(run)
            if run.record.state != "done":
                raise WorkspaceError(
                    "The review came to an early end, so the baseline would lack something.",
                    untouched="The baseline was left alone.",
                    next_step="Try again.",
                )
            return [one for one in engine.all_findings() if visible(one, engine.config)]

    return run_async(work())


def _all(config: Config) -> Config:
    """Return the settings with which everything is found and kept."""
    changes = {"baseline": "", "max_findings_per_file": _NO_LIMIT}
    return config.model_copy(update={"agents": config.agents.model_copy(update=changes)})


def _place(root: Path) -> tuple[Path, Path]:
    from ambient_lsp.engine import baseline

    folder = find_root(root)
    file = baseline.place(folder, settings(folder).agents.baseline)
    if file is None:
        raise NotAllowed(
            "`agents.baseline` is empty here, so there is no baseline.",
            untouched="Nothing was written.",
            next_step="Give it a file name in .ambient.yml.",
        )
    return folder, file


def _load(root: Path, file: Path) -> Baseline:
    from ambient_lsp.engine import baseline

    if not file.exists():
        raise NotAllowed(
            f"There is no {file.name} here.", untouched="Nothing was written.", next_step="`ambient baseline create`."
        )
    return baseline.load(root, file.relative_to(root).as_posix())


def _write(file: Path, made: Baseline) -> None:
    """Put the new file in the place of the old one at once, so that nobody reads half of it."""
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(made.text(), encoding="utf-8")
    beside.replace(file)


def _line(entry: Entry) -> str:
    times = f" ({entry.count} times)" if entry.count > 1 else ""
    return f"expired  {entry.path}: {entry.message} [{entry.rule}]{times}"


def _count(made: Baseline | Sequence[object]) -> str:
    return "1 finding" if len(made) == 1 else f"{len(made):,} findings"


def _say(words: str) -> None:
    from ambient_lsp.cli import render

    render.OUT.print(words, soft_wrap=True, markup=False)
