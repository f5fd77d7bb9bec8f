"""What was shown about a fix, in words: a few for a title, all of it for a hover."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ambient_lsp.lsp.fixes import needs_approval
from ambient_lsp.model import Finding, Outcome, Proposal, ProposalState, Verdict

_SAVED = {"seconds": "time", "bytes": "memory"}
"""What a measurement is of, by its unit."""
_SHORT = 100
"""Characters that have room in a line."""

_UNDECIDED = frozenset({ProposalState.DRAFTED, ProposalState.CHECKING})


def in_title(proposal: Proposal, *, since: bool = False) -> str:
    """Return a proposal's title with its proof, as "Use sha256 · proven: 12 tests pass as before".

    `since` tells that the text has changed since, elsewhere than where the fix would change it.
    """
    title = proposal.title
    if proposal.verdict is not None and proposal.proven:
        when = "proven before your last change" if since else "proven"
        title = f"{title} · {when}: {shown(proposal.verdict)}"
    if needs_approval(proposal):
        title = f"{title} · needs your approval"
    return title


def shown(verdict: Verdict) -> str:
    """Return the shortest true words about a verdict that passed."""
    if words := [words for words in (_saved(verdict), _passing(verdict), _noticed(verdict)) if words]:
        return ", ".join(words)
    if verdict.measurements:
        first = verdict.measurements[0]
        return f"{first.name} {first.before:g} → {first.after:g} {first.unit}".rstrip()
    names = ", ".join(check.name for check in verdict.checks)
    return f"{names} as before" if names else verdict.reason


def _saved(verdict: Verdict) -> str:
    """Return how much time or memory it saves, where that is what was measured first."""
    first = verdict.measurements[0] if verdict.measurements else None
    if first is None or first.unit not in _SAVED or not 0 <= first.after < first.before:
        return ""
    # Rounded down: nothing takes 100 % less time.
    return f"{int((1 - first.after / first.before) * 100)} % less {_SAVED[first.unit]}"


def _passing(verdict: Verdict) -> str:
    passed = [(test, check) for check in verdict.checks for test, now in check.patched.items() if now == "passed"]
    new = [test for test, check in passed if test not in check.base]
    known = len(passed) - len(new)
    if known and not (new and _noticed(verdict)):
        return f"{known} test{'s pass' if known != 1 else ' passes'} as before"
    functions = len({test.partition("[")[0] for test in new})
    cases = f" in {len(new)} cases" if len(new) > functions else ""
    return f"{functions} new test{'s pass' if functions != 1 else ' passes'}{cases}" if new else ""


def _noticed(verdict: Verdict) -> str:
    """Return how many of the mistakes that were put into the code the new tests noticed."""
    found = next((one for one in verdict.measurements if one.name == "mutants noticed"), None)
    return f"{found.after:g} {found.unit} mistakes noticed" if found is not None else ""


def why_not(proposal: Proposal) -> str:
    """Return why a proposal cannot be taken; empty when it can."""
    reason = proposal.verdict.reason if proposal.verdict else ""
    if proposal.state in _UNDECIDED:
        return "The fix is still being checked."
    if proposal.state is ProposalState.FAILED:
        return f"The fix did not hold: {reason}" if reason else "The fix did not hold."
    if proposal.state is ProposalState.INCONCLUSIVE:
        return f"The fix could not be checked: {reason}" if reason else "The fix could not be checked."
    if proposal.state is ProposalState.BLOCKED:
        reasons = "; ".join(proposal.decision.reasons) if proposal.decision else ""
        return f"The risk policy forbids this fix: {reasons}" if reasons else "The risk policy forbids this fix."
    if proposal.state is ProposalState.CONFLICT:
        return f"Another fix comes first: {reason}" if reason else "It cannot be made together with another fix."
    return ""


def sentence(reasons: Sequence[str]) -> str:
    """Return several reasons as one sentence."""
    return "; ".join(reason.rstrip(".") for reason in reasons) + "." if reasons else ""


def short_of(reason: str) -> str:
    """Return the first sentence of a reason, and of a long one its beginning: what has room in a line."""
    first = reason.split(". ")[0].rstrip(".")
    return first if len(first) <= _SHORT else f"{first[: _SHORT - 1].rstrip()}…"


def history_line(outcome: Outcome) -> str:
    """Return an entry of the audit log as an item of a list."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(outcome.when))
    why = f": {plain(outcome.reason)}" if outcome.reason else ""
    what = f" (change {outcome.content_sha256[:8]})" if outcome.content_sha256 else ""
    return f"- {when} {outcome.kind} by {plain(outcome.who)}{what}{why}"


def hover(
    finding: Finding, proposals: list[Proposal], history: Callable[[Proposal], Sequence[str]] = lambda _: ()
) -> str:
    """Return Markdown about a finding: what, why, and what was shown and became of each fix."""
    parts = [f"**{plain(finding.rule)}** · {plain(finding.agent)}", plain(finding.message)]
    parts += [f"- {plain(item.message)} (`{_code(item.path)}:{item.span.start_line + 1}`)" for item in finding.evidence]
    for proposal in proposals:
        parts.append(f"---\n**{plain(proposal.title)}** ({proposal.risk_level} risk, {proposal.state})")
        parts.append(plain(proposal.rationale))
        parts += [f"{plain(also.agent)}: {plain(also.text)}" for also in proposal.rationales[1:]]
        if proposal.decision and proposal.decision.reasons:
            parts.append("Why it asks: " + plain(sentence(proposal.decision.reasons)))
        if proposal.verdict is not None:
            parts.append(of_verdict(proposal.verdict))
        parts.append("\n".join(history(proposal)))
    return "\n\n".join(part for part in parts if part)


def of_verdict(verdict: Verdict) -> str:
    """Return Markdown about what was shown, check by check."""
    where = f" in {verdict.sandbox}" if verdict.sandbox else ""
    lines = [f"Checked{where}: **{verdict.outcome}**. {plain(verdict.reason)}"]
    for check in verdict.checks:
        base = sum(outcome == "passed" for outcome in check.base.values())
        patched = sum(outcome == "passed" for outcome in check.patched.values())
        counts = f": {base} passed before, {patched} after" if check.patched or check.base else ""
        lines.append(f"- {plain(check.name)} {check.outcome}{counts}")
        lines += [f"  - new failure: `{_code(name)}`" for name in check.new_failures[:5]]
    lines += [f"- {plain(item.name)}: {item.before:g} → {item.after:g} {item.unit}" for item in verdict.measurements]
    if verdict.selection:
        lines.append(f"- {plain(verdict.selection)}")
    return "\n".join(lines)


def plain(text: str) -> str:
    """Return a text as Markdown that says just that.

    Messages quote the repository, which is untrusted: it must not become links, images or HTML in the editor.
    """
    for mark in "\\`*_{}[]<>#|!":
        text = text.replace(mark, "\\" + mark)
    return text


def _code(text: str) -> str:
    return text.replace("`", "'")
