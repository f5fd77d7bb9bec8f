"""Real code said in a worse way: each planter turns one shape of code into the longer one that a fix would undo."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.refactoring import (
    branches,
    complexity,
    conditions,
    deadcode,
    loop_forms,
    resources,
    simplify,
)
from ambient_lsp.analyzers.refactoring.certain import in_test, operators_of
from ambient_lsp.analyzers.refactoring.counting import DEEPER
from ambient_lsp.analyzers.refactoring.forms import is_dotted, is_simple, one_line
from ambient_lsp.analyzers.source import Edit, code, has_comment, is_bound_here, read, statements, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source


_LEAST_NESTED = 2
"""A guard clause is worth a report where it takes a level off this many things."""


@dataclass(frozen=True, slots=True)
class Worse:
    """A place that can be said in a worse way; `rules` are those that a report of it may have."""

    rules: tuple[str, ...]
    symbol: str
    edits: tuple[Edit, ...]


def places(text: str) -> list[Worse]:
    """Return every place of a file at which something worse can be planted."""
    source = read(text)
    found = []
    for function in source.functions:
        if function.nested or not function.whole:
            continue
        for node in walk_scope(function.node):
            for rules, planter in _PLANTERS:
                edits = planter(source, function.node, node)
                if edits:
                    found.append(Worse(rules, function.qualname, tuple(edits)))
    return found


def _swap(node: Node, text: str) -> list[Edit]:
    return [Edit(node.start_byte, node.end_byte, text)]


def _not(source: Source, function: Node, node: Node) -> list[Edit]:
    if node.type != "comparison_operator" or not one_line(node) or operators_of(node) not in (["not in"], ["is not"]):
        return []
    left, right = node.named_children
    return _swap(node, f"not {code(left)} {operators_of(node)[0].replace('not', '').strip()} {code(right)}")


def _chain(source: Source, function: Node, node: Node) -> list[Edit]:
    if node.type != "comparison_operator" or len(node.named_children) != 3 or not one_line(node):
        return []
    low, middle, high = node.named_children
    first, second = operators_of(node)
    outer = node.parent.type if node.parent is not None else ""
    plain = all(map(is_simple, node.named_children)) and middle.type == "identifier"
    if not plain or first[0] != "<" or second[0] != "<" or outer not in {"if_statement", "return_statement"}:
        return []
    return _swap(node, f"{code(low)} {first} {code(middle)} and {code(middle)} {second} {code(high)}")


def _member(source: Source, function: Node, node: Node) -> list[Edit]:
    if node.type != "comparison_operator" or operators_of(node) != ["in"] or not in_test(node) or not one_line(node):
        return []
    left, right = node.named_children
    values = right.named_children if right.type in {"tuple", "set", "list"} else []
    kinds = {one.type for one in values}
    if not is_dotted(left) or not 2 <= len(values) <= 4 or kinds not in ({"string"}, {"integer"}):
        return []
    if node.parent is None or node.parent.type not in {"if_statement", "elif_clause"}:
        return []
    return _swap(node, " or ".join(f"{code(left)} == {code(value)}" for value in values))


def _isinstance(source: Source, function: Node, node: Node) -> list[Edit]:
    arguments = node.child_by_field_name("arguments") if node.type == "call" else None
    given = arguments.named_children if arguments is not None else []
    if code(node.child_by_field_name("function")) != "isinstance" or len(given) != 2 or given[1].type != "tuple":
        return []
    names = given[1].named_children
    outer = node.parent.type if node.parent is not None else ""
    if given[0].type != "identifier" or not all(one.type == "identifier" for one in names) or len(names) < 2:
        return []
    if outer not in {"if_statement", "elif_clause", "return_statement"} or not one_line(node):
        return []
    return _swap(node, " or ".join(f"isinstance({code(given[0])}, {code(one)})" for one in names))


def _ternary(source: Source, function: Node, node: Node) -> list[Edit]:
    target, value, margin = _assignment(source, node)
    if value is None or value.type != "conditional_expression" or not is_dotted(target) or not one_line(node):
        return []
    yes, condition, no = value.named_children
    if any(one.type in {"conditional_expression", "boolean_operator", "lambda"} for one in walk(value) if one != value):
        return []
    name = code(target)
    lines = (f"if {code(condition)}:", f"    {name} = {code(yes)}", "else:", f"    {name} = {code(no)}")
    return _swap(node, f"\n{margin}".join(lines))


def _truth(source: Source, function: Node, node: Node) -> list[Edit]:
    _, value, _ = _assignment(source, node)
    if value is None or value.type != "comparison_operator" or operators_of(value) not in (["is"], ["in"], ["is not"]):
        return []
    return _swap(value, f"True if {code(value)} else False") if one_line(value) else []


def _boolean(source: Source, function: Node, node: Node) -> list[Edit]:
    value = node.named_children[0] if node.type == "return_statement" and node.named_children else None
    if value is None or not one_line(value):
        return []
    is_call = value.type == "call" and code(value.child_by_field_name("function")) in {"isinstance", "callable"}
    if not is_call and not (value.type == "comparison_operator" and operators_of(value) in (["in"], ["is"])):
        return []
    margin = source.line(node.start_point[0])[: node.start_point[1]]
    return _swap(node, f"if {code(value)}:\n{margin}    return True\n{margin}return False")


def _any(source: Source, function: Node, node: Node) -> list[Edit]:
    value = node.named_children[0] if node.type == "return_statement" and node.named_children else None
    name = code(value.child_by_field_name("function")) if value is not None and value.type == "call" else ""
    given = value.child_by_field_name("arguments") if value is not None else None
    if name not in {"any", "all"} or given is None or given.type != "generator_expression" or not one_line(node):
        return []
    element, *clauses = given.named_children
    if len(clauses) != 1:
        return []
    margin = source.line(node.start_point[0])[: node.start_point[1]]
    test, found = (code(element), "True") if name == "any" else (f"not {code(element)}", "False")
    other = "False" if found == "True" else "True"
    if name == "all" and element.type not in {"call", "identifier", "attribute"}:
        return []
    lines = (f"{code(clauses[0])}:", f"    if {test}:", f"        return {found}", f"return {other}")
    return _swap(node, f"\n{margin}".join(lines))


def _comprehension(source: Source, function: Node, node: Node) -> list[Edit]:
    target, value, margin = _assignment(source, node)
    if value is None or value.type != "list_comprehension" or target is None or target.type != "identifier":
        return []
    element, *clauses = value.named_children
    kinds = [one.type for one in clauses]
    if kinds not in (["for_in_clause"], ["for_in_clause", "if_clause"]) or not one_line(node):
        return []
    name, bound = code(target), variables_bound(clauses[0])
    places = source.variables(function)
    inside = range(value.start_byte, value.end_byte)
    if name in variables_bound(value) or any(one.start_byte not in inside for each in bound for one in places[each]):
        return []
    if any(code(one) == name for one in walk(value) if one.type == "identifier"):
        return []
    lines = [f"{name} = []", f"{code(clauses[0])}:"]
    lines += [f"    {code(one)}:" for one in clauses[1:]]
    lines.append(f"{'    ' * len(clauses)}{name}.append({code(element)})")
    return _swap(node, f"\n{margin}".join(lines))


def _guard(source: Source, function: Node, node: Node) -> list[Edit]:
    """A guard clause at the front of a body becomes an `if` around all the rest of it."""
    block = node.parent
    if node.type != "if_statement" or block is None or block.parent != function or has_comment(node):
        return []
    inside, then = statements(block), statements(node.child_by_field_name("consequence"))
    rest = inside[inside.index(node) + 1 :]
    leaves = [code(one) for one in then] == ["return"] and not node.children_by_field_name("alternative")
    condition = node.child_by_field_name("condition")
    if not leaves or not rest or condition is None or condition.type == "boolean_operator" or not one_line(condition):
        return []
    if sum(part.type in DEEPER for one in rest for part in walk(one)) < _LEAST_NESTED:
        return []
    body = _moved(source, rest)
    if body is None or rest[-1].type == "return_statement":
        return []
    if condition.type != "not_operator":
        return []
    opposite = code(condition.child_by_field_name("argument"))
    return [Edit(node.start_byte, rest[-1].end_byte, f"if {opposite}:\n{body}")]


def _merge(source: Source, function: Node, node: Node) -> list[Edit]:
    condition = node.child_by_field_name("condition") if node.type == "if_statement" else None
    if condition is None or condition.type != "boolean_operator" or node.children_by_field_name("alternative"):
        return []
    left, right = condition.named_children[0], condition.named_children[-1]
    then = statements(node.child_by_field_name("consequence"))
    if code(condition.child_by_field_name("operator")) != "and" or not one_line(condition) or has_comment(node):
        return []
    if "boolean_operator" in {left.type, right.type} or not then:
        return []
    margin = source.line(node.start_point[0])[: node.start_point[1]]
    body = _moved(source, then)
    if body is None or source.line(node.start_point[0]).strip() != f"if {code(condition)}:":
        return []
    return _swap(node, f"if {code(left)}:\n{margin}    if {code(right)}:\n{body}")


def _else(source: Source, function: Node, node: Node) -> list[Edit]:
    """What stands behind an `if` that leaves goes into an `else`."""
    block = node.parent
    if node.type != "if_statement" or block is None or node.children_by_field_name("alternative"):
        return []
    inside, then = statements(block), statements(node.child_by_field_name("consequence"))
    rest = inside[inside.index(node) + 1 :]
    if not then or then[-1].type not in {"return_statement", "raise_statement"} or len(rest) < 2:
        return []
    if (
        sum(one.type in {"if_statement", "for_statement", "while_statement"} for one in rest) < 2
        or block.parent != function
    ):
        return []
    body = _moved(source, rest)
    margin = source.line(node.start_point[0])[: node.start_point[1]]
    if body is None or has_comment(block):
        return []
    return [Edit(node.start_byte, rest[-1].end_byte, f"{code(node)}\n{margin}else:\n{body}")]


def _with(source: Source, function: Node, node: Node) -> list[Edit]:
    if node.type != "with_statement" or has_comment(node):
        return []
    items = [one for one in walk(node.named_children[0]) if one.type == "with_item"]
    value = items[0].child_by_field_name("value") if len(items) == 1 else None
    then = statements(node.child_by_field_name("body"))
    if value is None or value.type != "as_pattern" or not then or then[-1].type == "return_statement":
        return []
    call, name = value.named_children[0], code(value.child_by_field_name("alias"))
    if code(call.child_by_field_name("function")) != "open" or any(not one_line(one) for one in then):
        return []
    margin = source.line(node.start_point[0])[: node.start_point[1]]
    lines = [f"{name} = {code(call)}", *map(code, then), f"{name}.close()"]
    return _swap(node, f"\n{margin}".join(lines))


def _unreachable(source: Source, function: Node, node: Node) -> list[Edit]:
    block = node.parent
    if node.type != "return_statement" or block is None or block.parent != function or has_comment(node):
        return []
    margin = source.line(node.start_point[0])[: node.start_point[1]]
    return [Edit(node.end_byte, node.end_byte, f"\n{margin}print('never said')")]


def _unused(source: Source, function: Node, node: Node) -> list[Edit]:
    if (
        node != function
        or node.start_point[1] != 0
        or node.parent is None
        or node.parent.type == "decorated_definition"
    ):
        return []
    name = f"_nobody_calls_this_{code(node.child_by_field_name('name'))}"
    return [Edit(node.start_byte, node.start_byte, f"def {name}(value):\n    return value\n\n\n")]


def variables_bound(node: Node) -> set[str]:
    """Return the names that a node binds."""
    return {code(one) for one in walk(node) if one.type == "identifier" and is_bound_here(one)}


def _assignment(source: Source, node: Node) -> tuple[Node, Node | None, str]:
    inside = node.named_children[0] if node.type == "expression_statement" and node.named_children else node
    left, right = inside.child_by_field_name("left"), inside.child_by_field_name("right")
    if inside == node or inside.type != "assignment" or left is None or inside.child_by_field_name("type") is not None:
        return node, None, ""
    return left, right, source.line(node.start_point[0])[: node.start_point[1]]


def _moved(source: Source, body: list[Node]) -> str | None:
    """Return whole statements one level further in; None where a text goes over several lines."""
    if any(one.type == "string" and not one_line(one) for part in body for one in walk(part)):
        return None
    first, last = body[0].start_point[0], body[-1].end_point[0]
    return indent("\n".join(source.line(number) for number in range(first, last + 1)), "    ")


_FLAT = (simplify.GUARD, complexity.COMPLEX)
_PLANTERS: tuple[tuple[tuple[str, ...], Callable[[Source, Node, Node], list[Edit]]], ...] = (
    ((conditions.NOT,), _not),
    ((conditions.CHAIN,), _chain),
    ((conditions.MEMBER,), _member),
    ((conditions.ISINSTANCE,), _isinstance),
    ((branches.TERNARY, branches.GET), _ternary),
    ((branches.TRUTH,), _truth),
    ((simplify.BOOLEAN, complexity.COMPLEX), _boolean),
    ((loop_forms.ANY_ALL,), _any),
    ((loop_forms.COMPREHENSION,), _comprehension),
    (_FLAT, _guard),
    ((simplify.MERGE, complexity.COMPLEX), _merge),
    ((simplify.ELSE, complexity.COMPLEX), _else),
    ((resources.WITH,), _with),
    ((deadcode.UNREACHABLE,), _unreachable),
    ((deadcode.UNUSED,), _unused),
)


def kinds() -> Iterator[str]:
    """Yield the first rule of each planter."""
    yield from (rules[0] for rules, _ in _PLANTERS)
