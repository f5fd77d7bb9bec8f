"""Which prover shows which kind of promise. They are imported when they are needed: libcst alone takes 100 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.model import ProofKind

if TYPE_CHECKING:
    from ambient_lsp.verification.proof.base import SandboxProver, TextProver


def text_prover(kind: ProofKind) -> TextProver | None:
    """Return the prover that works on texts; None for a kind that needs running code."""
    if kind is ProofKind.FINDINGS_GONE:
        from ambient_lsp.verification.proof import findings_gone

        return findings_gone.prove
    if kind is ProofKind.SAME_TREE:
        from ambient_lsp.verification.proof import same_tree

        return same_tree.prove
    if kind is ProofKind.SIMPLER:
        from ambient_lsp.verification.proof import simpler

        return simpler.prove
    if kind is ProofKind.CHECKS:
        from ambient_lsp.verification.proof import checks

        return checks.prove
    return None


def sandbox_prover(kind: ProofKind) -> SandboxProver | None:
    """Return the prover that runs code; None for a kind that is shown on the texts."""
    if kind is ProofKind.FASTER:
        from ambient_lsp.verification.proof import faster

        return faster.prove
    if kind is ProofKind.TESTS:
        from ambient_lsp.verification.proof import tests

        return tests.prove
    return None
