"""Copies and lists that nobody needs: whoever takes them could take what they were made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import COMPREHENSIONS, arguments, bare, builtin, method, only_argument, origin
from ambient_lsp.analyzers.speed.edits import changed, line_start, newline, replace
from ambient_lsp.analyzers.speed.kinds import kind_of
from ambient_lsp.analyzers.speed.names import bindings, captured, is_local, is_parameter
from ambient_lsp.analyzers.speed.regions import is_pure, loop_of, only_looked_at, statement_of, unchanged
from ambient_lsp.analyzers.speed.speedup import ANY_ALL, COPY, GENERATOR, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup

_TAKERS = frozenset({"sorted", "set", "frozenset", "sum", "min", "max", "tuple", "list"})
_UNORDERED = frozenset({"set", "frozenset", "sum", "min", "max", "len"})
_CONCRETE = frozenset({"list", "tuple", "set", "frozenset", "dict", "str", "keys", "values", "items", "range",
                       "fixed", "deque", "bytes"})  # fmt: skip
_DISPLAYS = frozenset({"list", "dictionary", "set", *COMPREHENSIONS})
_QUIET = frozenset({"len", "isinstance", "str", "int", "float", "abs", "min", "max", "sum", "round", "range",
                    "print", "repr", "ord", "chr", "bool", "enumerate", "zip", "sorted", "tuple", "set",
                    "list"})  # fmt: skip


def taken(function: Function, node: Node) -> Iterator[Speedup]:
    """`any([...])`, `sum([...])`, `sorted(list(x))`, `dict([...])` and their like."""
    name, given = builtin(node), only_argument(node)
    if given is None:
        first = arguments(node)[0] if name == "sorted" and arguments(node) else None
        if first is not None and builtin(first) in {"list", "tuple"}:
            yield from _copied(function, node, name, first)
        return
    if given.type == "list_comprehension":
        if name in {"any", "all"}:
            yield from _stops_early(function, node, name, given)
        elif name in {"set", "dict", "list", "frozenset"}:
            yield from _comprehended(function, node, name, given)
        elif name == "sum":
            yield from _summed(function, node, given)
    elif name == "len" and builtin(given) == "list":
        yield from _counted(function, node, given)
        yield from _copied(function, node, name, given)
    elif builtin(given) in {"list", "tuple", "sorted"} and name:
        yield from _copied(function, node, name, given)


def _stops_early(function: Function, node: Node, name: str, made: Node) -> Iterator[Speedup]:
    # Stopping early skips evaluations, so they may have no effects.
    if not is_pure(made) or any(part.type == "named_expression" for part in made.walk()):
        return
    text = changed(node.code, [replace(made, _unbracketed(made))]) if _unbracketed(made) else ""
    message = f"The whole list is built before `{name}` looks at the first item; a generator stops early."
    yield speedup(function, ANY_ALL, node, message, f"Let `{name}` stop early", text, loop_of(node))


def _summed(function: Function, node: Node, made: Node) -> Iterator[Speedup]:
    """A generator saves the list, not time: it is memory that is measured."""
    if any(part.type in {"await", "yield", "named_expression"} for part in made.walk()):
        return
    text = changed(node.code, [replace(made, _unbracketed(made))]) if _unbracketed(made) else ""
    message = "All of the list is kept in memory, only to be summed; a generator makes one item after the other."
    yield speedup(
        function, GENERATOR, node, message, "Sum without a list", text, loop_of(node), measure="memory"
    )  # fmt: skip


def _unbracketed(made: Node) -> str:
    """Return a comprehension without its brackets; empty where they stand on lines of their own, or where the rest
    would be an asynchronous generator."""
    above = made.parent
    if any(part.type == "for_in_clause" and part.text.startswith("async") for part in made.children):
        return ""
    if above is not None and "\n" in made.code.text[above.start : made.start]:
        return ""
    return made.text[1:-1].strip() if "\n" not in made.text else made.text[1:-1].rstrip(" \t")


def _counted(function: Function, node: Node, made: Node) -> Iterator[Speedup]:
    inner = only_argument(made)
    if inner is None or builtin(inner) != "filter" or len(arguments(inner)) != 2:
        return
    text = changed(node.code, [replace(node, f"sum(1 for _ in {inner.text})")])
    message = "All that passes the filter is kept in a list, only to be counted."
    yield speedup(function, GENERATOR, node, message, "Count without a list", text, loop_of(node), measure="memory")


def _comprehended(function: Function, node: Node, name: str, made: Node) -> Iterator[Speedup]:
    if any(part.type in {"await", "yield"} for part in made.walk()) or made.children[0].type == "comment":
        return
    body = made.get("body")
    if body is None:
        return
    if name == "set":
        new, what = _laid_out(node, made, body, body.text, "{}"), "a set comprehension"
    elif name == "list":
        new, what = _laid_out(node, made, body, body.text, "[]"), "the list itself"
    elif name == "dict" and body.type == "tuple" and len(body.children) == 2:
        if any("splat" in child.type or child.type == "comment" for child in body.children):
            return
        key, value = body.children
        new, what = _laid_out(node, made, body, f"{key.text}: {value.text}", "{}"), "a dict comprehension"
    else:
        return
    text = changed(node.code, [replace(node, new)]) if new else ""
    message = f"A list is built, and then copied into the {name}; {what} needs no list in between."
    yield speedup(function, COPY, node, message, f"Build the {name} directly", text, loop_of(node))


def _laid_out(node: Node, made: Node, body: Node, first: str, brackets: str) -> str:
    """Return a comprehension for a call that goes around it: `first` stands for its body, and its lines move to where
    the call was. Empty where that is not plain: lines inside a string, comments, odd indentation.
    """
    code = node.code.text
    rest = code[body.end : made.end - 1]
    if "\n" not in node.text:
        return brackets[0] + code[made.start + 1 : body.start] + first + rest + brackets[1]
    if any(part.type == "comment" or ("string" in part.type and "\n" in part.text) for part in node.walk()):
        return ""
    if "\n" in first:
        return ""
    outer, inner = (
        code[line_start(node.code, at) :][: at - line_start(node.code, at)] for at in (node.start, body.start)
    )
    outer, end = outer[: len(outer) - len(outer.lstrip())], newline(node.code)
    if inner.strip():  # the body is on the line of its bracket: what follows keeps its distance to it
        old, new = " " * len(inner), " " * (len(inner) - (body.start - node.start - 1))
        opening, closing = (
            brackets[0],
            brackets[1] if rest.rstrip(" \t") == rest.rstrip() else f"{end}{outer}{brackets[1]}",
        )
    else:
        old, new = inner, outer + "    "
        opening, closing = f"{brackets[0]}{end}{new}", f"{end}{outer}{brackets[1]}"
    lines = rest.rstrip().split("\n")
    if any(line.strip() and not line.startswith(old) for line in lines[1:]):
        return ""
    moved = [lines[0], *(new + line[len(old) :] if line.strip() else line for line in lines[1:])]
    return opening + first + "\n".join(moved) + closing


def _copied(function: Function, node: Node, name: str, copy: Node) -> Iterator[Speedup]:
    """`sorted(list(x))`: what takes all items needs no copy of them."""
    inner, how = only_argument(copy), builtin(copy)
    if inner is None or inner.type == "generator_expression":
        return
    if how == "sorted":
        if name not in _UNORDERED or not kind_of(inner, function).item.hashable or name == "sum":
            return
    elif name == "len":
        if kind_of(inner, function).name not in _CONCRETE:
            return
    elif name in {"any", "all"}:
        if kind_of(inner, function).name not in _CONCRETE or not is_pure(inner):
            return
    elif name not in _TAKERS or (name == "list" and how == "tuple"):
        return
    text = changed(node.code, [replace(copy, inner.text)])
    if name == "list" and how == "list":
        text = changed(node.code, [replace(node, copy.text)])
    message = f"`{copy.text}` is made only to be taken apart; `{name}` takes `{inner.text}` as it is."
    yield speedup(function, COPY, node, message, f"Give `{inner.text}` to `{name}` without a copy", text, loop_of(node))


def sorted_listed(function: Function, node: Node) -> Iterator[Speedup]:
    """`list(sorted(x))`: it is a list already."""
    given = only_argument(node)
    if builtin(node) != "list" or given is None or builtin(given) != "sorted":
        return
    text = changed(node.code, [replace(node, given.text)])
    message = "`sorted` returns a list of its own; another copy of it is of no use."
    yield speedup(function, COPY, node, message, "Copy it no second time", text, loop_of(node))


def iterated(function: Function, node: Node) -> Iterator[Speedup]:
    """`for x in list(names)`, where nobody changes `names` meanwhile."""
    source = bare(node.get("right"))
    if source is None or node.type not in {"for_statement", "for_in_clause"}:
        return
    copied = _original(source)
    if copied is None:
        return
    region = node if node.type == "for_statement" else node.parent
    if region is not None and region.type == "generator_expression":
        region = statement_of(region)  # whoever takes its items one by one may change what it goes through
    if region is None or not _holds_still(function, copied, region):
        return
    text = changed(node.code, [replace(source, copied.text)])
    message = f"`{source.text}` copies what is only gone through; nothing changes it meanwhile."
    yield speedup(function, COPY, source, message, f"Go through `{copied.text}` without a copy", text, loop_of(node))


def _original(source: Node) -> Node | None:
    if builtin(source) in {"list", "tuple"}:
        return only_argument(source)
    found = method(source)
    if found is not None and found[1] == "copy" and not arguments(source):
        return found[0]
    index = source.get("subscript")
    return source.get("value") if source.type == "subscript" and index is not None and index.text == ":" else None


def _holds_still(function: Function, copied: Node, region: Node) -> bool:
    """Return whether nothing can change the original while it is gone through."""
    kind = kind_of(copied, function).name
    if kind not in _CONCRETE:
        return False
    held = method(copied)
    held_name = held[0] if held is not None and held[1] in {"keys", "values", "items"} else copied
    if held_name.type != "identifier":
        return builtin(copied) in {"range", "sorted", "list"} or (
            held is not None and held[1] in {"split", "splitlines"}
        )
    name = held_name.text
    if not is_local(function, name) or not unchanged(name, region, function):
        return False
    if is_parameter(function, name) or captured(function, name):
        return all(part.type != "call" or _is_quiet(part, function) for part in region.own() if part is not region)
    # Made here, and given to nobody.
    made = bindings(function)[name]
    if any(one.how not in {"assign", "augment"} or one.path for one in made):
        return False
    values = [bare(one.value) for one in made]
    if not all(value is not None and (value.type in _DISPLAYS or builtin(value)) for value in values):
        return False
    return all(only_looked_at(use) or use.field == "left" or _is_own_method(use)
               for use in copied.code.uses_in(name, function.body) if use.index < region.last)  # fmt: skip


def _is_own_method(use: Node) -> bool:
    found = method(use.parent.parent) if use.parent is not None and use.parent.type == "attribute" else None
    return found is not None and found[0] is use


def _is_quiet(call: Node, function: Function) -> bool:
    if builtin(call) in _QUIET or origin(call).startswith("math."):
        return True
    found = method(call)
    if found is None:
        return False
    kind = kind_of(found[0], function).name
    return kind in {"str", "bytes", "int", "float"} or (
        kind in {"list", "set", "dict"} and found[0].type == "identifier" and not is_parameter(function, found[0].text)
    )
