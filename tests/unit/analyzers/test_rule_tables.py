"""Every rule of these specialists is explained."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers import (
    alike,
    branches,
    complexity,
    conditions,
    deadcode,
    design,
    duplication,
    loop_forms,
    pinning,
    resources,
    simplify,
    smells,
    speedup,
    untested,
)
from ambient_lsp.analyzers.rules_performance import PERFORMANCE
from ambient_lsp.analyzers.rules_refactor import REFACTOR
from ambient_lsp.analyzers.rules_tests import TESTS

MODULES = {
    "AMB-REF-": (
        REFACTOR,
        (alike, branches, complexity, conditions, deadcode, design, duplication, loop_forms, resources, simplify),
    ),
    "AMB-PERF-": (PERFORMANCE, (speedup,)),
    "AMB-TEST-": (TESTS, (pinning, smells, untested)),
}


@pytest.mark.parametrize("prefix", MODULES)
def test_every_rule_is_in_its_table(prefix):
    rules, modules = MODULES[prefix]
    used = {
        value
        for module in modules
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and value.startswith("AMB-")
    }
    # FLATTEN is a rewrite of what COMPLEX finds, and never a finding.
    assert used - {simplify.FLATTEN} == {rule.id for rule in rules}
    assert all(rule.title and rule.why for rule in rules)
