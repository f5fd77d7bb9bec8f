"""Keeping a proposal as a commit that is reachable and has no checkout: its edits are applied to blobs in memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ambient_lsp.model import Proposal, VerdictOutcome
from ambient_lsp.repository.files import patched
from ambient_lsp.repository.objects import FILE, Entry
from ambient_lsp.text import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import FileEdit, Snapshot
    from ambient_lsp.repository.git import Git
    from ambient_lsp.repository.objects import Objects
    from ambient_lsp.repository.place import Place

REFS = "refs/ambient/proposals/"


def patched_tree(place: Place, git: Git, objects: Objects, tree: str, edits: Sequence[FileEdit]) -> str:
    """Return the tree that `tree` becomes with `edits`, made in memory. Raises `PatchError` like `apply_edits`."""
    wanted = {edit.path: edit.base_sha256 for edit in edits if edit.base_sha256 is not None}
    entries = {edit.path: objects.entry(tree, os.fsencode(place.prefix + edit.path)) for edit in edits}
    converted: set[str] = set()

    def read(path: str) -> Snapshot | None:
        entry = entries[path]
        if entry is None or entry.mode not in (FILE, "100755"):
            return None
        base = decode(place.root, path, objects.read(entry.id))
        if base.sha256 == wanted.get(path, base.sha256):
            return base
        # The text on disk can differ from the blob by what git converts, such as line endings.
        full = place.prefix + path
        on_disk = decode(place.root, path, git.run("cat-file", "--filters", f"--path={full}", entry.id))
        if on_disk.sha256 != wanted[path]:
            return base
        converted.add(path)
        return on_disk

    origins = {edit.new_path: edit.path for edit in edits if edit.new_path is not None}
    changes: dict[bytes, Entry | None] = {}
    for path, data in patched(edits, read).items():
        full = place.prefix + path
        if data is None:
            changes[os.fsencode(full)] = None
            continue
        old = entries.get(origins.get(path, path))
        if origins.get(path, path) in converted:
            blob = git.run("hash-object", "-w", "--stdin", f"--path={full}", data=data).decode().strip()
        else:
            blob = objects.write("blob", data)
        changes[os.fsencode(full)] = Entry(old.mode if old else FILE, blob)
    return objects.edit(tree, changes)


def author(proposal: Proposal) -> str:
    """Return who the commit is by, without anything that would end the name early in a commit object."""
    name = "".join(char for char in proposal.agent if char.isprintable() and char not in "<>")
    return f"Ambient {name} <ambient@localhost>"


def message(proposal: Proposal) -> str:
    """Return the commit message: title, rationale, and what the sandbox showed."""
    parts = [proposal.title.strip() or proposal.id]
    parts += [text.strip() for text in (proposal.description, proposal.rationale) if text.strip()]
    if proposal.verdict is not None:
        verdict = proposal.verdict
        shown = [f"{verdict.outcome.value.capitalize()}: {verdict.reason}"]
        shown += [f"- {check.name}: {check.outcome.value}" for check in verdict.checks]
        shown += [f"- {m.name}: {m.before:g} -> {m.after:g} {m.unit}".rstrip() for m in verdict.measurements]
        shown += [f"Sandbox: {' '.join(filter(None, (verdict.sandbox, verdict.image)))}"] if verdict.sandbox else []
        shown += [f"Tests: {verdict.selection}"] if verdict.selection else []
        parts.append("\n".join(shown))
    proven = proposal.verdict is not None and proposal.verdict.outcome is VerdictOutcome.PASSED
    parts.append(f"Ambient-Proposal: {proposal.id}\nAmbient-Proven: {'yes' if proven else 'no'}")
    return "\n\n".join(part.replace("\0", "") for part in parts)
