"""A call with its arguments evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

    from ambient_lsp.analyzers.taint.state import State
    from ambient_lsp.analyzers.taint.values import Value


@dataclass(slots=True)
class Site:
    """One call; never changed, but made too often for a frozen dataclass.

    `names` are those under which the rules may know what is called, the most exact first.
    `star` and `double` cover unpacked arguments that are not known one by one.
    """

    node: ast.expr
    state: State
    args: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    star: Value | None = None
    double: Value | None = None
    receiver: Value | None = None
    receiver_name: str = ""
    names: tuple[str, ...] = ()

    def on(self, receiver: Value | None) -> Site:
        """Return the call as one of a method of `receiver`."""
        return Site(
            self.node, self.state, self.args, self.keywords, self.star, self.double, receiver, self.receiver_name,
            self.names,
        )  # fmt: skip

    def named(self, *names: str) -> Site:
        """Return the call under other names."""
        return Site(
            self.node, self.state, self.args, self.keywords, self.star, self.double, self.receiver,
            self.receiver_name, names,
        )  # fmt: skip

    def argument(self, spec: int | str) -> list[Value]:
        """Return the values that a rule's argument means: a position, a name, "*", "**" or "receiver"."""
        if isinstance(spec, int):
            if spec < len(self.args):
                return [self.args[spec]]
            return [] if self.star is None else [self.star]
        if spec == "receiver":
            return [] if self.receiver is None else [self.receiver]
        if spec == "*":
            return self.every()
        if spec == "**":
            return [] if self.double is None else [self.double]
        if spec in self.keywords:
            return [self.keywords[spec]]
        return []

    def every(self) -> list[Value]:
        """Return all arguments."""
        found = [*self.args, *self.keywords.values()]
        return [*found, *(each for each in (self.star, self.double) if each is not None)]

    def first(self, position: int, name: str) -> Value | None:
        """Return an argument that can be given by position or by name."""
        return next(iter([*self.argument(position), *self.argument(name)]), None)
