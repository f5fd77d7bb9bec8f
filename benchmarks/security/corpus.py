"""Reads the labelled programs: one page of Markdown for each category, in `cases/` and twelve more.

A page begins with its title and a line `cwe: 89 564`, the ids that count as the right family. Each `## heading` is one
pair of twins: a fenced block marked `vulnerable` and one marked `safe`. A line `# file: name.py` within a block starts
another file; without one the block is `program.py`. `# <<<` ends the lines to blame. Tools never see these marks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent
FOLDERS = (
    "cases", "held_out", "unseen", "last",
    "strangers", "strangers_two", "strangers_three", "strangers_four", "strangers_five",
    "strangers_six", "strangers_seven", "strangers_eight", "strangers_nine",
)  # fmt: skip
_BLOCK = re.compile(r"^```(?:python|text) (vulnerable|safe)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)
_MARK = re.compile(r"[ ]*# <<<$")


@dataclass(frozen=True, slots=True)
class Case:
    """One program of a part of the corpus. `blamed` are the places, path and line from 1, to point at."""

    name: str
    category: str
    title: str
    vulnerable: bool
    part: str
    family: frozenset[int]
    files: Mapping[str, str]
    blamed: frozenset[tuple[str, int]]


def read() -> list[Case]:
    """Return all cases in a fixed order: each vulnerable program is followed by its safe twin."""
    return [case for part in FOLDERS for page in sorted((HERE / part).glob("*.md")) for case in _cases(page, part)]


def _cases(page: Path, part: str) -> Iterator[Case]:
    head, *sections = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (ids,) = re.findall(r"^cwe: ([\d ]+)$", head, re.MULTILINE)
    family = frozenset(map(int, ids.split()))
    for number, section in enumerate(sections, 1):
        title = section.partition("\n")[0]
        blocks = dict(_BLOCK.findall(section))
        if set(blocks) != {"vulnerable", "safe"}:
            raise ValueError(f"{page.name}: {title!r} needs one vulnerable and one safe block")
        for label in ("vulnerable", "safe"):
            files, blamed = _files(blocks[label])
            if bool(blamed) != (label == "vulnerable") and page.stem != "dependency":
                raise ValueError(f"{page.name}: {title!r}: only the vulnerable twin has lines to blame")
            name = f"{page.parent.name}-{page.stem}-{number}-{label[0]}"
            yield Case(name, page.stem, title, label == "vulnerable", part, family, files, blamed)


def _files(block: str) -> tuple[dict[str, str], frozenset[tuple[str, int]]]:
    first, *others = _FILE.split(block)
    marked = dict(zip(others[::2], others[1::2], strict=True)) if others else {"program.py": first}
    files: dict[str, str] = {}
    blamed: set[tuple[str, int]] = set()
    for path, text in marked.items():
        lines = text.splitlines()
        blamed |= {(path, number) for number, line in enumerate(lines, 1) if _MARK.search(line)}
        files[path] = "\n".join(_MARK.sub("", line) for line in lines) + "\n"
    return files, frozenset(blamed)
