"""Functions and classes of the program: their parameters, their run with given arguments, and their objects."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.charsets import kinds_cleaned_by
from ambient_lsp.analyzers.taint.containers import KEYWORDS
from ambient_lsp.analyzers.taint.knowledge import host_was_checked
from ambient_lsp.analyzers.taint.machine import Exit, Frame
from ambient_lsp.analyzers.taint.state import Object, Scope, State, all_joined, sequence
from ambient_lsp.analyzers.taint.syntax import dotted, kept, names_in, place
from ambient_lsp.analyzers.taint.values import (
    ALL,
    NONE,
    PARAMETER,
    PART,
    UNKNOWN,
    Class,
    Const,
    Function,
    Opaque,
    Partial,
    Ref,
    Step,
    Symbol,
    Value,
    cleaned,
    either,
    given_of,
    join,
    merged,
    moved,
    options,
    taints_of,
)

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.site import Site

_DEEPEST = 7
_RECURSIONS = 2
_MANY = 20
_CONVERTED = frozenset({"int", "float", "bool", "decimal.Decimal", "uuid.UUID", "datetime.date", "datetime.datetime"})


def closure(state: State) -> Scope:
    """Return the names around a function that is defined here."""
    frame = state.frame
    if not frame.in_class:
        frame.local.names = state.names
    return frame.local


def share(scope: Scope, name: str, value: Value) -> None:
    """Store a `global` or `nonlocal` name."""
    found: Scope | None = scope
    while found is not None and name not in found.names and found.outer is not None:
        found = found.outer
    if found is not None:
        old = found.names.get(name)
        found.names[name] = value if old is None else join(old, value)


def remember(held: Object, name: str, value: Value) -> None:
    """Remember what a method stores in `self`, for the other methods."""
    if held.owner is None or type(value) is not Opaque:
        return
    if value.type or any(taint.label != PARAMETER for taint in value.taints):
        old = held.owner.stores.get(name)
        held.owner.stores[name] = value if old is None else join(old, value)


def own(made: Class) -> None:
    """Tell the functions of a class body whose methods they are."""
    for name, member in made.members.items():
        if type(member) is Function:
            made.members[name] = replace(member, owner=made)


def decorators(function: Function) -> set[str]:
    """Return the last names of a function's decorators."""
    found: set[str] = set()
    for node in getattr(function.node, "decorator_list", ()):
        inner = node.func if isinstance(node, ast.Call) else node
        found.add(inner.attr if isinstance(inner, ast.Attribute) else inner.id if isinstance(inner, ast.Name) else "")
    return found


def unbound(found: Value, owner: Class) -> Value:
    """Return a member as `Class.member` gives it."""
    if type(found) is Function and "classmethod" in decorators(found):
        return replace(found, receiver=owner)
    return found


def wrapper(machine: Machine, function: Function, state: State) -> Value | None:
    """Return what the program's own decorators make of a function; None if they make nothing."""
    current: Value = function
    for node in reversed(getattr(function.node, "decorator_list", [])):
        decorator = machine.evaluate(node, state)
        if type(decorator) is Function:
            made = machine.call(decorator, [current], state, node)
            current = made if type(made) is Function else current
    return None if current is function else current


def given(function: Function, wrapper: Value, state: State) -> tuple[Value, list[Value]]:
    """Return what a framework calls in place of a decorated function, and its arguments: by name behind the first."""
    spec = getattr(function.node, "args", None)
    values = list(state.names.items())
    if spec is None or type(wrapper) is not Function or wrapper.node.args.kwarg is None:
        return wrapper, [value for _, value in values]
    loose = {each.arg for each in (spec.vararg, spec.kwarg) if each is not None}
    first = 2 if function.owner is not None else 1
    named = tuple((name, value) for name, value in values[first:] if name not in loose)
    return Partial(wrapper, (), named), [value for _, value in values[:first]]


def bound(machine: Machine, found: Value, owner: Ref, held: Object, state: State, node: ast.expr) -> Value:
    """Return a member as `object.member` gives it."""
    if type(found) is not Function:
        return found
    names = decorators(found)
    if "staticmethod" in names:
        return found
    if "classmethod" in names and held.owner is not None:
        return replace(found, receiver=held.owner)
    method = replace(found, receiver=owner)
    if names & {"property", "cached_property"}:
        return machine.call(method, (), state, node)
    return method


def annotated_type(machine: Machine, annotation: ast.expr | None, state: State) -> str:
    """Return the dotted name of the type that an annotation means; empty where it is not known."""
    node = annotation
    for _ in range(4):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError, MemoryError, RecursionError):
                return ""
        if isinstance(node, ast.BinOp):
            node = node.left
        elif isinstance(node, ast.Subscript):
            outer = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            inner = node.slice
            if outer not in ("Optional", "Annotated", "Final", "Union"):
                node = node.value
                break
            node = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
        else:
            break
    if not isinstance(node, ast.Name | ast.Attribute):
        return ""
    parts: list[str] = []
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        parts.append(root.attr)
        root = root.value
    if not isinstance(root, ast.Name):
        return ""
    value = state.names.get(root.id) or state.frame.scope.find(root.id)
    if value is None:
        return root.id if not parts and root.id in ("int", "float", "bool", "str", "bytes") else ""
    if type(value) is Symbol:
        return machine.rules.name(".".join([value.name, *reversed(parts)]))
    return ""


def is_converted(kind: str) -> bool:
    """Whether data that was converted to this type can do no harm."""
    return kind in _CONVERTED


# ------------------------------------------------------------------------------------------------------ running


def invoked(machine: Machine, function: Function, site: Site) -> Value:
    """Return what a function of the program gives for these arguments, by running it."""
    state = site.state
    state.frame.local.names = state.frame.local.names if state.frame.in_class else state.names
    running = sum(each.key == function.key for each, _ in machine.stack)
    if running >= _RECURSIONS or len(machine.stack) >= _DEEPEST:
        return Opaque(merged(state.taints(each) for each in site.every()))
    if not machine.is_worth_running(function, site):
        return Opaque(type=annotated_type(machine, getattr(function.node, "returns", None), state))
    machine.spend(3)
    oldest, size = machine.serial(), len(state.heap)
    frame = Frame(
        function.scope, Scope({}, function.scope.path, function.scope), owner=function.owner, node=function.node,
        depth=state.frame.depth + 1,
    )  # fmt: skip
    frame.name = getattr(function.node, "name", "lambda")
    frame.returns, machine.response = machine.response, ""
    if isinstance(site.node, ast.Call):
        frame.given = {name: (node, state.frame) for name, node in passed(function, site.node)}
    inner = State(frame, _told_of_request(state) if machine.told else {}, state.heap, state.base)
    here = place(state.frame.scope.path, site.node)
    machine.stack.append((function, here))
    try:
        _bind(machine, function, site, inner)
        given = dict(inner.names)
        exits = run(machine, function, inner)
    finally:
        machine.stack.pop()
    machine.exits[id(site.node)] = (function, exits)
    if frame.paused is not None:
        machine.paused[id(site.node)] = (function, frame.paused)
    if not exits and not frame.yields:
        return UNKNOWN
    after = all_joined(State(frame, {}, exit.state.heap, state.base) for exit in exits)
    if after is not None:
        state.heap = after.heap
        if len(state.heap) - size > _MANY:
            _forget_temporaries(state, oldest, [*frame.yields, *(exit.value for exit in exits)])
    _narrow_arguments(function, site, given, exits)
    if frame.yields:
        if len(frame.yields) == _plain_yields(function.node):
            return machine.new(sequence("list", frame.yields), state)
        return machine.new(Object("list", {}, either(frame.yields)), state)
    value = either(exit.value for exit in exits)
    return moved(value, Step(here, f"comes back from `{frame.name}`")) if taints_of(value) else value


def _told_of_request(state: State) -> dict[str, Value]:
    """Return what is known of `request.args.get("x")` where the request is the same for all functions."""
    if "request" in state.names:
        return {}
    return {name: value for name, value in state.names.items() if name.startswith("request.") and PART in name}


@kept
def _plain_yields(function: ast.AST) -> int:
    """Return how many values a generator gives if it gives them one after the other; -1 if that depends."""
    every = sum(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))
    body: list[ast.stmt] = getattr(function, "body", [])
    plain = [node for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield)]
    decorated = getattr(function, "decorator_list", None)
    return len(plain) if len(plain) == every and not decorated else -1


def _forget_temporaries(state: State, oldest: int, results: list[Value]) -> None:
    """Drop what a function made for itself, where what it returns and what it changed cannot refer to it."""
    if any(type(option) not in (Const, Opaque, Symbol) for result in results for option in options(result)):
        return
    kept = {key: held for key, held in state.heap.items() if key < oldest}
    if not any(type(item) not in (Const, Opaque, Symbol) for held in kept.values() for item in held.items.values()):
        state.heap = kept


def run(machine: Machine, function: Function, inner: State) -> list[Exit]:
    """Run a function's body; return the ways out of it."""
    if isinstance(function.node, ast.Lambda):
        return [Exit(machine.evaluate(function.node.body, inner), function.node.body, inner)]
    end = machine.execute(function.node.body, inner)
    exits = inner.frame.exits
    if end is not None:
        exits.append(Exit(NONE, None, end))
    return exits


def _bind(machine: Machine, function: Function, site: Site, inner: State) -> None:
    spec = function.node.args
    values = list(site.args) if function.receiver is None else [function.receiver, *site.args]
    keywords = dict(site.keywords)
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(spec.defaults)) + list(spec.defaults)
    where = place(function.scope.path, function.node)
    unpacked = [each for each in (site.star, site.double) if each is not None]
    for index, (parameter, default) in enumerate(zip(positional, defaults, strict=False)):
        if index < len(values):
            value = values[index]
        else:
            value = _value_of(machine, parameter, default, keywords, unpacked, inner)
        inner.names[parameter.arg] = _received(machine, parameter, value, where, inner, function)
    for parameter, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=False):
        value = _value_of(machine, parameter, default, keywords, unpacked, inner)
        inner.names[parameter.arg] = _received(machine, parameter, value, where, inner, function)
    for name in assigned_names(function.node) & inner.names.keys():
        if taints_of(inner.names[name]):
            inner.names[given_of(name)] = inner.names[name]
    if spec.vararg is not None:
        rest = site.star
        inner.names[spec.vararg.arg] = machine.new(sequence("tuple", values[len(positional) :], rest), inner)
    if spec.kwarg is not None:
        inner.names[spec.kwarg.arg] = machine.new(Object("dict", keywords, site.double, None, KEYWORDS), inner)


def _value_of(
    machine: Machine,
    parameter: ast.arg,
    default: ast.expr | None,
    keywords: dict[str, Value],
    unpacked: list[Value],
    inner: State,
) -> Value:
    if parameter.arg in keywords:
        return keywords.pop(parameter.arg)
    found = list(unpacked)
    if default is not None:
        found.append(machine.evaluate(default, inner))
    return either(found)


def _received(
    machine: Machine, parameter: ast.arg, value: Value, where: object, inner: State, function: Function
) -> Value:
    if value == UNKNOWN and parameter.annotation is not None:
        return Opaque(type=annotated_type(machine, parameter.annotation, inner))
    if not taints_of(value):
        return value
    here = place(function.scope.path, parameter)
    return moved(value, Step(here, f"arrives in `{getattr(function.node, 'name', 'lambda')}` as `{parameter.arg}`"))


def _narrow_arguments(function: Function, site: Site, given: dict[str, Value], exits: list[Exit]) -> None:
    """What a function raised for cannot be in a variable that was given to it any more, once it came back."""
    if not isinstance(site.node, ast.Call) or not exits or not any(map(taints_of, given.values())):
        return
    for name, node in passed(function, site.node):
        before = given.get(name)
        if before is None or not taints_of(before):
            continue
        after = either(exit.state.names.get(name, UNKNOWN) for exit in exits)
        if after != before:
            host_was_checked(site.state, after)
            if isinstance(node, ast.Name) and node.id in site.state.names:
                site.state.names[node.id] = after


def passed(function: Function, call: ast.Call) -> list[tuple[str, ast.expr]]:
    """Return the names that keep what was given to a function's parameters, with the expressions given for them."""
    spec = function.node.args
    names = [arg.arg for arg in (*spec.posonlyargs, *spec.args)][function.receiver is not None :]
    found: list[tuple[str, ast.expr]] = []
    for name, node in zip(names, call.args, strict=False):
        if isinstance(node, ast.Starred):
            break
        found.append((name, node))
    found += [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg is not None]
    stored = assigned_names(function.node)
    return [(given_of(name) if name in stored else name, node) for name, node in found]


@kept
def assigned_names(function: ast.AST) -> frozenset[str]:
    """Return the names that a function assigns."""
    return frozenset(node.id for node in names_in(function) if isinstance(node.ctx, ast.Store))


# ------------------------------------------------------------------------------------------------------ objects


def instantiated(machine: Machine, made: Class, site: Site) -> Value:
    """Return a new object of a class of the program."""
    state = site.state
    ancestors = made.ancestors()
    if any(base.startswith("enum.") for base in ancestors):
        return UNKNOWN  # a value that is none of its members raises
    items: dict[str, Value] = {}
    ref = machine.new(Object("instance", items, None, made), state)
    constructor = made.find("__init__")
    if type(constructor) is Function:
        invoked(machine, replace(constructor, receiver=ref), site)
        return ref
    fields = _fields(made)
    if fields:
        values = list(site.args)
        for index, (name, node) in enumerate(fields):
            value = values[index] if index < len(values) else site.keywords.get(name)
            if value is None and (kind := _container_of(node)) and state.frame.name != "<module>":
                value = machine.new(Object(kind, {}), state)
            if value is None:
                value = site.double if site.double is not None else made.members.get(name, UNKNOWN)
            if ancestors and is_converted(annotated_type(machine, node.annotation, state)):
                value = cleaned(value, frozenset({ALL}))
            items[name] = cleaned(value, checks) if (checks := _checks_of(node)) else value
        state.heap[ref.id] = Object("instance", items, None, made)
        prepared = made.find("__post_init__")
        if type(prepared) is Function:
            invoked(
                machine, replace(prepared, receiver=ref), replace(site, args=(), keywords={}, star=None, double=None)
            )
    elif ancestors:
        held = merged(state.taints(each) for each in site.every())
        rest = Opaque(held) if held else None
        state.heap[ref.id] = Object("instance", dict(site.keywords), rest, made)
    return ref


def _container_of(field: ast.AnnAssign) -> str:
    """Return which container `field(default_factory=list)` makes for each object."""
    for keyword in field.value.keywords if isinstance(field.value, ast.Call) else ():
        if keyword.arg in ("default_factory", "factory") and isinstance(keyword.value, ast.Name):
            return keyword.value.id if keyword.value.id in ("list", "dict", "set") else ""
    return ""


def _checks_of(field: ast.AnnAssign) -> frozenset[str]:
    """Return what `field(converter=int)` and `field(validator=in_(CHOICES))` of attrs make safe."""
    for keyword in field.value.keywords if isinstance(field.value, ast.Call) else ():
        given = keyword.value
        if keyword.arg == "converter" and getattr(given, "id", "") in ("int", "float", "bool", "UUID"):
            return frozenset({ALL})
        for call in ast.walk(given) if keyword.arg == "validator" else ():
            name = dotted(call.func).rpartition(".")[2] if isinstance(call, ast.Call) else ""
            if name == "in_":
                return frozenset({ALL})
            if name == "matches_re" and isinstance(call, ast.Call) and isinstance(call.args[0], ast.Constant):
                return kinds_cleaned_by(str(call.args[0].value), "fullmatch")
    return frozenset()


def declared(machine: Machine, made: Class, state: State) -> dict[str, Value]:
    """Return the fields of a dataclass whose type is one of a library's, and known from nothing but its annotation."""
    kinds = {name: annotated_type(machine, node.annotation, state) for name, node in _fields(made)}
    return {name: Opaque(type=kind) for name, kind in kinds.items() if "." in kind and name not in made.members}


def _fields(made: Class) -> list[tuple[str, ast.AnnAssign]]:
    inherited = [field for base in made.bases if isinstance(base, Class) for field in _fields(base)]
    return inherited + [
        (node.target.id, node)
        for node in made.node.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]


def entered(machine: Machine, value: Value, state: State, node: ast.expr) -> Value:
    """Return what `with value as x` binds."""
    held = state.object(value)
    if held is not None and held.owner is not None:
        method = held.owner.find("__enter__")
        if type(method) is Function and type(value) is Ref:
            return machine.call(replace(method, receiver=value), (), state, node)
    if held is not None and held.kind == "list":  # what a generator with @contextmanager yields
        return held.all()
    return value


def partial(function: Value, site: Site) -> Value:
    """Return a function with its first arguments."""
    return Partial(function, site.args[1:], tuple(site.keywords.items()))


def text_constant(value: Value) -> str | None:
    """Return a constant text."""
    return value.value if type(value) is Const and isinstance(value.value, str) else None
