"""Functions that nobody in the program calls: which of their parameters are untrusted, and what `self` holds."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import functions, options, sinks
from ambient_lsp.analyzers.taint.charsets import kinds_cleaned_by
from ambient_lsp.analyzers.taint.conditions import names_of
from ambient_lsp.analyzers.taint.containers import ENVIRON, KEYWORDS
from ambient_lsp.analyzers.taint.functions import annotated_type, decorators, is_converted
from ambient_lsp.analyzers.taint.machine import Frame, marks
from ambient_lsp.analyzers.taint.site import Site
from ambient_lsp.analyzers.taint.state import Object, Scope, State, all_joined, sequence
from ambient_lsp.analyzers.taint.syntax import place
from ambient_lsp.analyzers.taint.values import (
    HARMLESS,
    NO_TAINTS,
    PARAMETER,
    UNKNOWN,
    Annotation,
    Class,
    Function,
    Opaque,
    Ref,
    Taints,
    Value,
    clean,
    either,
    taints_of,
)

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.catalogue import Handler
    from ambient_lsp.analyzers.taint.machine import Machine

_CONVERTER = re.compile(r"<(int|float|uuid|any)(?:\([^)]*\))?:(\w+)>|[{<](\w+):(?:int|float|uuid)[}>]")
_TEXTS = frozenset({"", "str", "bytes"})
_DEEPEST = 3
_PROVIDED = re.compile(
    r"(Dep|Deps|Dependency|Session|Settings|Service|Repo|Repository|Storage|Client|Connection|Cache|D[Bb]|Database)$"
    r"|^(Current|Authenticated|Active|Admin|Super)\w*User$"
)
"""Names of another module that stand for `Annotated[..., Depends(...)]` rather than for what a request holds."""
_INJECTED = frozenset({"Depends", "Security", "BackgroundTasks", "Inject"})


def handler_of(machine: Machine, function: Function, state: State) -> tuple[Handler, ast.expr | None] | None:
    """Return the rule by which a framework calls a function, with the decorator that says so."""
    node = function.node
    if isinstance(node, ast.Lambda):
        return None
    found: list[tuple[Handler, ast.expr | None]] = []
    calls = [(each.func if isinstance(each, ast.Call) else each, each) for each in node.decorator_list]
    names = [(names_of(machine, called, state), whole) for called, whole in calls]
    ancestors = [machine.rules.name(base) for base in function.owner.ancestors()] if function.owner is not None else []
    applies = machine.applies()
    for handler in machine.rules.handlers:
        if not applies(handler.where):
            continue
        for given, whole in names:
            if any(name in handler.decorators for name in given):
                found.append((handler, whole))
        if handler.bases and any(_is_base(base, handler) for base in ancestors):
            named = handler.function is None or handler.function.search(node.name) is not None
            if named and (not handler.methods or node.name in handler.methods):
                found.append((handler, None))
        if not handler.decorators and not handler.bases and _is_named(handler, node):
            found.append((handler, None))
    return found[0] if found else None


def _is_base(name: str, handler: Handler) -> bool:
    last = name.rsplit(".", 1)[-1]
    return name in handler.bases or any(base[:1] == "*" and last.endswith(base[1:]) for base in handler.bases)


def _is_named(handler: Handler, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if handler.function is not None and handler.function.search(node.name) is None:
        return False
    args = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args) if arg.arg not in ("self", "cls")]
    if handler.first is None:
        return handler.function is not None
    return bool(args) and handler.first.search(args[0]) is not None


def received(machine: Machine, function: Function, state: State) -> None:
    """Bind the parameters of a function that nobody in the program is known to call."""
    found = handler_of(machine, function, state)
    handler, decorator = found if found is not None else (None, None)
    if handler is not None and function.key in machine.called and not handler.decorators and not handler.bases:
        handler = None
    if handler is not None:
        state.frame.returns = handler.returns if _returns(machine, handler, decorator, state) else ""
    converted = _converted(decorator) if handler is not None and handler.converters else set()
    if handler is not None and handler.label == "cli":
        converted |= options.of_decorators(function.node)
    spec = function.node.args
    params = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    defaults: dict[str, ast.expr | None] = {}
    positional = [*spec.posonlyargs, *spec.args]
    for arg, default in zip(positional[len(positional) - len(spec.defaults) :], spec.defaults, strict=False):
        defaults[arg.arg] = default
    defaults |= {arg.arg: default for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=False)}
    is_method = function.owner is not None and "staticmethod" not in decorators(function)
    for index, parameter in enumerate(params):
        if is_method and index == 0:
            state.names[parameter.arg] = _self(machine, function, state)
            continue
        first = index == (1 if is_method else 0)
        state.names[parameter.arg] = _parameter(
            machine, function, parameter, defaults.get(parameter.arg), handler, converted, first, state
        )
    where = place(function.scope.path, function.node)
    taints = NO_TAINTS
    if handler is None:
        taints = marks(PARAMETER, _words(PARAMETER, "*args"), where)
    elif handler.parameters == "all":
        taints = marks(handler.label, _words(handler.label, "*args"), where)
    if spec.vararg is not None:
        state.names[spec.vararg.arg] = machine.new(sequence("tuple", [], Opaque(taints)), state)
    if spec.kwarg is not None:
        state.names[spec.kwarg.arg] = machine.new(Object("dict", {}, Opaque(taints), None, KEYWORDS), state)


def _returns(machine: Machine, handler: Handler, decorator: ast.expr | None, state: State) -> bool:
    """Whether a decorator's arguments say that what the handler returns is shown as it is."""
    if not handler.returns_where:
        return True
    if not isinstance(decorator, ast.Call):
        return False
    keywords = {each.arg: machine.evaluate(each.value, state) for each in decorator.keywords if each.arg is not None}
    return sinks.fulfilled(machine, handler.returns_where, Site(decorator, state, (), keywords))


def _words(label: str, name: str) -> str:
    if label == PARAMETER:
        return f"the parameter `{name}`"
    return f"the option `{name}`" if label == "cli" else f"the request's `{name}`"


def _parameter(
    machine: Machine,
    function: Function,
    parameter: ast.arg,
    default: ast.expr | None,
    handler: Handler | None,
    converted: set[str],
    first: bool,
    state: State,
) -> Value:
    name = parameter.arg
    parameter = ast.copy_location(ast.arg(name, _written_out(parameter.annotation, state)), parameter)
    kind = annotated_type(machine, parameter.annotation, state)
    here = place(function.scope.path, parameter)
    if handler is None:
        if machine.usual:
            return Opaque(type=kind) if default is None else machine.evaluate(default, state)
        if is_converted(kind):
            return HARMLESS
        label = PARAMETER
        return Opaque(marks(label, _words(label, name), here) if kind in _TEXTS or not kind else frozenset(), kind)
    if name in handler.types:
        kind = handler.types[name]
        return Opaque(marks(handler.label, _words(handler.label, name), here) if kind == ENVIRON else NO_TAINTS, kind)
    if kind in machine.rules.source_types:
        return Opaque(type=kind)
    if handler.parameters == ("rest" if first else "first") or handler.parameters == "none":
        return Opaque(type=kind)
    if name in converted or (handler.annotations and is_converted(kind)):
        return HARMLESS
    injected = _injected(default, parameter.annotation)
    if injected is not None:
        target = machine.evaluate(injected.args[0], state) if injected.args else None
        if target is None and parameter.annotation is not None:
            target = _class_of(parameter.annotation, state)
        made = None if target is None else _provided(machine, target, handler, state)
        return Opaque(type=kind) if made is None else made
    if handler.annotations and default is None and _PROVIDED.search(kind.rpartition(".")[2]) is not None:
        return Opaque(type=kind)
    label = handler.label
    checked = _checked(parameter.annotation, default) if handler.annotations else frozenset()
    taints = marks(label, _words(label, name), here)
    if handler.annotations and parameter.annotation is not None:
        model = _class_of(parameter.annotation, state)
        if model is not None:
            return _model(machine, model, taints, state)
        if _is_literal(parameter.annotation):
            return HARMLESS
    if not kind and not handler.annotations and (handler.decorators or handler.parameters == "rest"):
        kind = "str"  # a part of the address
    return Opaque(clean(taints, checked) if checked else taints, kind if kind in _TEXTS else "")


def _written_out(annotation: ast.expr | None, state: State) -> ast.expr | None:
    """Return what an annotation stands for: `UserId = Annotated[str, Path(pattern="[a-z]+")]`."""
    if not isinstance(annotation, ast.Name):
        return annotation
    value = state.names.get(annotation.id) or state.frame.scope.find(annotation.id)
    return value.node if type(value) is Annotation else annotation


def _injected(default: ast.expr | None, annotation: ast.expr | None) -> ast.Call | None:
    """Return the call of `Depends`, as a default or in `Annotated`, that says who makes an argument."""
    metadata = annotation.slice.elts[1:] if _is_annotated(annotation) else []  # type: ignore[union-attr]
    for node in (default, *metadata):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in _INJECTED:
                return node
    return None


def _is_annotated(annotation: ast.expr | None) -> bool:
    if not isinstance(annotation, ast.Subscript) or not isinstance(annotation.slice, ast.Tuple):
        return False
    outer = annotation.value
    return (outer.attr if isinstance(outer, ast.Attribute) else getattr(outer, "id", "")) == "Annotated"


def _provided(machine: Machine, target: Value, handler: Handler, state: State) -> Value | None:
    """Return what a dependency gives: a function or a class whose parameters the framework fills as the handler's."""
    made: Value | None = None
    function = target if type(target) is Function else None
    if type(target) is Class:
        constructor = target.find("__init__")
        function = constructor if type(constructor) is Function else None
        if function is None:
            where = place(target.scope.path, target.node)
            return _model(machine, target, marks(handler.label, "a parameter of the request", where), state)
        made = machine.new(Object("instance", {}, None, target), state)
    if function is None or isinstance(function.node, ast.Lambda) or state.frame.depth > 3:
        return None
    frame = Frame(function.scope, Scope({}, function.scope.path, function.scope), owner=function.owner)
    frame.node, frame.name, frame.depth = function.node, function.node.name, state.frame.depth + 1
    inner = State(frame, {}, state.heap, state.base)
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults = [None] * (len(positional) - len(spec.defaults)) + list(spec.defaults)
    for index, (parameter, default) in enumerate(
        [*zip(positional, defaults, strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
    ):
        if made is not None and index == 0:
            inner.names[parameter.arg] = made
        else:
            inner.names[parameter.arg] = _parameter(
                machine, function, parameter, default, handler, set(), index == 0, inner
            )
    exits = functions.run(machine, function, inner)
    after = all_joined(State(frame, {}, exit.state.heap, state.base) for exit in exits)
    if after is not None:
        state.heap = after.heap
    return made or either(frame.yields or [exit.value for exit in exits])


def _checked(annotation: ast.expr | None, default: ast.expr | None) -> frozenset[str]:
    """Return the kinds that `Query(pattern="^[a-z]+$")` makes safe, as a default or in `Annotated`."""
    for root in (default, annotation):
        for node in ast.walk(root) if root is not None else ():
            for keyword in node.keywords if isinstance(node, ast.Call) else ():
                if keyword.arg in ("pattern", "regex") and isinstance(keyword.value, ast.Constant):
                    return kinds_cleaned_by(str(keyword.value.value), "search")
    return frozenset()


def _class_of(annotation: ast.expr, state: State) -> Class | None:
    node = annotation
    if isinstance(node, ast.Name):
        value = state.names.get(node.id) or state.frame.scope.find(node.id)
        return value if type(value) is Class else None
    return None


def _is_literal(annotation: ast.expr) -> bool:
    node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) == "Literal"


def _model(machine: Machine, model: Class, taints: Taints, state: State, depth: int = 0) -> Value:
    """Return the body of a request as the object that a framework makes of it."""
    if any(base.startswith("enum.") for base in model.ancestors()):
        return HARMLESS
    items: dict[str, Value] = {}
    for base in model.bases:
        if isinstance(base, Class) and depth < _DEEPEST:
            held = state.object(_model(machine, base, taints, state, depth + 1))
            items.update(held.items if held is not None else {})
    for node in model.node.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, annotation = node.target.id, _written_out(node.annotation, state) or node.annotation
            kind = annotated_type(machine, annotation, state)
            inner = _class_of(annotation, state)
            enumerated = inner is not None and any(base.startswith("enum.") for base in inner.ancestors())
            if is_converted(kind) or enumerated or _is_literal(annotation):
                items[name] = HARMLESS
            elif inner is not None and inner is not model and depth < _DEEPEST:
                items[name] = _model(machine, inner, taints, state, depth + 1)
            else:
                checked = _checked(annotation, node.value)
                text = Opaque(clean(taints, checked) if checked else taints, kind if kind in _TEXTS else "")
                items[name] = _after_validators(machine, annotation, text, state)
    made = machine.new(Object("instance", items, Opaque(taints), model), state)
    _validated(machine, model, made, state)
    return made


def _validated(machine: Machine, model: Class, made: Ref, state: State) -> None:
    """Run the validators of a model, which may raise for a field or change it."""
    for member in model.members.values():
        if type(member) is not Function or isinstance(member.node, ast.Lambda):
            continue
        for decorator in member.node.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            called = (
                decorator.func.attr if isinstance(decorator.func, ast.Attribute) else getattr(decorator.func, "id", "")
            )
            if called in ("validator", "field_validator"):
                _of_fields(machine, model, made, member, decorator, state)
            elif called == "model_validator" and any(_is_after(keyword) for keyword in decorator.keywords):
                machine.call(replace(member, receiver=made), (), state, decorator)


def _is_after(keyword: ast.keyword) -> bool:
    return keyword.arg == "mode" and isinstance(keyword.value, ast.Constant) and keyword.value.value == "after"


def _of_fields(machine: Machine, model: Class, made: Ref, member: Function, decorator: ast.Call, state: State) -> None:
    for name in [arg.value for arg in decorator.args if isinstance(arg, ast.Constant)]:
        held = state.object(made)
        old = held.items.get(name) if held is not None else None
        if held is not None and old is not None and taints_of(old):
            method = replace(member, receiver=model)
            new = machine.call(method, [old, UNKNOWN][: len(member.node.args.args) - 1], state, decorator)
            state.heap[made.id] = replace(held, items={**held.items, name: new})


def _after_validators(machine: Machine, annotation: ast.expr, value: Value, state: State) -> Value:
    """Return what `Annotated[str, AfterValidator(check)]` makes of a value."""
    metadata = annotation.slice.elts[1:] if _is_annotated(annotation) else []  # type: ignore[attr-defined]
    for node in metadata:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AfterValidator" and node.args:
            value = machine.call(machine.evaluate(node.args[0], state), [value], state, node)
    return value


def _converted(decorator: ast.expr | None) -> set[str]:
    if not isinstance(decorator, ast.Call) or not decorator.args or not isinstance(decorator.args[0], ast.Constant):
        return set()
    return {match[2] or match[3] for match in _CONVERTER.finditer(str(decorator.args[0].value))}


def _self(machine: Machine, function: Function, state: State) -> Value:
    owner = function.owner
    if owner is None or "classmethod" in decorators(function):
        return owner if owner is not None else UNKNOWN
    items: dict[str, Value] = {}
    rest: Value | None = UNKNOWN
    if getattr(function.node, "name", "") != "__init__":
        items = dict(machine.attributes_of(owner, state))
    for name, value in owner.stores.items():
        items[name] = value
    ancestors = [machine.rules.name(base) for base in owner.ancestors()]
    applies = machine.applies()
    for handler in machine.rules.handlers:
        if applies(handler.where) and handler.bases and any(_is_base(base, handler) for base in ancestors):
            where = place(function.scope.path, function.node)
            for name in handler.attributes:
                items.setdefault(name, Opaque(marks(handler.label, f"the request's `self.{name}`", where)))
            for name, kind in handler.types.items():
                items.setdefault(name, Opaque(type=kind))
    return machine.new(Object("instance", items, rest, owner), state)
