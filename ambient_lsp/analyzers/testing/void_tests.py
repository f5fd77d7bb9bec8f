"""Tests that can not fail: constants asserted, mocks asked for nothing, errors swallowed, names given twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.syntax import Function, Syntax, called_name, dotted, walk, walk_scope
from ambient_lsp.analyzers.testing.suspects import is_blank
from ambient_lsp.model import Evidence, Severity
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CANNOT_FAIL = "AMB-TEST-CANNOT-FAIL"
SHADOWED = "AMB-TEST-SHADOWED"

_MOCK_CHECKS = frozenset({"assert_called", "assert_called_once", "assert_not_called"})
_ABOUT_SAMENESS = re.compile(
    r"eq|same|ident|hash|reflex|determin|idempot|stable|cach|singleton|repeat|pure|compar|order|nan|copy|self"
)
_PAIRS = frozenset(
    {"assertEqual", "assertEquals", "assertIs", "assertListEqual", "assertDictEqual", "assertCountEqual"}
)
_TRUTHS = frozenset({"assertTrue", "assertFalse"})
_ALL = frozenset({"", "Exception", "BaseException", "AssertionError"})

_CONSTANT = "`{}` only asserts a constant, which holds whatever comes out: at most it shows that nothing raises."

Edit = tuple[int, int, str]


def find(syntax: Syntax, tests: Sequence[Function], path: str) -> Iterator[RawFinding]:
    """Find such tests. A finding's `data["edits"]` holds the fix, where there is one: (start, end, text) by offset."""
    for test in tests:
        if is_blank(test):
            continue
        yield from _constants(syntax, test)
        yield from _swallowed(syntax, test)
        for node in walk_scope(test.node.body):
            yield from _one(syntax, test, node)
    yield from _shadowed(syntax, tests, path)


def _one(syntax: Syntax, test: Function, node: cst.CSTNode) -> Iterator[RawFinding]:
    lines = Lines(syntax.text)
    if isinstance(node, cst.Assert) and isinstance(node.test, cst.Tuple) and node.test.lpar and node.msg is None:
        if len(node.test.elements) == 2:
            inside = ", ".join(syntax.code(one.value) for one in node.test.elements)
            start, end = lines.offsets(syntax.span(node.test))  # without its parentheses
            edit = (syntax.text.rindex("(", 0, start + 1), syntax.text.index(")", end) + 1, inside)
            message = "A tuple is never false: this assertion holds whatever comes out. The comma belongs outside."
            yield _finding(syntax, test, node, message, [edit] if _is_text(node.test.elements[1].value) else [])
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        yield from _unittest_call(syntax, test, node, node.func.attr.value)
    elif isinstance(node, cst.Expr) and isinstance(node.value, cst.Attribute):
        if node.value.attr.value in _MOCK_CHECKS:
            end = lines.offsets(syntax.span(node))[1]
            message = f"`{syntax.code(node.value)}` is only named, not called, so nothing is checked."
            yield _finding(syntax, test, node, message, [(end, end, "()")])
    elif isinstance(node, cst.Return) and isinstance(node.value, cst.Comparison) and not test.nested:
        start = lines.offsets(syntax.span(node))[0]
        message = "What a test returns is not looked at: this compares, and checks nothing."
        yield _finding(syntax, test, node, message, [(start, start + len("return"), "assert")])


def _unittest_call(syntax: Syntax, test: Function, node: cst.Call, name: str) -> Iterator[RawFinding]:
    if dotted(node.func) != f"self.{name}" or len(node.args) < 2 or any(one.star for one in node.args):
        return
    first, second = node.args[0].value, node.args[1].value
    if name in _PAIRS and first.deep_equals(second) and _is_plain(first) and not _ABOUT_SAMENESS.search(test.qualname):
        yield _finding(syntax, test, node, "Both sides are the same, so they are always equal.", [])
    is_value = isinstance(second, cst.Integer | cst.Float | cst.List | cst.Dict | cst.Tuple)
    if name in _TRUTHS and node.args[1].keyword is None and is_value:
        message = f"The second argument of `{name}` is the message, not the value to compare with."
        start, end = Lines(syntax.text).offsets(syntax.span(node.func))
        fix = [(start, end, "self.assertEqual")] if name == "assertTrue" and len(node.args) == 2 else []
        yield _finding(syntax, test, node, message, fix)


def _constants(syntax: Syntax, test: Function) -> Iterator[RawFinding]:
    """Find a test whose only assertions are on constants."""
    asserts = [node for node in walk(test.node.body) if isinstance(node, cst.Assert)]
    constant = [node for node in asserts if _is_truth(node.test)]
    calls = [called_name(node) for node in walk(test.node.body) if isinstance(node, cst.Call)]
    always = [name for name in calls if name == "self.assertTrue"]
    others = [name for name in calls if re.search(r"assert|raises|fail|check|verify|expect|warns", name.lower())]
    if constant and len(constant) == len(asserts) and not others:
        yield _finding(syntax, test, constant[0], _CONSTANT.format(test.qualname), [])
    if always and len(always) == len(others) and not asserts:
        nodes = [node for node in walk(test.node.body) if called_name(node) == "self.assertTrue"]
        if all(isinstance(node, cst.Call) and len(node.args) == 1 and _is_truth(node.args[0].value) for node in nodes):
            yield _finding(syntax, test, nodes[0], _CONSTANT.format(test.qualname), [])


def _swallowed(syntax: Syntax, test: Function) -> Iterator[RawFinding]:
    """Find an assertion inside a `try` whose handler takes the failure and does nothing."""
    for node in walk_scope(test.node.body):
        if not isinstance(node, cst.Try) or not any(isinstance(part, cst.Assert) for part in walk_scope(node.body)):
            continue
        for handler in node.handlers:
            kinds = _names(handler.type)
            if kinds & _ALL and all(_does_nothing(one) for one in handler.body.body):
                message = "The failure of the assertion above is caught here, and the test passes all the same."
                yield _finding(syntax, test, handler, message, [], at=handler.type or handler)


def _shadowed(syntax: Syntax, tests: Sequence[Function], path: str) -> Iterator[RawFinding]:
    """Find a test that a later one of the same name takes the place of, so that it never runs."""
    if len({test.qualname for test in tests}) == len(tests):
        return
    bodies = [syntax.module.body, *(node.body.body for node in walk(syntax.module) if isinstance(node, cst.ClassDef))]
    nodes = {id(test.node): test for test in tests}
    every = {test.node.name.value for test in tests}
    for body in bodies:
        last: dict[str, Function] = {}
        for statement in body:
            test = nodes.get(id(statement))
            if test is None or (test.node.decorators and "overload" in syntax.code(test.node.decorators[0])):
                continue
            name = test.node.name.value
            before = last.get(name)
            last[name] = test
            if before is None or any("skip" in syntax.code(one) for one in before.node.decorators):
                continue
            number = next(count for count in range(2, 1000) if f"{name}_{count}" not in every)
            every.add(f"{name}_{number}")
            edit = (*Lines(syntax.text).offsets(syntax.header(test.node)), f"{name}_{number}")
            message = f"Another test of this name comes later, so this `{name}` never runs."
            evidence = (Evidence(path, syntax.header(test.node), "This one runs in its place."),)
            fix = [] if before.node.body.deep_equals(test.node.body) else [edit]
            yield RawFinding(
                SHADOWED, syntax.header(before.node), message, Severity.WARNING, evidence, ("tests",), before.qualname,
                data={"edits": fix},
            )  # fmt: skip


def _finding(
    syntax: Syntax, test: Function, node: cst.CSTNode, message: str, fix: Sequence[Edit], at: cst.CSTNode | None = None
) -> RawFinding:
    span = syntax.span(at if at is not None else node)
    return RawFinding(
        CANNOT_FAIL, span, message, Severity.WARNING, (), ("tests",), test.qualname, data={"edits": list(fix)}
    )


def _names(kind: cst.BaseExpression | None) -> set[str]:
    if kind is None:
        return {""}
    parts = [one.value for one in kind.elements] if isinstance(kind, cst.Tuple) else [kind]
    return {dotted(one) for one in parts}


def _does_nothing(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(one, cst.Pass | cst.Continue)
        or (isinstance(one, cst.Expr) and (isinstance(one.value, cst.Ellipsis) or called_name(one.value) == "print"))
        for one in statement.body
    )


def _is_truth(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Name):
        return node.value == "True"
    if isinstance(node, cst.Integer):
        return bool(node.evaluated_value)
    return isinstance(node, cst.SimpleString) and bool(node.evaluated_value)


def _is_text(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.SimpleString | cst.FormattedString | cst.ConcatenatedString)


def _is_plain(node: cst.BaseExpression) -> bool:
    """Return whether it is the same each time it is read: an attribute may be made anew, and that be the question."""
    return isinstance(node, cst.Name | cst.SimpleString | cst.Integer | cst.Float)
