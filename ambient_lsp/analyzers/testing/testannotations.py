"""Annotations for new tests, for projects whose type checker asks for them: from the values in their own tables."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = re.compile(r"^(?P<indent> *)def (?P<name>test_\w+)\((?P<names>[^)]*)\):$", re.MULTILINE)
_INNER = re.compile(r"^( +)def (?!test_)(\w+)\(([^()\n]*)\):$", re.MULTILINE)
_DRAWN = (("st.integers", "int"), ("st.text", "str"), ("st.lists(st.integers", "list[int]"),
          ("st.lists(st.text", "list[str]"))  # fmt: skip


def annotated(code: str) -> str:
    """Return a block of tests with the parameters and the result of each function annotated."""
    types: dict[str, list[str]] = {}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            types[node.name] = _types(node)

    def head(match: re.Match[str]) -> str:
        names = [name.strip() for name in match["names"].split(",") if name.strip()]
        given = types.get(match["name"], [])
        typed = [name if name == "self" else f"{name}: {kind}" for name, kind in zip(names, given, strict=False)]
        line = f"{match['indent']}def {match['name']}({', '.join(typed)}) -> None:"
        if len(line) <= 88:
            return line
        rows = "".join(f"{match['indent']}    {one},\n" for one in typed)
        return f"{match['indent']}def {match['name']}(\n{rows}{match['indent']}) -> None:"

    return _INNER.sub(_anything, _HEAD.sub(head, _of_nothing(code)))


def _of_nothing(code: str) -> str:
    """Annotate the names of what is made of nothing, such as `Bag([])`: what it may hold, no type checker can tell."""
    rows = code.split("\n")
    for test in ast.walk(ast.parse(code)):
        known: set[str] = set()
        for node in test.body if isinstance(test, ast.FunctionDef) and test.name.startswith("test_") else ():
            target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
            if not isinstance(node, ast.Assign) or not isinstance(target, ast.Name) or target.id in known:
                continue
            known.add(target.id)
            if any(_is_nothing(one) for one in ast.walk(node.value)):
                row = node.lineno - 1
                rows[row] = rows[row].replace(f"{target.id} = ", f"{target.id}: Any = ", 1)
    return "\n".join(rows)


def _is_nothing(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return not node.args and not node.keywords and isinstance(node.func, ast.Name) and node.func.id[0].isupper()
    return isinstance(node, ast.List | ast.Dict) and not (node.elts if isinstance(node, ast.List) else node.keys)


def _anything(match: re.Match[str]) -> str:
    """Return the head of a function inside a test, which takes and gives whatever the test says."""
    indent, name, given = match.groups()
    node = ast.parse(f"def {name}({given}): pass").body[0]
    if not isinstance(node, ast.FunctionDef) or "self" in given:
        return match[0]
    for one in ast.walk(node.args):
        if isinstance(one, ast.arg):
            one.annotation = ast.Name("Any")
    arguments = ast.unparse(node.args).replace(": Any=", ": Any = ")
    return f"{indent}def {name}({arguments}) -> Any:"


def _types(node: ast.FunctionDef) -> list[str]:
    names = [one.arg for one in node.args.args]
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call):
            continue
        if ast.unparse(decorator.func) == "given":
            return [_drawn(ast.unparse(one)) for one in decorator.args]
        if len(decorator.args) == 2 and isinstance(decorator.args[1], ast.List):
            rows = [[one] if len(names) == 1 else list(getattr(one, "elts", ())) for one in decorator.args[1].elts]
            return [_of([row[place] for row in rows if place < len(row)]) for place in range(len(names))]
    return ["Any"] * len(names)


def _drawn(strategy: str) -> str:
    return next((kind for start, kind in reversed(_DRAWN) if strategy.startswith(start)), "Any")


def _of(sources: Sequence[ast.expr]) -> str:
    """Return the type of a column; "Any" where the values are of several kinds, or not literals."""
    values: list[Any] = []
    for source in sources:
        try:
            values.append(ast.literal_eval(source))
        except (ValueError, TypeError):
            return "Any"
    return _type(values)


def _type(values: Sequence[Any]) -> str:
    kinds = {type(one).__name__ for one in values if one is not None}
    none = " | None" if any(one is None for one in values) else ""
    if kinds == {"int", "float"}:
        kinds = {"float"}
    if len(kinds) != 1:
        return "Any"
    (kind,) = kinds
    if kind in {"list", "set"}:
        inner = _type([item for one in values if one is not None for item in one])
        return f"{kind}[{inner}]{none}"
    if kind == "dict":
        pairs = [pair for one in values if one is not None for pair in one.items()]
        return f"dict[{_type([key for key, _ in pairs])}, {_type([value for _, value in pairs])}]{none}"
    if kind == "tuple":
        return f"tuple[Any, ...]{none}"
    return f"{kind}{none}"
