"""Loops: which one repeats a node, and what stays the same while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import (
    COMPREHENSIONS,
    SCOPES,
    arguments,
    builtin,
    is_variable,
    method,
    own_attributes,
)
from ambient_lsp.analyzers.speed.kinds import kind_of, kind_of_name
from ambient_lsp.analyzers.speed.names import bound_in, captured, comprehension_binding, is_parameter

if TYPE_CHECKING:
    from ambient_lsp.analyzers.speed.code import Function, Node

_FEW = 10
LOOPS = frozenset({"for_statement", "while_statement"})
_PAUSES = frozenset({"yield", "await"})
_READERS = frozenset({"len", "sum", "min", "max", "sorted", "any", "all", "enumerate", "range", "isinstance",
                      "print", "set", "frozenset", "list", "tuple", "reversed", "zip", "bool", "str", "repr",
                      "dict", "map", "filter", "iter"})  # fmt: skip
_READING = frozenset({"index", "count", "keys", "values", "items", "get", "copy", "union", "intersection",
                      "difference", "issubset", "issuperset", "isdisjoint", "join"})  # fmt: skip
_CHANGING = frozenset({"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "add", "discard",
                       "update", "popitem", "setdefault", "appendleft", "popleft", "extendleft"})  # fmt: skip
_LOOKS = frozenset({"comparison_operator", "boolean_operator", "not_operator", "if_statement",
                    "while_statement", "elif_clause", "conditional_expression", "if_clause", "list_splat",
                    "interpolation"})  # fmt: skip
PURE = frozenset({"isinstance", "len", "str", "int", "float", "bool", "abs", "ord", "chr", "repr", "min", "max",
                  "sum", "sorted", "set", "frozenset", "tuple", "list", "dict", "range", "enumerate", "zip",
                  "round", "hash", "any", "all", "reversed", "divmod", "pow", "type", "bytes", "callable",
                  "hasattr"})  # fmt: skip
PURE_METHODS = frozenset({"startswith", "endswith", "isdigit", "isalpha", "isalnum", "isupper", "islower",
                          "isspace", "isidentifier", "isnumeric", "lower", "upper", "strip", "lstrip", "rstrip",
                          "casefold", "split", "rsplit", "splitlines", "replace", "join", "find", "rfind",
                          "title", "capitalize", "removeprefix", "removesuffix", "count", "index", "get",
                          "keys", "values", "items", "partition", "rpartition", "encode", "decode", "format",
                          "zfill"})  # fmt: skip
_STEPS = frozenset({"identifier", "string", "string_start", "string_content", "string_end", "interpolation",
                    "escape_sequence", "concatenated_string", "integer", "float", "true", "false", "none",
                    "list", "tuple", "set", "dictionary", "pair", "attribute", "subscript", "slice", "call",
                    "argument_list", "keyword_argument", "binary_operator", "boolean_operator",
                    "comparison_operator", "not_operator", "unary_operator", "conditional_expression",
                    "parenthesized_expression", "for_in_clause", "if_clause", "expression_list", "pattern_list",
                    "tuple_pattern", "type_conversion", "format_specifier", "comment", *COMPREHENSIONS,})  # fmt: skip


def loop_of(node: Node) -> Node | None:
    """Return the innermost loop, or clause of a comprehension, that evaluates a node again and again.

    A loop over a few items that are written out repeats nothing worth a word, and one that is left behind the node
    does not come back to it.
    """
    below, leaves = node, False
    for above in node.ancestors():
        if above.type in SCOPES or above.type in {"return_statement", "raise_statement"}:
            return None
        if above.type == "block" and (last := _last_of(above)) is not None:
            if last.type in {"return_statement", "raise_statement"} and last.index >= below.index:
                return None
            leaves = leaves or last.type == "break_statement"
        repeats = (above.type == "for_statement" and below.field == "body") or (
            above.type == "while_statement" and below.field in {"body", "condition"}
        )
        if repeats:
            if not leaves and not is_short(above):
                return above
            leaves = False
        if above.type in COMPREHENSIONS:
            clauses = [child for child in above.children if child.type == "for_in_clause"]
            if clauses and below is not clauses[0] and not is_short(clauses[0]):
                return clauses[0]
        below = above
    return None


def always_runs(node: Node, loop: Node) -> bool:
    """Return whether each turn of a loop comes to the node: no branch stands in between."""
    below = node
    for above in node.ancestors():
        if above is loop or above.type in COMPREHENSIONS:
            return True
        if above.type in {"if_statement", "elif_clause", "else_clause", "except_clause", "conditional_expression"}:
            if below.field != "condition" or above.type == "elif_clause":
                return False
        below = above
    return True


def _last_of(block: Node) -> Node | None:
    inside = [child for child in block.children[-3:] if child.type != "comment"]
    return inside[-1] if inside else None


def is_short(loop: Node, few: int = _FEW) -> bool:
    """Return whether a loop surely turns only a few times."""
    source = loop.get("right")
    if source is None:
        return False
    if source.type in {"tuple", "list", "set", "expression_list"}:
        return len(source.children) < few and not any("splat" in child.type for child in source.children)
    index = source.get("subscript")
    if index is not None and index.type == "slice" and index.text.startswith(":") and index.text[1:].isdigit():
        return int(index.text[1:]) < few
    given = arguments(source) if builtin(source) == "range" else []
    return len(given) == 1 and given[0].type == "integer" and given[0].text.isdigit() and int(given[0].text) < few


def expects_unhashable(node: Node, function: Function) -> bool:
    """Return whether a node is where a `TypeError` is handled: what a list is for may be that a set failed."""
    for above in node.ancestors():
        if above is function.node:
            return False
        if above.type == "except_clause" and "TypeError" in above.text.partition(":")[0]:
            return True
    return False


def header(loop: Node) -> Node:
    """Return what an editor should show of a loop: what it runs over, or its condition."""
    return loop.get("right") or loop.get("condition") or loop


def statement_of(node: Node) -> Node | None:
    """Return the statement of a block that holds the node; None where it does not begin its line."""
    below = node
    for above in node.ancestors():
        if above.type == "block":
            return below if _begins_line(below) else None
        if above.type in SCOPES:
            return None
        below = above
    return None


def region_of(node: Node, names: set[str], function: Function) -> Node | None:
    """Return the outermost statement with a loop around `node` in which these variables keep value and contents.

    None where there is no such loop, or no place in front of it.
    """
    best: Node | None = None
    inner = loop_of(node)
    if inner is None:
        return None
    candidates = []
    if inner.type not in LOOPS and (holder := statement_of(inner)) is not None and holder.type not in LOOPS:
        if _evaluates_in_line(holder, inner):
            candidates.append(holder)
    candidates += [above for above in node.ancestors() if above.type in LOOPS and function.node.holds(above)]
    for region in candidates:
        if region.type in LOOPS and _in_nested_scope(region, function):
            break
        if not all(unchanged(name, region, function) for name in names):
            break
        if region.type in LOOPS and not _repeats(region, node):
            continue
        if region.parent is not None and region.parent.type == "block" and _begins_line(region):
            best = region
    return best


def unchanged(name: str, region: Node, function: Function) -> bool:
    """Return whether a region only looks at a variable: no rebinding, nothing that changes it, no hand-over."""
    if bound_in(function, name, region) or _pauses(region) or captured_and_changed(name, function):
        return False
    code = function.node.code
    if not all(only_looked_at(use) for use in code.uses_in(name, region) if not _is_comprehension_name(use)):
        return False
    return not any(_shares(name, other, function) for other in _changed_names(region))


def attribute_stays(name: str, node: Node, function: Function) -> Node | None:
    """Return the region around `node` in which `self.name` stays as it is: nothing sets or changes it there, and no
    method of the object is called that might."""
    region = region_of(node, {"self"}, function)
    if region is None:
        return None
    for use in own_attributes(region, name):
        if _is_target(use) or not only_looked_at(use):
            return None
    return region


def only_looked_at(use: Node) -> bool:
    """Return whether a use of a variable neither changes what it holds nor gives it to somebody who might."""
    above = use.parent
    if above is None:
        return False
    if above.type == "attribute":
        # What an attribute of it is set to, or a method that is not known to read, changes it.
        holder = above.parent
        if holder is not None and holder.type == "call" and above.field == "function":
            name = above.get("attribute")
            reads = name is not None and (name.text in _READING or name.text in PURE_METHODS)
            return reads or use.text in use.code.imports
        return holder is not None and not _is_target(above)
    if above.type == "subscript":
        return use.field == "subscript" or not _is_target(above)
    if above.type in {"for_statement", "for_in_clause"}:
        return use.field == "right"
    if above.type == "argument_list":
        return builtin(above.parent) in _READERS or _reads_as_method(above) or kind_is_plain(use)
    if above.type == "binary_operator":
        return True
    if above.type in COMPREHENSIONS:
        return kind_is_plain(use)
    if above.type in {"assignment", "augmented_assignment", "list", "tuple", "dictionary", "pair", "expression_list",
                      "return_statement", "keyword_argument"}:  # fmt: skip
        return kind_is_plain(use) and use.field != "left"
    return above.type in _LOOKS


def kind_is_plain(use: Node) -> bool:
    """Return whether a variable holds text or a number, which nobody can change."""
    function = use.code.function_at(use)
    return function is not None and kind_of(use, function).immutable


def is_pure(node: Node) -> bool:
    """Return whether evaluating an expression surely has no effect on anything else."""
    for part in node.walk():
        if part.type not in _STEPS and part.field != "operator" and part.field != "operators":
            return False
        if part.type == "call" and not _is_pure_call(part):
            return False
    return True


def free_names(node: Node) -> set[str]:
    """Return the variables that an expression reads, but for those that its own comprehensions bind."""
    found = set()
    for part in node.walk():
        if part.type != "identifier" or not is_variable(part):
            continue
        inner = comprehension_binding(part)
        if inner is not None and node.holds(inner.name):
            continue
        if part.parent is not None and part.parent.type == "call" and part.field == "function":
            continue
        found.add(part.text)
    return found


def stays_same(node: Node, function: Function) -> Node | None:
    """Return the region in whose every turn an expression of names has the same value; None where it may differ."""
    names = free_names(node)
    for part in node.walk():
        inner = comprehension_binding(part) if part.type == "identifier" else None
        if inner is not None and not node.holds(inner.name):
            return None  # it depends on the variable of a comprehension around it
    return region_of(node, names, function)


def captured_and_changed(name: str, function: Function) -> bool:
    """Return whether a nested function shares the variable; it could change it whenever it is called."""
    if not captured(function, name):
        return False
    for use in function.node.code.uses_in(name, function.body):
        nested = any(above.type in SCOPES for above in use.ancestors() if above.index > function.node.index)
        if nested and not only_looked_at(use):
            return True
    return False


def changed_names(region: Node) -> set[str]:
    """Return the variables on which a region calls a method that changes them, or whose items it sets."""
    return _changed_names(region)


def _changed_names(region: Node) -> set[str]:
    found = set()
    for node in region.own():
        if node.type == "call":
            called = method(node)
            if called is not None and called[1] in _CHANGING and called[0].type == "identifier":
                found.add(called[0].text)
        elif node.type == "subscript" and _is_target(node):
            value = node.get("value")
            if value is not None and value.type == "identifier":
                found.add(value.text)
    return found


def _shares(name: str, other: str, function: Function) -> bool:
    """Return whether two names could be the same object: both come from outside, or one was made from the other."""
    if name == other:
        return True
    if is_parameter(function, name) and is_parameter(function, other):
        one, two = kind_of_name(name, function).name, kind_of_name(other, function).name
        return one == two or "" in {one, two}
    for node in function.body.own():
        if node.type != "assignment":
            continue
        left, right = node.get("left"), node.get("right")
        if left is not None and right is not None and {left.text, right.text} == {name, other}:
            return True
    return False


def _is_comprehension_name(use: Node) -> bool:
    return comprehension_binding(use) is not None or (
        use.parent is not None and use.parent.type == "for_in_clause" and use.field == "left"
    )


def _is_target(node: Node) -> bool:
    """Return whether something is assigned to a subscript or attribute, or it is deleted."""
    above = node.parent
    if above is None:
        return False
    if above.type in {"assignment", "augmented_assignment", "for_statement"}:
        return node.field == "left"
    return above.type in {"delete_statement", "pattern_list", "tuple_pattern", "as_pattern_target", "list_pattern"} or (
        above.type == "expression_list" and above.parent is not None and above.parent.type == "delete_statement"
    )


def _reads_as_method(given: Node) -> bool:
    found = method(given.parent)
    return found is not None and found[1] in {"join", "union", "intersection", "difference", "issubset", "issuperset",
                                              "isdisjoint"}  # fmt: skip


def _is_pure_call(call: Node) -> bool:
    if builtin(call) in PURE:
        # A lazy argument of `map` and the like could call anything.
        return all(one.type != "dictionary_splat" for one in arguments(call))
    found = method(call)
    return found is not None and found[1] in PURE_METHODS and found[0].text not in call.code.imports


def _pauses(region: Node) -> bool:
    """Whoever runs between two turns of a generator or coroutine may change what they share."""
    return any(node.type in _PAUSES for node in region.own())


def _repeats(region: Node, node: Node) -> bool:
    loop = loop_of(node)
    while loop is not None:
        if loop is region:
            return True
        if loop.type not in LOOPS:
            return (region.holds(loop) and region.type not in LOOPS) or _repeats(region, loop)
        loop = loop_of(loop)
    return False


def _evaluates_in_line(statement: Node, inner: Node) -> bool:
    """Return whether a value made in front of a statement is made right before the comprehension in it runs."""
    for above in inner.ancestors():
        if above is statement:
            break
        if above.type == "block" or above.type in SCOPES:
            return False
    if statement.type in {"if_statement", "return_statement", "expression_statement", "assert_statement",
                          "with_statement", "raise_statement"}:  # fmt: skip
        # The condition of an `elif` may never be asked.
        return all(above.type != "elif_clause" for above in inner.ancestors() if statement.holds(above))
    return False


def _in_nested_scope(region: Node, function: Function) -> bool:
    for above in region.ancestors():
        if above is function.node:
            return False
        if above.type in SCOPES:
            return True
    return False


def _begins_line(statement: Node) -> bool:
    text = statement.code.text
    start = max(text.rfind("\n", 0, statement.start), text.rfind("\r", 0, statement.start)) + 1
    return not text[start : statement.start].strip(" \t\f")
