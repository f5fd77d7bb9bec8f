"""The comment that silences one finding, written as the project would write it.

A rule of ruff's gets a `noqa` with its code, any other `# ambient: ignore[RULE]`. A comment that is there already gets
one name more. Where the line would become longer than the file's longest, ours goes on a line of its own above.
"""

from __future__ import annotations

import re

from ambient_lsp.analyzers.aliases import STYLE
from ambient_lsp.analyzers.base import parse
from ambient_lsp.analyzers.suppressions import lines_of
from ambient_lsp.model import Replacement
from ambient_lsp.text import Lines, split_lines

USUAL_LENGTH = 88

_OURS = re.compile(r"#\s*ambient:\s*ignore\[(?P<names>[^\]]*)\]")
_NOQA = re.compile(r"#\s*noqa:\s*(?P<names>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)")


def silence(text: str, path: str, rule: str, line: int) -> Replacement | None:
    """Return the change that silences `rule` in `line` (from 0); None where no comment can stand."""
    lines = Lines(text)
    rows = split_lines(text)
    if not 0 <= line < len(rows):
        return None
    row = _row(text, path, rows, lines, line)
    if row is None:
        return None
    content = rows[row].rstrip("\r\n")
    start = lines.start(row)
    ruff = rule.removeprefix(STYLE) if rule.startswith(STYLE) and rule[len(STYLE) :].isalnum() else ""
    if (there := (_NOQA if ruff else _OURS).search(content)) is not None:
        at = start + there.end("names")
        return Replacement(at, at, f", {ruff or rule}")
    words = f"# noqa: {ruff}" if ruff else f"# ambient: ignore[{rule}]"
    code = content.rstrip()
    longest = max(USUAL_LENGTH, *(len(one.rstrip("\r\n")) for one in rows))
    if not ruff and len(code) + 2 + len(words) > longest and path.endswith((".py", ".pyi")):
        return _above(text, rows, lines, line, words)
    return Replacement(start + len(code), start + len(content), f"  {words}")


def _row(text: str, path: str, rows: list[str], lines: Lines, line: int) -> int | None:
    """Return the line that the comment goes to: the finding's own, or the last or first of its statement."""
    if not path.endswith((".py", ".pyi")):
        return line
    first, last = _statement(text, rows, line)
    return next((row for row in (line, last, first) if 0 <= row < len(rows) and _open(text, rows[row], row)), None)


def _open(text: str, row: str, number: int) -> bool:
    """Whether a comment may stand at the end of this line: not in a string, and not after a backslash."""
    content = row.rstrip("\r\n")
    if content.endswith("\\"):
        return False
    end = len(content.encode("utf-8", "replace"))
    node = parse(text).root_node.descendant_for_point_range((number, end), (number, end))
    while node is not None and node.type != "string":
        node = node.parent
    return node is None or node.end_point <= (number, end)


def _above(text: str, rows: list[str], lines: Lines, line: int, words: str) -> Replacement:
    first, _ = _statement(text, rows, line)
    row = first if first >= 0 else line
    content = rows[row]
    indent = content[: len(content) - len(content.lstrip())].rstrip("\r\n")
    ending = "\r\n" if content.endswith("\r\n") else "\n"
    at = lines.start(row)
    return Replacement(at, at, f"{indent}{words}{ending}")


def _statement(text: str, rows: list[str], line: int) -> tuple[int, int]:
    content = rows[line]
    column = len(content[: len(content) - len(content.lstrip())].encode("utf-8", "replace"))
    return lines_of(parse(text).root_node.descendant_for_point_range((line, column), (line, column + 1)))
