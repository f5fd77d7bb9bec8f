"""Lists that remember what was there already: a set does it, or `dict.fromkeys`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import (
    bare,
    expression_of,
    has_comment,
    membership,
    method,
    only_argument,
    statements,
)
from ambient_lsp.analyzers.speed.edits import Edit, after, before, changed, fresh, replace
from ambient_lsp.analyzers.speed.kinds import hashable, kind_of
from ambient_lsp.analyzers.speed.names import bindings
from ambient_lsp.analyzers.speed.regions import LOOPS, expects_unhashable, is_pure, loop_of, statement_of
from ambient_lsp.analyzers.speed.speedup import SEEN, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup

_LONGEST_TWICE = 24
"""Letters of an expression that may be written a second time; a longer one deserves a name."""


def seen_list(function: Function, node: Node) -> Iterator[Speedup]:
    """`seen = []` that a loop tests and appends to."""
    left, made = node.get("left"), bare(node.get("right"))
    if left is None or made is None or left.type != "identifier" or made.type != "list" or made.children:
        return
    name = left.text
    if len(bindings(function).get(name, ())) != 1:
        return
    tests: list[Node] = []
    appends: list[Node] = []
    others: list[Node] = []
    for use in node.code.uses_in(name, function.body):
        if use is left:
            continue
        pair = membership(use.parent) if use.parent is not None else None
        if pair is not None and pair[1] is use and use.parent is not None:
            tests.append(use.parent)
        elif (call := _append_to(use)) is not None:
            appends.append(call)
        else:
            others.append(use)
    loop = next((found for test in tests if (found := loop_of(test)) is not None and found.type in LOOPS), None)
    if loop is None or not appends:
        return
    region = _outermost(loop, function)
    if any(region.holds(other) or other.index < region.index for other in others) or not region.index > node.index:
        return
    if not any(region.holds(append) for append in appends):
        return
    if any(expects_unhashable(test, function) for test in tests):
        return
    asked = [test.children[0] for test in tests]
    added = [given for append in appends if (given := only_argument(append)) is not None]
    if any(kind_of(value, function).unhashable for value in (*asked, *added)):
        return
    sure = len(added) == len(appends) and all(hashable(value, function) for value in (*asked, *added))
    if others:
        text = _with_companion(function, node, region, tests, appends) if sure else ""
        text = (_from_keys(function, node, region) or text) if sure else ""
        message = f"Each test walks through all of `{name}`; a set beside it finds the answer at once."
    else:
        hint = node.get("type")
        edits = [replace(made, "set()"), *(_add_in_place(append) for append in appends)]
        if hint is not None:
            edits.append(Edit(hint.start, hint.start + 4, "set"))
            sure = sure and hint.text.startswith("list[")
        text = changed(node.code, edits) if sure else ""
        message = f"`{name}` is a list that is only tested and added to; a set finds the answer at once."
    if not sure:
        message = message[:-1] + ", if its items can be hashed."
    yield speedup(function, SEEN, tests[0], message, f"Remember `{name}` in a set", text, loop)


def _append_to(use: Node) -> Node | None:
    """Return the call `name.append(value)` that is a statement of its own."""
    call = use.parent.parent if use.parent is not None else None
    found = method(call)
    if call is None or found is None or found[0] is not use or found[1] != "append" or only_argument(call) is None:
        return None
    return call if call.parent is not None and call.parent.type == "expression_statement" else None


def _add_in_place(append: Node) -> Edit:
    target = append.get("function")
    name = target.get("attribute") if target is not None else None
    return replace(name or append, "add")


def _outermost(loop: Node, function: Function) -> Node:
    best = loop
    for above in loop.ancestors():
        if above is function.node:
            break
        if above.type in LOOPS:
            best = above
    return best


def _from_keys(function: Function, start: Node, loop: Node) -> str:
    """Return the text with the plainest form in one line: `found = list(dict.fromkeys(items))`."""
    line = start.parent
    name = start.get("left")
    if line is None or line.parent is None or loop.type != "for_statement" or name is None:
        return ""
    block = statements(line.parent)
    place = block.index(line)
    target, source = loop.get("left"), loop.get("right")
    body = statements(loop.get("body"))
    if block[place + 1 : place + 2] != [loop] or loop.get("alternative") is not None or len(body) != 1:
        return ""
    test = body[0]
    if test.type != "if_statement" or test.get("alternative") is not None or target is None or source is None:
        return ""
    pair = membership(bare(test.get("condition")) or test)
    inside = statements(test.get("consequence"))
    call = expression_of(inside[0]) if len(inside) == 1 else None
    if pair is None or call is None or call.type != "call" or target.type != "identifier":
        return ""
    given = only_argument(call)
    kept = given is not None and given.text == target.text and pair[0].text == target.text and pair[1].text == name.text
    if not kept or "not" not in (bare(test.get("condition")) or test).children[1].text or has_comment(loop):
        return ""
    # The loop's variable is not seen behind the loop any more.
    later = [use for use in start.code.uses_in(target.text, function.node) if use.index > loop.last]
    if later or len(bindings(function).get(target.text, ())) != 1 or source.type in {"expression_list", "yield"}:
        return ""
    if start.code.text[line.end : loop.start].strip():
        return ""
    value = start.get("right") or name
    return changed(start.code, [Edit(value.start, loop.end, f"list(dict.fromkeys({source.text}))")])


def _with_companion(function: Function, start: Node, loop: Node, tests: Sequence[Node], appends: Sequence[Node]) -> str:
    """Return the text with a set beside the list, which is tested in its place."""
    line = statement_of(start)
    name = start.get("left")
    if line is None or name is None:
        return ""
    seen = fresh(function.node, "seen" if "seen" not in function.node.text else f"seen_{name.text}")
    edits = [after(line, f"{seen} = set()")]
    for test in tests:
        if not loop.holds(test):
            return ""
        edits.append(replace(test.children[2], seen))
    for append in appends:
        place, given = statement_of(append), only_argument(append)
        if not loop.holds(append) or place is None or given is None:
            return ""
        if not is_pure(given) or (given.type != "identifier" and len(given.text) > _LONGEST_TWICE):
            return ""
        edits.append(before(place, f"{seen}.add({given.text})"))
    return changed(start.code, edits)
