"""Security weaknesses in one text: what ruff's security rules see, less what is noise, under rule ids of our own.

A false alarm costs more than a gap here: each rule that is known to be noisy is kept only where the words around it
say that it matters (`token = random.choice(...)`, not `colour = random.choice(...)`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, enclosing_symbol, node_at
from ambient_lsp.analyzers.ruff import Diagnostic, Report, Selection, check
from ambient_lsp.analyzers.ruff_settings import RuffSettings, read_settings
from ambient_lsp.analyzers.rules import BY_RUFF, LEVELS, RULES, Level, Rule
from ambient_lsp.analyzers.rules_taint import BY_CALL, BY_TEXT
from ambient_lsp.analyzers.style import is_test
from ambient_lsp.model import Evidence, Severity, Span
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Modules = Mapping[str, tuple[str, str]]

SELECTION = Selection(select=("S",))
UNREADABLE = "AMB-SEC-UNREADABLE"
_SEVERITY: dict[Level, Severity] = {
    "low": Severity.HINT,
    "medium": Severity.INFORMATION,
    "high": Severity.WARNING,
    "critical": Severity.ERROR,
}
_ONLY_OUTSIDE_TESTS = frozenset({"SECRET", "WEAK-RANDOM", "ASSERT-GUARD", "WEAK-HASH", "TEMP-PATH", "BIND-ALL"})
PASSWORD_WORDS = frozenset({"password", "passwd", "pwd", "passphrase", "passwords"})
SECRET_WORDS = PASSWORD_WORDS | frozenset(
    "secret secrets token tokens signature sign signed hmac auth otp salt credential credentials csrf nonce apikey "
    "session authenticate authentication mac".split()
)
_MADE_SECRETS = PASSWORD_WORDS | frozenset("secret token otp nonce salt csrf apikey".split())
HARMLESS_WORDS = frozenset(
    "cache cached etag checksum checksums fingerprint dedup dedupe bucket shard file files filename path content key "
    "gravatar avatar color colour memo digest chunk block blob version uuid slug url".split()
)
_GUARD_WORDS = frozenset("admin superuser permission permissions allowed authorized authenticated owner".split())
_SQL = re.compile(r"[fFrRbBuU]*[\"']+\s*\(?\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|MERGE|WITH|CREATE|ALTER|DROP)\b")
_SQL_WORDS = frozenset("sql query queries execute cursor cur stmt statement db".split())
_PLACEHOLDER = re.compile(
    r"(?i)^(\W*|x+|\*+|changeme|change[-_ ]me|none|null|todo|dummy|example|test|secret|token|password|default)$"
    r"|^[<{$%]|your[-_ ]|example|placeholder|^(https?|file)://|[/\\]|\s"
)
_WELL_KNOWN_SECRETS = re.compile(
    r"\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,}|xox[abprs]-[A-Za-z0-9-]{20,}"
    r"|sk_live_[0-9a-zA-Z]{20,}|AIza[0-9A-Za-z_-]{35}|glpat-[\w-]{20,}|sk-ant-[\w-]{20,})"
    r"|-----BEGIN (?:RSA |EC |OPENSSH |DSA )?PRIVATE KEY-----"
)
_KEY_MARKS = (
    *("AKIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "xox", "sk_live_", "AIza", "glpat-", "sk-ant-"),
    "-----BEGIN ",
)
"""One of these is in each of them. Looking for plain strings takes a tenth of the time of the pattern."""


def find(text: str, path: str, root: str, threshold: Level = "medium") -> list[RawFinding]:
    """Return the weaknesses of one text, of the level `threshold` and above."""
    return judge(text, path, root, check(text, path, root, SELECTION), threshold)


def judge(
    text: str, path: str, root: str, report: Report, threshold: Level = "medium", modules: Modules | None = None
) -> list[RawFinding]:
    """Return the weaknesses in a report made with `SELECTION`, less what the project turned off, weighed by the flow.

    `modules` maps dotted names of modules that the text imports to their path and text, to follow data into them.
    """
    from ambient_lsp.analyzers.taint.report import weigh  # a process that only takes a first look does without

    settings = read_settings(root, path)
    kept = tuple(found for found in report.diagnostics if not settings.refuses(found.code))
    found = weigh(text, path, raw_findings(text, path, replace(report, diagnostics=kept), "low"), modules)
    found = [raw for raw in found if not any(settings.refuses(code) for code in RULES[raw.rule].ruff)]
    return [raw for raw in found if "level" not in raw.data or _at_least(raw, threshold)]


def first_look(
    text: str, path: str, report: Report, settings: RuffSettings, threshold: Level = "medium"
) -> list[RawFinding]:
    """Return those of `judge` that do not depend on what flows where: all that can be said within a millisecond."""
    sure = (
        found
        for found in report.diagnostics
        if found.code not in BY_TEXT | BY_CALL and not settings.refuses(found.code)
    )
    return raw_findings(text, path, replace(report, diagnostics=tuple(sure)), threshold)


def _at_least(raw: RawFinding, threshold: Level) -> bool:
    shown = "not-checked" in raw.tags  # what was not looked at is told at every threshold
    return shown or LEVELS.index(raw.data["level"]) >= LEVELS.index(threshold)


def raw_findings(text: str, path: str, report: Report, threshold: Level = "medium") -> list[RawFinding]:
    """Return the weaknesses in a report in which the rules `S` were selected."""
    if report.syntax_error is not None:
        broken = report.syntax_error
        message = f"Security was not checked, because the file cannot be parsed: {broken.message}."
        return [RawFinding(UNREADABLE, broken.span, message, Severity.HINT, tags=("security", "not-checked"))]
    found = [
        raw
        for diagnostic in report.diagnostics
        if diagnostic.code in BY_RUFF and (raw := _raw(text, path, diagnostic)) is not None
    ]
    found += _well_known(text, {raw.span.start_line for raw in found if raw.rule == "AMB-SEC-SECRET"})
    return [raw for raw in found if LEVELS.index(raw.data["level"]) >= LEVELS.index(threshold)]


def words(code: str) -> set[str]:
    """Return the words of the names in `code`, in lower case: `api_key` gives api, key and apikey."""
    found: set[str] = set()
    for name in re.findall(r"[A-Za-z_]\w*", code):
        parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
        found.update(parts)
        found.update(first + second for first, second in pairwise(parts))
    return found


def statement(text: str, span: Span) -> str:
    """Return the code of the innermost statement around the start of `span`."""
    lines = Lines(text)
    node = node_at(text, span)
    while node is not None and not node.type.endswith("_statement"):
        node = node.parent
    if node is None or node.text is None:
        return lines.line(span.start_line)
    return node.text.decode("utf-8", "replace")


def around(text: str, span: Span) -> set[str]:
    """Return the words of the statement at `span` and of the function that it is in."""
    return words(statement(text, span)) | words(enclosing_symbol(text, span))


def is_placeholder(value: str) -> bool:
    """Whether a string stands where a secret will be, or names something, and is no secret itself."""
    return (
        len(value) < 6 or _PLACEHOLDER.search(value) is not None or bool(re.fullmatch(r"[a-z]+([_.-][a-z]+)*", value))
    )


def _raw(text: str, path: str, diagnostic: Diagnostic) -> RawFinding | None:
    rule = BY_RUFF[diagnostic.code]
    name = rule.id.removeprefix("AMB-SEC-")
    if name in _ONLY_OUTSIDE_TESTS and is_test(path):
        return None
    level = _level(text, name, rule, diagnostic)
    if level is None:
        return None
    message = f"{rule.title}: {diagnostic.message.rstrip('.')}."
    raw = _finding(rule, diagnostic.span, message, level, diagnostic.code)
    return replace(raw, code=_name_of(text, diagnostic.span))


def _level(text: str, name: str, rule: Rule, diagnostic: Diagnostic) -> Level | None:
    """Return how bad it is in this place; None where it is noise."""
    if name == "WEAK-HASH":
        near = around(text, diagnostic.span)
        if near & SECRET_WORDS:
            return "high"
        return "low" if near & HARMLESS_WORDS - {"digest", "key", "content"} else "medium"
    if name == "WEAK-RANDOM":
        return rule.level if _makes_a_secret(text, diagnostic.span) else None
    if name == "ASSERT-GUARD":
        # Only the condition itself counts: most asserts state what must be true anyhow, and guard nothing.
        return rule.level if words(statement(text, diagnostic.span).split(",")[0]) & _GUARD_WORDS else None
    if name == "SQL":
        return rule.level if _is_sql(text, diagnostic.span) else None
    if name == "SECRET":
        quoted = re.findall(r"(?s)(['\"])(.*?)\1", Lines(text).slice(diagnostic.span))
        return None if any(is_placeholder(value) for _, value in quoted) else rule.level
    if (diagnostic.code == "S605" and "seems safe" in diagnostic.message) or "seems safe" in diagnostic.message:
        return "low"
    return rule.level


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


def _makes_a_secret(text: str, span: Span) -> bool:
    code = statement(text, span)
    target = code.split("=", 1)[0] if re.match(r"[\w.\s:]+=[^=]", code) else ""
    if not (words(target) | words(enclosing_symbol(text, span))) & _MADE_SECRETS:
        return False
    # Picking one of some existing things is not making a secret; drawing characters or numbers is.
    if re.search(r"random\.(choice|choices|sample)\(", code):
        drawn = words(code) & {"ascii", "letters", "digits", "alphabet", "chars", "charset", "characters", "hexdigits"}
        return bool(drawn) or re.search(r"(choice|choices|sample)\(\s*['\"]", code) is not None
    return re.search(r"random\.(shuffle|uniform|gauss|seed)\(", code) is None


def _finding(rule: Rule, span: Span, message: str, level: Level, code: str) -> RawFinding:
    return RawFinding(
        rule=rule.id,
        span=span,
        message=message,
        severity=_SEVERITY[level],
        tags=(*rule.tags, f"level-{level}"),
        data={"level": level, "code": code},
    )


def _well_known(text: str, known_lines: set[int]) -> Iterator[RawFinding]:
    """Yield strings that have the shape of a provider's key, whatever they are called."""
    for span in provider_keys(text):
        if span.start_line not in known_lines:
            rule = RULES["AMB-SEC-SECRET"]
            yield _finding(rule, span, f"{rule.title}: it has the shape of a provider's key.", "high", "")


@lru_cache(maxsize=8)
def provider_keys(text: str) -> tuple[Span, ...]:
    """Return the strings that have the shape of a provider's key. Kept for a text that is looked at twice."""
    if not any(mark in text for mark in _KEY_MARKS):
        return ()
    lines = Lines(text)
    return tuple(
        lines.span(match.start(), match.end())
        for match in _WELL_KNOWN_SECRETS.finditer(text)
        if "EXAMPLE" not in match[0]
    )


def evidence(path: str, raw: RawFinding) -> Evidence:
    """Return why a rule matters as evidence at the finding's own place."""
    return Evidence(path, raw.span, RULES[raw.rule].why)
