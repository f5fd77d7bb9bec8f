"""Which variables a piece of a function reads and binds, and which are surely bound when it starts.

The answers lean to the safe side: a name counts as bound after a statement only if every way through it binds it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.syntax import called_name, children, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)

Bound = frozenset[str]


@dataclass(slots=True)
class Names:
    """Variables that a piece of code reads and binds."""

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Flow:
    """One pass over statements. `before` has what is bound when a statement starts, `early` what is read unbound."""

    before: dict[cst.CSTNode, Bound] = field(default_factory=dict)
    early: set[str] = field(default_factory=set)

    def through(self, body: Iterable[cst.CSTNode], bound: Bound | None) -> Bound | None:
        """Follow statements from `bound`; return what is bound behind them, None where control never gets."""
        for statement in body:
            if bound is None:
                return None
            self.before[statement] = bound
            bound = self._step(statement, bound)
        return bound

    def _suite(self, suite: cst.CSTNode | None, bound: Bound | None) -> Bound | None:
        if suite is None:
            return bound
        if isinstance(suite, cst.IndentedBlock | cst.SimpleStatementSuite):
            return self.through(suite.body, bound)
        if isinstance(suite, cst.If):
            return None if bound is None else self._step(suite, bound)
        if isinstance(suite, cst.Else | cst.Finally | cst.ExceptHandler | cst.ExceptStarHandler):
            return self._suite(suite.body, bound)
        return bound

    def _step(self, statement: cst.CSTNode, bound: Bound) -> Bound | None:
        if isinstance(statement, cst.SimpleStatementLine):
            after: Bound | None = bound
            for small in statement.body:
                after = None if after is None else self._step(small, after)
            return after
        if isinstance(statement, cst.If):
            bound = self._read(statement.test, bound)
            yes = self._suite(statement.body, bound)
            return _join(yes, self._suite(statement.orelse, bound))
        if isinstance(statement, cst.For):
            bound = self._read(statement.iter, bound)
            targets = Names()
            _target(statement.target, targets)
            self._need(targets.reads, bound)
            self._suite(statement.body, bound | targets.writes)
            self._suite(statement.orelse, bound)
            return bound
        if isinstance(statement, cst.While):
            bound = self._read(statement.test, bound)
            self._suite(statement.body, bound)
            self._suite(statement.orelse, bound)
            return bound
        if isinstance(statement, cst.With):
            return self._with(statement, bound)
        if isinstance(statement, cst.Try | cst.TryStar):
            return self._try(statement, bound)
        if isinstance(statement, cst.Match):
            bound = self._read(statement.subject, bound)
            for case in statement.cases:
                captured = bound | _captures(case.pattern)
                if case.guard is not None:
                    captured = self._read(case.guard, captured)
                self._suite(case.body, captured)
            return bound
        if isinstance(statement, cst.FunctionDef | cst.ClassDef):
            return bound | {statement.name.value}
        bound = self._read(statement, bound)
        return None if isinstance(statement, cst.Return | cst.Raise | cst.Break | cst.Continue) else bound

    def _with(self, statement: cst.With, bound: Bound) -> Bound | None:
        quiet = True
        for item in statement.items:
            bound = self._read(item, bound)
            quiet = quiet and called_name(item.item) == "open"
        after = self._suite(statement.body, bound)
        # Another context manager may swallow an exception and leave the body half done.
        return after if quiet else bound

    def _try(self, statement: cst.Try | cst.TryStar, bound: Bound) -> Bound | None:
        after = self._suite(statement.orelse, self._suite(statement.body, bound))
        for handler in statement.handlers:
            inside = bound
            if handler.type is not None:
                inside = self._read(handler.type, inside)
            if handler.name is not None and isinstance(handler.name.name, cst.Name):
                inside |= {handler.name.name.value}
            after = _join(after, self._suite(handler.body, inside))
        last = self._suite(statement.finalbody, bound) if statement.finalbody else bound
        return None if after is None or last is None else after | last

    def _read(self, node: cst.CSTNode, bound: Bound) -> Bound:
        names = names_in([node])
        self._need(names.reads, bound)
        return bound | names.writes

    def _need(self, reads: set[str], bound: Bound) -> None:
        self.early |= reads - bound


def names_in(nodes: Iterable[cst.CSTNode]) -> Names:
    """Return the variables that these nodes read and bind; those of comprehensions and lambdas stay inside."""
    names = Names()
    for node in nodes:
        _collect(node, names)
    return names


def local_names(function: cst.FunctionDef) -> frozenset[str]:
    """Return a function's own variables, its parameters first of all; not those it declares global or nonlocal."""
    names = names_in([function.body])
    declared = {
        item.name.value
        for node in walk_scope(function.body)
        if isinstance(node, cst.Global | cst.Nonlocal)
        for item in node.names
    }
    return (frozenset(names.writes) | parameter_names(function)) - declared


def parameter_names(function: cst.FunctionDef) -> frozenset[str]:
    """Return the names of all parameters."""
    return frozenset(node.name.value for node in walk(function.params) if isinstance(node, cst.Param))


def free_reads(nodes: Iterable[cst.CSTNode]) -> set[str]:
    """Return every name in these nodes that could be a read, inside nested functions too."""
    return {
        part.value for node in nodes for part in walk(node) if isinstance(part, cst.Name)
    }  # attributes and keywords too: more reads are the safe side


def _collect(node: cst.CSTNode, names: Names) -> None:
    if isinstance(node, cst.Name):
        names.reads.add(node.value)
    elif isinstance(node, cst.Attribute):
        _collect(node.value, names)
    elif isinstance(node, cst.Arg):
        _collect(node.value, names)
    elif isinstance(node, _COMPREHENSIONS):
        _comprehension(node, names)
    elif isinstance(node, cst.Lambda):
        inside = names_in([node.body])
        parameters = {part.name.value for part in walk(node.params) if isinstance(part, cst.Param)}
        names.reads |= inside.reads - parameters
        for part in walk(node.params):
            if isinstance(part, cst.Param) and part.default is not None:
                _collect(part.default, names)
    elif isinstance(node, cst.FunctionDef | cst.ClassDef):
        names.writes.add(node.name.value)
        names.reads |= free_reads([node.body])
    elif isinstance(node, cst.AssignTarget | cst.NamedExpr | cst.For):
        _target(node.target, names)
        for child in children(node):
            if child is not node.target:
                _collect(child, names)
    elif isinstance(node, cst.AnnAssign):
        if node.value is not None:
            _collect(node.value, names)
        _target(node.target, names)
    elif isinstance(node, cst.AugAssign):
        _collect(node.target, names)
        _collect(node.value, names)
        _target(node.target, names)
    elif isinstance(node, cst.AsName):
        _target(node.name, names)
    elif isinstance(node, cst.ImportAlias):
        names.writes.add(_imported(node))
    elif isinstance(node, cst.MatchCase):
        names.writes |= _captures(node.pattern)
        for child in children(node):
            _collect(child, names)
    elif isinstance(node, cst.Global | cst.Nonlocal | cst.MatchAs | cst.MatchStar | cst.Annotation):
        return
    else:
        for child in children(node):
            _collect(child, names)


def _comprehension(node: cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp, names: Names) -> None:
    inside, targets = Names(), Names()
    part: cst.CompFor | None = node.for_in
    while part is not None:
        _target(part.target, targets)
        _collect(part.iter, inside)
        for condition in part.ifs:
            _collect(condition.test, inside)
        part = part.inner_for_in
    if isinstance(node, cst.DictComp):
        _collect(node.key, inside)
        _collect(node.value, inside)
    else:
        _collect(node.elt, inside)
    # The first iterable is evaluated outside; a name that is both a target and read there is a read all the same.
    first = names_in([node.for_in.iter])
    names.reads |= first.reads | (inside.reads - targets.writes) | targets.reads
    names.writes |= inside.writes


def _target(node: cst.CSTNode, names: Names) -> None:
    if isinstance(node, cst.Name):
        names.writes.add(node.value)
    elif isinstance(node, cst.Tuple | cst.List):
        for element in node.elements:
            _target(element.value, names)
    elif isinstance(node, cst.StarredElement):
        _target(node.value, names)
    else:
        _collect(node, names)


def _captures(pattern: cst.CSTNode) -> set[str]:
    found: set[str] = set()
    for node in walk(pattern):
        if isinstance(node, cst.MatchAs | cst.MatchStar) and node.name is not None:
            found.add(node.name.value)
        elif isinstance(node, cst.MatchMapping) and node.rest is not None:
            found.add(node.rest.value)
    return found


def _imported(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    first: cst.BaseExpression = alias.name
    while isinstance(first, cst.Attribute):
        first = first.value
    return first.value if isinstance(first, cst.Name) else ""


def _join(one: Bound | None, other: Bound | None) -> Bound | None:
    if one is None:
        return other
    if other is None:
        return one
    return one & other


def index_of(statement: cst.CSTNode, body: Sequence[cst.CSTNode]) -> int:
    """Return where a statement stands in a block, by identity; -1 where it does not."""
    return next((position for position, one in enumerate(body) if one is statement), -1)
