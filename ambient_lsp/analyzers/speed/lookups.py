"""Searches in a loop that an index made once would answer: positions, counts, rows by their key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import arguments, bare, builtin, method, only_argument, statements
from ambient_lsp.analyzers.speed.edits import (
    Edit,
    before,
    changed,
    fresh,
    imported,
    indent_of,
    line_end,
    line_start,
    newline,
    replace,
)
from ambient_lsp.analyzers.speed.kinds import hashable, kind_of
from ambient_lsp.analyzers.speed.membership import is_short
from ambient_lsp.analyzers.speed.names import ITEM, bindings, comprehension_binding
from ambient_lsp.analyzers.speed.regions import (
    LOOPS,
    expects_unhashable,
    free_names,
    is_pure,
    loop_of,
    region_of,
    statement_of,
    unchanged,
)
from ambient_lsp.analyzers.speed.speedup import COUNT, ITEMS, LOOKUP, ROWS, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup


def counted(function: Function, node: Node) -> Iterator[Speedup]:
    """`items.count(x)` and `items.index(x)` in a loop."""
    found, loop, given = method(node), loop_of(node), only_argument(node)
    if found is None or loop is None or given is None or found[1] not in {"count", "index"}:
        return
    holder = found[0]
    kind = kind_of(holder, function)
    if kind.name not in {"list", "tuple"} or holder.type != "identifier" or is_short(function, holder.text):
        return
    name = holder.text
    region = region_of(node, {name}, function)
    if region is None or kind.item.unhashable or expects_unhashable(node, function):
        return
    sure = kind.item.hashable and hashable(given, function)
    if found[1] == "count":
        message = f"Each turn walks through all of `{name}` to count; a `collections.Counter` counts once."
        text = ""
        if sure:
            edits, counter = imported(node.code, "collections", "Counter")
            new = fresh(function.node, f"{name}_counts")
            line = before(region, f"{new} = {counter}({name})")
            text = changed(node.code, [*edits, line, replace(node, f"{new}[{given.text}]")]) if counter else ""
        yield speedup(function, COUNT, node, message, f"Count `{name}` once", text, loop)
        return
    message = f"Each turn walks through `{name}` to find a place; a dict of the places finds it at once."
    text = ""
    # `index` raises where nothing is found: the same only where it surely is.
    if sure and _comes_from(given, name, function):
        new, place, item = (fresh(function.node, wish) for wish in (f"{name}_places", "place", "item"))
        lines = (
            f"{new} = {{}}",
            f"for {place}, {item} in enumerate({name}):",
            f"    {new}.setdefault({item}, {place})",
        )
        text = changed(node.code, [before(region, *lines), replace(node, f"{new}[{given.text}]")])
    yield speedup(function, COUNT, node, message, f"Remember the places in `{name}`", text, loop)


def _comes_from(item: Node, name: str, function: Function) -> bool:
    """Return whether a variable only ever holds an item of the list."""
    if item.type != "identifier":
        return False
    inner = comprehension_binding(item)
    found = [inner] if inner is not None else bindings(function).get(item.text, [])
    return bool(found) and all(
        one.how == "for" and one.path == (ITEM,) and one.value is not None and _is_all_of(one.value, name)
        for one in found
    )


def _is_all_of(source: Node, name: str) -> bool:
    inner = only_argument(source) if builtin(source) in {"set", "sorted", "list", "tuple", "reversed"} else source
    return inner is not None and inner.type == "identifier" and inner.text == name


def searched(function: Function, node: Node) -> Iterator[Speedup]:
    """A loop in a loop that looks for the rows with some key."""
    outer = loop_of(node)
    target, source = node.get("left"), bare(node.get("right"))
    body = statements(node.get("body"))
    if outer is None or outer.type not in LOOPS or target is None or source is None or len(body) != 1:
        return
    test = body[0]
    if target.type != "identifier" or source.type != "identifier" or test.type != "if_statement":
        return
    if test.get("alternative") is not None or kind_of(source, function).name not in {"list", "tuple"}:
        return
    sides = _equal_sides(test.get("condition"), target.text)
    if sides is None:
        return
    inner, wanted = sides
    region = region_of(test, {source.text}, function)
    if region is None or region.index >= node.index:
        return
    name = source.text
    message = f"Each turn walks through all of `{name}` to compare; a dict by `{inner.text}` finds the rows at once."
    text = ""
    consequence = test.get("consequence")
    if consequence is not None and _can_index(function, node, region, inner, wanted, target.text):
        stem = re.sub(r"[^A-Za-z]+", "_", inner.text.partition(target.text)[2]).strip("_") or "key"
        index = fresh(function.node, f"{name}_by_{stem}")
        key = inner.text
        lines = (
            f"{index} = {{}}",
            f"for {target.text} in {name}:",
            f"    {index}.setdefault({key}, []).append({target.text})",
        )
        head = Edit(
            node.start,
            _body_start(consequence),
            f"for {target.text} in {index}.get({wanted.text}, ()):{newline(node.code)}",
        )
        edits = [before(region, *lines), head, *_dedented(consequence, test)]
        text = changed(node.code, edits)
    yield speedup(function, LOOKUP, node, message, f"Index `{name}` once", text, outer)


def _body_start(block: Node) -> int:
    return line_start(block.code, block.start)


def _dedented(block: Node, test: Node) -> list[Edit]:
    """Take one level of indentation from the lines of a block."""
    code = block.code
    less = len(indent_of(statements(block)[0])) - len(indent_of(test))
    edits = []
    at = _body_start(block)
    end = line_end(code, block.end)
    while at < end:
        stop = line_end(code, at)
        line = code.text[at:stop]
        if line.strip():
            edits.append(Edit(at, at + less, ""))
        at = stop
    return edits


def _equal_sides(condition: Node | None, name: str) -> tuple[Node, Node] | None:
    """Return (side about the inner row, side about something else) of `row.key == other.key`."""
    condition = bare(condition)
    if condition is None or condition.type != "comparison_operator" or len(condition.children) != 3:
        return None
    left, operator, right = condition.children
    if operator.type != "==":
        return None
    mine = [side for side in (left, right) if name in free_names(side)]
    if len(mine) != 1:
        return None
    other = right if mine[0] is left else left
    index = mine[0].get("subscript")
    if index is not None and index.type not in {"string", "integer"}:
        return None
    if mine[0].type not in {"attribute", "subscript", "identifier"} or not is_pure(other) or other.type == "call":
        return None
    return mine[0], other


def _can_index(function: Function, node: Node, region: Node, inner: Node, wanted: Node, row: str) -> bool:
    """Return whether rows can be kept by their key: both sides hashable, nobody changes a row meanwhile, and neither
    the wanted key nor the row's name is used in another way."""
    if not kind_of(inner, function).hashable or not kind_of(wanted, function).hashable:
        return False
    if node.get("alternative") is not None or any(part.type in {"yield", "await", "comment"} for part in node.walk()):
        return False
    if any(part.type == "string" and "\n" in part.text for part in node.walk()) or statement_of(node) is not node:
        return False
    if not all(name == row or unchanged_name(name, node, function) for name in free_names(wanted)):
        return False
    test = statements(node.get("body"))[0]
    block = test.get("consequence")
    if block is None or not statements(block) or statements(block)[0].start < line_end(node.code, test.start):
        return False
    uses = node.code.uses_in(row, function.body)
    if any(not node.holds(use) for use in uses) or len(bindings(function).get(row, ())) != 1:
        return False
    # What the rows hold may be changed by whoever gets hold of them.
    for use in node.code.uses_in(row, region):
        above = use.parent
        if above is None or (above.type in {"attribute", "subscript"} and above.field == "left"):
            return False
        if above.type == "argument_list" and builtin(above.parent) == "" and not _keeps(above.parent):
            return False
    return True


def unchanged_name(name: str, region: Node, function: Function) -> bool:
    """Return whether a region gives a variable no other value."""
    return not any(region.holds(one.name) for one in bindings(function).get(name, ()))


def _keeps(call: Node | None) -> bool:
    found = method(call)
    return found is not None and found[1] in {"append", "add"}


def found_first(function: Function, node: Node) -> Iterator[Speedup]:
    """`next(row for row in rows if row.key == key)` in a loop."""
    loop = loop_of(node)
    given = arguments(node)
    if loop is None or builtin(node) != "next" or not given:
        return
    made = bare(given[0]) if given[0].type != "generator_expression" else given[0]
    if made is None or made.type != "generator_expression" or len(made.children) != 3:
        return
    body, clause, condition = made.children
    if clause.type != "for_in_clause" or condition.type != "if_clause" or len(condition.children) != 1:
        return
    target, source = clause.get("left"), clause.get("right")
    if target is None or source is None or target.type != "identifier" or source.type != "identifier":
        return
    sides = _equal_sides(condition.children[0], target.text)
    if sides is None or body.text != target.text or kind_of(source, function).name not in {"list", "tuple"}:
        return
    region = region_of(node, {source.text}, function)
    if region is None:
        return
    inner, wanted = sides
    name = source.text
    message = f"Each turn walks through `{name}` to find one row; a dict by `{inner.text}` finds it at once."
    text = ""
    sure = kind_of(inner, function).hashable and kind_of(wanted, function).hashable
    untouched = not any(part.type == "assignment" and (left := part.get("left")) is not None
                        and left.type in {"attribute", "subscript"} for part in region.own())  # fmt: skip
    if sure and untouched and len(given) == 2 and unchanged(name, region, function):
        stem = re.sub(r"[^A-Za-z]+", "_", inner.text.partition(target.text)[2]).strip("_") or "key"
        index = fresh(function.node, f"{name}_by_{stem}")
        lines = (
            f"{index} = {{}}",
            f"for {target.text} in {name}:",
            f"    {index}.setdefault({inner.text}, {target.text})",
        )
        if not node.code.uses_in(target.text, function.body)[0].index < made.index and _only_inside(
            function, target, made
        ):
            call = f"{index}.get({wanted.text}, {given[1].text})"
            text = changed(node.code, [before(region, *lines), replace(node, call)])
    yield speedup(function, LOOKUP, node, message, f"Index `{name}` once", text, loop)


def _only_inside(function: Function, name: Node, made: Node) -> bool:
    return all(made.holds(use) for use in name.code.uses_in(name.text, function.body))


def keyed(function: Function, node: Node) -> Iterator[Speedup]:
    """`for key in table: ... table[key]` asks again for what the loop could bring along."""
    target, source, body = node.get("left"), bare(node.get("right")), node.get("body")
    if target is None or source is None or body is None or target.type != "identifier":
        return
    held = method(source)
    holder = held[0] if held is not None and held[1] == "keys" and not arguments(source) else source
    if holder.type != "identifier" or kind_of(holder, function).name != "dict":
        return
    key, name = target.text, holder.text
    if not unchanged(name, node, function) or any(body.holds(one.name) for one in bindings(function).get(key, ())):
        return
    looks = []
    for use in node.code.uses_in(name, body):
        above = use.parent
        index = above.get("subscript") if above is not None and above.type == "subscript" else None
        if above is not None and index is not None and index.text == key and use.field == "value":
            looks.append(above)
    if len(looks) < 2 or any("\n" in part.text for part in looks):
        return
    value = fresh(function.node, "value" if "value" not in function.node.text else f"{key}_value")
    edits = [
        replace(target, f"{key}, {value}"),
        replace(source, f"{name}.items()"),
        *(replace(one, value) for one in looks),
    ]
    message = f"`{name}[{key}]` is looked up at {len(looks)} places of this loop; `items()` brings the value along."
    yield speedup(function, ITEMS, looks[0], message, f"Go through `{name}.items()`", changed(node.code, edits), node)


def rows(function: Function, node: Node) -> Iterator[Speedup]:
    """`for index, row in frame.iterrows()`."""
    found = method(node.get("right"))
    if found is None or found[1] != "iterrows" or "pandas" not in node.code.imports.values():
        return
    message = (
        f"`{found[0].text}.iterrows()` makes a Series of each row; whole columns at once, or `itertuples`, do not."
    )
    yield speedup(function, ROWS, node.get("right") or node, message, loop=node)


def removed(function: Function, node: Node) -> Iterator[Speedup]:
    """`items.remove(x)` in a loop walks through the list, and moves what is behind."""
    found, loop = method(node), loop_of(node)
    if found is None or loop is None or found[1] != "remove" or loop.type not in LOOPS:
        return
    if kind_of(found[0], function).name != "list" or found[0].type != "identifier" or only_argument(node) is None:
        return
    source = loop.get("right")
    given = only_argument(node)
    turned = source is not None and given is not None and bool(node.code.uses_in(found[0].text, source))
    if not turned or source is None or source.type == "identifier" or given is None or loop.get("left") is None:
        return
    line = statement_of(node)
    block = line.parent if line is not None else None
    if block is None or any(part.type in {"break_statement", "return_statement"} for part in block.children):
        return
    if given.text != (loop.get("left") or loop).text:
        return
    name = found[0].text
    message = f"Each `remove` walks through `{name}` and moves what is behind; a new list of what stays need not."
    yield speedup(function, COUNT, node, message, loop=loop)
