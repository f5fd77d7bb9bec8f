"""How docstrings are written: the parameters that one describes, and the habits that a file has.

Three layouts are read: Google's (`Args:`), NumPy's (`Parameters` over a line of dashes) and reST (`:param x:`). A
section that holds anything else than entries is not understood, and then nothing is said of it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.analyzers.styling.outline import Definition, Docstring, Outline

Layout = Literal["", "google", "numpy", "rest"]

_GOOGLE_HEAD = re.compile(r"^([ \t]*)(?:Args|Arguments|Parameters|Params)[ \t]*:[ \t]*$", re.MULTILINE)
_GOOGLE_SECTION = re.compile(r"^[ \t]*(?:Args|Arguments|Returns|Raises|Yields)[ \t]*:[ \t]*$", re.MULTILINE)
_GOOGLE_ENTRY = re.compile(
    r"(\*{0,2})([A-Za-z_]\w*)[ \t]*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?[ \t]*:(?:[ \t]+(.*))?$"
)
_NUMPY_HEAD = re.compile(r"^([ \t]*)(?:Parameters|Other Parameters)[ \t]*\n[ \t]*-{3,}[ \t]*$", re.MULTILINE)
_NUMPY_SECTION = re.compile(r"^[ \t]*(?:Parameters|Returns|Raises|Yields)[ \t]*\n[ \t]*-{3,}[ \t]*$", re.MULTILINE)
_NUMPY_ENTRY = re.compile(r"(\*{0,2})([A-Za-z_]\w*)(?:[ \t]*:[ \t]*.*)?$")
_REST_ENTRY = re.compile(
    r"^([ \t]*):(param|parameter|arg|argument|key|keyword|type)[ \t]+([^:\n]{0,200}?)(\*{0,2}|\\\*)(\w{1,80})[ \t]*:",
    re.MULTILINE,
)
_REST_SECTION = re.compile(r"^[ \t]*:(?:param|returns?|raises?|rtype)\b[^:\n]*:", re.MULTILINE)
_INDENT = re.compile(r"[ \t]*")
_MOOD = re.compile(r"\s*([A-Z][a-z]+)\b")
_BARE = re.compile(r"(?<!`)`[^`\n]+`(?!`)")

PLAIN_BASES = frozenset(("object", "ABC", "abc.ABC"))
"""Bases that declare no methods which a subclass would override."""
IMPERATIVE = frozenset(
    "return get set add remove create make build call check compute convert count delete find format give handle load"
    " parse print raise read register render run save send start stop test update validate write yield".split()
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One described parameter. `start` to `end` is its name in the text, `lines` the offsets of all its lines.

    `alone` tells whether the lines describe nothing else.
    """

    name: str
    start: int
    end: int
    lines: tuple[int, int]
    description: str = ""
    alone: bool = True


@dataclass(frozen=True, slots=True)
class Described:
    """The parameters that a docstring describes, in its order; `types` are the places of reST's `:type x:`."""

    layout: Layout
    entries: tuple[Entry, ...] = ()
    types: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Habits:
    """How a file writes its docstrings. `share` of its public definitions have one.

    `verb` is "Return" or "Returns", `tick` what stands around code, `below` whether the text starts on its own line.
    """

    share: float
    count: int
    layout: Layout
    opening: str
    third_person: bool
    tick: str
    below: bool
    stop: bool

    def verb(self, imperative: str) -> str:
        """Return a verb the way the file's docstrings begin ("Return" or "Returns")."""
        if not self.third_person:
            return imperative
        if imperative.endswith(("s", "sh", "ch", "x")):
            return f"{imperative}es"
        return f"{imperative[:-1]}ies" if imperative.endswith("y") else f"{imperative}s"

    def code(self, source: str) -> str:
        """Return a piece of code the way the file's docstrings show it."""
        return f"{self.tick}{source}{self.tick}"


def described(docstring: Docstring) -> Described | None:
    """Return what a docstring describes; None where it has a section that is not understood."""
    text = docstring.text
    if _REST_ENTRY.search(text):
        return _rest(text, docstring.start)
    for layout, head in (("numpy", _NUMPY_HEAD), ("google", _GOOGLE_HEAD)):
        heads = list(head.finditer(text))
        if len(heads) > 1:
            return None
        if heads:
            entries = _section(text, heads[0], docstring.start, numpy=layout == "numpy")
            return None if entries is None else Described("numpy" if layout == "numpy" else "google", entries)
    return Described("")


def habits(outline: Outline) -> Habits:
    """Return how a file writes its docstrings."""
    public = [one for one in outline.definitions if one.public and not _needs_none(one)]
    written = [one.docstring for one in outline.definitions if one.docstring is not None]
    verbs = [match[1].lower() for one in written if (match := _MOOD.match(one.text))]
    third = sum(_infinitive(verb) in IMPERATIVE and verb not in IMPERATIVE for verb in verbs)
    layouts: Counter[Layout] = Counter(layout for one in written if (layout := layout_of(one.text)))
    double = sum("``" in one.text for one in written)
    single = sum(_BARE.search(one.text) is not None for one in written)
    many_lines = [one for one in written if "\n" in one.text]
    firsts = [one.text.strip().split("\n\n")[0].rstrip() for one in written if one.text.strip()]
    return Habits(
        share=sum(one.docstring is not None for one in public) / len(public) if public else 0.0,
        count=len(written),
        layout=layouts.most_common(1)[0][0] if layouts else "",
        opening=Counter(one.opening for one in written).most_common(1)[0][0] if written else '"""',
        third_person=third > sum(verb in IMPERATIVE for verb in verbs),
        tick="``" if double > single or (double == single and layouts["rest"] + layouts["numpy"]) else "`",
        below=sum(one.text.startswith("\n") for one in many_lines) * 2 > len(many_lines) > 0,
        stop=sum(first.endswith(".") for first in firsts) * 2 >= len(firsts),
    )


def layout_of(text: str) -> Layout:
    """Return the layout of a docstring that has sections; nothing for one without."""
    if _NUMPY_SECTION.search(text):
        return "numpy"
    if _REST_SECTION.search(text):
        return "rest"
    return "google" if _GOOGLE_SECTION.search(text) else ""


def parameters(outline: Outline, function: Node) -> list[str] | None:
    """Return the names of a function's parameters with their stars; None where they are not understood."""
    found = function.child_by_field_name("parameters")
    if found is None:
        return None
    names = []
    for node in found.named_children:
        if node.type in ("keyword_separator", "positional_separator", "comment"):
            continue
        inner = node.child_by_field_name("name") or node
        if inner.type == "typed_parameter":
            inner = inner.named_children[0]
        name = outline.code(inner).strip()
        if not re.fullmatch(r"\*{0,2}\s*\w+", name):
            return None
        names.append(name.replace(" ", ""))
    return names


def _needs_none(definition: Definition) -> bool:
    return definition.name.startswith("test") or any("overload" in one for one in definition.decorators)


def _infinitive(verb: str) -> str:
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    return verb[:-2] if verb.endswith(("shes", "ches", "sses", "xes")) else verb.removesuffix("s")


def _section(text: str, head: re.Match[str], base: int, *, numpy: bool) -> tuple[Entry, ...] | None:
    """Return the entries below a heading; None where a line among them is none."""
    own = len(head[1].expandtabs())
    position = head.end() + 1
    entries: list[Entry] = []
    level = own if numpy else -1
    lines = text[position:].split("\n") if position <= len(text) else []
    for number, line in enumerate(lines):
        start, position = position, position + len(line) + 1
        indent = len((_INDENT.match(line) or [""])[0].expandtabs())
        if not line.strip():
            continue
        if indent < own or (not numpy and indent <= own):
            break
        if numpy and number + 1 < len(lines) and re.fullmatch(r"\s*-{3,}\s*", lines[number + 1]):
            break  # the next heading
        level = indent if level < 0 else level
        if indent > level:
            if not entries:
                return None
            last = entries[-1]
            more = f"{last.description} {line.strip()}".strip()
            entries[-1] = Entry(last.name, last.start, last.end, (last.lines[0], base + position), more, last.alone)
            continue
        match = (_NUMPY_ENTRY if numpy else _GOOGLE_ENTRY).match(line.strip())
        if match is None:
            return None
        at = base + start + len(line) - len(line.lstrip()) + match.start(2)
        description = "" if numpy else (match[4] or "")
        entries.append(Entry(match[2], at, at + len(match[2]), (base + start, base + position), description))
    return tuple(entries)


def _rest(text: str, base: int) -> Described | None:
    entries: list[Entry] = []
    types: list[Entry] = []
    for match in _REST_ENTRY.finditer(text):
        end = text.find("\n", match.end())
        end = len(text) if end < 0 else end
        indent = len(match[1].expandtabs())
        first = text[match.end() : end].strip()
        while end < len(text):
            following = text.find("\n", end + 1)
            following = len(text) if following < 0 else following
            line = text[end + 1 : following]
            if not line.strip() or len((_INDENT.match(line) or [""])[0].expandtabs()) <= indent:
                break
            first = f"{first} {line.strip()}"
            end = following
        lines = (base + match.start(), base + min(end + 1, len(text)))
        kind = types if match[2] == "type" else entries
        kind.append(Entry(match[5], base + match.start(5), base + match.end(5), lines, first))
    return Described("rest", tuple(entries), tuple(types))
