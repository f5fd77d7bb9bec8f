"""What a rule's page promises is what the fix does: the example becomes the better code, to the letter."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.fixes.security import fix
from ambient_lsp.analyzers.patterns.engine import find
from ambient_lsp.analyzers.patterns.tables import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_example_becomes_the_better_code(rule, tmp_path):
    raws = [raw for raw in find(rule.example, "app.py") if raw.rule == rule.id]
    fixed = fix(rule.example, "app.py", str(tmp_path), raws)
    assert [one.text for one in fixed] == ([rule.better] if rule.fix else [])
