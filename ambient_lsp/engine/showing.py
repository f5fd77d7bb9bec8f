"""Showing: what is shown of that which the specialists find, custom ones included. All that hides a finding acts here.

Left out for good: what a comment in the code silences (`analyzers/suppressions.py`), rules that the settings ignore,
and what somebody has dismissed. Kept, but hidden for a reason: see `hidden.py`.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers import other_tools, suppressions
from ambient_lsp.engine import baseline, confidence, learning, precision
from ambient_lsp.engine.hidden import BASELINE, MUTED, OLD, SHOWN_BY
from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.config import Config
    from ambient_lsp.engine.newcode import LookAgain, NewCode
    from ambient_lsp.model import Finding, Proposal, Trigger
    from ambient_lsp.protocols import Store

_FEWEST = 3
"""Dismissals of one rule below which nobody need work out whether it is muted."""


@dataclass(slots=True)
class Showing:
    """The judgement of one run. Make one with `open`; one made without arguments knows comments in the code only."""

    config: Config | None = None
    tools: other_tools.OtherTools | None = None
    dismissed: Mapping[tuple[str, str], object] = field(default_factory=dict)
    records: Mapping[str, precision.RuleRecord] = field(default_factory=dict)
    known: baseline.Baseline = field(default_factory=baseline.Baseline)
    new_code: NewCode | None = None
    problems: list[AmbientError] = field(default_factory=list)
    silenced: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    muted: Counter[str] = field(default_factory=Counter)

    @classmethod
    def open(cls, root: Path, config: Config, store: Store, trigger: Trigger | None = None) -> Showing:
        """Read what hides findings now. What cannot be read hides nothing, and is one of `problems`."""
        now = time.time()
        dismissals = store.dismissals(now)
        showing = cls(config, dismissed=learning.by_key(dismissals))
        if not config.agents.repeat_other_tools:
            showing.tools = other_tools.read(str(root))
        if config.learning.mute_rules and _may_be_muted(store, dismissals):
            showing.records = precision.records(store, config.learning, now)
        if config.agents.baseline and (trigger is None or trigger.baseline):
            try:
                showing.known = baseline.load(root, config.agents.baseline)
            except AmbientError as error:
                showing.problems.append(error)
        return showing

    def judge(self, path: str, text: str, findings: Sequence[Finding]) -> list[Finding]:
        """Return the findings of one specialist in one file, without those left out, and with what hides the others.

        New code is told from old in `judge_new`, which takes longer.
        """
        silences = suppressions.read(text, path)
        kept = []
        for finding in findings:
            line = finding.span.start_line
            if silences.silence(finding.rule, finding.tags, line) or self._ignored(finding.rule):
                self.silenced.add(finding.id)
            elif (finding.rule, finding.fingerprint) in self.dismissed:
                self.unwanted.add(finding.id)
            else:
                kept.append(finding)
        known = self.known.known(path, kept)
        return [self._marked(finding, in_baseline=finding.id in known) for finding in kept]

    async def judge_new(
        self, agent: str, path: str, text: str, findings: Sequence[Finding], again: LookAgain
    ) -> list[Finding]:
        """Return the findings with old ones hidden, where only new code is asked for."""
        if self.new_code is None:
            return list(findings)
        new = await self.new_code.new(agent, path, text, findings, again)
        result = [one if one.id in new or one.hidden else replace(one, hidden=OLD) for one in findings]
        self.unwanted.update(one.id for one in result if one.hidden == OLD)
        return result

    def wants(self, proposal: Proposal) -> bool:
        """Whether a proposal goes on: none of its places is silenced, and somebody wants one of its findings fixed."""
        if not proposal.finding_ids:
            return not any(self._ignored(rule) for rule in proposal.rules)
        return self.silenced.isdisjoint(proposal.finding_ids) and not self.unwanted.issuperset(proposal.finding_ids)

    def _marked(self, finding: Finding, *, in_baseline: bool) -> Finding:
        hidden = ""
        record = self.records.get(finding.rule)
        if in_baseline:
            hidden = BASELINE
        elif record is not None and record.muted and not precision.must_be_seen(finding):
            hidden = MUTED
            self.muted[finding.rule] += 1
        elif self.tools is not None and (tool := self.tools.shown_by(finding)):
            hidden = SHOWN_BY + tool
        if hidden in (BASELINE, MUTED):
            self.unwanted.add(finding.id)
        right = record.precision if record is not None else confidence.UNKNOWN
        return replace(finding, hidden=hidden, confidence=confidence.of_finding(finding, right))

    def _ignored(self, rule: str) -> bool:
        names = self.config.agents.ignore_rules if self.config is not None else ()
        return any(rule == name.rstrip("*-") or rule.startswith(name.rstrip("*-") + "-") for name in names if name)


def _may_be_muted(store: Store, dismissals: Sequence[object]) -> bool:
    """Whether enough was decided to work out what is muted: a save in an editor should not wait for that."""
    return len(dismissals) > _FEWEST or store.get_value(precision.BY_HAND) != ""
