"""What tokens cost. Money is counted in whole millionths of a US dollar, so that sums are exact.

A price is data (see `llm/data/`); a host on this machine costs nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ambient_lsp.llm.messages import Usage


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens: of the prompt where the host had them kept, where not, and of the answer.

    A dollar for a million tokens is a millionth of a dollar for one, so a price is also millionths for a token.
    """

    cached: float = 0.0
    prompt: float = 0.0
    completion: float = 0.0

    def of(self, usage: Usage) -> int:
        """Return what an exchange costs in millionths of a dollar, rounded up."""
        fresh = max(0, usage.prompt - usage.cached)
        return math.ceil(fresh * self.prompt + usage.cached * self.cached + usage.completion * self.completion)

    def at_most(self, prompt: int, completion: int) -> int:
        """Return what an exchange of that size costs if nothing of it was kept, in millionths of a dollar."""
        return math.ceil(prompt * max(self.prompt, self.cached) + completion * self.completion)


FREE = Price()
