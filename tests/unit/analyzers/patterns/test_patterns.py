"""Each pattern finds its example, is silent on the better code, and resolves names and constants as Python does."""

from __future__ import annotations

import re

import pytest

from ambient_lsp.analyzers.patterns.engine import find
from ambient_lsp.analyzers.patterns.tables import MODULES, RULES
from ambient_lsp.analyzers.rule import Rule
from ambient_lsp.analyzers.rules import SECURITY


def rules_in(text, path="shop/app.py"):
    return {raw.rule.removeprefix("AMB-SEC-") for raw in find(text, path)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_example_is_found_and_the_better_code_is_not(rule):
    assert rule.example and rule.better
    assert rule.id in {raw.rule for raw in find(rule.example, "shop/app.py")}
    assert rule.id not in {raw.rule for raw in find(rule.better, "shop/app.py")}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_tests_do_it_on_purpose(rule):
    assert find(rule.example, "tests/test_app.py") == []


def test_ids_are_of_one_rule_each_and_every_rule_names_its_weakness():
    ids = [rule.id for rule in SECURITY]
    assert len(ids) == len(set(ids))
    for rule in SECURITY:
        assert any(re.fullmatch(r"cwe-\d+", tag) for tag in rule.tags), rule.id
        assert any(re.fullmatch(r"owasp-a(0\d|10):2021", tag) for tag in rule.tags), rule.id
        assert any(re.fullmatch(r"owasp-a(0\d|10):2025", tag) for tag in rule.tags), rule.id
        assert rule.title and rule.why


def test_at_least_seventy_weaknesses_are_covered():
    assert len({tag for rule in SECURITY for tag in rule.tags if tag.startswith("cwe-")}) >= 70


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_rule_of_a_module_is_in_its_table(module):
    area = module.AREA
    here = {value for value in vars(module).values() if isinstance(value, Rule)}
    used = {pattern.rule for pattern in (*area.calls, *area.settings, *area.attributes)}
    assert here == set(area.rules)
    assert used <= set(RULES)
