"""The rules that RefactorArchitect reports: why each matters, and what the fix does."""

from __future__ import annotations

from ambient_lsp.analyzers import complexity, deadcode, duplication, simplify
from ambient_lsp.analyzers.rules import Rule

_TAGS = ("refactor",)

REFACTOR = (
    Rule(
        complexity.COMPLEX, "Function that is hard to follow",
        "Each nested branch is one more thing to keep in mind; such functions are where bugs hide.",
        "Guard clauses and merged conditions, where they lower the number; the rest is a person's design.",
        "low", (*_TAGS, "complexity"),
    ),
    Rule(complexity.LONG, "Long function", "What does not fit on a screen is read in pieces.", "", "low", _TAGS),
    Rule(
        complexity.PARAMETERS, "Many parameters", "Callers mix them up; some of them belong together.", "", "low", _TAGS
    ),
    Rule(complexity.NESTING, "Deep nesting", "The reader has to keep every condition above in mind.", "", "low", _TAGS),
    Rule(
        simplify.GUARD, "Body wrapped in one `if`", "A guard clause says the exception first and keeps the rest flat.",
        "The condition is turned round and leaves early.", "low", (*_TAGS, "complexity"),
    ),
    Rule(
        simplify.ELSE, "`else` after branches that all leave", "The `else` adds a level and says nothing.",
        "Its code moves one level out.", "low", (*_TAGS, "complexity"),
    ),
    Rule(
        simplify.MERGE, "`if` that only holds an `if`", "It is one condition.", "The two are joined with `and`.",
        "low", (*_TAGS, "complexity"),
    ),
    Rule(
        simplify.BOOLEAN, "Branch that returns True or False", "The condition is the answer.",
        "It is returned itself, as a bool.", "low", (*_TAGS, "complexity"),
    ),
    Rule(
        duplication.DUPLICATE, "Repeated code", "A change to one copy is forgotten in the others.",
        "One function in their place, where what goes in and out is certain.", "medium", (*_TAGS, "duplication"),
    ),
    Rule(
        deadcode.UNREACHABLE, "Code that nothing reaches", "It looks as if it mattered.", "It is removed.", "low",
        (*_TAGS, "unnecessary"),
    ),
    Rule(
        deadcode.UNUSED, "Private code that nothing uses", "It is read, kept working and never run.",
        "It is removed where its name stands nowhere else in the repository.", "low", (*_TAGS, "unnecessary"),
    ),
)  # fmt: skip
