"""Plain implementations of what well-known names mean, to compare with the functions and classes that go by them."""

from ambient_lsp.analyzers.spec.references import (  # noqa: F401 - they register
    caches,
    codes,
    counting,
    digits,
    graphs,
    grids,
    groups,
    intervals,
    notations,
    numbers,
    queues,
    searching,
    statistic,
    sums,
    texts,
    trees,
    words,
)
from ambient_lsp.analyzers.spec.references.registry import Model, Reference, matching, modelled, setup

__all__ = ["Model", "Reference", "matching", "modelled", "setup"]
