"""The fake host's prefix cache: what a prompt shares with earlier ones, in blocks of about a thousand tokens."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

BYTES_PER_TOKEN = 4
BLOCK_TOKENS = 1024
_MOST_BLOCKS = 200_000


def count_tokens(text: str) -> int:
    """Return the fake host's own count: a token for every four bytes, rounded up."""
    return (len(text.encode("utf-8", "replace")) + BYTES_PER_TOKEN - 1) // BYTES_PER_TOKEN


class PrefixCache:
    """Knows the beginnings of the prompts that were answered. A prompt is kept once its answer has begun."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[bytes, None] = OrderedDict()

    def blocks(self, prompt: str) -> list[bytes]:
        """Return a digest for each whole block from the start; equal digests mean an equal prompt up to there."""
        data = prompt.encode("utf-8", "replace")
        size = BLOCK_TOKENS * BYTES_PER_TOKEN
        digest = hashlib.blake2b(digest_size=16)
        found = []
        for start in range(0, len(data) - size + 1, size):
            digest.update(data[start : start + size])
            found.append(digest.digest())
        return found

    def cached_tokens(self, blocks: list[bytes]) -> int:
        """Return how many tokens from the start are known."""
        known = 0
        for block in blocks:
            if block not in self._blocks:
                break
            known += BLOCK_TOKENS
        return known

    def keep(self, blocks: list[bytes]) -> None:
        """Remember a prompt; the oldest are forgotten."""
        for block in blocks:
            self._blocks[block] = None
            self._blocks.move_to_end(block)
        while len(self._blocks) > _MOST_BLOCKS:
            self._blocks.popitem(last=False)
