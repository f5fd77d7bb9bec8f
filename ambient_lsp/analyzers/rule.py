"""What a rule is: its id, why it matters, how bad it is, and code before and after its fix.

It stands alone, so that a table of rules can live beside the code that looks for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["low", "medium", "high", "critical"]
LEVELS: tuple[Level, ...] = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `fix` is empty where a person must decide; `tags` hold the CWE and OWASP ids.

    `example` is code that the rule is about, `better` the same after the fix; each rule's page shows both.
    """

    id: str
    title: str
    why: str
    fix: str
    level: Level
    tags: tuple[str, ...] = ()
    ruff: tuple[str, ...] = ()
    example: str = ""
    better: str = ""


def weakness(
    name: str,
    level: Level,
    cwe: str,
    owasp: str,
    title: str,
    why: str,
    fix: str = "",
    ruff: str = "",
    example: str = "",
    better: str = "",
) -> Rule:
    """Return a security rule. `cwe` holds numbers, the best one first; `owasp` is a category of 2021 ("a02")."""
    tags = ("security", *(f"cwe-{number}" for number in cwe.split()), f"owasp-{owasp}:2021")
    return Rule(f"AMB-SEC-{name}", title, why, fix, level, tags, tuple(ruff.split()), example, better)
