"""What a test does where a real component (Docker, bubblewrap, an editor) is missing."""

from __future__ import annotations

import os

import pytest


def require(ok: bool, sentence: str) -> None:
    """Skip the test with `sentence` unless `ok`; under AMBIENT_REQUIRE_REAL=1 fail it instead."""
    if ok:
        return
    if os.environ.get("AMBIENT_REQUIRE_REAL") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)
