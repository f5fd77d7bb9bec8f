"""Work that gives the same result in each turn of a loop, or in each call."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import (
    COMPREHENSIONS,
    SCOPES,
    arguments,
    bare,
    builtin,
    called,
    membership,
    method,
    only_argument,
    origin,
    statements,
)
from ambient_lsp.analyzers.speed.edits import (
    Edit,
    before,
    changed,
    fresh,
    line_end,
    line_start,
    newline,
    remove_lines,
    replace,
)
from ambient_lsp.analyzers.speed.kinds import hashable, kind_of
from ambient_lsp.analyzers.speed.names import bindings, is_local
from ambient_lsp.analyzers.speed.pure import is_total
from ambient_lsp.analyzers.speed.regions import LOOPS, PURE, always_runs, loop_of, region_of, statement_of, stays_same
from ambient_lsp.analyzers.speed.speedup import HOIST, REGEX, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup

_MATCHERS = {"match": 2, "search": 2, "fullmatch": 2, "findall": 2, "finditer": 2, "sub": 3, "subn": 3, "split": 2}
_TO_ASK = frozenset({"set", "frozenset", "sorted", "list", "tuple"})
_TEXT_METHODS = frozenset({"lower", "upper", "strip", "lstrip", "rstrip", "casefold", "title", "replace", "swapcase"})
_FLAGS = frozenset({"re.I", "re.IGNORECASE", "re.M", "re.MULTILINE", "re.S", "re.DOTALL", "re.X", "re.VERBOSE",
                    "re.A", "re.ASCII", "re.U", "re.UNICODE"})  # fmt: skip
_SAYS_NOTHING = frozenset("pattern pat regex regexp regx re_ rx reg r p expr exp matcher compiled".split())
"""Names of patterns that say nothing in a whole module."""


def invariant(function: Function, node: Node) -> Iterator[Speedup]:
    """A call in a loop whose result is the same in each turn."""
    loop = loop_of(node)
    full = origin(node)
    if full == "re.compile":
        yield from _compiled(function, node, loop)
    if loop is None:
        return
    if full.startswith("re.") and full[3:] in _MATCHERS:
        yield from _matched(function, node, loop, full[3:])
    elif builtin(node) in _TO_ASK:
        yield from _asked(function, node, loop)
    elif builtin(node) in {"sum", "min", "max"}:
        yield from _reduced(function, node, loop)
    elif (found := method(node)) is not None and found[1] in _TEXT_METHODS:
        yield from _text(function, node, loop, found)
    else:
        yield from _own_function(function, node, loop)


def listed(function: Function, node: Node) -> Iterator[Speedup]:
    """`x in [word.lower() for word in words]`: the list is made anew for each test."""
    loop, above = loop_of(node), node.parent
    pair = membership(above) if above is not None else None
    if loop is None or pair is None or bare(pair[1]) is not node:
        return
    region = stays_same(node, function)
    if region is None or not is_total(node, function):
        return
    body = node.get("body")
    message = f"`{_short(node.text)}` is the same list in each turn of this loop, and made anew each time."
    plain = body is not None and kind_of(body, function).hashable and hashable(pair[0], function)
    code = node.text if node.type == "set_comprehension" or not plain else "{" + node.text[1:-1] + "}"
    source = next((part.get("right") for part in node.children if part.type == "for_in_clause"), None)
    wish = f"{source.text}_set" if source is not None and source.type == "identifier" else "known"
    yield _before(function, node, region, code, wish, message, loop)


def _before(
    function: Function, node: Node, region: Node, code: str, wish: str, message: str, loop: Node, rule: str = HOIST,
    used: str = "{}",
) -> Speedup:  # fmt: skip
    moved = _moved(function, node, region) if code == node.text and used == "{}" else ""
    new = fresh(function.node, wish)
    plain = [before(region, f"{new} = {code}"), replace(node, used.format(new))]
    text = "" if "\n" in code or "\r" in code else moved or changed(node.code, plain)
    return speedup(function, rule, node, message, f"Compute `{_short(code)}` once, before the loop", text, loop)


def _moved(function: Function, node: Node, region: Node) -> str:
    """A line `name = value` whose name is bound nowhere else is moved as a whole."""
    made = node.parent
    left, line = (made.get("left"), made.parent) if made is not None else (None, None)
    if made is None or left is None or line is None or made.type != "assignment" or left.type != "identifier":
        return ""
    code = node.code
    uses = code.uses_in(left.text, function.body)
    rest = code.text[line.end : line_end(code, line.end)].rstrip()
    alone = rest.strip()[:1] in {"", "#"} and len(line.children) == 1
    if len(bindings(function).get(left.text, ())) != 1 or statement_of(made) is not line or "\n" in line.text:
        return ""
    if not alone or any(use.index < made.index or not region.holds(use) for use in uses):
        return ""
    if line.parent is None or len(statements(line.parent)) < 2:
        return ""
    return changed(code, [before(region, line.text + rest), remove_lines(line)])


def _compiled(function: Function, node: Node, loop: Node | None) -> Iterator[Speedup]:
    given = arguments(node)
    if not given or not _is_pattern(given[0]) or not all(_is_flags(one) for one in given[1:]):
        return
    if loop is not None:
        region = region_of(node, {"re"}, function)
        if region is not None and always_runs(node, loop):
            message = f"`{_short(node.text)}` gives the same result in each turn of this loop."
            yield _before(function, node, region, node.text, "pattern", message, loop)
        return
    above = node.parent
    if _is_asked_for_its_type(node) or _runs_once(function):
        return
    left = above.get("left") if above is not None and above.type == "assignment" else None
    top = _top_statement(function)
    if function.node.code.imports.get("re") != "re" or top is None or not _after_import(top):
        return
    if left is not None and any(loop_of(use) for use in node.code.uses_in(left.text, function.body)):
        return  # made once for many uses
    wish = left.text if left is not None and left.type == "identifier" else "pattern"
    if wish.lower() in _SAYS_NOTHING and not function.symbol.endswith("__"):
        wish = f"{function.symbol.split('.')[-1].strip('_')}_{wish}"
    code = node.code
    new = fresh(code.root, f"_{wish.strip('_').upper()}" if wish.isidentifier() else "_PATTERN")
    new = new if new.startswith("_") else f"_{new}"
    end = newline(code)
    start = _above_comments(top)
    edits = [Edit(start, start, f"{new} = {node.text}{end}{end}{end}")]
    renamed = _renamed(function, node, new)
    if left is None or renamed:  # else a second name for the constant would stay
        text = changed(code, [*edits, *(renamed or [replace(node, new)])])
    else:
        text = ""
    message = f"`{_short(node.text)}` is looked up anew in each call; a constant of the module is made once."
    yield speedup(function, REGEX, node, message, "Compile the pattern once", "" if "\n" in node.text else text)


def _is_asked_for_its_type(node: Node) -> bool:
    """Whether a pattern is only an example of one: `type(re.compile(""))`."""
    call = node.parent.parent if node.parent is not None else None
    return call is not None and builtin(call) == "type" and only_argument(call) is node


def _runs_once(function: Function) -> bool:
    """Whether what a function gives is kept: it has no parameters to tell calls apart, or belongs to one object."""
    above, parameters = function.node.parent, function.node.get("parameters")
    if above is None or above.type != "decorated_definition" or parameters is None:
        return False
    kept = [_KEPT.match(one.text) for one in above.children if one.type == "decorator"]
    return any(one is not None and (one[1] == "cached_property" or not parameters.children) for one in kept)


_KEPT = re.compile(r"@(?:\w+\.)*(lru_cache|cache|cached_property)\b")


def _renamed(function: Function, node: Node, new: str) -> list[Edit]:
    """Take the variable out that only holds the pattern, and use the constant in its place."""
    made = node.parent
    left, line = (made.get("left"), made.parent) if made is not None else (None, None)
    if made is None or left is None or line is None or left.type != "identifier" or statement_of(made) is not line:
        return []
    code = node.code
    alone = code.text[line.end : line_end(code, line.end)].strip() == "" and len(line.children) == 1
    if not alone or len(bindings(function).get(left.text, ())) != 1 or len(statements(line.parent)) < 2:
        return []
    uses = [use for use in code.uses_in(left.text, function.body) if use is not left]
    return [remove_lines(line), *(replace(use, new) for use in uses)]


def _matched(function: Function, node: Node, loop: Node, name: str) -> Iterator[Speedup]:
    """`re.search("...", x)` looks its pattern up in a cache, each time."""
    given = arguments(node)
    flags = [one for one in given if one.type == "keyword_argument" and one.text.startswith("flags")]
    others = [one for one in given if one not in flags]
    if len(others) != _MATCHERS[name] or not _is_pattern(others[0]) or any("=" in one.text[:0] for one in others):
        return
    if (
        any(one.type != "keyword_argument" and "splat" in one.type for one in others)
        or others[0].type == "keyword_argument"
    ):
        return
    if not all(_is_flags(value) for one in flags if (value := one.get("value")) is not None):
        return
    target = node.get("function")
    holder = target.get("object") if target is not None and target.type == "attribute" else None
    if holder is None:
        return
    region = region_of(node, {holder.text}, function)
    if region is None or not always_runs(node, loop):
        return
    flag = "".join(f", {value.text}" for one in flags if (value := one.get("value")) is not None)
    code = f"{holder.text}.compile({others[0].text}{flag})"
    rest = ", ".join(one.text for one in others[1:])
    message = f"`{_short(target.text if target is not None else name)}` looks its pattern up again in each turn."
    braces = rest.replace("{", "{{").replace("}", "}}")
    yield _before(function, node, region, code, "pattern", message, loop, REGEX, f"{{}}.{name}({braces})")


def _asked(function: Function, node: Node, loop: Node) -> Iterator[Speedup]:
    """`x in set(names)`: sharing one set is the same where it is only asked."""
    given, above = only_argument(node), node.parent
    pair = membership(above) if above is not None else None
    if given is None or pair is None or bare(pair[1]) is not node:
        return
    kind = kind_of(given, function)
    name = builtin(node)
    if kind.name not in {"list", "tuple", "dict", "set", "keys", "values", "frozenset"}:
        return
    as_set = kind.item.hashable and hashable(pair[0], function)
    if name in {"list", "tuple"} and kind.name != "values":
        return  # the copy itself is of no use: see membership
    region = stays_same(node, function)
    if region is None:
        return
    known = name in {"set", "frozenset"} or (as_set and kind.name in {"list", "tuple", "values"})
    code = f"set({given.text})" if known and name not in {"set", "frozenset"} else node.text
    stem = re.sub(r"\W+", "_", given.text.rstrip("()")).strip("_")
    wish = f"{stem}_{'set' if known else name}"
    message = f"`{node.text}` gives the same result in each turn of this loop."
    yield _before(function, node, region, code, wish, message, loop)


def _reduced(function: Function, node: Node, loop: Node) -> Iterator[Speedup]:
    """`sum(values)` in a loop over values."""
    given = only_argument(node)
    if given is None or given.type not in {"identifier", "attribute"} or loop_of(node) is None:
        return
    kind, name = kind_of(given, function), builtin(node)
    if kind.name not in {"list", "tuple", "set", "dict"} or given.type != "identifier":
        return
    if not (kind.item.number or (name != "sum" and kind.item.name == "str")):
        return
    region = stays_same(node, function)
    if region is None:
        return
    message = f"`{node.text}` gives the same result in each turn of this loop."
    wish = {"sum": f"{given.text}_sum", "min": f"{given.text}_min", "max": f"{given.text}_max"}[name]
    if name == "sum":
        yield _before(function, node, region, node.text, wish, message, loop)
    elif _runs_over(region, node, given.text):
        # An empty input never comes to the loop's body, where `max` would raise.
        yield _before(function, node, region, f"{name}({given.text}, default=None)", wish, message, loop)
    else:
        yield speedup(function, HOIST, node, message, loop=loop)


def _runs_over(region: Node, node: Node, name: str) -> bool:
    """Return whether the outermost loop turns only while there is something in this collection."""
    loop = region if region.type in LOOPS else None
    inner = loop_of(node)
    while loop is None and inner is not None:
        loop, inner = inner if loop_of(inner) is None else None, loop_of(inner)
    source = bare(loop.get("right")) if loop is not None else None
    while (
        source is not None
        and source.type == "call"
        and builtin(source) in {"enumerate", "range", "len", "reversed", "sorted"}
    ):
        source = only_argument(source)
    return source is not None and source.type == "identifier" and source.text == name


def _text(function: Function, node: Node, loop: Node, found: tuple[Node, str]) -> Iterator[Speedup]:
    """`needle.lower()` for a text that stays the same."""
    receiver = found[0]
    if receiver.type != "identifier" or kind_of(receiver, function).name != "str":
        return
    if not is_local(function, receiver.text) or not all(one.type == "string" for one in arguments(node)):
        return
    region = stays_same(node, function)
    if region is None or _is_one_arm(node, loop):
        return
    message = f"`{_short(node.text)}` gives the same result in each turn of this loop."
    yield _before(function, node, region, node.text, f"{receiver.text}_{found[1]}", message, loop)


def _is_one_arm(node: Node, loop: Node) -> bool:
    """Whether it is one arm of `a if b else c`, which may be needed once, as for the first row alone."""
    above = node.parent
    return above is not None and above.type == "conditional_expression" and not always_runs(node, loop)


def _own_function(function: Function, node: Node, loop: Node) -> Iterator[Speedup]:
    """A function of this module that has no effect, called with what stays the same."""
    given = arguments(node)
    if not given or called(node) in {"", *PURE} or not is_total(node, function):
        return
    if any(part.type in COMPREHENSIONS for part in node.walk()) or not kind_of(node, function).immutable:
        return
    region = stays_same(node, function)
    target = node.get("function")
    if region is None or target is None or target.type != "identifier" or _is_one_arm(node, loop):
        return
    message = f"`{_short(node.text)}` has no effect, and gives the same result in each turn of this loop."
    yield _before(function, node, region, node.text, f"{target.text}_result", message, loop)


def _is_pattern(node: Node) -> bool:
    if node.type != "string" or any(part.type == "interpolation" for part in node.walk()):
        return False
    try:
        import ast

        value = ast.literal_eval(node.text)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(value)
    except (ValueError, SyntaxError, re.error, Warning, OverflowError, RecursionError, MemoryError):
        return False
    return True


def _is_flags(node: Node) -> bool:
    if node.type == "keyword_argument":
        value = node.get("value")
        return value is not None and node.text.startswith("flags") and _is_flags(value)
    if node.type == "binary_operator":
        return all(_is_flags(child) for child in node.children if child.field in {"left", "right"})
    return origin(node) in _FLAGS


def _top_statement(function: Function) -> Node | None:
    """Return the statement of the module that holds a function, where it is a plain definition."""
    node: Node | None = function.node
    while node is not None and node.parent is not None and node.parent.type != "module":
        node = node.parent
    fits = node is not None and node.type in {*SCOPES, "decorated_definition"}
    return node if fits else None


def _after_import(top: Node) -> bool:
    return any(
        node.type == "import_statement" and node.index < top.index and "re" in re.findall(r"\w+", node.text)
        for node in top.code.root.children
    )


def _above_comments(top: Node) -> int:
    code = top.code
    start = line_start(code, top.start)
    while start > 0:
        above = line_start(code, start - 1 - (code.text[start - 2 : start] == "\r\n"))
        if not code.text[above:start].startswith("#"):
            break
        start = above
    return start


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 50 else f"{text[:47]}..."
