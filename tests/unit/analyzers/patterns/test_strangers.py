"""Weaknesses that a fifth stranger's programs had and we missed, each in other words than theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ambient_lsp.analyzers import ruff, security

_BLOCK = re.compile(r"^## (\S+)\n\n```python (found|silent)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CASES = _BLOCK.findall(Path(__file__).with_name("strangers.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("rule", "expected", "text"), _CASES)
def test_the_weakness_is_told_and_its_twin_is_not(rule, expected, text):
    found = security.judge(text, "shop/views.py", "", ruff.Report(()))
    assert (f"AMB-SEC-{rule}" in {raw.rule for raw in found}) == (expected == "found")
