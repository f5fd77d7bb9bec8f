"""Fitting a draft onto the files as they are: all of it, each part in one place, or not at all.

The ladder is that of foreign diffs (`patching/repair.py`): exact, trailing space, uniform indentation, one unique
place by likeness; what fits in two places is refused.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ambient_lsp.errors import MalformedDiff, PatchConflict, PatchError
from ambient_lsp.llm.reply.segments import Block, DiffText, WholeFile
from ambient_lsp.model import FileEdit
from ambient_lsp.patching.diff import FileDiff, Hunk, Line, parse
from ambient_lsp.patching.edits import replacements_between
from ambient_lsp.patching.likeness import stripped
from ambient_lsp.patching.repair import read_files
from ambient_lsp.patching.syntax import breaks
from ambient_lsp.patching.targets import Targets
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ambient_lsp.llm.reply.drafts import Draft
    from ambient_lsp.patching.diff import Mark

_ELISION = re.compile(
    r"^\s*(?:#|//|/\*|--|<!--)?\s*(?:\.\.\.|…)\s*(?:\(?(?:existing|rest|remaining|other|unchanged|same|previous)\b.*)?$"
    r"|^\s*(?:#|//|/\*|--|<!--)\s*(?:\.\.\.|…)?\s*(?:(?:the\s+)?rest of|remaining|existing|unchanged|other)\b.*"
    r"(?:unchanged|here|same|code|file|remains?|as before|\.\.\.|…).*$",
    re.IGNORECASE,
)
_LEAST_KEPT, _LEAST_KEPT_OF_LONG, _SHORT = 0.5, 0.8, 150
_NEAR = 8
_TELLING = 12


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a draft means for the files. `notes` say, for people, what had to be forgiven."""

    edits: tuple[FileEdit, ...]
    notes: tuple[str, ...] = ()


def fit(draft: Draft, read: Callable[[str], str | None], paths: Sequence[str]) -> Fitted:
    """Return the edits of a draft. `read` gives a file's text, None where it is missing; `paths` are known files.

    Raises `PatchError` with the exact failure: `MalformedDiff` (cut off, unclear), `AmbiguousPatch` (fits twice),
    `PatchConflict` (fits nowhere, or would no longer parse), `UnsafePath`.
    """
    if not draft.whole:
        raise _malformed("The reply was cut off in the middle of this change.")
    targets = Targets(read, paths)
    files: list[FileDiff] = []
    whole: list[FileEdit] = []
    for edit in dict.fromkeys(draft.edits):  # said twice, it is meant once
        match edit:
            case WholeFile():
                whole += _rewritten(edit, targets)
            case DiffText():
                files += [_tidied(file, targets) for file in parse(edit.text)]
            case Block():
                files += _from_block(edit if edit.path else _with_path(edit, read, paths), targets)
    repaired = read_files(files, read, paths) if files else None
    edits = (*whole, *(repaired.edits if repaired else ()))
    touched = [path for edit in edits for path in edit.paths]
    if clash := next((path for path in touched if touched.count(path) > 1), None):
        raise _malformed(f"The change names {clash} in two ways.")
    notes = repaired.notes if repaired else ()
    if edits and any("already" in note for note in notes):
        # One part is said to be there: with so little to go by, that may be a coincidence.
        raise _malformed("A part of the change seems to be there already, another one not.")
    return Fitted(edits, notes)


def _tidied(file: FileDiff, targets: Targets) -> FileDiff:
    """Return the diff of a file without white space at the end of added lines, where the file has none either."""
    if file.kind != "modify" or not _tidy(targets.text(targets.existing(file.new_path, file.old_path)) or ""):
        return file

    def tidied(line: Line) -> Line:
        return replace(line, text=line.text.rstrip(" \t")) if line.mark == "+" else line

    hunks = tuple(replace(hunk, lines=tuple(map(tidied, hunk.lines))) for hunk in file.hunks)
    return replace(file, hunks=hunks)


def _from_block(block: Block, targets: Targets) -> list[FileDiff]:
    """Return a block as a hunk without numbers; none where it changes nothing."""
    path, text = _target(block, targets)
    before, after = _sides(block, text)
    if text is not None and _tidy(text):
        before, after = [line.rstrip() for line in before], [line.rstrip() for line in after]
    if before == after:
        return []
    if not any(line.strip() for line in before):
        if text is None:
            added = tuple(Line("+", line) for line in after)
            return [FileDiff(None, path, "create", (Hunk(added),))]
        if not text.strip():
            return [FileDiff(path, path, "modify", (_hunk(text.split("\n")[:-1], after),))]
        raise _malformed(f"A change of {path} does not say which lines it is about.")
    if text is None:
        raise PatchConflict(
            f"There is no file {path!r} to change.",
            untouched="Nothing was written.",
            next_step="Name a file that exists, or leave the search part empty to make a new one.",
            path=path,
        )
    return [FileDiff(path, path, "modify", (_hunk(before, after),))]


def _with_path(block: Block, read: Callable[[str], str | None], paths: Sequence[str]) -> Block:
    """Return the block with the one file that has what it searches for; as it is where that is not clear."""
    sought = [_rstripped(list(block.lines[:at])) for at in block.dividers]
    holding = [
        path for path in paths if any(len(one) > _TELLING and one in _rstripped_text(path, read) for one in sought)
    ]
    return replace(block, path=holding[0]) if len(holding) == 1 else block


def _rstripped_text(path: str, read: Callable[[str], str | None]) -> str:
    return _rstripped((_readable(path, read) or "").split("\n"))


def _target(block: Block, targets: Targets) -> tuple[str, str | None]:
    """Return the path that a block means and its text; None for a file that is to be made."""
    try:
        path = targets.existing(block.path or None)
    except MalformedDiff:
        if not block.path or any(line.strip() for line in block.lines[: min(block.dividers, default=0)]):
            raise
        return targets.fresh(block.path), None
    return path, targets.text(path)


def _sides(block: Block, text: str | None) -> tuple[list[str], list[str]]:
    """Return the two sides. Where several lines could part them, the file decides, or nobody does."""
    lines = list(block.lines)
    options = [(lines[:at], lines[at + 1 :]) for at in block.dividers]
    if len(options) > 1:
        there = _rstripped((text or "").split("\n"))
        fitting = [option for option in options if option[0] and _rstripped(option[0]) in there]
        if not fitting:
            raise _malformed("It is not clear where the search part of a block ends.")
        return fitting[-1]  # the longest: what the file has up to there is no coincidence
    return options[0]


def _rstripped(lines: list[str]) -> str:
    return "".join(f"\n{line.rstrip()}" for line in lines) + "\n"


def _hunk(before: list[str], after: list[str]) -> Hunk:
    """Return a hunk that keeps the lines that both sides have."""
    lines: list[Line] = []

    def add(mark: Mark, texts: Sequence[str]) -> None:
        lines.extend(Line(mark, text) for text in texts)

    for what, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            add(" ", before[i1:i2])
        else:
            add("-", before[i1:i2])
            add("+", after[j1:j2])
    return Hunk(tuple(lines))


def _rewritten(file: WholeFile, targets: Targets) -> list[FileEdit]:
    """Return the edit that gives a file this text, unless the text looks like a part of the file."""
    try:
        path = targets.existing(file.path)
    except MalformedDiff:
        path = targets.fresh(file.path)
    old = targets.text(path)
    if any(_ELISION.match(line) for line in file.text.split("\n")) and not _says_so_too(old, file.text):
        raise _malformed(f"The text for {path} leaves something out.")
    if old is None:
        return [FileEdit(path, "create", text=file.text)]
    new = _as_the_file_writes(old, file.text)
    if new == old:
        return []
    before = [stripped(line) for line in old.split("\n") if line.strip()]
    after = {stripped(line) for line in new.split("\n")}
    least = _LEAST_KEPT if len(before) <= _SHORT else _LEAST_KEPT_OF_LONG
    if before and sum(line in after for line in before) < least * len(before):
        raise _malformed(f"The text for {path} has little of the file that is there; it may be a part of it.")
    if breaks(path, old, new):
        raise PatchConflict(f"{path} would no longer be valid Python.", untouched="Nothing was written.", path=path)
    return [FileEdit(path, "modify", sha256(old), replacements_between(old, new))]


def _as_the_file_writes(old: str, new: str) -> str:
    """Return the new text with the file's own lines where they differ in white space at the end only."""
    before, after = old.split("\n"), new.split("\n")
    plain_before, plain_after = [line.rstrip() for line in before], [line.rstrip() for line in after]
    ending = "\r" if old.count("\r\n") * 2 > len(before) else ""
    tidy = _tidy(old)
    lines: list[str] = []
    for what, i1, i2, j1, j2 in difflib.SequenceMatcher(None, plain_before, plain_after, autojunk=False).get_opcodes():
        if what == "equal":
            lines += before[i1:i2]
        else:
            lines += [(line.rstrip() if tidy else line) + ending for line in after[j1:j2]]
    text = "\n".join(lines)
    return text if old.endswith("\n") or not old else text.removesuffix("\n").removesuffix("\r")


def _tidy(text: str) -> bool:
    """Tell whether no line has white space at its end; then no new one is meant to have it."""
    return all(line == line.rstrip(" \t") for line in text.replace("\r\n", "\n").split("\n"))


def _says_so_too(old: str | None, new: str) -> bool:
    """Tell whether every line of the new text that looks like an omission stands in the file already."""
    there = {line.strip() for line in (old or "").split("\n")}
    return all(line.strip() in there for line in new.split("\n") if _ELISION.match(line))


def _malformed(what: str) -> MalformedDiff:
    return MalformedDiff(
        what, untouched="Nothing was written.", next_step="Give the whole change again, as search/replace blocks."
    )


def explain(error: PatchError, draft: Draft, read: Callable[[str], str | None]) -> str:
    """Return what to tell the model: the exact failure, and the lines of the file nearest to what it sought."""
    parts = [str(error.what)]
    for edit in draft.edits:
        if isinstance(edit, Block) and edit.dividers and (text := _readable(edit.path, read)) is not None:
            sought = list(edit.lines[: edit.dividers[0]])
            if near := _nearest(sought, text.split("\n")):
                parts.append(f"The lines of {edit.path} that are nearest to what you searched for are:\n\n{near}")
    return "\n\n".join(parts)


def _readable(path: str, read: Callable[[str], str | None]) -> str | None:
    try:
        return read(path) if path else None
    except PatchError:
        return None


def _nearest(sought: list[str], lines: list[str]) -> str:
    """Return the stretch of `lines` that is most like `sought`, empty where nothing is."""
    wanted = [line.strip() for line in sought if line.strip()]
    if not wanted or not lines:
        return ""
    size = min(len(lines), len(sought) + _NEAR)
    pool = set(wanted)
    hits = [line.strip() in pool for line in lines]
    scores = [sum(hits[at : at + size]) for at in range(max(1, len(lines) - size + 1))]
    best = max(range(len(scores)), key=scores.__getitem__)
    if scores[best] == 0:
        close = difflib.get_close_matches(wanted[0], [line.strip() for line in lines], n=1, cutoff=0.6)
        if not close:
            return ""
        best = max(0, next(n for n, line in enumerate(lines) if line.strip() == close[0]) - _NEAR // 2)
    return "\n".join(lines[best : best + size])
