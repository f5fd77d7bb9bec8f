"""Nothing is promised beside the project's own tests and checks, so there is nothing more to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.verification.proof.base import passed

if TYPE_CHECKING:
    from ambient_lsp.verification.proof.base import Case, Proof


async def prove(case: Case) -> Proof:
    """Ask for nothing more."""
    return passed("")
