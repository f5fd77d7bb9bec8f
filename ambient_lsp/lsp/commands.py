"""`workspace/executeCommand` and the custom requests. Commands start work and return at once.

pygls answers a cancelled command and lets its coroutine run on (limit 2), so no command does its work inside the
request: it returns a run id, and that id is what can be cancelled. Ids begin with `ambient.server.`, never equal to
those that an editor puts into its palette (`ambient.*`), which VS Code would refuse as registered twice.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lsprotocol import types

import ambient_lsp
from ambient_lsp.errors import AmbientError, NotAllowed, NotFound
from ambient_lsp.lsp import inside, views
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import Proposal, TriggerKind

if TYPE_CHECKING:
    from ambient_lsp.lsp.server import AmbientServer

PREFIX = "ambient.server."

_OPENING = 30.0
"""Seconds that a command waits for a folder that is being opened."""


def register(server: AmbientServer) -> None:
    """Make the commands and requests known to pygls."""
    for name, function in COMMANDS.items():
        server.command(PREFIX + name)(_command(function))
    for method, request in REQUESTS.items():
        server.feature(method)(_request(request))


def review(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Review `paths` of a folder, or all of it."""
    workspace = _workspace(session, options)
    return _started(session, workspace, tuple(options.get("paths", ())))


def review_file(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Review the file `uri`."""
    place = session.workspaces.of(str(options.get("uri", "")))
    if place is None:
        raise NotFound("That file is in no folder that Ambient looks at.", next_step="Open its folder in the editor.")
    return _started(session, place[0], (place[1],))


async def review_changes(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Review the files that differ from the last commit, new ones included."""
    workspace = _workspace(session, options)
    paths = await _changed(workspace)
    if not paths:
        return {"run_id": "", "message": "Nothing has changed since the last commit."}
    return _started(session, workspace, paths)


def apply_fix(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Apply `proposal_id`; how it ends comes as `ambient/applied`."""
    workspace, proposal = _proposal(session, options)
    _require_edits(session, proposal)
    return _applying(session, workspace, proposal)


async def apply_part(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Prove the pieces `hunks` of `proposal_id` again by themselves and apply them; the end comes like a fix's."""
    from ambient_lsp.lsp import part  # loads what makes diffs: not before `initialize` is answered

    workspace, proposal = _proposal(session, options)
    _require_edits(session, proposal)
    hunks = options.get("hunks")
    chosen = [str(one) for one in hunks] if isinstance(hunks, list) else []
    choice = await part.choose(session, workspace, proposal, chosen)
    if choice.part.id == proposal.id:
        return _applying(session, workspace, proposal)
    run_id = f"part-{uuid.uuid4().hex[:12]}"
    session.begin(run_id, workspace, part.run(session, workspace, choice, run_id))
    await asyncio.sleep(0)  # it has begun when its id is known: cancelled before, it would end without a word
    return {"run_id": run_id, "proposal_id": choice.part.id}


async def swarm(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Have a model do `task` in many files; how it ends comes as `ambient/swarm`. `dryRun` only tells which."""
    from ambient_lsp.lsp import batch  # loads the batch and what asks models: not before `initialize` is answered

    workspace = _workspace(session, options)
    if workspace.engine is None and workspace.opening is not None:
        await asyncio.wait({workspace.opening}, timeout=_OPENING)
    order = batch.order_of(options, workspace)
    if options.get("dryRun"):
        return await batch.plan(workspace, order)
    run_id = f"swarm-{uuid.uuid4().hex[:12]}"
    session.begin(run_id, workspace, batch.run(session, workspace, order, run_id))
    return {"run_id": run_id}


def apply_batch(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Show everything that the batch `batch` offers in one review, and apply what is agreed to."""
    from ambient_lsp.lsp import batch

    given = str(options.get("batch") or "")
    for workspace in session.workspaces:
        if offered := batch.offered_by(workspace, given):
            session.spawn(batch.review(session, workspace, offered))
            return {"proposals": [one.id for one in offered]}
    raise NotFound(f"Batch {given!r} offers nothing to apply now.", next_step="Its report says what became of it.")


def dismiss(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Remember that nobody wants to see the finding or proposal `id` again, for `days` or for good."""
    given, reason, days = str(options.get("id", "")), str(options.get("reason", "")), options.get("days")
    for workspace in session.workspaces:
        if workspace.engine is None:
            continue
        try:
            findings = workspace.engine.dismiss(given, session.who, reason, days=days)
        except NotFound:
            continue
        for finding_id in findings:
            session.board.dismissed(finding_id)
        return {"dismissed": given}
    raise NotFound(f"There is no finding or proposal {given!r}.")


def approve(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Approve `proposal_id`, so that it can be applied."""
    workspace, proposal = _proposal(session, options)
    if workspace.engine is None:
        raise NotAllowed("The folder of this fix is closed.", untouched="Nothing was approved.")
    approved = workspace.engine.approve(proposal.id, session.who, str(options.get("reason", "")))
    session.offer(workspace, approved)
    return {"proposal_id": approved.id, "state": str(approved.state)}


async def preview(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Return everything about `proposal_id`, with each file before and after."""
    return await views.whole_proposal(session, *_proposal(session, options))


async def show(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Open a page about the proposal `id` in the editor; without an `id`, the report of this session."""
    from ambient_lsp.lsp import pages

    if options.get("id") or options.get("proposal_id"):
        page = pages.of_proposal(*_proposal(session, options))
    else:
        page = pages.of_session(session, _workspace(session, options))
    path = await pages.write(page)
    session.spawn(pages.show(session, page, path))
    return {"path": str(path)}


def why(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Say in a message why no fix is offered for the finding `id`."""
    from ambient_lsp.lsp import pages

    given = str(options.get("id", ""))
    for workspace in session.workspaces:
        if workspace.engine is None or not given:
            continue
        try:
            reason = pages.why_no_fix(session, workspace, workspace.engine.finding(given))
        except NotFound:
            continue
        session.tell(reason)
        return {"why": reason}
    raise NotFound(f"There is no finding {given!r}.", next_step="Save its file to have it looked at again.")


def cancel(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Cancel `run_id`, or all that is under way where none is named: not every editor shows its user the id."""
    run_id = str(options.get("run_id", ""))
    ids = [run_id] if run_id else session.under_way()
    return {"run_id": run_id, "cancelled": any([session.cancel(one) for one in ids])}


def status(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Return what `ambient/status` last said."""
    return session.status.value()


async def doctor(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Return what works here and what does not, with versions, for a bug report."""
    folders = []
    for workspace in session.workspaces:
        found = await workspace.engine.readiness() if workspace.engine is not None else ()
        folders.append(
            {"uri": workspace.uri, "problem": workspace.problem, "sandbox": [views.readiness(i) for i in found]}
        )
    return {
        "version": ambient_lsp.__version__,
        "python": sys.version.split()[0],
        "client": session.support.name,
        "encoding": session.support.encoding,
        "folders": folders,
    }


def show_report(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Return the runs and proposals of this session as Markdown."""
    return {"markdown": views.report(session)}


def list_proposals(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Return the proposals of all folders, or those for the file `uri`."""
    place = session.workspaces.of(str(options.get("uri", "")))
    found: list[dict[str, Any]] = []
    for workspace in session.workspaces:
        if workspace.engine is not None and (place is None or place[0] is workspace):
            found += views.proposals(workspace, workspace.engine.proposals(paths=(place[1],) if place else ()))
    return {"proposals": found}


def list_runs(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Return the newest runs of all folders."""
    found = [
        views.run(workspace, record)
        for workspace in session.workspaces
        if workspace.engine is not None
        for record in workspace.engine.runs()
    ]
    return {"runs": sorted(found, key=lambda item: -item["started"])}


COMMANDS: dict[str, Any] = {
    "review": review,
    "reviewFile": review_file,
    "reviewChanges": review_changes,
    "reviewWorkspace": review,
    "applyFix": apply_fix,
    "applyPart": apply_part,
    "swarm": swarm,
    "applyBatch": apply_batch,
    "dismiss": dismiss,
    "approve": approve,
    "preview": preview,
    "show": show,
    "why": why,
    "cancel": cancel,
    "status": status,
    "doctor": doctor,
    "showReport": show_report,
}
REQUESTS: dict[str, Any] = {
    "ambient/getProposal": preview,
    "ambient/listProposals": list_proposals,
    "ambient/listRuns": list_runs,
    "ambient/inside": inside.look,
}


def _command(function: Any) -> Any:
    # pygls hands the server to a parameter named `ls` (limit 12), and converts no arguments for `*arguments`.
    if asyncio.iscoroutinefunction(function):

        async def later(ls: Any, *arguments: Any) -> Any:
            with _said(ls.session):
                return await function(ls.session, _options(arguments))

        return later

    def now(ls: Any, *arguments: Any) -> Any:
        with _said(ls.session):
            return function(ls.session, _options(arguments))

    return now


@contextmanager
def _said(session: Session) -> Iterator[None]:
    """Say in a message why a command was refused, where the client keeps its error for itself."""
    try:
        yield
    except AmbientError as error:
        if session.support.hides_errors:
            session.tell(str(error), types.MessageType.Warning)
        raise


def _request(function: Any) -> Any:
    if asyncio.iscoroutinefunction(function):

        async def later(ls: Any, params: Any) -> Any:
            return await function(ls.session, _fields(params))

        return later

    def now(ls: Any, params: Any) -> Any:
        return function(ls.session, _fields(params))

    return now


def _options(arguments: tuple[Any, ...]) -> dict[str, Any]:
    first = arguments[0] if arguments else {}
    return dict(first) if isinstance(first, dict) else _fields(first)


def _fields(params: Any) -> dict[str, Any]:
    """Return the fields of what pygls makes of the parameters of a method it does not know: a named tuple."""
    if isinstance(params, dict):
        return dict(params)
    return dict(params._asdict()) if hasattr(params, "_asdict") else {}


def _workspace(session: Session, options: dict[str, Any]) -> Workspace:
    """Return the folder of `uri`, which may be the folder itself; the only folder needs no name."""
    uri = str(options.get("uri", ""))
    folders = list(session.workspaces)
    if uri:
        if (place := session.workspaces.of(uri)) is not None:
            return place[0]
    elif len(folders) == 1:
        return folders[0]
    raise NotFound("No folder was named.", next_step="Name one in `uri`." if folders else "Open a folder.")


def _proposal(session: Session, options: dict[str, Any]) -> tuple[Workspace, Proposal]:
    given = str(options.get("proposal_id") or options.get("id") or "")
    for workspace in session.workspaces:
        if workspace.engine is not None and given:
            try:
                return workspace, workspace.engine.proposal(given)
            except NotFound:
                continue
    if any(workspace.is_opening for workspace in session.workspaces):
        raise NotAllowed("Ambient is still starting.", next_step="Try again in a moment.")
    raise NotFound(f"There is no proposal {given!r}.", next_step="`ambient.server.review` makes new ones.")


def _require_edits(session: Session, proposal: Proposal) -> None:
    if not session.support.applies_edits:
        name = session.support.name
        raise NotAllowed(
            f"{'This editor' if name == 'editor' else name} does not let a language server edit files.",
            untouched="Nothing was changed.",
            next_step=f"Run `ambient proposals apply {proposal.id}` in a terminal.",
        )


def _applying(session: Session, workspace: Workspace, proposal: Proposal) -> dict[str, Any]:
    from ambient_lsp.lsp import apply  # loads what makes diffs: not before `initialize` is answered

    run_id = f"apply-{uuid.uuid4().hex[:12]}"
    session.spawn(apply.run(session, workspace, proposal, run_id))
    return {"run_id": run_id, "proposal_id": proposal.id}


def _started(session: Session, workspace: Workspace, paths: tuple[str, ...]) -> dict[str, Any]:
    if workspace.engine is None:
        raise NotAllowed(workspace.problem or "Ambient is still starting.", next_step="Try again in a moment.")
    run = session.submit(workspace, TriggerKind.COMMAND, paths)
    return {"run_id": run.id if run else ""}


async def _changed(workspace: Workspace) -> tuple[str, ...]:
    from ambient_lsp.context import git  # starting it is all that this needs of it
    from ambient_lsp.repository.git import GitFailed

    try:
        return tuple(await asyncio.to_thread(git.differing, workspace.root, untracked=True))
    except (GitFailed, OSError) as error:
        raise NotFound(
            f"git cannot say what changed in {workspace.given}.", next_step="Review the whole folder instead."
        ) from error
