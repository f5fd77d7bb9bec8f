"""Every rule of these specialists is explained."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.refactoring import (
    alike,
    branches,
    complexity,
    conditions,
    deadcode,
    design,
    duplication,
    loop_forms,
    resources,
    simplify,
)
from ambient_lsp.analyzers.refactoring.rules import REFACTOR
from ambient_lsp.analyzers.speed import speedup
from ambient_lsp.analyzers.speed.rules import PERFORMANCE
from ambient_lsp.analyzers.styling import comments, import_style, naming, own_style, stale_parameters, typos
from ambient_lsp.analyzers.styling.rules import OWN_STYLE
from ambient_lsp.analyzers.testing import confirming, flaky, pinning, smells, untested, void_tests
from ambient_lsp.analyzers.testing.rules import TESTS

MODULES = {
    "AMB-REF-": (
        REFACTOR,
        (alike, branches, complexity, conditions, deadcode, design, duplication, loop_forms, resources, simplify),
    ),
    "AMB-PERF-": (PERFORMANCE, (speedup,)),
    "AMB-STYLE-": (OWN_STYLE, (comments, import_style, naming, own_style, stale_parameters, typos)),
    "AMB-TEST-": (TESTS, (confirming, flaky, pinning, smells, untested, void_tests)),
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
