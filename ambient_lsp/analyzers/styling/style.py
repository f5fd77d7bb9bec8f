"""What of ruff's findings is about style, in a project with rules of its own and in one without.

A project that selects rules gets those. One that does not gets the few that nobody argues about: imports that are not
used, import blocks that are nearly sorted, blanks at line ends, needless `f` prefixes; besides, what the file's own
habits ask for (docstrings where most have one), and code that was commented out. What another tool of the project was
told to ignore is not reported, and its formatter and its import sorter have the last word.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, node_at, parse
from ambient_lsp.analyzers.ruff import Diagnostic, Report, Selection, check
from ambient_lsp.analyzers.ruff_settings import matches
from ambient_lsp.analyzers.rules import CANNOT_BE_PARSED
from ambient_lsp.analyzers.styling.comments import DeadBlock, commented_code
from ambient_lsp.analyzers.styling.docstrings import PLAIN_BASES, habits, parameters
from ambient_lsp.analyzers.styling.outline import outline
from ambient_lsp.analyzers.styling.project_style import ProjectStyle, read_style
from ambient_lsp.model import Severity, Span
from ambient_lsp.patching.edits import apply_replacements
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Node

PREFIX = "AMB-STYLE-"
UNREADABLE = "AMB-STYLE-UNREADABLE"
QUIET = ("F401", "I001", "W291", "W292", "W293", "F541")
DOCSTRINGS = ("D101", "D102", "D103")
COMMENTED_OUT = "ERA001"
SELECTION = Selection(extend_select=(*QUIET, *DOCSTRINGS, COMMENTED_OUT), force_exclude=True)

SAME_TREE = ("F401", "I001", "W", "E401", "E703", "Q", "COM", "D", "UP009", "RUF100", "F541")
"""Prefixes of rules whose safe fixes leave the program's tree as it is, but for imports, docstrings and strings that
are the same text written otherwise."""
LAYOUT = ("W", "E1", "E2", "E3", "E70", "Q", "COM")
"""Prefixes of rules that are a formatter's business."""
_OTHERS = ("S", "PERF", "C4", "C90", "PLR09", "PLR1702")
_INSTRUCTION = re.compile(r"#.*\b(noqa|fmt|isort|type|pragma|pylint|ruff|yapf|nosec|pyright|mypy)\b", re.IGNORECASE)
_DOCUMENTED_SHARE = 0.8
_SORTED_SHARE = 0.75
_MOST_COMMENTED_OUT = 8
_SAMPLES = frozenset("fixtures examplefiles testdata test_data test-data snippets samples corpus data".split())
_IMPORTS = re.compile(r"(?:import|from)\s")
_TYPE_COMMENT = re.compile(r"#\s*type:(.*)")


def find(text: str, path: str, root: str, *, defer_to_formatter: bool = True) -> list[RawFinding]:
    """Return the style findings of one text that ruff and the file's habits give."""
    settings = read_style(root, path)
    report = with_import_order(check(text, path, root, SELECTION), text, path, root, settings)
    return raw_findings(text, path, report, settings, defer_to_formatter=defer_to_formatter, sorted_by_isort=True)


def with_import_order(report: Report, text: str, path: str, root: str, settings: ProjectStyle) -> Report:
    """Return the report with the import order judged as the project's isort would."""
    unsorted = [found for found in report.diagnostics if found.code == "I001"]
    if not settings.isort or not unsorted:
        return report
    others = tuple(found for found in report.diagnostics if found.code != "I001")
    if settings.sorting is None:  # it sorts in a way that ruff cannot
        return replace(report, diagnostics=others)
    again = check(text, path, root, Selection(select=("I001",), config=settings.sorting))
    return replace(report, diagnostics=(*others, *again.diagnostics))


def raw_findings(
    text: str,
    path: str,
    report: Report,
    settings: ProjectStyle,
    *,
    defer_to_formatter: bool = True,
    sorted_by_isort: bool = False,
) -> list[RawFinding]:
    """Return the style findings in a report that was made with `SELECTION`.

    `sorted_by_isort` tells that `with_import_order` has had it; without, nothing is said of order where isort rules.
    """
    if report.syntax_error is not None:
        broken = report.syntax_error
        message = f"Style was not checked, because {CANNOT_BE_PARSED}{broken.message}."
        return [RawFinding(UNREADABLE, broken.span, message, Severity.HINT, tags=("style", "not-checked"))]
    asked = wanted(text, path, report, settings, defer_to_formatter=defer_to_formatter)
    if settings.isort and not sorted_by_isort:
        asked = [diagnostic for diagnostic in asked if diagnostic.code != "I001"]
    dead = dead_blocks(text, report)
    found = [_raw(text, path, diagnostic, dead) for diagnostic in asked]
    if report.note:
        found.append(RawFinding(UNREADABLE, Span(0, 0, 0, 0), report.note, Severity.HINT, tags=("style", "note")))
    return found


def wanted(
    text: str, path: str, report: Report, settings: ProjectStyle, *, defer_to_formatter: bool = True
) -> list[Diagnostic]:
    """Return the diagnostics that this project, or this file's own habits, ask for."""
    formatter = settings.formatter if defer_to_formatter else ""
    lines = Lines(text)
    # A file with many is one whose lines people turn on when they need them, such as a generated `conf.py`.
    template = sum(found.code == COMMENTED_OUT for found in report.diagnostics) > _MOST_COMMENTED_OUT
    on_docstrings = not is_test(path) and any(diagnostic.code in DOCSTRINGS for diagnostic in report.diagnostics)
    documented = on_docstrings and habits(outline(text)).share >= _DOCUMENTED_SHARE
    dead = dead_blocks(text, report)

    def asked(diagnostic: Diagnostic) -> bool:
        code = diagnostic.code
        if _is_of_others(code) or settings.refuses(code):
            return False
        if code.startswith("W29") and "\x0c" in lines.slice(diagnostic.span):
            return False  # a form feed is a page break that somebody put there
        if formatter and any(code.startswith(prefix) for prefix in LAYOUT):
            return False
        if code == "I001" and _only_brackets(text, diagnostic):
            return False
        if settings.asks_for(code):
            return code != COMMENTED_OUT or dead.get(diagnostic.span.start_line, True) is not None
        if code == COMMENTED_OUT:
            return not template and dead.get(diagnostic.span.start_line) is not None
        if code in DOCSTRINGS:
            return documented and not (code == "D102" and _may_override(text, diagnostic))
        if settings.selected or code not in QUIET:
            return False
        if code == "F401" and (path.endswith("__init__.py") or _is_wanted_import(text, path, diagnostic)):
            return False  # a package offers names by importing them
        return code != "I001" or _nearly_sorted(text, diagnostic)

    return [diagnostic for diagnostic in report.diagnostics if asked(diagnostic)]


@cache
def _is_of_others(code: str) -> bool:
    return any(matches(code, prefix) for prefix in _OTHERS)


def dead_blocks(text: str, report: Report) -> dict[int, DeadBlock | None]:
    """Return the blocks of commented-out code by the first of their lines that ruff suspects; None at the other lines,
    and at those that are there to explain something. They are looked for only where ruff suspects one.
    """
    suspected = sorted(found.span.start_line for found in report.diagnostics if found.code == COMMENTED_OUT)
    result: dict[int, DeadBlock | None] = {}
    for block in commented_code(outline(text)) if suspected else ():
        lines = range(block.first_line, block.last_line + 1)
        result.update(dict.fromkeys(lines))
        leader = bisect_left(suspected, block.first_line)
        if not block.explains and leader < len(suspected) and suspected[leader] in lines:
            result[suspected[leader]] = block
    return result


def _may_override(text: str, diagnostic: Diagnostic) -> bool:
    """Whether a method may be documented in a base class, or says by its name what Python calls it for."""
    found = outline(text)
    method = found.innermost(found.lines.offset(diagnostic.span.start_line, diagnostic.span.start_column))
    holder = method.parent if method is not None else None
    if method is None or holder is None:
        return False
    return method.name.startswith("__") or not set(holder.bases) <= PLAIN_BASES


def keeps_tree(code: str) -> bool:
    """Whether a safe fix of this rule leaves the program's tree as it is, but for imports and docstrings."""
    return any(matches(code, prefix) for prefix in SAME_TREE)


def may_be_fixed(text: str, path: str, diagnostic: Diagnostic) -> bool:
    """Whether ruff's safe fix keeps what the program does.

    Ruff takes an unused import out of a `try` too, where the import itself is a question: is this module there? And it
    does not read type comments.
    """
    return diagnostic.safe and not _is_wanted_import(text, path, diagnostic)


def _only_brackets(text: str, diagnostic: Diagnostic) -> bool:
    """Whether sorting would move nothing, and only take brackets off that somebody put around a long import."""
    if diagnostic.fix is None:
        return False
    start, end = diagnostic.fix.replacements[0].start, diagnostic.fix.replacements[-1].end
    patched = apply_replacements(text, diagnostic.fix.replacements)
    pieces = text[start:end], patched[start : end + len(patched) - len(text)]
    words, again = (re.findall(r"[\w.*]+", re.sub(r"#[^\n]*", "", piece)) for piece in pieces)
    return words == again and pieces[0].count("(") > pieces[1].count("(")


def _by_level(imports: list[str]) -> list[tuple[int, str]]:
    """Return the imports with runs of relative ones put in order of their dots, and else as they were."""
    levelled: list[tuple[int, str]] = []
    for relative, run in groupby(imports, lambda line: line.startswith("from .")):
        dots = ((len(line[5:]) - len(line[5:].lstrip(".")) if relative else 0, line) for line in run)
        levelled += sorted(dots, key=lambda pair: pair[0])
    return levelled


def _is_wanted_import(text: str, path: str, diagnostic: Diagnostic) -> bool:
    if diagnostic.code != "F401":
        return False
    if _in_type_comment(text, diagnostic) or (is_test(path) and _is_asked_for(text, diagnostic)):
        return True
    node = node_at(text, diagnostic.span)
    while node is not None and node.type not in ("function_definition", "class_definition"):
        if node.type in ("try_statement", "with_statement"):
            return True  # is there such a module?
        node = node.parent
    if node is None or node.type != "function_definition":
        # A file of tests that only imports is there to be imported.
        return is_test(path) and len(parse(text).root_node.named_children) == 1
    body = node.child_by_field_name("body")
    # A test that imports something and does nothing with it tests the import, and so does a function that only imports.
    return is_test(path) or body is None or len(body.named_children) == 1


def _is_asked_for(text: str, diagnostic: Diagnostic) -> bool:
    """Whether a function takes a parameter of the imported name: pytest gives it the fixture that was imported."""
    outlined = outline(text)
    taken = {name for one in outlined.definitions if one.kind == "function"
             for name in parameters(outlined, one.node) or ()}  # fmt: skip
    return bool(taken & set(_imported(diagnostic)))


def _imported(diagnostic: Diagnostic) -> list[str]:
    """Return the words of what an unused import takes from where."""
    return re.findall(r"\w+", diagnostic.message.split("`")[1]) if "`" in diagnostic.message else []


def _in_type_comment(text: str, diagnostic: Diagnostic) -> bool:
    named = {word for comment in _TYPE_COMMENT.findall(text) for word in re.findall(r"\w+", comment)}
    return bool(named & set(_imported(diagnostic)))


def is_sample(path: str) -> bool:
    """Whether a path is data of tests that happens to be Python."""
    return is_test(path) and not _SAMPLES.isdisjoint(path.split("/")[:-1])


def is_test(path: str) -> bool:
    """Whether a path is a test by its name."""
    name = path.rsplit("/", 1)[-1]
    return "tests/" in f"/{path}".replace("/test/", "/tests/") or name.startswith("test_") or name == "conftest.py"


def imported_names(text: str) -> Counter[str]:
    """Return how often each name is bound by an import, anywhere in `text` (`import a.b` binds `a`)."""
    names: Counter[str] = Counter()
    waiting = [parse(text).root_node]
    while waiting:
        node = waiting.pop()
        if node.type in ("import_statement", "import_from_statement"):
            names.update(_bound(name, node.type) for name in node.children_by_field_name("name"))
        else:
            waiting += node.named_children
    return names


def _bound(name: Node, kind: str) -> str:
    alias = name.child_by_field_name("alias")
    code = ((alias or name).text or b"").decode("utf-8", "replace")
    return code.split(".")[0] if kind == "import_statement" and alias is None else code


def _raw(text: str, path: str, diagnostic: Diagnostic, dead: Mapping[int, DeadBlock | None]) -> RawFinding:
    code, span, message = "", diagnostic.span, f"{diagnostic.message.rstrip('.')}."
    edits: list[tuple[int, int, str]] = []
    if diagnostic.code == "F401":
        # The message says where the name comes from, and whether it can go; the name alone may be there twice.
        code = diagnostic.message
    elif diagnostic.code.startswith("W29"):
        # Blanks look all alike. Those in a string stay, so they must not take over the ids of those that go.
        node = node_at(text, diagnostic.span)
        inside = "in a string" if node is not None and "string" in node.type else "outside"
        code = f"{inside}: {Lines(text).line(diagnostic.span.start_line)}"
    elif diagnostic.code == COMMENTED_OUT and (block := dead.get(diagnostic.span.start_line)):
        span, edits = Lines(text).span(block.start, block.end), [block.edit]
        message = "This code was commented out; version control remembers it."
    return RawFinding(
        rule=PREFIX + diagnostic.code,
        span=span,
        message=message,
        severity=Severity.HINT,
        tags=("style", *(("unnecessary",) if diagnostic.code in ("F401", "F841") else ())),
        data={
            "code": diagnostic.code,
            "safe": may_be_fixed(text, path, diagnostic),
            "url": diagnostic.url,
            "edits": edits,
            "part": "tidy" if keeps_tree(diagnostic.code) or edits else "lint",
        },
        code=code,
    )


def _nearly_sorted(text: str, diagnostic: Diagnostic) -> bool:
    """Whether sorting would only move the odd line: a file that was never sorted on purpose is left alone."""
    if diagnostic.fix is None:
        return False
    start, end = diagnostic.fix.replacements[0].start, diagnostic.fix.replacements[-1].end
    if _INSTRUCTION.search(text, start, end):
        return False  # a comment that speaks to a tool may mean something else in another place
    patched = apply_replacements(text, diagnostic.fix.replacements)
    old, new = (
        [line.rstrip() for line in block.split("\n")]
        for block in (text[start:end], patched[start : end + len(patched) - len(text)])
    )
    if old == new or sorted(old) != sorted(new) or [not line for line in old] != [not line for line in new]:
        return False  # blank lines, or one statement made of two: a matter of taste where no rule asks for it
    if [line for line in old if not _IMPORTS.match(line)] != [line for line in new if not _IMPORTS.match(line)]:
        return False  # names inside brackets
    old, new = ([line for line in lines if _IMPORTS.match(line)] for lines in (old, new))
    if _by_level(old) == _by_level(new):
        return False  # near modules before far ones, or the other way round: a matter of taste, too
    return len(old) > 2 and difflib.SequenceMatcher(None, old, new, autojunk=False).ratio() >= _SORTED_SHARE
