"""The risk policy: what may be offered, what a human must decide, what is never run. Pure, and told in plain words.

It is asked twice. Before the patch is executed, from paths, content and size; and after the proof, with the verdict.
The second answer may be stricter than the first, never milder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ambient_lsp.errors import AmbientError, UnsafePath
from ambient_lsp.model import Context, Decision, DecisionKind, Proposal, VerdictOutcome
from ambient_lsp.patching import paths

if TYPE_CHECKING:
    from ambient_lsp.config import RiskPolicy
    from ambient_lsp.model import Verdict

Gate = Callable[[Proposal, Context], bool]
"""A custom gate (seed 001): True means that a human must decide."""

SENSITIVE_TAGS = frozenset({"security", "auth", "payment"})


def decide(
    proposal: Proposal,
    policy: RiskPolicy,
    *,
    concerns: Sequence[str] = (),
    gates: Sequence[tuple[str, Gate]] = (),
    context: Context | None = None,
) -> Decision:
    """Say whether a proposal may go on, needs a human, or must not be run, with all the reasons."""
    blocks = list(_blocked_paths(proposal, policy))
    confirms = [*_size(proposal, policy), *_level(proposal, policy), *_sensitive(proposal, policy), *concerns]
    if context is not None:
        confirms += _custom(proposal, context, gates)
    if blocks:
        return Decision(DecisionKind.BLOCK, tuple(blocks + confirms))
    return Decision(DecisionKind.CONFIRM if confirms else DecisionKind.ALLOW, tuple(confirms))


def with_verdict(decision: Decision, verdict: Verdict) -> Decision:
    """Return the decision after the proof: a verdict can only make it stricter."""
    if verdict.outcome is VerdictOutcome.FAILED:
        return Decision(DecisionKind.BLOCK, (*decision.reasons, f"The proof failed: {verdict.reason}"))
    if verdict.outcome is VerdictOutcome.INCONCLUSIVE:
        return Decision(DecisionKind.BLOCK, (*decision.reasons, f"It could not be proven: {verdict.reason}"))
    flaky = sorted({test for check in verdict.checks for test in check.flaky})
    if flaky and decision.kind is DecisionKind.ALLOW:
        return Decision(DecisionKind.CONFIRM, (f"Flaky tests took part in the proof: {', '.join(flaky[:3])}.",))
    return decision


def _blocked_paths(proposal: Proposal, policy: RiskPolicy) -> list[str]:
    reasons: list[str] = []
    for path in proposal.files_touched:
        try:
            paths.check(path)
        except UnsafePath as error:
            reasons.append(error.what)
    if policy.forbidden_paths:
        import pathspec

        forbidden = pathspec.GitIgnoreSpec.from_lines(policy.forbidden_paths)
        reasons += [
            f"{path} is forbidden by risk_policy.forbidden_paths."
            for path in proposal.files_touched
            if forbidden.match_file(path)
        ]
    return reasons


def _size(proposal: Proposal, policy: RiskPolicy) -> list[str]:
    reasons: list[str] = []
    if len(proposal.files_touched) > policy.file_change_limit:
        reasons.append(f"It touches {len(proposal.files_touched)} files; the limit is {policy.file_change_limit}.")
    if proposal.estimated_loc_change > policy.loc_change_limit:
        reasons.append(f"It changes {proposal.estimated_loc_change} lines; the limit is {policy.loc_change_limit}.")
    return reasons


def _level(proposal: Proposal, policy: RiskPolicy) -> list[str]:
    level = proposal.risk_level.value
    if level in policy.require_approval or level not in policy.auto_apply:
        return [f"Its risk is {level}."]
    return []


def _sensitive(proposal: Proposal, policy: RiskPolicy) -> list[str]:
    reasons: list[str] = []
    tags = sorted(SENSITIVE_TAGS.intersection(proposal.tags))
    if tags:
        reasons.append(f"It is about {', '.join(tags)}.")
    for path in proposal.files_touched:
        word = next((word for word in policy.sensitive_patterns if word.lower() in path.lower()), None)
        if word is not None:
            reasons.append(f'{path} has "{word}" in its path.')
    return reasons


def _custom(proposal: Proposal, context: Context, gates: Sequence[tuple[str, Gate]]) -> list[str]:
    reasons: list[str] = []
    for name, gate in gates:
        try:
            asks = gate(proposal, context)
        except AmbientError as error:
            reasons.append(f"The custom gate {name} could not be asked: {error}")
            continue
        except Exception as error:  # a gate is somebody else's code; when it breaks, a human decides
            reasons.append(f"The custom gate {name} failed ({type(error).__name__}: {error}).")
            continue
        if asks:
            reasons.append(f"The custom gate {name} asks for approval.")
    return reasons
