"""A change taken apart into pieces that can be taken one by one.

A piece is a block of lines of one file, with at least one line between it and the next that stays as it is; or the
making, deletion or renaming of one file. All pieces together are the whole change, and any of them make exactly their
part of it on the same texts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ambient_lsp.errors import StalePatch
from ambient_lsp.model import Replacement
from ambient_lsp.patching.edits import apply_replacements, replacements_between
from ambient_lsp.text import Lines, sha256, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ambient_lsp.model import FileEdit

_SHORTEST = 6
"""Characters of an id. There are more where two pieces of one change would have the same."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a change. `id` follows from the piece and its place alone, so it is the same whenever the same
    change to the same texts is taken apart."""

    id: str
    edit: FileEdit


def pieces_of(edits: Sequence[FileEdit], bases: Mapping[str, str]) -> tuple[Piece, ...]:
    """Take a change apart. `bases` holds the texts that it was made for. Raises `StalePatch` for other texts."""
    parts = [part for edit in edits for part in _parts(edit, bases.get(edit.path))]
    digests = [_digest(part) for part in parts]
    length = _SHORTEST
    while len({digest[:length] for digest in digests}) < len(digests):
        length += 1
    return tuple(Piece(digest[:length], part) for digest, part in zip(digests, parts, strict=True))


def together(pieces: Iterable[Piece]) -> tuple[FileEdit, ...]:
    """Return pieces of one change as edits, one for each file."""
    by_path: dict[str, FileEdit] = {}
    for piece in pieces:
        edit, known = piece.edit, by_path.get(piece.edit.path)
        if known is not None:
            edit = replace(edit, replacements=tuple(sorted((*known.replacements, *edit.replacements))))
        by_path[edit.path] = edit
    return tuple(by_path.values())


def lines_of(edit: FileEdit, text: str) -> tuple[int, int, str, str]:
    """Return (first, last, before, after) of a piece's edit on the text that it fits: the lines that it replaces,
    counted from 1, with `last` one less than `first` for an insertion; and what they are before and after."""
    if edit.kind == "modify":
        [change] = edit.replacements
        before = text[change.start : change.end]
        first = Lines(text).position(change.start)[0] + 1
        return first, first + len(split_lines(before)) - 1, before, change.text
    after = "" if edit.kind == "delete" else edit.text or ""
    if edit.kind == "rename":
        after = apply_replacements(text, edit.replacements)
    return 1, len(split_lines(text)), text, after


def _parts(edit: FileEdit, base: str | None) -> list[FileEdit]:
    if edit.kind != "modify":
        return [edit]
    if base is None or sha256(base) != edit.base_sha256:
        raise StalePatch(f"{edit.path} has changed since this edit was made.", untouched="Nothing was changed.")
    return [replace(edit, replacements=(change,)) for change in _by_lines(base, edit.replacements)]


def _by_lines(base: str, changes: Sequence[Replacement]) -> Iterator[Replacement]:
    """Yield the same change in whole lines, with at least one line between two of them that stays.

    Only the lines around each change are compared: a large file has few that change.
    """
    lines = Lines(base)
    for first, last, inside in _groups(lines, changes):
        start, end = lines.start(first), lines.start(last)
        here = [Replacement(one.start - start, one.end - start, one.text) for one in inside]
        before = base[start:end]
        for change in replacements_between(before, apply_replacements(before, here)):
            yield Replacement(start + change.start, start + change.end, change.text)


def _groups(lines: Lines, changes: Sequence[Replacement]) -> list[tuple[int, int, list[Replacement]]]:
    """Return the changes that touch the same or neighbouring lines together, with their first line and the one after
    their last."""
    groups: list[tuple[int, int, list[Replacement]]] = []
    for change in sorted(changes, key=lambda one: (one.start, one.end)):
        first, column = lines.position(change.start)
        last = first
        if column or change.end > change.start:
            last = lines.position(max(change.start, change.end - 1))[0] + 1
        whole = change.text.endswith(("\n", "\r")) or not (change.text or column)
        if change.end == lines.start(last) and not whole:
            last += 1  # the line behind it is joined to what it writes
        if groups and first <= groups[-1][1]:
            earlier, end, inside = groups.pop()
            groups.append((earlier, max(end, last), [*inside, change]))
        else:
            groups.append((first, last, [change]))
    return groups


def _digest(edit: FileEdit) -> str:
    return hashlib.sha256(repr(edit).encode("utf-8", "surrogatepass")).hexdigest()
