"""The table of rules is whole, and its page in the documentation is up to date."""

from __future__ import annotations

import re
from pathlib import Path

from ambient_lsp.analyzers import rules


def test_the_page_is_made_from_the_table():
    page = Path(__file__).parents[3] / "docs/rules/README.md"
    assert page.read_text("utf-8") == rules.table(), "run: python -m ambient_lsp.analyzers.rules > docs/rules/README.md"


def test_every_security_rule_names_its_weakness_and_no_ruff_rule_has_two():
    for rule in rules.SECURITY:
        assert any(re.fullmatch(r"cwe-\d+", tag) for tag in rule.tags), rule.id
        assert any(re.fullmatch(r"owasp-a(0\d|10):2021", tag) for tag in rule.tags), rule.id
    codes = [code for rule in rules.SECURITY for code in rule.ruff]
    assert len(codes) == len(set(codes))
