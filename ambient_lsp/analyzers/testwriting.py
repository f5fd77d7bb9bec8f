"""Tests as a person of the project would write them: parametrised pytest functions, or unittest where it uses that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.syntax import parse, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.analyzers.pinning import Case


@dataclass(frozen=True, slots=True)
class Subject:
    """One function to test: its name, its required parameters, and its cases."""

    name: str
    parameters: tuple[str, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The test file's new text, and the tests in it that are new (`test_f`, `TestF::test_f`)."""

    text: str
    tests: tuple[str, ...]


def write(existing: str | None, module: str, subjects: Sequence[Subject], *, use_unittest: bool) -> Written | None:
    """Add tests of `module`'s functions to a test file, new where `existing` is None.

    None where the file does not parse or already uses one of the names for something else.
    """
    taken: set[str] = set()
    syntax = parse(existing) if existing is not None else None
    if existing is not None:
        if syntax is None or any(_clashes(syntax.module, subject.name, module) for subject in subjects):
            return None
        taken = {node.name.value for node in walk(syntax.module) if isinstance(node, cst.FunctionDef | cst.ClassDef)}
    blocks: list[str] = []
    tests: list[str] = []
    for subject in subjects:
        for code, test in _unittest(subject, taken) if use_unittest else _pytest(subject, taken):
            if code:
                blocks.append(code)
            tests.append(test)
    if not tests:
        return None
    framework = "unittest" if use_unittest else "pytest"
    needs_framework = any(f"{framework}." in block for block in blocks)
    names = [subject.name for subject in subjects]
    if existing is None or syntax is None:
        head = f"import {framework}\n\n" if needs_framework else ""
        body = "\n\n\n".join(block.rstrip("\n") for block in blocks)
        imports = f"from {module} import {', '.join(sorted(names))}\n"
        return Written(f'"""Tests of `{module}`."""\n\n{head}{imports}\n\n{body}\n', tuple(tests))
    text = _appended(existing, module, names, blocks, framework if needs_framework else "")
    return Written(text, tuple(tests))


def _pytest(subject: Subject, taken: set[str]) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    values = [case for case in subject.cases if not case.raises]
    if values:
        name = _free(f"test_{_snake(subject.name)}_returns", taken)
        made.append((_pytest_values(name, subject, values), name))
    for exception in dict.fromkeys(case.raises for case in subject.cases if case.raises):
        failing = [case for case in subject.cases if case.raises == exception]
        name = _free(f"test_{_snake(subject.name)}_raises_{_snake(exception.rpartition('.')[2])}", taken)
        made.append((_pytest_raises(name, subject, exception, failing), name))
    return made


def _pytest_values(name: str, subject: Subject, cases: Sequence[Case]) -> str:
    names = _parameter_names(subject, cases)
    if len(cases) == 1 or not names:
        case = cases[0]
        return f"def {name}():\n    {_assertion(_call(subject, case.arguments), case, case.expected)}\n"
    rows = "".join(f"        ({', '.join((*case.arguments, _expected(case)))}),\n" for case in cases)
    labels = ", ".join(f'"{one}"' for one in (*names, "expected"))
    same = "is" if all(case.expected in {"True", "False", "None"} for case in cases) else "=="
    return (
        f"@pytest.mark.parametrize(\n    ({labels}),\n    [\n{rows}    ],\n)\n"
        f"def {name}({', '.join((*names, 'expected'))}):\n"
        f"    assert {_call(subject, names)} {same} expected\n"
    )


def _pytest_raises(name: str, subject: Subject, exception: str, cases: Sequence[Case]) -> str:
    names = _parameter_names(subject, cases)
    if len(cases) == 1 or not names:
        body = f"    with pytest.raises({exception}):\n        {_call(subject, cases[0].arguments)}\n"
        return f"def {name}():\n{body}"
    body = f"    with pytest.raises({exception}):\n        {_call(subject, names)}\n"
    single = len(names) == 1
    rows = "".join(
        f"        {case.arguments[0] if single else '(' + ', '.join(case.arguments) + ')'},\n" for case in cases
    )
    labels = f'"{names[0]}"' if single else "(" + ", ".join(f'"{one}"' for one in names) + ")"
    return f"@pytest.mark.parametrize(\n    {labels},\n    [\n{rows}    ],\n)\ndef {name}({', '.join(names)}):\n{body}"


def _unittest(subject: Subject, taken: set[str]) -> list[tuple[str, str]]:
    words = _snake(subject.name).split("_")
    owner = _free("Test" + "".join(word.capitalize() for word in words), taken)
    methods: list[tuple[str, str]] = []
    for number, case in enumerate(subject.cases, 1):
        call = _call(subject, case.arguments)
        if case.raises:
            name = f"test_raises_{_snake(case.raises)}_{number}"
            body = f"        with self.assertRaises({case.raises}):\n            {call}\n"
        else:
            name = f"test_returns_{number}"
            check = f"self.assertEqual({call}, {case.expected})"
            if case.approximate:
                check = f"self.assertAlmostEqual({call}, {case.expected})"
                if not _is_number(case.expected):
                    continue
            body = f"        {check}\n"
        methods.append((f"    def {name}(self):\n{body}", f"{owner}::{name}"))
    if not methods:
        return []
    head = f"class {owner}(unittest.TestCase):\n"
    first = (head + "\n".join(code for code, _ in methods), methods[0][1])
    return [first, *((("", test)) for _, test in methods[1:])]


def _assertion(call: str, case: Case, expected: str) -> str:
    if expected in {"True", "False", "None"}:
        return f"assert {call} is {expected}"
    return f"assert {call} == {_expected(case)}"


def _expected(case: Case) -> str:
    return f"pytest.approx({case.expected})" if case.approximate else case.expected


def _call(subject: Subject, arguments: Sequence[str]) -> str:
    return f"{subject.name}({', '.join(arguments)})"


def _parameter_names(subject: Subject, cases: Sequence[Case]) -> tuple[str, ...]:
    """Return the names for a table of cases; none when they do not all pass the same number of arguments."""
    counts = {len(case.arguments) for case in cases}
    if counts != {len(subject.parameters)} or "expected" in subject.parameters:
        return ()
    return subject.parameters


def _is_number(source: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e[-+]?\d+)?", source) is not None


def _appended(existing: str, module: str, names: Sequence[str], blocks: Sequence[str], framework: str) -> str:
    from libcst.codemod import CodemodContext
    from libcst.codemod.visitors import AddImportsVisitor

    tree = cst.parse_module(existing)
    statements: list[cst.BaseStatement | cst.SimpleStatementLine] = []
    for block in blocks:
        gap = [cst.EmptyLine(indent=False)] * 2
        statements.extend(one.with_changes(leading_lines=gap) for one in cst.parse_module(block).body)
    tree = tree.with_changes(body=[*tree.body, *statements])
    tree, missing = _with_names(tree, module, names)
    context = CodemodContext()
    for name in missing:
        AddImportsVisitor.add_needed_import(context, module, name)
    if framework:
        AddImportsVisitor.add_needed_import(context, framework)
    return AddImportsVisitor(context).transform_module(tree).code


def _with_names(tree: cst.Module, module: str, names: Sequence[str]) -> tuple[cst.Module, list[str]]:
    """Add names to an import of `module` that lists one name a line, in that layout; return the names still missing.

    libcst would put all of them in front of the first name, on its line.
    """
    for node in walk(tree):
        if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar) or len(node.names) < 2:
            continue
        between = node.names[0].comma
        own_lines = isinstance(between, cst.Comma) and "\n" in tree.code_for_node(between)
        if node.module is None or node.relative or tree.code_for_node(node.module) != module or not own_lines:
            continue
        known = {alias.evaluated_name for alias in node.names}
        new = [cst.ImportAlias(cst.Name(name), comma=between) for name in names if name not in known]
        if new:
            *first, last = node.names
            aliases = [*first, last.with_changes(comma=between), *new[:-1], new[-1].with_changes(comma=last.comma)]
            tree = cst.ensure_type(tree.deep_replace(node, node.with_changes(names=aliases)), cst.Module)
        return tree, []
    return tree, list(names)


def _clashes(tree: cst.Module, name: str, module: str) -> bool:
    """Return whether the test file already means something else by this name."""
    for node in walk(tree):
        if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.name.value == name:
            return True
        if isinstance(node, cst.AssignTarget) and isinstance(node.target, cst.Name) and node.target.value == name:
            return True
        if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
            source = tree.code_for_node(node.module) if node.module is not None else ""
            if (
                any(alias.evaluated_alias == name or alias.name.value == name for alias in node.names)
                and source != module
            ):
                return True
    return False


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    taken.add(candidate)
    return candidate


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace(".", "_").strip("_")
