"""Edits as a unified diff that git takes, byte for byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.patching.compare import changed_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.model import FileEdit
    from ambient_lsp.patching.compare import Block

NO_NEWLINE = "\\ No newline at end of file\n"

_CONTEXT = 3
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_ESCAPES = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}


def render_file(edit: FileEdit, old: str, new: str | None) -> str:
    """Return the part of a diff for one file. `new` is its text after the edit, None when it is gone."""
    if edit.kind == "modify" and old == new:
        return ""
    source, target = f"a/{edit.path}", f"b/{edit.new_path or edit.path}"
    head = f"diff --git {quote(source)} {quote(target)}\n"
    if edit.kind == "create":
        head, source = head + "new file mode 100644\n", "/dev/null"
    elif edit.kind == "delete":
        head, target = head + "deleted file mode 100644\n", "/dev/null"
    elif edit.kind == "rename":
        head += f"rename from {quote(source[2:])}\nrename to {quote(target[2:])}\n"
    body = "".join(_hunks(split_at_line_feeds(old), split_at_line_feeds(new or "")))
    return f"{head}--- {_file_name(source)}\n+++ {_file_name(target)}\n{body}" if body else head


def changed_lines(diff: str) -> int:
    """Return the number of lines that a diff adds and removes, added up. The counts in its hunks must be right."""
    changed = old = new = 0
    for line in diff.split("\n"):
        if old > 0 or new > 0:
            changed += line[:1] in ("+", "-")
            old -= line[:1] in (" ", "-", "")
            new -= line[:1] in (" ", "+", "")
        elif match := _HUNK.match(line):
            old, new = (1 if count is None else int(count) for count in match.groups())
    return changed


def split_at_line_feeds(text: str) -> list[str]:
    """Split after line feeds only, as git does; a carriage return belongs to its line."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def quote(path: str) -> str:
    """Return a path as git writes it: in quotes, with escapes, when it holds control characters, `"` or `\\`."""
    if all(char >= " " and char not in '"\\\x7f' for char in path):
        return path
    escaped = (
        f"\\{_ESCAPES[char]}" if char in _ESCAPES else f"\\{ord(char):03o}" if char < " " or char == "\x7f" else char
        for char in path
    )
    return f'"{"".join(escaped)}"'


def _file_name(path: str) -> str:
    # Tools that expect a date after the name would stop at a space; git marks the end of such a name with a tab.
    return quote(path) + ("\t" if " " in path and quote(path) == path else "")


def _hunks(before: list[str], after: list[str]) -> Iterator[str]:
    for group in _groups(changed_blocks(before, after)):
        (first, _, new_first, _), (_, last, _, new_last) = group[0], group[-1]
        lead = min(_CONTEXT, first)
        trail = min(_CONTEXT, len(before) - last)
        start, end = first - lead, last + trail
        new_start, new_end = new_first - lead, new_last + trail
        yield f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@\n"
        at = start
        for i1, i2, j1, j2 in group:
            yield from (_line(" ", line) for line in before[at:i1])
            yield from (_line("-", line) for line in before[i1:i2])
            yield from (_line("+", line) for line in after[j1:j2])
            at = i2
        yield from (_line(" ", line) for line in before[at:end])


def _groups(blocks: list[Block]) -> Iterator[list[Block]]:
    group: list[Block] = []
    for block in blocks:
        if group and block[0] - group[-1][1] > 2 * _CONTEXT:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    # An empty range names the line before it (POSIX, diff -u).
    return f"{start + 1 if length else start},{length}"


def _line(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n{NO_NEWLINE}"
