"""The rules that PerformanceOptimizer reports: why each matters, and what the fix does.

Every fix is offered only after the sandbox has timed both versions and found them equal.
"""

from __future__ import annotations

from ambient_lsp.analyzers import speedup
from ambient_lsp.analyzers.rules import Rule

_TAGS = ("performance",)

PERFORMANCE = (
    Rule(
        speedup.MEMBERSHIP, "Membership test on a list inside a loop", "Each test walks the list: O(n²) altogether.",
        "A set is made once before the loop, where all that is looked up is surely hashable.", "medium",
        (*_TAGS, "algorithm"),
    ),
    Rule(
        speedup.SEEN, "List that only remembers", "Each test walks all that was seen before.",
        "A set in its place.", "medium", (*_TAGS, "algorithm"),
    ),
    Rule(
        speedup.LITERAL, "Membership test on a long literal", "The items are compared one after the other.",
        "A set literal, which Python makes once.", "low", _TAGS,
    ),
    Rule(
        speedup.CONCAT, "String that grows in a loop", "Each `+=` may copy all that there is so far.",
        "The parts are collected and joined behind the loop.", "low", _TAGS,
    ),
    Rule(
        speedup.SORTED, "Sorting to take one item", "Sorting is O(n log n), one pass is O(n).",
        "`min` or `max`. Not for `[-1]`, where they pick another one of equal items.", "low", (*_TAGS, "algorithm"),
    ),
    Rule(
        speedup.ANY_ALL, "List built for `any` or `all`", "The whole list is made before the first item is looked at.",
        "A generator, where nothing in it has an effect.", "low", _TAGS,
    ),
    Rule(
        speedup.HOIST, "Same computation in each turn", "It is done n times for one result.",
        "It is done once, before the loop.", "medium", _TAGS,
    ),
    Rule(speedup.KEYS, "`in d.keys()` inside a loop", "A view is made for each test.", "`in d`.", "low", _TAGS),
    Rule(
        speedup.FRONT, "List used from its front", "Each `insert(0, ...)` or `pop(0)` moves every item.", "", "low",
        (*_TAGS, "algorithm"),
    ),
    Rule(
        speedup.QUERY, "Database query inside a loop", "One round trip for each turn, where one could do.", "",
        "medium", (*_TAGS, "database"),
    ),
)  # fmt: skip
