"""The baseline: findings that an old repository had when it began, kept quiet about until somebody mends them.

`.ambient-baseline.json` is a file to commit. One finding is one line, in the order of paths and rules, so that a review
shows what changed and two branches seldom collide. A finding is known by its rule and its fingerprint, which survive
edits nearby; of several alike in one file, as many are known as were there.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ambient_lsp.model import Finding

VERSION = 1
_MOST_BYTES = 50_000_000
_NOTE = "Findings that Ambient keeps quiet about; `ambient baseline update` drops those that are mended."


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One or more findings that are alike. `message` is for people; it is not compared."""

    path: str
    rule: str
    fingerprint: str
    count: int = 1
    message: str = ""


class Baseline:
    """What is known from before."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = tuple(sorted(entries))
        self._known: dict[str, Counter[tuple[str, str]]] = {}
        for entry in self.entries:
            self._known.setdefault(entry.path, Counter())[entry.rule, entry.fingerprint] += entry.count

    def __len__(self) -> int:
        return sum(entry.count for entry in self.entries)

    def known(self, path: str, findings: Sequence[Finding]) -> set[str]:
        """Return the ids of those findings of one file that were there before, the first of several alike."""
        left = self._known.get(path, Counter()).copy()
        ids = set()
        for finding in findings:
            key = (finding.rule, finding.fingerprint)
            if left[key] > 0:
                left[key] -= 1
                ids.add(finding.id)
        return ids

    def expired(self, findings: Iterable[Finding]) -> list[Entry]:
        """Return the entries, or as much of them, that none of the findings of the repository bears out any more."""
        there = Counter((one.path, one.rule, one.fingerprint) for one in findings)
        gone = []
        for entry in self.entries:
            count = entry.count - there[entry.path, entry.rule, entry.fingerprint]
            if count > 0:
                gone.append(Entry(entry.path, entry.rule, entry.fingerprint, count, entry.message))
        return gone

    def without(self, gone: Iterable[Entry]) -> Baseline:
        """Return the baseline less what has expired."""
        less = Counter[tuple[str, str, str]]()
        for entry in gone:
            less[entry.path, entry.rule, entry.fingerprint] += entry.count
        return Baseline(
            Entry(one.path, one.rule, one.fingerprint, count, one.message)
            for one in self.entries
            if (count := one.count - less[one.path, one.rule, one.fingerprint]) > 0
        )

    def text(self) -> str:
        """Return the file: one entry in one line."""
        lines = ",\n".join(
            "    "
            + json.dumps(
                {"path": one.path, "rule": one.rule, "fingerprint": one.fingerprint, "count": one.count,
                 "message": one.message},
                ensure_ascii=False,
            )
            for one in self.entries
        )  # fmt: skip
        body = f"[\n{lines}\n  ]" if lines else "[]"
        return f'{{\n  "note": {json.dumps(_NOTE)},\n  "version": {VERSION},\n  "findings": {body}\n}}\n'


def of(findings: Iterable[Finding]) -> Baseline:
    """Return the baseline that these findings make."""
    counts: Counter[tuple[str, str, str]] = Counter()
    messages: dict[tuple[str, str, str], str] = {}
    for one in findings:
        key = (one.path, one.rule, one.fingerprint)
        counts[key] += 1
        messages.setdefault(key, one.message)
    return Baseline(Entry(*key, count, messages[key]) for key, count in counts.items())


def load(root: Path, name: str) -> Baseline:
    """Read the file; an empty baseline where there is none. Raises `AmbientError` when it cannot be understood."""
    file = place(root, name)
    try:
        if file is None or not file.is_file():
            return Baseline()
        if file.stat().st_size > _MOST_BYTES:
            raise ValueError("it is larger than any baseline")
        value = json.loads(file.read_text("utf-8"))
        if value["version"] != VERSION:
            raise ValueError(f"it has version {value['version']!r}; this Ambient reads {VERSION}")
        return Baseline(
            Entry(str(one["path"]), str(one["rule"]), str(one["fingerprint"]), int(one.get("count", 1)),
                  str(one.get("message", "")))
            for one in value["findings"]
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise AmbientError(
            f"The baseline {name} cannot be used: {error}.",
            untouched="Everything is shown.",
            next_step="Mend it (a merge conflict?), or write it again with `ambient baseline create --force`.",
        ) from error


def place(root: Path, name: str) -> Path | None:
    """Return where the baseline is; None where there is to be none. Raises `AmbientError` outside of the repository."""
    if not name:
        return None
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise AmbientError(f"The baseline {name} is outside of the repository.", untouched="Everything is shown.")
    return root / name


def stamp(root: Path, name: str) -> object:
    """Return something that changes when the file does."""
    try:
        info = (root / name).stat() if name else None
    except OSError:
        return None
    return (info.st_mtime_ns, info.st_size) if info is not None else None
