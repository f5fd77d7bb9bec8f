"""The state after a statement: assignments, branches, loops, exceptions, definitions and imports."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint import conditions, expressions, functions, managers, patterns, sinks
from ambient_lsp.analyzers.taint.containers import delete_item, items_of, set_item, unpacked
from ambient_lsp.analyzers.taint.imports import imported, imported_from
from ambient_lsp.analyzers.taint.machine import Exit, Loop
from ambient_lsp.analyzers.taint.state import Object, all_joined, joined, sequence
from ambient_lsp.analyzers.taint.syntax import names_in, place
from ambient_lsp.analyzers.taint.values import (
    NONE,
    UNKNOWN,
    Class,
    Const,
    Function,
    Opaque,
    Ref,
    Step,
    Symbol,
    Value,
    either,
    fact_of,
    item_of,
    join,
    moved,
    options,
    part_of,
    part_prefix,
    taints_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_TESTS = (ast.Compare, ast.Call, ast.BoolOp, ast.UnaryOp, ast.ListComp, ast.SetComp)
_MOST_TURNS = 3
_UNROLLED = 6


def execute(machine: Machine, body: Sequence[ast.stmt], state: State | None) -> State | None:
    """Return the state after some statements; None where control never gets there."""
    for statement in body:
        if state is None:
            return None
        machine.spend()
        run = _TABLE.get(type(statement))
        if run is not None:
            state = run(machine, statement, state)
    return state


# ---------------------------------------------------------------------------------------------- assignments


def assign(machine: Machine, target: ast.expr, value: Value, state: State) -> None:
    """Do `target = value`."""
    if isinstance(target, ast.Name):
        if taints_of(value):
            here = place(state.frame.scope.path, target)
            value = moved(value, Step(here, f"flows into `{target.id}`"))
        if target.id in state.frame.shared:
            functions.share(state.frame.scope, target.id, value)
        state.names[target.id] = value
        state.names.pop(fact_of(target.id), None)
        state.names.pop(item_of(target.id), None)
        prefix = part_prefix(target.id)
        for part in [name for name in state.names if name.startswith(prefix)]:
            del state.names[part]
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(machine, target.elts, value, state)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, value, state)
    elif isinstance(target, ast.Subscript):
        owner = _changeable(machine, target.value, state, "dict")
        key = UNKNOWN if isinstance(target.slice, ast.Slice) else machine.evaluate(target.slice, state)
        sinks.stored(machine, target, owner, key, value, state)
        if isinstance(target.value, ast.Name) and type(key) is Const:
            state.names.pop(part_of(target.value.id, key.value), None)
        set_item(machine, owner, key, value, state)
    elif isinstance(target, ast.Attribute):
        owner = _changeable(machine, target.value, state, "instance")
        sinks.assigned(machine, target, owner, value, state)
        if isinstance(target.value, ast.Name):
            state.names.pop(part_of(target.value.id, target.attr), None)
        for option in options(owner):
            held = state.object(option)
            if held is not None and type(option) is Ref:
                functions.remember(held, target.attr, value)
                set_item(machine, owner, Const(target.attr), value, state)
            elif type(option) is Class:
                option.members[target.attr] = value
            elif type(option) is Symbol:  # such as flask.g
                state.names[f"{option.name}.{target.attr}"] = value


def _changeable(machine: Machine, node: ast.expr, state: State, kind: str) -> Value:
    """Return the object to change; what is only known by its marks becomes an object, so that the change is seen."""
    owner = machine.evaluate(node, state)
    if type(owner) is Opaque and isinstance(node, ast.Name) and node.id in state.names:
        owner = machine.new(Object(kind, {}, owner, None, owner.type), state)
        state.names[node.id] = owner
    return owner


def _unpack(machine: Machine, targets: Sequence[ast.expr], value: Value, state: State) -> None:
    items = items_of(value, state)
    star = next((index for index, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
    if items is not None and star is None and len(items) == len(targets):
        for target, item in zip(targets, items, strict=True):
            assign(machine, target, item, state)
        return
    if items is not None and star is not None and len(items) >= len(targets) - 1:
        after = len(targets) - star - 1
        middle = items[star : len(items) - after]
        assign(machine, targets[star], machine.new(sequence("list", middle), state), state)
        for target, item in zip(targets[:star], items, strict=False):
            assign(machine, target, item, state)
        for target, item in zip(targets[star + 1 :], items[len(items) - after :], strict=False):
            assign(machine, target, item, state)
        return
    if star is None and len(options(value)) > 1:  # rows of a list that a loop has filled, say
        rows = [(items_of(option, state) or (), unpacked(option, state)) for option in options(value)]
        for index, target in enumerate(targets):
            known = (row[index] if len(row) == len(targets) else every for row, every in rows)
            assign(machine, target, either(known), state)
        return
    each = unpacked(value, state)
    for target in targets:
        item = each
        if isinstance(target, ast.Starred):
            item = machine.new(Object("list", {}, each), state)
        assign(machine, target, item, state)


def _assign(machine: Machine, node: ast.Assign, state: State) -> State | None:
    value = machine.evaluate(node.value, state)
    if isinstance(node.value, ast.Call):
        conditions.survived(machine, node.value, state)
    for target in node.targets:
        assign(machine, target, value, state)
        sinks.named(machine, target, value, state)
        sinks.answered(machine, target, node.value, state)
        if isinstance(target, ast.Name) and (isinstance(node.value, _TESTS) or _is_difference(node.value)):
            conditions.remember(target.id, node.value, state)
        if _is_a_part(node.value):
            for part in [target] if isinstance(target, ast.Name) else names_in(target):
                if taints_of(state.names.get(part.id, UNKNOWN)):
                    state.names[item_of(part.id)] = UNKNOWN
    return state


def _is_difference(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and isinstance(node.left, ast.Call)


def _is_a_part(node: ast.expr) -> bool:
    """Whether an expression takes something out of a value, or changes it: what is true of it need not be of all."""
    node = node.value if isinstance(node, ast.Await) else node
    if isinstance(node, ast.Call):
        return bool(node.args) and isinstance(node.func, ast.Attribute)
    return isinstance(node, ast.Subscript)


def _annotated(machine: Machine, node: ast.AnnAssign, state: State) -> State | None:
    if node.value is not None:
        value = machine.evaluate(node.value, state)
        if value == UNKNOWN:
            value = Opaque(type=functions.annotated_type(machine, node.annotation, state))
        assign(machine, node.target, value, state)
        sinks.named(machine, node.target, value, state)
    return state


def _augmented(machine: Machine, node: ast.AugAssign, state: State) -> State | None:
    target: Any = node.target
    old = machine.evaluate(_loaded(target), state)
    value = machine.evaluate(node.value, state)
    held = state.object(old)
    if isinstance(node.op, ast.Add) and held is not None and held.kind == "list" and type(old) is Ref:
        items, known = items_of(value, state), held.sequence()
        state.heap[old.id] = (
            sequence("list", [*known, *items])
            if items is not None and known is not None
            else Object("list", {}, join(held.all(), unpacked(value, state)))
        )
        return state
    assign(machine, target, expressions.combined(machine, node.op, old, value, state), state)
    return state


def _loaded(target: Any) -> ast.expr:
    made: ast.expr = type(target)(**{**dict(ast.iter_fields(target)), "ctx": ast.Load()})
    return ast.copy_location(made, target)


def _delete(machine: Machine, node: ast.Delete, state: State) -> State | None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            state.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            owner = machine.evaluate(target.value, state)
            delete_item(owner, machine.evaluate(target.slice, state), state)
    return state


# -------------------------------------------------------------------------------------------- leaving a block


def _expression(machine: Machine, node: ast.Expr, state: State) -> State | None:
    value = machine.evaluate(node.value, state)
    if isinstance(node.value, ast.Call):
        if conditions.never_returns(machine, node.value, value, state):
            return None
        return conditions.survived(machine, node.value, state)
    return state


def _return(machine: Machine, node: ast.Return, state: State) -> State | None:
    value = NONE if node.value is None else machine.evaluate(node.value, state)
    if state.frame.returns and node.value is not None:
        sinks.returned(machine, node.value, value, state)
    if node.value is not None:
        sinks.made_secret(machine, state.frame.name, node.value, value, state)
    state.frame.exits.append(Exit(value, node.value, state))
    return None


def _raise(machine: Machine, node: ast.Raise, state: State) -> State | None:
    if node.exc is not None:
        machine.evaluate(node.exc, state)
    if state.frame.raised:
        state.frame.raised[-1].append(state.copy())
    return None


def _break(machine: Machine, node: ast.Break, state: State) -> State | None:
    if state.frame.loops:
        state.frame.loops[-1].breaks.append(state)
    return None


def _continue(machine: Machine, node: ast.Continue, state: State) -> State | None:
    if state.frame.loops:
        state.frame.loops[-1].continues.append(state)
    return None


def _assert(machine: Machine, node: ast.Assert, state: State) -> State | None:
    machine.evaluate(node.test, state)
    return conditions.narrowed(machine, state, node.test, True)


# -------------------------------------------------------------------------------------------------- branches


def _if(machine: Machine, node: ast.If, state: State) -> State | None:
    known = conditions.holds(machine.evaluate(node.test, state), state)
    if known is not None:
        there = conditions.narrowed(machine, state, node.test, known)
        return execute(machine, node.body if known else node.orelse, state if there is None else there)
    yes = conditions.narrowed(machine, state.copy(), node.test, True)
    no = conditions.narrowed(machine, state, node.test, False)
    return joined(execute(machine, node.body, yes), execute(machine, node.orelse, no))


def _match(machine: Machine, node: ast.Match, state: State) -> State | None:
    subject = machine.evaluate(node.subject, state)
    ends: list[State | None] = []
    rest: State | None = state
    for case in node.cases:
        if rest is None:
            break
        here = rest.copy()
        known = patterns.matched(machine, case.pattern, subject, node.subject, here)
        if known is False:
            continue
        if case.guard is not None:
            holds = conditions.holds(machine.evaluate(case.guard, here), here)
            if holds is False:
                continue
            narrowed = conditions.narrowed(machine, here, case.guard, True)
            if narrowed is None:
                continue
            here = narrowed
            known = None if holds is None else known
        ends.append(execute(machine, case.body, here))
        if known is True:
            rest = None
    return all_joined([*ends, rest])


def _while(machine: Machine, node: ast.While, state: State) -> State | None:
    loop = Loop()
    state.frame.loops.append(loop)
    left: list[State | None] = []
    head: State | None = state
    for turn in range(_MOST_TURNS):
        if head is None:
            break
        known = conditions.holds(machine.evaluate(node.test, head), head)
        if known is not True:
            left.append(conditions.narrowed(machine, head.copy(), node.test, False))
        if known is False:
            break
        inside = conditions.narrowed(machine, head.copy(), node.test, True)
        loop.continues = []
        after = all_joined([execute(machine, node.body, inside), *loop.continues])
        if known is True and turn < _MOST_TURNS - 1:
            head = after
            continue
        head = joined(head, after)
        if turn == _MOST_TURNS - 1 and head is not None and not _endless(node.test):
            left.append(conditions.narrowed(machine, head, node.test, False) or head)
    state.frame.loops.pop()
    end = execute(machine, node.orelse, all_joined(left))
    return all_joined([end, *loop.breaks])


def _endless(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _for(machine: Machine, node: ast.For | ast.AsyncFor, state: State) -> State | None:
    source = machine.evaluate(node.iter, state)
    loop = Loop()
    state.frame.loops.append(loop)
    items = items_of(source, state)
    head: State | None = state
    if items is not None and len(items) <= _UNROLLED:
        for item in items:
            if head is None:
                break
            loop.continues = []
            assign(machine, node.target, item, head)
            head = all_joined([execute(machine, node.body, head), *loop.continues])
    else:
        item = unpacked(source, state)
        for _ in range(_MOST_TURNS - 1):
            if head is None:
                break
            inside = head.copy()
            assign(machine, node.target, item, inside)
            loop.continues = []
            after = all_joined([execute(machine, node.body, inside), *loop.continues])
            head = joined(head, after)
            if head is not None and after is not None:
                targets = [node.target] if isinstance(node.target, ast.Name) else names_in(node.target)
                each = either(after.names[part.id] for part in targets if part.id in after.names)
                conditions.each_was_checked(machine, head, node, source, each)
    state.frame.loops.pop()
    return all_joined([execute(machine, node.orelse, head), *loop.breaks])


def _try(machine: Machine, node: Any, state: State) -> State | None:
    before = state.copy()
    raised: list[State] = []
    state.frame.raised.append(raised)
    after = execute(machine, node.body, state)
    state.frame.raised.pop()
    failed = all_joined([before, *raised, after.copy() if after is not None else None])
    ends = [execute(machine, node.orelse, after)]
    for handler in node.handlers:
        here = None if failed is None else failed.copy()
        if here is not None and handler.name:
            here.names[handler.name] = UNKNOWN
        ends.append(execute(machine, handler.body, here))
    end = all_joined(ends)
    if not node.finalbody:
        return end
    if end is None:
        if failed is not None:
            execute(machine, node.finalbody, failed.copy())
        return None
    return execute(machine, node.finalbody, end)


def _with(machine: Machine, node: ast.With | ast.AsyncWith, state: State) -> State | None:
    entered: list[tuple[ast.expr, Value]] = []
    for item in node.items:
        value = machine.evaluate(item.context_expr, state)
        entered.append((item.context_expr, value))
        if item.optional_vars is not None:
            assign(machine, item.optional_vars, functions.entered(machine, value, state, item.context_expr), state)
    end = execute(machine, node.body, state)
    if end is not None:
        for made, value in reversed(entered):
            managers.left(machine, made, value, end)
    return end


# ----------------------------------------------------------------------------------------- definitions, imports


def _function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, state: State) -> State | None:
    made = Function(node, functions.closure(state), id(node))
    machine.defined.setdefault(made.key, made)
    state.names[node.name] = made
    if node.decorator_list:
        state.names[node.name] = _decorated(machine, made, node, state)
    return state


def _decorated(machine: Machine, made: Function, node: ast.FunctionDef | ast.AsyncFunctionDef, state: State) -> Value:
    """Return what decorators make of a function, if all of them are of the program."""
    inner = state.frame.depth > 0
    for decorator in node.decorator_list:
        root = decorator.func if isinstance(decorator, ast.Call) else decorator
        known = isinstance(root, ast.Name) and (state.names.get(root.id) or state.frame.scope.find(root.id))
        if inner or type(known) is not Function:
            return made
    wrapper = functions.wrapper(machine, made, state)
    return made if type(wrapper) is not Function else wrapper


def _class(machine: Machine, node: ast.ClassDef, state: State) -> State | None:
    bases = tuple(machine.evaluate(base, state) for base in node.bases if not isinstance(base, ast.Starred))
    inner = state.copy()
    inner.names = {}
    made = Class(node.name, id(node), bases, inner.names, functions.closure(state), node)
    frame = state.frame
    around, frame.scope = frame.scope, made.scope
    nested, frame.in_class = frame.in_class, True
    try:
        end = execute(machine, node.body, inner)
    finally:
        frame.scope, frame.in_class = around, nested
    if end is not None:
        state.heap = end.heap
        made.members.update(end.names)
    functions.own(made)
    for name, member in made.members.items():
        if type(member) is Function and member.key in machine.defined:
            machine.defined[member.key] = member
            machine.methods.setdefault(name, []).append(made)
    state.names[node.name] = made
    return state


def _import(machine: Machine, node: ast.Import, state: State) -> State | None:
    for alias in node.names:
        name, value = imported(machine, alias)
        assign_import(state, name, value)
    return state


def _import_from(machine: Machine, node: ast.ImportFrom, state: State) -> State | None:
    for name, value in imported_from(machine, node, state.frame.scope.path):
        assign_import(state, name, value)
    return state


def assign_import(state: State, name: str, value: Value) -> None:
    """Bind an imported name."""
    state.names[name] = value


def _shared(machine: Machine, node: ast.Global | ast.Nonlocal, state: State) -> State | None:
    state.frame.shared.update(node.names)
    for name in node.names:
        state.names.pop(name, None)
    return state


_TABLE: dict[type[ast.AST], Callable[[Machine, Any, State], State | None]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Assert: _assert,
    ast.If: _if,
    ast.Match: _match,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Global: _shared,
    ast.Nonlocal: _shared,
}
