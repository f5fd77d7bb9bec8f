"""What Ambient itself finds about style, beside ruff: names, docstrings, comments, typos, imports, line endings.

Every finding says in its `data` how it is put right: `edits` are (start, end, new text), `part` the proposal that they
belong to. "tidy" leaves the program's tree as it is, "lint" changes how imports are written, "rename" changes names.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers import suppressions
from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.styling import comments, docstring_writing, import_style, naming, stale_parameters, typos
from ambient_lsp.analyzers.styling.docstrings import habits
from ambient_lsp.analyzers.styling.outline import outline
from ambient_lsp.model import Severity, Span
from ambient_lsp.text import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ambient_lsp.analyzers.styling.docstrings import Layout
    from ambient_lsp.analyzers.styling.import_style import Offer
    from ambient_lsp.analyzers.styling.naming import Misnamed
    from ambient_lsp.analyzers.styling.project_style import ProjectStyle

MIXED_ENDINGS = "AMB-STYLE-MIXED-ENDINGS"
_LAYOUTS: Mapping[str, Layout] = {"google": "google", "numpy": "numpy"}

_RUFF_NAMES = {
    stale_parameters.STALE: ("D417", "DOC102"),
    stale_parameters.MISSING: ("D417", "DOC101"),
    import_style.DUPLICATE: ("F811",),
    import_style.STAR: ("F403",),
    import_style.MIXED: ("TID252",),
    MIXED_ENDINGS: ("MIXED",),
}
"""What other tools call the same: a project that refuses theirs does not want ours."""
_PARTS = {import_style.STAR: "lint", import_style.MIXED: "lint", naming.NAMING: "rename", naming.NAME_TYPO: "rename"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What other files say that matters to one file.

    `used_elsewhere` is the code of those that import it, `acting` its imports that do something, as written. `words`
    are those of its open questions that stand in another file; None where nobody has looked. `offers` are by module as
    written in `import *`, `unbound` the names that only `import *` can bring. `module` is the file's own dotted name.
    """

    used_elsewhere: str = ""
    acting: frozenset[str] = frozenset()
    words: frozenset[str] | None = None
    offers: Mapping[str, Offer] = field(default_factory=dict)
    unbound: frozenset[str] = frozenset()
    module: str = ""


@dataclass(frozen=True, slots=True)
class Questions:
    """What must be asked of the repository before all of a file's findings are known."""

    names: frozenset[str] = frozenset()
    modules: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.modules)


def find(text: str, path: str, style: ProjectStyle, around: Surroundings) -> list[RawFinding]:
    """Return the findings of one text, those that the project's own tools refuse left out.

    A public name is told only if no other file has it: else others rely on it, or it was chosen by others.
    """
    found = outline(text)
    if found.broken:
        return []
    raws = [
        *typos.find(found, style.known_words),
        *stale_parameters.find(found),
        *import_style.duplicates(found),
        *import_style.star(
            found, around.offers, around.unbound, around.used_elsewhere, path, around.module, style.line_length
        ),
        *import_style.mixed(found, around.module, is_package=path.endswith("__init__.py")),
        *_mixed_endings(text),
    ]
    if around.words is not None:
        raws += comments.stale(found, comments.named(found).keys() - around.words)
    if not path.endswith(".pyi"):
        raws += [
            naming.finding(found, one)
            for one in naming.misnamed(found, style.refuses)
            if one.private or (around.words is not None and one.old not in around.words)
        ]
    silences = suppressions.read(text, path)
    kept = [
        raw
        for raw in raws
        if not any(style.refuses(code) for code in _RUFF_NAMES.get(raw.rule, ()))
        and not silences.silence(raw.rule, raw.tags, raw.span.start_line)
    ]
    return [replace(raw, data={"part": _PARTS.get(raw.rule, "tidy"), **raw.data}) for raw in kept]


def questions(text: str) -> Questions:
    """Return what the repository must be asked about a text."""
    found = outline(text)
    if found.broken:
        return Questions()
    shared = {one.old for one in naming.misnamed(found) if one.kind != "local"}
    return Questions(frozenset(shared | comments.named(found).keys()), tuple(import_style.star_modules(found)))


def renames(text: str, path: str, style: ProjectStyle, around: Surroundings) -> list[Misnamed]:
    """Return the names that nobody outside the file uses, as far as the repository shows."""
    found = outline(text)
    told = {raw.code for raw in find(text, path, style, around)}
    return [
        one
        for one in naming.misnamed(found, style.refuses)
        if one.private
        and f"{one.kind} {one.old}" in told
        and (one.kind == "local" or (around.words is not None and one.old not in around.words))
    ]


def docstrings(text: str, missing: Iterable[Span], style: ProjectStyle) -> dict[Span, tuple[int, int, str]]:
    """Return the edit that documents each of the definitions whose names are at `missing`, where it can be proven."""
    found = outline(text)
    places = {span.start_line: span for span in missing}
    own = habits(found)
    if not own.layout:  # the file's docstrings have no sections yet; the project may say what they look like
        own = replace(own, layout=_LAYOUTS.get(style.convention, ""))
    edits = {}
    for definition in found.definitions if places else ():
        name = definition.node.child_by_field_name("name")
        span = places.get(name.start_point[0]) if name is not None else None
        if span is not None and (written := docstring_writing.write(found, definition, own, style.line_length)):
            edits[span] = (written.start, written.end, written.text)
    return edits


def _mixed_endings(text: str) -> list[RawFinding]:
    if "\r" not in text:
        return []
    lines = split_lines(text)
    kinds = [line[len(line.rstrip("\r\n")) :] for line in lines]
    counted = Counter(kind for kind in kinds if kind)
    if len(counted) < 2:
        return []
    usual = counted.most_common(1)[0][0]
    first = next(number for number, kind in enumerate(kinds) if kind and kind != usual)
    names = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}
    told = ", ".join(f"{names.get(kind, 'other')} × {number}" for kind, number in counted.most_common())
    return [
        RawFinding(
            MIXED_ENDINGS,
            Span(first, 0, first, len(lines[first].rstrip("\r\n"))),
            f"The lines of this file end in different ways ({told}).",
            Severity.HINT,
            tags=("style", "whitespace"),
            data={"code": MIXED_ENDINGS, "edits": []},
            code="line endings",
        )
    ]
