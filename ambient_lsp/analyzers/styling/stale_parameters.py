"""Docstrings that describe parameters which the function does not take, or that leave out just one.

A decorator can give a function another signature, and `**kwargs` takes any name: of such functions nothing is said.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.styling.docstrings import Described, Entry, described, parameters
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.styling.outline import Definition, Docstring, Outline

STALE = "AMB-STYLE-STALE-PARAM"
MISSING = "AMB-STYLE-MISSING-PARAM"

_PLAIN_DECORATORS = frozenset(
    "staticmethod classmethod property abstractmethod abc.abstractmethod final override cache lru_cache"
    " functools.cache functools.lru_cache contextmanager contextlib.contextmanager cached_property".split()
)
_ALIKE = 0.6
_ENOUGH = 3


def find(outline: Outline) -> list[RawFinding]:
    """Return the findings of one file. `data["edits"]` are (start, end, new text), where the fix is certain."""
    found: list[RawFinding] = []
    complete: list[tuple[Definition, Docstring, Described, list[str]]] = []
    whole = 0
    for definition, docstring, names in _documented(outline):
        told = described(docstring)
        if told is None or not told.entries:
            continue
        entries = {entry.name for entry in told.entries}
        plain = [name.lstrip("*") for name in names]
        # What takes any argument may describe each of them.
        open_ended = any(name.startswith("*") for name in names)
        if not open_ended and not entries - set(plain) - {"self", "cls"} and len(entries) == len(told.entries):
            lacking = [name for name in plain if name not in entries and not name.startswith("_")]
            whole += not lacking
            # What is left out at the very beginning is left out on purpose.
            if len(lacking) == 1 and len(entries) >= 2 and lacking[0] != plain[0] and definition.public_api:
                complete.append((definition, docstring, told, lacking))
        elif not open_ended:
            stale = list(_stale(outline, definition, docstring, told, plain))
            # Counted as it will be after the fix, so that fixing one docstring brings no new finding elsewhere.
            whole += bool(stale) and all(one.data["edits"] for one in stale)
            found += stale
    if whole >= _ENOUGH and whole > len(complete):
        found += [_missing(outline, *one) for one in complete]
    return found


def _documented(outline: Outline) -> Iterator[tuple[Definition, Docstring, list[str]]]:
    """Yield each function with its docstring and its parameters; for `__init__`, the class's own docstring, too."""
    for definition in outline.definitions:
        if definition.kind != "function" or any(
            one.split("(")[0] not in _PLAIN_DECORATORS for one in definition.decorators
        ):
            continue
        names = parameters(outline, definition.node)
        if names is None:
            continue
        if definition.in_class and "staticmethod" not in definition.decorators:
            names = names[1:]
        holder = definition.parent
        if definition.docstring is not None:
            yield definition, definition.docstring, names
        if definition.name == "__init__" and holder is not None and holder.docstring is not None:
            if not holder.bases and not holder.decorators:
                yield definition, holder.docstring, names


def _stale(
    outline: Outline, definition: Definition, docstring: Docstring, told: Described, names: list[str]
) -> Iterator[RawFinding]:
    body = outline.code(definition.node.child_by_field_name("body"))
    entries = [entry for entry in told.entries if entry.name not in ("self", "cls")]
    unknown = [entry for entry in entries if entry.name not in names]
    lacking = [name for name in names if name not in {entry.name for entry in entries}]
    outside = body.replace(docstring.text, "", 1) if definition.docstring is docstring else body
    if any(re.search(rf"\b{entry.name}\b", outside) for entry in unknown):
        return  # an inner function takes it, or the body makes it: the docstring may mean that
    if len(unknown) * 2 > len(entries) and len(unknown) > 1:
        return  # it describes something else altogether
    for entry in unknown:
        renamed = _renamed(entries, entry, unknown, names, lacking)
        what = f"The docstring describes `{entry.name}`, which `{definition.qualname}` does not take"
        message = f"{what}; it is `{renamed}` now." if renamed else f"{what}."
        edits: list[tuple[int, int, str]] = []
        if renamed:
            places = [one for one in (*told.entries, *told.types) if one.name == entry.name]
            edits = [(place.start, place.end, renamed) for place in places]
        elif not lacking and len(entries) > len(unknown) and _stands_alone(outline.text, docstring, told, entry):
            edits = [(*one.lines, "") for one in (*told.entries, *told.types) if one.name == entry.name]
        yield RawFinding(
            STALE,
            outline.lines.span(entry.start, entry.end),
            message,
            Severity.HINT,
            tags=("style", "documentation"),
            symbol=definition.qualname,
            data={"code": STALE, "edits": edits},
            code=f"{definition.qualname} {entry.name}",
        )


def _renamed(entries: list[Entry], entry: Entry, unknown: list[Entry], names: list[str], lacking: list[str]) -> str:
    """Return the parameter that an entry must be about: the only one left over, alike, and in the same place."""
    if len(unknown) != 1 or len(lacking) != 1:
        return ""
    new = lacking[0]
    same_place = len(entries) == len(names) and entries.index(entry) == names.index(new)
    alike = difflib.SequenceMatcher(None, entry.name, new).ratio() >= _ALIKE
    share = any(len(part) > 2 for part in {*entry.name.split("_")} & {*new.split("_")})
    return new if same_place and (alike or share or entry.name in new or new in entry.name) else ""


def _stands_alone(text: str, docstring: Docstring, told: Described, entry: Entry) -> bool:
    """Whether an entry has lines of its own, and nothing else in the docstring speaks of it."""
    own = [one for one in (*told.entries, *told.types) if one.name == entry.name]
    whole_lines = all(one.lines[1] <= docstring.end and text[one.lines[1] - 1] == "\n" for one in own)
    said = (docstring.start + match.start() for match in re.finditer(rf"\b{entry.name}\b", docstring.text))
    return whole_lines and all(any(one.lines[0] <= at < one.lines[1] for one in own) for at in said)


def _missing(
    outline: Outline, definition: Definition, docstring: Docstring, told: Described, lacking: list[str]
) -> RawFinding:
    first = told.entries[0]
    return RawFinding(
        MISSING,
        outline.lines.span(first.start, first.end),
        f"The docstring describes every parameter of `{definition.qualname}` but `{lacking[0]}`.",
        Severity.HINT,
        tags=("style", "documentation"),
        symbol=definition.qualname,
        data={"code": MISSING, "edits": []},
        code=f"{definition.qualname} {lacking[0]}",
    )
