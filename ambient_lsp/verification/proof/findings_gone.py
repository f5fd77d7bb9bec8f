"""The findings that a proposal fixes are gone, and the same specialist finds nothing new."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ambient_lsp.text import Lines
from ambient_lsp.verification.proof.base import failed, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import FileEdit, Finding
    from ambient_lsp.verification.proof.base import Case, Proof


async def prove(case: Case) -> Proof:
    """Look again with the analyzers that found it, at the old texts and at the new ones.

    A finding is new when neither its id nor its fingerprint was there before, or when a fingerprint is there more often
    than before (an id changes with the code around it, a fingerprint with its shape).
    """
    agent = case.proposal.agent
    wanted = set(case.proposal.finding_ids)
    after = await case.recheck(agent, case.patched)
    before, after = _without_unmoved(case, await case.recheck(agent, case.bases), after)
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


def _without_unmoved(
    case: Case, before: Sequence[Finding], after: Sequence[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Return both without the findings that the proposal is not about, and that are where they were.

    Equal code has ids by its order in the file: when one of two is fixed, the other one gets its id, and is known by
    its place alone.
    """
    wanted = set(case.proposal.finding_ids)
    edits = {edit.path: edit for edit in case.proposal.edits if edit.kind in ("modify", "rename")}
    changed, stayed = [], Counter[object]()
    for finding in before:
        edit, text = edits.get(finding.path), case.bases.get(finding.path)
        place = None if finding.id in wanted or edit is None or text is None else _moved(finding, edit, text)
        if place is None:
            changed.append(finding)
        else:
            stayed[place] += 1
    rest = []
    for finding in after:
        text = case.patched.get(finding.path)
        here = None if text is None else _place(finding, finding.path, *Lines(text).offsets(finding.span))
        if stayed[here] > 0:
            stayed[here] -= 1
        else:
            rest.append(finding)
    return changed, rest


def _moved(finding: Finding, edit: FileEdit, text: str) -> object | None:
    """Return where a finding is after an edit; None where the edit changes its text."""
    start, end = Lines(text).offsets(finding.span)
    shift = 0
    for change in edit.replacements:
        if change.end <= start:
            shift += len(change.text) - (change.end - change.start)
        elif change.start < end:
            return None
    return _place(finding, edit.new_path or edit.path, start + shift, end + shift)


def _place(finding: Finding, path: str, start: int, end: int) -> object:
    return path, finding.fingerprint, start, end
