"""How many tokens a text comes to, before the host has counted: an estimate that is corrected by what hosts count."""

from __future__ import annotations

from dataclasses import dataclass, field

BYTES_PER_TOKEN = 3.3
"""UTF-8 bytes for a token of source code; no vocabulary at hand is the right one for every model."""

_WEIGHT = 0.2
MOST_BYTES_PER_TOKEN = 6.0
"""No vocabulary makes fewer tokens of source code than one for so many bytes."""

_LEAST, _MOST = 1.5, MOST_BYTES_PER_TOKEN


@dataclass
class Estimate:
    """Estimates tokens for each model, and learns from the host's own counts."""

    ratios: dict[str, float] = field(default_factory=dict)

    def tokens(self, text: str, model: str = "") -> int:
        """Return about how many tokens a text is, rounded up."""
        size = len(text.encode("utf-8", "surrogatepass"))
        return int(size / self.ratios.get(model, BYTES_PER_TOKEN)) + 1 if text else 0

    def learn(self, text: str, counted: int, model: str) -> None:
        """Take a host's own count of a text into account."""
        if counted < 50:  # what a chat template adds would weigh too much
            return
        ratio = min(_MOST, max(_LEAST, len(text.encode("utf-8", "surrogatepass")) / counted))
        before = self.ratios.get(model, ratio)
        self.ratios[model] = before + _WEIGHT * (ratio - before)
