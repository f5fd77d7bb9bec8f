"""Rewrites of how a variable is built up in a loop: lists that only remember, strings that grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import libcst as cst

from ambient_lsp.analyzers import hints
from ambient_lsp.analyzers.flow import local_names, parameter_names
from ambient_lsp.analyzers.loops import fresh_name, loop_of
from ambient_lsp.analyzers.speedup import CONCAT, SEEN, Speedup, speedup
from ambient_lsp.analyzers.syntax import Change, Function, Syntax, is_name, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterator


def seen_lists(syntax: Syntax, function: Function) -> Iterator[Speedup]:
    """`seen = []` that is only appended to and tested in a loop becomes a set."""
    for name, made in _starts(function, cst.List):
        if not isinstance(made.value, cst.List) or made.value.elements:
            continue
        changes: dict[cst.CSTNode, Change] = {made.value: cst.parse_expression("set()")}
        tests: list[cst.CSTNode] = []
        appended: list[cst.BaseExpression] = []
        other_use = False
        for node in walk(function.node):
            if not is_name(node, name) or node is made.targets[0].target:
                continue
            above = syntax.parent(node)
            test = syntax.parent(above) if above is not None else None
            if (
                isinstance(above, cst.ComparisonTarget)
                and isinstance(above.operator, cst.In | cst.NotIn)
                and isinstance(test, cst.Comparison)
                and len(test.comparisons) == 1
            ):
                tests.append(test)
                continue
            value = _appended(syntax, node)
            if value is None or not isinstance(above, cst.Attribute):
                other_use = True
                break
            appended.append(value)
            changes[above] = above.with_changes(attr=cst.Name("add"))
        loops = [loop for test in tests if (loop := loop_of(syntax, test)) is not None]
        if other_use or not appended or not loops:
            continue
        asked = [test.left for test in tests if isinstance(test, cst.Comparison)]
        sure = all(hints.is_hashable(function.node, value) for value in (*appended, *asked))
        text = syntax.rewritten(changes) if sure else ""
        message = f"`{name}` is a list that is only tested and added to; a set finds the answer at once."
        yield speedup(syntax, function, SEEN, tests[0], loops[0], message, f"Remember `{name}` in a set", text)


def joined_strings(syntax: Syntax, function: Function) -> Iterator[Speedup]:
    """A string that grows in a loop becomes a list of parts that is joined behind the loop."""
    for name, made in _starts(function, cst.SimpleString):
        line = syntax.parent(made)
        block = syntax.parent(line) if line is not None else None
        if not isinstance(block, cst.IndentedBlock) or not isinstance(made.value, cst.SimpleString):
            continue
        after = list(block.body[next(i for i, one in enumerate(block.body) if one is line) + 1 :])
        loop = next((one for one in after if any(is_name(part, name) for part in walk(one))), None)
        if not isinstance(loop, cst.For | cst.While) or loop.orelse is not None or _guarded(syntax, loop):
            continue
        growths = _growths(loop, name)
        if not growths or _captured(function, name):
            continue
        parts = fresh_name(syntax, f"{name}_parts")
        value = made.value
        start = f"[{syntax.code(value)}]" if value.evaluated_value else "[]"
        changes: dict[cst.CSTNode, Change] = {
            made: cst.Assign([cst.AssignTarget(cst.Name(parts))], cst.parse_expression(start))
        }
        for growth, added in growths:
            call = cst.Call(cst.Attribute(cst.Name(parts), cst.Name("append")), [cst.Arg(_bare(added))])
            changes[growth] = cst.Expr(call, semicolon=growth.semicolon)
        module_text = _with_join(syntax, loop, changes, f'{name} = "".join({parts})')
        message = f"Each turn may copy all of `{name}`; joining the parts once copies it once."
        yield speedup(
            syntax, function, CONCAT, growths[0][0], loop, message, f"Join the parts of `{name}`", module_text
        )


def _starts(function: Function, kind: type[cst.BaseExpression]) -> list[tuple[str, cst.Assign]]:
    """Return the local variables that one plain assignment starts, and that nothing else assigns."""
    starts: dict[str, list[cst.Assign]] = {}
    for node in walk_scope(function.node.body):
        if isinstance(node, cst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name):
            starts.setdefault(node.targets[0].target.value, []).append(node)
    if not any(isinstance(made[0].value, kind) for made in starts.values()):
        return []
    local = local_names(function.node) - parameter_names(function.node)
    return [
        (name, made[0])
        for name, made in starts.items()
        if name in local and isinstance(made[0].value, kind) and _assigned_once(function, name, made)
    ]


def _assigned_once(function: Function, name: str, made: list[cst.Assign]) -> bool:
    if len(made) == 1:
        return True
    # `text = text + part` is a growth, not a new start.
    return all(_grown_by(other, name) is not None for other in made[1:])


def _appended(syntax: Syntax, name: cst.CSTNode) -> cst.BaseExpression | None:
    """Return what `name.append(value)` appends, where that is a statement of its own."""
    attribute = syntax.parent(name)
    call = syntax.parent(attribute) if attribute is not None else None
    if not isinstance(attribute, cst.Attribute) or not isinstance(call, cst.Call) or attribute.attr.value != "append":
        return None
    plain = len(call.args) == 1 and call.args[0].keyword is None and not call.args[0].star
    return call.args[0].value if plain and isinstance(syntax.parent(call), cst.Expr) else None


def _growths(loop: cst.For | cst.While, name: str) -> list[tuple[cst.AugAssign | cst.Assign, cst.BaseExpression]]:
    """Return each `name += value` of a loop with its value; none when the loop uses the string in another way."""
    growths: list[tuple[cst.AugAssign | cst.Assign, cst.BaseExpression]] = []
    allowed: set[int] = set()
    for node in walk_scope(loop):
        if isinstance(node, cst.AugAssign) and is_name(node.target, name):
            if not isinstance(node.operator, cst.AddAssign):
                return []
            growths.append((node, node.value))
            allowed.add(id(node.target))
        elif isinstance(node, cst.Assign) and (added := _grown_by(node, name)) is not None:
            growths.append((node, added))
            allowed.add(id(node.targets[0].target))
            if isinstance(node.value, cst.BinaryOperation):
                allowed.add(id(node.value.left))
    uses = {id(part) for part in walk(loop) if is_name(part, name)}
    return growths if uses == allowed else []


def _grown_by(node: cst.Assign, name: str) -> cst.BaseExpression | None:
    value = node.value
    if (
        len(node.targets) == 1
        and is_name(node.targets[0].target, name)
        and isinstance(value, cst.BinaryOperation)
        and isinstance(value.operator, cst.Add)
        and is_name(value.left, name)
    ):
        return value.right
    return None


def _guarded(syntax: Syntax, loop: cst.CSTNode) -> bool:
    """Return whether an exception in the loop could be caught by this function, which then sees the half string."""
    inside = any(isinstance(above, cst.Try | cst.TryStar | cst.With) for above in syntax.ancestors(loop))
    return inside or any(isinstance(part, cst.Yield | cst.Await) for part in walk(loop))


def _captured(function: Function, name: str) -> bool:
    return any(
        is_name(part, name)
        for node in walk(function.node.body)
        if isinstance(node, cst.FunctionDef | cst.Lambda | cst.GeneratorExp)
        for part in walk(node)
    )


def _bare(value: cst.BaseExpression) -> cst.BaseExpression:
    loose = cst.Tuple | cst.GeneratorExp | cst.NamedExpr | cst.Yield
    return value if isinstance(value, loose) else value.with_changes(lpar=[], rpar=[])


def _with_join(syntax: Syntax, loop: cst.For | cst.While, changes: dict[cst.CSTNode, Change], code: str) -> str:
    inner = {node: new for node, new in changes.items() if any(part is node for part in walk(loop))}
    changed = loop.visit(_Swapper(inner))
    pair = [cast("cst.BaseStatement", changed), cst.parse_statement(code)]
    outer = {node: new for node, new in changes.items() if node not in inner}
    return syntax.rewritten({**outer, loop: cst.FlattenSentinel(pair)})


class _Swapper(cst.CSTTransformer):
    def __init__(self, changes: dict[cst.CSTNode, Change]) -> None:
        super().__init__()
        self._changes = changes

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Change:  # type: ignore[override]
        return self._changes.get(original_node, updated_node)
