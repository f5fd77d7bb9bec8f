"""The fake host's prefix cache: what a prompt shares with earlier ones of the last minutes, in whole blocks."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BYTES_PER_TOKEN = 4
BLOCK_TOKENS = 1024
SECONDS = 300.0
_MOST_BLOCKS = 200_000


def count_tokens(text: str) -> int:
    """Return the fake host's own count: a token for every four bytes, rounded up."""
    return (len(text.encode("utf-8", "replace")) + BYTES_PER_TOKEN - 1) // BYTES_PER_TOKEN


class PrefixCache:
    """Knows the beginnings of the prompts that were answered. A prompt is kept once its answer has begun.

    Hosts differ in how fine they keep (`block_tokens`: 16 to 1024) and for how long (`seconds` after the last use).
    """

    def __init__(
        self, block_tokens: int = BLOCK_TOKENS, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._block_tokens = block_tokens
        self._seconds = seconds
        self._clock = clock
        self._blocks: OrderedDict[bytes, float] = OrderedDict()

    def blocks(self, prompt: str) -> list[bytes]:
        """Return a digest for each whole block from the start; equal digests mean an equal prompt up to there."""
        data = prompt.encode("utf-8", "replace")
        size = self._block_tokens * BYTES_PER_TOKEN
        digest = hashlib.blake2b(digest_size=16)
        found = []
        for start in range(0, len(data) - size + 1, size):
            digest.update(data[start : start + size])
            found.append(digest.digest())
        return found

    def cached_tokens(self, blocks: list[bytes]) -> int:
        """Return how many tokens from the start are known."""
        oldest = self._clock() - self._seconds
        known = 0
        for block in blocks:
            if self._blocks.get(block, float("-inf")) < oldest:
                break
            known += self._block_tokens
        return known

    def keep(self, blocks: list[bytes]) -> None:
        """Remember a prompt; the oldest are forgotten."""
        now = self._clock()
        for block in blocks:
            self._blocks[block] = now
            self._blocks.move_to_end(block)
        while len(self._blocks) > _MOST_BLOCKS:
            self._blocks.popitem(last=False)
