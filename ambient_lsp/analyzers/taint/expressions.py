"""The value of an expression, on abstract values."""

from __future__ import annotations

import ast
import builtins
import string
import xml.sax.handler
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint import calls, comprehensions, conditions, folding, formatting, functions, models
from ambient_lsp.analyzers.taint.catalogue import lookup
from ambient_lsp.analyzers.taint.containers import get_item, overlaid, unpacked
from ambient_lsp.analyzers.taint.knowledge import looked_up
from ambient_lsp.analyzers.taint.machine import marks, tainted
from ambient_lsp.analyzers.taint.options import NAMESPACE
from ambient_lsp.analyzers.taint.state import Object, sequence
from ambient_lsp.analyzers.taint.syntax import place
from ambient_lsp.analyzers.taint.values import (
    EVERY,
    HARMLESS,
    HOST,
    PARAMETER,
    PARSED_URL,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Module,
    Opaque,
    Options,
    Ref,
    Symbol,
    Value,
    clean,
    cleaned,
    either,
    join,
    merged,
    options,
    part_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_PYTHON_2 = frozenset("unicode basestring long xrange raw_input unichr file buffer execfile reduce cmp intern".split())
_BUILTINS = frozenset(dir(builtins)) | _PYTHON_2 | {"__file__", "__path__"}
_MARKUP = "markupsafe.Markup"
"""Escapes whatever is put into it."""
_CONSTANTS = {"string": string, "xml.sax.handler": xml.sax.handler}
"""Modules of the standard library with texts that are the same everywhere."""
_OPEN_FILES = frozenset({"stream", "file"})
"""What upload objects of all frameworks call the open file that they hold."""
_NUMBERS = (ast.Sub, ast.Div, ast.FloorDiv, ast.Pow, ast.MatMult, ast.LShift, ast.RShift, ast.BitXor)


def evaluate(machine: Machine, node: ast.expr, state: State) -> Value:
    """Return the value of an expression; `state` changes with what it does."""
    left = machine.steps = machine.steps - 1  # as `spend` does: this is the busiest function
    if not left & 255 or left < 0:
        machine.spend(0)
    make = _TABLE.get(type(node))
    value = UNKNOWN if make is None else make(machine, node, state)
    if machine.watched:
        machine.see(node, value)
    return value


def _constant(machine: Machine, node: ast.Constant, state: State) -> Value:
    return Const(node.value)


def _name(machine: Machine, node: ast.Name, state: State) -> Value:
    value = state.names.get(node.id)
    if value is None:
        value = state.frame.scope.find(node.id)
    if value is None:
        if node.id in _BUILTINS:
            return Symbol(node.id)
        if not machine.stars:  # as good as a parameter: somebody must give it a value
            here = place(state.frame.scope.path, node)
            return Opaque(marks(PARAMETER, f"`{node.id}`, which is not defined here", here))
        value = Symbol(f"{machine.stars[-1]}.{node.id}")
    return symbol(machine, value.name, node, state) if type(value) is Symbol else value


def symbol(machine: Machine, dotted: str, node: ast.AST, state: State) -> Value:
    """Return the value of something of another package: untrusted data, a value of a known type, or its name."""
    dotted = machine.rules.name(dotted)
    owner, _, last = dotted.rpartition(".")
    if owner in _CONSTANTS and isinstance(known := getattr(_CONSTANTS[owner], last, None), str):
        return Const(known)
    applies = machine.applies()
    for source in lookup(machine.rules.values, (dotted,), applies):
        return tainted(source, place(state.frame.scope.path, node))
    for typed in lookup(machine.rules.value_types, (dotted,), applies):
        return Opaque(type=typed.type)
    return Symbol(dotted)


def _attribute(machine: Machine, node: ast.Attribute, state: State) -> Value:
    known = state.names.get(part_of(node.value.id, node.attr)) if isinstance(node.value, ast.Name) else None
    return known or attribute(machine, machine.evaluate(node.value, state), node.attr, node, state)


def attribute(machine: Machine, owner: Value, name: str, node: ast.expr, state: State) -> Value:
    """Return what an attribute of a value holds."""
    if type(owner) is Options:
        return either(attribute(machine, option, name, node, state) for option in owner.values)
    if type(owner) is Symbol:
        dotted = f"{owner.name}.{name}"
        return state.names.get(dotted) or symbol(machine, dotted, node, state)
    if type(owner) is Module:
        inner = owner.scope.find(name)
        below = None if inner is not None else machine.module(f"{owner.name}.{name}")
        return inner or (UNKNOWN if below is None else Module(f"{owner.name}.{name}", below))
    if type(owner) is Class:
        found = owner.find(name)
        if found is None:
            return next((Symbol(f"{base}.{name}") for base in owner.ancestors()), UNKNOWN)
        return functions.unbound(found, owner)
    if type(owner) is Ref:
        held = state.object(owner)
        return UNKNOWN if held is None else _held(machine, owner, held, name, node, state)
    if type(owner) is Opaque:
        return _of_opaque(machine, owner, name, node, state)
    return Bound(owner, name)


def _held(machine: Machine, owner: Ref, held: Object, name: str, node: ast.expr, state: State) -> Value:
    if held.kind == "file" and name in held.items:
        return held.items[name]
    if held.kind != "instance":
        return Bound(owner, name)
    if name in held.items:
        return held.items[name]
    found = held.owner.find(name) if held.owner is not None else None
    if found is not None:
        return functions.bound(machine, found, owner, held, state, node)
    if held.type:
        value = _of_opaque(machine, Opaque(type=held.type), name, node, state)
        if type(value) is Opaque and value.taints:
            return value
    for base in held.owner.ancestors() if held.owner is not None else ():
        value = _of_opaque(machine, Opaque(type=base), name, node, state)
        if type(value) is Opaque and (value.taints or not value.type.startswith(base)):
            return value
    if models.is_known(f"{held.type}.{name}"):
        return Bound(owner, name)  # `clean = re.compile("...").sub`
    if held.rest is None or held.rest == UNKNOWN:
        outer = held.type or next(iter(held.owner.ancestors() if held.owner is not None else ()), "")
        return Opaque(type=machine.rules.name(f"{outer}.{name}")) if outer else UNKNOWN
    return attribute(machine, held.rest, name, node, state) if type(held.rest) is Opaque else held.rest


def _of_opaque(machine: Machine, owner: Opaque, name: str, node: ast.AST, state: State) -> Value:
    if owner.type:
        dotted = machine.rules.name(f"{owner.type}.{name}")
        applies = machine.applies()
        for source in lookup(machine.rules.values, (dotted,), applies):
            return tainted(source, place(state.frame.scope.path, node))
        for typed in lookup(machine.rules.value_types, (dotted,), applies):
            return Opaque(owner.taints, typed.type)
        if not owner.taints or owner.type in ("str", "bytes"):
            return Opaque(type=dotted) if not owner.taints else UNKNOWN
        for sanitizer in lookup(machine.rules.value_sanitizers, (dotted,), applies):
            return Opaque(clean(owner.taints, sanitizer.cleans), sanitizer.type)
    elif not owner.taints:
        for source in lookup(machine.rules.values, (f"*.{name}",), machine.applies()):
            return tainted(source, place(state.frame.scope.path, node))
    if owner.type == NAMESPACE and name in machine.options:
        return HARMLESS
    if owner.type == PARSED_URL and name in ("netloc", "hostname"):
        return Opaque(owner.taints, HOST)
    return Opaque(owner.taints, "file" if name in _OPEN_FILES else "")


def _subscript(machine: Machine, node: ast.Subscript, state: State) -> Value:
    part = looked_up(node, state)
    if part is not None and part in state.names:
        return state.names[part]
    owner = machine.evaluate(node.value, state)
    if isinstance(node.slice, ast.Slice):
        bounds = [
            None if bound is None else machine.evaluate(bound, state)
            for bound in (node.slice.lower, node.slice.upper, node.slice.step)
        ]
        return either(_sliced(machine, option, bounds, state) for option in options(owner))
    key = machine.evaluate(node.slice, state)
    if isinstance(node.value, ast.Name) and type(key) is Const:
        known = state.names.get(part_of(node.value.id, key.value))
        if known is not None:
            return known
    return get_item(machine, owner, key, node, state)


def _sliced(machine: Machine, owner: Value, bounds: list[Value | None], state: State) -> Value:
    known = [None if bound is None else bound.value for bound in bounds if bound is None or type(bound) is Const]
    exact = len(known) == 3 and all(bound is None or isinstance(bound, int) for bound in known) and known[2] != 0
    if type(owner) is Const:
        if exact and isinstance(owner.value, str | bytes | tuple):
            return Const(owner.value[slice(*known)])
        return UNKNOWN
    held = state.object(owner)
    if held is not None:
        items = held.sequence()
        if exact and items is not None and held.kind in ("list", "tuple"):
            return machine.new(sequence(held.kind, items[slice(*known)]), state)
        return machine.new(Object(held.kind, {}, held.all()), state)
    if type(owner) is Opaque:
        keeps = owner.prefix if bounds[0] is None and bounds[1] is None else ""
        return Opaque(owner.taints, owner.type, keeps, owner.built)
    return UNKNOWN


def _binary(machine: Machine, node: ast.BinOp, state: State) -> Value:
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    value = machine.evaluate(chain[-1].left, state)
    for each in reversed(chain):
        machine.spend()
        value = combined(machine, each.op, value, machine.evaluate(each.right, state), state)
        if machine.watched and each is not node:
            machine.see(each, value)
    return value


def combined(machine: Machine, operation: ast.operator, left: Value, right: Value, state: State) -> Value:
    """Return what an operator gives."""
    if type(left) is Const and type(right) is Const:
        folded = folding.binary(operation, left.value, right.value)
        if folded is not None:
            return folded
    if isinstance(operation, ast.Mod | ast.Add) and type(left) is Opaque and left.type == _MARKUP:
        return Opaque(merged((left.taints, clean(state.taints(right), frozenset({"xss"})))), _MARKUP, "", True)
    if isinstance(operation, ast.Mod) and formatting.is_text(left):
        return formatting.percent(left, right, state)
    if isinstance(operation, ast.Add):
        return _added(machine, left, right, state)
    if isinstance(operation, ast.BitOr):
        one, other = state.object(left), state.object(right)
        if one is not None and other is not None:
            if one.kind == "dict" == other.kind:
                rest = (
                    one.rest if other.rest is None else other.rest if one.rest is None else join(one.rest, other.rest)
                )
                return machine.new(Object("dict", overlaid(one.items, other), rest), state)
            return machine.new(Object(one.kind, {}, join(one.all(), other.all())), state)
    if isinstance(operation, ast.BitAnd):  # what is in both sets is in the one that the program wrote
        for side in (left, right):
            held = state.object(side)
            if held is not None and held.kind in ("set", "list") and not state.taints(side):
                return side
    if isinstance(operation, ast.Div):  # of a pathlib.Path
        for side in (left, right):
            if type(side) is Opaque and side.type.startswith("pathlib."):
                parts = [left] if right == Const("") else [left, Const("/"), right]
                return _path(parts, state)
        if type(left) is Opaque and formatting.is_text(right):  # nothing else takes a text behind a slash
            return _path([left, Const("/"), right], state)
    taints = merged((state.taints(left), state.taints(right)))
    if any(_makes_number(operation, side) for side in (left, right)):
        return Opaque(clean(taints, EVERY), "harmless")
    if isinstance(operation, _NUMBERS) and not any(formatting.is_text(side) for side in (left, right)):
        return Opaque(taints, "")
    return Opaque(taints, "str" if formatting.is_text(left) or formatting.is_text(right) else "")


def _makes_number(operation: ast.operator, side: Value) -> bool:
    """Whether an operator with this number on one side gives a number, or nothing: no text has a `-` or `* -1`."""
    if type(side) is not Const or type(side.value) not in (int, float):
        return False
    return isinstance(operation, _NUMBERS) or (
        isinstance(operation, ast.Mult) and (type(side.value) is float or side.value < 0)
    )


def _path(parts: list[Value], state: State) -> Value:
    made = folding.concatenated(parts, state.taints)
    if type(made) is Opaque:
        return Opaque(made.taints, "pathlib.Path", made.prefix, made.built)
    return Opaque(type="pathlib.Path", prefix=str(made.value) if type(made) is Const else "")


def _added(machine: Machine, left: Value, right: Value, state: State) -> Value:
    one, other = state.object(left), state.object(right)
    if one is not None and one.kind in ("list", "tuple"):
        ours, theirs = one.sequence(), other.sequence() if other is not None else None
        if ours is not None and theirs is not None:
            return machine.new(sequence(one.kind, [*ours, *theirs]), state)
        return machine.new(Object(one.kind, {}, either((one.all(), unpacked(right, state)))), state)
    if any(
        type(option) is Const and isinstance(option.value, int | float)
        for side in (left, right)
        for option in options(side)
    ):
        return Opaque(merged((state.taints(left), state.taints(right))))
    return folding.concatenated([left, right], state.taints)


def _unary(machine: Machine, node: ast.UnaryOp, state: State) -> Value:
    value = machine.evaluate(node.operand, state)
    if isinstance(node.op, ast.Not):
        known = conditions.holds(value, state)
        return UNKNOWN if known is None else Const(not known)
    if type(value) is Const:
        return folding.unary(node.op, value.value) or UNKNOWN
    return Opaque(state.taints(value))


def _boolean(machine: Machine, node: ast.BoolOp, state: State) -> Value:
    stops = isinstance(node.op, ast.Or)
    found: list[Value] = []
    current = state
    for index, part in enumerate(node.values):
        value = machine.evaluate(part, current)
        known = conditions.holds(value, current)
        last = index == len(node.values) - 1
        if known is None and stops and not last and type(value) is Options:
            value = either(option for option in value.values if folding.truth(option) is not False)
        if known is None and not stops and not last:
            value = conditions.with_truth(value, False)  # what `a and b` gives for an `a` that is empty
        if not (known is (not stops) and not last):
            found.append(value)
        if known is stops or last:
            break
        narrowed = conditions.narrowed(machine, current.copy(), part, not stops)
        if narrowed is None:
            break
        current = narrowed
    state.keep_new(current)
    return either(found)


def _compare(machine: Machine, node: ast.Compare, state: State) -> Value:
    left = machine.evaluate(node.left, state)
    result: bool | None = True
    for operation, comparator in zip(node.ops, node.comparators, strict=False):
        right = machine.evaluate(comparator, state)
        known = conditions.compared(operation, left, right, state)
        if known is False:
            return Const(False)
        result = None if known is None else result
        left = right
    return UNKNOWN if result is None else Const(True)


def _conditional(machine: Machine, node: ast.IfExp, state: State) -> Value:
    known = conditions.holds(machine.evaluate(node.test, state), state)
    if known is not None:
        return machine.evaluate(node.body if known else node.orelse, state)
    values: list[Value] = []
    for branch, outcome in ((node.body, True), (node.orelse, False)):
        there = conditions.narrowed(machine, state.copy(), node.test, outcome)
        if there is not None:
            values.append(machine.evaluate(branch, there))
            state.keep_new(there)
    return either(values)


def _formatted(machine: Machine, node: ast.JoinedStr, state: State) -> Value:
    return formatting.joined(machine, node, state)


def _sequence(machine: Machine, node: ast.List | ast.Tuple | ast.Set, state: State) -> Value:
    kind = type(node).__name__.lower()
    items: list[Value] = []
    rest: Value | None = None
    for element in node.elts:
        if isinstance(element, ast.Starred):
            inner = machine.evaluate(element.value, state)
            held = state.object(inner)
            known = held.sequence() if held is not None and held.kind != "dict" else None
            if known is not None and rest is None:
                items += known
            else:
                rest = unpacked(inner, state) if rest is None else join(rest, unpacked(inner, state))
        else:
            value = machine.evaluate(element, state)
            if rest is None:
                items.append(value)
            else:
                rest = join(rest, value)
    return machine.new(sequence(kind, items, rest), state)


def _dict(machine: Machine, node: ast.Dict, state: State) -> Value:
    items: dict[object, Value] = {}
    rest: Value | None = None
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = machine.evaluate(value_node, state)
        if key_node is None:
            held = state.object(value)
            if held is not None and held.kind == "dict":
                items = overlaid(items, held)
                value = held.rest if held.rest is not None else UNKNOWN
                if held.rest is None:
                    continue
            elif state.taints(value):
                items = overlaid(items, Object("dict", {}, value))
            rest = value if rest is None else join(rest, value)
            continue
        key = machine.evaluate(key_node, state)
        if type(key) is Const:
            if key.value == "$eq":  # what stands here is compared, whatever it is
                value = cleaned(state.whole(value), frozenset({"nosql"}))
            items[key.value] = value
        else:
            value = join(value, Opaque(state.taints(key))) if state.taints(key) else value
            rest = value if rest is None else join(rest, value)
    return machine.new(Object("dict", items, rest), state)


def _lambda(machine: Machine, node: ast.Lambda, state: State) -> Value:
    return Function(node, functions.closure(state), id(node))


def _walrus(machine: Machine, node: ast.NamedExpr, state: State) -> Value:
    value = machine.evaluate(node.value, state)
    if isinstance(node.target, ast.Name):
        state.names[node.target.id] = value
    return value


def _await(machine: Machine, node: ast.Await | ast.Starred, state: State) -> Value:
    return machine.evaluate(node.value, state)


def _yield(machine: Machine, node: ast.Yield, state: State) -> Value:
    if node.value is not None:
        state.frame.yields.append(machine.evaluate(node.value, state))
    state.frame.paused = dict(state.names)
    return UNKNOWN


def _yield_from(machine: Machine, node: ast.YieldFrom, state: State) -> Value:
    state.frame.yields.append(unpacked(machine.evaluate(node.value, state), state))
    return UNKNOWN


_TABLE: dict[type[ast.AST], Callable[[Machine, Any, State], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.JoinedStr: _formatted,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.Lambda: _lambda,
    ast.NamedExpr: _walrus,
    ast.Await: _await,
    ast.Starred: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Call: calls.evaluated,
    ast.ListComp: comprehensions.evaluated,
    ast.SetComp: comprehensions.evaluated,
    ast.GeneratorExp: comprehensions.evaluated,
    ast.DictComp: comprehensions.mapping,
}
