"""Edits in their one normal form: making them, applying them in memory, and rendering them as a unified diff."""

from __future__ import annotations

import difflib
import hashlib
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
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_NO_NEWLINE = "\\ No newline at end of file\n"


def modify(base: Snapshot, new_text: str) -> FileEdit:
    """Return the smallest line-wise edit that turns `base` into `new_text`."""
    return FileEdit(base.path, "modify", base.sha256, replacements_between(base.text, new_text))


def replacements_between(old: str, new: str) -> tuple[Replacement, ...]:
    """Return replacements of whole lines that turn `old` into `new`; none when they are equal."""
    before, after = _split(old), _split(new)
    head = _common_prefix(before, after)
    tail = _common_prefix(before[head:][::-1], after[head:][::-1])
    middle_before, middle_after = before[head : len(before) - tail], after[head : len(after) - tail]
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, middle_before, middle_after, autojunk=False)
    return tuple(
        Replacement(starts[head + i1], starts[head + i2], "".join(middle_after[j1:j2]))
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )


def apply_replacements(text: str, replacements: Iterable[Replacement]) -> str:
    """Return `text` with the replacements made. Raises `PatchConflict` when they overlap or lie outside the text."""
    parts: list[str] = []
    position = 0
    for change in sorted(replacements):
        if not position <= change.start <= change.end <= len(text):
            raise PatchConflict(
                "Two replacements overlap, or one lies outside the file.", untouched="Nothing was written."
            )
        parts += (text[position : change.start], change.text)
        position = change.end
    return "".join((*parts, text[position:]))


def apply_edit(text: str | None, edit: FileEdit) -> str | None:
    """Return the text of the file after `edit`; None when it no longer exists.

    `text` is the current text, None for a missing file. Raises `StalePatch` when it is not the text that the edit was
    made for.
    """
    if edit.kind == "create":
        if text is not None and text != edit.text:
            raise StalePatch(f"{edit.path} already exists.", untouched="Nothing was written.", path=edit.path)
        return edit.text
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
    """Return the new text of every file that `edits` touch; None for one that is gone. All or nothing."""
    result: dict[str, str | None] = {}
    for edit in edits:
        new_text = apply_edit(bases.get(edit.path), edit)
        if edit.kind == "rename" and edit.new_path is not None:
            result[edit.path] = None
            result[edit.new_path] = new_text
        else:
            result[edit.path] = new_text
    return result


def render(edits: Sequence[FileEdit], bases: Mapping[str, str]) -> str:
    """Return the edits as one unified diff with git's headers, which `git apply` takes."""
    parts: list[str] = []
    for edit in edits:
        old = bases.get(edit.path, "")
        new = apply_edit(bases.get(edit.path), edit)
        target = edit.new_path or edit.path
        parts.append(f"diff --git a/{edit.path} b/{target}\n")
        if edit.kind == "create":
            parts.append("new file mode 100644\n")
        elif edit.kind == "delete":
            parts.append("deleted file mode 100644\n")
        elif edit.kind == "rename":
            parts.append(f"rename from {edit.path}\nrename to {target}\n")
        source_name = "/dev/null" if edit.kind == "create" else f"a/{edit.path}"
        target_name = "/dev/null" if edit.kind == "delete" else f"b/{target}"
        parts += (
            line if line.endswith("\n") else line + "\n" + _NO_NEWLINE
            for line in difflib.unified_diff(_split(old), _split(new or ""), source_name, target_name)
        )
    return "".join(parts)


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
        id=hashlib.sha256(f"{agent}\0{diff}\0{[edit.base_sha256 for edit in edits]}".encode()).hexdigest()[:12],
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
    )


def changed_lines(diff: str) -> int:
    """Return the number of lines that a diff adds and removes, added up."""
    return sum(line[:1] in "+-" and not line.startswith(("+++ ", "--- ")) for line in diff.split("\n") if line)


def _split(text: str) -> list[str]:
    """Split after line feeds only, as git does; a carriage return belongs to its line."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _common_prefix(left: Sequence[str], right: Sequence[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
