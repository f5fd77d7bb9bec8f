"""Fixes for the vulnerable programs hold, as `docs/security-fixes.md` says; a part of the programs stands for all."""

from __future__ import annotations

import pytest

from benchmarks import security_fixes, security_fixes_proven
from benchmarks.security import corpus

EVERY = 12


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory):
    cases = [case for case in corpus.read() if case.vulnerable][::EVERY]
    return security_fixes.look(tmp_path_factory.mktemp("fixes").resolve(), cases)


@pytest.mark.timeout(120)
def test_every_fix_applies_and_is_clean(looked) -> None:
    assert list(security_fixes.failures(looked)) == []


def test_many_programs_have_a_fix(looked) -> None:
    assert sum(bool(one.fixed) for one in looked) >= len(looked) / 3
    assert security_fixes.report(looked).startswith("## By category")


def test_the_planted_cases_are_of_many_kinds() -> None:
    cases = security_fixes_proven.read()
    assert len(cases) >= 30
    assert len({case.rule for case in cases}) >= 20
    assert all(case.name in case.test for case in cases)
