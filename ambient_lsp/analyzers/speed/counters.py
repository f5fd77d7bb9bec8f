"""Loops that only count: `collections.Counter` does it in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import bare, expression_of, has_comment, statements
from ambient_lsp.analyzers.speed.edits import Edit, changed, imported
from ambient_lsp.analyzers.speed.kinds import kind_of
from ambient_lsp.analyzers.speed.names import bindings
from ambient_lsp.analyzers.speed.regions import is_pure
from ambient_lsp.analyzers.speed.speedup import COUNTER, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup

_ITEMS = frozenset(
    {"list", "tuple", "set", "frozenset", "str", "bytes", "deque", "iterator", "range", "keys", "values"}
)


def counter(function: Function, node: Node) -> Iterator[Speedup]:
    """`counts = {}` and a loop that adds one to `counts[key]`."""
    target, source, body = node.get("left"), node.get("right"), statements(node.get("body"))
    block = statements(node.parent)
    if target is None or source is None or node not in block or node.get("alternative") is not None or not body:
        return
    place = block.index(node)
    start = expression_of(block[place - 1]) if place else None
    name, made = (start.get("left"), bare(start.get("right"))) if start is not None else (None, None)
    if start is None or name is None or made is None or start.type != "assignment" or name.type != "identifier":
        return
    if made.text not in {"{}", "dict()"} or source.type == "expression_list":
        return
    key = _counted_key(name.text, body)
    if key is None or not is_pure(key) or has_comment(node) or name.text in source.text:
        return
    bound = [part for part in target.walk() if part.type == "identifier"]
    for one in bound:
        uses = node.code.uses_in(one.text, function.node)
        if len(bindings(function).get(one.text, ())) != 1 or any(not node.holds(use) for use in uses):
            return
    if node.code.text[block[place - 1].end : node.start].strip():
        return
    edits, call = imported(node.code, "collections", "Counter")
    text = ""
    if call:
        # `Counter(table)` of a dict would take its values for counts.
        plain = key.text == target.text and kind_of(source, function).name in _ITEMS
        what = source.text if plain else f"{key.text} for {target.text} in {source.text}"
        text = changed(node.code, [*edits, Edit(made.start, node.end, f"dict({call}({what}))")])
    message = f"Each turn looks `{name.text}` up two or three times to count; `collections.Counter` counts in one go."
    yield speedup(function, COUNTER, node.get("right") or node, message, f"Count with `{call}`", text, node)


def _counted_key(name: str, body: list[Node]) -> Node | None:
    """Return the key that each turn counts; None where the body does anything else."""
    if len(body) == 1 and body[0].type == "if_statement":
        return _either_way(name, body[0])
    if len(body) == 1:
        made = expression_of(body[0])
        left, right = (made.get("left"), made.get("right")) if made is not None else (None, None)
        key = _key(left, name)
        if key is None or made is None or made.type != "assignment" or right is None:
            return None
        wanted = {f"{name}.get({key.text},0)+1".replace(" ", ""), f"1+{name}.get({key.text},0)".replace(" ", "")}
        return key if right.text.replace(" ", "") in wanted else None
    if len(body) == 2 and body[0].type == "if_statement":
        key = _added(body[1], name)
        first = statements(body[0].get("consequence"))
        if key is None or body[0].get("alternative") is not None or len(first) != 1:
            return None
        fits = _is_test(body[0], key.text, name, "not in") and _sets(first[0], name, key.text, "0")
        return key if fits else None
    if len(body) == 2 and (key := _added(body[1], name)) is not None:
        return key if body[0].text.replace(" ", "") == f"{name}.setdefault({key.text},0)".replace(" ", "") else None
    return None


def _either_way(name: str, test: Node) -> Node | None:
    """`if key in counts: counts[key] += 1`, `else: counts[key] = 1`, and the other way round."""
    other = test.get("alternative")
    yes = statements(test.get("consequence"))
    no = statements(other.get("body")) if other is not None and other.type == "else_clause" else []
    if len(yes) != 1 or len(no) != 1:
        return None
    for adds, sets, word in ((yes[0], no[0], "in"), (no[0], yes[0], "not in")):
        key = _added(adds, name)
        if key is not None and _sets(sets, name, key.text, "1") and _is_test(test, key.text, name, word):
            return key
    return None


def _is_test(test: Node, key: str, name: str, word: str) -> bool:
    condition = bare(test.get("condition"))
    return condition is not None and " ".join(condition.text.split()) == f"{key} {word} {name}"


def _added(statement: Node, name: str) -> Node | None:
    made = expression_of(statement)
    if made is None or made.type != "augmented_assignment":
        return None
    value, operator = made.get("right"), made.get("operator")
    plain = value is not None and value.text == "1" and operator is not None and operator.text == "+="
    return _key(made.get("left"), name) if plain else None


def _sets(statement: Node, name: str, key: str, value: str) -> bool:
    made = expression_of(statement)
    found = _key(made.get("left"), name) if made is not None and made.type == "assignment" else None
    right = made.get("right") if made is not None else None
    return found is not None and found.text == key and right is not None and right.text == value


def _key(left: Node | None, name: str) -> Node | None:
    holder = left.get("value") if left is not None and left.type == "subscript" else None
    return left.get("subscript") if left is not None and holder is not None and holder.text == name else None
