"""Tests that chance decides: random numbers, the order of a set, fixed temporary paths, settings that stay."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.syntax import Function, Syntax, called_name, dotted, is_docstring, walk, walk_scope
from ambient_lsp.model import Severity
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.analyzers.testing.void_tests import Edit

RANDOM = "AMB-TEST-RANDOM"
UNORDERED = "AMB-TEST-UNORDERED"
TEMP_PATH = "AMB-TEST-TEMP-PATH"
LEFT_BEHIND = "AMB-TEST-LEFT-BEHIND"

_RANDOM = re.compile(
    r"(random|np\.random|numpy\.random)\."
    r"(random|randint|randrange|choice|choices|shuffle|sample|uniform|gauss|rand|randn|permutation|normal|getrandbits)"
)
_SEEDED = re.compile(r"\bseed\s*\(|Random\(\s*\w|default_rng\(\s*\w|RandomState\(|randomly|@given")
_UNSEEDED = re.compile(r"\burandom\(|\bsecrets\.|\buuid[14]\(|\bSystemRandom\b")
_FOLDERS = frozenset({"os.listdir", "glob.glob", "listdir", "glob.iglob"})
_FOLDER_METHODS = frozenset({"iterdir", "glob", "rglob"})
_TEMP = re.compile(r"/(?:var/)?tmp/([\w.-]+)")
_PUT_BACK = re.compile(
    r"\bfinally\b|del os\.environ|environ\.pop|addCleanup|tear_?down|patch\.dict|\byield\b", re.IGNORECASE
)
_WRITERS = frozenset({"write_text", "write_bytes", "mkdir", "touch"})


def find(syntax: Syntax, tests: Sequence[Function]) -> Iterator[RawFinding]:
    """Find such tests. A finding's `data["edits"]` holds the fix, where there is one: (start, end, text) by offset."""
    seeded = _SEEDED.search(syntax.text) is not None
    put_back = _PUT_BACK.search(syntax.text) is not None
    for test in tests:
        if not seeded:
            yield from _random(syntax, test)
        yield from _unordered(syntax, test)
        yield from _temp_paths(syntax, test)
        if not put_back:
            yield from _left_behind(syntax, test)


def _random(syntax: Syntax, test: Function) -> Iterator[RawFinding]:
    calls = [
        node for node in walk(test.node.body) if isinstance(node, cst.Call) and _RANDOM.fullmatch(dotted(node.func))
    ]
    if not calls or not any(isinstance(node, cst.Assert) for node in walk(test.node.body)):
        return
    library = dotted(calls[0].func).rpartition(".")[0]
    # One seed does not make what the system gives the same in every run.
    can_seed = _imports(syntax, library.split(".")[0]) and not _UNSEEDED.search(syntax.code(test.node.body))
    seeds = [_inserted(syntax, test, f"{library}.seed(0)")] if can_seed else []
    message = "The numbers are other ones in every run: when this fails, nobody can run it again. Seed them."
    yield _finding(syntax, RANDOM, test, calls[0], message, [one for one in seeds if one is not None])


def _unordered(syntax: Syntax, test: Function) -> Iterator[RawFinding]:
    """Find a list made of a set or of a folder's names that is compared with a list in a fixed order."""
    for node in walk(test.node.body):
        if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
            continue
        right = node.comparisons[0]
        if not isinstance(right.operator, cst.Equal) or not isinstance(right.comparator, cst.List):
            continue
        source = _unordered_source(node.left)
        if not source or len(right.comparator.elements) < 2:
            continue
        lines = Lines(syntax.text)
        fix: list[Edit] = []
        ordered = _in_order(syntax.code(right.comparator))
        if ordered and isinstance(node.left, cst.Call):
            start, end = lines.offsets(syntax.span(node.left))
            inner = syntax.code(node.left.args[0].value) if called_name(node.left) == "list" else syntax.code(node.left)
            fix = [(start, end, f"sorted({inner})")]
            if ordered != syntax.code(right.comparator):
                fix.append((*lines.offsets(syntax.span(right.comparator)), ordered))
        yield _finding(syntax, UNORDERED, test, node, f"{source} has no order of its own; compare it sorted.", fix)


def _unordered_source(node: cst.BaseExpression) -> str:
    name = called_name(node)
    if name in _FOLDERS:
        return "A folder"
    if name != "list" or not isinstance(node, cst.Call) or len(node.args) != 1:
        return ""
    inner = node.args[0].value
    if isinstance(inner, cst.Set | cst.SetComp) or called_name(inner) in {"set", "frozenset"}:
        return "A set"
    if (
        isinstance(inner, cst.Call)
        and isinstance(inner.func, cst.Attribute)
        and inner.func.attr.value in _FOLDER_METHODS
    ):
        return "A folder"
    return ""


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


def _temp_paths(syntax: Syntax, test: Function) -> Iterator[RawFinding]:
    strings = [
        node
        for node in walk(test.node.body)
        if isinstance(node, cst.SimpleString) and _TEMP.fullmatch(str(node.evaluated_value))
    ]
    written = [node for node in strings if _is_written(syntax, node)]
    if not written:
        return
    fix: list[Edit] = []
    if _takes_fixtures(syntax, test) and "tmp_path" not in _given(test):
        lines = Lines(syntax.text)
        for node in strings:
            match = _TEMP.fullmatch(str(node.evaluated_value))
            name = match[1] if match else ""
            inside_path = called_name(syntax.parent(syntax.parent(node) or node) or node) in {"Path", "pathlib.Path"}
            text = f'tmp_path / "{name}"' if inside_path else f'str(tmp_path / "{name}")'
            fix.append((*lines.offsets(syntax.span(node)), text))
        fix.append(_parameter(syntax, test, "tmp_path"))
    message = "Two runs at once write to the same file, and what a run leaves there the next one finds. Use `tmp_path`."
    yield _finding(syntax, TEMP_PATH, test, written[0], message, fix)


def _is_written(syntax: Syntax, node: cst.CSTNode) -> bool:
    for above in syntax.ancestors(node):
        if isinstance(above, cst.BaseStatement):
            return False
        if isinstance(above, cst.Call):
            name = called_name(above)
            modes = [syntax.code(one.value) for one in above.args[1:2]]
            if name == "open" and any(mark in mode for mode in modes for mark in "wax+"):
                return True
            if name in {"os.makedirs", "os.mkdir"} or (
                isinstance(above.func, cst.Attribute) and above.func.attr.value in _WRITERS
            ):
                return True
    return False


def _left_behind(syntax: Syntax, test: Function) -> Iterator[RawFinding]:
    """Find a variable of the environment, or the current folder, that is changed and not put back."""
    lines = Lines(syntax.text)
    undone = {
        syntax.code(node.args[0].value)
        for node in walk(test.node.body)
        if isinstance(node, cst.Call) and node.args and dotted(node.func).endswith((".setenv", ".delenv"))
    }
    for node in walk_scope(test.node.body):  # what is inside of it may be run where it does no harm
        text = ""
        if (
            isinstance(node, cst.Assign)
            and len(node.targets) == 1
            and isinstance(node.targets[0].target, cst.Subscript)
        ):
            target = node.targets[0].target
            if dotted(target.value) == "os.environ" and isinstance(target.slice[0].slice, cst.Index):
                name = syntax.code(target.slice[0].slice.value)
                if name not in undone:
                    text = f"monkeypatch.setenv({name}, {syntax.code(node.value)})"
        elif isinstance(node, cst.Call) and dotted(node.func) == "os.chdir" and len(node.args) == 1:
            text = f"monkeypatch.chdir({syntax.code(node.args[0].value)})"
        if not text:
            continue
        fix: list[Edit] = []
        if _takes_fixtures(syntax, test):
            fix = [(*lines.offsets(syntax.span(node)), text)]
            fix += [] if "monkeypatch" in _given(test) else [_parameter(syntax, test, "monkeypatch")]
        message = "Nothing puts this back, so the tests that come after run with it. `monkeypatch` does."
        yield _finding(syntax, LEFT_BEHIND, test, node, message, fix)


def _takes_fixtures(syntax: Syntax, test: Function) -> bool:
    """Return whether pytest gives the test what its parameters name: not in a class with bases, as unittest's are."""
    owner = next((above for above in syntax.ancestors(test.node) if isinstance(above, cst.ClassDef)), None)
    plain = test.node.params.star_kwarg is None and not isinstance(test.node.params.star_arg, cst.Param)
    return plain and (owner is None or not owner.bases)


def _given(test: Function) -> set[str]:
    return {one.name.value for one in (*test.node.params.params, *test.node.params.kwonly_params)}


def _parameter(syntax: Syntax, test: Function, name: str) -> Edit:
    """Return the edit that adds a parameter at the end."""
    lines = Lines(syntax.text)
    params = test.node.params.params
    if params:
        end = lines.offsets(syntax.span(params[-1]))[1]
        end = lines.offsets(syntax.span(params[-1].default))[1] if params[-1].default is not None else end
        # Before the comma that may follow: a span of a parameter holds it where there is one.
        text = syntax.text[:end].rstrip()
        return (len(text) - 1, len(text) - 1, f", {name}") if text.endswith(",") else (end, end, f", {name}")
    end = syntax.text.index("(", lines.offsets(syntax.header(test.node))[1]) + 1
    return end, end, name


def _inserted(syntax: Syntax, test: Function, line: str) -> Edit | None:
    """Return the edit that puts a line in front of a test's first statement."""
    body = test.node.body
    if not isinstance(body, cst.IndentedBlock):
        return None
    first = next((one for one in body.body if not is_docstring(one)), None)
    if first is None:
        return None
    span = syntax.span(first)
    start = Lines(syntax.text).offset(span.start_line, 0)
    return start, start, f"{' ' * span.start_column}{line}\n"


def _imports(syntax: Syntax, name: str) -> bool:
    return (
        re.search(rf"^import {re.escape(name)}\b|^import numpy as {re.escape(name)}\b", syntax.text, re.MULTILINE)
        is not None
    )


def _finding(
    syntax: Syntax, rule: str, test: Function, node: cst.CSTNode, message: str, fix: Sequence[Edit]
) -> RawFinding:
    return RawFinding(
        rule, syntax.span(node), message, Severity.INFORMATION, (), ("tests", "flaky"), test.qualname,
        data={"edits": list(fix)},
    )  # fmt: skip
