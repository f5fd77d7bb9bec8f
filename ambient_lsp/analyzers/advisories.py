"""Known weaknesses of declared dependencies, from a file of advisories in the repository.

Nothing is looked up in the network, so without such a file dependencies are *not checked*, and nobody says otherwise.
The file is JSON: `[{"package": "name", "before": "1.2.3", "id": "CVE-...", "summary": "..."}]`; versions before
`before` are weak.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.rules import RULES
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import Severity
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.model import Json

_PINNED = re.compile(r"""([A-Za-z0-9][\w.-]*)(?:\[[\w,\s-]*\])?\s*==\s*(\d+(?:\.\d+)*)""")
_LOCKED = re.compile(r'name = "([\w.-]+)"\nversion = "(\d+(?:\.\d+)*)[^"]*"')
_RULE = RULES["AMB-SEC-DEPENDENCY"]


def in_dependencies(manifest: str, advisories: str) -> Iterator[RawFinding]:
    """Yield a finding for each pinned dependency of `manifest` that an advisory names.

    Raises `AmbientError` when the advisories cannot be read.
    """
    lines = Lines(manifest)
    known = _read(advisories)
    for match in (*_PINNED.finditer(manifest), *_LOCKED.finditer(manifest)):
        for advisory in known.get(_normal(match[1]), ()):
            if _number(match[2]) < _number(advisory["before"]):
                yield RawFinding(
                    _RULE.id,
                    lines.span(match.start(1), match.end(2)),
                    f"{match[1]} {match[2]} is weak before {advisory['before']}: "
                    f"{advisory['id']} {advisory.get('summary', '')}".rstrip(),
                    Severity.WARNING,
                    tags=(*_RULE.tags, "level-high", str(advisory["id"])),
                    data={"level": "high", "code": str(advisory["id"])},
                )


def _read(text: str) -> dict[str, list[Json]]:
    try:
        known: dict[str, list[Json]] = {}
        for advisory in json.loads(text):
            known.setdefault(_normal(advisory["package"]), []).append(
                {**advisory, "before": str(advisory["before"]), "id": str(advisory["id"])}
            )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AmbientError(
            f"The advisories cannot be read: {error}.",
            untouched="Dependencies were not checked.",
            next_step="Make it a JSON list of objects with `package`, `before` and `id`.",
        ) from error
    return known


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _number(version: str) -> tuple[int, ...]:
    """Return a version's numbers without zeros at the end, so that 1.0 equals 1."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
