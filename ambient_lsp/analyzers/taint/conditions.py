"""What is known where a condition holds: folded tests, allow-lists, type checks, guards, validated paths and hosts."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import comparisons, folding, keys, quantifiers
from ambient_lsp.analyzers.taint.beginnings import NO_ROOT, starts
from ambient_lsp.analyzers.taint.catalogue import lookup
from ambient_lsp.analyzers.taint.charsets import flags_in, kinds_cleaned_by, safe_for
from ambient_lsp.analyzers.taint.containers import items_of, unpacked
from ambient_lsp.analyzers.taint.functions import passed
from ambient_lsp.analyzers.taint.knowledge import (
    HOST_PARTS,
    ORIGIN_KINDS,
    change,
    clean_origins,
    host_was_checked,
    is_simple,
    same_origin,
    within_base,
)
from ambient_lsp.analyzers.taint.quantifiers import HARMLESS_TESTS
from ambient_lsp.analyzers.taint.state import all_joined
from ambient_lsp.analyzers.taint.syntax import kept, names_in, walked
from ambient_lsp.analyzers.taint.typechecks import found_in_table, of_type
from ambient_lsp.analyzers.taint.values import (
    EVERY,
    UNKNOWN,
    Const,
    Fact,
    Function,
    Opaque,
    Options,
    Ref,
    Symbol,
    Value,
    cleaned,
    either,
    fact_of,
    options,
    taints_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_LINES = frozenset({"log", "header"})
_OF_PATHS = frozenset({"path"})
_COMPREHENSIONS = (ast.GeneratorExp, ast.ListComp, ast.SetComp)
_OF_KEYS = (ast.BinOp, ast.Compare, ast.Call, ast.ListComp, ast.SetComp)
_CODE = frozenset({"code"})
_RAISING = frozenset("int float uuid.UUID decimal.Decimal datetime.date.fromisoformat".split())
_ADDRESSES = frozenset("ipaddress.ip_address ipaddress.ip_network ipaddress.IPv4Address ipaddress.IPv6Address".split())
_ASSURING = re.compile(r"safe|allowed|trusted|permitted|whitelist|allowlist|same_(origin|host|site)")
_OF_URL = re.compile(r"ur[il]|redirect|host|origin|domain|next|target|site")
_PUBLIC = frozenset({"is_global"})
_INTERNAL = frozenset({"is_private"})
_FETCHED = frozenset({"ssrf"})


def holds(value: Value, state: State) -> bool | None:
    """Return whether a value counts as true; None where that is not known."""
    held = state.object(value)
    if held is not None and held.kind in ("list", "tuple", "set", "dict") and held.rest is None:
        return bool(held.items)
    return folding.truth(value)


def compared(operation: ast.cmpop, left: Value, right: Value, state: State) -> bool | None:
    """Return what a comparison gives; None where that is not known."""
    if isinstance(operation, ast.In | ast.NotIn) and type(left) is not Opaque and type(right) is not Const:
        items = items_of(right, state)
        if items is None or not all(type(item) is Const for item in items):
            return None
        found = {any(option == item for item in items) for option in options(left)}
        if not all(type(option) is Const for option in options(left)) or len(found) != 1:
            return None
        return found.pop() is isinstance(operation, ast.In)
    outcomes: set[bool | None] = set()
    for one in options(left):
        for other in options(right):
            if type(one) is not Const or type(other) is not Const:
                return _is_none(operation, one, other)
            folded = folding.compare(operation, one.value, other.value)
            outcomes.add(bool(folded.value) if type(folded) is Const else None)
    return outcomes.pop() if len(outcomes) == 1 else None


def _is_none(operation: ast.cmpop, one: Value, other: Value) -> bool | None:
    if isinstance(operation, ast.Is | ast.IsNot) and Const(None) in (one, other):
        if any(type(side) in (Ref, Function) for side in (one, other)):
            return isinstance(operation, ast.IsNot)
    return None


def narrowed(machine: Machine, state: State, test: ast.expr, outcome: bool) -> State | None:
    """Return the state where `test` came out this way; None where it never does. `state` may be changed."""
    machine.spend()
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return narrowed(machine, state, test.operand, not outcome)
    if isinstance(test, ast.BoolOp):
        return _of_parts(machine, state, test, outcome)
    if isinstance(test, _OF_KEYS):
        keys.are_known(machine, state, test, outcome)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        _compare(machine, state, test, outcome)
    elif isinstance(test, ast.Call):
        return _call(machine, state, test, outcome)
    elif isinstance(test, ast.NamedExpr):
        change(machine, state, test.target, lambda value: with_truth(value, outcome))
        return narrowed(machine, state, test.value, outcome)
    elif isinstance(test, ast.Name):
        value = state.names.get(test.id)
        fact = _recalled(test.id, state)
        if outcome and isinstance(fact, ast.Call):
            found_in_table(machine, state, fact)  # `if spec:` behind `spec = SPECS.get(name)`
        if value is not None:
            change(machine, state, test, lambda old: with_truth(old, outcome))
        if fact is not None:
            return narrowed(machine, state, fact, outcome)
    elif isinstance(test, ast.Attribute) and test.attr in HOST_PARTS and not outcome:
        same_origin(machine, state, test, ORIGIN_KINDS)  # `not urlparse(url).netloc`: a place on this host
    elif isinstance(test, ast.Attribute) and test.attr in (_PUBLIC if outcome else _INTERNAL):
        same_origin(machine, state, test, ORIGIN_KINDS)  # `ipaddress.ip_address(host).is_private`
    return state


def _of_parts(machine: Machine, state: State, test: ast.BoolOp, outcome: bool) -> State | None:
    together = isinstance(test.op, ast.And) is outcome
    if together:
        current: State | None = state
        for part in test.values:
            if current is None:
                return None
            current = narrowed(machine, current, part, outcome)
        return current
    ways: list[State | None] = []
    here: State | None = state
    for part in test.values:
        if here is None:
            break
        ways.append(narrowed(machine, here.copy(), part, outcome))
        here = narrowed(machine, here, part, not outcome)
    return all_joined(ways)


def remember(name: str, test: ast.expr, state: State) -> None:
    """Note that a variable holds the outcome of a test."""
    names = _sorted_names(test)
    if name not in names:
        about = tuple((each, state.names[each]) for each in names if each in state.names)
        state.names[fact_of(name)] = Fact(test, about)


@kept
def _sorted_names(test: ast.expr) -> tuple[str, ...]:
    return tuple(sorted({node.id for node in names_in(test)}))


def _recalled(name: str, state: State) -> ast.expr | None:
    """Return the test whose outcome a variable holds, if what it is about is still the same."""
    fact = state.names.get(fact_of(name))
    if type(fact) is not Fact or any(state.names.get(each) != value for each, value in fact.about):
        return None
    return fact.test


def with_truth(value: Value, outcome: bool) -> Value:
    """Return what a value can be that counts as true, or as false."""
    if type(value) is Options:
        kept = [with_truth(option, outcome) for option in value.values if folding.truth(option) is not (not outcome)]
        return either(kept) if kept else value
    return value if outcome else cleaned(value, EVERY)  # what counts as false is empty


def survived(machine: Machine, call: ast.Call, state: State) -> State | None:
    """Return the state after a call that raises where its argument is bad: `path.relative_to(base)`."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "relative_to":
        within_base(machine, state, call.func.value)
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "visit" and call.args:
        if _refuses_nodes(machine, call.func.value, state):
            change(machine, state, call.args[0], lambda value: cleaned(value, _CODE))
    elif call.args and isinstance(call.args[0], ast.Name):
        names = names_of(machine, call.func, state)
        if not _RAISING.isdisjoint(names):  # `int(number)` raises, or all is well
            change(machine, state, call.args[0], lambda value: cleaned(value, EVERY))
        elif not _ADDRESSES.isdisjoint(names):  # what is an address may still be an internal one
            kinds = frozenset(machine.rules.kinds) - _FETCHED
            change(machine, state, call.args[0], lambda value: cleaned(value, kinds))
    return state


def _refuses_nodes(machine: Machine, node: ast.expr, state: State) -> bool:
    """Whether a visitor of syntax trees raises for what it does not know, or for calls and attributes."""
    value = machine.evaluate(node, state) if is_simple(node) or isinstance(node, ast.Call) else UNKNOWN
    held = state.object(value)
    if held is None or held.owner is None or not any(base.startswith("ast.Node") for base in held.owner.ancestors()):
        return False
    return held.owner.find("generic_visit") is not None or all(map(held.owner.find, ("visit_Call", "visit_Attribute")))


def each_was_checked(machine: Machine, state: State, loop: ast.For | ast.AsyncFor, source: Value, item: Value) -> None:
    """Note that a loop let no bad item pass, so that the archive or the text is as good as its parts."""
    taints = taints_of(item)
    if not taints and type(source) is Opaque and source.taints and source.type in ("", "str", "bytes"):
        change(machine, state, comparisons.inside(loop.iter), lambda value: cleaned(value, EVERY))
    quantifiers.judged(state, source, unpacked(source, state), item)
    keys.were_dropped(machine, state, loop)


def never_returns(machine: Machine, call: ast.Call, value: Value, state: State) -> bool:
    """Whether a call surely ends the function: `abort(404)`, `sys.exit()`, or a function that always raises."""
    if id(call) in machine.exits:
        function, exits = machine.exits[id(call)]
        return not exits and isinstance(function.node, ast.FunctionDef) and not _yields(function.node)
    return any(name in machine.rules.exits for name in names_of(machine, call.func, state))


@kept
def _yields(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in walked(node))


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


# ------------------------------------------------------------------------------------------------ comparisons


def _compare(machine: Machine, state: State, test: ast.Compare, outcome: bool) -> None:
    operation, left, right = test.ops[0], test.left, test.comparators[0]
    positive = isinstance(operation, ast.Eq | ast.In | ast.Is) is outcome
    if isinstance(operation, ast.In | ast.NotIn):
        if positive:
            comparisons.member(machine, state, left, right)
        else:
            comparisons.not_member(machine, state, left, right)
    elif isinstance(operation, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
        if positive and isinstance(left, ast.Call) and getattr(left.func, "id", "") == "type" and len(left.args) == 1:
            of_type(machine, state, left.args[0], right)
        for one, other in ((left, right), (right, left)):
            if positive:
                comparisons.equals(machine, state, one, other)
            else:
                comparisons.differs(machine, state, one, other)
    if isinstance(operation, ast.IsNot | ast.Is) and not positive:  # `re.match(...) is not None`
        inner = left.value if isinstance(left, ast.NamedExpr) else left
        inner = (_recalled(inner.id, state) if isinstance(inner, ast.Name) else None) or inner
        if isinstance(inner, ast.Call):
            if isinstance(right, ast.Constant) and right.value is None:
                found_in_table(machine, state, inner)
            _call(machine, state, inner, True)
    agrees = outcome if isinstance(operation, ast.LtE) else positive
    if isinstance(operation, ast.Eq | ast.NotEq | ast.LtE) and agrees:
        for call in (left, right):
            if isinstance(call, ast.Call):
                _call_equals(machine, state, call)


def _call_equals(machine: Machine, state: State, call: ast.Call) -> None:
    """`os.path.commonpath([base, path]) == base`."""
    # `commonprefix` goes by characters, so that it is no check of folders.
    if any(name.endswith(".commonpath") for name in names_of(machine, call.func, state)):
        for arg in call.args:
            for node in arg.elts if isinstance(arg, ast.List | ast.Tuple) else [arg]:
                within_base(machine, state, node)


# ------------------------------------------------------------------------------------------------------ calls


def _call(machine: Machine, state: State, call: ast.Call, outcome: bool) -> State | None:
    if id(call) in machine.exits:
        return _of_function(machine, state, call, outcome)
    names = names_of(machine, call.func, state)
    for guard in lookup(machine.rules.guards, names, machine.applies()):
        if guard.when is outcome:
            for node in _arguments(call, guard.arguments):
                clean_origins(state, machine.evaluate(node, state), guard.cleans)
                change(machine, state, node, lambda value, kinds=guard.cleans: cleaned(value, kinds))  # type: ignore[misc]
    if outcome and isinstance(call.func, ast.Name | ast.Attribute) and (kinds := _assured_by_name(call.func)):
        for node in (*call.args, *(keyword.value for keyword in call.keywords)):
            clean_origins(state, machine.evaluate(node, state) if is_simple(node) else UNKNOWN, kinds)
    if names[:1] == ("isinstance",) and len(call.args) == 2:
        if outcome:
            of_type(machine, state, call.args[0], call.args[1])
    elif names[:1] == ("bool",) and call.args:
        return narrowed(machine, state, call.args[0], outcome)
    elif names[:1] == (("all" if outcome else "any"),) and call.args and isinstance(call.args[0], _COMPREHENSIONS):
        quantifiers.each_came_out(machine, state, call.args[0], outcome, narrowed)
        for part, text in quantifiers.unwanted_parts(machine, state, call.args[0]) if not outcome else ():
            comparisons.not_member(machine, state, ast.Constant(part.value), text)
    elif names[:1] == (("any" if outcome else "all"),) and call.args and isinstance(call.args[0], _COMPREHENSIONS):
        quantifiers.one_came_out(machine, state, call.args[0], outcome, narrowed)
    elif names and names[0].startswith("re.") and outcome:
        _matched(machine, state, call, names[0].rsplit(".", 1)[1])
    elif names and names[0] in ("os.path.isabs",) and not outcome and call.args:
        change(machine, state, call.args[0], lambda value: cleaned(value, frozenset({NO_ROOT})))
    elif isinstance(call.func, ast.Attribute):
        _method(machine, state, call, call.func, outcome)
    return state


def _assured_by_name(function: ast.Name | ast.Attribute) -> frozenset[str]:
    """Return what a function that nobody can look into seems to check: `is_safe_url`, but not `is_valid_url`."""
    name = (function.attr if isinstance(function, ast.Attribute) else function.id).lower()
    if not _ASSURING.search(name):
        return frozenset()
    return ORIGIN_KINDS if _OF_URL.search(name) else _OF_PATHS if "path" in name else frozenset()


def _method(machine: Machine, state: State, call: ast.Call, function: ast.Attribute, outcome: bool) -> None:
    name, owner = function.attr, function.value
    if name in HARMLESS_TESTS and outcome:
        owner, extra = _without_removed(owner)
        kinds = EVERY if not extra else safe_for(extra)
        change(machine, state, owner, lambda value: cleaned(value, kinds))
    elif name == "isprintable" and outcome:
        change(machine, state, owner, lambda value: cleaned(value, _LINES))
    elif name == "is_absolute" and not outcome:
        change(machine, state, comparisons.inside(owner), lambda value: cleaned(value, frozenset({NO_ROOT})))
    elif name == "is_relative_to" and outcome:
        within_base(machine, state, owner)
    elif name == "endswith" and call.args and outcome:
        end = machine.evaluate(call.args[0], state)
        # "evil-example.com" does not end in ".example.com"
        if all(type(each) is Const and str(each.value).startswith(".") for each in options(end)):
            comparisons.host_is_known(machine, state, owner)
    elif name == "startswith" and call.args:
        starts(machine, state, owner, call.args[0], outcome)
    elif name in ("match", "fullmatch") and outcome and call.args:
        _matched(machine, state, call, name)
    elif name == "issubset" and outcome and isinstance(owner, ast.Call) and owner.args:
        change(machine, state, owner.args[0], lambda value: cleaned(value, EVERY))


def _without_removed(node: ast.expr) -> tuple[ast.expr, str]:
    """Return what `name.replace("-", "").replace(".", "")` was made of, and the characters that were left out."""
    left_out = ""
    while (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "replace"
        and len(node.args) > 1
        and all(isinstance(arg, ast.Constant) and isinstance(arg.value, str) for arg in node.args[:2])
    ):
        left_out += "".join(str(arg.value) for arg in node.args[:2] if isinstance(arg, ast.Constant))
        node = node.func.value
    return node, left_out


def _matched(machine: Machine, state: State, call: ast.Call, how: str) -> None:
    """A text that matched a pattern as a whole has no characters but those that the pattern allows."""
    function = call.func
    pattern: Value = UNKNOWN
    flags = int(flags_in(call))
    subject: ast.expr | None = None
    if isinstance(function, ast.Attribute) and is_simple(function.value):
        owner = machine.evaluate(function.value, state)
        held = state.object(owner)
        if held is not None and held.type == "re.Pattern":
            pattern, subject = held.items.get("pattern", UNKNOWN), call.args[0] if call.args else None
            flags = getattr(held.items.get("flags"), "value", 0)
    if subject is None and len(call.args) > 1 and is_simple(call.args[0]):
        pattern, subject = machine.evaluate(call.args[0], state), call.args[1]
    if subject is None or type(pattern) is not Const or not isinstance(pattern.value, str):
        return
    kinds = kinds_cleaned_by(pattern.value, how, flags)
    if kinds:
        change(machine, state, subject, lambda value: cleaned(value, kinds))


def _of_function(machine: Machine, state: State, call: ast.Call, outcome: bool) -> State | None:
    """What a function of the program that said yes (or no) has found out about its arguments."""
    function, exits = found = machine.exits.pop(id(call))  # what it returns may be a call of itself
    ways = []
    for exit in exits:
        known = folding.truth(exit.value)
        if known is not None and known is not outcome:
            continue
        there: State | None = exit.state
        if known is None and exit.expression is not None:
            there = narrowed(machine, exit.state.copy(), exit.expression, outcome)
        if there is not None:
            ways.append(there)
    machine.exits[id(call)] = found
    if not ways:
        return None if exits else state
    for name, node in passed(function, call):
        if not any(name in way.names for way in ways):
            continue
        after = either(way.names.get(name, UNKNOWN) for way in ways)
        host_was_checked(state, after)
        change(machine, state, node, lambda old, after=after: after if taints_of(old) else old)  # type: ignore[misc]
    if type(function.receiver) is Ref:
        _found_out_about(function.receiver, ways, state)
    return state


def _found_out_about(receiver: Ref, ways: Sequence[State], state: State) -> None:
    """Take over what a method found out about its object: `if source.is_allowed(): source.fetch()`."""
    held = state.object(receiver)
    objects = [way.object(receiver) for way in ways]
    if held is None or held.kind != "instance":
        return
    items = dict(held.items)
    for name, old in held.items.items():
        if taints_of(old) and all(each is not None and name in each.items for each in objects):
            items[name] = either(each.items[name] for each in objects if each is not None)
    if items != held.items:
        state.heap[receiver.id] = replace(held, items=items)


def _arguments(call: ast.Call, specs: Sequence[int | str]) -> list[ast.expr]:
    found: list[ast.expr] = []
    for spec in specs:
        if isinstance(spec, int) and spec < len(call.args):
            found.append(call.args[spec])
        elif spec == "receiver" and isinstance(call.func, ast.Attribute):
            found.append(call.func.value)
        else:
            found += [keyword.value for keyword in call.keywords if keyword.arg == spec]
    return found
