"""Tests that need a real component say so here."""

from __future__ import annotations

import os

import pytest


def require(ok: bool, sentence: str) -> None:
    """Skip with a sentence when a component is missing; fail where AMBIENT_REQUIRE_REAL=1 says it must be there."""
    if ok:
        return
    if os.environ.get("AMBIENT_REQUIRE_REAL") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)
