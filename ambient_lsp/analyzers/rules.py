"""The rules that the style and security specialists report: why each matters, and what the fix does.

Each rule has a page in `docs/rules/`, made by `python -m ambient_lsp.analyzers.rule_pages`.
"""

from __future__ import annotations

from ambient_lsp.analyzers.patterns.tables import RULES as PATTERN_RULES
from ambient_lsp.analyzers.rule import LEVELS as LEVELS
from ambient_lsp.analyzers.rule import Level as Level
from ambient_lsp.analyzers.rule import Rule as Rule
from ambient_lsp.analyzers.rules_taint import TAINT


def _security(name: str, ruff: str, level: Level, cwe: int, owasp: str, title: str, why: str, fix: str = "") -> Rule:
    tags = ("security", f"cwe-{cwe}", f"owasp-{owasp}:2021")
    return Rule(f"AMB-SEC-{name}", title, why, fix, level, tags, tuple(ruff.split()))


FLOW = (
    _security(
        "SHELL", "S602 S604 S605", "high", 78, "a03", "Command given to a shell",
        "A value with `;` or `$()` in it runs another command.", "A list of arguments, where the line splits surely.",
    ),
    _security(
        "EVAL", "S307", "high", 95, "a03", "`eval` of data", "What is evaluated can be any code.",
        "`ast.literal_eval`, which reads literals only.",
    ),
    _security("EXEC", "S102", "medium", 95, "a03", "`exec` of data", "What is executed can be any code."),
    _security(
        "SQL", "S608", "high", 89, "a03", "SQL built from values",
        "A value with a quote in it changes the statement.",
        "Parameters, where the database module tells how they are written.",
    ),
    _security("MARKUP", "S308 S702 S704", "medium", 79, "a03", "Value marked as safe markup",
              "A value with markup in it becomes part of the page."),
    _security("RAW-SQL", "S610 S611", "high", 89, "a03", "Raw SQL in Django", "A value can change the statement."),
    _security("WILDCARD", "S609", "high", 155, "a03", "Wildcard in a shell command", "A file name can be an option."),
    _security("DEPENDENCY", "", "high", 1395, "a06", "Dependency with a known weakness",
              "An advisory in the repository names this version."),
)  # fmt: skip
SECURITY = (*FLOW, *PATTERN_RULES)

STYLE = (
    Rule(
        "AMB-STYLE-<code>",
        "Ruff's rule <code>, where the project asks for it",
        "One style makes code easier to read and diffs smaller.",
        "Ruff's own fix, where ruff calls it safe.",
        "low",
        ("style",),
    ),
)
UNREADABLE = (
    Rule(
        "AMB-STYLE-UNREADABLE", "Style was not checked", "The file cannot be parsed.", "", "low",
        ("style", "not-checked"),
    ),
    Rule(
        "AMB-SEC-UNREADABLE",
        "Security was not checked",
        "The file cannot be parsed. Not checked is not the same as safe.",
        "",
        "low",
        ("security", "not-checked"),
    ),
)  # fmt: skip

RULES = {rule.id: rule for rule in (*TAINT, *SECURITY, *STYLE, *UNREADABLE)}
BY_RUFF = {code: rule for rule in FLOW for code in rule.ruff}
"""What is taken from ruff: the rules that have no pattern of our own."""
