"""`ambient proposals`: what is offered, and deciding about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ambient_lsp import user
from ambient_lsp.cli import formats, render
from ambient_lsp.cli.dismiss import dismiss
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootOption, find_root, with_engine
from ambient_lsp.model import Proposal, ProposalState

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine

app = typer.Typer(no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The proposal's id, or its first characters (at least 4).")]
HERE = Path()


@app.command("list")
def list_(
    state: Annotated[list[str] | None, typer.Option(help="Only these states; `all` for every one.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    root: RootOption = HERE,
) -> int:
    """List proposals, newest first; those that are offered unless told otherwise."""
    names = state or ["offered"]
    known = [one.value for one in ProposalState]
    for name in names:
        if name not in (*known, "all"):
            raise typer.BadParameter(f"There is no state {name!r}. Known are {', '.join(known)} and all.")
    states = () if "all" in names else tuple(ProposalState(name) for name in names)

    async def work(engine: Engine) -> int:
        proposals = engine.proposals(states)
        if json:
            formats.print_value([formats.proposal_value(one) for one in proposals])
        elif proposals:
            render.OUT.print(render.proposal_table(proposals))
        else:
            which = "" if not states else f" that is {' or '.join(names)}"
            render.OUT.print(f"There is no proposal{which}. [bold]ambient review[/] looks for some.")
        return Exit.OK

    return with_engine(find_root(root), work)


@app.command()
def show(proposal_id: Id, root: RootOption = HERE) -> int:
    """Show a proposal: why, its proof, and the change."""

    async def work(engine: Engine) -> int:
        render.print_proposal(engine.proposal(proposal_id))
        return Exit.OK

    return with_engine(find_root(root), work)


@app.command()
def diff(proposal_id: Id, root: RootOption = HERE) -> int:
    """Print the change as a patch that `git apply` takes."""

    async def work(engine: Engine) -> int:
        render.print_patch(engine.proposal(proposal_id).diff)
        return Exit.OK

    return with_engine(find_root(root), work)


@app.command()
def apply(
    proposal_id: Id,
    approve: Annotated[bool, typer.Option("--approve", help="Approve it too, where it needs that.")] = False,
    root: RootOption = HERE,
) -> int:
    """Write a proven proposal to your files, all of it or nothing."""

    async def work(engine: Engine) -> int:
        with render.waiting("Applying"):  # it is proven again where its files have changed since
            proposal = await engine.apply(proposal_id, user.name(), approve=approve)
        files = ", ".join(proposal.files_touched)
        render.OUT.print(
            f"Applied [bold]{escape(proposal.title)}[/] to {escape(files)}."
            f" [bold]ambient proposals undo {proposal.id[:8]}[/] takes it back.",
            soft_wrap=True,
        )
        return Exit.OK

    return with_engine(find_root(root), work)


@app.command()
def approve(
    proposal_id: Id, reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "", root: RootOption = HERE
) -> int:
    """Approve exactly this change, so that it may be applied."""

    async def work(engine: Engine) -> int:
        proposal = engine.approve(proposal_id, user.name(), reason)
        render.OUT.print(
            f"Approved [bold]{escape(proposal.title)}[/]."
            f" [bold]ambient proposals apply {proposal.id[:8]}[/] writes it.",
            soft_wrap=True,
        )
        return Exit.OK

    return with_engine(find_root(root), work)


app.command("dismiss")(dismiss)


@app.command()
def undo(proposal_id: Id, root: RootOption = HERE) -> int:
    """Take back what `apply` wrote, if the files have not changed since."""

    async def work(engine: Engine) -> int:
        proposal = await engine.undo(proposal_id, user.name())
        render.OUT.print(f"Took back [bold]{escape(proposal.title)}[/].")
        return Exit.OK

    return with_engine(find_root(root), work)


@app.command()
def history(
    proposal_id: Annotated[str, typer.Argument(metavar="ID", help="Only this one.")] = "", root: RootOption = HERE
) -> int:
    """Print the audit log: who decided what, when, and about which content."""
    from datetime import UTC, datetime

    async def work(engine: Engine) -> int:
        wanted: Proposal | None = engine.proposal(proposal_id) if proposal_id else None
        outcomes = engine.outcomes(wanted.id if wanted else "")
        if not outcomes:
            about = f"“{wanted.title}”" if wanted else "any proposal here"
            render.OUT.print(f"Nothing has been decided about {escape(about)} yet.", soft_wrap=True)
            return Exit.OK
        width = max(len("who"), *(len(one.who) for one in outcomes))
        head = f"{'when':25}  {'what':10} {'proposal':8}  {'who':{width}}  {'content':12}  why"
        render.OUT.print(f"[dim]{head}[/]", soft_wrap=True)
        for one in outcomes:
            when = datetime.fromtimestamp(one.when, UTC).isoformat(timespec="seconds")
            line = f"{when}  {one.kind:10} {one.proposal_id[:8]}  {one.who:{width}}  {one.content_sha256[:12]:12}  "
            render.OUT.print(escape(line + one.reason).rstrip(), soft_wrap=True)
        return Exit.OK

    return with_engine(find_root(root), work)
