"""Functions that can be called for what they return: parameters with their kinds, docstring, examples, errors."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.refactoring.flow import local_names
from ambient_lsp.analyzers.spec import docs, kinds
from ambient_lsp.analyzers.syntax import Function, Syntax, called_name, dotted, parse, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ambient_lsp.analyzers.spec.docs import Example, Raised
    from ambient_lsp.analyzers.spec.kinds import Kind
    from ambient_lsp.model import Span

OUTSIDE = frozenset({"open", "input", "exec", "eval", "print", "exit", "quit", "breakpoint", "sleep",
                     "id", "hash", "object", "globals", "locals", "vars", "__import__", "setattr",
                     "delattr"})  # fmt: skip
"""Builtins that touch the world, or tell what is other in every run."""
OUTSIDE_MODULES = frozenset({"os", "sys", "subprocess", "socket", "requests", "httpx", "urllib", "shutil", "random",
                             "time", "secrets", "uuid", "logging", "threading", "asyncio", "tempfile",
                             "signal", "atexit", "gc", "warnings", "locale", "pdb", "faulthandler", "ctypes",
                             "multiprocessing", "importlib", "inspect", "platform", "getpass", "io"})  # fmt: skip
_INSIDE = ("urllib.parse.", "os.path.join", "os.path.split", "os.path.basename", "os.path.dirname", "os.path.normpath")
_NEW_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CHANGERS = frozenset({"append", "extend", "insert", "pop", "remove", "sort", "reverse", "clear", "update", "add"})
CLOCKS = frozenset({"now", "today", "utcnow"})
"""Methods that tell the time."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `kind` is None where nothing tells it; `declared`: whether an annotation or the docstring does.

    `default` is the source of its default; "" for one that must be given. `keyword`: it can only be passed by name;
    `positional`: only by place.
    """

    name: str
    kind: Kind | None
    declared: bool
    default: str = ""
    keyword: bool = False
    positional: bool = False
    compared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """A module's public function. `raises` are exceptions that its body raises by name, `promised` those of its
    docstring, `own_errors` those that the module defines; `lazy`: it yields. `returns` is None where no annotation says
    it."""

    name: str
    span: Span
    parameters: tuple[Parameter, ...]
    returns: Kind | None
    docstring: str
    examples: tuple[Example, ...]
    raises: tuple[str, ...]
    promised: tuple[Raised, ...]
    lazy: bool = False
    calls: tuple[str, ...] = ()
    literals: tuple[str, ...] = field(default=())
    own_errors: tuple[str, ...] = ()
    about: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its name, in lower case."""
        return words_of(self.name)

    @property
    def required(self) -> tuple[Parameter, ...]:
        """The parameters that must be given."""
        return tuple(one for one in self.parameters if not one.default)

    @property
    def options(self) -> frozenset[str]:
        """The parameters that are passed by name."""
        return frozenset(one.name for one in self.parameters if one.keyword or (one.default and not one.positional))

    @property
    def declared(self) -> bool:
        """Whether annotations or the docstring say what every required parameter is."""
        return bool(self.required) and all(one.declared for one in self.required)

    def mentions(self, pattern: str) -> bool:
        """Return whether the docstring has a word of this pattern."""
        return re.search(rf"\b(?:{pattern})", self.docstring, re.IGNORECASE) is not None


def signatures(text: str) -> dict[str, Signature]:
    """Return the module's public functions that give a value and touch nothing outside, by name."""
    syntax = parse(text)
    if syntax is None:
        return {}
    aliases = _aliases(syntax.module)
    following = _docstrings_below(syntax.module)
    outside = outside_names(syntax)
    found = {}
    for function in syntax.functions:
        if is_plain(function) and function.qualname not in outside and gives(function):
            docstring = function.node.get_docstring() or following.get(function.node.name.value, "")
            found[function.qualname] = signature(syntax, function, aliases, docstring)
    return found


def outside_names(syntax: Syntax) -> frozenset[str]:
    """Return the module's names that touch the world: what comes from such modules, and functions that use it."""
    names: set[str] = set()
    for line in syntax.module.body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar):
                source = dotted(small.module) if small.module is not None else ""
                if source.split(".")[0] in OUTSIDE_MODULES and source not in {"urllib.parse", "os.path"}:
                    names |= {alias.evaluated_alias or alias.evaluated_name for alias in small.names}
    functions = [one for one in syntax.functions if not one.in_class]
    names |= {one.qualname for one in functions if touches_outside(one)}
    uses = {
        one.qualname: {called_name(node) for node in walk(one.node.body) if isinstance(node, cst.Call)}
        for one in functions
    }
    # Whatever calls one of them is one of them.
    while more := {name for name, called in uses.items() if name not in names and called & names}:
        names |= more
    return frozenset(names)


def signature(
    syntax: Syntax, function: Function, aliases: Mapping[str, cst.BaseExpression], docstring: str
) -> Signature:
    """Return what one function says of itself."""
    node, name = function.node, function.node.name.value
    shown = tuple(dict.fromkeys(docs.examples(docstring, name)))
    returns = node.returns.annotation if node.returns is not None else None
    body = list(walk_scope(node.body))
    raised = tuple(dict.fromkeys(_raised(node)))
    classes = {one.name.value for one in syntax.module.body if isinstance(one, cst.ClassDef)}
    return Signature(
        function.qualname,
        syntax.header(node),
        tuple(_parameters(syntax, function, aliases, docstring, shown)),
        kinds.of_annotation(returns, aliases) if returns is not None else None,
        docstring,
        shown,
        raised,
        docs.raised(docstring),
        lazy=any(isinstance(one, cst.Yield) for one in body),
        calls=tuple(dict.fromkeys(called_name(one) for one in body if isinstance(one, cst.Call))),
        literals=tuple(dict.fromkeys(_texts(node.body))),
        own_errors=tuple(name for name in raised if name in classes),
        about=syntax.module.get_docstring() or "",
    )


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in snake case or camel case, in lower case."""
    return tuple(re.sub(_NEW_WORD, "_", name.rpartition(".")[2]).lower().strip("_").split("_"))


def is_plain(function: Function) -> bool:
    """Return whether it is a module's own public function that is called as it is written.

    One that is named like a builtin would, imported by a test file, take that away from the other tests there.
    """
    node, name = function.node, function.node.name.value
    plain = not function.in_class and not function.nested and node.asynchronous is None and not name.startswith("_")
    plain = (
        plain
        and not hasattr(builtins, name)
        and node.params.star_kwarg is None
        and not isinstance(node.params.star_arg, cst.Param)
    )
    decorators = [dotted(one.decorator) or called_name(one.decorator) for one in node.decorators]
    return plain and all(one.rpartition(".")[2] in {"cache", "lru_cache"} for one in decorators)


def gives(function: Function) -> bool:
    """Return whether it returns or yields a value, raises, or changes what it is given."""
    names = {one.name.value for one in (*function.node.params.posonly_params, *function.node.params.params)}
    for node in walk_scope(function.node.body):
        if isinstance(node, cst.Raise | cst.Yield) or (isinstance(node, cst.Return) and node.value is not None):
            return True
        if isinstance(node, cst.AssignTarget | cst.AugAssign | cst.Element) and _root(node) in names:
            return True
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _CHANGERS:
            if dotted(node.func.value) in names:
                return True
    return False


def _root(node: cst.AssignTarget | cst.AugAssign | cst.Element) -> str:
    """Return the name whose item is set; "" for anything else."""
    target = node.value if isinstance(node, cst.Element) else node.target
    inner: cst.CSTNode = target
    while isinstance(inner, cst.Subscript):
        inner = inner.value
    return inner.value if inner is not target and isinstance(inner, cst.Name) else ""


def calls_any(function: Function, names: frozenset[str]) -> bool:
    """Return whether a function's body calls one of these names."""
    return any(called_name(node) in names for node in walk(function.node.body) if isinstance(node, cst.Call))


def touches_outside(function: Function, *, own: bool = False) -> bool:
    """Return whether it uses files, the clock, chance or the network, or sets what is not its own.

    A method may set what is its object's, with `own`.
    """
    for node in walk_scope(function.node.body):
        if isinstance(node, cst.Await | cst.Global | cst.Nonlocal):
            return True
        if isinstance(node, cst.Call):
            name = dotted(node.func)
            if name.startswith(_INSIDE):
                continue
            if name in OUTSIDE or name.split(".")[0] in OUTSIDE_MODULES or name.rpartition(".")[2] in CLOCKS:
                return True
    return not own and _sets_outside(function)


def _sets_outside(function: Function) -> bool:
    """Return whether it sets an attribute or an item of what is not its own: `sys.excepthook = f`."""
    body = function.node.body
    imported = {
        (alias.evaluated_alias or alias.evaluated_name).split(".")[0]
        for node in walk_scope(body)
        if isinstance(node, cst.Import)
        for alias in node.names
    }
    own = local_names(function.node) - imported
    for node in walk_scope(body):
        if isinstance(node, cst.AssignTarget | cst.AugAssign | cst.AnnAssign):
            target: cst.CSTNode = node.target
            while isinstance(target, cst.Attribute | cst.Subscript):
                target = target.value
            if target is not node.target and isinstance(target, cst.Name) and target.value not in own:
                return True
    return False


def _parameters(
    syntax: Syntax,
    function: Function,
    aliases: Mapping[str, cst.BaseExpression],
    docstring: str,
    shown: tuple[Example, ...],
) -> Iterator[Parameter]:
    params = function.node.params
    given = [*params.posonly_params, *params.params]
    by_place = {id(one) for one in params.posonly_params}
    for position, one in enumerate([*given, *params.kwonly_params]):
        name = one.name.value
        if function.in_class and position == 0 and name in {"self", "cls"}:
            continue
        default = syntax.code(one.default) if one.default is not None else ""
        kind, declared = None, False
        if one.annotation is not None:
            kind = kinds.of_annotation(one.annotation.annotation, aliases)
            declared = kind is not None and kind.name != "any"
            if kind is None or kind.plain.name != "any":
                yield Parameter(
                    name,
                    kind,
                    declared,
                    default,
                    position >= len(given),
                    id(one) in by_place,
                    _compared(name, function),
                )
                continue
        documented = docs.kinds_in(shown, position) or docs.kind_of(docstring, name)
        kind = documented or (kinds.of_source(default) if default else None)
        kind = kind or kinds.of_use(name, function.node.body)
        yield Parameter(
            name,
            kind,
            documented is not None,
            default,
            position >= len(given),
            id(one) in by_place,
            _compared(name, function),
        )


def _compared(name: str, function: Function) -> tuple[str, ...]:
    """Return the constants that the body compares a parameter with, and for numbers their neighbours."""
    found: list[str] = []
    for node in walk(function.node.body):
        if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
            continue
        if not isinstance(node.left, cst.Name) or node.left.value != name:
            continue
        constant = node.comparisons[0].comparator
        if isinstance(constant, cst.SimpleString):
            found.append(constant.value)
        elif isinstance(constant, cst.Integer):
            value = constant.evaluated_value
            found += [str(value), str(value - 1), str(value + 1)]
    return tuple(dict.fromkeys(found))


def _texts(body: cst.CSTNode) -> Iterator[str]:
    """Yield the signs of the body that an argument may hold: what it splits by, what it takes away."""
    for node in walk(body):
        if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, str):
            value = node.evaluated_value
            if 0 < len(value) <= 3 and value.isprintable() and not any(one.isalnum() for one in value):
                yield value


def _raised(node: cst.FunctionDef) -> Iterator[str]:
    for part in walk_scope(node.body):
        if isinstance(part, cst.Raise) and part.exc is not None:
            name = called_name(part.exc) or dotted(part.exc)
            if name:
                yield name


def _aliases(module: cst.Module) -> dict[str, cst.BaseExpression]:
    """Return the module's own names for types: `Graph = dict[str, list[str]]`."""
    found: dict[str, cst.BaseExpression] = {}
    for line in module.body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.Assign) and len(small.targets) == 1:
                target = small.targets[0].target
                if isinstance(target, cst.Name) and isinstance(small.value, cst.Subscript | cst.BinaryOperation):
                    found[target.value] = small.value
            elif isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name) and small.value is not None:
                if dotted(small.annotation.annotation).endswith("TypeAlias"):
                    found[small.target.value] = small.value
            elif isinstance(small, cst.TypeAlias):
                found[small.name.value] = small.value
    return found


def _docstrings_below(module: cst.Module) -> dict[str, str]:
    """Return texts that stand below the one public function of a module, where others have them inside."""
    functions = [one for one in module.body if isinstance(one, cst.FunctionDef) and not one.name.value.startswith("_")]
    if len(functions) != 1:
        return {}
    for line in module.body[module.body.index(functions[0]) :]:
        if isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Expr):
            value = line.body[0].value
            if isinstance(value, cst.SimpleString) and isinstance(value.evaluated_value, str):
                return {functions[0].name.value: value.evaluated_value}
    head = module.get_docstring()
    return {functions[0].name.value: head} if head else {}
