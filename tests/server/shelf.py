"""A repository in whose store findings and proven fixes lie ready, so that the real engine has them at once.

They are those of the tests' own engine: an `md5` in a text is a finding, and words on its line say what its fix is like
(`tests/fakes/engine.py`). Reviews are switched off: nothing but the editor changes anything.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.config import Config
from ambient_lsp.store.provenance import claim
from ambient_lsp.store.store import open_store
from ambient_lsp.text import freeze
from tests.e2e import project
from tests.fakes.engine import FakeEngine

if TYPE_CHECKING:
    from pathlib import Path

    from ambient_lsp.model import Proposal

SETTINGS = "monitoring:\n  enabled: false\n"


def stock(root: Path, text: str, *, settings: str = SETTINGS) -> list[Proposal]:
    """Make a repository with this text in `a.py` and return the fixes for it, in the order of the text."""
    files = {"a.py": text, "other.py": "other = 1\n", ".ambient.yml": settings}
    project.make(root, files)
    found, proposals = FakeEngine(root, Config(), trusted=False).look(snapshot := freeze(root, "a.py", text))
    claim(root / ".ambient", trusted=False)
    store = open_store(root / ".ambient")
    for one in files.values():
        store.save_text(one)
    store.save_findings("SecurityGuardian", "a.py", snapshot.sha256, found)
    proposals = [replace(one, created=time.time() + number) for number, one in enumerate(proposals)]
    for one in proposals:
        store.save_proposal(one)
    store.close()
    return proposals


def stored(root: Path, proposal: Proposal) -> tuple[str, list[str]]:
    """Return what the store says of a fix: its state, and all that became of it, oldest first."""
    store = open_store(root / ".ambient")
    try:
        return store.proposal(proposal.id).state.value, [one.kind for one in store.outcomes(proposal.id)]
    finally:
        store.close()
