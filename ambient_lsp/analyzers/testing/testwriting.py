"""Test files as a person of the project would write them: new tests at the end of one, with the imports they need."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.syntax import parse, walk
from ambient_lsp.analyzers.testing.testannotations import annotated
from ambient_lsp.analyzers.testing.testblocks import Block, Subject, pytest_blocks, requoted, unittest_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_NAMES = re.compile(r"^(@pytest\.mark\.parametrize\(\n *)\(([^()\n]*)\),$", re.MULTILINE)
_HEAD = re.compile(r"^(?P<indent> *)(?:def|class) (?P<name>[Tt]est\w*)\([^()]*\)(?: -> None)?:\n", re.MULTILINE)
_OWN = 4
"""The last of the groups that imports stand in."""


@dataclass(frozen=True, slots=True)
class Written:
    """The test file's new text, and the tests in it that are new (`test_f`, `TestF::test_f`)."""

    text: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """How a project writes its tests: as unittest's classes or plain functions, its quote, with annotations (`typed`),
    with `from __future__ import annotations` in each file (`future`), with the names of a table in one text
    (`joined`), with a docstring in each test (`documented`)."""

    use_unittest: bool = False
    quote: str = '"'
    typed: bool = False
    future: bool = False
    joined: bool = False
    documented: bool = False


def write(existing: str | None, module: str, subjects: Sequence[Subject], style: Style) -> Written | None:
    """Add tests of `module`'s functions to a test file, new where `existing` is None.

    None where the file does not parse or already uses one of the names for something else.
    """
    taken: set[str] = set()
    quote = style.quote
    syntax = parse(existing) if existing is not None else None
    if existing is not None:
        if syntax is None:
            return None
        subjects = [_fitting(one, syntax.module, module) for one in subjects]
        subjects = [one for one in subjects if not _clashes(syntax.module, one.name, module)]
        taken = {node.name.value for node in walk(syntax.module) if isinstance(node, cst.FunctionDef | cst.ClassDef)}
        quote = _quote_of(existing) or quote
    blocks = [
        block
        for subject in subjects
        for block in (unittest_blocks(subject, taken) if style.use_unittest else pytest_blocks(subject, taken))
    ]
    if not blocks:
        return None
    if style.typed:
        blocks = [replace(block, code=annotated(block.code)) for block in blocks]
    if style.documented:
        blocks = [replace(block, code=documented(block.code)) for block in blocks]
    if style.joined:
        blocks = [replace(block, code=_NAMES.sub(_joined, block.code)) for block in blocks]
    tests = tuple(test for block in blocks for test in block.tests)
    names = sorted({name for block in blocks for name in block.names})
    if existing is None or syntax is None:
        return Written(requoted(_new_file(module, names, blocks, future=style.future), quote), tests)
    coded = [requoted(block.code, quote) for block in blocks]
    return Written(_appended(existing, module, names, coded, _imports(blocks), _borrowed(blocks)), tests)


def documented(code: str) -> str:
    """Return a block of tests with what the name of each says as its docstring."""
    return _HEAD.sub(lambda head: f'{head[0]}{head["indent"]}    """{_said(head["name"])}"""\n', code)


def _said(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", " ", name)
    return f"{words.strip().capitalize()}."


def _joined(names: re.Match[str]) -> str:
    listed = ", ".join(re.findall(r"\w+", names[2]))
    return f'{names[1]}"{listed}",'


def _imports(blocks: Sequence[Block]) -> list[str]:
    return sorted({name for block in blocks for name in block.imports})


def _borrowed(blocks: Sequence[Block]) -> list[tuple[str, str]]:
    return sorted({one for block in blocks for one in block.borrowed})


def _fitting(subject: Subject, tree: cst.Module, module: str) -> Subject:
    """Return the subject without the transcripts that need a name which means something else in the test file."""
    needed = [
        [*((name, module) for name in one.names), *((name, source) for source, name in one.borrowed)]
        for one in subject.shown
    ]
    kept = [
        one
        for one, pairs in zip(subject.shown, needed, strict=True)
        if not any(name and _clashes(tree, name, source) for name, source in pairs)
    ]
    return replace(subject, shown=tuple(kept))


def _new_file(module: str, names: Sequence[str], blocks: Sequence[Block], *, future: bool) -> str:
    imports = _imports(blocks)
    standard = "".join(f"import {name}\n" for name in imports if name not in {"pytest", "hypothesis"})
    for source in sorted({source for source, _ in _borrowed(blocks)}):
        taken = ", ".join(name for other, name in _borrowed(blocks) if other == source)
        standard += f"from {source} import {taken}\n"
    standard += "from typing import Any\n" if _needs_any(block.code for block in blocks) else ""
    third = "from hypothesis import assume, given\n" if any("assume(" in one.code for one in blocks) else ""
    third = third or ("from hypothesis import given\n" if "hypothesis" in imports else "")
    third += "from hypothesis import strategies as st\n" if "hypothesis" in imports else ""
    third = ("import pytest\n" if "pytest" in imports else "") + third
    own = f"from {module} import {', '.join(names)}\n"
    if len(own) > 88:
        own = f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"
    before = "from __future__ import annotations\n" if future else ""
    head = "\n".join(part for part in (before, standard, third, own) if part)
    body = "\n\n\n".join(block.code.rstrip("\n") for block in blocks)
    return f'"""Tests of `{module}`."""\n\n{head}\n\n{body}\n'


def _appended(
    existing: str,
    module: str,
    names: Sequence[str],
    blocks: Sequence[str],
    imports: Sequence[str],
    borrowed: Sequence[tuple[str, str]] = (),
) -> str:
    from libcst.codemod import CodemodContext
    from libcst.codemod.visitors import AddImportsVisitor

    tree = cst.parse_module(existing)
    statements: list[cst.BaseStatement | cst.SimpleStatementLine] = []
    for block in blocks:
        gap = [cst.EmptyLine(indent=False)] * 2
        statements.extend(one.with_changes(leading_lines=gap) for one in cst.parse_module(block).body)
    body = list(tree.body)
    end = len(body) - 1 if body and _is_main_guard(body[-1]) else len(body)
    tree = tree.with_changes(body=[*body[:end], *statements, *body[end:]])
    tree, missing = _with_names(tree, module, names)
    context = CodemodContext()
    for name in missing:
        AddImportsVisitor.add_needed_import(context, module, name)
    for source, name in borrowed:
        AddImportsVisitor.add_needed_import(context, source, name)
    if _needs_any(blocks):
        AddImportsVisitor.add_needed_import(context, "typing", "Any")
    for name in imports:
        if name == "hypothesis":
            AddImportsVisitor.add_needed_import(context, name, "given")
            AddImportsVisitor.add_needed_import(context, name, "strategies", "st")
            if any("assume(" in block for block in blocks):
                AddImportsVisitor.add_needed_import(context, name, "assume")
        else:
            AddImportsVisitor.add_needed_import(context, name)
    return _in_front_of_own(AddImportsVisitor(context).transform_module(tree), tree, module).code


def _in_front_of_own(tree: cst.Module, before: cst.Module, module: str) -> cst.Module:
    """Move imports of others that are new to where their group is: libcst puts them behind the project's own ones."""
    old = {before.code_for_node(one.with_changes(leading_lines=())) for one in before.body if _imported(one)}
    body = list(tree.body)
    for one in tree.body:
        group = _group(one, module)
        if not 0 < group < _OWN or tree.code_for_node(one.with_changes(leading_lines=())) in old:
            continue
        rest = [other for other in body if other is not one]
        own = next((at for at, other in enumerate(rest) if _group(other, module) == _OWN), None)
        if own is None or own > body.index(one):
            continue
        others = [at for at in range(own) if _group(rest[at], module) and _group(rest[at], module) <= group]
        blank = [cst.EmptyLine(indent=False)]
        later = next(
            (at for at in others if _group(rest[at], module) == group and _place(rest[at]) > _place(one)), None
        )
        if later is not None:
            lines = rest[later].leading_lines
            rest[later] = rest[later].with_changes(leading_lines=[line for line in lines if line.comment is not None])
            rest.insert(later, one.with_changes(leading_lines=[line for line in lines if line.comment is None]))
        elif others:
            apart = _group(rest[others[-1]], module) < group and bool(rest[others[-1] + 1].leading_lines)
            rest.insert(others[-1] + 1, one.with_changes(leading_lines=blank if apart else ()))
        else:
            at = next((at for at in range(own) if _imported(rest[at])), own)
            first = rest[at]
            comments = [line for line in first.leading_lines if line.comment is not None]
            rest[at] = first.with_changes(leading_lines=[*blank, *comments])
            rest.insert(at, one.with_changes(leading_lines=blank if first.leading_lines else ()))
        body = rest
    return tree.with_changes(body=body)


def _group(statement: cst.CSTNode, module: str) -> int:
    """Return the group of an import: the future's, the standard library's, others' or own ones; 0 for no import."""
    name = _imported(statement)
    top = name.partition(".")[0]
    if name and (top in {"", "tests", "conftest"} or top == module.partition(".")[0]):
        return _OWN
    if not name or top == "__future__":
        return 1 if name else 0
    return 2 if top in sys.stdlib_module_names else 3


def _place(statement: cst.CSTNode) -> tuple[bool, str]:
    only = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return isinstance(only, cst.ImportFrom), _imported(statement)


def _imported(statement: cst.CSTNode) -> str:
    """Return the module that a statement imports from, with a dot in front where that is relative."""
    only = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None
    if isinstance(only, cst.ImportFrom):
        name = cst.Module([]).code_for_node(only.module) if only.module is not None else ""
        return f".{name}" if only.relative else name
    return cst.Module([]).code_for_node(only.names[0].name) if isinstance(only, cst.Import) else ""


def _needs_any(codes: Iterable[str]) -> bool:
    return any(re.search(r"^ *def \w+\(.*\bAny\b|^ +\w+: .*\bAny\b", code, re.MULTILINE) for code in codes)


def _is_main_guard(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.If) and "__name__" in cst.Module([]).code_for_node(statement.test)


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


def _quote_of(text: str) -> str:
    """Return the quote that most strings of a file have; "" where there is none or a tie."""
    single, double = text.count("'"), text.count('"') - 3 * text.count('"""')
    return "" if single == double else "'" if single > double else '"'
