"""Loops that say one thing step by step: `any` and `all`, comprehensions, and counting where items are meant.

Each is found only where it does the same for certain: the loop's variable and the list under construction are seen by
nobody else, and nothing in it waits, yields, or depends on being in this very function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.refactoring.certain import SEQUENCES, is_bool, kind_of_name, operators_of
from ambient_lsp.analyzers.refactoring.forms import LOOSE, Form, fits, has_effect, is_movable
from ambient_lsp.analyzers.source import (
    Edit,
    above,
    bare,
    code,
    has_comment,
    is_bound_here,
    statements,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source

ANY_ALL = "AMB-REF-ANY-ALL"
COMPREHENSION = "AMB-REF-COMPREHENSION"
ENUMERATE = "AMB-REF-ENUMERATE"
ITEMS = "AMB-REF-ITEMS"

_EMPTY = {"list": ("[]", "list()"), "set": ("set()",), "dict": ("{}", "dict()")}
_ADDERS = {"append": "list", "add": "set"}
_CHANGERS = frozenset({"append", "add", "insert", "pop", "remove", "extend", "sort", "reverse", "clear", "update"})
_LONGEST_COMPREHENSION = 88


def find(source: Source, function: Node, line_length: int) -> Iterator[Form]:
    """Yield the loops in one function, not in those inside it."""
    for node in source.own(function, "for_statement"):
        if node.has_error or node.children[0].type == "async":
            continue
        form = (
            _any_or_all(source, function, node, line_length)
            or _comprehension(source, function, node, line_length)
            or _by_index(source, function, node)
            or _by_key(source, function, node)
        )
        if form is not None:
            yield form


def _any_or_all(source: Source, function: Node, loop: Node, line_length: int) -> Form | None:
    """`for x in xs: if test: return True` with `return False` behind it."""
    after = loop.next_named_sibling
    test = _only_test(loop)
    if after is None or test is None or _has_else(loop) or _comments_between(loop, after):
        return None
    condition, then = test
    values = [_returned(one) for one in (then, after)]
    if set(values) != {"true", "false"} or not is_movable(condition) or not _is_own(source, function, loop):
        return None
    if code(function.child_by_field_name("name")) == "__next__" or {"any", "all"} & source.bound:
        return None
    target, items = _header(loop)
    if target is None or items is None or condition.type in LOOSE or not is_movable(items):
        return None
    call, test_text = "any", code(condition)
    if values[0] == "false":
        opposite = _opposite(source, condition)
        if not opposite and "!=" in operators_of(bare(condition)):
            return None  # `not any(a != b)` is a riddle
        call, test_text = ("all", opposite) if opposite else ("not any", code(condition))
    new = f"return {call}({test_text} for {code(target)} in {_iterable(items)})"
    if not fits(source, loop, new, line_length) or not fits(source, loop, new, _LONGEST_COMPREHENSION + 12):
        return None
    return Form(ANY_ALL, target, (Edit(loop.start_byte, after.end_byte, new),))


def _opposite(source: Source, condition: Node) -> str:
    """Return the opposite of a condition where it reads well; "" where `not any` reads better."""
    inside = bare(condition)
    if inside.type == "not_operator":
        return code(inside.child_by_field_name("argument"))
    if inside.type == "comparison_operator" and is_bool(source, inside):
        left, right = inside.named_children
        words = " ".join(code(inside.children_by_field_name("operators")[0]).split())
        new = {"in": "not in", "not in": "in", "is": "is not", "is not": "is"}[words]
        return f"{code(left)} {new} {code(right)}"
    return ""


def _comprehension(source: Source, function: Node, loop: Node, line_length: int) -> Form | None:
    """`out = []` right in front of a loop that does nothing but add to it."""
    before = loop.prev_named_sibling
    target, items = _header(loop)
    if before is None or target is None or items is None or _has_else(loop) or _comments_between(before, loop):
        return None
    block = loop.child_by_field_name("body")
    inside, condition = statements(block), None
    if len(inside) == 1 and inside[0].type == "if_statement":
        tested = _only_test(loop)
        if tested is None:
            return None
        condition, added = tested
    elif len(inside) == 1:
        added = inside[0]
    else:
        return None
    made = _added(added)
    if made is None:
        return None
    name, kind, parts = made
    if not _starts_empty(source, before, name, kind) or not _is_own(source, function, loop):
        return None
    pieces = [items, *parts, *([condition] if condition is not None else [])]
    if any(one.type in LOOSE | {"list_splat"} or not is_movable(one) or has_comment(one) for one in pieces):
        return None
    if any(name in source.variables(one) for one in pieces) or _is_watched(source, function, loop, name):
        return None
    if kind == "dict" and sum(has_effect(one) for one in parts) > 1:
        return None  # a comprehension asks for the key first, an assignment for the value
    clause = f"for {code(target)} in {_iterable(items)}" + (f" if {code(condition)}" if condition is not None else "")
    element = ": ".join(code(one) for one in parts)
    opening, closing = "[]" if kind == "list" else "{}"
    new = f"{name} = {opening}{element} {clause}{closing}"
    if condition is None and "".join(element.split()).replace(":", ",") == "".join(code(target).split()):
        if kind in source.bound:
            return None
        # A mapping whose keys are pairs would be copied, not read.
        if kind != "dict" or code(items).endswith(".items()"):
            new = f"{name} = {kind}({_iterable(items)})"
    if not fits(source, before, new, min(line_length, _LONGEST_COMPREHENSION)):
        return None
    return Form(COMPREHENSION, target, (Edit(before.start_byte, loop.end_byte, new),))


def _added(statement: Node) -> tuple[str, str, list[Node]] | None:
    """Return the name that grows, what it is, and what is added: `x.append(a)`, `x.add(a)`, `x[k] = v`."""
    inside = statement.named_children[0] if len(statement.named_children) == 1 else statement
    if inside.type == "call":
        called, arguments = inside.child_by_field_name("function"), inside.child_by_field_name("arguments")
        if called is None or arguments is None or called.type != "attribute" or len(arguments.named_children) != 1:
            return None
        owner, given = called.child_by_field_name("object"), arguments.named_children[0]
        kind = _ADDERS.get(code(called.child_by_field_name("attribute")), "")
        plain = (
            owner is not None and owner.type == "identifier" and given.type not in {"keyword_argument", "list_splat"}
        )
        return (code(owner), kind, [given]) if kind and plain else None
    left = inside.child_by_field_name("left") if inside.type == "assignment" else None
    if left is None or left.type != "subscript" or inside.child_by_field_name("type") is not None:
        return None
    owner, keys = left.child_by_field_name("value"), left.children_by_field_name("subscript")
    value = inside.child_by_field_name("right")
    if owner is None or owner.type != "identifier" or len(keys) != 1 or value is None or value.type == "assignment":
        return None
    if keys[0].type == "slice" or "," in code(left)[len(code(owner)) + len(code(keys[0])) + 1 :]:
        return None
    return (code(owner), "dict", [keys[0], value]) if value.type != "expression_list" else None


def _starts_empty(source: Source, before: Node, name: str, kind: str) -> bool:
    inside = before.named_children[0] if before.type == "expression_statement" and before.named_children else before
    value = code(inside.child_by_field_name("right")) if inside.type == "assignment" else ""
    plain = inside.type == "assignment" and inside.child_by_field_name("type") is None
    return plain and code(inside.child_by_field_name("left")) == name and value in _EMPTY[kind] and (
        "(" not in value or value.partition("(")[0] not in source.bound
    )  # fmt: skip


def _is_own(source: Source, function: Node, loop: Node) -> bool:
    """Return whether nobody but the loop knows its variables: neither code elsewhere in the function nor a closure."""
    target, _ = _header(loop)
    if target is None or any(one.type in {"attribute", "subscript"} for one in walk(target)):
        return False
    names = {code(one) for one in walk(target) if one.type == "identifier"}
    if any(_is_inner(function, one) for name in names for one in source.variables(function).get(name, ())):
        return False
    declared = {
        code(one)
        for node in walk(function)
        if node.type in {"global_statement", "nonlocal_statement"}
        for one in node.named_children
    }
    return not declared & names and all(
        _inside(loop, one) or _has_own_binding(function, one, name)
        for name in names
        for one in source.variables(function).get(name, ())
    )


def _is_inner(function: Node, node: Node) -> bool:
    """Return whether a node stands in a function or lambda inside `function`."""
    for outer in above(node):
        if outer == function:
            return False
        if outer.type in {"function_definition", "lambda", "class_definition"}:
            return True
    return False


def _has_own_binding(function: Node, node: Node, name: str) -> bool:
    """Return whether the name stands in another loop or comprehension that binds it anew each turn."""
    for outer in above(node):
        if outer == function:
            return False
        if (
            outer.type == "for_statement"
            or outer.type.endswith("comprehension")
            or outer.type == "generator_expression"
        ):
            clauses = [outer] if outer.type == "for_statement" else [
                one for one in outer.named_children if one.type == "for_in_clause"
            ]  # fmt: skip
            bound = {
                code(one)
                for clause in clauses
                if (left := clause.child_by_field_name("left")) is not None
                for one in walk(left)
                if one.type == "identifier"
            }
            right = clauses[0].child_by_field_name("right") if clauses else None
            if name in bound and not (right is not None and _inside(right, node)):
                return not any(code(one) == name and one.type == "identifier" for one in _else_of(outer))
    return False


def _else_of(loop: Node) -> Iterator[Node]:
    alternative = loop.child_by_field_name("alternative")
    return walk(alternative) if alternative is not None else iter(())


def _is_watched(source: Source, function: Node, loop: Node, name: str) -> bool:
    """Return whether somebody could see the list half built: a handler, a manager, a closure, a global."""
    for outer in above(loop):
        if outer == function:
            break
        if outer.type in {"try_statement", "with_statement"}:
            return True
    places = source.variables(function).get(name, ())
    return any(_is_inner(function, one) for one in places) or any(
        one.parent is not None and one.parent.type in {"global_statement", "nonlocal_statement"} for one in places
    )


def _by_index(source: Source, function: Node, loop: Node) -> Form | None:
    """`for i in range(len(xs))` where only `xs[i]` is read, and `xs` is surely a list, a tuple or a text."""
    target, items = _header(loop)
    name = _counted(source, items)
    if target is None or target.type != "identifier" or not name or items is None or _has_else(loop):
        return None
    if kind_of_name(source, function, name) not in SEQUENCES:
        return None
    reads = _only_indexed(source, loop, name, code(target))
    item = _item_name(source, function, name)
    if not reads or not item or not _is_own(source, function, loop):
        return None
    edits = [Edit(one.start_byte, one.end_byte, item) for one in reads]
    inside = [one for one in source.variables(loop)[code(target)] if one != target]
    if len(inside) == len(reads):
        header = f"{item} in {name}"
    elif "enumerate" in source.bound:
        return None
    else:
        header = f"{code(target)}, {item} in enumerate({name})"
    if any(is_bound_here(one) for one in inside):
        return None
    return Form(ENUMERATE, target, (Edit(target.start_byte, items.end_byte, header), *edits))


def _by_key(source: Source, function: Node, loop: Node) -> Form | None:
    """`for key in d` where `d[key]` is read, and `d` is surely a dict."""
    target, items = _header(loop)
    if target is None or items is None or target.type != "identifier" or _has_else(loop):
        return None
    name = code(items).removesuffix(".keys()")
    if not name.isidentifier() or kind_of_name(source, function, name) != "dict":
        return None
    reads = _only_indexed(source, loop, name, code(target))
    item = "v" if code(target) == "k" else "value"  # who writes `k` writes `v` beside it
    if not reads or item in source.variables(function) or item in source.bound:
        return None
    if any(is_bound_here(one) for one in source.variables(loop)[code(target)] if one != target):
        return None
    header = f"{code(target)}, {item} in {name}.items()"
    edits = (Edit(one.start_byte, one.end_byte, item) for one in reads)
    return Form(ITEMS, target, (Edit(target.start_byte, items.end_byte, header), *edits))


def _only_indexed(source: Source, loop: Node, name: str, index: str) -> list[Node]:
    """Return each `name[index]` in a loop's body; none where `name` is used in any other way, or is written to."""
    block = loop.child_by_field_name("body")
    found: list[Node] = []
    if block is None or _writes_elsewhere(source, loop, block):
        return []
    for one in source.variables(block).get(name, ()):
        outer = one.parent
        if outer is None or outer.type != "subscript" or outer.child_by_field_name("value") != one:
            return []
        keys = outer.children_by_field_name("subscript")
        if len(keys) != 1 or code(keys[0]) != index or _is_written(outer) or _is_inner(loop, one):
            return []
        found.append(outer)
    return found


def _writes_elsewhere(source: Source, loop: Node, block: Node) -> bool:
    """Return whether the body puts items into, or takes them out of, something that could be the same object."""
    for node in walk(block):
        left = node.child_by_field_name("left") if node.type in {"assignment", "augmented_assignment"} else None
        if node.type == "delete_statement" or (left is not None and left.type == "subscript"):
            return True
        if node.type == "attribute" and code(node.child_by_field_name("attribute")) in _CHANGERS:
            owner = node.child_by_field_name("object")
            function = next((one for one in above(loop) if one.type == "function_definition"), loop)
            if owner is None or not _is_made_here(source, function, code(owner)):
                return True
    return False


def _is_made_here(source: Source, function: Node, name: str) -> bool:
    """Return whether a name is a container that the function itself makes, so that nobody else has it."""
    places = source.variables(function).get(name, ())
    is_given = any(one.parent is not None and "parameter" in one.parent.type for one in places)
    return not is_given and bool(kind_of_name(source, function, name))


def _is_written(node: Node) -> bool:
    outer, child = node.parent, node
    while outer is not None and outer.type in {"attribute", "subscript"}:
        # `xs[i].a = 1` changes the item, not the list.
        return False
    if outer is None or outer.type in {"delete_statement", "pattern_list", "tuple_pattern", "list_pattern"}:
        return True
    return outer.type in {"assignment", "augmented_assignment", "for_statement", "for_in_clause"} and (
        outer.child_by_field_name("left") == child
    )


def _counted(source: Source, items: Node | None) -> str:
    """Return the name in `range(len(name))`."""
    text = "".join(code(items).split())
    if not text.startswith("range(len(") or not text.endswith("))") or {"range", "len"} & source.bound:
        return ""
    name = text[len("range(len(") : -2]
    return name if name.isidentifier() else ""


def _item_name(source: Source, function: Node, name: str) -> str:
    """Return the singular of a plural that nothing here is called yet."""
    if name.endswith("ies") and len(name) > 4:
        single = name[:-3] + "y"
    elif name.endswith("s") and not name.endswith("ss") and len(name) > 3:
        single = name[:-1]
    else:
        return ""
    return "" if single in source.variables(function) or single in source.bound or not single.isidentifier() else single


def _only_test(loop: Node) -> tuple[Node, Node] | None:
    """Return the condition and the only statement of a loop that holds nothing but one `if`; no comments."""
    inside = statements(loop.child_by_field_name("body"))
    if len(inside) != 1 or inside[0].type != "if_statement" or has_comment(loop):
        return None
    if inside[0].children_by_field_name("alternative"):
        return None
    condition = inside[0].child_by_field_name("condition")
    then = statements(inside[0].child_by_field_name("consequence"))
    return (condition, then[0]) if condition is not None and len(then) == 1 else None


def _returned(statement: Node) -> str:
    value = statement.named_children[0].type if statement.named_children else ""
    return value if statement.type == "return_statement" else ""


def _header(loop: Node) -> tuple[Node | None, Node | None]:
    return loop.child_by_field_name("left"), loop.child_by_field_name("right")


def _iterable(items: Node) -> str:
    return f"({code(items)})" if items.type in {"expression_list", "pattern_list"} | LOOSE else code(items)


def _has_else(loop: Node) -> bool:
    return loop.child_by_field_name("alternative") is not None


def _comments_between(first: Node, last: Node) -> bool:
    return has_comment(first) or has_comment(last)


def _inside(outer: Node, node: Node) -> bool:
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte
