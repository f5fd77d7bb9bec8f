"""Security weaknesses in one text: what ruff's security rules see, less what is noise, under rule ids of our own.

A false alarm costs more than a gap here: each rule that is known to be noisy is kept only where the words around it
say that it matters (`token = random.choice(...)`, not `colour = random.choice(...)`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, enclosing_symbol, is_test_path, node_at, pure
from ambient_lsp.analyzers.patterns import engine as patterns
from ambient_lsp.analyzers.patterns import origins
from ambient_lsp.analyzers.ruff import Diagnostic, Report, Selection, check
from ambient_lsp.analyzers.ruff_settings import RuffSettings, read_settings
from ambient_lsp.analyzers.rules import BY_RUFF, CANNOT_BE_PARSED, LEVELS, RULES, SECURITY, Level, Rule
from ambient_lsp.analyzers.vocabulary import ALPHABET_WORDS, statement, words
from ambient_lsp.model import Evidence, Severity, Span
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    Modules = Mapping[str, tuple[str, str]]

SELECTION = Selection(select=("S",))
UNREADABLE = "AMB-SEC-UNREADABLE"
_SURE = {"S113": "it waits without end", "S324": "`{name}`", "S507": "", "S701": ""}
"""Rules of ruff that say at the same place what our patterns will say, whatever flows there; and with what detail."""
_OF_RUFF = {code: rule for rule in SECURITY for code in rule.ruff}
_PICK = re.compile(r"\brandom\.(?:choice|choices|sample)\(\s*([A-Za-z_][\w.]*)\s*[,)]")
_EXPECTED = re.compile(r"(?:\w+\.)*call(?:_args)?|(?:\w+\.)+assert_\w+")
_SQL = re.compile(r"[fFrRbBuU]*[\"']+\s*\(?\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|MERGE|WITH|CREATE|ALTER|DROP)\b")
_SQL_WORDS = frozenset("sql query queries execute cursor cur stmt statement db".split())


def find(text: str, path: str, root: str, threshold: Level = "medium") -> list[RawFinding]:
    """Return the weaknesses of one text, of the level `threshold` and above."""
    return judge(text, path, root, check(text, path, root, SELECTION), threshold)


def judge(
    text: str, path: str, root: str, report: Report, threshold: Level = "medium", modules: Modules | None = None
) -> list[RawFinding]:
    """Return the weaknesses in a report made with `SELECTION`, less what the project turned off, weighed by the flow.

    `modules` maps dotted names of modules that the text imports to their path and text, to follow data into them.
    """
    return weaknesses(text, path, report, read_settings(root, path), threshold, modules)


@pure
def weaknesses(
    text: str,
    path: str,
    report: Report,
    settings: RuffSettings,
    threshold: Level = "medium",
    modules: Modules | None = None,
) -> list[RawFinding]:
    """Return what `judge` does, from the project's settings instead of its folder."""
    from ambient_lsp.analyzers.taint.report import weigh  # a process that only takes a first look does without

    kept = tuple(found for found in report.diagnostics if not settings.refuses(found.code))
    found = weigh(text, path, raw_findings(text, path, replace(report, diagnostics=kept), "low", modules), modules)
    found = [raw for raw in found if not any(settings.refuses(code) for code in RULES[raw.rule].ruff)]
    found = [raw for raw in found if not _picks_a_thing(text, raw) and not _is_looked_at(text, raw)]
    found = [raw for raw in found if not _is_expected(text, path, raw)]
    return [raw for raw in found if "level" not in raw.data or _at_least(raw, threshold)]


def looks_into_modules(path: str, report: Report) -> bool:
    """Whether `judge` could make use of other modules: in a test, the flow only weighs what ruff found."""
    return bool(report.diagnostics) or not is_test_path(path)


def _picks_a_thing(text: str, raw: RawFinding) -> bool:
    """Whether what flows is one of some things there are (`random.choice(tokens)`), which makes no secret."""
    if raw.rule != "AMB-SEC-WEAK-RANDOM" or "taint" not in raw.tags:
        return False
    picked = _PICK.search(statement(text, raw.span))
    return picked is not None and not words(picked[1]) & ALPHABET_WORDS


def _is_looked_at(text: str, raw: RawFinding) -> bool:
    """Whether an origin that is sent back was compared with something before, which the flow cannot always follow."""
    return raw.rule == "AMB-SEC-CORS" and "taint" in raw.tags and origins.is_checked(text, raw.span)


def _is_expected(text: str, path: str, raw: RawFinding) -> bool:
    """Whether it is a call that a test expects to have been made: `mock.call("ls", shell=True)` runs nothing."""
    return is_test_path(path) and _EXPECTED.fullmatch(Lines(text).slice(raw.span).partition("(")[0]) is not None


def first_look(
    text: str, path: str, report: Report, settings: RuffSettings, threshold: Level = "medium"
) -> list[RawFinding]:
    """Return what of `judge` can be said within a fraction of a millisecond."""
    if report.syntax_error is not None:
        return [_unread(report.syntax_error)]
    if is_test_path(path):
        return []
    sure = [found for found in report.diagnostics if found.code in _SURE and not settings.refuses(found.code)]
    found = [_at_first_sight(text, diagnostic) for diagnostic in sure]
    return [raw for raw in found if raw is not None and _at_least(raw, threshold)]


def _at_first_sight(text: str, diagnostic: Diagnostic) -> RawFinding | None:
    rule, code = _OF_RUFF[diagnostic.code], Lines(text).slice(diagnostic.span)
    detail = _SURE[diagnostic.code].format(name=code.rpartition(".")[2])
    if code[:1] in ("'", '"'):
        return None  # ruff points at an argument
    message = f"{rule.title}: {detail}." if detail else f"{rule.title}."
    raw = _finding(rule, diagnostic.span, message, rule.level, diagnostic.code)
    return replace(raw, code=_name_of(text, diagnostic.span))


def raw_findings(
    text: str, path: str, report: Report, threshold: Level = "medium", modules: Modules | None = None
) -> list[RawFinding]:
    """Return the weaknesses in a report in which the rules `S` were selected."""
    if report.syntax_error is not None:
        return [_unread(report.syntax_error), *(raw for raw in patterns.find(text, path) if _at_least(raw, threshold))]
    found = [
        raw
        for diagnostic in report.diagnostics
        if diagnostic.code in BY_RUFF and (raw := _raw(text, diagnostic)) is not None
    ]
    told = {(diagnostic.code, diagnostic.span.start_line) for diagnostic in report.diagnostics}
    found += [_with_origin(raw, told) for raw in patterns.find(text, path, modules)]
    return [raw for raw in found if _at_least(raw, threshold)]


def _unread(broken: Diagnostic) -> RawFinding:
    message = f"Parts were not checked for security, because {CANNOT_BE_PARSED}{broken.message}."
    return RawFinding(UNREADABLE, broken.span, message, Severity.HINT, tags=("security", "not-checked"))


def _with_origin(raw: RawFinding, told: set[tuple[str, int]]) -> RawFinding:
    """Note the rule of ruff that says the same at the same line, for those who show ruff's findings too."""
    same = [code for code in RULES[raw.rule].ruff if (code, raw.span.start_line) in told]
    return replace(raw, data={**raw.data, "code": same[0]}) if same else raw


def _at_least(raw: RawFinding, threshold: Level) -> bool:
    shown = "not-checked" in raw.tags  # what was not looked at is told at every threshold
    return shown or LEVELS.index(raw.data["level"]) >= LEVELS.index(threshold)


def _raw(text: str, diagnostic: Diagnostic) -> RawFinding | None:
    rule = BY_RUFF[diagnostic.code]
    name = rule.id.removeprefix("AMB-SEC-")
    level = _level(text, name, rule, diagnostic)
    if level is None:
        return None
    message = f"{rule.title}: {diagnostic.message.rstrip('.')}."
    raw = _finding(rule, diagnostic.span, message, level, diagnostic.code)
    return replace(raw, code=_name_of(text, diagnostic.span))


def _level(text: str, name: str, rule: Rule, diagnostic: Diagnostic) -> Level | None:
    """Return how bad it is in this place; None where it is noise."""
    if name == "SQL":
        return rule.level if _is_sql(text, diagnostic.span) else None
    return "low" if "seems safe" in diagnostic.message else rule.level


def _is_sql(text: str, span: Span) -> bool:
    """Whether a text that ruff takes for SQL is no sentence for people, such as "cannot select x from y"."""
    code = statement(text, span)
    if code.startswith("raise"):
        return False
    return _SQL.match(Lines(text).slice(span)) is not None or bool(words(code) & _SQL_WORDS)


def _name_of(text: str, span: Span) -> str:
    """Return what names a finding: where it is, what it points at, and the first argument of that call.

    Not the whole call: fixing one weakness of a call must not rename the others.
    """
    node = node_at(text, span)
    while node is not None and node.type != "call" and not node.type.endswith("_statement"):
        node = node.parent
    arguments = node.child_by_field_name("arguments") if node is not None and node.type == "call" else None
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    subject = first.text.decode("utf-8", "replace") if first is not None and first.text else ""
    subject = "" if first is not None and first.type == "keyword_argument" else subject
    return f"{enclosing_symbol(text, span)}: {Lines(text).slice(span)} of {subject}"


def _finding(rule: Rule, span: Span, message: str, level: Level, code: str) -> RawFinding:
    return RawFinding(
        rule=rule.id,
        span=span,
        message=message,
        severity=patterns.SEVERITY[level],
        tags=(*rule.tags, f"level-{level}"),
        data={"level": level, "code": code},
    )


def evidence(path: str, raw: RawFinding) -> Evidence:
    """Return why a rule matters as evidence at the finding's own place."""
    return Evidence(path, raw.span, RULES[raw.rule].why)
