"""Plain implementations of what well-known names mean, to compare a function with that goes by one of them."""

from ambient_lsp.analyzers.spec.references import collections, graphs, numbers, texts  # noqa: F401 - they register
from ambient_lsp.analyzers.spec.references.registry import Reference, matching, setup

__all__ = ["Reference", "matching", "setup"]
