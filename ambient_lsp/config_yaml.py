"""YAML with the place of every key, so that an error can name its line. Collects all problems, not only the first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KeyPath = tuple[str | int, ...]

MAX_BYTES = 256_000
MAX_NODES = 20_000  # aliases can make a small file expand without end


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a settings file. `line` and `column` count from 1. A warning does not stop loading."""

    path: Path
    line: int
    column: int
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed settings file: its values, the place (line, column, from 1) of each key path, and what was wrong."""

    path: Path
    values: dict[str, Any]
    places: dict[KeyPath, tuple[int, int]]
    problems: tuple[Problem, ...] = ()

    def place(self, key: KeyPath) -> tuple[int, int]:
        """Return where a key is, or the nearest one above it that is in the file."""
        while key and key not in self.places:
            key = key[:-1]
        return self.places.get(key, (1, 1))

    def problem(self, key: KeyPath, message: str, severity: Literal["error", "warning"] = "error") -> Problem:
        """Make a problem at a key's place."""
        return Problem(self.path, *self.place(key), message, severity)


def read(path: Path) -> Document:
    """Read a settings file. A missing or empty one has no values; one that cannot be read has a problem."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Document(path, {}, {})
    except OSError as error:
        return _broken(path, f"The file cannot be read: {error.strerror}.")
    if len(data) > MAX_BYTES:
        return _broken(path, f"The file is larger than {MAX_BYTES} bytes; that cannot be a settings file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _broken(path, "The file is not valid UTF-8 text.", data.count(b"\n", 0, error.start) + 1)
    return parse(path, text)


def parse(path: Path, text: str) -> Document:
    """Parse the text of a settings file, such as an editor's unsaved buffer."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True  # reported below, all of them, instead of only the first
    try:
        node = yaml.compose(text)
        if node is None:
            return Document(path, {}, {})
        places, problems = _walk(path, node)
        if problems and problems[-1].message.startswith("The file expands"):
            return Document(path, {}, {}, tuple(problems))
        values = yaml.load(text)
    except MarkedYAMLError as error:
        message, at_beginning = _in_words(error.problem or "", error.context or "")
        marks = (error.context_mark, error.problem_mark) if at_beginning else (error.problem_mark, error.context_mark)
        mark = marks[0] or marks[1]
        return _broken(path, message, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)
    except (YAMLError, ValueError, RecursionError) as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        return _broken(path, f"This is not valid YAML: {str(error).splitlines()[0]}.", line)
    if not isinstance(values, dict):
        return _broken(path, "The file must be a mapping of sections, such as `monitoring:`.")
    return Document(path, values, places, tuple(problems))


_OPEN = ("unexpected end of stream", "expected ',' or", "could not find expected ':'")
"""Problems that the parser notices at the end of what is broken; people look for them where it begins."""

_WORDS = (
    (r"character '\\t'", "A tab is not allowed here; indent with spaces."),
    (r"unknown escape character '(.)'", r"`\\\1` means nothing in double quotes; use single quotes."),
    (r"character '(.)'", r"A value cannot begin with `\1`; put it into quotes."),
    (r"mapping values are not allowed", "A setting cannot begin here: the line before has a value already, or lacks its"
     " `:`; or this is all one value, and needs quotes."),
    (r"expected <block end>.*block collection", "The list above was expected to go on here, with `- `."),
    (r"expected <block end>, but found '-'", "A list (`- `) was not expected here; it stands below a name of its own."),
    (r"expected <block end>", "This line is not indented like the others of its section."),
    (r"expected ',' or '(.)'", r"What is opened here is not closed: a `\1` or a `,` was expected."),
    (r"could not find expected ':'", "A `:` was expected here: a setting is `name: value`."),
    (r"unexpected end of stream", "The quote that is opened here is not closed."),
    (r"undefined alias '(.*?)'", r"`*\1` means nothing here; put a text that begins with `*` into quotes."),
    (r"determine a constructor", "A tag (`!...`) is not allowed; only plain values are."),
    (r"another document", "A second document begins here; settings are one document, without `---` in between."),
    (r"expected the node content", "A value was expected here."),
)  # fmt: skip
"""What the parser says (and of what, behind it), and what that means to somebody who does not know its words."""


def _in_words(problem: str, context: str) -> tuple[str, bool]:
    """Return what is wrong and what was expected, and whether its place is where the broken part begins."""
    at_beginning = any(one in problem for one in _OPEN)
    for pattern, words in _WORDS:
        if found := re.search(pattern, f"{problem} {context}"):
            return found.expand(words), at_beginning
    return f"This is not valid YAML: {problem or context}.", at_beginning


def _broken(path: Path, message: str, line: int = 1, column: int = 1) -> Document:
    return Document(path, {}, {}, (Problem(path, line, column, message),))


def _walk(path: Path, root: Any) -> tuple[dict[KeyPath, tuple[int, int]], list[Problem]]:
    places: dict[KeyPath, tuple[int, int]] = {}
    problems: list[Problem] = []
    pending: list[tuple[KeyPath, Any]] = [((), root)]
    while pending:
        if len(places) > MAX_NODES:
            problems.append(Problem(path, 1, 1, f"The file expands to more than {MAX_NODES} values through aliases."))
            break
        key, node = pending.pop()
        for name, mark, child in _children(node):
            place = (mark.line + 1, mark.column + 1)
            if (here := (*key, name)) in places:
                first = places[here][0]
                problems.append(Problem(path, *place, f"`{name}` is set twice; the first time in line {first}."))
                continue
            places[here] = place
            pending.append((here, child))
    return places, problems


def _children(node: Any) -> Iterator[tuple[str | int, Any, Any]]:
    if node.id == "mapping":
        for key, value in node.value:
            yield str(key.value), key.start_mark, value
    elif node.id == "sequence":
        for index, value in enumerate(node.value):
            yield index, value.start_mark, value
