"""What is new in a file since a revision: its changed lines, and the text that it had before.

Old is what stands on a line that is as it was, and what was found in the old text just so. A weakness that comes about
by a change elsewhere in the file is therefore new, though its own line was not touched.
"""

from __future__ import annotations

import asyncio
import difflib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ambient_lsp.context import git
from ambient_lsp.errors import AmbientError, WorkspaceError
from ambient_lsp.text import split_lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from ambient_lsp.model import Finding

    LookAgain = Callable[[str, str], Awaitable[list[Finding]]]

_LONGEST = 5_000_000


@dataclass(slots=True)
class NewCode:
    """The old texts of one repository. `base` is the commit that is compared with; empty where there is none yet."""

    root: Path
    base: str
    _objects: git.Objects
    _old: dict[str, str | None] = field(default_factory=dict)
    _found: dict[tuple[str, str], Counter[tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    async def since(cls, root: Path, revision: str) -> NewCode:
        """Compare with `revision`, or with where this branch left it. Raises `WorkspaceError`."""
        base = await asyncio.to_thread(git.fork_point, root, revision)
        if base is None and revision != "HEAD":
            raise WorkspaceError(
                f"git knows no commit {revision!r} here, so nothing tells new code from old.",
                untouched="Everything is shown.",
                next_step="Name a branch, a tag or a commit that `git log` shows.",
            )
        return cls(root, base or "", git.Objects(root))

    async def new(self, agent: str, path: str, text: str, found: Sequence[Finding], again: LookAgain) -> set[str]:
        """Return the ids of the findings that are new. `again(path, old text)` tells what was found before."""
        old = await self._old_text(path)
        if old is None:
            return {finding.id for finding in found}
        if old == text:
            return set()
        changed = changed_lines(old, text)
        new = {finding.id for finding in found if not changed.isdisjoint(_lines(finding))}
        untouched = [finding for finding in found if finding.id not in new]
        if untouched:
            before = (await self._before(agent, path, old, again)).copy()
            for finding in untouched:
                key = (finding.rule, finding.fingerprint)
                if before[key] <= 0:
                    new.add(finding.id)
                before[key] -= 1
        return new

    def close(self) -> None:
        """End git's process."""
        self._objects.close()

    async def _before(self, agent: str, path: str, old: str, again: LookAgain) -> Counter[tuple[str, str]]:
        known = self._found.get((agent, path))
        if known is None:
            try:
                known = Counter((one.rule, one.fingerprint) for one in await again(path, old))
            except AmbientError:  # the old text cannot be looked at; then only touched lines are new
                known = _Everything()
            self._found[agent, path] = known
        return known

    async def _old_text(self, path: str) -> str | None:
        if not self.base:
            return None
        if path not in self._old:
            data = await asyncio.to_thread(self._objects.read, f"{self.base}:./{path}", _LONGEST)
            self._old[path] = None if data is None else data.decode("utf-8-sig", "replace")
        return self._old[path]


class _Everything(Counter[tuple[str, str]]):
    """Stands for a text in which anything may have been found."""

    def __missing__(self, key: tuple[str, str]) -> int:
        return 1


def changed_lines(old: str, new: str) -> frozenset[int]:
    """Return the lines of `new`, from 0, that `old` does not have there. Below a deletion, the next line counts."""
    before, after = split_lines(old.replace("\r\n", "\n")), split_lines(new.replace("\r\n", "\n"))
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    matcher = difflib.SequenceMatcher(None, before[start : len(before) - end], after[start : len(after) - end])
    lines: set[int] = set()
    for kind, _, _, first, last in matcher.get_opcodes():
        if kind != "equal":
            lines.update(range(start + first, start + max(last, first + (kind == "delete"))))
    return frozenset(lines)


def _lines(finding: Finding) -> range:
    span = finding.span
    last = span.end_line if span.end_column or span.end_line == span.start_line else span.end_line - 1
    return range(span.start_line, last + 1)


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
