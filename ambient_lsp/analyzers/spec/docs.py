"""What a docstring promises: examples, errors that are raised, what parameters are, what comes of nothing."""

from __future__ import annotations

import ast
import doctest
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.spec.kinds import Kind, of_source, of_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RAISES = re.compile(
    r"(?::raises?\s+|\braises?:?\s+(?:a\s+|an\s+)?)[`~:.\w]*?\b([A-Z]\w*(?:Error|Exception|Interrupt))`*"
    r"(?::|\s+(?=if|when|for|unless))?\s*([^.\n]*)",
    re.IGNORECASE,
)
_SECTION_RAISES = re.compile(r"^\s*([A-Z]\w*(?:Error|Exception)):?\s+([^\n]*)", re.MULTILINE)
_PROSE = re.compile(
    r"(?<![\w.'\"])(\w+\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\))`*\s*(?:->|=>|==|→|returns?\b|gives\b|is\b)\s*(?=([^\n]+))"
)
_EMPTY = re.compile(
    r"(-1|None|0|False|True|\[\]|\{\}|''|\"\"|an empty (?:list|string|dict))\s*,?\s+(?:if|when|for|on)\s+"
    r"(?:\w+\s+){0,3}?(?:empty|no (?:items|elements|values|words))",
    re.IGNORECASE,
)
_MOST_TIMES = 100
_EMPTIES = {"an empty list": "[]", "an empty string": "''", "an empty dict": "{}"}


@dataclass(frozen=True, slots=True)
class Example:
    """A call with the value that the docstring promises, as source; `raises` in its place names an exception."""

    call: str
    expected: str
    raises: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception that the docstring promises, and the words after "if"."""

    exception: str
    when: str


def examples(docstring: str, name: str) -> Iterator[Example]:
    """Yield the docstring's examples that call the function with literals and show a literal, or an exception."""
    if ">>>" in docstring:
        yield from _doctests(docstring, name)
    for call, rest in _PROSE.findall(docstring):
        expected = _literal_at_start(rest)
        # With nothing between the parentheses, it is the way to write a function's name.
        if call.startswith(f"{name}(") and call != f"{name}()" and is_literal_call(call) and expected:
            yield Example(call, expected)


def _doctests(docstring: str, name: str) -> Iterator[Example]:
    try:
        found = doctest.DocTestParser().get_examples(docstring)
    except ValueError:
        return
    for example in found:
        call, expected = example.source.strip(), example.want.strip()
        if any(example.options.values()):
            continue  # such as ELLIPSIS: what it shows is not meant letter by letter
        for wrapper in ("list", "sorted", "print"):
            if call.startswith(f"{wrapper}({name}(") and wrapper != "print" and _is_literal(expected):
                if is_literal_call(call[len(wrapper) + 1 : -1]):
                    yield Example(call, expected)
        if not call.startswith(f"{name}(") or not is_literal_call(call):
            continue
        if example.exc_msg is not None:
            yield Example(call, "", raises=example.exc_msg.split(":")[0].strip().rpartition(".")[2])
        elif _is_literal(expected):
            yield Example(call, expected)


def raised(docstring: str) -> tuple[Raised, ...]:
    """Return the exceptions that the docstring says are raised."""
    found = [Raised(name, when.strip()) for name, when in _RAISES.findall(docstring)]
    section = re.search(r"^\s*Raises:?\s*$(.*)", docstring, re.MULTILINE | re.DOTALL)
    if section:
        found += [Raised(name, when.strip()) for name, when in _SECTION_RAISES.findall(section[1])]
    return tuple(dict.fromkeys(found))


def when_empty(docstring: str) -> str:
    """Return the source of what is given for an empty argument, where the docstring says so; else ""."""
    match = _EMPTY.search(docstring)
    return _EMPTIES.get(match[1].lower(), match[1]) if match else ""


def kind_of(docstring: str, name: str) -> Kind | None:
    """Return what the docstring says that a parameter is, in Sphinx, Google or NumPy style, or as `name: words`."""
    escaped = re.escape(name)
    for pattern in (
        rf":type\s+{escaped}:\s*([^\n]+)",
        rf":param\s+([^:\n]+?)\s+{escaped}:",
        rf"^\s*\**{escaped}\s*\(([^)\n]+)\)\s*:",
        rf"^\s*{escaped}\s*:\s*([^\n]+)",
        rf":param\s+{escaped}:\s*([^\n]+)",
    ):
        if match := re.search(pattern, docstring, re.MULTILINE):
            return of_words(match[1])
    return None


def kinds_in(shown: Sequence[Example], position: int) -> Kind | None:
    """Return the kind of the argument that the examples pass at a position."""
    for example in shown:
        call = call_of(example.call)
        if call is not None and position < len(call.args):
            kind = of_source(ast.unparse(call.args[position]))
            if kind is not None:
                return kind
    return None


def call_of(source: str) -> ast.Call | None:
    """Return the innermost plain call of an expression such as `list(f(1))`."""
    try:
        node: ast.expr = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return None
    while isinstance(node, ast.Call) and len(node.args) == 1 and isinstance(node.args[0], ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in {"list", "sorted"}:
            break  # its argument is a call, as in `f(set())`
        node = node.args[0]
    return node if isinstance(node, ast.Call) else None


def is_literal_call(source: str) -> bool:
    """Return whether it is a call whose arguments are all literals: names would need a setup of their own."""
    try:
        call = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return False
    return isinstance(call, ast.Call) and all(
        _is_literal(ast.unparse(value)) or _is_repeated(value)
        for value in (*call.args, *(one.value for one in call.keywords))
    )


def _is_repeated(node: ast.expr) -> bool:
    """Return whether it is a literal a few times, or several of them together: `[10] * 12`, `[0] * 9 + [1]`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return all(_is_repeated(one) or _is_literal(ast.unparse(one)) for one in (node.left, node.right))
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return False
    times = node.right.value if isinstance(node.right, ast.Constant) else None
    sized = isinstance(node.left, ast.List | ast.Tuple | ast.Constant) and _is_literal(ast.unparse(node.left))
    return sized and isinstance(times, int) and 0 <= times <= _MOST_TIMES


def _literal_at_start(text: str) -> str:
    """Return the literal that a line begins with, without the prose after it."""
    text = text.strip().strip("`")[:160]
    for end in range(len(text), 0, -1):
        piece = text[:end].rstrip(" `.,;")
        if piece and _is_literal(piece) and text[len(piece) : len(piece) + 1] in ("", " ", "`", ".", ",", ";", ")"):
            return piece
    return ""


def _is_literal(source: str) -> bool:
    try:
        ast.literal_eval(source)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True
