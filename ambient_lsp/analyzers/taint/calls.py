"""Calls: who is called, what a function of the program gives back, and what the rules say of all others."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import carried, files, models, sinks, texts
from ambient_lsp.analyzers.taint.catalogue import lookup
from ambient_lsp.analyzers.taint.containers import keyed, method, unpacked
from ambient_lsp.analyzers.taint.functions import bound, instantiated, invoked, is_converted, unbound
from ambient_lsp.analyzers.taint.knowledge import looked_up
from ambient_lsp.analyzers.taint.machine import marks, tainted
from ambient_lsp.analyzers.taint.site import Site
from ambient_lsp.analyzers.taint.state import Object
from ambient_lsp.analyzers.taint.syntax import place
from ambient_lsp.analyzers.taint.unpicklers import restricts
from ambient_lsp.analyzers.taint.values import (
    ALL,
    HARMLESS,
    PARAMETER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    Module,
    Opaque,
    Options,
    Partial,
    Ref,
    Symbol,
    Value,
    clean,
    either,
    join,
    merged,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_STANDARD = frozenset(sys.stdlib_module_names)
_VALIDATING = frozenset("model_validate model_validate_json parse_obj parse_raw".split())
_OF_ERRORS = re.compile(r"(^|[._])get_(last_)?errors?(_reason|_code)?$|(^|\.)error$")
_GIVES_SOMETHING_ELSE = re.compile(
    r"(?i)(^|_)(is|has|can|get|find|load|fetch|query|select|lookup|search|create|save|store|count|exists|check|valid\w*"
    r"|verif\w*|sani\w*|escape\w*|clean\w*|quote\w*|safe\w*|secure\w*|filter\w*|encode|encrypt|hash\w*|slug\w*|int|bool"
    r"|allow\w*|authenticate|authorize|login|render\w*|jsonify|model|form|serializer|schema|exception|error|response)"
    r"|(Form|Error|Exception|Response|Serializer|Schema|Model|View|Client|Manager|Id|ID)$"
)


def evaluated(machine: Machine, node: ast.Call, state: State) -> Value:
    """Return what a call gives; `state` changes with what it does."""
    function = node.func
    if isinstance(function, ast.Attribute):
        if _is_super(function.value):
            return _of_super(machine, node, function.attr, state)
        part = looked_up(node, state) if function.attr == "get" else None
        if part is not None and part in state.names:
            return state.names[part]
        owner = machine.evaluate(function.value, state)
        site = _site(machine, node, state, _name_of(function.value))
        if type(owner) is not Options:
            return _on(machine, site.on(owner), function.attr)
        return either(_on(machine, site.on(option), function.attr) for option in owner.values)
    callee = machine.evaluate(function, state)
    site = _site(machine, node, state)
    if type(callee) is not Options:
        return _called(machine, site, callee)
    return either(_called(machine, site, option) for option in callee.values)


def called(machine: Machine, callee: Value, args: Sequence[Value], state: State, node: ast.expr) -> Value:
    """Return what a call with these arguments gives."""
    site = Site(node, state, tuple(args))
    return either(_called(machine, site, option) for option in options(callee))


def _site(machine: Machine, node: ast.Call, state: State, receiver_name: str = "") -> Site:
    args: list[Value] = []
    star: Value | None = None
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            value = machine.evaluate(arg.value, state)
            held = state.object(value)
            items = held.sequence() if held is not None and held.kind in ("list", "tuple") else None
            if items is not None and star is None:
                args += items
            else:
                each = unpacked(value, state)
                star = each if star is None else join(star, each)
        else:
            value = machine.evaluate(arg, state)
            if star is None:
                args.append(value)
            else:
                star = join(star, value)
    names: dict[str, Value] = {}
    double: Value | None = None
    for keyword in node.keywords:
        value = machine.evaluate(keyword.value, state)
        if keyword.arg is not None:
            names[keyword.arg] = value
            continue
        held = state.object(value)
        if held is not None and (held.kind == "dict" or (held.owner is not None and "dict" in held.owner.ancestors())):
            names.update({key: item for key, item in held.items.items() if isinstance(key, str)})
            rest = held.rest
        else:
            rest = value
        if rest is not None:
            double = rest if double is None else join(double, rest)
    return Site(node, state, tuple(args), names, star, double, None, receiver_name)


# ------------------------------------------------------------------------------------------------ who is called


def _called(machine: Machine, site: Site, callee: Value) -> Value:
    state = site.state
    if type(callee) is Function:
        machine.called.add(callee.key)
        if isinstance(callee.node, ast.FunctionDef | ast.AsyncFunctionDef):
            site = site.named(f"*.{callee.node.name}") if site.receiver is not None else site
        return invoked(machine, callee, site)
    if type(callee) is Class:
        if not any(base.split(".")[0] in ("pydantic", "typing", "enum") for base in callee.ancestors()):
            sinks.check(machine, site.named("class"))
        inherited = tuple(machine.rules.name(base) for base in callee.ancestors())
        if inherited and callee.find("__init__") is None and not restricts(callee, state):
            sinks.check(machine, site.named(*inherited))
        if "dict" in inherited and callee.find("__init__") is None:
            made = models.result(machine, site.named("dict"), "dict")
            held = None if made is None else state.object(made)
            if held is not None:
                return machine.new(replace(held, kind="instance", owner=callee), state)
        return instantiated(machine, callee, site)
    if type(callee) is Partial:
        keywords = {**dict(callee.keywords), **site.keywords}
        return _called(machine, replace(site, args=(*callee.args, *site.args), keywords=keywords), callee.function)
    if type(callee) is Bound:
        return _on(machine, site.on(callee.receiver), callee.name)
    if type(callee) is Symbol:
        dotted = machine.rules.name(callee.name)
        names: tuple[str, ...] = (dotted,)
        if "." in dotted:
            last = dotted.rsplit(".", 1)[1]
            names = (dotted, "class") if last[:1].isupper() else (dotted, f"*.{last}")
        return _by_rules(machine, site.named(*names), dotted)
    if type(callee) is Ref:
        held = state.object(callee)
        if held is not None and held.owner is not None:
            found = held.owner.find("__call__")
            if found is not None:
                return _called(machine, site, bound(machine, found, callee, held, state, site.node))
    if type(callee) is Opaque and callee.taints:
        return Opaque(callee.taints)
    name = site.node.func.id if isinstance(site.node, ast.Call) and isinstance(site.node.func, ast.Name) else ""
    if name[:1].isupper() and not name.isupper():  # `User = get_user_model()`
        sinks.check(machine, site.named("class"))
    if type(callee) is Opaque and callee.type:
        if _asks_application(site.node):
            return UNKNOWN  # a response that was made before, and is sent now
        return _by_rules(machine, site.named(machine.rules.name(callee.type)), callee.type)
    return _assumed(machine, site, name)


def _on(machine: Machine, site: Site, name: str) -> Value:
    """Return what a method of `site.receiver` gives."""
    state, owner = site.state, site.receiver
    if type(owner) is Symbol:
        value = machine.attribute(owner, name, site.node, state)
        return _called(machine, site, value)
    if type(owner) is Module:
        found = owner.scope.find(name)
        if found is None:
            return UNKNOWN
        return either(_called(machine, site.on(None), option) for option in options(found))
    if type(owner) is Class:
        found = owner.find(name)
        if found is not None:
            return _called(machine, site.on(None), unbound(found, owner))
        if name in _VALIDATING and not models.is_closed(owner):
            return Opaque(merged(site.state.taints(each) for each in site.every()))  # with fields of any name
        return _by_rules(machine, site.named(*(f"{base}.{name}" for base in owner.ancestors())), name)
    held = state.object(owner) if owner is not None else None
    if held is not None and type(owner) is Ref:
        if held.kind == "instance" and held.owner is not None:
            found = held.items.get(name) or held.owner.find(name)
            if found is not None:
                member = bound(machine, found, owner, held, state, site.node) if name not in held.items else found
                return either(_called(machine, site.on(None), each) for each in options(member))
            if name in ("model_dump", "dict") and not site.args and models.is_closed(held.owner):
                return machine.new(Object("dict", held.items), state)
            bases = held.owner.ancestors()
            names = tuple(machine.rules.name(f"{base}.{name}") for base in bases)
            return _by_rules(machine, site.named(*names, f"*.{name}"), name)
        if held.kind != "instance":
            result = method(machine, owner, held, name, site.args, site.keywords, state)
            if result is not None:
                return result
        own = () if not held.type else (machine.rules.name(f"{held.type}.{name}"),)
        return _by_rules(machine, site.named(*own, f"*.{name}"), name)
    if type(owner) is Opaque and (made := carried.instance(machine, site, owner, name)) is not None:
        return _on(machine, site.on(made), name)
    if type(owner) is Const:
        return _by_rules(machine, site.named(f"{type(owner.value).__name__}.{name}"), name)
    if type(owner) is Opaque and owner.type:
        dotted = machine.rules.name(f"{owner.type}.{name}")
        known = owner.type in machine.rules.known_types or owner.type.split(".", 1)[0] in _STANDARD
        return _by_rules(machine, site.named(dotted) if known else site.named(dotted, f"*.{name}"), name)
    return _by_rules(machine, site.named(f"*.{name}"), name)


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _of_super(machine: Machine, node: ast.Call, name: str, state: State) -> Value:
    site = _site(machine, node, state)
    owner = state.frame.owner
    receiver = next(iter(state.names.values()), UNKNOWN)
    for base in owner.bases if owner is not None else ():
        found = base.find(name) if isinstance(base, Class) else None
        if type(found) is Function:
            return invoked(machine, replace(found, receiver=receiver), site)
    held = state.object(receiver)
    if name == "__init__" and held is not None and type(receiver) is Ref:
        taints = merged(state.taints(arg) for arg in site.every())
        if taints:
            state.heap[receiver.id] = replace(held, rest=Opaque(taints))
    names = tuple(f"{base}.{name}" for base in (owner.ancestors() if owner is not None else ()))
    return _by_rules(machine, replace(site, names=names, receiver=receiver), name)


# --------------------------------------------------------------------------------------- what the rules say of it


def _by_rules(machine: Machine, site: Site, name: str) -> Value:
    state, rules = site.state, machine.rules
    sinks.check(machine, site)
    modelled = machine.meet(site)
    modelled = models.result(machine, site, name) if modelled is None else modelled
    if modelled is None and site.receiver is not None:
        modelled = texts.method(machine, site, name.rsplit(".", 1)[-1])
    value = modelled
    if not rules.knows_calls(site.names):
        return _unknown(machine, site, name) if value is None else value
    applies = machine.applies(site.receiver_name)
    for sanitizer in lookup(rules.sanitizers, site.names, applies):
        held = state.taints(value) if value is not None else _all_taints(site, None)
        if type(value) is not Const:
            prefix = value.prefix if type(value) is Opaque else ""
            kind = sanitizer.type or ("harmless" if ALL in sanitizer.cleans else "")
            kind = kind or (value.type if type(value) is Opaque else "")
            value = Opaque(clean(held, sanitizer.cleans), kind, prefix, type(value) is Opaque and value.built)
    if value is not None:
        return value
    for source in lookup(rules.sources, site.names, applies):
        found = tainted(source, place(state.frame.scope.path, site.node))
        if source.label == "environment" and site.args:
            return keyed(machine, found, site.args[0], site.node, state)
        return found
    for propagator in lookup(rules.propagators, site.names, applies):
        made = _propagated(site, propagator.arguments, propagator.type, propagator.keeps_prefix)
        if propagator.label:
            own = marks(propagator.label, propagator.what, place(state.frame.scope.path, site.node))
            inside = [files.contents(machine, each, state) for each in site.every()]
            return replace(made, taints=merged((made.taints, own, *inside)))
        return made
    for typed in lookup(rules.types, site.names, applies):
        return Opaque(type=typed.type)
    return _unknown(machine, site, name)


def _unknown(machine: Machine, site: Site, name: str) -> Value:
    """Return what a call gives of which no rule tells: a method of untrusted data gives untrusted data."""
    receiver = site.receiver
    if _OF_ERRORS.search(name):
        return UNKNOWN  # what a library says went wrong is in its own words
    if type(receiver) is Opaque and receiver.taints:
        wanted = site.keywords.get("type")
        if type(wanted) is Symbol and is_converted(wanted.name):
            return HARMLESS  # `request.args.get("page", type=int)`
        found = keyed(machine, receiver, site.args[0] if site.args else UNKNOWN, site.node, site.state)
        # What a method of some object gives says nothing of where the object came from.
        return replace(found, taints=frozenset(taint for taint in found.taints if taint.label != PARAMETER))
    held = site.state.object(receiver) if receiver is not None else None
    if held is not None and held.kind == "instance" and (taints := site.state.taints(receiver or UNKNOWN)):
        return Opaque(taints)
    if receiver is not None and type(receiver) is not Symbol:
        kind = site.names[0] if site.names and not site.names[0].startswith("*.") else ""
        return Opaque(type=f"{kind}()" if kind else "")
    if "." in name and name.split(".", 1)[0] in _STANDARD:
        return Opaque(type=name if name.rsplit(".", 1)[1][:1].isupper() else "")
    return _assumed(machine, site, name)


def _assumed(machine: Machine, site: Site, name: str) -> Value:
    """Return what a function gives that nobody can look into: what it was given, unless its name says otherwise."""
    if _asks_application(site.node):
        return UNKNOWN  # it answers for what it gives
    last = name.rsplit(".", 1)[-1]
    known_class = name if "." in name and last[:1].isupper() else ""
    if not last or _GIVES_SOMETHING_ELSE.search(last) or hasattr(builtins, last):
        return Opaque(type=known_class)
    taints = frozenset(taint for taint in _all_taints(site, None) if taint.label != "parameter")
    return Opaque(taints, known_class)


def _asks_application(node: ast.AST) -> bool:
    """Whether another WSGI application is asked: `application(environ, start_response)`."""
    given = [arg.id for arg in node.args if isinstance(arg, ast.Name)] if isinstance(node, ast.Call) else []
    return len(given) == 2 and given[0] == "environ" and given[1].endswith("start_response")


def _propagated(site: Site, arguments: tuple[int | str, ...] | None, kind: str, keeps_prefix: bool) -> Opaque:
    chosen = [each for spec in arguments for each in site.argument(spec)] if arguments is not None else site.every()
    if arguments is None and site.receiver is not None:
        chosen = [site.receiver, *chosen]
    prefix = chosen[0].prefix if keeps_prefix and chosen and type(chosen[0]) is Opaque else ""
    built = any(type(each) is Opaque and each.built for each in chosen)
    return Opaque(merged(site.state.taints(each) for each in chosen), kind, prefix, built)


def _all_taints(site: Site, receiver: Value | None) -> frozenset:  # type: ignore[type-arg]
    return merged(
        site.state.taints(each) for each in (*site.every(), *(() if site.receiver is None else (site.receiver,)))
    )


def _name_of(node: ast.expr) -> str:
    """Return the names of a receiver, dotted, calls and items left out."""
    names: list[str] = []
    while isinstance(node, ast.Call | ast.Subscript | ast.Await | ast.Attribute):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        node = node.func if isinstance(node, ast.Call) else node.value
    return ".".join([*([node.id] if isinstance(node, ast.Name) else []), *reversed(names)])
