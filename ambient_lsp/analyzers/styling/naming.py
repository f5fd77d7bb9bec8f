"""Names that break the file's own convention: camelCase where all others are snake_case, and the other way round.

Only names that tell speak: `width` fits either convention. A method of a class with bases may be named by somebody else
(`setUp`, `visit_Name`), and so may whatever a decorator registers; nothing is said of those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.styling.docstrings import parameters
from ambient_lsp.analyzers.styling.typos import corrected
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.styling.outline import Definition, Outline

NAMING = "AMB-STYLE-NAMING"
NAME_TYPO = "AMB-STYLE-NAME-TYPO"

Kind = Literal["local", "function", "method", "class"]

_CAMEL = re.compile(r"_*[a-z][a-z0-9]*(?:[A-Z][a-z0-9]+)+")
_SNAKE = re.compile(r"_*[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_PASCAL = re.compile(r"_*(?:[A-Z][a-z0-9]+)+")
_OF_UNITTEST = re.compile(r"_*(?:assert|setUp|tearDown|fail|addCleanup|subTest)")
_OTHERS = 0.1
_ENOUGH = 6
_ENOUGH_CLASSES = 3
_MOST = 12
_ACTS_LIKE_A_FUNCTION = re.compile(r"\bdef __(?:get|call|enter|aenter|new|set_name)__\b")
_CODES = {"function": "N802", "method": "N802", "class": "N801", "local": "N806"}


@dataclass(frozen=True, slots=True)
class Misnamed:
    """A name that should be another. `private` tells that nobody outside the file is meant to use it."""

    rule: str
    kind: Kind
    old: str
    new: str
    start: int
    symbol: str
    private: bool


def misnamed(outline: Outline, refused: Callable[[str], bool] = lambda code: False) -> list[Misnamed]:
    """Return the names that break the file's convention or are misspelled, each once; not those of refused rules."""
    locals_ = dict(_locals(outline))
    functions = [one for one in outline.definitions if one.kind == "function" and _chosen_here(one)]
    convention = _convention([*locals_, *(one.name for one in functions)])
    taken = set(locals_) | {one.name for one in outline.definitions}
    found: dict[str, Misnamed] = {}
    for name, node in locals_.items():
        if new := _better(name, convention, taken):
            start = outline.offset(node.start_byte)
            holder = outline.innermost(start)
            symbol = holder.qualname if holder is not None else ""
            found[name] = Misnamed(*_rule(name, new, convention), "local", name, new, start, symbol, True)
    for one in functions:
        if not _OF_UNITTEST.match(one.name) and (new := _better(one.name, convention, taken)):
            node = one.node.child_by_field_name("name") or one.node
            private = one.name.startswith("_") or (one.parent is not None and one.parent.kind == "function")
            kind: Kind = "method" if one.in_class else "function"
            if kind == "method" and not private and _is_alias(outline, one):
                continue
            rule = _rule(one.name, new, convention)[0]
            if rule == NAME_TYPO and not private:
                continue
            start = outline.offset(node.start_byte)
            found.setdefault(one.name, Misnamed(rule, kind, one.name, new, start, one.qualname, private))
    for misnamed_class in _classes(outline, taken):
        found.setdefault(misnamed_class.old, misnamed_class)
    kept = [one for one in found.values() if one.rule == NAME_TYPO or not refused(_CODES[one.kind])]
    return sorted(kept, key=lambda one: one.start)[:_MOST]


def finding(outline: Outline, one: Misnamed) -> RawFinding:
    """Return the finding for a misnamed thing."""
    what = {"local": "variable", "method": "method", "function": "function", "class": "class"}[one.kind]
    why = "is a misspelling of" if one.rule == NAME_TYPO else "is named unlike the others in this file; by them it is"
    return RawFinding(
        one.rule,
        outline.lines.span(one.start, one.start + len(one.old)),
        f"The {what} `{one.old}` {why} `{one.new}`.",
        Severity.HINT,
        tags=("style", "naming"),
        symbol=one.symbol,
        data={"code": one.rule, "edits": []},
        code=f"{one.kind} {one.old}",
    )


def _rule(old: str, new: str, convention: str) -> tuple[str]:
    breaks = (convention == "snake" and _CAMEL.fullmatch(old)) or (convention == "camel" and _SNAKE.fullmatch(old))
    return (NAMING if breaks else NAME_TYPO,)


def _convention(names: list[str]) -> Literal["snake", "camel", ""]:
    snake = sum(_SNAKE.fullmatch(name) is not None for name in names)
    camel = sum(_CAMEL.fullmatch(name) is not None for name in names)
    if max(snake, camel) < _ENOUGH or min(snake, camel) > max(1, _OTHERS * (snake + camel)):
        return ""
    return "snake" if snake > camel else "camel"


def _better(name: str, convention: str, taken: set[str]) -> str:
    """Return how a name should be spelled; nothing where it is right or the better one is taken."""
    new = corrected(name)
    if convention == "snake" and _CAMEL.fullmatch(new):
        new = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", new).lower()
    elif convention == "camel" and _SNAKE.fullmatch(new):
        lead = new[: len(new) - len(new.lstrip("_"))]
        first, *rest = new[len(lead) :].split("_")
        new = lead + first + "".join(part.capitalize() for part in rest)
    return "" if new == name or new in taken else new


def _locals(outline: Outline) -> Iterator[tuple[str, Node]]:
    """Yield the variables that functions assign, each name at its first place."""
    seen: set[str] = set()
    arguments = {
        name.lstrip("*")
        for one in outline.definitions
        if one.kind == "function"
        for name in parameters(outline, one.node) or ()
    }
    for node in outline.targets:
        name = outline.code(node)
        if name in seen or name in arguments or name.startswith("__"):
            continue
        holder = outline.innermost(outline.offset(node.start_byte))
        if holder is not None and holder.kind == "function":
            seen.add(name)
            yield name, node


def _chosen_here(function: Definition) -> bool:
    """Whether the file's author was free in naming a function."""
    if function.decorators and any(
        one not in ("staticmethod", "classmethod", "property") for one in function.decorators
    ):
        return False
    if function.name.startswith("__") or (function.parent is not None and function.parent.kind == "function"):
        return not function.name.startswith("__") and function.parent is not None and not function.parent.decorators
    return not function.in_class or not (
        function.parent is not None and (function.parent.bases or function.parent.decorators)
    )


def _is_alias(outline: Outline, function: Definition) -> bool:
    """Whether a public name is kept for those who know it."""
    return "deprecat" in outline.code(function.node).lower()


def _classes(outline: Outline, taken: set[str]) -> Iterator[Misnamed]:
    classes = [
        one for one in outline.definitions if one.kind == "class" and (one.parent is None or one.parent.kind == "class")
    ]
    pascal = sum(_PASCAL.fullmatch(one.name) is not None for one in classes)
    snake = [one for one in classes if _SNAKE.fullmatch(one.name)]
    if pascal < _ENOUGH_CLASSES or len(snake) != 1:
        return
    for one in snake:
        lead = one.name[: len(one.name) - len(one.name.lstrip("_"))]
        new = lead + "".join(part.capitalize() for part in one.name.strip("_").split("_"))
        acts = _ACTS_LIKE_A_FUNCTION.search(outline.code(one.node))
        if new in taken or acts or lead == "__" or one.decorators or (one.bases and one.bases != ("object",)):
            continue
        node = one.node.child_by_field_name("name") or one.node
        start = outline.offset(node.start_byte)
        yield Misnamed(NAMING, "class", one.name, new, start, one.qualname, one.name.startswith("_"))
