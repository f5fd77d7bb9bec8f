"""Tests that need a real component say so here."""

from __future__ import annotations

import os

import pytest


def require(ok: bool, sentence: str) -> None:
    """Go on if the component is there. Else skip with a sentence, or fail where CI says that it must be there."""
    if ok:
        return
    if os.environ.get("AMBIENT_REQUIRE_REAL") == "1":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
