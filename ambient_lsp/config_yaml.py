"""YAML with the place of every key, so that an error can name its line. Collects all problems, not only the first."""

from __future__ import annotations

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
        mark = error.problem_mark or error.context_mark
        message = f"This is not valid YAML: {error.problem or error.context}."
        return _broken(path, message, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)
    except (YAMLError, ValueError, RecursionError) as error:
        return _broken(path, f"This is not valid YAML: {str(error).splitlines()[0]}.")
    if not isinstance(values, dict):
        return _broken(path, "The file must be a mapping of sections, such as `monitoring:`.")
    return Document(path, values, places, tuple(problems))


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
