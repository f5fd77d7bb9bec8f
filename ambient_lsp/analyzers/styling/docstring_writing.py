"""Docstrings for public definitions, made of nothing but what the body proves.

What can be said for sure is short: which formula or question a function answers, what is set or added, which condition
raises what, who raises an exception, which classes derive from a base. All else gets no docstring: words made of a
name alone, or code said again in other words, would tell a reader nothing. A method of a class with bases gets none
either, since it may be documented where it was first declared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.styling.docstring_sections import code_of, in_one_sentence, is_short, opening, sections
from ambient_lsp.analyzers.styling.docstrings import PLAIN_BASES, Habits, parameters
from ambient_lsp.analyzers.styling.outline import statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.styling.outline import Definition, Outline

_BOOLEAN = frozenset(("comparison_operator", "boolean_operator", "not_operator", "true", "false"))
_ASKS = re.compile(r"(?:is|has|can|should|was|are)_\w")
_BOOLEAN_CALLS = ("isinstance", "issubclass", "hasattr", "callable", "any", "all", "bool")
_KIND = re.compile(r"isinstance\(([\w.]+), ([\w.]+)\)")
_CHANGES = {
    "append": ("Append", "to"), "add": ("Add", "to"), "insert": ("", ""), "remove": ("Remove", "from"),
    "discard": ("Remove", "from"),
}  # fmt: skip
_ALSO_CALLED = {"Append": "add", "Add": "append", "Remove": "discard"}
_VERBS = frozenset(
    "add append apply as build calculate call check clean clear close collect compute convert copy count create decode"
    " delete do dump encode ensure execute extract fetch filter find format from generate get handle init insert join"
    " list load lookup make map merge move normalize on open parse pop post pre prepare print process push put read"
    " register remove render replace reset resolve run save search send set setup show sort split start stop strip to"
    " transform try unwrap update validate verify visit walk wrap write".split()
)
_SOME_MORE = frozenset("by for from to in of with at on as and or not if all any each".split())


@dataclass(frozen=True, slots=True)
class Written:
    """A docstring, for `start` to `end` of the text: a needless `pass` gives way to it."""

    start: int
    end: int
    text: str


def write(outline: Outline, definition: Definition, habits: Habits, width: int) -> Written | None:
    """Return the docstring that a definition proves by itself; None where it proves none."""
    body = definition.node.child_by_field_name("body")
    if body is None or definition.docstring is not None or not definition.public:
        return None
    if any("overload" in one or one.split("(")[0].endswith(".setter") for one in definition.decorators):
        return None
    start = (definition.node.parent or definition.node).start_point[0] if definition.decorators else None
    above = outline.lines.line((definition.node.start_point[0] if start is None else start) - 1).strip()
    if above.startswith("#") or any(node.type == "comment" for node in definition.node.children):
        return None  # a comment says what it is
    if definition.kind == "class":
        lines = _about_class(outline, definition, habits)
    else:
        lines = _about_function(outline, definition, habits)
    return None if not lines else _placed(outline, definition, body, lines, habits, width)


def _about_function(outline: Outline, definition: Definition, habits: Habits) -> list[str]:
    holder, names = definition.parent, parameters(outline, definition.node)
    if holder is not None and not set(holder.bases) <= PLAIN_BASES:
        return []
    if names is None or code_of(definition.node).startswith("async"):
        return []
    names = [name for name in names if name not in ("self", "cls")]
    facts = opening(statements(definition.node.child_by_field_name("body")), names)
    if facts is None:
        return []
    value = facts.last.named_children[0] if facts.last.named_children else None
    returned = value if facts.last.type == "return_statement" else None
    summary = _summary(definition, facts.last, habits)
    # Beside a section about exceptions this can stand; alone, it would be the code said again.
    if not summary and facts.raises and habits.layout and returned is not None and is_short(returned):
        if returned.type in ("call", "attribute", "subscript", "binary_operator"):
            summary = f"{habits.verb('Return')} {habits.code(code_of(returned))}"
    if not summary or (facts.early and (returned is None or _is_boolean(returned) or facts.raises)):
        return []  # of an early return and an exception, the one whose condition stands first wins
    kind = code_of(definition.node.child_by_field_name("return_type"))
    if habits.layout and not (habits.layout == "numpy" and facts.early and not kind):
        if facts.early:
            summary = summary.partition(f", {habits.tick}")[0]  # the section says the rest
        return [summary, *sections(facts, habits, names, code_of(returned), kind)]
    sentence = in_one_sentence(summary, facts, habits)
    return [sentence] if sentence else []


def _summary(definition: Definition, statement: Node, habits: Habits) -> str:
    """Return what one statement does, as a sentence without its full stop."""
    inner = statement.named_children[0] if statement.named_children else None
    if inner is None:
        return ""
    if statement.type == "return_statement":
        return _returned(definition, inner, habits)
    if statement.type == "raise_statement":
        if inner.type in ("identifier", "call") and code_of(inner).split("(")[0] == "NotImplementedError":
            return f"{habits.verb('Raise')} {habits.code('NotImplementedError')} unless a subclass overrides this"
        return ""
    if statement.type == "expression_statement" and inner.type == "call":
        return _called(definition, inner, habits)
    return ""


def _returned(definition: Definition, value: Node, habits: Habits) -> str:
    if not is_short(value) or value.type in ("lambda", "string", "concatenated_string", "none"):
        return ""
    code = habits.code(code_of(value))
    is_property = any(one.split(".")[-1] in ("property", "cached_property") for one in definition.decorators)
    returns = habits.verb("Return")
    if _is_boolean(value) and value.type not in ("true", "false") and _ASKS.match(definition.name):
        if value.type == "call":
            kind = _KIND.fullmatch(code_of(value))
            if kind is None:
                return ""
            code = f"{habits.code(kind[1])} is an instance of {habits.code(kind[2])}"
        return f"Whether {code}" if is_property else f"{returns} whether {code}"
    noun = _noun(definition.name)
    if noun and re.fullmatch(r"self\._*" + re.escape(definition.name.removeprefix("get_")), code_of(value)):
        return ""  # what the name says already
    if noun and value.type == "binary_operator" and not re.search(r"[\"'\[{]", code_of(value)):
        return f"The {noun}, {code}" if is_property else f"{returns} the {noun}, {code}"
    return ""


def _called(definition: Definition, call: Node, habits: Habits) -> str:
    """Say what one call does; only for calls that everybody knows."""
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if function is None or arguments is None or function.type != "attribute" or not is_short(call):
        return ""
    target, method = function.child_by_field_name("object"), function.child_by_field_name("attribute")
    given = arguments.named_children
    if target is None or method is None or not code_of(target).startswith("self."):
        return ""
    verb, preposition = _CHANGES.get(code_of(method), ("", ""))
    if definition.name.split("_")[0] in (code_of(method), verb.lower(), _ALSO_CALLED.get(verb)):
        return ""  # "Append `x` to `self.items`" tells a reader of `append(x)` nothing
    if verb and len(given) == 1 and given[0].type == "identifier":
        return f"{habits.verb(verb)} {habits.code(code_of(given[0]))} {preposition} {habits.code(code_of(target))}"
    if code_of(method) == "clear" and not given:
        return f"{habits.verb('Clear')} {habits.code(code_of(target))}"
    return ""


def _about_class(outline: Outline, definition: Definition, habits: Habits) -> list[str]:
    """Say who raises an exception, or what derives from a class that is only a base."""
    is_error = definition.name.endswith(("Error", "Exception", "Warning")) and bool(definition.bases)
    if not is_error or statements_that_matter(definition):
        return []
    raised = re.compile(rf"\braise\s+{re.escape(definition.name)}\b")
    by: dict[str, None] = {}
    for match in raised.finditer(outline.text):
        holder = outline.innermost(match.start())
        by[holder.qualname if holder is not None else ""] = None
    heirs = [one.name for one in outline.definitions if one.kind == "class" and definition.name in one.bases]
    if by and "" not in by and len(by) <= 2 and not heirs:
        return [f"Raised by {' and '.join(habits.code(name) for name in by)}"]
    if not by and 2 <= len(heirs) <= 4 and all(one.endswith(("Error", "Exception", "Warning")) for one in heirs):
        names = [habits.code(name) for name in heirs]
        return [f"The base class of {', '.join(names[:-1])} and {names[-1]}"]
    return []


def statements_that_matter(definition: Definition) -> list[Node]:
    """Return the statements of a body but for `pass` and `...`."""
    body = statements(definition.node.child_by_field_name("body"))
    return [one for one in body if one.type != "pass_statement" and code_of(one) != "..."]


def _placed(
    outline: Outline, definition: Definition, body: Node, lines: list[str], habits: Habits, width: int
) -> Written | None:
    first_line = body.start_point[0]
    header_line = next((one.end_point[0] for one in definition.node.children if one.type == ":"), first_line)
    if header_line >= first_line:
        return None  # `def f(): return 1`
    own = outline.lines.line(first_line)
    indent = own[: len(own) - len(own.lstrip())]
    newline = "\r\n" if outline.text.count("\r\n") * 2 > outline.text.count("\n") else "\n"
    summary = lines[0] + ("." if habits.stop or len(lines) > 1 else "")
    if "\\" in "".join(lines) or '"' * 3 in "".join(lines) or (len(lines) == 1 and summary.endswith('"')):
        return None
    quotes = habits.opening.lstrip("rRuU")
    if len(quotes) != 3:
        quotes = '"""'
    if len(lines) == 1:
        written = [f"{quotes}{summary}{quotes}"]
    elif habits.below:
        written = [quotes, summary, *lines[1:], quotes]
    else:
        written = [f"{quotes}{summary}", *lines[1:], quotes]
    if max(len(indent) + len(line) for line in written) > width:
        return None
    text = "".join(f"{indent}{line}{newline}" if line else newline for line in written)
    if definition.kind == "class" and statements_that_matter(definition):
        text += newline
    start = outline.lines.start(header_line + 1)
    only = body.named_children[0] if len(body.named_children) == 1 else None
    if only is not None and only.type == "pass_statement" and own.strip() == "pass" and first_line == header_line + 1:
        return Written(start, outline.lines.start(first_line + 1), text)
    return Written(start, start, text)


def _noun(name: str) -> str:
    """Return the words of a name that is a noun, as far as one can tell; nothing for others."""
    words = name.removeprefix("get_").split("_")
    if not all(re.fullmatch(r"[a-z]{3,}", word) for word in words):
        return ""
    if words[0] in _VERBS or set(words) & _SOME_MORE or words[-1].endswith(("ed", "ing", "able", "ible", "ly")):
        return ""
    return " ".join(words)


def _is_boolean(value: Node) -> bool:
    if value.type == "parenthesized_expression":
        return _is_boolean(value.named_children[0])
    if value.type == "boolean_operator":
        return all(_is_boolean(part) for part in _operands(value))
    if value.type == "call":
        return code_of(value.child_by_field_name("function")) in _BOOLEAN_CALLS
    return value.type in _BOOLEAN


def _operands(value: Node) -> Iterator[Node]:
    for name in ("left", "right"):
        part = value.child_by_field_name(name)
        if part is not None:
            yield part
