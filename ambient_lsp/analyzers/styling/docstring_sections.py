"""What the first statements of a function prove beyond its last one, and how a docstring says it.

Three things can be read off: which condition raises what, what stands in for a parameter that is None, and what is
returned early. They become sections in the layout that the project writes (Google, NumPy, reST); where it writes none,
they are part of the one sentence. A section about parameters is written only if it tells of all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.styling.outline import statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.styling.docstrings import Habits

LONGEST = 60
_MOST = 4
_CONSTANTS = frozenset(("none", "true", "false", "integer", "float", "string", "list", "tuple", "dictionary"))


@dataclass(frozen=True, slots=True)
class Opening:
    """What a function's first statements say: (exception, condition), (parameter, what stands in for None) and (value,
    condition) of what is returned early. `last` is the one statement below them.
    """

    last: Node
    raises: tuple[tuple[str, str], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    early: tuple[tuple[str, str], ...] = ()


def opening(body: Sequence[Node], names: Sequence[str]) -> Opening | None:
    """Read the statements of a function with these parameters; None where there is more than one last statement."""
    raises: list[tuple[str, str]] = []
    defaults: list[tuple[str, str]] = []
    early: list[tuple[str, str]] = []
    for statement in body[:-1]:
        if guard := _raised(statement):
            raises.append(guard)
        elif (default := _default(statement)) and default[0] in names:
            defaults.append(default)
        elif value := _returned(statement):
            early.append(value)
        else:
            return None
    if not body or len(body) > _MOST + 1:
        return None
    return Opening(body[-1], tuple(raises), tuple(defaults), tuple(early))


def in_one_sentence(summary: str, facts: Opening, habits: Habits) -> str:
    """Return the summary with what else is known put behind it; empty where one sentence cannot say it."""
    if facts.defaults:
        return ""
    parts = [f"{habits.code(value)} if {habits.code(condition)}" for value, condition in facts.early]
    said = [f"or {part}" for part in parts]
    said += [f"or {habits.verb('raise')} {habits.code(name)} if {habits.code(when)}" for name, when in facts.raises]
    return ", ".join((summary, *said))


def sections(facts: Opening, habits: Habits, names: Sequence[str], value: str, kind: str) -> list[str]:
    """Return the lines below a summary, in the layout of the file's docstrings.

    `value` is what is returned at last, `kind` the annotation for it, which NumPy's layout asks for.
    """
    lines: list[str] = []
    told = [f"If {habits.code('None')}, {habits.code(instead)}." for _, instead in facts.defaults]
    parameters = [name for name, _ in facts.defaults]
    if told and sorted(parameters) == sorted(names):
        lines += _section("Args", list(zip(parameters, told, strict=True)), habits)
    elif told:
        lines += ["", *(f"If {habits.code(name)} is {habits.code('None')}, {habits.code(instead)} is taken."
                        for name, instead in facts.defaults)]  # fmt: skip
    if facts.early:
        cases = ", ".join(f"{habits.code(early)} if {habits.code(condition)}" for early, condition in facts.early)
        lines += _section("Returns", [(kind, f"{cases}, else {habits.code(value)}.")], habits)
    raised = [(name, f"If {habits.code(condition)}.") for name, condition in facts.raises]
    return lines + (_section("Raises", raised, habits) if raised else [])


def _section(title: str, entries: list[tuple[str, str]], habits: Habits) -> list[str]:
    if habits.layout == "google":
        plain = title == "Returns"
        return ["", f"{title}:", *(f"    {told}" if plain else f"    {name}: {told}" for name, told in entries)]
    if habits.layout == "numpy":
        title = "Parameters" if title == "Args" else title
        return ["", title, "-" * len(title), *(line for name, told in entries for line in (name, f"    {told}"))]
    fields = {"Args": "param {}", "Returns": "returns", "Raises": "raises {}"}
    return ["", *(f":{fields[title].format(name)}: {told}" for name, told in entries)]


def _only(statement: Node) -> tuple[Node, Node] | None:
    """Return (condition, the one statement inside) of a plain `if`."""
    if statement.type != "if_statement" or statement.child_by_field_name("alternative") is not None:
        return None
    condition, inside = (
        statement.child_by_field_name("condition"),
        statements(statement.child_by_field_name("consequence")),
    )
    return (condition, inside[0]) if condition is not None and is_short(condition) and len(inside) == 1 else None


def _raised(statement: Node) -> tuple[str, str] | None:
    """Return (exception, condition) of an `if` that only raises."""
    found = _only(statement)
    if found is None or found[1].type != "raise_statement":
        return None
    raised = next(iter(found[1].named_children), None)
    if raised is None or raised.type not in ("call", "identifier", "attribute"):
        return None
    name = code_of(raised).split("(")[0]
    return (name, code_of(found[0])) if re.fullmatch(r"(?:\w+\.)*[A-Z]\w*", name) else None


def _default(statement: Node) -> tuple[str, str] | None:
    """Return (name, value) of `if name is None: name = value`."""
    found = _only(statement)
    inner = next(iter(found[1].named_children), None) if found is not None else None
    if found is None or inner is None or inner.type != "assignment" or found[1].type != "expression_statement":
        return None
    left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
    if left is None or right is None or left.type != "identifier" or not is_short(right):
        return None
    return (code_of(left), code_of(right)) if code_of(found[0]) == f"{code_of(left)} is None" else None


def _returned(statement: Node) -> tuple[str, str] | None:
    """Return (value, condition) of an `if` that only returns a constant."""
    found = _only(statement)
    if found is None or found[1].type != "return_statement":
        return None
    value = next(iter(found[1].named_children), None)
    if value is None or value.type not in _CONSTANTS or any(_names(value)) or not is_short(value):
        return None
    return code_of(value), code_of(found[0])


def _names(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if inner.type in ("identifier", "call"):
            yield inner
        waiting += inner.named_children


def is_short(node: Node) -> bool:
    """Whether a piece of code can stand in a sentence."""
    code = code_of(node)
    return len(code) <= LONGEST and "\n" not in code and "`" not in code and "#" not in code


def code_of(node: Node | None) -> str:
    """Return the text of a node; nothing for none."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")
