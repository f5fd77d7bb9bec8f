"""Tests that prove nothing, or that fail by chance: no assertion, sleeping, clocks, the network, order, and more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.base import RawFinding, pure
from ambient_lsp.analyzers.syntax import Function, Syntax, called_name, dotted, is_docstring, parse, walk, walk_scope
from ambient_lsp.analyzers.testing import flaky, void_tests
from ambient_lsp.analyzers.testing.suspects import is_blank, suspects
from ambient_lsp.model import Evidence, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
_AROUND = re.compile(r"(?:async)?(?:setup|teardown)(?:_method|_function)?$", re.IGNORECASE)
_MUTATORS = frozenset({"append", "add", "extend", "update", "insert", "pop", "remove", "clear", "setdefault"})


@pure
def find(text: str, path: str) -> list[RawFinding]:
    """Find such tests in a test file."""
    syntax = suspects(text)
    if syntax is None:
        return []
    tests = [one for one in syntax.functions if one.node.name.value.startswith("test") and not one.nested]
    helpers = {
        one.node.name.value for one in syntax.functions if one not in tests and _checks(one.node.body, frozenset())
    }
    found: list[RawFinding] = []
    kept = [one for one in tests if not is_blank(one)]
    for test in kept:
        found += _no_assertion(syntax, test, frozenset(helpers))
        found += _calls(syntax, test)
    found += _order(syntax, path, kept)
    found += void_tests.find(syntax, tests, path)
    found += flaky.find(syntax, kept)
    void = {one.symbol for one in found if one.rule == void_tests.CANNOT_FAIL}
    return [one for one in found if one.rule != NO_ASSERT or one.symbol not in void]


def moody(text: str, path: str, failed: Mapping[str, str]) -> list[RawFinding]:
    """Return a finding for each test of the file that was seen to fail in another order; `failed` has what it said."""
    syntax = parse(text)
    if syntax is None:
        return []
    names: dict[str, str] = {}
    for test, said in failed.items():
        file, *parts = test.partition("[")[0].split("::")
        if file == path:
            names.setdefault(".".join(parts), said)
    found = []
    for one in syntax.functions:
        if one.qualname in names:
            said = names[one.qualname][:120]
            message = (
                f"`{one.qualname}` passes in the file's order, and fails in a random one{f': {said}' if said else '.'}"
            )
            found.append(_finding(syntax, ORDER, one, one.node.name, message))
    return found


def _no_assertion(syntax: Syntax, test: Function, helpers: frozenset[str]) -> Iterator[RawFinding]:
    body = test.node.body
    if not isinstance(body, cst.IndentedBlock):
        return
    real = [one for one in body.body if not is_docstring(one) and not _is_empty(one)]
    given = {part.name.value for part in walk(test.node.params) if isinstance(part, cst.Param)}
    if not real or given & {"benchmark", "snapshot", "data_regression", "file_regression"}:
        return
    if test.node.decorators and any(
        "skip" in syntax.code(one) or "given" in syntax.code(one) for one in test.node.decorators
    ):
        return
    ignored = _ignored(body)
    if ignored and not _checks(body, helpers):
        message = f"`{test.qualname}` asserts nothing: it {ignored}, and only shows that nothing raises."
        yield _finding(syntax, NO_ASSERT, test, test.node.name, message)


def _ignored(body: cst.IndentedBlock) -> str:
    """Return what a test does with a result in place of looking at it; "" where it holds none.

    A test that only calls something is often meant so: what it calls raises for what is wrong.
    """
    made: dict[str, None] = {}
    read: set[str] = set()
    own = set(map(id, walk_scope(body)))
    for node in walk(body):
        if (
            id(node) in own
            and isinstance(node, cst.Assign)
            and isinstance(node.value, cst.Call)
            and len(node.targets) == 1
        ):
            target = node.targets[0].target
            if isinstance(target, cst.Name) and not target.value.startswith("_"):
                made[target.value] = None
        if id(node) in own and isinstance(node, cst.Call) and dotted(node.func) in {"print", "pprint"} and node.args:
            return "prints what it should compare"
        if not isinstance(node, cst.AssignTarget):
            read |= {one.value for one in node.children if isinstance(one, cst.Name)}
    name = next((name for name in made if name not in read), "")
    return f"never looks at `{name}`" if name else ""


def _is_empty(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(one, cst.Pass) or (isinstance(one, cst.Expr) and isinstance(one.value, cst.Ellipsis))
        for one in statement.body
    )


def _checks(body: cst.CSTNode, helpers: frozenset[str]) -> bool:
    for node in walk(body):
        if isinstance(node, cst.Assert | cst.Raise | cst.Yield):
            return True
        if isinstance(node, cst.Call):
            name = node.func.attr.value if isinstance(node.func, cst.Attribute) else called_name(node)
            if name in helpers or any(word in name.lower() for word in _CHECKING):
                return True
    return False


def _calls(syntax: Syntax, test: Function) -> Iterator[RawFinding]:
    # What sleeps inside of it, such as a thread, stands for something slow; the test itself waits.
    own = set(map(id, walk_scope(test.node.body)))
    for node in walk(test.node.body):
        if not isinstance(node, cst.Call):
            continue
        name = dotted(node.func)
        if (
            id(node) in own
            and name in {"time.sleep", "sleep"}
            and node.args
            and isinstance(node.args[0].value, cst.Integer | cst.Float)
        ):
            message = "A test that sleeps is slow, and fails on a slow machine; wait for the event itself."
            yield _finding(syntax, SLEEP, test, node, message)
        elif name in _CLOCKS and _in_equality(syntax, node):
            message = "The clock moves on between the two sides; pass the time in, or freeze it."
            yield _finding(syntax, CLOCK, test, node, message)
        elif name in _FETCHERS and _is_remote(node) and not _has_stand_in(syntax, test):
            message = "This test needs the network and another's server; use a stand-in."
            yield _finding(syntax, NETWORK, test, node, message)


def _has_stand_in(syntax: Syntax, test: Function) -> bool:
    given = [syntax.code(part).lower() for part in (test.node.params, *test.node.decorators)]
    return any(word in one for one in given for word in _STANDINS)


def _in_equality(syntax: Syntax, node: cst.CSTNode) -> bool:
    compared = False
    for above in syntax.ancestors(node):
        if isinstance(above, cst.Comparison):
            compared = any(isinstance(one.operator, cst.Equal) for one in above.comparisons)
        if isinstance(above, cst.Assert):
            return compared
        if isinstance(above, cst.BaseStatement):
            return False
    return False


def _is_remote(node: cst.Call) -> bool:
    url = node.args[0].value if node.args else None
    if not isinstance(url, cst.SimpleString):
        return False
    value = url.evaluated_value
    is_url = isinstance(value, str) and value.startswith(("http://", "https://"))
    return is_url and not any(local in str(value) for local in _LOCAL)


def _order(syntax: Syntax, path: str, tests: list[Function]) -> Iterator[RawFinding]:
    """Find a module's list or dict that one test changes and another one asserts on."""
    shared = {
        target.target.value
        for line in syntax.module.body
        if isinstance(line, cst.SimpleStatementLine)
        for small in line.body
        if isinstance(small, cst.Assign) and isinstance(small.value, cst.List | cst.Dict | cst.Set)
        for target in small.targets
        if isinstance(target.target, cst.Name)
    }
    shared -= _made_anew(syntax)
    if not shared or any("fixture" in syntax.code(one) and "autouse" in syntax.code(one)
                         for function in syntax.functions for one in function.node.decorators):  # fmt: skip
        return
    for test in tests:
        for node in walk(test.node.body):
            name = _mutated(node)
            if name not in shared:
                continue
            readers = [other for other in tests if other is not test and _asserts_on(other, name)]
            if readers:
                message = f"`{test.qualname}` changes `{name}`, which another test relies on: their order matters."
                evidence = tuple(Evidence(path, syntax.header(one.node), f"Asserts on `{name}`.") for one in readers)
                found = _finding(syntax, ORDER, test, node, message)
                yield RawFinding(found.rule, found.span, message, found.severity, evidence, found.tags, found.symbol)
                break


def _made_anew(syntax: Syntax) -> set[str]:
    """Return the names that a `setup_method` (`setUp`, `teardown_function`, ...) gives a new value for each test."""
    return {
        target.target.value
        for function in syntax.functions
        if _AROUND.match(function.node.name.value)
        for node in walk(function.node.body)
        if isinstance(node, cst.Assign)
        for target in node.targets
        if isinstance(target.target, cst.Name)
    }


def _mutated(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _MUTATORS:
        return dotted(node.func.value)
    if isinstance(node, cst.AssignTarget) and isinstance(node.target, cst.Subscript):
        return dotted(node.target.value)
    return ""


def _asserts_on(test: Function, name: str) -> bool:
    return any(
        isinstance(part, cst.Name) and part.value == name
        for node in walk(test.node.body)
        if isinstance(node, cst.Assert)
        for part in walk(node)
    )


def _finding(syntax: Syntax, rule: str, test: Function, node: cst.CSTNode, message: str) -> RawFinding:
    severity = Severity.HINT if rule == NO_ASSERT else Severity.INFORMATION
    span = syntax.header(test.node) if node is test.node.name else syntax.span(node)
    return RawFinding(rule, span, message, severity, tags=("tests",), symbol=test.qualname)
