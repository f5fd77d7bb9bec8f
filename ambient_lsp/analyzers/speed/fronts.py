"""Lists that are used from their front, where each step moves every item."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import arguments, bare, builtin, membership, method, only_argument, statements
from ambient_lsp.analyzers.speed.edits import Edit, after, changed, imported, replace
from ambient_lsp.analyzers.speed.kinds import kind_of
from ambient_lsp.analyzers.speed.names import bindings, captured
from ambient_lsp.analyzers.speed.regions import LOOPS, loop_of, statement_of
from ambient_lsp.analyzers.speed.speedup import FRONT, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup

_SAME = frozenset({"append", "extend", "clear", "pop"})
_FITTING = frozenset({"comparison_operator", "boolean_operator", "not_operator", "while_statement", "if_statement",
                      "conditional_expression", "elif_clause"})  # fmt: skip


def front(function: Function, node: Node) -> Iterator[Speedup]:
    """`queue.pop(0)` and `rows.insert(0, row)` in a loop."""
    found = method(node)
    loop = loop_of(node)
    if found is None or loop is None or loop.type not in LOOPS or not _at_front(node, found[1]):
        return
    name = found[0].text
    if kind_of(found[0], function).name != "list":
        return
    if found[0].type == "identifier" and any(loop.holds(one.name) for one in bindings(function).get(name, ())):
        return  # made anew in each turn, so it stays short
    if _is_dotted_name(function, name) or _stays_short(node, name):
        return
    earlier = [one for one in loop.own() if one.index < node.index and _is_same(one, name)]
    if earlier:
        return
    text = ""
    title = f"Make a deque of `{name}`"
    if found[0].type == "identifier":
        text = _reversed(function, name, loop)
        title = f"Append to `{name}` and reverse it once" if text else title
        text = text or _as_deque(function, name)
    message = f"Each turn moves every item of `{name}`; a `collections.deque` has both ends at hand."
    yield speedup(function, FRONT, node, message, title, text, loop)


def _is_dotted_name(function: Function, name: str) -> bool:
    """Whether a list holds the parts of a dotted name, `key.split(".")`, of which there are few."""
    made = _made(function, name)
    value = bare(made.get("right")) if made is not None else None
    found = method(value)
    return (
        value is not None
        and found is not None
        and found[1] == "split"
        and [one.text for one in arguments(value)] in (["'.'"], ['"."'])
    )


def _stays_short(node: Node, name: str) -> bool:
    """Whether `if len(rows) > 2: rows.pop(0)` keeps a list to a few items."""
    for above in node.ancestors():
        condition = above.get("condition") if above.type == "if_statement" else None
        if condition is not None:
            kept = _KEPT.fullmatch(condition.text)
            return kept is not None and kept[1] == name
    return False


_KEPT = re.compile(r"len\(([\w.]+)\) (?:>=?|==) \d{1,2}")


def _at_front(call: Node, name: str) -> bool:
    given = arguments(call)
    wanted = {"insert": 2, "pop": 1}.get(name)
    return wanted == len(given) and given[0].text == "0"


def _is_same(node: Node, name: str) -> bool:
    found = method(node)
    return found is not None and found[0].text == name and _at_front(node, found[1])


def _made(function: Function, name: str) -> Node | None:
    """Return the one assignment that makes a local list."""
    found = bindings(function).get(name, ())
    if len(found) != 1 or found[0].how != "assign" or found[0].path or captured(function, name):
        return None
    line = found[0].name.parent
    return line if line is not None and line.type == "assignment" else None


def _reversed(function: Function, name: str, loop: Node) -> str:
    """A list that a loop only fills from the front is filled from the back, and turned round behind the loop."""
    made = _made(function, name)
    value = bare(made.get("right")) if made is not None else None
    line = made.parent if made is not None else None
    if made is None or line is None or line.parent is None or value is None or value.type != "list" or value.children:
        return ""
    if loop.parent is not line.parent or loop.get("alternative") is not None or statement_of(made) is not line:
        return ""
    uses = made.code.uses_in(name, function.body)
    inside = [use for use in uses if loop.holds(use)]
    if any(made.index < use.index < loop.index and not made.holds(use) for use in uses):
        return ""
    edits = []
    for use in inside:
        call = use.parent.parent if use.parent is not None else None
        found = method(call)
        if (
            call is None
            or found is None
            or found[0] is not use
            or found[1] != "insert"
            or not _at_front(call, "insert")
        ):
            return ""
        edits.append(replace(call, f"{name}.append({arguments(call)[1].text})"))
    if any(part.type in {"yield", "await"} for part in loop.own()) or _in_try(loop, function):
        return ""
    return changed(made.code, [*edits, after(loop, f"{name}.reverse()")])


def _as_deque(function: Function, name: str) -> str:
    made = _made(function, name)
    value = bare(made.get("right")) if made is not None else None
    if made is None or value is None or not _is_list_maker(value):
        return ""
    more, deque = imported(made.code, "collections", "deque")
    if not deque:
        return ""
    edits: list[Edit] = list(more)
    inner = only_argument(value) if value.type == "call" and builtin(value) == "list" else None
    if value.type == "call" and builtin(value) == "list":
        edits.append(replace(value, f"{deque}({inner.text if inner is not None else ''})"))
    else:
        edits.append(replace(value, f"{deque}()" if value.text == "[]" else f"{deque}({value.text})"))
    kind = made.get("type")
    if kind is not None:
        if not kind.text.startswith("list["):
            return ""
        edits.append(Edit(kind.start, kind.start + 4, deque))
    for use in made.code.uses_in(name, function.body):
        if made.get("left") is use:
            continue
        edit = _fits(use)
        if edit is None:
            return ""
        edits += edit
    return changed(made.code, edits)


def _fits(use: Node) -> list[Edit] | None:
    """Return what one use must become for a deque; None where a deque does not do."""
    above = use.parent
    if above is None:
        return None
    if above.type == "attribute" and above.parent is not None:
        found, call = method(above.parent), above.parent
        attribute = above.get("attribute")
        if found is None or attribute is None:
            return None
        if _at_front(call, found[1]):
            if found[1] == "pop":
                return [Edit(attribute.start, call.end, "popleft()")]
            return [Edit(attribute.start, call.end, f"appendleft({arguments(call)[1].text})")]
        ok = found[1] in _SAME and (found[1] != "pop" or not arguments(call))
        return [] if ok else None
    if above.type == "subscript":
        index = above.get("subscript")
        return [] if use.field == "value" and index is not None and index.text in {"0", "-1"} else None
    if above.type == "argument_list":
        return [] if builtin(above.parent) in {"len", "bool", "sum", "min", "max", "any", "all"} else None
    if above.type == "comparison_operator":
        pair = membership(above)
        return [] if pair is not None and pair[1] is use else None
    return [] if above.type in _FITTING else None


def _is_list_maker(value: Node) -> bool:
    return value.type in {"list", "list_comprehension"} or builtin(value) in {"list", "sorted"}


def _in_try(loop: Node, function: Function) -> bool:
    for above in loop.ancestors():
        if above is function.node:
            return False
        if above.type in {"try_statement", "with_statement"}:
            return True
    return False


def sliced_front(function: Function, node: Node) -> Iterator[Speedup]:
    """`rest = rest[1:]` in a `while` loop copies all that is left, in each turn."""
    left, value, loop = node.get("left"), bare(node.get("right")), loop_of(node)
    if left is None or value is None or loop is None or loop.type != "while_statement" or value.type != "subscript":
        return
    index, holder = value.get("subscript"), value.get("value")
    if index is None or holder is None or index.text != "1:" or left.text != holder.text:
        return
    if kind_of(holder, function).name != "list" or not any(use for use in statements(loop.get("body"))):
        return
    message = f"Each turn copies what is left of `{left.text}`; an index, or a `collections.deque`, need not."
    yield speedup(function, FRONT, node, message, loop=loop)
