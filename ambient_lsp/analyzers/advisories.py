"""Known weaknesses of declared dependencies, from a file of advisories in the repository.

Nothing is looked up in the network, so without such a file dependencies are *not checked*, and nobody says otherwise.
The file is JSON in the OSV format (https://ossf.github.io/osv-schema/): one record, a list of them, or the answer
`{"vulns": [...]}` of a query. Records of the short form `{"package": "name", "before": "1.2.3", "id": "..."}` may stand
among them. Versions are compared as PEP 440 says.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.rules import RULES
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import Severity
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ADVISORIES = ".ambient/advisories.json"
"""Where a repository keeps its advisories; `ambient advisories update` writes it."""

_MANIFESTS = ("requirements", "constraints", "pyproject.toml", "uv.lock", "poetry.lock", "Pipfile", "pylock")
_VERSION = r"[0-9][\w.!+-]*"
_PINS = (
    re.compile(rf"([A-Za-z0-9][\w.-]*)(?:\[[\w,\s-]*\])?\s*===?\s*({_VERSION})"),  # requirements, pyproject
    re.compile(rf'name = "([\w.-]+)"\nversion = "({_VERSION})"'),  # uv.lock, poetry.lock
    re.compile(rf'^"?([\w.-]+)"? = "==({_VERSION})"', re.MULTILINE),  # Pipfile
    re.compile(rf'"([\w.-]+)": \{{[^{{}}]*?"version": "==({_VERSION})"'),  # Pipfile.lock
)
_RULE = RULES["AMB-SEC-DEPENDENCY"]
UNCHECKED = RULES["AMB-SEC-DEPENDENCIES-UNCHECKED"]


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory on one package: the versions it names, and ranges of (introduced, end, whether the end is weak)."""

    id: str
    summary: str
    versions: frozenset[Version]
    ranges: tuple[tuple[Version | None, Version | None, bool], ...]

    def names(self, version: Version) -> bool:
        """Whether this version is weak."""
        return version in self.versions or any(
            (first is None or first <= version) and (last is None or version < last or (closed and version == last))
            for first, last, closed in self.ranges
        )

    def fixed_after(self, version: Version) -> Version | None:
        """Return the version that ends the range which `version` is in, where the advisory tells."""
        ends = [last for _, last, closed in self.ranges if last is not None and not closed and version < last]
        return min(ends, default=None)


def is_manifest(path: str) -> bool:
    """Whether a file of this name declares dependencies."""
    name = path.rsplit("/", 1)[-1]
    return name.startswith(_MANIFESTS) and name.endswith((".txt", ".toml", ".lock", "Pipfile"))


def pinned(manifest: str) -> set[str]:
    """Return the normal names of the packages that a manifest pins."""
    return {canonicalize_name(match[1]) for pin in _PINS for match in pin.finditer(manifest)}


def in_dependencies(manifest: str, advisories: str) -> Iterator[RawFinding]:
    """Yield a finding for each pinned dependency of `manifest` that an advisory names.

    Raises `AmbientError` when the advisories cannot be read.
    """
    lines = Lines(manifest)
    known = read(advisories)
    seen: set[tuple[int, str]] = set()
    for match in sorted((one for pin in _PINS for one in pin.finditer(manifest)), key=lambda one: one.start(1)):
        version = _version(match[2])
        if version is None:
            continue
        about = known.get(canonicalize_name(match[1]), ())
        safe = first_safe(about, version)
        for advisory in about:
            if advisory.names(version) and (match.start(1), advisory.id) not in seen:
                seen.add((match.start(1), advisory.id))
                fixed = advisory.fixed_after(version)
                remedy = "" if fixed is None else f" before {fixed}"
                yield RawFinding(
                    _RULE.id,
                    lines.span(match.start(1), match.end(2)),
                    f"{match[1]} {match[2]} is weak{remedy}: {advisory.id} {advisory.summary}".rstrip(),
                    Severity.WARNING,
                    tags=(*_RULE.tags, "level-high", advisory.id),
                    data={"level": "high", "code": advisory.id, "fixed": "" if safe is None else str(safe)},
                )


def first_safe(advisories: Sequence[Advisory], version: Version) -> Version | None:
    """Return the first version after `version` that none of the advisories names; None where they do not tell."""
    for _ in range(len(advisories) + 1):
        ends = [one.fixed_after(version) for one in advisories if one.names(version)]
        if not ends:
            return version
        known = [end for end in ends if end is not None]
        if len(known) != len(ends):
            return None
        version = max(known)
    return None


def unchecked(manifest: str) -> Iterator[RawFinding]:
    """Yield that the pins of a manifest were not checked, at the first of them."""
    places = [(found.start(1), found.end(2)) for pin in _PINS for found in pin.finditer(manifest)]
    first = min(places, default=None)
    if first is not None:
        yield RawFinding(
            UNCHECKED.id,
            Lines(manifest).span(*first),
            f"{UNCHECKED.title}: there is no {ADVISORIES}. `ambient advisories update` makes it.",
            Severity.HINT,
            tags=UNCHECKED.tags,
            data={"level": "low", "code": ""},
            code="dependencies",
        )


def read(text: str) -> Mapping[str, Sequence[Advisory]]:
    """Return the advisories on Python packages by normal package name.

    Raises `AmbientError` when the text is not JSON of a known form.
    """
    known: dict[str, list[Advisory]] = defaultdict(list)
    try:
        content = json.loads(text)
        records = content.get("vulns", [content]) if isinstance(content, dict) else content
        for record in records:
            for package, advisory in _advisories(record):
                known[canonicalize_name(package)].append(advisory)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise AmbientError(
            f"The advisories cannot be read: {error}.",
            untouched="Dependencies were not checked.",
            next_step="Make it OSV records in JSON: one, a list of them, or {'vulns': [...]}.",
        ) from error
    return known


def _advisories(record: Mapping[str, Any]) -> Iterator[tuple[str, Advisory]]:
    if isinstance(record.get("package"), str):
        end = Version(str(record["before"]))
        yield (
            record["package"],
            Advisory(str(record["id"]), str(record.get("summary", "")), frozenset(), ((None, end, False),)),
        )
        return
    identifier, summary = str(record["id"]), str(record.get("summary", ""))
    if record.get("withdrawn"):
        return
    for affected in record.get("affected", ()):
        if affected["package"]["ecosystem"] != "PyPI":
            continue
        named = (_version(version) for version in affected.get("versions", ()))
        ranges = [
            span
            for one in affected.get("ranges", ())
            if one["type"] in ("ECOSYSTEM", "SEMVER")
            for span in _ranges(one["events"])
        ]
        versions = frozenset(version for version in named if version is not None)
        yield affected["package"]["name"], Advisory(identifier, summary, versions, tuple(ranges))


def _ranges(events: Sequence[Mapping[str, str]]) -> Iterator[tuple[Version | None, Version | None, bool]]:
    """Yield the ranges that OSV's events make: from `introduced` (0: from the first) to `fixed` or `last_affected`."""
    start: Version | None = None
    begun = False
    for event in events:
        if "introduced" in event:
            start = None if event["introduced"] == "0" else _version(event["introduced"])
            begun = start is not None or event["introduced"] == "0"
        elif begun and ("fixed" in event or "last_affected" in event):
            end = _version(event.get("fixed", event.get("last_affected", "")))
            if end is not None:
                yield start, end, "last_affected" in event
            begun = False
    if begun:
        yield start, None, False


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
