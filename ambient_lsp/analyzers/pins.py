"""Pins of weak dependencies raised to the first version that no advisory names, where a pin is simply a pin.

A lock file is left to the tool that makes it, and so is a pin with hashes or with other conditions beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.analyzers.base import RawFinding

_BY_HAND = re.compile(r"(^|/)((requirements|constraints)[\w.-]*\.txt|pyproject\.toml|Pipfile)$")
_PIN = re.compile(r"(?P<head>[\w.-]+(?:\[[\w,\s-]*\])?\s*==\s*|\"?[\w.-]+\"? = \"==)(?P<version>[0-9][\w.!+]*)")


@dataclass(frozen=True, slots=True)
class Raised:
    """A manifest with one pin raised. `indexes` say which of the findings that were given it takes away."""

    text: str
    package: str
    old: str
    new: str
    indexes: tuple[int, ...]

    @property
    def is_major(self) -> bool:
        """Whether the first number changes, which is where packages break with what was before."""
        return self.old.split(".")[0] != self.new.split(".")[0]


def raised(path: str, text: str, raws: Sequence[RawFinding]) -> Iterator[Raised]:
    """Yield the manifest for each pin that can be raised."""
    if _BY_HAND.search(path) is None:
        return
    lines = Lines(text)
    for span in dict.fromkeys(raw.span for raw in raws):
        indexes = tuple(index for index, raw in enumerate(raws) if raw.span == span)
        new = str(raws[indexes[0]].data.get("fixed", ""))
        start = lines.start(span.start_line) + span.start_column
        pin = _PIN.match(text, start)
        if not new or pin is None or not _stands_alone(text, pin.end()):
            continue
        changed = text[: pin.start("version")] + new + text[pin.end("version") :]
        package = re.match(r"[\w.-]+", pin["head"].lstrip('"'))
        yield Raised(changed, package[0] if package else "", pin["version"], new, indexes)


def _stands_alone(text: str, end: int) -> bool:
    """Whether nothing but a comment, a marker or a closing quote comes after a version on its line."""
    rest = text[end:].split("\n", 1)[0]
    return re.match(r"\s*($|#|;|[\"'])", rest) is not None and "--hash" not in rest and not rest.rstrip().endswith("\\")
