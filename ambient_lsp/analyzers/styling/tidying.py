"""One file's style, judged and put right: new texts with every fix that is certain, and which findings they fix.

Three texts, since each needs another proof: tidied (the same program), linted (the code does what it did), and with
names changed (the same program under other names).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers import ruff, suppressions
from ambient_lsp.analyzers.styling import import_style, own_style, style
from ambient_lsp.analyzers.styling.layout import laid_out
from ambient_lsp.analyzers.styling.own_style import Questions, Surroundings
from ambient_lsp.analyzers.styling.project_style import ProjectStyle, read_style
from ambient_lsp.context.facts import extract
from ambient_lsp.model import Replacement, Span
from ambient_lsp.patching.edits import apply_replacements
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.analyzers.ruff import Diagnostic, Report

_LONGEST_RENAMED = 150_000
_DOCSTRINGS = tuple(f"{style.PREFIX}{code}" for code in style.DOCSTRINGS)
_COMPAT = re.compile(r"(?:^|/)_?(?:py\d*_?)?compat(?:ibility)?\.py$")


@dataclass(frozen=True, slots=True)
class Text:
    """A new text of the file, equal to the old one where there is nothing to do, and what it fixes.

    `fixed` are rule and place of the findings, `codes` their rules, once for each. `removed` are the imported names
    that are gone, `new_names` the old names that have new ones.
    """

    text: str
    fixed: frozenset[tuple[str, Span]] = frozenset()
    codes: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    new_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """What one look at a file gave. `asked_by_project` are the rules that the project selected itself."""

    raws: tuple[RawFinding, ...]
    tidy: Text
    lint: Text
    asked_by_project: frozenset[str] = frozenset()
    questions: Questions = field(default_factory=Questions)


def review(
    text: str, path: str, root: str, defer_to_formatter: bool, report: Report, fixes: bool, around: Surroundings
) -> Review:
    """Judge what ruff reported and what we find ourselves; where `fixes` are asked for, make the fixed texts."""
    settings = read_style(root, path)
    report = style.with_import_order(report, text, path, root, settings)
    asked = tuple(
        style.raw_findings(text, path, report, settings, defer_to_formatter=defer_to_formatter, sorted_by_isort=True)
    )
    same = Text(text)
    if report.syntax_error is not None:
        return Review(asked, same, same)
    silences = suppressions.read(text, path)
    silenced = [raw for raw in asked if silences.silence(raw.rule, raw.tags, raw.span.start_line)]
    asked = tuple(replace(raw, data={**raw.data, "edits": []}) if raw in silenced else raw for raw in asked)
    asked = tuple(raw for raw in asked if not _taken_from_here(text, path, raw, around))
    if around.offers:
        around = replace(around, unbound=_unbound(text, path, root))
    own = own_style.find(text, path, settings, around)
    questions = own_style.questions(text) if around.words is None else Questions()
    if not fixes:
        return Review((*asked, *own), same, same, questions=questions)
    spared = {str(raw.data.get("code")) for raw in silenced}
    raws = (*_documented(text, asked, settings, spared), *own)
    codes = tuple(
        found for found in _fixable(text, path, report, settings, defer_to_formatter) if found.code not in spared
    )
    tidy = _tidied(text, path, root, settings, report, raws, codes, around)
    lint = _linted(text, path, root, settings, report, raws, codes)
    return Review(
        raws,
        tidy,
        lint,
        frozenset(code for code in (*tidy.codes, *lint.codes) if settings.asks_for(code)),
        questions,
    )


def _unbound(text: str, path: str, root: str) -> frozenset[str]:
    """Return the names that only `import *` can bring; none where comments keep some of them from being told."""
    if "noqa" in text:
        return frozenset()
    lines = Lines(text)
    told = ruff.check(text, path, root, ruff.Selection(select=("F405",))).diagnostics
    return frozenset(lines.slice(one.span) for one in told if one.code == "F405")


def _taken_from_here(text: str, path: str, raw: RawFinding, around: Surroundings) -> bool:
    """Whether what a file imports, and does not use, does something by itself, or is what others import from here."""
    if raw.data.get("code") != "F401":
        return False
    imported = raw.message.split("`")[1].split(" as ")[0] if "`" in raw.message else ""
    if around.acting & {imported, imported.rpartition(".")[0]}:
        return True
    if _is_for_others(text, path, imported) or _stands_in_example(text, imported):
        return True
    if not around.used_elsewhere:
        return False
    words = Lines(text).slice(raw.span).split()
    name = words[-1] if "as" in words else words[-1].split(".")[0] if words else ""
    return import_style.imported_from(path, name, around.used_elsewhere, listed=_lists_exports(text))


def _is_for_others(text: str, path: str, imported: str) -> bool:
    """Whether a module of what differs between versions offers a name: other projects take it, and cannot be asked."""
    return "." in imported and _COMPAT.search(path) is not None and not _lists_exports(text)


def _stands_in_example(text: str, imported: str) -> bool:
    """Whether an example in a docstring uses a name: doctest runs it with what the module imports."""
    name = re.escape(imported.rpartition(".")[2])
    return re.search(rf"^[ \t]*(?:>>>|\.\.\.)[^\n]*\b{name}\b", text, re.MULTILINE) is not None


def _lists_exports(text: str) -> bool:
    return re.search(r"^__all__\b", text, re.MULTILINE) is not None


def _documented(
    text: str, raws: tuple[RawFinding, ...], settings: ProjectStyle, spared: Collection[str]
) -> tuple[RawFinding, ...]:
    """Give the missing docstrings that can be proven their fix, but for those of `spared` rules."""
    missing = [raw.span for raw in raws if raw.rule in _DOCSTRINGS and raw.data.get("code") not in spared]
    edits = own_style.docstrings(text, missing, settings) if missing else {}
    return tuple(
        replace(raw, data={**raw.data, "edits": [edits[raw.span]], "part": "tidy"})
        if raw.rule in _DOCSTRINGS and raw.span in edits
        else raw
        for raw in raws
    )


def _fixable(
    text: str, path: str, report: Report, settings: ProjectStyle, defer_to_formatter: bool
) -> tuple[Diagnostic, ...]:
    """Return what ruff can fix. It fixes a rule everywhere in a file: one that must stay in one place stays in all."""
    asked = style.wanted(text, path, report, settings, defer_to_formatter=defer_to_formatter)
    spared = {
        found.code
        for found in report.diagnostics
        if found.safe and (found not in asked or not style.may_be_fixed(text, path, found))
    }
    return tuple(found for found in asked if found.safe and found.code not in spared)


def _tidied(
    text: str,
    path: str,
    root: str,
    settings: ProjectStyle,
    report: Report,
    raws: Sequence[RawFinding],
    fixable: Sequence[Diagnostic],
    around: Surroundings,
) -> Text:
    codes = tuple(found.code for found in fixable if style.keeps_tree(found.code))
    own = [raw for raw in raws if raw.data.get("edits") and raw.data.get("part") == "tidy"]
    base = _edited(text, own)
    tidy = _fix(base, path, root, settings, codes, text)
    if any(raw.rule in _DOCSTRINGS for raw in own) and _brings_more(tidy, path, root, report, settings):
        # The project has rules for docstrings that ours do not meet.
        own = [raw for raw in own if raw.rule not in _DOCSTRINGS]
        base = _edited(text, own)
        tidy = _fix(base, path, root, settings, codes, text)
    removed = set(style.imported_names(text) - style.imported_names(tidy))
    lost = _imports(text) - _imports(tidy)
    listed = _lists_exports(text)
    if (
        lost & around.acting
        or any(_is_for_others(text, path, name) or _stands_in_example(text, name) for name in lost)
        or any(import_style.imported_from(path, name, around.used_elsewhere, listed=listed) for name in removed)
    ):
        codes = tuple(code for code in codes if code != "F401")
        tidy = _fix(base, path, root, settings, codes, text)
        removed = set(style.imported_names(text) - style.imported_names(tidy))
    if "F401" in codes and "I001" not in codes and _now_nearly_sorted(tidy, path, root, report, settings):
        codes = (*codes, "I001")
        tidy = _fix(tidy, path, root, settings, ("I001",), text)
    return _text(text, tidy, raws, own, codes, tuple(sorted(removed)))


def _linted(
    text: str,
    path: str,
    root: str,
    settings: ProjectStyle,
    report: Report,
    raws: Sequence[RawFinding],
    fixable: Sequence[Diagnostic],
) -> Text:
    codes = tuple(found.code for found in fixable if not style.keeps_tree(found.code))
    unused = " ".join(raw.message for raw in raws if raw.data.get("code") == "F401")
    own = [
        raw
        for raw in raws
        if raw.data.get("edits") and raw.data.get("part") == "lint" and str(raw.data.get("source", "-")) not in unused
    ]
    lint = _fix(_edited(text, own), path, root, settings, codes, text)
    if codes and not any(found.code == "F401" for found in report.diagnostics) and not path.endswith("__init__.py"):
        # `Optional[x]` is `x | None` now: an import that only this was for goes with it, and no other is unused.
        lint = _fix(lint, path, root, settings, ("F401",), text)
    if own and settings.asks_for("I001") and not any(found.code == "I001" for found in report.diagnostics):
        # An import that is written like the others now may belong among them.
        lint = _fix(lint, path, root, settings, ("I001",), text)
    return _text(text, lint, raws, own, codes, ())


def with_names(text: str, path: str, root: str, around: Surroundings) -> Text:
    """Return the text with those of its names changed that can be; the scopes of a long file take a second or more."""
    settings = read_style(root, path)
    wanted = own_style.renames(text, path, settings, around) if len(text) <= _LONGEST_RENAMED else []
    if not wanted:
        return Text(text)
    # Only a file with such a name pays for libcst's scopes.
    from ambient_lsp.analyzers.styling.renaming import renamed

    new_text, names = renamed(text, wanted)
    symbols = {f"{one.kind} {one.old}" for one in wanted if one.old in names}
    raws = own_style.find(text, path, settings, around)
    own = [raw for raw in raws if raw.data.get("part") == "rename" and raw.code in symbols]
    return Text(new_text, _places(own), tuple(raw.rule for raw in own), new_names=names)


def _text(
    old: str,
    new: str,
    raws: Iterable[RawFinding],
    own: Sequence[RawFinding],
    codes: Sequence[str],
    removed: tuple[str, ...],
) -> Text:
    if new == old:
        return Text(old)
    by_ruff = [raw for raw in raws if raw.data.get("safe") and raw.data.get("code") in codes]
    own_codes = [str(raw.data["code"]) for raw in own]
    return Text(new, _places([*by_ruff, *own]), (*codes, *own_codes), removed)


def _places(raws: Iterable[RawFinding]) -> frozenset[tuple[str, Span]]:
    return frozenset((raw.rule, raw.span) for raw in raws)


def _edited(text: str, raws: Iterable[RawFinding]) -> str:
    """Return the text with the raws' own edits made; of two that overlap, the one that takes more."""
    edits = sorted(
        {Replacement(*edit) for raw in raws for edit in raw.data["edits"]}, key=lambda one: (one.start, -one.end)
    )
    kept: list[Replacement] = []
    for edit in sorted(edits, key=lambda one: (one.start, -one.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return apply_replacements(text, kept)


def _brings_more(tidy: str, path: str, root: str, report: Report, settings: ProjectStyle) -> bool:
    """Whether a text breaks more rules about docstrings than the old one did."""
    again = ruff.check(tidy, path, root, style.SELECTION)

    def broken(one: Report) -> int:
        return sum(
            found.code.startswith(("D", "E501", "W5")) and settings.asks_for(found.code) for found in one.diagnostics
        )

    return broken(again) > broken(report)


def _now_nearly_sorted(tidy: str, path: str, root: str, report: Report, settings: ProjectStyle) -> bool:
    """Whether imports that were in too little order to be sorted are in enough, now that unused ones are gone.

    Else the fix itself would bring a new finding.
    """
    if not any(found.code == "I001" for found in report.diagnostics):
        return False
    again = ruff.check(tidy, path, root, ruff.Selection(select=("I001",), config=settings.sorting or ()))
    asked = style.wanted(tidy, path, again, settings, defer_to_formatter=True)
    return bool(asked) and len(asked) == len(again.diagnostics)  # ruff sorts all blocks of a file, or none


def _fix(text: str, path: str, root: str, settings: ProjectStyle, codes: Sequence[str], original: str) -> str:
    """Return the text with ruff's safe fixes of these rules, laid out as the original if that was formatted."""
    new_text = text
    if codes:
        selection = ruff.Selection(select=tuple(sorted(set(codes))), config=settings.sorting or ())
        new_text = ruff.fixed(text, path, root, selection)
        if not text.startswith(("\n", "\r")):
            # Where all imports at the top go, ruff leaves the blank lines that were below them.
            new_text = new_text.lstrip("\r\n")
    return laid_out(original, new_text, path, root)


def _imports(text: str) -> set[str]:
    return set(extract(text.encode("utf-8", "replace")).imports)
