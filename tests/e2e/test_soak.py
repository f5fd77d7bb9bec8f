"""A minute of the soak: real servers, a real sandbox, random faults and deeds; nothing may be left behind."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from benchmarks.soak import laws
from benchmarks.soak.run import soak
from tests.real import require
from tests.sandboxes import readiness

SEED = int(os.environ.get("AMBIENT_SEED", "0")) or random.SystemRandom().randrange(1 << 16)


@pytest.mark.real
@pytest.mark.timeout(1200)
async def test_a_minute_of_random_deeds_and_faults_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(readiness("bubblewrap").ready, "bubblewrap is not ready")
    monkeypatch.delenv("DOCKER_HOST", raising=False)  # containers are looked at by the long soak
    said: list[str] = []
    result = await soak(tmp_path, minutes=1, seed=SEED, every=5, say=said.append)
    assert not result.broken, "\n".join([f"seed {SEED}", *result.broken, *said])
    assert result.deeds and result.runs["done"] > 0 and result.tokens["exact"] > 0


def test_a_leak_of_memory_is_seen() -> None:
    flat = [100 + number % 7 for number in range(60)]
    assert laws.flatness(flat) < laws.FLAT
    assert laws.flatness([value + number * 2 for number, value in enumerate(flat)]) > laws.FLAT
