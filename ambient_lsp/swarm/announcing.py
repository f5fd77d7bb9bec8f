"""Announcing what a batch proposes: a finding in each file that would change, for editors to show it at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.agents.announce import Announcer
from ambient_lsp.events import FindingsReported, ProposalChanged
from ambient_lsp.model import ProposalState

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.model import Proposal
    from ambient_lsp.swarm.batch import BatchResult


async def announce(engine: Engine, result: BatchResult) -> list[Proposal]:
    """Keep and publish a finding for each file that an offered proposal of the batch changes; return those proposals.

    Files that have changed meanwhile get none.
    """
    services = await engine.services()
    repository = await services.repository()
    announcer = Announcer()
    offered: list[Proposal] = []
    for proposal in result.together.proposals if result.together else ():
        if proposal.state is not ProposalState.OFFERED:
            continue
        found, named = await announcer.announce(proposal, repository)
        # What a model said of a text is kept until the text changes: nobody asks it again at every save.
        found = [replace(one, tags=("model", *one.tags)) for one in found]
        services.keep_announced(named, found)
        for one in found:
            told = (result.batch.id, one.agent, one.path, one.base_sha256, (one,))
            engine.hear(FindingsReported(*told))
        engine.hear(ProposalChanged(result.batch.id, named))
        offered.append(named)
    return offered
