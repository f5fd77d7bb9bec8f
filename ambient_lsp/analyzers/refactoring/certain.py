"""What is certain of an expression before anything runs: that it is a bool, or a value of a builtin container type.

"Certain" means by the code of the function alone: every binding of the variable says so, or its annotation does. All
else is "not known", which is the empty string.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.source import above, bare, code, is_bound_here

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source

_LITERALS = {
    "list": "list", "list_comprehension": "list", "tuple": "tuple", "dictionary": "dict",
    "dictionary_comprehension": "dict", "set": "set", "set_comprehension": "set", "string": "str",
    "concatenated_string": "str",
}  # fmt: skip
_MAKERS = {
    "list": "list", "sorted": "list", "tuple": "tuple", "dict": "dict", "set": "set", "frozenset": "set", "str": "str",
    "repr": "str", "defaultdict": "dict", "collections.defaultdict": "dict", "OrderedDict": "dict",
    "collections.OrderedDict": "dict",
}  # fmt: skip
_ANNOTATIONS = {
    "list": "list", "List": "list", "tuple": "tuple", "Tuple": "tuple", "dict": "dict", "Dict": "dict", "set": "set",
    "Set": "set", "frozenset": "set", "str": "str", "defaultdict": "dict", "DefaultDict": "dict",
}  # fmt: skip
_STRING_METHODS = {
    "split": "list", "rsplit": "list", "splitlines": "list", "strip": "str", "lstrip": "str", "rstrip": "str",
    "lower": "str", "upper": "str", "replace": "str", "join": "str", "format": "str", "title": "str",
}  # fmt: skip
_BOOL_CALLS = frozenset({"isinstance", "issubclass", "hasattr", "callable", "bool", "any", "all"})
_BOOL_OPERATORS = frozenset({"is", "is not", "in", "not in"})
_FARTHEST = 50
SEQUENCES = frozenset({"list", "tuple", "str"})
CONTAINERS = SEQUENCES | {"dict", "set"}


def is_bool(source: Source, node: Node) -> bool:
    """Return whether an expression is True or False for sure, and nothing that only counts as such."""
    node = bare(node)
    if node.type in {"not_operator", "true", "false"}:
        return True
    if node.type == "comparison_operator":
        operators = operators_of(node)
        return len(operators) == 1 and operators[0] in _BOOL_OPERATORS
    if node.type == "boolean_operator":
        return all(is_bool(source, one) for one in node.named_children if one.type != "comment")
    name = code(node.child_by_field_name("function")) if node.type == "call" else ""
    return name in _BOOL_CALLS and name not in source.bound


def operators_of(comparison: Node) -> list[str]:
    """Return the operators of a comparison, in order."""
    return [" ".join(code(one).split()) for one in comparison.children_by_field_name("operators")]


def kind_of(source: Source, function: Node, node: Node, seen: frozenset[str] = frozenset()) -> str:
    """Return "list", "tuple", "dict", "set" or "str" where `node`, in `function`, is surely one; empty otherwise."""
    node = bare(node)
    if node.type in _LITERALS:
        is_bytes = node.type in {"string", "concatenated_string"} and code(node)[:2].lower().strip("r").startswith("b")
        return "" if is_bytes else _LITERALS[node.type]
    if node.type == "call":
        return _kind_of_call(source, function, node, seen)
    if node.type == "identifier" and code(node) not in seen:
        return kind_of_name(source, function, code(node), seen)
    return ""


def kind_of_name(source: Source, function: Node, name: str, seen: frozenset[str] = frozenset()) -> str:
    """Return what a local variable or parameter of `function` is, in all of its bindings together."""
    places = source.variables(function).get(name, ())
    bindings = [one for one in places if is_bound_here(one)]
    kinds = {_kind_of_binding(source, function, one, seen | {name}) for one in bindings}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind_of_call(source: Source, function: Node, call: Node, seen: frozenset[str]) -> str:
    called = call.child_by_field_name("function")
    name = code(called)
    if name in _MAKERS and (name not in source.bound or "efault" in name or "Ordered" in name):
        return _MAKERS[name]
    if called is None or called.type != "attribute":
        return ""
    owner = called.child_by_field_name("object")
    if owner is not None and kind_of(source, function, owner, seen) == "str":
        return _STRING_METHODS.get(code(called.child_by_field_name("attribute")), "")
    return ""


def _kind_of_binding(source: Source, function: Node, name: Node, seen: frozenset[str]) -> str:
    outer = name.parent
    if outer is None:
        return ""
    if outer.type in {"list_splat_pattern", "dictionary_splat_pattern"}:
        is_parameter = (
            outer.parent is not None and outer.parent.type == "parameters" and outer.parent.parent == function
        )
        splat = "tuple" if outer.type == "list_splat_pattern" else "dict"
        return splat if is_parameter else ""
    if outer.type == "typed_parameter":
        return _annotated(outer)
    if outer.type == "augmented_assignment":
        # `+=` on a list, a text or a tuple gives another of the same; on a set or dict `|=` does.
        kept = any(one.type in {"+=", "|="} for one in outer.children)
        others = [one for one in source.variables(function)[code(name)] if is_bound_here(one) and one != name]
        plain = [one for one in others if one.parent is not None and one.parent.type != "augmented_assignment"]
        kinds = {_kind_of_binding(source, function, one, seen) for one in plain}
        return kinds.pop() if kept and len(kinds) == 1 else ""
    if outer.type != "assignment" or outer.child_by_field_name("left") != name:
        return ""
    value = outer.child_by_field_name("right")
    if value is None or outer.child_by_field_name("type") is not None:
        return _annotated(outer)
    if value.type == "assignment":
        return ""
    return kind_of(source, function, value, seen)


def _annotated(node: Node) -> str:
    annotation = code(node.child_by_field_name("type"))
    return (
        _ANNOTATIONS.get(annotation.partition("[")[0].rpartition(".")[2].strip(), "") if "|" not in annotation else ""
    )


def in_test(node: Node) -> bool:
    """Return whether only the truth of an expression counts where it stands."""
    child = node
    for outer in islice(above(node), _FARTHEST):
        if outer.type in {"parenthesized_expression", "not_operator", "boolean_operator"}:
            child = outer
            continue
        if outer.type in {"if_statement", "elif_clause", "while_statement"}:
            return outer.child_by_field_name("condition") == child
        if outer.type == "if_clause":
            return True
        if outer.type == "conditional_expression":
            inside = [one for one in outer.named_children if one.type != "comment"]
            return len(inside) == 3 and inside[1] == child
        return outer.type == "assert_statement" and outer.named_children[0] == child
    return False
