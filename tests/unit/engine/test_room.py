"""How much of a repository goes into a question."""

from __future__ import annotations

import pytest

from ambient_lsp.config import Swarm
from ambient_lsp.engine.asking import budget


@pytest.mark.parametrize("room", [None, 64_000, 262_144, 1_048_576])
def test_a_large_context_is_not_filled_because_it_is_there(room: int | None) -> None:
    swarm = Swarm(context_tokens=10_000)
    assert budget(room, swarm) == 10_000


@pytest.mark.parametrize("room", [4096, 8192, 16_384, 32_768])
def test_a_small_context_has_room_for_the_answer_too(room: int) -> None:
    swarm = Swarm()
    assert room // 4 <= budget(room, swarm) <= swarm.context_tokens
    assert budget(room, swarm) + min(swarm.answer_tokens, room // 3) <= room
