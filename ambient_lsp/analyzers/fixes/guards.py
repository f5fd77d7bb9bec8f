"""`assert user.is_admin` becomes a test that `python -O` leaves in, with the error that the file's framework has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import code_of
from ambient_lsp.analyzers.fixes.scopes import within
from ambient_lsp.analyzers.fixes.site import Change, Source, dotted
from ambient_lsp.analyzers.vocabulary import words
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from ambient_lsp.model import Span

_TITLE = "Guard with a test that is always there"
_OPPOSITE: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.Equal: cst.NotEqual, cst.NotEqual: cst.Equal, cst.In: cst.NotIn, cst.NotIn: cst.In,
    cst.Is: cst.IsNot, cst.IsNot: cst.Is,
}  # fmt: skip
_CATCHES = frozenset({"OSError", "IOError", "EnvironmentError", "PermissionError", "ValueError", "PermissionDenied"})


def guarded(source: Source, span: Span) -> Change | None:
    """Return `if not ...: raise` for an assert; None where somebody waits for the `AssertionError`."""
    line = source.around(span, cst.SimpleStatementLine)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    check = line.body[0]
    if not isinstance(check, cst.Assert) or "\n" in code_of(check):
        return None
    if _is_of_the_program(check.test):
        return None
    error, imports = _error(source, check.test)
    handlers = _handlers(source, line)
    if handlers is None:
        return None
    given = "" if check.msg is None else f"({code_of(check.msg)})"
    new = cst.parse_statement(f"if {_refused(check.test)}:\n{source.module.default_indent}raise {error}{given}\n")
    assert isinstance(new, cst.If)  # noqa: S101  # it was written as one in the line above
    nodes: dict[cst.CSTNode, cst.CSTNode] = {line: new.with_changes(leading_lines=_leading(line))}
    nodes.update({handler: cst.Name(error) for handler in handlers})
    return Change(
        _TITLE,
        f"A refusal is a `{error}` now, and no `AssertionError`; `python -O` leaves it in.",
        RiskLevel.MEDIUM,
        nodes,
        imports,
    )


def _is_of_the_program(test: cst.BaseExpression) -> bool:
    """Whether an assert says what the program itself takes for granted, and not what somebody may do."""
    if isinstance(test, cst.Comparison):
        return any(code_of(one.comparator) == "None" for one in test.comparisons)
    return isinstance(test, cst.Call) and bool(words(dotted(test.func)) & _STATES)


_STATES = frozenset("available ready open opened closed started running initialized connected isinstance callable "
                    "hasattr issubclass locked".split())  # fmt: skip


def _leading(line: cst.SimpleStatementLine) -> list[cst.EmptyLine]:
    """Return the lines above, and a comment at the end of the line as one more of them."""
    comment = line.trailing_whitespace.comment
    return [*line.leading_lines, *([cst.EmptyLine(comment=comment)] if comment is not None else [])]


def _refused(test: cst.BaseExpression) -> str:
    """Return the opposite of a test. An order has none that is as sure: nothing is below or above NaN."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return code_of(test.expression)
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        only = test.comparisons[0]
        opposite = _OPPOSITE.get(type(only.operator))
        if opposite is not None:
            return code_of(test.with_changes(comparisons=[only.with_changes(operator=opposite())], lpar=[], rpar=[]))
    plain = isinstance(test, cst.Name | cst.Attribute | cst.Call | cst.Subscript) or test.lpar
    return f"not {code_of(test)}" if plain else f"not ({code_of(test)})"


def _error(source: Source, test: cst.BaseExpression) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what is raised: a wrong number is a `ValueError`, anything else a refusal; Django has its own, a 403."""
    ordered = isinstance(test, cst.Comparison) and all(
        isinstance(one.operator, cst.LessThan | cst.LessThanEqual | cst.GreaterThan | cst.GreaterThanEqual)
        for one in test.comparisons
    )
    if ordered:
        return "ValueError", ()
    if "django" in {name.partition(".")[0] for name in source.imported.values()}:
        return "PermissionDenied", (("django.core.exceptions", "PermissionDenied"),)
    return "PermissionError", ()


def _handlers(source: Source, line: cst.SimpleStatementLine) -> list[cst.CSTNode] | None:
    """Return the names in handlers around the assert that wait for its error; None where that is not all there is."""
    found: list[cst.CSTNode] = []
    below: cst.CSTNode = line
    above = source.parents.get(line)
    while above is not None and not isinstance(above, cst.FunctionDef):
        if isinstance(above, cst.Try) and below is above.body:
            for handler in above.handlers:
                caught = {dotted(one).rpartition(".")[2] for one in within(handler.type)} if handler.type else set()
                if caught & _CATCHES:
                    return None  # it would catch the new error too
                if "AssertionError" in caught:
                    if not isinstance(handler.type, cst.Name) or _asserts(above.body) != 1:
                        return None
                    found.append(handler.type)
        below, above = above, source.parents.get(above)
    waited_for = [one for one in source.ranges if isinstance(one, cst.Name) and one.value == "AssertionError"]
    return found if len(waited_for) == len(found) else None


def _asserts(body: cst.BaseSuite) -> int:
    """Count what may raise an `AssertionError` in plain sight."""
    return sum(isinstance(one, cst.Assert) for one in within(body))
