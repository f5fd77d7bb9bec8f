"""What a comparison tells of the values in it, and where that is noted: in variables, attributes and items."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.containers import items_of, set_item
from ambient_lsp.analyzers.taint.values import (
    ALL,
    UNKNOWN,
    Const,
    Opaque,
    Options,
    Ref,
    Symbol,
    Value,
    cleaned,
    either,
    options,
    part_of,
    taints_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

RESOLVED = "path.resolved"
NO_DOTS = "path.dots"
NO_ROOT = "path.root"
EVERY = frozenset({ALL})
URL = frozenset({"ssrf", "redirect"})
HOST_PARTS = frozenset({"netloc", "hostname", "host"})
SEPARATORS = frozenset({"/", "\\", "os.sep", "os.path.sep"})
_PATH = frozenset({"path"})
_PASSING = frozenset("lower upper strip casefold lstrip rstrip title".split())


def equals(machine: Machine, state: State, node: ast.expr, other: ast.expr) -> None:
    """Note that one is equal to the other."""
    value = machine.evaluate(other, state) if is_simple(other) else UNKNOWN
    if isinstance(node, ast.Attribute) and node.attr in HOST_PARTS and is_simple(other):
        same_origin(machine, state, node, URL)
        return
    if not is_simple(other) or taints_of(value):
        return
    if type(value) is Const and value.value in (None, ""):
        change(machine, state, node, lambda _: value)
        return
    known = all(type(option) is Const for option in options(value))
    exact = known and isinstance(node, ast.Name | ast.Subscript | ast.Attribute)
    change(machine, state, node, lambda old: value if exact else cleaned(old, EVERY))


def differs(machine: Machine, state: State, node: ast.expr, other: ast.expr) -> None:
    """Note that one is not equal to the other."""
    if not isinstance(other, ast.Constant):
        return
    unwanted = Const(other.value)

    def without(value: Value) -> Value:
        if type(value) is not Options or unwanted not in value.values:
            return value
        return either(option for option in value.values if option != unwanted)

    change(machine, state, node, without)


def member(machine: Machine, state: State, node: ast.expr, container: ast.expr) -> None:
    """Note that something is in a container: what no untrusted data is in is a list of what is allowed."""
    if isinstance(container, ast.Attribute) and container.attr == "parents":
        within_base(machine, state, container.value)
        return
    value = machine.evaluate(container, state)
    if state.taints(value):
        return
    if isinstance(node, ast.Attribute) and node.attr in HOST_PARTS:
        same_origin(machine, state, node, URL)
        return
    items = items_of(value, state)
    exact = (
        items is not None
        and all(type(item) is Const for item in items)
        and isinstance(node, ast.Name | ast.Subscript | ast.Attribute)
    )
    exact = exact and type(value) is not Const
    change(machine, state, node, lambda old: either(items) if exact and items else cleaned(old, EVERY))


def not_member(machine: Machine, state: State, part: ast.expr, text: ast.expr) -> None:
    """A text without ".." stays below, one without a separator stays in the folder, one without a quote stays in the
    literal of an XPath expression, which knows no escapes."""
    value = machine.evaluate(part, state) if is_simple(part) else UNKNOWN
    unwanted = value.value if type(value) is Const else ast.unparse(part) if isinstance(part, ast.Attribute) else None
    marks: set[str] = set()
    if unwanted in ("..", "../"):
        marks = {NO_DOTS}
    elif unwanted in SEPARATORS:
        marks = {NO_DOTS, NO_ROOT}
    elif unwanted in ("\n", "\r"):
        marks = {"log", "header"}
    elif unwanted in ("'", '"'):
        marks = {"xpath"}
    if marks:
        change(machine, state, text, lambda old: cleaned(old, frozenset(marks)))


def call_equals(machine: Machine, state: State, call: ast.Call) -> None:
    """`os.path.commonpath([base, path]) == base`."""
    if any(name.endswith((".commonpath", ".commonprefix")) for name in names_of(machine, call.func, state)):
        for arg in call.args:
            for node in arg.elts if isinstance(arg, ast.List | ast.Tuple) else [arg]:
                within_base(machine, state, node)


# ----------------------------------------------------------------------------------------- changing what is known


def within_base(machine: Machine, state: State, node: ast.expr) -> None:
    """A path that was resolved and lies below a folder is safe, as is all that has the same origin."""
    value = machine.evaluate(node, state) if is_simple(node) else UNKNOWN
    if isinstance(node, ast.Call):
        value = machine.evaluate(node, state)
    taints = taints_of(value)
    if taints and all(RESOLVED in taint.cleaned for taint in taints):
        change(machine, state, node, lambda old: cleaned(old, _PATH))
        clean_origins(state, value, _PATH)


def same_origin(machine: Machine, state: State, node: ast.Attribute, kinds: frozenset[str]) -> None:
    """A checked part (`urlparse(url).netloc`) tells of the whole."""
    if is_simple(node.value) or isinstance(node.value, ast.Call):
        clean_origins(state, machine.evaluate(node.value, state), kinds)


def clean_origins(state: State, value: Value, kinds: frozenset[str]) -> None:
    """Note that all that has the origin of a value is safe, too."""
    origins = {taint.source for taint in taints_of(value)}
    if not origins:
        return
    for name, held in state.names.items():
        taints = taints_of(held)
        if taints and {taint.source for taint in taints} <= origins:
            state.names[name] = cleaned(held, kinds)


def change(machine: Machine, state: State, node: ast.expr, made: Callable[[Value], Value]) -> None:
    """Change what is known of a variable, an attribute or an item; nothing else can hold knowledge."""
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in _PASSING:
            node = node.func.value
        elif (
            isinstance(node.func, ast.Name)
            and node.func.id in ("str", "int", "set", "frozenset")
            and len(node.args) == 1
        ):
            node = node.args[0]
        else:
            return
    if isinstance(node, ast.NamedExpr):
        node = node.target
    if isinstance(node, ast.Name):
        value = state.names.get(node.id)
        if value is not None:
            state.names[node.id] = made(value)
    elif isinstance(node, ast.Attribute | ast.Subscript) and is_simple(node):
        owner = machine.evaluate(node.value, state)
        key: Value = Const(node.attr) if isinstance(node, ast.Attribute) else machine.evaluate(node.slice, state)
        if type(owner) is Ref and type(key) is Const:
            old = machine.evaluate(node, state)
            if taints_of(old):
                set_item(machine, owner, key, made(old), state)
        elif type(owner) is Opaque and type(key) is Const and isinstance(node.value, ast.Name):
            state.names[part_of(node.value.id, key.value)] = made(machine.evaluate(node, state))


def is_simple(node: ast.expr) -> bool:
    """Whether an expression can be evaluated again without doing anything."""
    if isinstance(node, ast.Name | ast.Constant):
        return True
    if isinstance(node, ast.Attribute):
        return is_simple(node.value)
    if isinstance(node, ast.Subscript):
        return is_simple(node.value) and is_simple(node.slice)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return len(node.elts) <= 100 and all(is_simple(element) for element in node.elts)
    if isinstance(node, ast.Dict):
        return len(node.keys) <= 100 and all(key is not None and is_simple(key) for key in node.keys)
    return False


def names_of(machine: Machine, function: ast.expr, state: State) -> tuple[str, ...]:
    """Return the names under which the rules may know a function."""
    if isinstance(function, ast.Name):
        value = state.names.get(function.id) or state.frame.scope.find(function.id)
        if value is None:
            return (function.id,)
        return (machine.rules.name(value.name),) if type(value) is Symbol else ()
    if isinstance(function, ast.Attribute):
        last = f"*.{function.attr}"
        if not is_simple(function.value):
            return (last,)
        owner = machine.evaluate(function.value, state)
        if type(owner) is Symbol:
            return machine.rules.name(f"{owner.name}.{function.attr}"), last
        if type(owner) is Opaque and owner.type:
            return machine.rules.name(f"{owner.type}.{function.attr}"), last
        return (last,)
    return ()
