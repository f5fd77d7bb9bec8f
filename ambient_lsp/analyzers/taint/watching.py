"""Calls of other packages with the values that really arrive there: through constants, tables, wrappers and objects.

The same abstract machine that follows untrusted data runs the file with usual values instead: a parameter that nobody
gives holds its default. What it meets is told in plain values, which outlive the machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint.catalogue import catalogue
from ambient_lsp.analyzers.taint.engine import Interpreter, imports_of
from ambient_lsp.analyzers.taint.syntax import place, read
from ambient_lsp.analyzers.taint.values import HARMLESS_TYPES, Const, Function, Opaque, Symbol, options

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping, Sequence

    from ambient_lsp.analyzers.taint.catalogue import Catalogue
    from ambient_lsp.analyzers.taint.site import Site
    from ambient_lsp.analyzers.taint.state import State
    from ambient_lsp.analyzers.taint.values import Place, Value

    Wanted = Callable[[str], bool]

_STEPS = 30_000
_SECONDS = 0.5
_MOST_MET = 400
_DEEPEST = 4
_MOST_ITEMS = 60
_WORD = re.compile(r"[A-Za-z_]\w*")
_ENVIRONMENT = frozenset({"os.getenv", "os.environ.get", "*.getenv"})


@dataclass(frozen=True, slots=True)
class Known:
    """One value that may arrive: a constant, or something that goes by a dotted name, `()` standing for a call.

    `prefix` is how a text surely begins whose rest is numbers. Items of a container that are not constants are `Known`.
    """

    constant: bool
    value: Any = None
    name: str = ""
    prefix: str = ""


UNSURE = Known(False)
Alternatives = tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Met:
    """A call, or an assignment to an attribute with its value as the only argument. `whole`: no other arguments."""

    place: Place
    names: tuple[str, ...]
    args: tuple[Alternatives, ...]
    keywords: Mapping[str, Alternatives]
    whole: bool


def watch(
    text: str, path: str, wanted: Wanted, lines: Sequence[int], modules: Mapping[str, tuple[str, str]] | None = None
) -> list[Met]:
    """Return the calls and assignments that are `wanted` by a name, run so that those at `lines` are reached.

    Never raises on any text, and takes bounded time: what is not reached in it is not told.
    """
    try:
        tree = read(text)
    except RecursionError:
        return []
    rules = catalogue().for_imports(imports_of(text))
    watcher = _Watcher(rules, path, modules or {}, wanted, _reaching(text, lines))
    watcher.watched = frozenset((line, -1) for line in lines)
    watcher.run(tree, text)
    watcher.release()
    return watcher.met


def _reaching(text: str, lines: Sequence[int]) -> frozenset[str]:
    """Return the names of the functions, classes and variables that the lines belong to."""
    rows = text.split("\n")
    found: set[str] = set()
    for number in lines:
        row = rows[number - 1] if number <= len(rows) else ""
        target = re.match(r"\s*(?:self\.)?(\w+)\s*(?::[^=]+)?=[^=]", row)
        if target is not None:
            found.add(target[1])
        indent = len(row) - len(row.lstrip())
        for above in range(number - 1, max(0, number - 400), -1):
            head = rows[above - 1]
            start = re.match(r"(\s*)(?:async\s+def|def|class|(\w+)\s*=\s*[\[{(]?\s*$)\s*(\w*)", head)
            if start is not None and head.strip() and len(start[1]) < indent:
                found.add(start[3] or start[2] or "")
                indent = len(start[1])
            if not indent:
                break
    return frozenset(found - {"", "__init__", "__call__"})


class _Watcher(Interpreter):
    """Runs one file, and notes what is wanted."""

    def __init__(
        self,
        rules: Catalogue,
        path: str,
        modules: Mapping[str, tuple[str, str]],
        wanted: Wanted,
        reaching: frozenset[str],
    ) -> None:
        super().__init__(rules, path, modules, _STEPS, _SECONDS)
        self.usual = True
        self.met: list[Met] = []
        self._wanted = wanted
        self._reaching = reaching
        self._near: dict[int, bool] = {}

    def see(self, node: ast.AST, value: Value) -> None:
        """Positions are only lines here, at which nobody asks for a value."""

    def meet(self, site: Site) -> Value | None:
        """Note a call that is wanted. What the environment may say otherwise is what the program says itself."""
        default = site.first(1, "default")
        if type(default) is Const and site.names and _reads_environment(site):
            return default
        if site.names[:1] == ("tempfile.gettempdir",):
            return Const("/tmp")  # noqa: S108
        self._note(site.names, site.node, site.args, site.keywords, site.state, site.star is site.double is None)
        return None

    def meet_attribute(self, node: ast.Attribute, owner: Value, value: Value, state: State) -> None:
        """Note an assignment that is wanted."""
        held = state.object(owner)
        owners = [owner.type] if type(owner) is Opaque else [held.type] if held is not None else []
        owners += held.owner.ancestors() if held is not None and held.owner is not None else []
        owners += [owner.name] if type(owner) is Symbol else []
        names = tuple(f"{self.rules.name(each)}.{node.attr}" for each in owners if each)
        self._note(names, node, (value,), {}, state, True)

    def is_worth_running(self, function: Function, site: Site) -> bool:
        """Whether a function is short, or near to what is asked about."""
        return self._calls_left() and (self._is_short(function) or self._is_near(function))

    def _calls_left(self) -> bool:
        self._calls -= 1
        return self.steps >= self._floor and self._calls >= 0

    @staticmethod
    def _is_short(function: Function) -> bool:
        return (function.node.end_lineno or function.node.lineno) - function.node.lineno < 10

    def _is_relevant(self, function: Function, lines: list[str]) -> bool:
        return self._is_near(function)

    def _is_near(self, function: Function) -> bool:
        known = self._near.get(function.key)
        if known is None:
            node = function.node
            end = node.end_lineno or node.lineno
            rows = self._lines.get(function.scope.path, [])[node.lineno - 1 : end]
            known = any(node.lineno <= line <= end for line, _ in self.watched)
            known = known or not self._reaching.isdisjoint(_WORD.findall("\n".join(rows)))
            self._near[function.key] = known
        return known

    def _note(
        self,
        names: tuple[str, ...],
        node: ast.AST,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        state: State,
        whole: bool,
    ) -> None:
        path = state.frame.scope.path
        if len(self.met) >= _MOST_MET or not any(map(self._wanted, names)):
            return
        given = tuple(_alternatives(value, state) for value in args)
        named = {key: _alternatives(value, state) for key, value in keywords.items()}
        where = self.here(place(path, node))
        if where.path == self.path:
            self.met.append(Met(where, names, given, named, whole))


def _reads_environment(site: Site) -> bool:
    owner = site.receiver
    if type(owner) is Opaque and any(taint.label == "environment" for taint in owner.taints):
        return site.names[0].rpartition(".")[2] == "get"
    return site.names[0] in _ENVIRONMENT


def _alternatives(value: Value, state: State) -> Alternatives:
    return tuple(_plain(option, state, 0) for option in options(value))


def _plain(value: Value, state: State, depth: int) -> Known:
    """Return a value in plain words; what is in a container only where there are no two ways."""
    if type(value) is Const:
        return Known(True, value.value)
    if type(value) is Symbol:
        return Known(False, name=value.name)
    if type(value) is Opaque:
        numbers = value.type in HARMLESS_TYPES and not value.taints
        return Known(False, name=f"{value.type}()" if value.type else "", prefix=value.prefix if numbers else "")
    held = state.object(value)
    if held is None or depth > _DEEPEST or held.kind not in ("list", "tuple", "set", "dict"):
        return UNSURE
    if len(held.items) > _MOST_ITEMS or (held.rest is not None and held.kind != "dict"):
        return UNSURE
    items = {key: _plain(item, state, depth + 1) for key, item in held.items.items()}
    if held.kind == "dict":
        return Known(True, {key: item.value if item.constant else item for key, item in items.items()})
    return Known(True, [item.value if item.constant else item for item in items.values()])
