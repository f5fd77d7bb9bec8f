"""Sorting for less than an order: one item, a few of them, or a list that was sorted a moment ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import (
    SCOPES,
    arguments,
    bare,
    builtin,
    expression_of,
    method,
    only_argument,
    statements,
)
from ambient_lsp.analyzers.speed.edits import Edit, after, changed, imported, remove_lines, replace
from ambient_lsp.analyzers.speed.kinds import kind_of, kind_of_name
from ambient_lsp.analyzers.speed.names import bindings, captured
from ambient_lsp.analyzers.speed.regions import LOOPS, loop_of
from ambient_lsp.analyzers.speed.speedup import RESORT, SORTED, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup

_FEW = 10
_EMPTY = [["IndexError", "ValueError"]]


def sorted_part(function: Function, node: Node) -> Iterator[Speedup]:
    """`sorted(items)[0]`, `[-1]` and `[:3]`."""
    call, index = node.get("value"), node.get("subscript")
    if call is None or index is None or builtin(call) != "sorted" or _in_try(node):
        return
    given = arguments(call)
    keywords = {
        name.text: one for one in given if (name := one.get("name")) is not None and one.type == "keyword_argument"
    }
    positional = [one for one in given if one.type != "keyword_argument"]
    if len(positional) != 1 or "splat" in positional[0].type or keywords.keys() - {"key", "reverse"}:
        return
    reverse = keywords.get("reverse")
    turned = reverse.get("value") if reverse is not None else None
    if turned is not None and turned.type not in {"true", "false"}:
        return
    down = turned is not None and turned.type == "true"
    key = keywords.get("key")
    if index.text in {"0", "-1"}:
        yield from _one(function, node, positional[0], key, at_end=index.text == "-1", down=down)
    elif index.type == "slice" and index.text.startswith(":") and index.text[1:].strip().isdigit():
        yield from _few(function, node, positional[0], key, int(index.text[1:]), down=down)


def _one(
    function: Function, node: Node, items: Node, key: Node | None, *, at_end: bool, down: bool
) -> Iterator[Speedup]:
    """`sorted` keeps the order of equal items, and `min` and `max` return the first of them: for `[-1]` the same only
    where equal items cannot be told apart."""
    kind = kind_of(items, function).item
    alike = key is None and kind.name in {"int", "str", "bytes", "float"}
    which = "max" if down != at_end else "min"
    text = ""
    if not at_end or alike:
        inner = items.text[1:-1] if items.type == "generator_expression" else items.text
        rest = f", {key.text}" if key is not None else ""
        inner = items.text if rest else inner
        text = changed(node.code, [replace(node, f"{which}({inner}{rest})")])
    message = f"All items are sorted to take one; `{which}` finds it in one pass."
    if not text:
        message += " It takes the first of equal items, where this is the last."
    yield speedup(
        function, SORTED, node, message, f"Use `{which}` for one item", text, loop_of(node), allowed=_EMPTY
    )  # fmt: skip


def _few(function: Function, node: Node, items: Node, key: Node | None, count: int, *, down: bool) -> Iterator[Speedup]:
    if not 1 < count <= _FEW or not _many(items):
        return
    name = "nlargest" if down else "nsmallest"
    edits, call = imported(node.code, "heapq", name)
    if not call:
        return
    rest = f", {key.text}" if key is not None else ""
    text = changed(node.code, [*edits, replace(node, f"{call}({count}, {items.text}{rest})")])
    message = f"All items are sorted to take {count}; `heapq.{name}` keeps only those, in the same order."
    yield speedup(function, SORTED, node, message, f"Use `heapq.{name}` for {count} items", text, loop_of(node))


def _many(items: Node) -> bool:
    return items.type not in {"list", "tuple", "set", "dictionary", "string"}


def resorted(function: Function, node: Node) -> Iterator[Speedup]:
    """`rows.append(row)` and `rows.sort()` in each turn."""
    found, loop = method(node), loop_of(node)
    line = node.parent
    if found is None or loop is None or found[1] != "sort" or found[0].type != "identifier" or line is None:
        return
    name = found[0].text
    if loop.type not in LOOPS or line.type != "expression_statement" or kind_of_name(name, function).name != "list":
        return
    block = statements(line.parent)
    place = block.index(line)
    added = expression_of(block[place - 1]) if place else None
    grown = method(added)
    if grown is None or added is None or grown[0].text != name or grown[1] != "append":
        return
    message = f"All of `{name}` is sorted again in each turn, though only one item is new."
    title = f"Keep `{name}` sorted with `bisect.insort`"
    text, behind = "", _sorted_behind(function, name, node, loop)
    if behind:
        text, title = behind, f"Sort `{name}` once, behind the loop"
    elif not arguments(node) and _is_always_sorted(function, name, node, added):
        edits, insort = imported(node.code, "bisect", "insort")
        value = only_argument(added)
        if insort and value is not None and not node.code.text[block[place - 1].end : line.start].strip():
            edits += [replace(block[place - 1], f"{insort}({name}, {value.text})"), remove_lines(line)]
            text = changed(node.code, [*edits, *_declared(function, name, value)])
    yield speedup(function, RESORT, node, message, title, text, loop)


def _declared(function: Function, name: str, value: Node) -> list[Edit]:
    """Say what an empty list holds where the function has type hints: a checker could tell from `append` alone."""
    made, kind = bindings(function)[name][0], kind_of(value, function).name
    line = made.name.parent
    hinted = "->" in function.node.text.partition(":\n")[0]
    if not hinted or kind not in {"int", "float", "str", "bytes"} or line is None or line.get("type") is not None:
        return []
    return [Edit(made.name.end, made.name.end, f": list[{kind}]")]


def _sorted_behind(function: Function, name: str, sort: Node, loop: Node) -> str:
    """A list that the loop does not look at is sorted behind it, for the same end: sorting keeps equal items' order,
    and each turn's sort leaves a list that the next one extends."""
    code, line = sort.code, sort.parent
    if loop.type != "for_statement" or loop.get("alternative") is not None or captured(function, name) or line is None:
        return ""
    if line.parent is not loop.get("body") or _in_try(loop) or any(part.type == "yield" for part in loop.own()):
        return ""
    if any(part.type in {"break_statement", "return_statement", "continue_statement"} for part in loop.own()):
        return ""
    for use in code.uses_in(name, loop):
        found = method(use.parent.parent) if use.parent is not None else None
        if found is None or found[0] is not use or found[1] not in {"append", "sort"}:
            return ""
    if len([use for use in code.uses_in(name, loop)]) != 2 or not _starts_empty(function, name):
        return ""
    return changed(code, [remove_lines(line), after(loop, sort.text)])


def _starts_empty(function: Function, name: str) -> bool:
    found = bindings(function).get(name, ())
    if len(found) != 1 or found[0].how != "assign" or found[0].path:
        return False
    value = bare(found[0].value)
    return value is not None and value.type == "list" and not value.children


def _is_always_sorted(function: Function, name: str, sort: Node, added: Node) -> bool:
    """Return whether a list is sorted whenever something is added: it starts empty, and each change keeps its order."""
    if not _starts_empty(function, name) or captured(function, name):
        return False
    for use in sort.code.uses_in(name, function.body):
        above = use.parent
        if above is None or sort.holds(use) or added.holds(use) or use.field == "left":
            continue
        if above.type == "attribute":
            found = method(above.parent)
            if found is None or found[1] not in {"pop", "index", "count", "clear", "remove"}:
                return False
        elif above.type == "subscript":
            if above.field == "left":
                return False
        elif above.type == "argument_list" and builtin(above.parent) not in {
            "len",
            "sum",
            "list",
            "tuple",
            "min",
            "max",
        }:
            return False
        elif above.type in {"assignment", "list", "tuple", "dictionary", "pair"}:
            return False
    return True


def _in_try(node: Node) -> bool:
    """An empty input is a ValueError then, no longer an IndexError."""
    for above in node.ancestors():
        if above.type in SCOPES:
            return False
        if above.type == "try_statement":
            return True
    return False
