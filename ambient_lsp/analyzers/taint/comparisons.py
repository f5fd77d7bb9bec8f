"""What a comparison tells of the two that are compared: equal, different, a member, not a member."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.beginnings import NO_DOTS, NO_ROOT, first_characters, second_character
from ambient_lsp.analyzers.taint.containers import items_of
from ambient_lsp.analyzers.taint.knowledge import (
    HOST_PARTS,
    ORIGIN_KINDS,
    change,
    clean_origins,
    is_simple,
    same_origin,
    within_base,
)
from ambient_lsp.analyzers.taint.typechecks import found_in_table, of_type
from ambient_lsp.analyzers.taint.values import (
    EVERY,
    HOST,
    NO_HOST,
    UNKNOWN,
    Const,
    Opaque,
    Options,
    Value,
    cleaned,
    either,
    options,
    taints_of,
)

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_SEPARATORS = frozenset({"/", "\\", "os.sep", "os.path.sep"})


def host_is_known(machine: Machine, state: State, node: ast.expr) -> None:
    """`host in HOSTS`, where `host` is that of some address."""
    value = state.names.get(node.id, UNKNOWN) if isinstance(node, ast.Name) else UNKNOWN
    if any(type(option) is Opaque and option.type == HOST for option in options(value)):
        clean_origins(state, value, ORIGIN_KINDS)


def equals(machine: Machine, state: State, node: ast.expr, other: ast.expr) -> None:
    """`node` is what `other` is."""
    if isinstance(node, ast.Tuple):  # `(parts.scheme, parts.netloc) == ("https", "shop.example")`
        if isinstance(other, ast.Tuple) and len(other.elts) == len(node.elts):
            for one, its in zip(node.elts, other.elts, strict=True):
                equals(machine, state, one, its)
        return
    value = machine.evaluate(other, state) if is_simple(other) else UNKNOWN
    if is_simple(other) and not taints_of(value) and not (type(value) is Const and not value.value):
        host_is_known(machine, state, node)
    if isinstance(node, ast.Attribute) and node.attr in HOST_PARTS and is_simple(other):
        same_origin(machine, state, node, ORIGIN_KINDS)
        return
    if not is_simple(other) or taints_of(value):
        return
    first_characters(machine, state, node, value)
    if type(value) is Const and value.value in (None, ""):
        change(machine, state, node, lambda _: value)
        return
    known = all(type(option) is Const for option in options(value))
    exact = known and isinstance(node, ast.Name | ast.Subscript | ast.Attribute)
    change(machine, state, node, lambda old: value if exact else cleaned(old, EVERY))


def differs(machine: Machine, state: State, node: ast.expr, other: ast.expr) -> None:
    """`node` is not what `other` is."""
    if not isinstance(other, ast.Constant):
        return
    unwanted = Const(other.value)
    second_character(machine, state, node, unwanted)

    def without(value: Value) -> Value:
        if type(value) is not Options or unwanted not in value.values:
            return value
        return either(option for option in value.values if option != unwanted)

    change(machine, state, node, without)


def member(machine: Machine, state: State, node: ast.expr, container: ast.expr) -> None:
    """`node` is one of those in `container`: all of them are known, or nobody outside chose them."""
    if isinstance(node, ast.Tuple):  # `(model, field) in EDITABLE`
        for part in node.elts:
            member(machine, state, part, container)
        return
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "type" and len(node.args) == 1:
        of_type(machine, state, node.args[0], container)
        return
    if isinstance(container, ast.Attribute) and container.attr == "parents":
        within_base(machine, state, container.value)
        return
    value = machine.evaluate(container, state)
    if state.taints(value):
        return
    found_in_table(machine, state, container)
    if isinstance(node, ast.Attribute) and node.attr in HOST_PARTS:
        same_origin(machine, state, node, ORIGIN_KINDS)
        return
    host_is_known(machine, state, node)
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
    if type(value) is Opaque and value.type.startswith("ipaddress."):
        clean_origins(state, value, ORIGIN_KINDS)  # `address in INTERNAL_NETWORK`
    if isinstance(part, ast.Subscript) and is_simple(text):
        second_character(machine, state, part, machine.evaluate(text, state))
    if type(value) is Const and isinstance(text, ast.Name):
        _has_no_item(machine, state, text, value)
    unwanted = value.value if type(value) is Const else ast.unparse(part) if isinstance(part, ast.Attribute) else None
    marks: set[str] = set()
    if unwanted in ("..", "../"):
        marks = {NO_DOTS}
    elif unwanted in _SEPARATORS:
        marks = {NO_DOTS, NO_ROOT}
    elif unwanted == "//":
        marks = {NO_HOST}
    elif unwanted == "\n":
        marks = {"log", "header"}
    elif unwanted in ("'", '"'):
        marks = {"xpath"}
    if marks:
        where = inside(text) if unwanted == ".." else text
        change(machine, state, where, lambda old: cleaned(old, frozenset(marks)))


def _has_no_item(machine: Machine, state: State, mapping: ast.Name, key: Const) -> None:
    """`"language" not in body`, so that `body["language"]` holds nothing of anybody."""
    owner = state.names.get(mapping.id, UNKNOWN)
    if type(owner) is Opaque and owner.taints and owner.type not in ("str", "bytes"):
        item = ast.Subscript(mapping, ast.copy_location(ast.Constant(key.value), mapping), ast.Load())
        change(machine, state, ast.copy_location(item, mapping), lambda old: cleaned(old, EVERY))


def inside(node: ast.expr) -> ast.expr:
    """Return what `Path(name).parts`, or `name.split("/")`, takes apart."""
    if isinstance(node, ast.Attribute) and node.attr == "parts":
        node = node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        return node.func.value
    if (
        isinstance(node, ast.Call)
        and len(node.args) == 1
        and ast.unparse(node.func).rpartition(".")[2].endswith("Path")
    ):
        return node.args[0]
    return node
