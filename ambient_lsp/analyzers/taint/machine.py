"""What the parts of the abstract machine share: the budget, the running function, the modules, and what was found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import IntEnum
from time import thread_time
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.values import Opaque, Place, Ref, Step, Taint, Taints, Value, join

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Sequence

    from ambient_lsp.analyzers.taint.catalogue import Applies, Catalogue, Source
    from ambient_lsp.analyzers.taint.site import Site
    from ambient_lsp.analyzers.taint.state import Object, Scope, State
    from ambient_lsp.analyzers.taint.values import Class, Function

Position = tuple[int, int]


class OutOfBudget(Exception):
    """The work allowed for one piece of code is used up."""


class Verdict(IntEnum):
    """What is known of the values in a sink; the worst of several counts."""

    SAFE = 0
    UNKNOWN = 1
    PARAMETER = 2
    TAINTED = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """Untrusted data in a sink, or a weak value. `place` is where it is reported."""

    rule: str
    kind: str
    level: str
    place: Place
    sink: Step
    taint: Taint | None
    message: str = ""


@dataclass(slots=True)
class Exit:
    """One way out of a function: what it returns, the expression that says so, and the state there."""

    value: Value
    expression: ast.expr | None
    state: State


@dataclass(slots=True)
class Loop:
    """The states in which a loop was left early, or its next turn begun."""

    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)


@dataclass(slots=True)
class Frame:
    """A running function or module. `scope` has the names around it, `local` its own, for functions defined in it."""

    scope: Scope
    local: Scope
    name: str = ""
    depth: int = 0
    owner: Class | None = None
    node: ast.AST | None = None
    returns: str = ""
    exits: list[Exit] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    paused: dict[str, Value] | None = None  # the names of a generator where it last gave a value
    loops: list[Loop] = field(default_factory=list)
    raised: list[list[State]] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    in_class: bool = False
    given: dict[str, tuple[ast.expr, Frame]] = field(default_factory=dict)  # for parameters, and by whom


class Machine(ABC):
    """One analysis of one file. The abstract methods are how the parts call each other."""

    def __init__(self, rules: Catalogue, path: str, steps: int, seconds: float) -> None:
        self.rules = rules
        self.path = path
        self.steps = steps
        self.deadline = thread_time() + seconds
        self.hits: dict[tuple[str, Place], Hit] = {}
        self.sites: dict[Position, Value] = {}
        self.watched: frozenset[Position] = frozenset()
        self.stack: list[tuple[Function, Place]] = []
        self.exits: dict[int, tuple[Function, list[Exit]]] = {}
        self.paused: dict[int, tuple[Function, dict[str, Value]]] = {}  # by the calls that made the generators
        self.base: dict[int, Object] = {}
        self.defined: dict[int, Function] = {}
        self.stars: list[str] = []
        self.called: set[int] = set()
        self.methods: dict[str, list[Class]] = {}  # the classes of the program by the names of their methods
        self.told = False  # whether any test was of an item, such as `request.args.get("x")`
        self.options: frozenset[str] = frozenset()  # those of the command line that hold no text of the user's own
        self.response = ""
        self.usual = False  # whether parameters that nobody gives hold their defaults
        self.contents: dict[Value, Taints] = {}
        self.responses: dict[tuple[int, str], tuple[str, Place]] = {}
        self.verdicts: dict[Place, Verdict] = {}
        self._next = 0

    @abstractmethod
    def evaluate(self, node: ast.expr, state: State) -> Value:
        """Return the value of an expression; `state` changes with what it does."""

    @abstractmethod
    def execute(self, body: Sequence[ast.stmt], state: State) -> State | None:
        """Return the state after some statements; None where control never gets there."""

    @abstractmethod
    def call(self, callee: Value, args: Sequence[Value], state: State, node: ast.expr) -> Value:
        """Return what a call of a value gives."""

    @abstractmethod
    def assign(self, target: ast.expr, value: Value, state: State) -> None:
        """Do `target = value`."""

    @abstractmethod
    def attribute(self, owner: Value, name: str, node: ast.expr, state: State) -> Value:
        """Return what an attribute of a value holds."""

    @abstractmethod
    def is_worth_running(self, function: Function, site: Site) -> bool:
        """Whether running a function of the program with these arguments could show anything."""

    @abstractmethod
    def attributes_of(self, owner: Class, state: State) -> dict[str, Value]:
        """Return what the constructor of a class leaves in `self`."""

    @abstractmethod
    def module(self, name: str) -> Scope | None:
        """Return the names of a module of the repository; None for any other."""

    @abstractmethod
    def has_module(self, name: str) -> bool:
        """Whether there is such a module of the repository, beside the file itself."""

    @abstractmethod
    def aside(self, make: Callable[[], Value]) -> Value:
        """Do what a module's own code put off, as it would have been done there, in the middle of any function."""

    def meet(self, site: Site) -> Value | None:
        """Look at a call of something outside the program; return what it gives, where that is known better here."""
        return None

    def meet_attribute(self, node: ast.Attribute, owner: Value, value: Value, state: State) -> None:
        """Look at the assignment `owner.name = value`."""
        return

    def spend(self, steps: int = 1) -> None:
        """Use up some of the budget. Raises `OutOfBudget`."""
        left = self.steps = self.steps - steps
        if left < 0 or (not left & 255 and thread_time() > self.deadline):
            raise OutOfBudget

    def serial(self) -> int:
        """Return a number that was not used before."""
        self._next += 1
        return self._next

    def new(self, made: Object, state: State) -> Ref:
        """Put an object on the heap."""
        ref = Ref(self.serial())
        state.heap[ref.id] = made
        return ref

    def applies(self, receiver: str = "") -> Callable[[Applies], bool]:
        """Return what tells whether a rule is for a receiver of this name. All of `rules` are for this file."""
        if not receiver:
            return _for_any

        def test(where: Applies) -> bool:
            if where.receiver is None:
                return True
            return any(where.receiver.search(name) for name in (receiver, receiver.rpartition(".")[2]))

        return test

    def see(self, node: ast.AST, value: Value) -> None:
        """Remember the value of a place that somebody asked about."""
        position = (node.lineno, node.col_offset)  # type: ignore[attr-defined]
        if position in self.watched:
            known = self.sites.get(position)
            self.sites[position] = value if known is None else join(known, value)

    def here(self, place: Place) -> Place:
        """Return where in the analyzed file something is reported that may happen in another one."""
        if place.path == self.path:
            return place
        return next((call for _, call in reversed(self.stack) if call.path == self.path), place)

    def report(self, hit: Hit) -> None:
        """Keep what was found; the worst of several for one place."""
        key = (hit.rule, hit.place)
        known = self.hits.get(key)
        if known is None or LEVELS.index(hit.level) > LEVELS.index(known.level):
            self.hits[key] = hit


def _for_any(where: Applies) -> bool:
    return where.receiver is None or where.receiver.search("") is not None


LEVELS = ("low", "medium", "high", "critical")


def tainted(source: Source, place: Place) -> Opaque:
    """Return the value that a source gives."""
    return Opaque(marks(source.label, source.what, place), source.type)


def marks(label: str, what: str, place: Place) -> Taints:
    """Return the marks of data that comes in at a place."""
    return frozenset({Taint(label, Step(place, what))})
