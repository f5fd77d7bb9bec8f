"""Conditions that can be said more simply: `not a in b`, `x == 1 or x == 2`, `a < b and b < c`, `len(items) == 0`.

Each is found only where the shorter form does the same for certain, or tests the same where only the truth counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.refactoring.certain import CONTAINERS, in_test, is_bool, kind_of, operators_of
from ambient_lsp.analyzers.refactoring.forms import LOOSE, Form, is_dotted, is_simple, one_line
from ambient_lsp.analyzers.source import CLASS, FUNCTION, Edit, bare, code, is_bound_here, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source

NOT = "AMB-REF-NOT"
BOOL_COMPARE = "AMB-REF-BOOL-COMPARE"
CHAIN = "AMB-REF-CHAIN"
MEMBER = "AMB-REF-MEMBER"
ISINSTANCE = "AMB-REF-ISINSTANCE"
EMPTY = "AMB-REF-EMPTY"

_MOST_PARTS = 20
_OPPOSITE = {"in": "not in", "not in": "in", "is": "is not", "is not": "is", "==": "!=", "!=": "=="}
_TRUE_OF_NONE = {("==", "0"), ("<", "1"), ("<=", "0")}
_TRUE_OF_SOME = {("!=", "0"), (">", "0"), (">=", "1")}
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


def find(source: Source, function: Node) -> Iterator[Form]:
    """Yield what can be said more simply in one function, not in those inside it."""
    inner: set[int] = set()
    for node in source.own(function, "not_operator", "comparison_operator", "boolean_operator"):
        if not one_line(node):
            continue
        if node.type == "not_operator":
            yield from _negation(node)
        elif node.type == "comparison_operator":
            yield from _bool_compare(source, node)
            yield from _emptiness(source, function, node)
        elif node.id not in inner:
            # Noted on the way down: asking a node for its parent takes the longer the deeper it is.
            inner.update(one.id for one in _row(node))
            yield from _joined(source, node)


def _negation(node: Node) -> Iterator[Form]:
    """`not a in b`. With `==` only where the truth counts: `!=` may give something else than a bool."""
    argument = node.child_by_field_name("argument")
    inside = bare(argument) if argument is not None else node
    if inside.type != "comparison_operator" or len(operators_of(inside)) != 1:
        return
    operator = operators_of(inside)[0]
    new = _OPPOSITE.get(operator, "")
    if not new or (operator in {"==", "!="} and not in_test(node)):
        return
    left, right = inside.named_children
    yield Form(NOT, node, (Edit(node.start_byte, node.end_byte, f"{code(left)} {new} {code(right)}"),))


def _bool_compare(source: Source, node: Node) -> Iterator[Form]:
    """`isinstance(a, b) == True`, where the left side is a bool for sure."""
    operators = operators_of(node)
    sides = node.named_children
    if len(operators) != 1 or len(sides) != 2 or operators[0] not in {"==", "!=", "is", "is not"}:
        return
    left, right = sides
    if right.type not in {"true", "false"} or not is_bool(source, left) or _is_asserted(node):
        return
    keeps = (right.type == "true") == (operators[0] in {"==", "is"})
    if keeps:
        yield Form(BOOL_COMPARE, node, (Edit(node.start_byte, node.end_byte, code(left)),))
    elif in_test(node) or (node.parent is not None and node.parent.type in {"return_statement", "assignment"}):
        yield Form(BOOL_COMPARE, node, (Edit(node.start_byte, node.end_byte, f"not {code(left)}"),))


def _is_asserted(node: Node) -> bool:
    """Return whether a comparison is what an `assert` says: there `is True` is meant."""
    return node.parent is not None and node.parent.type == "assert_statement"


def _emptiness(source: Source, function: Node, node: Node) -> Iterator[Form]:
    """`len(items) == 0`, where `items` is surely a list or the like: of other types the length says something else."""
    operators, sides = operators_of(node), node.named_children
    if len(operators) != 1 or len(sides) != 2 or not in_test(node):
        return
    test, measured, number = operators[0], sides[0], sides[1]
    if measured.type == "integer" and test in _MIRRORED:
        test, measured, number = _MIRRORED[test], number, measured
    items = _measured(source, measured)
    if items is None or kind_of(source, function, items) not in CONTAINERS:
        return
    outer = node.parent
    if (test, code(number)) in _TRUE_OF_SOME:
        yield Form(EMPTY, node, (Edit(node.start_byte, node.end_byte, code(items)),))
    elif (test, code(number)) in _TRUE_OF_NONE and outer is not None and outer.type != "not_operator":
        yield Form(EMPTY, node, (Edit(node.start_byte, node.end_byte, f"not {code(items)}"),))


def _measured(source: Source, node: Node) -> Node | None:
    """Return the name `x` of `len(x)`."""
    arguments = node.child_by_field_name("arguments") if node.type == "call" else None
    if arguments is None or code(node.child_by_field_name("function")) != "len" or "len" in source.bound:
        return None
    inside = arguments.named_children
    return inside[0] if len(inside) == 1 and inside[0].type == "identifier" else None


def _joined(source: Source, node: Node) -> Iterator[Form]:
    """Comparisons that stand next to each other in a row of `and` or `or` and are really one."""
    word = _operator(node)
    parts = _flat(node)
    position = 0
    while position < len(parts):
        for count, form in _tries(source, node, word, parts[position : position + _MOST_PARTS]):
            if form is not None:
                yield form
                position += count - 1
                break
        position += 1


def _tries(source: Source, node: Node, word: str, parts: Sequence[Node]) -> Iterator[tuple[int, Form | None]]:
    count, form = _members(node, word, parts)
    yield count, form
    yield 2, _chained(word, parts)
    count, form = _instances(source, word, parts)
    yield count, form


def _members(node: Node, word: str, parts: Sequence[Node]) -> tuple[int, Form | None]:
    """`x == 1 or x == 2`; the literals are numbers or texts, for which `in` asks the same as `==`."""
    wanted = "==" if word == "or" else "!="
    subject, literals, kinds = "", list[str](), set[str]()
    for part in parts:
        sides = part.named_children
        if part.type != "comparison_operator" or operators_of(part) != [wanted] or len(sides) != 2:
            break
        if not is_dotted(sides[0]) or sides[1].type not in {"integer", "string"} or not is_simple(sides[1]):
            break
        if subject and code(sides[0]) != subject:
            break
        subject = code(sides[0])
        literals.append(code(sides[1]))
        kinds.add(sides[1].type)
    if len(literals) < 2 or len(set(literals)) != len(literals) or len(kinds) > 1 or not in_test(node):
        return 0, None
    new = f"{subject} {'in' if word == 'or' else 'not in'} ({', '.join(literals)})"
    return len(literals), _replacing(MEMBER, parts[0], parts[len(literals) - 1], new)


def _chained(word: str, parts: Sequence[Node]) -> Form | None:
    """`a < b and b < c`, where `b` is a name: it may be looked up once instead of twice."""
    if word != "and" or len(parts) < 2:
        return None
    first, second = _ordered(parts[0]), _ordered(parts[1])
    for one in _readings(first):
        for other in _readings(second):
            low, less, middle = one
            same, less_too, high = other
            if middle == same and less[0] == less_too[0] == "<" and middle.isidentifier():
                return _replacing(CHAIN, parts[0], parts[1], f"{low} {less} {middle} {less_too} {high}")
    return None


def _ordered(part: Node) -> tuple[Node, str, Node] | None:
    operators, sides = operators_of(part) if part.type == "comparison_operator" else [], part.named_children
    if len(operators) != 1 or operators[0] not in {"<", "<=", ">", ">="} or not all(is_simple(one) for one in sides):
        return None
    return sides[0], operators[0], sides[1]


def _readings(part: tuple[Node, str, Node] | None) -> Iterator[tuple[str, str, str]]:
    """Yield a comparison as "less than". It is turned round only beside a number, which asks the other side anyway."""
    if part is None:
        return
    left, operator, right = part
    if operator[0] == "<":
        yield code(left), operator, code(right)
    elif bare(left).type in _NUMBERS or bare(right).type in _NUMBERS:
        yield code(right), _MIRRORED[operator], code(left)


_NUMBERS = frozenset({"integer", "float", "unary_operator"})


def _instances(source: Source, word: str, parts: Sequence[Node]) -> tuple[int, Form | None]:
    """`isinstance(x, A) or isinstance(x, B)`; the classes are names that surely exist."""
    negative = word == "and"
    subject, classes, count = "", list[str](), 0
    for part in parts:
        call = part
        if negative:
            if part.type != "not_operator":
                break
            call = part.child_by_field_name("argument") or part
        arguments = call.child_by_field_name("arguments") if call.type == "call" else None
        if arguments is None or code(call.child_by_field_name("function")) != "isinstance":
            break
        given = arguments.named_children
        if len(given) != 2 or given[0].type != "identifier" or (subject and code(given[0]) != subject):
            break
        named = given[1].named_children if given[1].type == "tuple" else [given[1]]
        if not all(one.type == "identifier" and _exists(source, code(one)) for one in named):
            break
        subject = code(given[0])
        classes += [code(one) for one in named]
        count += 1
    if count < 2 or "isinstance" in source.bound or len(set(classes)) != len(classes):
        return 0, None
    new = f"{'not ' if negative else ''}isinstance({subject}, ({', '.join(classes)}))"
    return count, _replacing(ISINSTANCE, parts[0], parts[count - 1], new)


def _exists(source: Source, name: str) -> bool:
    """Return whether a name is a builtin class, or defined or imported once on the module's top level."""
    import builtins

    if name in source.bound and not _is_only_a_method(source, name):
        return name in source.top_level
    return isinstance(getattr(builtins, name, None), type)


def _is_only_a_method(source: Source, name: str) -> bool:
    """Return whether all that has this name are methods: a function does not see them by their name alone."""
    places = (one for one in walk(source.root) if one.type == "identifier" and code(one) == name and is_bound_here(one))
    return all(_is_in_class(one.parent) for one in places)


def _is_in_class(function: Node | None) -> bool:
    outer = function.parent if function is not None and function.type == FUNCTION else None
    if outer is not None and outer.type == "decorated_definition":
        outer = outer.parent
    return outer is not None and outer.parent is not None and outer.parent.type == CLASS


def _replacing(rule: str, first: Node, last: Node, text: str) -> Form | None:
    if first.parent is None or any(one.type in LOOSE for one in (first, last)):
        return None
    return Form(rule, first, (Edit(first.start_byte, last.end_byte, text),))


def _operator(node: Node) -> str:
    return code(node.child_by_field_name("operator"))


def _row(node: Node) -> Iterator[Node]:
    """Yield a boolean operator and those on its left that carry on with the same word."""
    word = _operator(node)
    current: Node | None = node
    while current is not None and current.type == "boolean_operator" and _operator(current) == word:
        yield current
        current = current.child_by_field_name("left")


def _flat(node: Node) -> list[Node]:
    """Return the operands of a row of one operator, parentheses left as they are."""
    row = list(_row(node))
    rights = [right for one in reversed(row) if (right := one.child_by_field_name("right")) is not None]
    first = row[-1].child_by_field_name("left") if row else None
    return [first, *rights] if first is not None else []
