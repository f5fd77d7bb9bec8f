"""Comments that are code, and comments that name what does not exist any more.

Prose can look like code ("x = y", "see foo(bar)"). Only a block of comment lines that parses as a whole, and that does
something, counts as code that was commented out.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.styling.outline import snippet
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.styling.outline import Comment, Outline

STALE = "AMB-STYLE-STALE-COMMENT"

_MOST_LINES = 60
_NOT_CODE = re.compile(r"->|=>|\.\.\.|[≈→]|^\s*>>>|^\s*\$|^\s*%|\bTODO\b|\bFIXME\b|\bXXX\b|\bNOTE\b", re.MULTILINE)
_SPEAKS_TO_A_TOOL = re.compile(r"#\s*(?:noqa|fmt|isort|type|pragma|pylint|ruff|yapf|nosec|pyright|mypy|region|%%|!|\+)")
_ACTS = frozenset(
    "import_statement import_from_statement return_statement raise_statement if_statement for_statement while_statement"
    " try_statement with_statement function_definition class_definition delete_statement assert_statement"
    " decorated_definition".split()
)
_WORDY = frozenset(("return_statement", "raise_statement", "delete_statement", "assert_statement"))
_HARMLESS = frozenset(("pass_statement", "break_statement", "continue_statement", "comment"))
_ASKS = re.compile(r"(?:isinstance|issubclass|hasattr|callable|len|any|all|bool)\(")
_REMARK = re.compile(r"\S\s+#")
_CALL = re.compile(r"#\s*(?:\w+\s*=\s*)?(?:\w+\.)*(\w+)\(\s*[\w*]+(?:\s*,\s*[\w*]+)*\s*\)\s*$")
_HEADING = re.compile(r"#\s*(?:import\s+\w+(?:\s+as\s+\w+)?|(?!print|breakpoint)\w+\(\))\s*$")
"""One line that names what comes below: "import commands", "read_bytes()"."""
_NAMED = re.compile(r"`{1,2}([A-Za-z_]\w*)(?:\(\))?`{1,2}|(?<![\w.`])([A-Za-z_]\w*)\(\)")
_DECORATOR = re.compile(r"#\s*@\w")
_LEAST_LETTERS = 8
_MOST_NAMES = 40
_ALIKE = 0.85


@dataclass(frozen=True, slots=True)
class DeadBlock:
    """Comment lines that are code. `edit` takes them out: (start, end, "").

    `explains` tells that they are there for the reader, as an example or with remarks.
    """

    first_line: int
    last_line: int
    start: int
    end: int
    edit: tuple[int, int, str]
    explains: bool


def commented_code(outline: Outline) -> list[DeadBlock]:
    """Return the blocks of comment lines that are nothing but code that does something."""
    found = []
    above: list[Comment] = []
    following = list(_blocks(outline))
    for place, block in enumerate(following):
        over, above = above, block
        if len(block) > _MOST_LINES or not is_code([comment.text for comment in block]):
            continue
        first, last = block[0], block[-1]
        rest = following[place + 1] if place + 1 < len(following) else []
        explains = (
            _introduced(outline, first)
            or _explains(outline, block)
            or _goes_on(outline, over, block)
            or _begins(outline, block, rest)
        )
        edit = (*_with_blanks(outline, block), "")
        found.append(DeadBlock(first.line, last.line, first.start, last.end, edit, explains))
    return found


def named(outline: Outline) -> dict[str, list[tuple[int, int]]]:
    """Return the names that comments quote or call, and that the code of this file does not have, with their places."""
    places: dict[str, list[tuple[int, int]]] = {}
    for comment in outline.comments:
        if "`" not in comment.text and "()" not in comment.text:
            continue
        for match in _NAMED.finditer(comment.text):
            name = match[1] or match[2]
            if len(name) >= _LEAST_LETTERS and "_" in name.strip("_"):
                group = 1 if match[1] else 2
                places.setdefault(name, []).append(
                    (comment.start + match.start(group), comment.start + match.end(group))
                )
    if not places:
        return {}
    outside = set(re.findall(r"\w+", _without_comments(outline)))
    gone = [(name, spots) for name, spots in places.items() if name not in outside]
    return dict(gone[:_MOST_NAMES])


def stale(outline: Outline, gone: Collection[str]) -> list[RawFinding]:
    """Return the comments that name something of `gone`: names that no other file of the repository has either.

    One is reported only if the file defines something that is spelled almost alike: it must have been renamed.
    """
    found: list[RawFinding] = []
    defined = {definition.name for definition in outline.definitions}
    for name, spots in named(outline).items() if gone else ():
        near = difflib.get_close_matches(name, defined, 3, _ALIKE)
        if name not in gone or len(near) != 1:
            continue
        for start, end in spots:
            found.append(
                RawFinding(
                    STALE,
                    outline.lines.span(start, end),
                    f"The comment names `{name}`, which does not exist; `{near[0]}` does.",
                    Severity.HINT,
                    tags=("style", "documentation"),
                    data={"code": STALE, "edits": [(start, end, near[0])]},
                    code=f"{name} {outline.lines.line(outline.lines.position(start)[0])}",
                )
            )
    return found


def _blocks(outline: Outline) -> Iterator[list[Comment]]:
    """Yield comments that are alone on neighbouring lines and begin in the same column."""
    block: list[Comment] = []
    for comment in outline.comments:
        if not comment.alone:
            continue
        if block and (comment.line != block[-1].line + 1 or comment.column != block[-1].column):
            yield block
            block = []
        block.append(comment)
    if block:
        yield block


def is_code(lines: list[str]) -> bool:
    """Whether these comment lines, with their `#`, are together code that does something."""
    if any(_SPEAKS_TO_A_TOOL.match(line) for line in lines) or not any("(" in line or " " in line for line in lines):
        return False
    if any(line.startswith("##") for line in lines) or (len(lines) == 1 and _HEADING.match(lines[0])):
        return False
    bare = [line[1:] for line in lines]
    full = [line for line in bare if line.strip()]
    if not full:
        return False
    margin = min(len(line) - len(line.lstrip()) for line in full)
    code = "\n".join(line[margin:] if line.strip() else "" for line in bare)
    if _NOT_CODE.search(code) or not re.search(r"[(=:]|\b(?:import|return|raise|del)\b", code):
        return False
    # What cannot stand at the top of a module may have stood in a function.
    root = snippet(f"def f():\n{_indented(code)}\n")
    if root.has_error or not root.named_children:
        return False
    body = root.named_children[0].child_by_field_name("body")
    inside = [] if body is None else body.named_children
    if len(root.named_children) != 1 or not inside or not all(_is_statement(node) for node in inside):
        return False
    return any(_acts(node) for node in inside)


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in code.split("\n"))


def _is_statement(node: Node) -> bool:
    """Whether a statement is one that prose never looks like."""
    if node.type == "expression_statement":
        inner = node.named_children[0] if node.named_children else None
        return inner is not None and inner.type in ("assignment", "augmented_assignment", "call", "await", "yield")
    return node.type in _ACTS or node.type in _HARMLESS


def _acts(node: Node) -> bool:
    text = (node.text or b"").decode("utf-8", "replace")
    if node.type == "expression_statement":
        inner = node.named_children[0]
        if inner.type == "assignment" and inner.child_by_field_name("right") is None:
            return False  # `x: int`
        # A formula explains; a call did something. One that only asks explains, too: it says what is known here. And
        # "Windows (drive/folder)" is no call.
        return re.search(r"\w\(", text) is not None and _calls(inner) and not _ASKS.match(text)
    if node.type in _WORDY:
        # "return early", "assert nothing", "del it" are prose.
        return re.search(r"[\w)\]][(.\[]|\s(?:==|is|not|None|True|False|\d)", text) is not None
    return node.type in _ACTS


def _calls(node: Node) -> bool:
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if inner.type == "call":
            return True
        waiting += inner.named_children
    return False


def _introduced(outline: Outline, first: Comment) -> bool:
    """Whether prose leads up to a block, as in "for example:"."""
    for line in range(first.line - 1, max(first.line - 3, -1), -1):
        above = outline.lines.line(line).strip()
        if above:
            return above.startswith("#") and above.endswith(":")
    return False


def _explains(outline: Outline, block: list[Comment]) -> bool:
    """Whether a block is there for its reader: it has remarks of its own, or shows how to read the call below it."""
    if any(_REMARK.search(comment.text) for comment in block):
        return True
    if any(";" in comment.text and "pdb" not in comment.text for comment in block):
        return True  # how something was made, in one line
    called = _CALL.match(block[0].text)
    below = outline.lines.line(block[-1].line + 1)
    return len(block) == 1 and called is not None and re.search(rf"\b{re.escape(called[1])}\(", below) is not None


def _goes_on(outline: Outline, above: list[Comment], block: list[Comment]) -> bool:
    """Whether a block is the rest of one that stays: prose, then code, a blank line, and more of the code."""
    if len(above) < 2 or above[-1].column != block[0].column or is_code([comment.text for comment in above]):
        return False
    between = range(above[-1].line + 1, block[0].line)
    if any(outline.lines.line(line).strip() for line in between):
        return False
    return any(is_code([comment.text for comment in above[start:]]) for start in range(1, len(above)))


def _begins(outline: Outline, block: list[Comment], rest: list[Comment]) -> bool:
    """Whether more of the code stands below, which would stay: a decorator that was commented out as well."""
    if not rest or not _DECORATOR.match(rest[0].text):
        return False
    return not any(outline.lines.line(line).strip() for line in range(block[-1].line + 1, rest[0].line))


def _with_blanks(outline: Outline, block: list[Comment]) -> tuple[int, int]:
    """Return the offsets of a block's lines, with the blank lines below where there are some above, too."""
    lines = outline.lines
    first, last = block[0].line, block[-1].line + 1
    above = first == 0 or not lines.line(first - 1).strip() or lines.line(first - 1).rstrip().endswith(":")
    while above and last < len(lines) - 1 and not lines.line(last).strip():
        last += 1
    return lines.start(first), lines.start(last)


def _without_comments(outline: Outline) -> str:
    parts, position = [], 0
    for comment in outline.comments:
        parts.append(outline.text[position : comment.start])
        position = comment.end
    return "".join((*parts, outline.text[position:]))
