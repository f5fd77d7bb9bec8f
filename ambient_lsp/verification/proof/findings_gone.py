"""The findings that a proposal fixes are gone, and the same specialist finds nothing new."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ambient_lsp.verification.proof.base import failed, passed

if TYPE_CHECKING:
    from ambient_lsp.verification.proof.base import Case, Proof


async def prove(case: Case) -> Proof:
    """Look again with the analyzers that found it, at the old texts and at the new ones.

    A finding is new when neither its id nor its fingerprint was there before, or when a fingerprint is there more often
    than before (an id changes with the code around it, a fingerprint with its shape).
    """
    agent = case.proposal.agent
    after = await case.recheck(agent, case.patched)
    before = await case.recheck(agent, case.bases)
    wanted = set(case.proposal.finding_ids)
    still = [finding for finding in after if finding.id in wanted]
    if still:
        return failed(f"the finding is still there: {still[0].message}")
    old_ids = {finding.id for finding in before}
    old = Counter(finding.fingerprint for finding in before if finding.id not in wanted)
    left = Counter(finding.fingerprint for finding in before if finding.id in wanted)
    for finding in after:
        if finding.id in old_ids:
            old[finding.fingerprint] -= 1
    for finding in after:
        if finding.id in old_ids:
            continue
        if old[finding.fingerprint] > 0:
            old[finding.fingerprint] -= 1
        elif left[finding.fingerprint] > 0:
            # Renamed or moved a little, but the same weakness: it was not fixed.
            return failed(f"the finding is still there in another form: {finding.message}")
        else:
            return failed(f"the patch brings a new finding: {finding.message}")
    count = len(wanted)
    return passed("the finding is gone" if count <= 1 else f"the {count} findings are gone")
