"""What is kept of a diff that could not be used, so that a person can see why.

A bundle holds the diff, a hash of every file it names, and what each step of the ladder found. Of files it holds only
the lines around the place where a change was expected, and nothing at all of what looks like a secret.
"""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

from ambient_lsp.errors import PatchError
from ambient_lsp.patching.diff import parse
from ambient_lsp.patching.paths import check
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KEPT = 20
_LINES_AROUND = 10


def write_bundle(
    folder: Path,
    diff: str,
    error: PatchError,
    read: Callable[[str], str | None],
    *,
    id: str,
    redact: Callable[[str], str],
    now: Callable[[], float] = time.time,
) -> Path:
    """Write a bundle into `folder` (`.ambient/patch_debug`) and return its place, named by time and `id`.

    The oldest bundles beyond twenty are removed. `redact` takes secrets out of a text; everything passes through it.
    """
    when = now()
    bundle = folder / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(when))}-{id}"
    bundle.mkdir(parents=True, exist_ok=True)
    regions, hashes = _files(diff, read)
    report = {
        "time": when,
        "error": type(error).__name__,
        "message": redact(str(error)),
        "tried": [redact(step) for step in error.details.get("tried", ())],
        "sha256": hashes,
    }
    (bundle / "change.diff").write_text(redact(diff), encoding="utf-8", errors="replace")
    (bundle / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8", errors="replace")
    (bundle / "regions.txt").write_text(redact(regions), encoding="utf-8", errors="replace")
    for old in sorted(place for place in folder.iterdir() if place.is_dir())[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return bundle


def _files(diff: str, read: Callable[[str], str | None]) -> tuple[str, dict[str, str | None]]:
    """Return the lines around each hunk's number, and the files' hashes (None for one that cannot be read)."""
    regions: list[str] = []
    hashes: dict[str, str | None] = {}
    try:
        files = parse(diff)
    except PatchError:
        return "", {}
    for file in files:
        path = file.new_path or file.old_path or ""
        try:
            check(path)
            text = read(path)
        except PatchError:
            text = None
        hashes[path] = None if text is None else sha256(text)
        lines = (text or "").split("\n")
        for hunk in file.hunks if text is not None else ():
            if hunk.old_start is not None:
                first = max(0, hunk.old_start - 1 - _LINES_AROUND)
                last = hunk.old_start - 1 + len(hunk.old) + _LINES_AROUND
                shown = "\n".join(f"{number:6} {line}" for number, line in enumerate(lines[first:last], first + 1))
                regions.append(f"{path}\n{shown}\n")
    return "\n".join(regions), hashes
