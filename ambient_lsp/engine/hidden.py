"""Findings that are kept but not shown: the reasons in `Finding.hidden`, and when each of them holds.

* `baseline`: it is in the baseline file. No fix is looked for.
* `old code`: only new code is asked for, and this is none. No fix is looked for.
* `muted`: its rule was dismissed again and again. No fix is looked for.
* `shown by ruff` (flake8, pylint, bandit): that tool says the same. The fix is proven and offered all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ambient_lsp.config import Config
    from ambient_lsp.model import Finding

BASELINE = "baseline"
OLD = "old code"
MUTED = "muted"
SHOWN_BY = "shown by "

MUTED_RULE = "muted rule"
"""What a problem is about that tells of a rule that has fallen silent."""


def visible(finding: Finding, config: Config) -> bool:
    """Whether a finding that was kept is to be seen, with these settings."""
    if finding.hidden == BASELINE:
        return not config.agents.baseline
    if finding.hidden == OLD:
        return not config.agents.new_code_only
    if finding.hidden == MUTED:
        return not config.learning.mute_rules
    return not finding.hidden or config.agents.repeat_other_tools


def may_be_fixed(finding: Finding) -> bool:
    """Whether a fix is looked for, though the finding itself may not be shown."""
    return not finding.hidden or finding.hidden.startswith(SHOWN_BY)
