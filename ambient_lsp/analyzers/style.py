"""What of ruff's findings is about style, in a project with rules of its own and in one without.

A project that selects rules gets those. One that does not gets the few that nobody argues about: imports that are not
used, import blocks that are nearly sorted, blanks at line ends, needless `f` prefixes; besides, what the file's own
habits ask for (docstrings where most have one), and code that was commented out.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, node_at, parse
from ambient_lsp.analyzers.ruff import Diagnostic, Report, Selection, check
from ambient_lsp.analyzers.ruff_settings import RuffSettings, matches, read_settings
from ambient_lsp.model import Severity, Span
from ambient_lsp.patching.edits import apply_replacements
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

PREFIX = "AMB-STYLE-"
UNREADABLE = "AMB-STYLE-UNREADABLE"
QUIET = ("F401", "I001", "W291", "W292", "W293", "F541")
DOCSTRINGS = ("D101", "D102", "D103")
COMMENTED_OUT = "ERA001"
SELECTION = Selection(extend_select=(*QUIET, *DOCSTRINGS, COMMENTED_OUT), force_exclude=True)

SAME_TREE = ("F401", "I001", "W", "E401", "E703", "Q", "COM", "D", "UP009", "RUF100")
"""Prefixes of rules whose safe fixes leave the program's tree as it is, but for imports and docstrings."""
LAYOUT = ("W", "E1", "E2", "E3", "E70", "Q", "COM")
"""Prefixes of rules that are a formatter's business."""
_OTHERS = ("S", "PERF", "C4", "C90", "PLR09", "PLR1702")
_INSTRUCTION = re.compile(r"#.*\b(noqa|fmt|isort|type|pragma|pylint|ruff|yapf|nosec|pyright|mypy)\b", re.IGNORECASE)
_DOCUMENTED_SHARE = 0.5
_SORTED_SHARE = 0.75
_MOST_COMMENTED_OUT = 8
_TYPE_COMMENT = re.compile(r"#\s*type:(.*)")


def find(text: str, path: str, root: str, *, defer_to_formatter: bool = True) -> list[RawFinding]:
    """Return the style findings of one text."""
    settings = read_settings(root, path)
    report = check(text, path, root, SELECTION)
    return raw_findings(text, path, report, settings, defer_to_formatter=defer_to_formatter)


def raw_findings(
    text: str, path: str, report: Report, settings: RuffSettings, *, defer_to_formatter: bool = True
) -> list[RawFinding]:
    """Return the style findings in a report that was made with `SELECTION`."""
    if report.syntax_error is not None:
        broken = report.syntax_error
        message = f"Style was not checked, because the file cannot be parsed: {broken.message}."
        return [RawFinding(UNREADABLE, broken.span, message, Severity.HINT, tags=("style", "not-checked"))]
    found = [
        _raw(text, diagnostic)
        for diagnostic in wanted(text, path, report, settings, defer_to_formatter=defer_to_formatter)
    ]
    if report.note:
        found.append(RawFinding(UNREADABLE, Span(0, 0, 0, 0), report.note, Severity.HINT, tags=("style", "note")))
    return found


def wanted(
    text: str, path: str, report: Report, settings: RuffSettings, *, defer_to_formatter: bool = True
) -> list[Diagnostic]:
    """Return the diagnostics that this project, or this file's own habits, ask for."""
    formatter = settings.formatter if defer_to_formatter else ""
    lines = Lines(text)
    # A file with many is one whose lines people turn on when they need them, such as a generated `conf.py`.
    template = sum(found.code == COMMENTED_OUT for found in report.diagnostics) > _MOST_COMMENTED_OUT
    on_docstrings = not is_test(path) and any(diagnostic.code in DOCSTRINGS for diagnostic in report.diagnostics)
    documented = on_docstrings and _documented_share(text) >= _DOCUMENTED_SHARE

    def asked(diagnostic: Diagnostic) -> bool:
        code = diagnostic.code
        if any(matches(code, prefix) for prefix in _OTHERS) or settings.refuses(code):
            return False
        if code.startswith("W29") and "\x0c" in lines.slice(diagnostic.span):
            return False  # a form feed is a page break that somebody put there
        if formatter and any(code.startswith(prefix) for prefix in LAYOUT):
            return False
        if settings.asks_for(code):
            return True
        if code == COMMENTED_OUT:
            return not template
        if code in DOCSTRINGS:
            return documented
        if settings.selected or code not in QUIET:
            return False
        if code == "F401" and (path.endswith("__init__.py") or _is_wanted_import(text, diagnostic)):
            return False  # a package offers names by importing them
        return code != "I001" or _nearly_sorted(text, diagnostic)

    return [diagnostic for diagnostic in report.diagnostics if asked(diagnostic)]


def keeps_tree(code: str) -> bool:
    """Whether a safe fix of this rule leaves the program's tree as it is, but for imports and docstrings."""
    return any(matches(code, prefix) for prefix in SAME_TREE)


def may_be_fixed(text: str, diagnostic: Diagnostic) -> bool:
    """Whether ruff's safe fix keeps what the program does.

    Ruff takes an unused import out of a `try` too, where the import itself is a question: is this module there? And it
    does not read type comments.
    """
    return diagnostic.safe and not _is_wanted_import(text, diagnostic)


def _is_wanted_import(text: str, diagnostic: Diagnostic) -> bool:
    if diagnostic.code != "F401":
        return False
    return _in_try(text, diagnostic.span) or _in_type_comment(text, diagnostic)


def _in_type_comment(text: str, diagnostic: Diagnostic) -> bool:
    imported = re.findall(r"\w+", diagnostic.message.split("`")[1]) if "`" in diagnostic.message else []
    named = {word for comment in _TYPE_COMMENT.findall(text) for word in re.findall(r"\w+", comment)}
    return bool(named & set(imported))


def _in_try(text: str, span: Span) -> bool:
    node = node_at(text, span)
    while node is not None and node.type not in ("function_definition", "class_definition"):
        if node.type == "try_statement":
            return True
        node = node.parent
    return False


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


def _raw(text: str, diagnostic: Diagnostic) -> RawFinding:
    code = ""
    if diagnostic.code == "F401":
        # The message says where the name comes from, and whether it can go; the name alone may be there twice.
        code = diagnostic.message
    elif diagnostic.code.startswith("W29"):
        # Blanks look all alike. Those in a string stay, so they must not take over the ids of those that go.
        node = node_at(text, diagnostic.span)
        inside = "in a string" if node is not None and "string" in node.type else "outside"
        code = f"{inside}: {Lines(text).line(diagnostic.span.start_line)}"
    return RawFinding(
        rule=PREFIX + diagnostic.code,
        span=diagnostic.span,
        message=f"{diagnostic.message.rstrip('.')}.",
        severity=Severity.HINT,
        tags=("style", *(("unnecessary",) if diagnostic.code in ("F401", "F841") else ())),
        data={"code": diagnostic.code, "safe": may_be_fixed(text, diagnostic), "url": diagnostic.url},
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
        [line.strip() for line in block.split("\n") if line.strip()]
        for block in (text[start:end], patched[start : end + len(patched) - len(text)])
    )
    if old == new or sorted(old) != sorted(new):
        return False  # blank lines, or one statement made of two: a matter of taste where no rule asks for it
    old, new = ([line for line in lines if re.match(r"(import|from)\s", line)] for lines in (old, new))
    return len(old) > 2 and difflib.SequenceMatcher(None, old, new, autojunk=False).ratio() >= _SORTED_SHARE


def _documented_share(text: str) -> float:
    """Return the share of public classes and functions that have a docstring; 0 where there is none."""
    public = list(_public_definitions(parse(text).root_node))
    return sum(map(_has_docstring, public)) / len(public) if public else 0.0


def _public_definitions(node: Node) -> Iterator[Node]:
    for child in node.named_children:
        inner = child.child_by_field_name("definition") if child.type == "decorated_definition" else child
        if inner is None or inner.type not in ("class_definition", "function_definition"):
            continue
        name = inner.child_by_field_name("name")
        body = inner.child_by_field_name("body")
        if name is None or name.text is None or name.text.startswith(b"_") or body is None:
            continue
        yield inner
        if inner.type == "class_definition":
            yield from _public_definitions(body)


def _has_docstring(definition: Node) -> bool:
    body = definition.child_by_field_name("body")
    first = body.named_children[0] if body is not None and body.named_children else None
    return first is not None and bool(first.named_children) and first.named_children[0].type == "string"
