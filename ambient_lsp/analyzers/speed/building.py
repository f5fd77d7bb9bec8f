"""How a value grows in a loop: texts and tuples that are copied each time, lists and dicts that are made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import arguments, bare, builtin, called, method, plain_arguments, statements
from ambient_lsp.analyzers.speed.edits import after, changed, fresh, replace
from ambient_lsp.analyzers.speed.kinds import kind_of, kind_of_name
from ambient_lsp.analyzers.speed.names import bindings, captured
from ambient_lsp.analyzers.speed.regions import LOOPS, is_short, loop_of, only_looked_at, statement_of
from ambient_lsp.analyzers.speed.speedup import CONCAT, REBUILD, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.names import Binding
    from ambient_lsp.analyzers.speed.speedup import Speedup

_JOINED = frozenset({"string", "concatenated_string"})
_FEW_PARTS = 100
"""So few are copied as quickly as they are joined."""
_GUARDS = frozenset({"try_statement", "with_statement"})


def grown_text(function: Function, node: Node) -> Iterator[Speedup]:
    """A text or tuple that grows in a loop becomes a list of parts, joined behind the loop."""
    left, made, line = node.get("left"), bare(node.get("right")), node.parent
    if left is None or made is None or line is None or line.parent is None or left.type != "identifier":
        return
    is_tuple = made.type == "tuple" and not made.children
    if (not is_tuple and made.type not in _JOINED) or line.parent.type != "block" or statement_of(node) is not line:
        return
    name, code = left.text, node.code
    following = statements(line.parent)
    rest = following[following.index(line) + 1 :]
    loop = next((one for one in rest if code.uses_in(name, one)), None)
    if loop is None or loop.type not in LOOPS or loop.get("alternative") is not None or _guarded(function, loop):
        return
    if is_short(loop, _FEW_PARTS):
        return
    growths = _growths(function, name, node, loop)
    if not growths or captured(function, name):
        return
    if any("\n" in value or "\r" in value for _, _, value in growths):
        return
    ways = {way for _, way, _ in growths}
    if len(ways) > 1 or (is_tuple and ways == {"front"}):
        return
    new = fresh(function.node, f"{name}_items" if is_tuple else f"{name}_parts")
    empty = made.text in {'""', "''", 'b""', "b''"}
    edits = [replace(node, f"{new} = []" if is_tuple or empty else f"{new} = [{made.text}]")]
    for growth, _, value in growths:
        edits.append(replace(growth, _added(new, value, is_tuple=is_tuple)))
    quotes = ("b" if made.text[:1] in "bB" else "") + made.text[-1:] * 2
    order = f"reversed({new})" if ways == {"front"} else new
    edits.append(after(loop, f"{name} = tuple({new})" if is_tuple else f"{name} = {quotes}.join({order})"))
    message = f"Each turn may copy all of `{name}`; joining the parts once copies it once."
    if is_tuple:
        message = f"Each turn copies all of `{name}`; a list grows in place."
    title = f"Collect `{name}` in a list" if is_tuple else f"Join the parts of `{name}`"
    yield speedup(function, CONCAT, growths[0][0], message, title, changed(code, edits), loop)


def _growths(function: Function, name: str, start: Node, loop: Node) -> list[tuple[Node, str, str]]:
    """Return each statement in the loop that makes the value longer: its node, at which end, by what; none when the
    loop uses the value in another way, or anything else binds it."""
    found: list[tuple[Node, str, str]] = []
    allowed: set[int] = set()
    for binding in bindings(function).get(name, ()):
        growth = _growth(binding)
        if growth is None:
            if binding.name.parent is not start:
                return []
            continue
        node, _, value = growth
        if not loop.holds(node) or statement_of(node) is not node.parent:
            return []
        found.append(growth)
        uses = function.node.code.uses_in(name, node)
        allowed.update(use.index for use in uses)
        if len(uses) != (1 if node.type == "augmented_assignment" else 2) or not value:
            return []
    uses = function.node.code.uses_in(name, loop)
    return found if all(use.index in allowed for use in uses) else []


def _growth(binding: Binding) -> tuple[Node, str, str] | None:
    """Return (statement, "back" or "front", what is added) of `name += value` and the like."""
    node = binding.name.parent
    if node is None or binding.name.field != "left":
        return None
    text = node.code.text
    if node.type == "augmented_assignment":
        operator, value = node.get("operator"), node.get("right")
        plus = operator is not None and operator.text == "+=" and value is not None
        return (node, "back", value.text) if plus and value is not None else None
    value = bare(node.get("right"))
    if node.type != "assignment" or value is None or node.get("type") is not None:
        return None
    operands = _sum(value)
    if len(operands) < 2:
        return None
    if _is(operands[0], binding.name.text):
        return node, "back", text[operands[1].start : value.end]
    if _is(operands[-1], binding.name.text):
        return node, "front", text[value.start : operands[-2].end]
    return None


def _sum(value: Node) -> list[Node]:
    """Return the operands of `a + b + c`."""
    operands: list[Node] = []
    node: Node | None = value
    while node is not None and node.type == "binary_operator":
        operator, right = node.get("operator"), node.get("right")
        if operator is None or operator.type != "+" or right is None:
            return []
        operands.append(right)
        node = node.get("left")
    return [*([node] if node is not None else []), *reversed(operands)]


def _added(name: str, value: str, *, is_tuple: bool) -> str:
    if is_tuple:
        single = value[1:-1].rstrip().removesuffix(",") if value.startswith("(") and value.endswith(",)") else ""
        plain = single and "," not in single and "(" not in single
        return f"{name}.append({single})" if plain else f"{name}.extend({value})"
    return f"{name}.append({value})"


def _guarded(function: Function, loop: Node) -> bool:
    """Return whether an exception in the loop could be caught by this function, which then sees the half of it."""
    for above in loop.ancestors():
        if above is function.node:
            break
        if above.type in _GUARDS:
            return True
    return any(part.type in {"yield", "await"} for part in loop.walk())


def rebuilt(function: Function, node: Node) -> Iterator[Speedup]:
    """`rows = rows + [row]` makes a new list in each turn; `append` makes the one list longer."""
    loop, left, value = loop_of(node), node.get("left"), bare(node.get("right"))
    if loop is None or left is None or value is None or left.type != "identifier" or loop.type not in LOOPS:
        return
    name = left.text
    kind = kind_of_name(name, function).name
    if kind not in {"list", "dict", "set"}:
        return
    code = _in_place(name, kind, value, function)
    if not code:
        return
    sure = _is_its_own(function, name, node) and statement_of(node) is node.parent
    text = changed(node.code, [replace(node, code)]) if sure else ""
    made = {"list": "a new list", "dict": "a new dict", "set": "a new set"}[kind]
    message = f"Each turn copies all of `{name}` into {made}; `{code.partition('(')[0]}` makes it longer in place."
    yield speedup(function, REBUILD, node, message, f"Grow `{name}` in place", text, loop)


def _in_place(name: str, kind: str, value: Node, function: Function) -> str:
    """Return the statement that does in place what `name = value` does by a copy; empty where it is another thing."""
    if value.type == "binary_operator":
        left, right, operator = value.get("left"), bare(value.get("right")), value.get("operator")
        if left is None or right is None or operator is None or not _is(left, name) or _mentions(right, name):
            return ""
        if kind == "list" and operator.type == "+":
            if right.type == "list":
                return _appended(name, right)
            return f"{name} += {right.text}" if kind_of(right, function).name == "list" else ""
        if kind in {"dict", "set"} and operator.type == "|" and kind_of(right, function).name == kind:
            one = _only(right) if right.type == "set" else None
            return f"{name}.add({one.text})" if one is not None else f"{name}.update({right.text})"
        return ""
    if value.type in {"list", "set"} and value.type == kind:
        inside = [child for child in value.children if child.type != "comment"]
        if len(inside) == 2 and _is_splat_of(inside[0], name) and not _mentions(inside[1], name):
            if "splat" in inside[1].type:
                return f"{name}.{'extend' if kind == 'list' else 'update'}({inside[1].text.lstrip('* ')})"
            return f"{name}.{'append' if kind == 'list' else 'add'}({inside[1].text})"
        return ""
    if value.type == "dictionary" and kind == "dict":
        inside = [child for child in value.children if child.type != "comment"]
        if len(inside) == 2 and _is_splat_of(inside[0], name) and not _mentions(inside[1], name):
            key, item = inside[1].get("key"), inside[1].get("value")
            if key is not None and item is not None:
                return f"{name}[{key.text}] = {item.text}"
            return f"{name}.update({inside[1].text.lstrip('* ')})"
        return ""
    found = method(value)
    if kind == "set" and found is not None and found[1] == "union" and _is(found[0], name) and plain_arguments(value):
        given = arguments(value)
        if len(given) == 1 and not _mentions(given[0], name):
            one = _only(given[0]) if given[0].type in {"set", "list", "tuple"} else None
            return f"{name}.add({one.text})" if one is not None else f"{name}.update({given[0].text})"
    return ""


def _appended(name: str, items: Node) -> str:
    one = _only(items)
    return f"{name}.append({one.text})" if one is not None else f"{name} += {items.text}"


def _only(display: Node) -> Node | None:
    inside = [child for child in display.children if child.type != "comment"]
    plain = len(inside) == len(display.children) == 1 and "splat" not in inside[0].type
    return inside[0] if plain and inside[0].type not in {"yield", "named_expression"} else None


def _is_its_own(function: Function, name: str, growth: Node) -> bool:
    """Return whether nobody else can have got hold of the value by the end of the loop: made here, never shared."""
    code = function.node.code
    outermost = growth
    for above in growth.ancestors():
        if above is function.node:
            break
        if above.type in LOOPS:
            outermost = above
            if above.type == "for_statement" and (source := above.get("right")) and code.uses_in(name, source):
                return False
    found = bindings(function).get(name, ())
    if captured(function, name) or any(one.how not in {"assign", "augment"} or one.path for one in found):
        return False
    for one in found:
        if one.name.parent is growth or one.how == "augment" or outermost.holds(one.name):
            continue
        if not _is_new(bare(one.value)):
            return False
    inside = {one.name.index for one in found}
    for use in code.uses_in(name, function.body):
        if use.index > outermost.last or use.index in inside or growth.holds(use):
            continue
        if _grows(use, name) or only_looked_at(use) or _is_method_of_its_own(use):
            continue
        return False
    return all(_grows_at(one.name, name) or not outermost.holds(one.name) or _is_new(bare(one.value)) for one in found)


def _is_new(value: Node | None) -> bool:
    if value is None:
        return False
    if value.type in {
        "list",
        "dictionary",
        "set",
        "list_comprehension",
        "dictionary_comprehension",
        "set_comprehension",
    }:
        return True
    return builtin(value) in {"list", "dict", "set", "sorted"}


def _grows(use: Node, name: str) -> bool:
    """Return whether a use is the left side of `name = name + ...`'s own value, in any of its places."""
    for above in use.ancestors():
        if above.type == "assignment":
            return _grows_at(above.get("left"), name)
        if above.type.endswith("_statement") or above.type == "block":
            return False
    return False


def _grows_at(left: Node | None, name: str) -> bool:
    above = left.parent if left is not None else None
    if left is None or above is None or left.text != name or left.field != "left":
        return False
    value = bare(above.get("right"))
    if above.type != "assignment" or value is None:
        return above.type == "augmented_assignment"
    first = value.get("left") if value.type == "binary_operator" else next(iter(value.children), None)
    return first is not None and (_is(first, name) or _is_splat_of(first, name) or called(value).startswith(f"{name}."))


def _is_method_of_its_own(use: Node) -> bool:
    call = use.parent.parent if use.parent is not None and use.parent.type == "attribute" else None
    found = method(call)
    return found is not None and found[0] is use and found[1] in {"append", "add", "update", "extend", "get", "pop"}


def _is(node: Node, name: str) -> bool:
    return node.type == "identifier" and node.text == name


def _is_splat_of(node: Node, name: str) -> bool:
    return "splat" in node.type and len(node.children) == 1 and _is(node.children[0], name)


def _mentions(node: Node, name: str) -> bool:
    return bool(node.code.uses_in(name, node))
