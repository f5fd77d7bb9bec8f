"""Values to try for a parameter: an ordinary one first, then the boundaries of its type and of the code's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.syntax import dotted, is_name, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCALARS: dict[str, list[str]] = {
    "int": ["3", "0", "1", "-1", "10"],
    "float": ["1.5", "0.0", "-2.5", "10.0"],
    "str": ["'Hello World'", "''", "'a'", "'  spaced  '", "'123'"],
    "bool": ["True", "False"],
    "bytes": ["b'abc'", "b''"],
    "None": ["None"],
}
_SEQUENCES = {"list": "[{}]", "List": "[{}]", "Sequence": "[{}]", "Iterable": "[{}]", "Collection": "[{}]"}
_DEPTH = 3


def samples(annotation: cst.BaseExpression, name: str, body: cst.CSTNode) -> list[str]:
    """Return source of values for a parameter; none where its type is not one of the builtin ones."""
    values = _of_type(annotation, _DEPTH)
    compared = list(_compared(name, body)) if _type_name(annotation) in {"int", "str"} else []
    return list(dict.fromkeys((*values[:1], *compared, *values[1:])))


def _of_type(annotation: cst.BaseExpression, depth: int) -> list[str]:
    if depth == 0:
        return []
    if isinstance(annotation, cst.SimpleString):
        inside = annotation.evaluated_value
        try:
            return _of_type(cst.parse_expression(inside), depth - 1) if isinstance(inside, str) else []
        except cst.ParserSyntaxError:
            return []
    if isinstance(annotation, cst.BinaryOperation) and isinstance(annotation.operator, cst.BitOr):
        left, right = _of_type(annotation.left, depth), _of_type(annotation.right, depth)
        return [*left, *right] if left and right else []
    name = _type_name(annotation)
    if name in _SCALARS:
        return list(_SCALARS[name])
    inner = _parameters(annotation)
    if name == "Optional" and len(inner) == 1:
        values = _of_type(inner[0], depth - 1)
        return [*values, "None"] if values else []
    if name in _SEQUENCES and len(inner) == 1:
        values = _of_type(inner[0], depth - 1)
        return [_SEQUENCES[name].format(", ".join(values[:3])), "[]", f"[{values[0]}]"] if values else []
    if name in {"set", "Set", "frozenset"} and len(inner) == 1:
        values = _of_type(inner[0], depth - 1)
        return [f"{{{', '.join(values[:3])}}}", "set()"] if values else []
    if name in {"dict", "Dict", "Mapping"} and len(inner) == 2:
        keys, values = _of_type(inner[0], depth - 1), _of_type(inner[1], depth - 1)
        return [f"{{{keys[0]}: {values[0]}}}", "{}"] if keys and values else []
    if name in {"tuple", "Tuple"} and inner:
        parts = [_of_type(one, depth - 1) for one in inner if not isinstance(one, cst.Ellipsis)]
        if all(parts):
            return [f"({', '.join(part[0] for part in parts)},)"]
    return []


def _compared(name: str, body: cst.CSTNode) -> Iterator[str]:
    """Yield the constants that the body compares the parameter with, and for numbers their neighbours."""
    for node in walk(body):
        if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1 or not is_name(node.left, name):
            continue
        constant = node.comparisons[0].comparator
        if isinstance(constant, cst.SimpleString):
            yield constant.value
        elif isinstance(constant, cst.Integer):
            value = constant.evaluated_value
            yield from (str(value), str(value - 1), str(value + 1))


def _type_name(annotation: cst.BaseExpression) -> str:
    if isinstance(annotation, cst.Subscript):
        annotation = annotation.value
    return dotted(annotation).rpartition(".")[2]


def _parameters(annotation: cst.BaseExpression) -> list[cst.BaseExpression]:
    if not isinstance(annotation, cst.Subscript):
        return []
    return [element.slice.value for element in annotation.slice if isinstance(element.slice, cst.Index)]
