"""Tests that chance decides: random numbers, the order of a set, fixed temporary paths, settings that stay."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.source import CLASS, above, bare, code, statements
from ambient_lsp.analyzers.testing.testcode import (
    Test,
    arguments,
    called,
    constant,
    dotted,
    given,
    is_docstring,
    is_splat,
    method,
    offsets,
    regular,
    statement_around,
    targets,
    value_of,
)
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source
    from ambient_lsp.analyzers.testing.void_tests import Edit

RANDOM = "AMB-TEST-RANDOM"
UNORDERED = "AMB-TEST-UNORDERED"
TEMP_PATH = "AMB-TEST-TEMP-PATH"
LEFT_BEHIND = "AMB-TEST-LEFT-BEHIND"

_RANDOM = re.compile(
    r"(random|np\.random|numpy\.random)\."
    r"(random|randint|randrange|choice|choices|shuffle|sample|uniform|gauss|rand|randn|permutation|normal|getrandbits)"
)
_SEEDED = re.compile(r"seed(?<!\wseed)\s*\(|Random\(\s*\w|default_rng\(\s*\w|RandomState\(|randomly|@given")
_UNSEEDED = re.compile(r"\burandom\(|\bsecrets\.|\buuid[14]\(|\bSystemRandom\b")
_FOLDERS = frozenset({"os.listdir", "glob.glob", "listdir", "glob.iglob"})
_FOLDER_METHODS = frozenset({"iterdir", "glob", "rglob"})
_TEMP = re.compile(r"/(?:var/)?tmp/([\w.-]+)")
_PATHS = frozenset({"Path", "pathlib.Path"})
_PUT_BACK = re.compile(
    r"\bfinally\b|del os\.environ|environ\.pop|addCleanup|tear_?down|patch\.dict|\byield\b", re.IGNORECASE
)
_WRITERS = frozenset({"write_text", "write_bytes", "mkdir", "touch"})


def find(source: Source, tests: Sequence[Test]) -> Iterator[RawFinding]:
    """Find such tests. A finding's `data["edits"]` holds the fix, where there is one: (start, end, text) by offset."""
    seeded = _SEEDED.search(source.text) is not None
    changes = "environ" in source.text or "chdir" in source.text
    left_behind = changes and _PUT_BACK.search(source.text) is None
    for test in tests:
        if not seeded:
            yield from _random(test)
        yield from _unordered(test)
        yield from _temp_paths(test)
        if left_behind:
            yield from _left_behind(test)


def _random(test: Test) -> Iterator[RawFinding]:
    calls = [node for node in test.every("call") if _RANDOM.fullmatch(called(node))]
    if not calls or not test.every("assert_statement"):
        return
    library = called(calls[0]).rpartition(".")[0]
    # One seed does not make what the system gives the same in every run.
    can_seed = _imports(test.source, library.split(".")[0]) and not _UNSEEDED.search(code(test.body))
    seeds = [_inserted(test, f"{library}.seed(0)")] if can_seed else []
    message = "The numbers are other ones in every run: when this fails, nobody can run it again. Seed them."
    yield _finding(test, RANDOM, calls[0], message, [one for one in seeds if one is not None])


def _unordered(test: Test) -> Iterator[RawFinding]:
    """Find a list made of a set or of a folder's names that is compared with a list in a fixed order."""
    for node in test.every("comparison_operator"):
        parts = [one for one in node.children if one.type != "comment"]
        if len(parts) != 3 or parts[1].type != "==" or bare(parts[2]).type != "list":
            continue
        left, right = bare(parts[0]), bare(parts[2])
        source = _unordered_source(left)
        if not source or len(statements(right)) < 2:
            continue
        fix: list[Edit] = []
        ordered = _in_order(code(right))
        if ordered:
            inner = code(value_of(arguments(left)[0])) if called(left) == "list" else code(left)
            fix = [(*offsets(test.source, left), f"sorted({inner})")]
            if ordered != code(right):
                fix.append((*offsets(test.source, right), ordered))
        yield _finding(test, UNORDERED, node, f"{source} has no order of its own; compare it sorted.", fix)


def _unordered_source(node: Node) -> str:
    name = called(node)
    if name in _FOLDERS:
        return "A folder"
    passed = arguments(node) if name == "list" else []
    if len(passed) != 1:
        return ""
    inner = bare(value_of(passed[0]))
    if inner.type in {"set", "set_comprehension"} or called(inner) in {"set", "frozenset"}:
        return "A set"
    return "A folder" if inner.type == "call" and method(inner) in _FOLDER_METHODS else ""


def _in_order(source: str) -> str:
    """Return a literal list with its items sorted; "" where they cannot be, or are not literals."""
    try:
        value = ast.literal_eval(source)
        ordered = sorted(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ""
    if ordered == value:
        return source
    return repr(ordered).replace("'", '"') if '"' in source else repr(ordered)


def _temp_paths(test: Test) -> Iterator[RawFinding]:
    strings = [(node, name) for node in test.every("string") if (name := _temp_name(node))]
    written = [node for node, _ in strings if _is_written(node)]
    if not written:
        return
    fix: list[Edit] = []
    if _takes_fixtures(test) and "tmp_path" not in given(test):
        for node, name in strings:
            text = f'tmp_path / "{name}"' if called(_call_of(node)) in _PATHS else f'str(tmp_path / "{name}")'
            fix.append((*offsets(test.source, node), text))
        fix.append(_parameter(test, "tmp_path"))
    message = "Two runs at once write to the same file, and what a run leaves there the next one finds. Use `tmp_path`."
    yield _finding(test, TEMP_PATH, written[0], message, fix)


def _temp_name(node: Node) -> str:
    """Return the name of the file or folder that a string names below the folder for temporary ones."""
    value = constant(node) if _TEMP.search(code(node)) else None
    match = _TEMP.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else ""


def _call_of(argument: Node) -> Node | None:
    """Return the call that something is an argument of."""
    outer = argument.parent
    outer = outer.parent if outer is not None and outer.type == "keyword_argument" else outer
    return outer.parent if outer is not None and outer.type == "argument_list" else None


def _is_written(node: Node) -> bool:
    for outer in statement_around(node):
        if outer.type != "call":
            continue
        name = called(outer)
        modes = [code(value_of(one)) for one in arguments(outer)[1:2]]
        if name == "open" and any(mark in mode for mode in modes for mark in "wax+"):
            return True
        if name in {"os.makedirs", "os.mkdir"} or method(outer) in _WRITERS:
            return True
    return False


def _left_behind(test: Test) -> Iterator[RawFinding]:
    """Find a variable of the environment, or the current folder, that is changed and not put back."""
    undone = {
        code(value_of(arguments(node)[0]))
        for node in test.every("call")
        if called(node).endswith((".setenv", ".delenv")) and arguments(node)
    }
    for node in test.own("assignment", "call"):  # what is inside of it may be run where it does no harm
        text = _put_back(node, undone)
        if not text:
            continue
        fix: list[Edit] = []
        if _takes_fixtures(test):
            fix = [(*offsets(test.source, node), text)]
            fix += [] if "monkeypatch" in given(test) else [_parameter(test, "monkeypatch")]
        message = "Nothing puts this back, so the tests that come after run with it. `monkeypatch` does."
        yield _finding(test, LEFT_BEHIND, node, message, fix)


def _put_back(node: Node, undone: set[str]) -> str:
    """Return what does the same, and is put back; "" for what changes nothing of the kind."""
    if node.type == "call":
        passed = arguments(node) if called(node) == "os.chdir" else []
        return f"monkeypatch.chdir({code(value_of(passed[0]))})" if len(passed) == 1 else ""
    names, value = targets(node)
    if len(names) != 1 or names[0].type != "subscript" or dotted(names[0].child_by_field_name("value")) != "os.environ":
        return ""
    keys = names[0].children_by_field_name("subscript")
    name = code(keys[0])
    return f"monkeypatch.setenv({name}, {code(value)})" if keys[0].type != "slice" and name not in undone else ""


def _takes_fixtures(test: Test) -> bool:
    """Return whether pytest gives the test what its parameters name: not in a class with bases, as unittest's are."""
    owner = next((one for one in above(test.node) if one.type == CLASS), None)
    bases = statements(owner.child_by_field_name("superclasses")) if owner is not None else []
    return not any(map(is_splat, test.parameters)) and all(one.type == "keyword_argument" for one in bases)


def _parameter(test: Test, name: str) -> Edit:
    """Return the edit that adds a parameter after those that are passed by place."""
    known = regular(test)
    if known:
        end = offsets(test.source, known[-1])[1]
        return end, end, f", {name}"
    start = offsets(test.source, test.node.child_by_field_name("parameters") or test.body)[0] + 1
    return start, start, f"{name}, " if test.parameters else name


def _inserted(test: Test, line: str) -> Edit | None:
    """Return the edit that puts a line in front of a test's first statement."""
    first = next((one for one in statements(test.body) if not is_docstring(one)), None)
    if first is None or not test.is_block:
        return None
    span = test.source.span(first)
    start = offsets(test.source, first)[0] - span.start_column
    return start, start, f"{' ' * span.start_column}{line}\n"


def _imports(source: Source, name: str) -> bool:
    return (
        re.search(rf"^import {re.escape(name)}\b|^import numpy as {re.escape(name)}\b", source.text, re.MULTILINE)
        is not None
    )


def _finding(test: Test, rule: str, node: Node, message: str, fix: Sequence[Edit]) -> RawFinding:
    return RawFinding(
        rule, test.source.span(node), message, Severity.INFORMATION, (), ("tests", "flaky"), test.qualname,
        data={"edits": list(fix)},
    )  # fmt: skip
