"""What went into proposals: the calls of models that made them, as the ledger counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import Proposal
    from ambient_lsp.store.store import SqliteStore


def spent(store: SqliteStore, proposals: Sequence[Proposal]) -> dict[str, tuple[int, int]]:
    """Return the tokens and millionths of a dollar that went into proposals, by id.

    It is what their specialist, or their batch, asked of a model in their run, for all that it proposed there; nothing
    for what was found without a model.
    """
    runs = {one.run_id for one in proposals if _asker(one)}
    asked = store.asked(runs) if runs else {}
    return {one.id: asked.get((one.run_id, _asker(one)), (0, 0)) for one in proposals}


def _asker(proposal: Proposal) -> str:
    """Return the purpose under which the ledger has the calls."""
    if "swarm" in proposal.tags:
        return "swarm"
    return proposal.agent if "model" in proposal.tags else ""
