"""The rules that TestEnhancer reports: why each matters, and what the fix does."""

from __future__ import annotations

from ambient_lsp.analyzers import pinning, smells, untested
from ambient_lsp.analyzers.rules import Rule

_TAGS = ("tests",)

TESTS = (
    Rule(
        untested.UNTESTED, "Function that no test runs", "A change to it breaks in silence.",
        "Tests of what it does now, from docstring examples, types and boundaries; each must catch a mutant.", "low",
        _TAGS,
    ),
    Rule(
        pinning.SUSPICIOUS, "Function that behaves oddly", "It raised or returned what its name and types do not say.",
        "", "medium", (*_TAGS, "behaviour"),
    ),
    Rule(
        pinning.DOCSTRING, "Docstring example that is not true", "Readers believe it.", "", "medium",
        (*_TAGS, "behaviour"),
    ),
    Rule(smells.NO_ASSERT, "Test without an assertion", "It passes whatever comes out.", "", "low", _TAGS),
    Rule(smells.SLEEP, "Test that sleeps", "It is slow, and fails on a slow machine.", "", "low", (*_TAGS, "flaky")),
    Rule(smells.CLOCK, "Test that depends on the clock", "It fails now and then.", "", "low", (*_TAGS, "flaky")),
    Rule(
        smells.NETWORK, "Test that needs the network", "It fails when a server is away.", "", "low", (*_TAGS, "flaky")
    ),
    Rule(
        smells.ORDER, "Tests that depend on their order", "They fail when run alone or shuffled.", "", "medium",
        (*_TAGS, "flaky"),
    ),
)  # fmt: skip
