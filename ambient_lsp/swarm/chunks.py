"""Cutting a long file into pieces that a model can be asked about one by one, between its symbols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import parse

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGNATURES = 200


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines `first` to `last` of a file (from 1, both included). `alone` tells that it is all of the file."""

    text: str
    first: int
    last: int
    alone: bool = False


def chunks(path: str, text: str, most: int, tokens: Callable[[str], int]) -> list[Chunk]:
    """Return the pieces of a file, each of at most about `most` tokens; none where one symbol is longer than that.

    Python is cut between top-level definitions, and within a long class between its methods; other files where a line
    is empty and the next one is not indented.
    """
    if tokens(text) <= most:
        return [Chunk(text, 1, text.count("\n") + 1, alone=True)]
    lines = text.split("\n")
    starts = _definitions(text) if path.endswith((".py", ".pyi")) else _paragraphs(lines)
    pieces: list[tuple[int, int]] = []
    begin = 0
    for at, after in zip([0, *starts], [*starts, len(lines)], strict=True):
        if tokens("\n".join(lines[begin:after])) > most and at > begin:
            pieces.append((begin, at))
            begin = at
    pieces.append((begin, len(lines)))
    made = [Chunk("\n".join(lines[low:high]), low + 1, high) for low, high in pieces]
    return made if all(tokens(one.text) <= most for one in made) else []


def outline(text: str) -> str:
    """Return the lines that define something, so that a piece is not read without the rest."""
    lines = text.split("\n")
    heads = [line for line in lines if line.lstrip().startswith(("class ", "def ", "async def ", "import ", "from "))]
    return "\n".join(heads[:_SIGNATURES])


def _definitions(text: str) -> list[int]:
    """Return the first lines (from 0) of top-level statements, and of the methods of classes."""
    root = parse(text).root_node
    starts: set[int] = set()
    for node in root.named_children:
        starts.add(node.start_point[0])
        inner = node.child_by_field_name("definition") or node
        if inner.type == "class_definition" and (body := inner.child_by_field_name("body")) is not None:
            starts.update(member.start_point[0] for member in body.named_children)
    return sorted(starts - {0})


def _paragraphs(lines: list[str]) -> list[int]:
    return [
        number
        for number in range(1, len(lines))
        if lines[number].strip() and not lines[number][0].isspace() and not lines[number - 1].strip()
    ]
