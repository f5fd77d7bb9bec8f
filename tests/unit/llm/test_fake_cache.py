"""The fake host's prefix cache: whole blocks from the start, only after an answer has begun, and not for ever."""

from __future__ import annotations

import pytest

from ambient_lsp.llm.fake.cache import BYTES_PER_TOKEN, PrefixCache

TEXT = "".join(f"line {number}\n" for number in range(4000))


@pytest.mark.parametrize("block", [16, 64, 1024])
def test_what_two_prompts_share_is_known_in_whole_blocks(block: int) -> None:
    cache = PrefixCache(block)
    shared = block * BYTES_PER_TOKEN * 3 + 5
    cache.keep(cache.blocks(f"{TEXT[:shared]} then one thing {TEXT[: block * 8]}"))
    assert cache.cached_tokens(cache.blocks(f"{TEXT[:shared]} or another {TEXT[: block * 8]}")) == 3 * block
    assert cache.cached_tokens(cache.blocks(f"x{TEXT}")) == 0
    assert cache.cached_tokens(cache.blocks(TEXT[: block * BYTES_PER_TOKEN - 1])) == 0


def test_what_nobody_used_for_minutes_is_forgotten() -> None:
    now = 0.0
    cache = PrefixCache(64, seconds=300, clock=lambda: now)
    blocks = cache.blocks(TEXT)
    cache.keep(blocks)
    now = 299
    assert cache.cached_tokens(blocks) == 64 * len(blocks)
    cache.keep(blocks[:2])
    now = 400
    assert cache.cached_tokens(blocks) == 128
