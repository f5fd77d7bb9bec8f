"""Putting the parts of a reply together: which edits belong to one proposal, and what is said about them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import json_repair

from ambient_lsp.llm.reply.segments import (
    Block,
    DiffText,
    Forget,
    JsonText,
    Prose,
    Scanner,
    Segment,
    WholeFile,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Edit = Block | WholeFile | DiffText

_NUMBERED = re.compile(r"^(?:(?:proposal|change|edit|fix)\s*#?\d*\s*[:.)-]\s*|\d+[.)]\s+)", re.IGNORECASE)
_ABOUT = frozenset({"title", "description", "rationale", "risk_level", "risk", "tags", "rule", "severity", "finding"})
_LISTS = ("proposals", "changes", "edits", "suggestions", "results")
_LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class Draft:
    """A change as the model wrote it. `about` is its metadata block, `words` the prose around it.

    `whole` is False where the end of a part was not seen; such a draft must not be used.
    """

    title: str
    words: str
    edits: tuple[Edit, ...]
    about: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Statement:
    """A JSON object that is about no edit: findings, a verdict on others' findings, a decision about a proposal."""

    data: Mapping[str, Any]


Part = Draft | Statement | Forget


class Reading:
    """Reads one reply while it arrives, and yields each draft as soon as the next thing begins."""

    def __init__(self) -> None:
        self._scanner = Scanner()
        self._begin()

    def feed(self, piece: str) -> Iterator[Part]:
        """Take the next piece of the text."""
        for segment in self._scanner.feed(piece):
            yield from self._take(segment)

    def close(self, *, finished: bool = True) -> Iterator[Part]:
        """Take the end of the text. `finished` False says that there should have been more: the last draft is not
        whole then, even if its parts are, since the next part may have been meant to go with them."""
        for segment in self._scanner.close():
            yield from self._take(segment)
        yield from self._finish(whole=finished)

    def _begin(self, title: str = "") -> None:
        self._title = title
        self._words: list[str] = []
        self._edits: list[Edit] = []
        self._last_path = ""

    def _take(self, segment: Segment) -> Iterator[Part]:
        match segment:
            case Forget():
                self._begin()
                yield segment
            case Prose(text, heading=True):
                yield from self._finish()
                self._begin(_title(text))
            case Prose(text):
                self._words.append(text)
            case JsonText(text, closed):
                yield from self._json(text, closed)
            case Block(path="") if self._last_path:
                self._edits.append(Block(self._last_path, segment.lines, segment.dividers, segment.closed))
            case Block() | WholeFile() | DiffText():
                self._edits.append(segment)
                self._last_path = getattr(segment, "path", "") or self._last_path

    def _json(self, text: str, closed: bool) -> Iterator[Part]:
        value = read_json(text, closed=closed)
        if isinstance(value, dict) and self._edits and _ABOUT & value.keys() and not _holds_edits(value):
            yield from self._finish(value)
            return
        yield from self._finish()
        if isinstance(value, dict):
            listed = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
            rest = {name: one for name, one in value.items() if one is not listed}
            if listed is None or not any(isinstance(one, dict) and _holds_edits(one) for one in listed):
                listed, rest = ([value], {}) if _holds_edits(value) else ([], value)
            if rest:
                yield Statement(rest)
            value = listed
        if isinstance(value, list):
            for one in value:
                if isinstance(one, dict) and _holds_edits(one):
                    yield _from_json(one)
                elif isinstance(one, dict):
                    yield Statement(one)

    def _finish(self, about: Mapping[str, Any] | None = None, *, whole: bool = True) -> Iterator[Part]:
        edits, words, about = self._edits, "\n".join(self._words).strip(), about or {}
        title = str(about.get("title") or self._title or _first_sentence(words))
        self._begin()
        if edits:
            whole = whole and all(edit.closed for edit in edits)
            yield Draft(title[:_LONGEST_TITLE], words, tuple(edits), about, whole)


def read_reply(text: str, *, finished: bool = True) -> list[Draft | Statement]:
    """Read a reply at once; `finished` as in `Reading.close`."""
    reading = Reading()
    parts: list[Draft | Statement] = []
    for part in (*reading.feed(text), *reading.close(finished=finished)):
        if isinstance(part, Forget):
            parts.clear()
        else:
            parts.append(part)
    return parts


def read_json(text: str, *, closed: bool = True) -> Any:
    """Return the value of what should be JSON, repaired where that is possible; None where nothing can be made of it.

    Of a text that was cut off, only the elements of its list that are whole count: nobody knows what the last one
    would have been, and a repair would make one up.
    """
    try:
        return json.loads(text)
    except ValueError:
        pass
    except RecursionError:
        return None
    if not closed:
        return list(_whole_elements(text)) or None
    try:
        value = json_repair.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _whole_elements(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), text.find("[") + 1
    while at and (start := text.find("{", at)) >= 0 and not text[at:start].strip(", \t\n\r"):
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return
        yield value


def _holds_edits(value: Mapping[str, Any]) -> bool:
    return any(isinstance(value.get(name), str) and value[name].strip() for name in ("diff", "patch", "search"))


def _from_json(value: Mapping[str, Any]) -> Draft:
    """Read one element of the array that the first specification asks for, or one with `search` and `replace`."""
    about = {name: one for name, one in value.items() if name not in ("diff", "patch", "search", "replace")}
    path = str(value.get("path") or value.get("file") or next(iter(_strings(value.get("files_touched"))), ""))
    edit: Edit
    if isinstance(value.get("search"), str):
        before, after = (str(value.get(name, "")).removesuffix("\n").split("\n") for name in ("search", "replace"))
        edit = Block(path, (*before, "=======", *after), (len(before),))
    else:
        edit = DiffText(str(value.get("diff") or value.get("patch")))
    words = str(value.get("rationale") or value.get("description") or "")
    return Draft(str(value.get("title") or _first_sentence(words))[:_LONGEST_TITLE], words, (edit,), about)


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _title(heading: str) -> str:
    return _NUMBERED.sub("", heading.strip().strip("#* \t:").strip()).strip("* ")


def _first_sentence(words: str) -> str:
    line = next((line.strip() for line in words.split("\n") if line.strip()), "")
    return line.split(". ")[0].rstrip(".:")
