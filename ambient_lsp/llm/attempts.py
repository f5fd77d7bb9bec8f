"""Every time that one question was sent, and what went wrong: a host may charge for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ambient_lsp.errors import ModelError


class Attempts:
    """Told by the client of each time that it sends a question, and of each time that this fails.

    Whoever keeps accounts overrides both. An error's `details["usage"]` is what the host has counted, or what it is
    likely to have counted, before it broke off; without it, the host has refused or was not reached, which is free.
    """

    def __init__(self) -> None:
        self.failures: list[ModelError] = []
        """What went wrong; where there is an answer, it came after that."""
        self.under_way = False
        """Whether the question is at a host that has neither failed nor answered to the end."""
        self.host = self.model = ""

    def sending(self, host: str, model: str) -> None:
        """Take down that the question goes to a host now. What this raises keeps it from being sent."""
        self.host, self.model, self.under_way = host, model, True

    def failed(self, error: ModelError) -> None:
        """Take down how it ended without an answer."""
        self.under_way = False
        self.failures.append(error)
