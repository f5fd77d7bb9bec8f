"""One file from its text to a report: which functions are worth running, and how much work is allowed."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import calls, expressions, functions, options, statements
from ambient_lsp.analyzers.taint.catalogue import Catalogue, catalogue
from ambient_lsp.analyzers.taint.handlers import handler_of, received
from ambient_lsp.analyzers.taint.imports import Late, bindings, late
from ambient_lsp.analyzers.taint.machine import Frame, Machine, OutOfBudget, Verdict
from ambient_lsp.analyzers.taint.passing import givers
from ambient_lsp.analyzers.taint.prescan import Words
from ambient_lsp.analyzers.taint.state import Scope, State
from ambient_lsp.analyzers.taint.syntax import attributes_in, forget, kept, read
from ambient_lsp.analyzers.taint.values import (
    HARMLESS_TYPES,
    PARAMETER,
    UNKNOWN,
    Class,
    Function,
    Opaque,
    Ref,
    Value,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ambient_lsp.analyzers.taint.machine import Hit, Position
    from ambient_lsp.analyzers.taint.site import Site
    from ambient_lsp.analyzers.taint.values import Place

STEPS = 400_000
"""Work allowed for one file; an expression or a statement is one step, of some microseconds."""
SECONDS = 5.0
_STEPS_OF_ONE = 30_000
_STEPS_OF_A_MODULE = 40_000
_MOST_ROOTS = 3000
_SHORT = 10
_NODE = ast.Name("?", ast.Load())
_MOST_CALLS = 120
_MOST_CALLERS = 20
_WORD = re.compile(r"[A-Za-z_]\w*")
_CALL = re.compile(r"([A-Za-z_]\w*)\(")
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([\w.]+(?:\s*,\s*[\w.]+)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one file. `unfinished` says in words what was not looked at; empty when all was.

    `verdicts` has for each sink that was reached what is known of the values in it; `values` has the values at the
    places that were asked about.
    """

    hits: Sequence[Hit] = ()
    verdicts: Mapping[Place, Verdict] = field(default_factory=dict)
    values: Mapping[Position, Value] = field(default_factory=dict)
    unfinished: str = ""


def analyze(
    text: str,
    path: str,
    modules: Mapping[str, tuple[str, str]] | None = None,
    watched: Collection[Position] = (),
    steps: int = STEPS,
    seconds: float = SECONDS,
    *,
    verdicts: bool = False,
) -> Report:
    """Return what untrusted data does in one file.

    `modules` maps dotted names of other modules of the repository to their path and text. Never raises on any text.
    `verdicts` says that they are asked for, also where there is nothing to find.
    """
    rules = catalogue()
    words = frozenset(_WORD.findall(text))
    imports = imports_of(text)
    if not watched and not _is_worthwhile(rules, words, imports):
        return Report()
    texts = [(path, text), *(modules or {}).values()]
    seen = Words(texts, imports)
    if not watched and not verdicts and not seen.may_show():
        return Report()
    try:
        tree = read(text)
    except RecursionError:
        return Report(unfinished="it is nested too deeply")
    machine = Interpreter(rules.for_imports(imports), path, modules or {}, steps, seconds)
    machine.watched = frozenset(watched)
    machine.telling = seen.telling()
    machine.taking = words & seen.taking() if seen.giving else frozenset()
    others = [other for name, (_, other) in (modules or {}).items() if name.rpartition(".")[2] in words]
    machine.giving = givers(text, others, seen.giving) if machine.taking else frozenset()
    # What is asked about a value is told the better, the more of the functions it comes from are looked into.
    machine.worth = rules.strong_words | rules.source_words if watched else machine.telling | machine.giving
    unfinished = machine.run(tree, text)
    machine.release()
    hits = sorted(machine.hits.values(), key=lambda hit: (hit.place.line, hit.place.column, hit.rule))
    return Report(hits, machine.verdicts, machine.sites, unfinished)


def imports_of(text: str) -> set[str]:
    """Return what a text imports: `a.b.c` as a, a.b and a.b.c."""
    found: set[str] = set()
    for match in _IMPORT.finditer(text):
        for name in match[1].split(","):
            parts = name.strip().split(".")
            found.update(".".join(parts[: index + 1]) for index in range(len(parts)))
    return found


def is_worthwhile(text: str) -> bool:
    """Whether anything could be found in a text, told by its words: most files can be passed over."""
    return _is_worthwhile(catalogue(), frozenset(_WORD.findall(text)), imports_of(text))


def _is_worthwhile(rules: Catalogue, words: frozenset[str], imports: set[str]) -> bool:
    """Whether anything could be found in a text with these words."""
    if not words.isdisjoint(rules.strong_words):
        return True
    if any(handler.returns and not handler.where.imports.isdisjoint(imports) for handler in rules.handlers):
        return True
    if words.isdisjoint(rules.sink_words):
        return False
    if any(handler.parameters != "none" and _may_handle(handler.where.imports, imports) for handler in rules.handlers):
        return True
    return not words.isdisjoint(rules.source_words)


def _may_handle(needed: frozenset[str], imports: set[str]) -> bool:
    return bool(needed) and not needed.isdisjoint(imports)


class Interpreter(Machine):
    """Runs one file on abstract values."""

    def __init__(
        self, rules: Catalogue, path: str, modules: Mapping[str, tuple[str, str]], steps: int, seconds: float
    ) -> None:
        super().__init__(rules, path, steps, seconds)
        self._texts = modules
        self._modules: dict[str, Scope] = {}
        self._attributes: dict[int, dict[str, Value]] = {}
        self._lines: dict[str, list[str]] = {}
        self._worth: dict[int, bool] = {}
        self._scope = Scope({}, path)
        self.telling: AbstractSet[str] = frozenset()
        self.giving: AbstractSet[str] = frozenset()
        self.taking: AbstractSet[str] = frozenset()
        self.worth: AbstractSet[str] = frozenset()
        self._floor = 0
        self._calls = self._calls_of_modules = _MOST_CALLS
        self._in_module = False
        self._spare = 0  # steps that are left beside those of the function that runs

    # ------------------------------------------------------------------------------------ what the parts ask for

    def evaluate(self, node: ast.expr, state: State) -> Value:
        """Return the value of an expression."""
        return expressions.evaluate(self, node, state)

    def execute(self, body: Sequence[ast.stmt], state: State) -> State | None:
        """Return the state after some statements."""
        return statements.execute(self, body, state)

    def call(self, callee: Value, args: Sequence[Value], state: State, node: ast.expr) -> Value:
        """Return what a call of a value gives."""
        return calls.called(self, callee, args, state, node)

    def assign(self, target: ast.expr, value: Value, state: State) -> None:
        """Do `target = value`."""
        statements.assign(self, target, value, state)

    def attribute(self, owner: Value, name: str, node: ast.expr, state: State) -> Value:
        """Return what an attribute of a value holds."""
        return expressions.attribute(self, owner, name, node, state)

    def module(self, name: str) -> Scope | None:
        """Return the names of a module of the repository, after running it."""
        name = self._known_as(name)
        known = self._modules.get(name)
        if known is not None or not self.has_module(name) or len(self._modules) >= 30:
            return known
        path, text = self._texts[name]
        scope = self._modules[name] = Scope({}, path)
        try:
            tree = read(text)
        except RecursionError:
            return scope
        self._lines[path] = text.split("\n")
        left, self.steps = self.steps, min(self.steps, _STEPS_OF_A_MODULE)
        allowed = self.steps
        defined, self.defined = self.defined, {}
        try:
            self._run_module(tree, scope)
        except (OutOfBudget, RecursionError):
            pass
        self.steps = left - (allowed - max(self.steps, 0))
        self.defined = defined
        return scope

    def has_module(self, name: str) -> bool:
        """Whether there is such a module of the repository, beside the file itself."""
        found = self._texts.get(self._known_as(name))
        return found is not None and found[0] != self.path

    def _known_as(self, name: str) -> str:
        """Return a module's name as the repository has it: a folder such as `src` is no part of it."""
        if name in self._texts:
            return name
        return next((short for short in _shorter(name) if short in self._texts), name)

    def aside(self, make: Callable[[], Value]) -> Value:
        """Do what a module's own code put off, as it would have been done there, in the middle of any function."""
        outside = self.stack, self.response, self.defined, self._floor, self._calls, self._in_module
        steps, spare = self.steps, self._spare
        if not self._in_module:
            self._calls = self._calls_of_modules
        self.stack, self.response, self.defined, self._floor, self._in_module = [], "", {}, 0, True
        self.steps, self._spare = steps + spare, 0
        try:
            return make()
        finally:
            used, calls = steps + spare - self.steps, self._calls
            self.steps, self._spare = steps - max(used - spare, 0), max(spare - used, 0)
            self.stack, self.response, self.defined, self._floor, self._calls, self._in_module = outside
            self._calls_of_modules = calls
            if self._in_module:
                self._calls = calls

    def is_worth_running(self, function: Function, site: Site) -> bool:
        """Whether a function is given untrusted data, is short, or holds words of a source or a sink."""
        self._calls -= 1
        if self.steps < self._floor or self._calls < 0:
            return False
        given = (*site.every(), *(() if function.receiver is None else (function.receiver,)))
        if any(taint.label != PARAMETER for value in given for taint in site.state.taints(value)):
            return True
        return self._has_words(function)

    def _has_words(self, function: Function) -> bool:
        known = self._worth.get(function.key)
        if known is None:
            node = function.node
            end = node.end_lineno or node.lineno
            known = end - node.lineno < _SHORT
            if not known:
                words = frozenset(_WORD.findall("\n".join(self._lines[function.scope.path][node.lineno - 1 : end])))
                known = not words.isdisjoint(self.worth)
            self._worth[function.key] = known
        return known

    def attributes_of(self, owner: Class, state: State) -> dict[str, Value]:
        """Return what the constructor of a class leaves in `self`."""
        known = self._attributes.get(owner.key)
        if known is not None:
            return known
        self._attributes[owner.key] = {}
        constructor = owner.find("__init__")
        items: dict[str, Value] = {}
        if type(constructor) is Function:
            frame = Frame(constructor.scope, Scope({}, constructor.scope.path, constructor.scope), owner=owner)
            frame.node = constructor.node
            inner = State(frame, {}, {}, self.base)
            received(self, constructor, inner)
            me = next(iter(inner.names.values()), UNKNOWN)
            exits = functions.run(self, constructor, inner)
            held = exits[0].state.object(me) if exits else None
            if held is not None:
                items = dict(held.items)
                for exit in exits:
                    self.base.update({key: value for key, value in exit.state.heap.items() if key != _id(me)})
        else:
            items = functions.declared(self, owner, state)
        changed = _changed_elsewhere(owner.node)
        items = {name: join(value, UNKNOWN) if name in changed else value for name, value in items.items()}
        items = {name: _without_parameter(value) for name, value in items.items()}
        items = {name: value for name, value in items.items() if value != UNKNOWN}
        self._attributes[owner.key] = items
        return items

    # ---------------------------------------------------------------------------------------------------- a file

    def run(self, tree: ast.Module, text: str) -> str:
        """Run a module, then each function that may hold a source or a sink; return what was left out, in words."""
        scope = self._scope
        left_out: list[str] = []
        lines = self._lines[self.path] = text.split("\n")
        self.options = options.of_parsers(tree) if "add_argument" in text else frozenset()
        self._in_module = True
        try:
            self._run_module(tree, scope)
        except Exception:  # a mistake of ours must not cost what others found in the file
            left_out.append("the module's own code")
        self._in_module, self._calls_of_modules = False, self._calls
        done: set[int] = set()
        ran: set[int] = set()
        calls = Counter(_CALL.findall(text))
        for turn in range(4):  # functions defined in functions are known once those have run
            waiting = [function for key, function in self.defined.items() if key not in done]
            if not waiting:
                break
            for function in waiting:
                may_be_called = calls[getattr(function.node, "name", "")] > 1 or function.scope.outer is not None
                if may_be_called and turn < 2 and not self._is_handler(function):
                    continue
                done.add(function.key)
                if may_be_called and function.key in self.called and not self._is_handler(function):
                    continue  # it was run with what its callers give it
                if len(done) > _MOST_ROOTS or self.steps <= 0:
                    left_out.append(f"{len(waiting)} functions")
                    break
                if not self._is_relevant(function, lines) or function.key in ran:
                    continue
                ran.add(function.key)
                before, verdicts = dict(self.hits), dict(self.verdicts)
                if not self._run_root(function):
                    left_out.append(f"`{getattr(function.node, 'name', 'lambda')}`")
                if may_be_called and len(self.hits) > len(before):
                    self._ask_callers(function, before, verdicts, ran, lines)
        if self.steps <= 0:
            return "it would take too long"
        return f"{', '.join(left_out[:3])} could not be followed to the end" if left_out else ""

    def _ask_callers(
        self,
        function: Function,
        before: dict[tuple[str, Place], Hit],
        verdicts: dict[Place, Verdict],
        ran: set[int],
        lines: list[str],
    ) -> None:
        """Run those who call a function that does harm with what any caller may give; it is as bad as what they give.

        They were not worth running before: nothing in them is a source or a sink.
        """
        new = {key: hit for key, hit in self.hits.items() if key not in before}
        name = getattr(function.node, "name", "")
        callers = [
            each
            for key, each in self.defined.items()
            if key not in ran and name in _CALL.findall(_code(each, lines)) and each.scope.path == self.path
        ]
        if not callers or any(hit.taint is None or hit.taint.label != PARAMETER for hit in new.values()):
            return
        worse, self.hits, self.verdicts = self.verdicts, before, verdicts
        for caller in callers[:_MOST_CALLERS]:
            ran.add(caller.key)
            self._run_root(caller)
        proven = {place for place, verdict in self.verdicts.items() if verdict is Verdict.SAFE}
        for key, hit in new.items():
            if function.key not in self.called or hit.place not in proven:
                self.hits.setdefault(key, hit)
                self.verdicts[hit.place] = worse.get(hit.place, Verdict.PARAMETER)

    def release(self) -> None:
        """Take apart what refers to itself: functions, classes and the names around them.

        A process that collects cycles seldom, as the workers do, would keep hundreds of such programs.
        """
        for scope in (self._scope, *self._modules.values()):
            waiting = [scope.names]
            scope.late = None
            while waiting:
                names = waiting.pop()
                values = list(names.values())
                names.clear()
                waiting += [value.members for value in values if type(value) is Class]
        self.base.clear()
        self.defined.clear()
        self._attributes.clear()
        forget()

    def _run_module(self, tree: ast.Module, scope: Scope) -> None:
        state: State | None = State(Frame(scope, scope, "<module>"), scope.names, {}, self.base)
        # What is met in a module that a function imports is told where that function is called.
        puts_off = not self.stack
        bound = bindings(tree) if puts_off else Counter()
        for statement in tree.body:
            if state is None:
                break
            before = state
            found = self._put_off(statement, scope) if puts_off else None
            # Not of names that are bound in other ways, too: which one holds, only the order tells.
            if found and all(bound[name] == 1 for name in found):
                scope.late = {**(scope.late or {}), **found}
                continue
            try:
                state = statements.execute(self, [statement], state)
            finally:
                scope.names = before.names if state is None else state.names
                self.base.update(before.heap if state is None else state.heap)

    def _put_off(self, statement: ast.stmt, scope: Scope) -> dict[str, Late] | None:
        """Return what can wait until somebody asks for its name: other modules and, in those, classes."""
        if isinstance(statement, ast.Import | ast.ImportFrom):
            return late(self, statement, scope.path)
        if isinstance(statement, ast.ClassDef) and scope is not self._scope:
            return {statement.name: Late(self, partial(self._define, statement, scope))}
        return None

    def _define(self, node: ast.ClassDef, scope: Scope) -> Value:
        state = State(Frame(scope, scope, "<module>"), scope.names, {}, self.base)
        try:
            statements.execute(self, [node], state)
        except (OutOfBudget, RecursionError):
            return UNKNOWN
        self.base.update(state.heap)
        return state.names.pop(node.name, UNKNOWN)

    def _is_relevant(self, function: Function, lines: list[str]) -> bool:
        node = function.node
        if isinstance(node, ast.Lambda):
            return False
        start = _first_line(node)
        if any(start < line <= (node.end_lineno or node.lineno) for line, _ in self.watched):
            return True
        code = _code(function, lines)
        words = frozenset(_WORD.findall(code))
        if not words.isdisjoint(self.telling) or self._is_handler(function):
            return True
        return not words.isdisjoint(self.taking) and not self.giving.isdisjoint(_CALL.findall(code))

    def _is_handler(self, function: Function) -> bool:
        state = State(Frame(function.scope, function.scope), {}, {}, self.base)
        found = handler_of(self, function, state)
        if found is None:
            return False
        # A name such as `request` says little of a function that others of the module call.
        by_name = not found[0].decorators and not found[0].bases
        return not (by_name and function.key in self.called)

    def _run_root(self, function: Function) -> bool:
        """Run a function as if anybody called it; return whether it could be finished."""
        frame = Frame(function.scope, Scope({}, function.scope.path, function.scope), owner=function.owner)
        frame.node, frame.name = function.node, getattr(function.node, "name", "lambda")
        state = State(frame, {}, {}, self.base)
        left, self.steps = self.steps, min(self.steps, _STEPS_OF_ONE)
        self._spare = left - self.steps
        self._floor, self._calls = self.steps // 3, _MOST_CALLS
        self.stack.clear()
        self.exits.clear()
        known = len(self.defined)
        try:
            received(self, function, state)
            wrapper = functions.wrapper(self, function, state)
            if wrapper is not None:
                self.response, frame.returns = frame.returns, ""
                was_called = function.key in self.called
                self.called.discard(function.key)
                callee, given = functions.given(function, wrapper, state)
                self.call(callee, given, state.copy(), ast.copy_location(_NODE, function.node))
                if function.key in self.called:
                    return True
                if was_called:
                    self.called.add(function.key)
            exits = functions.run(self, function, state)
            if len(self.defined) > known:
                for exit in exits:
                    self.base.update(exit.state.heap)
        except Exception:  # a mistake of ours must not cost what was found in other functions
            return False
        finally:
            self.steps, self._spare = max(self.steps, 0) + self._spare, 0
            self.response = ""
        return True


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1


def _code(function: Function, lines: list[str]) -> str:
    node = function.node
    return "" if isinstance(node, ast.Lambda) else "\n".join(lines[_first_line(node) : node.end_lineno])


def _shorter(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[index:]) for index in range(1, min(len(parts), 3))]


def _id(value: Value) -> int:
    return value.id if type(value) is Ref else -1


def _without_parameter(value: Value) -> Value:
    """Return what a constructor made of what some caller gave it, which says little but the type."""
    if type(value) is Opaque and value.taints and all(taint.label == PARAMETER for taint in value.taints):
        return Opaque(type="" if value.type in HARMLESS_TYPES else value.type)
    return value


@kept
def _changed_elsewhere(owner: ast.ClassDef) -> frozenset[str]:
    """Return the attributes that methods beside the constructor assign."""
    found: set[str] = set()
    for member in owner.body:
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and member.name != "__init__":
            found.update(node.attr for node in attributes_in(member) if isinstance(node.ctx, ast.Store))
    return frozenset(found)
