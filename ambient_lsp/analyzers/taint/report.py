"""What the engine found as findings, and what it says of the findings of others at the same places."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, is_test_path
from ambient_lsp.analyzers.rule import LEVELS, Level
from ambient_lsp.analyzers.rules import RULES
from ambient_lsp.analyzers.rules_taint import BY_CALL, BY_TEXT, UNFINISHED
from ambient_lsp.analyzers.taint.engine import Report, analyze
from ambient_lsp.analyzers.taint.machine import Verdict
from ambient_lsp.analyzers.taint.sinks import is_known
from ambient_lsp.analyzers.taint.syntax import span
from ambient_lsp.analyzers.taint.values import NO_TAINTS, PARAMETER, QUOTED, taints_of
from ambient_lsp.analyzers.vocabulary import is_asked
from ambient_lsp.model import Evidence, Severity, Span
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.analyzers.taint.machine import Hit
    from ambient_lsp.analyzers.taint.values import Step, Taint

_SEVERITY: dict[str, Severity] = {
    "low": Severity.HINT,
    "medium": Severity.INFORMATION,
    "high": Severity.WARNING,
    "critical": Severity.ERROR,
}
_LOG = "AMB-SEC-LOG"
_LOWERED = frozenset("S102 S307 S308 S310 S602 S604 S605 S608 S702 S703 S704 AMB-SEC-MARKUP".split())
"""Where values of which nothing is known are more often harmless than not."""

_DECIDED = frozenset({"AMB-SEC-EXTRACT", "AMB-SEC-PICKLE"})
"""Patterns that a value which was looked at, or which nobody else chooses, makes needless."""


def find(text: str, path: str, modules: Mapping[str, tuple[str, str]] | None = None) -> list[RawFinding]:
    """Return where untrusted data arrives in one text, and calls that are weak by a value that was worked out."""
    lines = Lines(text)
    return _findings(lines, path, analyze(text, path, modules))


def weigh(
    text: str, path: str, raws: Sequence[RawFinding], modules: Mapping[str, tuple[str, str]] | None = None
) -> list[RawFinding]:
    """Return findings made by looking at patterns, weighed by what flows there, and what only the flow shows.

    One whose values are proven harmless is dropped, one of whose values nothing is known is lowered to "low", one that
    untrusted data reaches is raised and carries the way of that data as evidence.
    """
    asked = any(is_weighed(raw) for raw in raws)
    if is_test_path(path) and not asked:
        return list(raws)  # what a test does to itself, it does on purpose: there the flow only weighs
    lines = Lines(text)
    starts = {_position(lines, raw.span): raw for raw in raws if raw.data.get("code") in BY_TEXT}
    places = [_position(lines, raw.span) for raw in raws if is_weighed(raw) and raw.data.get("code") not in BY_TEXT]
    report = analyze(text, path, modules, watched=(*starts, *places), verdicts=asked)
    shown = () if is_test_path(path) else _told(report.hits)
    hits = {hit: _finding(lines, path, hit) for hit in shown if hit.rule in RULES}
    kept: list[RawFinding] = []
    for raw in raws:
        same = [hit for hit in hits if _is_same(lines, raw, hit, report)]
        if same:
            worst = max(same, key=lambda hit: LEVELS.index(_level(hit)))
            kept.append(_raised(raw, worst, hits[worst]))
            for hit in same:
                hits.pop(hit, None)
        elif (weighed := _weighed(text, path, lines, raw, report)) is not None:
            kept.append(weighed)
    return [*kept, *hits.values(), *([] if is_test_path(path) else _unfinished(report))]


def _told(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits worth telling: of all log entries that one value can forge, the first."""
    told: list[Hit] = []
    logged: set[Step] = set()
    for hit in hits:
        if hit.rule == _LOG and hit.taint is not None:
            if hit.taint.source in logged:
                continue
            logged.add(hit.taint.source)
        told.append(hit)
    return told


def is_weighed(raw: RawFinding) -> bool:
    """Whether what flows at the place of a finding can lower it or drop it."""
    code = raw.data.get("code")
    return code in BY_TEXT or code in BY_CALL or code in _LOWERED or raw.rule in _LOWERED | _DECIDED


def _weighed(text: str, path: str, lines: Lines, raw: RawFinding, report: Report) -> RawFinding | None:
    code = raw.data.get("code")
    if code in BY_TEXT:
        value = report.values.get(_position(lines, raw.span))
        taints = NO_TAINTS if value is None else taints_of(value)
        if value is not None and not taints:
            return None if is_known(value, "sql", None) else _lowered(raw)
        if taints and all(taint.is_clean_for("sql") or _is_quoted(taint) for taint in taints):
            return None
        if any(taint.label != PARAMETER for taint in taints):
            return raw
        return raw if not is_test_path(path) and is_asked(text, raw.span) else _lowered(raw)
    code = raw.rule if raw.rule in _LOWERED or raw.rule in _DECIDED else code
    if code not in BY_CALL and code not in _LOWERED and code not in _DECIDED:
        return raw
    verdicts = [
        verdict
        for place, verdict in report.verdicts.items()
        if _holds(span(lines, place), raw.span) and place.line == raw.span.start_line + 1
    ]
    if not verdicts:
        return raw
    worst = max(verdicts)
    if worst is Verdict.SAFE:
        return None
    return _lowered(raw) if worst is Verdict.UNKNOWN and code in _LOWERED else raw


def _is_quoted(taint: Taint) -> bool:
    """Whether it is a guess about a parameter, and the program doubles its quotes."""
    return taint.label == PARAMETER and QUOTED in taint.cleaned


def _lowered(raw: RawFinding) -> RawFinding:
    return _with_level(raw, "low")


def _with_level(raw: RawFinding, level: Level) -> RawFinding:
    tags = tuple(tag for tag in raw.tags if not tag.startswith("level-"))
    return replace(raw, severity=_SEVERITY[level], tags=(*tags, f"level-{level}"), data={**raw.data, "level": level})


def _raised(raw: RawFinding, hit: Hit, found: RawFinding) -> RawFinding:
    if hit.taint is None:
        return raw
    level = max(raw.data.get("level", "low"), _level(hit), key=LEVELS.index)
    return replace(_with_level(raw, level), message=found.message, evidence=found.evidence)


def _is_same(lines: Lines, raw: RawFinding, hit: Hit, report: Report) -> bool:
    """Whether a finding and a hit are about the same weakness."""
    if raw.rule != hit.rule:
        return False
    here = span(lines, hit.place)
    if raw.span.start_line <= here.end_line and here.start_line <= raw.span.end_line:
        return True
    if raw.data.get("code") not in BY_TEXT or hit.taint is None:
        return False
    value = report.values.get(_position(lines, raw.span))
    return value is not None and any(taint.source == hit.taint.source for taint in taints_of(value))


def _holds(outer: Span, inner: Span) -> bool:
    return (outer.start_line, outer.start_column) <= (inner.start_line, inner.start_column) and (
        (inner.start_line, inner.start_column) <= (outer.end_line, outer.end_column)
    )


def _position(lines: Lines, where: Span) -> tuple[int, int]:
    before = lines.line(where.start_line)[: where.start_column]
    return where.start_line + 1, len(before.encode("utf-8", "replace"))


def _level(hit: Hit) -> Level:
    level = hit.level or RULES[hit.rule].level
    return next(each for each in LEVELS if each == level)


def _findings(lines: Lines, path: str, report: Report) -> list[RawFinding]:
    found = [_finding(lines, path, hit) for hit in _told(report.hits) if hit.rule in RULES]
    return [*found, *_unfinished(report)]


def _finding(lines: Lines, path: str, hit: Hit) -> RawFinding:
    rule, level = RULES[hit.rule], _level(hit)
    taint = hit.taint
    if taint is None:
        message = f"{rule.title}: {hit.message}." if hit.message else f"{rule.title}."
        steps = []
    else:
        source = taint.source.text
        who = f"{source}, which any caller chooses" if source.startswith("the parameter") else source
        message = f"{rule.title}: {who}, arrives here." if "," in who else f"{rule.title}: {who} arrives here."
        steps = [taint.source, *taint.trail, hit.sink]
    evidence: list[Evidence] = []
    for index, step in enumerate(steps):
        where = span(lines, step.place) if step.place.path == path else _plain(step.place)
        text = f"It comes in: {step.text}." if index == 0 else f"{step.text[:1].upper()}{step.text[1:]}."
        if not any(each.span == where and each.path == step.place.path for each in evidence):
            evidence.append(Evidence(step.place.path, where, text))
    return RawFinding(
        rule=hit.rule,
        span=span(lines, hit.place),
        message=message,
        severity=_SEVERITY[level],
        evidence=tuple(evidence),
        tags=(*rule.tags, f"level-{level}", "taint"),
        data={"level": level, "code": ""},
    )


def _plain(place: object) -> Span:
    """Return a place in another file, whose text is not at hand: its columns count bytes."""
    return Span(place.line - 1, place.column, place.end_line - 1, place.end_column)  # type: ignore[attr-defined]


def _unfinished(report: Report) -> list[RawFinding]:
    if not report.unfinished:
        return []
    message = f"Untrusted data was not followed everywhere in this file: {report.unfinished}."
    rule = RULES[UNFINISHED]
    return [
        RawFinding(rule.id, Span(0, 0, 0, 0), message, Severity.HINT, tags=rule.tags, data={"level": "low", "code": ""})
    ]
