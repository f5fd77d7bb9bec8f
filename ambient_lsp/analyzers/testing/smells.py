"""Tests that prove nothing, or that fail by chance: no assertion, sleeping, clocks, the network, order, and more."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, pure
from ambient_lsp.analyzers.source import bare, code, read, statements
from ambient_lsp.analyzers.testing import flaky, void_tests
from ambient_lsp.analyzers.testing.suspects import spared
from ambient_lsp.analyzers.testing.testcode import (
    Test,
    arguments,
    called,
    captured,
    constant,
    dotted,
    is_docstring,
    method,
    only_expression,
    statement_around,
    targets,
    value_of,
)
from ambient_lsp.model import Evidence, Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source

NO_ASSERT = "AMB-TEST-NO-ASSERT"
SLEEP = "AMB-TEST-SLEEP"
CLOCK = "AMB-TEST-CLOCK"
NETWORK = "AMB-TEST-NETWORK"
ORDER = "AMB-TEST-ORDER"

_CHECKING = ("assert", "check", "verify", "expect", "should", "ensure", "raises", "warns", "fail", "match", "compare")
_CLOCKS = frozenset({"time.time", "datetime.now", "datetime.datetime.now", "datetime.utcnow", "date.today",
                     "datetime.date.today", "datetime.today"})  # fmt: skip
_FETCHERS = frozenset({f"{library}.{verb}" for library in ("requests", "httpx")
                       for verb in ("get", "post", "put", "delete", "patch", "head")}
                      | {"urllib.request.urlopen", "urlopen"})  # fmt: skip
_LOCAL = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "testserver", "{", "example.test", ".invalid")  # noqa: S104
_STANDINS = ("mock", "patch", "responses", "respx", "vcr", "httpserver", "monkeypatch", "recorder", "server", "betamax")
_SLEEPERS = frozenset({"time.sleep", "sleep"})
_CHECKS = ("call", "assert_statement", "raise_statement", "yield")
_AROUND = re.compile(r"(?:async)?(?:setup|teardown)(?:_method|_function)?$", re.IGNORECASE)
_MUTATORS = frozenset({"append", "add", "extend", "update", "insert", "pop", "remove", "clear", "setdefault"})


@pure
def find(text: str, path: str) -> list[RawFinding]:
    """Find such tests in a test file. One that does not parse, half typed, has none."""
    source = read(text)
    if source.root.has_error:
        return []
    good = spared(source)
    every = [Test(source, one) for one in source.functions if one.name.startswith("test") and not one.nested]
    tests = [one for one in every if one.body.start_byte not in good]
    if not tests:
        return []
    kept = [one for one in tests if not one.is_empty]
    helpers = _Helpers(source, every)
    found: list[RawFinding] = []
    for test in kept:
        found += _no_assertion(test, helpers)
        found += _calls(test)
    found += _order(source, path, kept)
    found += void_tests.find(source, every, kept, path)
    found += flaky.find(source, kept)
    void = {one.symbol for one in found if one.rule == void_tests.CANNOT_FAIL}
    return [one for one in found if one.rule != NO_ASSERT or one.symbol not in void]


def moody(text: str, path: str, failed: Mapping[str, str]) -> list[RawFinding]:
    """Return a finding for each test of the file that was seen to fail in another order; `failed` has what it said."""
    source = read(text)
    names: dict[str, str] = {}
    for test, said in failed.items():
        file, *parts = test.partition("[")[0].split("::")
        if file == path:
            names.setdefault(".".join(parts), said)
    found = []
    for one in source.functions:
        if one.qualname in names:
            said = names[one.qualname][:120]
            message = (
                f"`{one.qualname}` passes in the file's order, and fails in a random one{f': {said}' if said else '.'}"
            )
            test_code = Test(source, one)
            found.append(_finding(test_code, ORDER, test_code.header, message))
    return found


class _Helpers:
    """The functions of a file that check something for its tests. They are read when a test calls one of the name."""

    def __init__(self, source: Source, tests: Sequence[Test]) -> None:
        self._others: dict[str, list[Node]] = {}
        own = {one.node.id for one in tests}
        for one in source.functions:
            if one.node.id not in own:
                self._others.setdefault(one.name, []).append(one.body)
        self._known: dict[str, bool] = {}

    def __contains__(self, name: str) -> bool:
        if name not in self._known:
            self._known[name] = any(_checks(captured(body), None) for body in self._others.get(name, ()))
        return self._known[name]


def _no_assertion(test: Test, helpers: _Helpers) -> Iterator[RawFinding]:
    if not test.is_block or not any(not is_docstring(one) and not _is_empty(one) for one in statements(test.body)):
        return
    given = {code(name) for one in test.parameters for name in captured(one)["identifier"]}
    if given & {"benchmark", "snapshot", "data_regression", "file_regression"}:
        return
    if any("skip" in one or "given" in one for one in test.decorators):
        return
    ignored = _ignored(test)
    if ignored and not _checks({kind: test.every(kind) for kind in _CHECKS}, helpers):
        message = f"`{test.qualname}` asserts nothing: it {ignored}, and only shows that nothing raises."
        yield _finding(test, NO_ASSERT, test.header, message)


def _ignored(test: Test) -> str:
    """Return what a test does with a result in place of looking at it; "" where it holds none.

    A test that only calls something is often meant so: what it calls raises for what is wrong.
    """
    made: dict[str, None] = {}
    assigned: set[int] = set()
    if any(called(one) in {"print", "pprint"} and arguments(one) for one in test.own("call")):
        return "prints what it should compare"
    for assignment in test.every("assignment"):
        names, value = targets(assignment)
        assigned.update(one.id for one in names)
        if len(names) != 1 or names[0].type != "identifier" or value is None or not test.is_own(assignment):
            continue
        if bare(value).type == "call" and not code(names[0]).startswith("_"):
            made[code(names[0])] = None
    read_names = {code(one) for one in test.every("identifier") if one.id not in assigned} if made else set()
    name = next((name for name in made if name not in read_names), "")
    return f"never looks at `{name}`" if name else ""


def _is_empty(statement: Node) -> bool:
    only = only_expression(statement)
    return statement.type == "pass_statement" or (only is not None and only.type == "ellipsis")


def _checks(nodes: Mapping[str, Sequence[Node]], helpers: _Helpers | None) -> bool:
    if any(nodes[kind] for kind in _CHECKS[1:]):
        return True
    for call in nodes["call"]:
        name = method(call) or called(call)
        if any(word in name.lower() for word in _CHECKING) or (helpers is not None and name in helpers):
            return True
    return False


def _calls(test: Test) -> Iterator[RawFinding]:
    for call in test.every("call"):
        name = called(call)
        if name in _SLEEPERS:
            # What sleeps inside of it, such as a thread, stands for something slow; the test itself waits.
            slept = arguments(call)[:1] if test.is_own(call) else []
            if slept and bare(value_of(slept[0])).type in {"integer", "float"}:
                message = "A test that sleeps is slow, and fails on a slow machine; wait for the event itself."
                yield _finding(test, SLEEP, test.source.span(call), message)
        elif name in _CLOCKS and _in_equality(call):
            message = "The clock moves on between the two sides; pass the time in, or freeze it."
            yield _finding(test, CLOCK, test.source.span(call), message)
        elif name in _FETCHERS and _is_remote(call) and not _has_stand_in(test):
            message = "This test needs the network and another's server; use a stand-in."
            yield _finding(test, NETWORK, test.source.span(call), message)


def _has_stand_in(test: Test) -> bool:
    given = [one.lower() for one in (*map(code, test.parameters), *test.decorators)]
    return any(word in one for one in given for word in _STANDINS)


def _in_equality(node: Node) -> bool:
    compared = False
    for above in statement_around(node):
        if above.type == "comparison_operator":
            compared = any(one.type == "==" for one in above.children)
        if above.type == "assert_statement":
            return compared
    return False


def _is_remote(call: Node) -> bool:
    given = arguments(call)
    value = constant(value_of(given[0])) if given else None
    is_url = isinstance(value, str) and value.startswith(("http://", "https://"))
    return is_url and not any(local in str(value) for local in _LOCAL)


def _order(source: Source, path: str, tests: list[Test]) -> Iterator[RawFinding]:
    """Find a module's list or dict that one test changes and another one asserts on."""
    shared = {
        code(target)
        for statement in source.root.named_children
        if statement.type == "expression_statement"
        for assignment in statement.named_children
        if assignment.type == "assignment"
        for names, value in (targets(assignment),)
        if value is not None and bare(value).type in {"list", "dictionary", "set"}
        for target in names
        if target.type == "identifier"
    }
    shared -= _made_anew(source)
    if not shared or any("fixture" in one and "autouse" in one for one in _decorators(source)):
        return
    for test in tests:
        for node, name in _changes(test):
            if name not in shared:
                continue
            readers = [other for other in tests if other is not test and _asserts_on(other, name)]
            if readers:
                message = f"`{test.qualname}` changes `{name}`, which another test relies on: their order matters."
                evidence = tuple(Evidence(path, one.header, f"Asserts on `{name}`.") for one in readers)
                yield replace(_finding(test, ORDER, source.span(node), message), evidence=evidence)
                break


def _made_anew(source: Source) -> set[str]:
    """Return the names that a `setup_method` (`setUp`, `teardown_function`, ...) gives a new value for each test."""
    return {
        code(target)
        for one in source.functions
        if _AROUND.match(one.name)
        for assignment in Test(source, one).every("assignment")
        for target in targets(assignment)[0]
        if target.type == "identifier"
    }


def _decorators(source: Source) -> Iterator[str]:
    for one in source.functions:
        yield from Test(source, one).decorators


def _changes(test: Test) -> Iterator[tuple[Node, str]]:
    """Yield what changes a thing in a test, and its name, in order of place."""
    for node in test.every("call", "assignment"):
        if node.type == "call":
            function = node.child_by_field_name("function")
            if function is not None and method(node) in _MUTATORS:
                yield node, dotted(function.child_by_field_name("object"))
            continue
        for target in targets(node)[0]:
            if target.type == "subscript":
                yield target, dotted(target.child_by_field_name("value"))


def _asserts_on(test: Test, name: str) -> bool:
    places = [(one.start_byte, one.end_byte) for one in test.every("assert_statement")]
    return any(
        code(one) == name and any(start <= one.start_byte < end for start, end in places)
        for one in test.every("identifier")
    )


def _finding(test: Test, rule: str, span: Span, message: str) -> RawFinding:
    severity = Severity.HINT if rule == NO_ASSERT else Severity.INFORMATION
    return RawFinding(rule, span, message, severity, tags=("tests",), symbol=test.qualname)
