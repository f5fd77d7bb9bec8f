"""What the code says about the types of its variables: annotations, how they are made, how they are used.

These are hints, good enough to offer a change that is then measured and tested; where there is none, the answer is no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.flow import parameter_names
from ambient_lsp.analyzers.syntax import called_name, dotted, is_name, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

SEQUENCES = frozenset({"list", "List", "tuple", "Tuple", "Sequence", "MutableSequence"})
_ITERABLES = SEQUENCES | {"set", "Set", "frozenset", "FrozenSet", "Iterable", "Iterator", "Collection", "deque", "dict",
                          "Dict", "Mapping"}  # fmt: skip
_HASHABLE = frozenset(
    {"str", "int", "bytes", "bool", "float", "complex", "Path", "UUID", "date", "datetime", "Decimal"}
)
_HASHABLE_CALLS = frozenset({"str", "int", "float", "bool", "bytes", "len", "ord", "chr", "hash", "id", "repr", "hex",
                             "abs", "round", "range", "input"})  # fmt: skip
_STRING_METHODS = frozenset({"lower", "upper", "strip", "lstrip", "rstrip", "casefold", "title", "replace", "join",
                             "format", "capitalize", "removeprefix", "removesuffix", "decode", "encode",
                             "hexdigest", "isoformat"})  # fmt: skip
_SPLITS = frozenset({"split", "rsplit", "splitlines"})
_LIST_MAKERS = frozenset({"list", "sorted"})
_DEPTH = 4


def annotation_of(function: cst.FunctionDef, name: str) -> cst.BaseExpression | None:
    """Return the annotation of a parameter or of a variable of the function."""
    for node in walk_scope(function):
        if isinstance(node, cst.Param) and node.name.value == name and node.annotation is not None:
            return node.annotation.annotation
        if isinstance(node, cst.AnnAssign) and is_name(node.target, name):
            return node.annotation.annotation
    return None


def assigned(function: cst.FunctionDef, name: str) -> list[cst.BaseExpression] | None:
    """Return every value that a plain assignment gives a local variable; None when it is bound in another way too."""
    values: list[cst.BaseExpression] = []
    for node in walk_scope(function.body):
        if isinstance(node, cst.Assign):
            targets = [target.target for target in node.targets]
            if any(is_name(target, name) for target in targets):
                values.append(node.value)
            elif any(is_name(part, name) for target in targets for part in _bound_names(target)):
                return None
        elif isinstance(node, cst.AnnAssign) and is_name(node.target, name):
            if node.value is not None:
                values.append(node.value)
        elif isinstance(node, cst.AugAssign | cst.NamedExpr | cst.For) and any(
            is_name(part, name) for part in _bound_names(node.target)
        ):
            return None
        elif isinstance(node, cst.AsName) and any(is_name(part, name) for part in _bound_names(node.name)):
            return None
        elif isinstance(node, cst.Global | cst.Nonlocal | cst.Del) and any(is_name(part, name) for part in walk(node)):
            return None
    return values


def is_list(function: cst.FunctionDef, name: str) -> bool:
    """Return whether a variable is a list or tuple for all that the code says."""
    annotation = annotation_of(function, name)
    if annotation is not None:
        return _outer(annotation) in SEQUENCES
    if name in parameter_names(function):
        return False
    values = assigned(function, name)
    return bool(values) and all(_makes_list(value) for value in values or ())


def is_dict(function: cst.FunctionDef, name: str) -> bool:
    """Return whether a variable is a plain dict for all that the code says."""
    annotation = annotation_of(function, name)
    if annotation is not None:
        return _outer(annotation) in {"dict", "Dict"}
    if name in parameter_names(function):
        return False
    values = assigned(function, name)
    return bool(values) and all(
        isinstance(value, cst.Dict | cst.DictComp) or called_name(value) == "dict" for value in values or ()
    )


def has_hashable_elements(function: cst.FunctionDef, name: str) -> bool:
    """Return whether what a list holds looks hashable."""
    annotation = annotation_of(function, name)
    if annotation is not None:
        return _element_hashable(annotation)
    values = assigned(function, name)
    return bool(values) and all(_hashable_contents(function, value, _DEPTH) for value in values or ())


def is_hashable(function: cst.FunctionDef, node: cst.BaseExpression, depth: int = _DEPTH) -> bool:
    """Return whether an expression's value looks hashable: text or a number, or used as a key elsewhere."""
    if depth == 0:
        return False
    if isinstance(node, cst.SimpleString | cst.FormattedString | cst.ConcatenatedString | cst.Integer | cst.Float):
        return True
    if isinstance(node, cst.Tuple):
        return all(is_hashable(function, element.value, depth - 1) for element in node.elements)
    if isinstance(node, cst.Call):
        if isinstance(node.func, cst.Attribute):
            return node.func.attr.value in _STRING_METHODS
        return called_name(node) in _HASHABLE_CALLS
    if isinstance(node, cst.BinaryOperation):
        return is_hashable(function, node.left, depth - 1) and is_hashable(function, node.right, depth - 1)
    if not isinstance(node, cst.Name):
        return False
    if _used_as_key(function, node.value):
        return True
    annotation = annotation_of(function, node.value)
    if annotation is not None:
        return _outer(annotation) in _HASHABLE
    sources = list(_iterated(function, node.value))
    if sources:
        return all(_hashable_contents(function, source, depth - 1) for source in sources)
    values = assigned(function, node.value)
    return bool(values) and all(is_hashable(function, value, depth - 1) for value in values or ())


def _hashable_contents(function: cst.FunctionDef, node: cst.BaseExpression, depth: int) -> bool:
    """Return whether iterating over an expression gives values that look hashable."""
    if depth == 0:
        return False
    if isinstance(node, cst.SimpleString | cst.FormattedString):
        return True
    if isinstance(node, cst.List | cst.Tuple | cst.Set):
        return all(is_hashable(function, element.value, depth - 1) for element in node.elements)
    if isinstance(node, cst.Set | cst.SetComp):
        return True
    if isinstance(node, cst.ListComp):
        return is_hashable(function, node.elt, depth - 1)
    if isinstance(node, cst.Call):
        name = called_name(node)
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in _SPLITS | {"keys"}:
            return True
        if name in {"range", "set", "frozenset", "dict"}:
            return True
        if name in {"list", "sorted", "tuple", "reversed"} and node.args:
            return _hashable_contents(function, node.args[0].value, depth - 1)
        return False
    if isinstance(node, cst.Name):
        annotation = annotation_of(function, node.value)
        if annotation is not None:
            return _outer(annotation) == "str" or _element_hashable(annotation)
        values = assigned(function, node.value)
        return bool(values) and all(_hashable_contents(function, value, depth - 1) for value in values or ())
    return False


def _makes_list(value: cst.BaseExpression) -> bool:
    if isinstance(value, cst.List | cst.ListComp):
        return True
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute):
        return value.func.attr.value in _SPLITS
    return called_name(value) in _LIST_MAKERS


def _iterated(function: cst.FunctionDef, name: str) -> Iterator[cst.BaseExpression]:
    """Yield what a loop variable runs over; an unpacked one gives something that is never hashable here."""
    for node in walk_scope(function):
        if isinstance(node, cst.For | cst.CompFor) and any(is_name(part, name) for part in _bound_names(node.target)):
            if isinstance(node.target, cst.Name):
                yield node.iter
            else:
                yield _unpacked(node.target, node.iter, name)


def _unpacked(target: cst.BaseExpression, source: cst.BaseExpression, name: str) -> cst.BaseExpression:
    nothing = cst.Name("_")
    if not isinstance(target, cst.Tuple) or not isinstance(source, cst.Call) or len(target.elements) != 2:
        return nothing
    first = target.elements[0].value
    if called_name(source) == "enumerate" and source.args:
        return cst.parse_expression("range(0)") if is_name(first, name) else source.args[0].value
    if isinstance(source.func, cst.Attribute) and source.func.attr.value == "items" and is_name(first, name):
        return cst.parse_expression("{}.keys()")
    return nothing


def _used_as_key(function: cst.FunctionDef, name: str) -> bool:
    """Return whether the function puts the variable in a set, or looks it up in what is surely a dict."""
    for node in walk_scope(function.body):
        if (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Attribute)
            and node.func.attr.value in {"add", "setdefault"}
            and node.args
            and is_name(node.args[0].value, name)
        ):
            return True
    return False


def _element_hashable(annotation: cst.BaseExpression) -> bool:
    if not isinstance(annotation, cst.Subscript) or _outer(annotation) not in _ITERABLES:
        return False
    inner = annotation.slice[0].slice
    return isinstance(inner, cst.Index) and _outer(inner.value) in _HASHABLE


def _outer(annotation: cst.BaseExpression) -> str:
    if isinstance(annotation, cst.Subscript):
        annotation = annotation.value
    if isinstance(annotation, cst.SimpleString):
        inside = annotation.evaluated_value
        return inside.split("[")[0] if isinstance(inside, str) else ""
    return dotted(annotation).rpartition(".")[2]


def _bound_names(target: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the names that a target binds, not those of an attribute or a subscript in it."""
    if isinstance(target, cst.Name):
        yield target
    elif isinstance(target, cst.Tuple | cst.List):
        for element in target.elements:
            yield from _bound_names(element.value)
