"""Edits in their one normal form: making them, applying them in memory, and rendering them as a unified diff."""

from __future__ import annotations

import hashlib
from itertools import accumulate
from typing import TYPE_CHECKING

from ambient_lsp.errors import PatchConflict, StalePatch
from ambient_lsp.model import (
    FileEdit,
    Finding,
    ProofKind,
    ProofPlan,
    Proposal,
    Rationale,
    Replacement,
    RiskLevel,
    Snapshot,
)
from ambient_lsp.patching.compare import changed_blocks
from ambient_lsp.patching.render import changed_lines as changed_lines
from ambient_lsp.patching.render import render_file
from ambient_lsp.text import sha256, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def modify(base: Snapshot, new_text: str) -> FileEdit:
    """Return the smallest line-wise edit that turns `base` into `new_text`."""
    return FileEdit(base.path, "modify", base.sha256, replacements_between(base.text, new_text))


def replacements_between(old: str, new: str) -> tuple[Replacement, ...]:
    """Return replacements of whole lines that turn `old` into `new`; none when they are equal."""
    before, after = split_lines(old), split_lines(new)
    starts = [0, *accumulate(map(len, before))]
    return tuple(
        Replacement(starts[i1], starts[i2], "".join(after[j1:j2])) for i1, i2, j1, j2 in changed_blocks(before, after)
    )


def apply_replacements(text: str, replacements: Iterable[Replacement]) -> str:
    """Return `text` with the replacements made. Raises `PatchConflict` when they overlap or lie outside the text."""
    parts: list[str] = []
    position = 0
    for change in sorted(replacements, key=lambda change: (change.start, change.end)):
        if not position <= change.start <= change.end <= len(text):
            raise PatchConflict(
                "Two replacements overlap, or one lies outside the file.", untouched="Nothing was written."
            )
        parts += (text[position : change.start], change.text)
        position = change.end
    return "".join((*parts, text[position:]))


def has_some(text: str, replacements: Iterable[Replacement], now: str) -> bool:
    """Whether `now` is `text` with any of the replacements made, and no other change.

    Walks through both at once: `reached` is how far `now` is explained, in every way that is left.
    """
    position, reached = 0, {0}
    for change in sorted(replacements, key=lambda change: (change.start, change.end)):
        kept = text[position : change.start]
        choices = (kept + text[change.start : change.end], kept + change.text)
        reached = {at + len(choice) for at in reached for choice in choices if now.startswith(choice, at)}
        position = change.end
    return any(now[at:] == text[position:] for at in reached)


def apply_edit(text: str | None, edit: FileEdit) -> str | None:
    """Return the text of the file after `edit`; None when it no longer exists.

    `text` is the current text, None for a missing file. Raises `StalePatch` when it is not the text that the edit was
    made for.
    """
    if edit.kind == "create":
        if text is not None and text != edit.text:
            raise StalePatch(f"{edit.path} already exists.", untouched="Nothing was written.", path=edit.path)
        return edit.text or ""
    if text is None or sha256(text) != edit.base_sha256:
        raise StalePatch(
            f"{edit.path} has changed since this edit was made.",
            untouched="Nothing was written.",
            next_step="Save the file to have it checked again.",
            path=edit.path,
        )
    if edit.kind == "delete":
        return None
    return apply_replacements(text, edit.replacements)


def apply_edits(bases: Mapping[str, str], edits: Sequence[FileEdit]) -> dict[str, str | None]:
    """Return the new text of every file that `edits` touch; None for one that is gone. All or nothing.

    Raises `PatchConflict` when two edits touch one path, and `StalePatch` when a file is not as the edits expect it.
    """
    result: dict[str, str | None] = {}
    for edit in edits:
        new_text = apply_edit(bases.get(edit.path), edit)
        if clash := next((path for path in edit.paths if path in result), None):
            raise PatchConflict(f"Two edits touch {clash}.", untouched="Nothing was written.", path=clash)
        if edit.kind == "rename" and edit.new_path is not None:
            if edit.new_path in bases:
                raise StalePatch(
                    f"{edit.new_path} already exists.", untouched="Nothing was written.", path=edit.new_path
                )
            result[edit.path] = None
            result[edit.new_path] = new_text
        else:
            result[edit.path] = new_text
    return result


def render(edits: Sequence[FileEdit], bases: Mapping[str, str]) -> str:
    """Return the edits as one unified diff with git's headers, which `git apply` takes.

    An edit that changes nothing is left out. The diff is of texts: `git apply` fits a file in another encoding, or
    one with a byte-order mark when its first lines change, only through `write`.
    """
    return "".join(
        render_file(edit, bases.get(edit.path, ""), apply_edit(bases.get(edit.path), edit)) for edit in edits
    )


def propose(
    *,
    agent: str,
    title: str,
    description: str,
    rationale: str,
    risk_level: RiskLevel,
    edits: Sequence[FileEdit],
    bases: Mapping[str, str],
    findings: Sequence[Finding] = (),
    tags: Sequence[str] = (),
    proof: ProofPlan | None = None,
    score: float = 0.0,
) -> Proposal:
    """Make a proposal. Diff, files, size and id are computed from `edits` against `bases` (path -> text).

    The id depends on the agent and the edits only, so the same change proposed again is the same proposal.
    """
    diff = render(edits, bases)
    touched = tuple(dict.fromkeys(path for edit in edits for path in edit.paths))
    return Proposal(
        id=hashlib.sha256(
            f"{agent}\0{diff}\0{[edit.base_sha256 for edit in edits]}".encode("utf-8", "surrogatepass")
        ).hexdigest()[:12],
        agent=agent,
        title=title,
        description=description,
        rationale=rationale,
        risk_level=risk_level,
        edits=tuple(edits),
        diff=diff,
        files_touched=touched,
        estimated_loc_change=changed_lines(diff),
        tags=tuple(tags),
        finding_ids=tuple(finding.id for finding in findings),
        fingerprints=tuple(finding.fingerprint for finding in findings),
        proof=proof or ProofPlan(ProofKind.CHECKS),
        rationales=(Rationale(agent, rationale),),
        score=score,
        rules=tuple(dict.fromkeys(finding.rule for finding in findings)),
    )
