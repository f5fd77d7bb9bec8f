"""Functions without effects: what they return depends on their arguments alone, and nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import COMPREHENSIONS, arguments, builtin, called, method
from ambient_lsp.analyzers.speed.kinds import kind_of
from ambient_lsp.analyzers.speed.names import bindings, is_local
from ambient_lsp.analyzers.speed.regions import free_names

if TYPE_CHECKING:
    from ambient_lsp.analyzers.speed.code import Code, Function, Node

_NUMBERS = frozenset({"len", "abs", "min", "max", "sum", "round", "int", "float", "bool", "str", "ord", "chr",
                      "range", "isinstance", "divmod", "pow", "tuple", "sorted", "enumerate", "zip", "reversed",
                      "any", "all", "list", "set", "frozenset", "repr", "hash"})  # fmt: skip
_SURE_METHODS = frozenset({"lower", "upper", "strip", "lstrip", "rstrip", "casefold", "title", "startswith",
                           "endswith", "isdigit", "isalpha", "isalnum", "isupper", "islower", "isspace",
                           "swapcase", "capitalize", "count", "find", "rfind", "split", "splitlines", "replace",
                           "zfill"})  # fmt: skip
_FORBIDDEN = frozenset({"global_statement", "nonlocal_statement", "yield", "await", "delete_statement",
                        "lambda", "import_statement", "import_from_statement", "with_statement",
                        "try_statement", "class_definition", "function_definition", "exec_statement",
                        "print_statement"})  # fmt: skip
_SURE_STEPS = frozenset({"identifier", "string", "string_start", "string_content", "string_end",
                         "interpolation", "integer", "float", "true", "false", "none", "call", "argument_list",
                         "attribute", "list", "tuple", "boolean_operator", "comparison_operator",
                         "not_operator", "for_in_clause", "if_clause", "parenthesized_expression",
                         "binary_operator", "unary_operator", *COMPREHENSIONS})  # fmt: skip


def is_pure_function(function: Function) -> bool:
    """Return whether a function surely has no effect, reads nothing that can change, and calls only its like."""
    known = function.kinds.get("pure")
    if isinstance(known, bool):
        return known
    function.kinds["pure"] = True  # a call of itself is as pure as the rest
    pure = not function.is_async and not function.nested and _is_pure_body(function)
    function.kinds["pure"] = pure
    return pure


def is_total(node: Node, function: Function) -> bool:
    """Return whether an expression surely has no effect and surely does not raise."""
    for part in node.walk():
        if part.field in {"operator", "operators"}:
            continue
        if part.type not in _SURE_STEPS:
            return False
        if part.type == "binary_operator":
            operator = part.get("operator")
            both = [kind_of(part.get(side), function) for side in ("left", "right")]
            if operator is None or operator.type not in {"+", "-", "*"} or not _add_up(both[0].name, both[1].name):
                return False
        elif part.type == "comparison_operator":
            if not all(kind_of(child, function).hashable for child in part.children if child.field != "operators"):
                return False
        elif part.type == "for_in_clause":
            source = part.get("right")
            if kind_of(source, function).name not in {"list", "tuple", "set", "dict", "str", "keys", "values", "range"}:
                return False
        elif part.type == "attribute":
            if part.field != "function":
                return False
        elif part.type == "call" and not _is_total_call(part, function):
            return False
    return True


def _add_up(left: str, right: str) -> bool:
    numbers = {"int", "float", "bool"}
    return (left in numbers and right in numbers) or (left == right == "str")


def _is_total_call(call: Node, function: Function) -> bool:
    name = builtin(call)
    kinds = [kind_of(one, function) for one in arguments(call)]
    if name in {"len", "str", "repr", "bool", "list", "tuple", "sorted", "set"}:
        return len(kinds) == 1 and bool(kinds[0].name) and (name in {"str", "repr", "bool"} or kinds[0].item.hashable)
    if name in {"range", "abs", "float"}:
        return all(kind.number for kind in kinds)
    found = method(call)
    if found is not None:
        return found[1] in _SURE_METHODS and kind_of(found[0], function).name == "str"
    target = _function_named(call.code, called(call))
    if target is None or not is_pure_function(target) or not all(kind.hashable for kind in kinds):
        return False
    return _is_total_body(target)


def _is_total_body(function: Function) -> bool:
    """Return whether a function's every step surely ends well: sums and texts over ranges and known collections."""
    known = function.kinds.get("total")
    if isinstance(known, bool):
        return known
    function.kinds["total"] = False  # who knows whether a recursion ends
    total = True
    for node in function.body.own():
        if node.type in {"raise_statement", "while_statement", "assert_statement", "subscript"}:
            total = False
        elif node.type == "for_statement":
            kind = kind_of(node.get("right"), function).name
            total = total and kind in {"range", "list", "tuple", "str", "set", "dict"}
        elif node.type in {"binary_operator", "call", "comparison_operator"} and node.field != "operator":
            total = total and is_total(node, function)
        elif node.type == "augmented_assignment":
            both = [kind_of(node.get(side), function).name for side in ("left", "right")]
            operator = node.get("operator")
            total = total and operator is not None and operator.text in {"+=", "-=", "*="} and _add_up(both[0], both[1])
    function.kinds["total"] = total
    return total


def _function_named(code: Code, name: str) -> Function | None:
    """Return the one function of the module's top that a name stands for."""
    found = code.named.get(name, [])
    uses = [use for use in code.uses.get(name, ()) if use.field in {"left", "name"}]
    return found[0] if len(found) == 1 and len(uses) == 1 and "." not in name else None


def _is_pure_body(function: Function) -> bool:
    code = function.node.code
    own = bindings(function)
    for node in function.body.own():
        if node.type in _FORBIDDEN:
            return False
        if node.type == "call" and not _is_pure_call(node, function):
            return False
        if node.type in {"assignment", "augmented_assignment"}:
            left = node.get("left")
            if left is None or (left.type in {"attribute", "subscript"} and not _is_own(left, function)):
                return False
    for name in free_names(function.body):
        if name in own and is_local(function, name):
            continue
        if name not in code.uses or not _is_constant(code, name):
            return False
    return not any(part.type == "attribute" and part.field != "function" for part in function.body.own())


def _is_own(target: Node, function: Function) -> bool:
    """Return whether `name[...] = value` is about a list or dict that the function made itself."""
    value = target.get("value")
    if target.type != "subscript" or value is None or value.type != "identifier":
        return False
    found = bindings(function).get(value.text, ())
    return bool(found) and all(one.how == "assign" and one.value is not None for one in found)


def _is_constant(code: Code, name: str) -> bool:
    """Return whether a name of the module is bound once, to a number or a text."""
    bound = [use for use in code.uses[name] if use.field in {"left", "name"}]
    if len(bound) != 1 or bound[0].parent is None:
        return name in {"True", "False", "None"} or (not bound and name in _BUILTINS)
    value = bound[0].parent.get("right")
    return value is not None and value.type in {"integer", "float", "string", "unary_operator"}


_BUILTINS = frozenset({"int", "float", "str", "bool", "bytes", "tuple", "list", "dict", "set", "ValueError",
                       "TypeError", "KeyError", "IndexError", "OverflowError", "NotImplementedError",
                       "RecursionError"})  # fmt: skip


def _is_pure_call(call: Node, function: Function) -> bool:
    if builtin(call) in _NUMBERS | {"ValueError", "TypeError"}:
        return True
    found = method(call)
    if found is not None:
        receiver, name = found
        if name in _SURE_METHODS and kind_of(receiver, function).name == "str":
            return True
        made_here = receiver.type == "identifier" and _is_own_name(receiver.text, function)
        return name in {"append", "add", "extend", "pop", "get", "items", "keys", "values"} and made_here
    target = _function_named(call.code, called(call))
    return target is not None and is_pure_function(target)


def _is_own_name(name: str, function: Function) -> bool:
    found = bindings(function).get(name, ())
    return bool(found) and all(
        one.how == "assign" and one.value is not None and one.value.type in {"list", "set", "dictionary"}
        for one in found
    )
