"""What a rule is: its id, why it matters, how bad it is, and code before and after its fix.

It stands alone, so that a table of rules can live beside the code that looks for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["low", "medium", "high", "critical"]
LEVELS: tuple[Level, ...] = ("low", "medium", "high", "critical")

_OWASP_2025 = {
    "a01": "a01", "a02": "a04", "a03": "a05", "a04": "a06", "a05": "a02",
    "a06": "a03", "a07": "a07", "a08": "a08", "a09": "a09", "a10": "a01",
}  # fmt: skip
"""Where each category of 2021 went in 2025 (owasp.org/Top10/2025)."""

_EXCEPTIONAL = frozenset("209 234 248 252 274 280 390 391 394 396 397 460 476 478 544 550 636 703 754 755 756".split())
"""The CWEs that A10:2025, "Mishandling of Exceptional Conditions", took from other categories."""


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
    numbers = cwe.split()
    today = "a10" if numbers[0] in _EXCEPTIONAL else _OWASP_2025[owasp]
    tags = ("security", *(f"cwe-{number}" for number in numbers), f"owasp-{owasp}:2021", f"owasp-{today}:2025")
    return Rule(f"AMB-SEC-{name}", title, why, fix, level, tags, tuple(ruff.split()), example, better)
