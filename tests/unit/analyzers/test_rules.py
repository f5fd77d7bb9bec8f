"""Every rule of every table has a page in the documentation that is up to date."""

from __future__ import annotations

from pathlib import Path

from ambient_lsp.analyzers import rule_pages, rules
from ambient_lsp.analyzers.refactoring.rules import REFACTOR
from ambient_lsp.analyzers.speed.rules import PERFORMANCE
from ambient_lsp.analyzers.testing.rules import TESTS

FOLDER = Path(__file__).parents[3] / "docs" / "rules"


def test_every_rule_has_a_page_that_is_made_from_its_table():
    written = {page.name: page.read_text("utf-8") for page in FOLDER.glob("*.md")}
    wanted = rule_pages.pages()
    assert written.keys() == wanted.keys(), "run: make docs"
    stale = [name for name, text in wanted.items() if written[name] != text]
    assert not stale, "run: make docs"


def test_all_tables_are_found():
    known = {rule.id for rule in rule_pages.every_rule()}
    assert known >= {rule.id for rule in (*rules.RULES.values(), *PERFORMANCE, *REFACTOR, *TESTS)}


def test_a_page_says_what_why_how_to_fix_and_how_to_silence():
    rule = rules.RULES["AMB-SEC-YAML-LOAD"]
    page = rule_pages.page(rule)
    assert rule.title in page and rule.why in page and rule.fix in page
    assert rule.example in page and rule.better in page
    assert "cwe.mitre.org/data/definitions/502.html" in page
    assert "owasp.org/Top10/A08_2021" in page
    assert "`# ambient: ignore[AMB-SEC-YAML-LOAD]`" in page and "`# noqa: S506`" in page and "`# nosec B506`" in page


def test_a_rule_without_a_fix_does_not_promise_one():
    page = rule_pages.page(rules.RULES["AMB-SEC-FAIL-OPEN"])
    assert "a person decides" in page


def test_no_ruff_rule_belongs_to_two():
    codes = [code for rule in rules.SECURITY for code in rule.ruff]
    assert len(codes) == len(set(codes))
