"""Turning placed hunks into replacements: kept text is the file's own, added lines are written as the file writes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ambient_lsp.errors import AmbiguousPatch, PatchConflict
from ambient_lsp.patching.changes import Change, UnclearError
from ambient_lsp.patching.changes import changes as changes_of
from ambient_lsp.patching.likeness import LOOKALIKES, indent_of, shift_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.patching.diff import Hunk, Line
    from ambient_lsp.patching.place import Placement

_WIDTHS = (4, 8, 2)

Pair = tuple[str, str]
"""A line as the diff has it, and as the file has it."""


def splice(lines: Sequence[str], placements: Sequence[Placement], path: str) -> str:
    """Return the new text of a file with these lines (each with its ending) and the placements applied."""
    bare = [line.removesuffix("\n") for line in lines]
    habits = _Habits(bare, [pair for placement in placements for pair in _pairs(placement, bare)], path)
    changes: list[tuple[int, int, list[str]]] = []
    for placement in placements:
        if not placement.done:
            writer = _Writer(lines, bare, placement, habits)
            changes += (
                (change.start, change.end, writer.written(change)) for change in _changes(placement, lines, path)
            )
    parts: list[str] = []
    at = 0
    for start, end, added in sorted(changes, key=lambda change: change[:2]):
        if start < at:
            raise PatchConflict(
                f"Two changes of {path} overlap.",
                untouched="Nothing was written.",
                next_step="Ask for the whole change again.",
                path=path,
            )
        parts += (*lines[at:start], *added)
        at = end
    return _joined(
        [*parts, *lines[at:]], "\r\n" if sum(line.endswith("\r\n") for line in lines) > len(lines) / 2 else "\n"
    )


def _joined(parts: list[str], newline: str) -> str:
    """Join lines; only the last may lack an ending."""
    return "".join(
        part if part.endswith("\n") or number == len(parts) - 1 else part + newline for number, part in enumerate(parts)
    )


def _pairs(placement: Placement, bare: Sequence[str]) -> list[Pair]:
    side = placement.hunk.new if placement.done else placement.hunk.old
    return [
        (line.text, bare[place]) for line, place in zip(side, placement.alignment, strict=False) if place is not None
    ]


def _changes(placement: Placement, lines: Sequence[str], path: str) -> list[Change]:
    if placement.inserted_at is not None:
        return [Change(placement.inserted_at, placement.inserted_at, placement.hunk.lines, ())]
    try:
        return changes_of(placement.hunk, placement.alignment, len(lines))
    except UnclearError:
        raise _unclear(placement.hunk, path) from None


def _unclear(hunk: Hunk, path: str) -> AmbiguousPatch:
    line = next((line for line in hunk.lines if line.mark == "+"), None)
    return AmbiguousPatch(
        f"{path} has lines, just where a change goes, that the diff does not show"
        + (f": it is not clear on which side {line.text.strip()[:80]!r} belongs." if line else "."),
        untouched="Nothing was written.",
        next_step="Ask for the change again, made for the file as it is now.",
        path=path,
    )


class _Habits:
    """How a file writes, and how the lines that a diff shows of it differ."""

    def __init__(self, bare: Sequence[str], pairs: Sequence[Pair], path: str) -> None:
        self.python = path.endswith((".py", ".pyi"))
        self.tabbed = any(line.startswith("\t") for line in bare)
        self.spaced = any(line.startswith(" ") for line in bare)
        self.text = "".join(bare)
        self.returns = any(one.endswith("\r") != other.endswith("\r") for one, other in pairs)
        self.trailing = any(_tail(one) and not _tail(other) for one, other in pairs)
        self.characters = _characters(pairs)
        self.indents = {indent_of(one): indent_of(other) for one, other in pairs if one.strip()}

    def foreign(self, indent: str) -> bool:
        """Tell whether Python code is indented in a way that nothing in the file is, which is then not meant."""
        if not self.python or not indent:
            return False
        return not self.tabbed if "\t" in indent else self.tabbed and not self.spaced


class _Writer:
    """Writes the added lines of one hunk as the file would have them."""

    def __init__(self, lines: Sequence[str], bare: Sequence[str], placement: Placement, habits: _Habits) -> None:
        self.lines = lines
        self.bare = bare
        self.habits = habits
        pairs = [pair for pair in _pairs(placement, bare) if pair[0].strip()]
        self.indents = habits.indents | {indent_of(one): indent_of(other) for one, other in pairs}
        changed = [pair for pair in self.indents.items() if pair[0] != pair[1]]
        self.tabs = any("\t" in one + other for one, other in changed)
        self.shift = None if self.tabs or not changed else shift_between(pairs)

    def written(self, change: Change) -> list[str]:
        """Return the added lines of a change, with their endings."""
        removed = list(zip((line.text for line in change.removed), self.bare[change.start : change.end], strict=True))
        result = [self._line(line, removed, change.start) for line in change.added]
        if result and change.end == len(self.lines) and self.lines and not self.lines[-1].endswith("\n"):
            told = any(not line.ended for line in (*change.removed, *change.added))
            if not told:
                result[-1] = result[-1].removesuffix("\n").removesuffix("\r")
        return result

    def _line(self, line: Line, removed: Sequence[Pair], start: int) -> str:
        text = line.text
        if self.habits.characters:
            text = self._characters_restored(text, removed)
        text = self._indented(text)
        if self.habits.trailing:
            text = text.rstrip() + ("\r" if text.endswith("\r") else "")
        if self.habits.returns:
            text = text.removesuffix("\r") + ("\r" if self._near(start).endswith("\r\n") else "")
        return text + "\n" if line.ended else text

    def _near(self, start: int) -> str:
        """Return the line whose ending an added line takes."""
        if start < len(self.lines) and (self.lines[start].endswith("\n") or not start):
            return self.lines[start]
        return self.lines[start - 1] if start else ""

    def _indented(self, text: str) -> str:
        indent = indent_of(text)
        rest = text[len(indent) :]
        if not rest.strip():
            return text
        if self.shift:
            off, on = self.shift
            return on + indent[len(off) :] + rest if indent.startswith(off) else text
        return self._retabbed(indent) + rest if self.tabs or self.habits.foreign(indent) else text

    def _retabbed(self, indent: str) -> str:
        if indent in self.indents:
            return self.indents[indent]
        known = [(one, other) for one, other in self.indents.items() if one and other]
        if any("\t" in other for _, other in known) or "\t" not in indent:
            width = next((w for w in _WIDTHS if all(other.expandtabs(w) == one for one, other in known)), _WIDTHS[0])
            size = len(indent.expandtabs(width))
            return "\t" * (size // width) + " " * (size % width)
        width = next((w for w in _WIDTHS if all(one.expandtabs(w) == other for one, other in known)), _WIDTHS[0])
        return indent.expandtabs(width)

    def _characters_restored(self, text: str, removed: Sequence[Pair]) -> str:
        start = len(indent_of(text))
        body = text[start:]
        bodies = [(one.strip(), other.strip()) for one, other in removed]
        similar = max(
            (pair for pair in bodies if len(pair[0]) == len(pair[1])),
            key=lambda pair: difflib.SequenceMatcher(None, pair[0], body).ratio(),
            default=None,
        )
        kept: dict[int, str] = {}
        if similar:
            for a, b, size in difflib.SequenceMatcher(None, similar[0], body).get_matching_blocks():
                kept.update((b + n, similar[1][a + n]) for n in range(size))
        return text[:start] + "".join(kept.get(n, self._character(char)) for n, char in enumerate(body))

    def _character(self, char: str) -> str:
        if char in self.habits.characters:
            return self.habits.characters[char]
        return LOOKALIKES[char] if char in LOOKALIKES and char not in self.habits.text else char


def _tail(line: str) -> bool:
    line = line.removesuffix("\r")
    return line != line.rstrip()


def _characters(pairs: Sequence[Pair]) -> dict[str, str]:
    """Return which character of the diff stands for which of the file, where that is always the same one."""
    seen: dict[str, set[str]] = {}
    for one, other in ((one.strip(), other.strip()) for one, other in pairs):
        if one != other and not (one.isascii() and other.isascii()):
            for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
                if tag == "replace" and i2 - i1 == j2 - j1:
                    for a, b in zip(one[i1:i2], other[j1:j2], strict=True):
                        seen.setdefault(a, set()).add(b)
                elif tag == "replace" and i2 - i1 == 1:
                    seen.setdefault(one[i1], set()).add(other[j1:j2])
    whole = "".join(other for _, other in pairs)
    return {
        char: next(iter(others))
        for char, others in seen.items()
        if len(others) == 1 and char not in whole and not char.isalnum()
    }
