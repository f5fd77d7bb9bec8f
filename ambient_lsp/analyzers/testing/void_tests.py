"""Tests that can not fail: constants asserted, mocks asked for nothing, errors swallowed, names given twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.source import bare, code, statements
from ambient_lsp.analyzers.testing.testcode import (
    Test,
    arguments,
    called,
    constant,
    dotted,
    header,
    is_plain_string,
    method,
    offsets,
    only_expression,
    value_of,
)
from ambient_lsp.model import Evidence, Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source

CANNOT_FAIL = "AMB-TEST-CANNOT-FAIL"
SHADOWED = "AMB-TEST-SHADOWED"

_MOCK_CHECKS = frozenset({"assert_called", "assert_called_once", "assert_not_called"})
_CHECKS = re.compile(r"assert|raises|fail|check|verify|expect|warns")
_ABOUT_SAMENESS = re.compile(
    r"eq|same|ident|hash|reflex|determin|idempot|stable|cach|singleton|repeat|pure|compar|order|nan|copy|self"
)
_PAIRS = frozenset(
    {"assertEqual", "assertEquals", "assertIs", "assertListEqual", "assertDictEqual", "assertCountEqual"}
)
_TRUTHS = frozenset({"assertTrue", "assertFalse"})
_VALUES = frozenset({"integer", "float", "list", "dictionary", "tuple"})
_FIXED = frozenset({"identifier", "true", "false", "none", "integer", "float"})
_ALL = frozenset({"", "Exception", "BaseException", "AssertionError"})

_CONSTANT = "`{}` only asserts a constant, which holds whatever comes out: at most it shows that nothing raises."

Edit = tuple[int, int, str]


def find(source: Source, every: Sequence[Test], tests: Sequence[Test], path: str) -> Iterator[RawFinding]:
    """Find such tests among `tests`, and among `every` test of the file those that never run.

    A finding's `data["edits"]` holds the fix, where there is one: (start, end, text) by offset.
    """
    for test in tests:
        yield from _constants(test)
        yield from _swallowed(test)
        for node in test.own("assert_statement", "call", "expression_statement", "return_statement"):
            yield from _one(test, node)
    yield from _shadowed(source, every, path)


def _one(test: Test, node: Node) -> Iterator[RawFinding]:
    if node.type == "assert_statement":
        asserted = statements(node)
        pair = bare(asserted[0]) if len(asserted) == 1 else None
        parts = statements(pair) if pair is not None and pair.type == "tuple" else []
        if pair is not None and len(parts) == 2:
            # From the keyword on: `assert(False, "no")` has no blank there.
            start, end = offsets(test.source, node)
            edit = (start, end, f"assert {', '.join(map(code, parts))}")
            is_sure = _is_text(parts[1]) and "\n" not in edit[2]  # what goes over lines needs its brackets
            message = "A tuple is never false: this assertion holds whatever comes out. The comma belongs outside."
            yield _finding(test, test.source.span(node), message, [edit] if is_sure else [])
    elif node.type == "call":
        yield from _unittest_call(test, node, method(node))
    elif node.type == "expression_statement":
        only = only_expression(node)
        if only is not None and code(only.child_by_field_name("attribute")) in _MOCK_CHECKS:
            end = offsets(test.source, node)[1]
            message = f"`{code(only)}` is only named, not called, so nothing is checked."
            yield _finding(test, test.source.span(node), message, [(end, end, "()")])
    elif node.named_children and bare(node.named_children[0]).type == "comparison_operator":
        start = offsets(test.source, node)[0]
        message = "What a test returns is not looked at: this compares, and checks nothing."
        yield _finding(test, test.source.span(node), message, [(start, start + len("return"), "assert")])


def _unittest_call(test: Test, node: Node, name: str) -> Iterator[RawFinding]:
    if name not in _PAIRS and name not in _TRUTHS:
        return
    given = arguments(node)
    if called(node) != f"self.{name}" or len(given) < 2 or any(one.type.endswith("_splat") for one in given):
        return
    first, second = value_of(given[0]), value_of(given[1])
    if (
        name in _PAIRS
        and code(first) == code(second)
        and _is_plain(first)
        and not _ABOUT_SAMENESS.search(test.qualname)
    ):
        yield _finding(test, test.source.span(node), "Both sides are the same, so they are always equal.", [])
    if name in _TRUTHS and given[1].type != "keyword_argument" and bare(second).type in _VALUES:
        message = f"The second argument of `{name}` is the message, not the value to compare with."
        start = offsets(test.source, node)[0]
        is_sure = name == "assertTrue" and len(given) == 2
        fix = [(start, start + len("self.assertTrue"), "self.assertEqual")] if is_sure else []
        yield _finding(test, test.source.span(node), message, fix)


def _constants(test: Test) -> Iterator[RawFinding]:
    """Find a test whose only assertions are on constants."""
    asserts = test.every("assert_statement")
    constants = [node for node in asserts if _is_truth(statements(node)[0])]
    always = [node for node in test.every("call") if called(node) == "self.assertTrue"]
    if not constants and not always:
        return
    others = [name for name in map(called, test.every("call")) if _CHECKS.search(name.lower())]
    if constants and len(constants) == len(asserts) and not others:
        yield _finding(test, test.source.span(constants[0]), _CONSTANT.format(test.qualname), [])
    if always and len(always) == len(others) and not asserts and all(map(_asserts_constant, always)):
        yield _finding(test, test.source.span(always[0]), _CONSTANT.format(test.qualname), [])


def _asserts_constant(call: Node) -> bool:
    given = arguments(call)
    return len(given) == 1 and _is_truth(value_of(given[0]))


def _swallowed(test: Test) -> Iterator[RawFinding]:
    """Find an assertion inside a `try` whose handler takes the failure and does nothing."""
    for node in test.own("try_statement"):
        body = node.child_by_field_name("body")
        if body is None or not any(
            body.start_byte <= one.start_byte < body.end_byte for one in test.own("assert_statement")
        ):
            continue
        for handler in node.named_children:
            if handler.type == "except_clause" and _takes_all(handler) and _does_nothing(handler):
                kind = _caught(handler)
                message = "The failure of the assertion above is caught here, and the test passes all the same."
                yield _finding(test, _place(test, kind) if kind is not None else test.source.span(handler), message, [])


def _shadowed(source: Source, tests: Sequence[Test], path: str) -> Iterator[RawFinding]:
    """Find a test that a later one of the same name takes the place of, so that it never runs."""
    if len({test.qualname for test in tests}) == len(tests):
        return
    nodes = {test.node.id: test for test in tests}
    every = {test.name for test in tests}
    for body in (source.root, *(one.body for one in source.classes)):
        last: dict[str, Test] = {}
        for statement in body.named_children:
            inner = statement.child_by_field_name("definition") or statement
            test = nodes.get(inner.id)
            if test is None or (test.decorators and "overload" in test.decorators[0]):
                continue
            before = last.get(test.name)
            last[test.name] = test
            if before is None or any("skip" in one for one in before.decorators):
                continue
            number = next(count for count in range(2, 1000) if f"{test.name}_{count}" not in every)
            every.add(f"{test.name}_{number}")
            name = test.node.child_by_field_name("name") or test.node
            edit = (*offsets(source, name), f"{test.name}_{number}")
            message = f"Another test of this name comes later, so this `{test.name}` never runs."
            evidence = (Evidence(path, header(source, test.node), "This one runs in its place."),)
            fix = [] if code(before.body) == code(test.body) else [edit]
            yield RawFinding(
                SHADOWED, before.header, message, Severity.WARNING, evidence, ("tests",), before.qualname,
                data={"edits": fix},
            )  # fmt: skip


def _finding(test: Test, span: Span, message: str, fix: Sequence[Edit]) -> RawFinding:
    return RawFinding(
        CANNOT_FAIL, span, message, Severity.WARNING, (), ("tests",), test.qualname, data={"edits": list(fix)}
    )


def _caught(handler: Node) -> Node | None:
    """Return what a handler catches, as written."""
    kind = handler.child_by_field_name("value")
    return kind.named_children[0] if kind is not None and kind.type == "as_pattern" else kind


def _place(test: Test, kind: Node) -> Span:
    """Return where the names are that a handler catches, without the parentheses."""
    kind = bare(kind)
    parts = statements(kind) if kind.type == "tuple" else []
    return test.source.span(parts[0], parts[-1]) if parts else test.source.span(kind)


def _takes_all(handler: Node) -> bool:
    kind = _caught(handler)
    if kind is None:
        return True
    kind = bare(kind)
    return any(dotted(one) in _ALL for one in (statements(kind) if kind.type == "tuple" else [kind]))


def _does_nothing(handler: Node) -> bool:
    body = next((one for one in handler.named_children if one.type == "block"), None)
    if body is None or body.start_point[0] == handler.start_point[0]:
        return False
    for statement in statements(body):
        only = only_expression(statement)
        passes = statement.type in {"pass_statement", "continue_statement"}
        if not passes and (only is None or not (only.type == "ellipsis" or _prints(only))):
            return False
    return True


def _prints(node: Node) -> bool:
    return called(node) == "print"


def _is_truth(node: Node) -> bool:
    node = bare(node)
    return node.type == "true" or (node.type in {"integer", "string"} and bool(constant(node)))


def _is_text(node: Node) -> bool:
    return bare(node).type in {"string", "concatenated_string"}


def _is_plain(node: Node) -> bool:
    """Return whether it is the same each time it is read: an attribute may be made anew, and that be the question."""
    node = bare(node)
    return node.type in _FIXED or is_plain_string(node)
