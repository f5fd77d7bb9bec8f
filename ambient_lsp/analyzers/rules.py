"""The rules that the style and security specialists report: why each matters, and what the fix does.

`docs/rules/README.md` is made from this table: `python -m ambient_lsp.analyzers.rules > docs/rules/README.md`.
"""

from __future__ import annotations

from ambient_lsp.analyzers.rule import LEVELS as LEVELS
from ambient_lsp.analyzers.rule import Level as Level
from ambient_lsp.analyzers.rule import Rule as Rule
from ambient_lsp.analyzers.rules_taint import TAINT


def _security(name: str, ruff: str, level: Level, cwe: int, owasp: str, title: str, why: str, fix: str = "") -> Rule:
    tags = ("security", f"cwe-{cwe}", f"owasp-{owasp}:2021")
    return Rule(f"AMB-SEC-{name}", title, why, fix, level, tags, tuple(ruff.split()))


SECURITY = (
    _security(
        "WEAK-HASH", "S324", "medium", 328, "a02", "Weak hash", "MD5 and SHA-1 can be forged.",
        "SHA-256 where it protects something, `usedforsecurity=False` where it only names something.",
    ),
    _security(
        "YAML-LOAD", "S506", "high", 502, "a08", "Unsafe YAML loader",
        "A YAML document can make the loader run any code.", "`safe_load`.",
    ),
    _security(
        "SHELL", "S602 S604 S605", "high", 78, "a03", "Command given to a shell",
        "A value with `;` or `$()` in it runs another command.", "A list of arguments, where the line splits surely.",
    ),
    _security(
        "NO-TIMEOUT", "S113", "medium", 400, "a05", "Request without a timeout",
        "A server that does not answer holds the caller for ever.", "`timeout=30`.",
    ),
    _security(
        "NO-TLS-VERIFY", "S501", "high", 295, "a07", "TLS certificate not checked",
        "Anybody on the way can read and change the traffic.", "The argument is removed, so it is checked.",
    ),
    _security(
        "WEAK-RANDOM", "S311", "high", 338, "a02", "Secret made from predictable random numbers",
        "Who sees a few outputs of `random` can tell the next ones.", "The `secrets` module.",
    ),
    _security(
        "MKTEMP", "S306", "medium", 377, "a01", "Temporary name that another can take first",
        "Between the name and the file somebody else can make it.", "`tempfile.mkstemp`, which makes the file too.",
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
    _security(
        "SECRET", "S105 S106 S107", "high", 798, "a07", "Secret in the code",
        "Who can read the code, or its history, has the secret.", "Read from the environment. Change the secret too!",
    ),
    _security(
        "FLASK-DEBUG", "S201", "high", 489, "a05", "Flask debugger switched on",
        "The debugger runs any code for whoever reaches it.", "`debug=True` is removed.",
    ),
    _security(
        "PICKLE", "S301 S302", "medium", 502, "a08", "Unpickling data", "A pickle can run any code when it is loaded.",
    ),
    _security(
        "ASSERT-GUARD", "S101", "medium", 617, "a04", "Access guarded by `assert`",
        "`python -O` leaves every assert out.",
    ),
    _security(
        "AUTOESCAPE", "S701", "medium", 79, "a03", "Templates that do not escape",
        "A value with markup in it becomes part of the page.", "`autoescape=True`.",
    ),
    _security(
        "TLS-CONTEXT", "S323", "high", 295, "a07", "TLS context that checks nothing",
        "Anybody on the way can read and change the traffic.", "`ssl.create_default_context`.",
    ),
    _security("OLD-TLS", "S502 S503 S504", "medium", 327, "a02", "Old TLS version", "Old versions can be broken."),
    _security("WEAK-CIPHER", "S304 S305", "high", 327, "a02", "Weak cipher", "The cipher or its mode can be broken."),
    _security("WEAK-KEY", "S505", "high", 326, "a02", "Short key", "A key this short can be found."),
    _security("SSH-HOST-KEY", "S507", "high", 295, "a07", "SSH host key not checked", "Anybody can be the host."),
    _security("XML", "S313 S314 S315 S316 S317 S318 S319", "medium", 611, "a05", "XML parser that expands entities",
              "A document can read files or fill the memory."),
    _security("MARKUP", "S308 S702 S704", "medium", 79, "a03", "Value marked as safe markup",
              "A value with markup in it becomes part of the page."),
    _security("EXTRACT", "S202", "medium", 22, "a01", "Archive unpacked without a look",
              "A member's name can lead outside the folder."),
    _security("PERMISSIONS", "S103", "medium", 732, "a01", "File open to everybody", "Everybody can change the file."),
    _security("RAW-SQL", "S610 S611", "high", 89, "a03", "Raw SQL in Django", "A value can change the statement."),
    _security("LOG-CONFIG", "S612", "medium", 94, "a03", "Logging settings from a socket", "They can run any code."),
    _security("WILDCARD", "S609", "high", 155, "a03", "Wildcard in a shell command", "A file name can be an option."),
    _security("CLEARTEXT", "S312 S321", "medium", 319, "a02", "Protocol without encryption",
              "Passwords travel in the clear."),
    _security("BIND-ALL", "S104", "low", 605, "a05", "Bound to every interface", "It may be meant for this machine."),
    _security("TEMP-PATH", "S108", "low", 377, "a01", "Fixed path in a shared folder", "Others can put a link there."),
    _security("DEPENDENCY", "", "high", 1395, "a06", "Dependency with a known weakness",
              "An advisory in the repository names this version."),
)  # fmt: skip

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

RULES = {rule.id: rule for rule in (*SECURITY, *TAINT, *STYLE, *UNREADABLE)}
BY_RUFF = {code: rule for rule in SECURITY for code in rule.ruff}


def table() -> str:
    """Return the rules as a page of Markdown."""
    rows = [
        f"| `{rule.id}` | {rule.title} | {rule.why} | {rule.fix or 'a person decides'} | {rule.level} "
        f"| {', '.join(rule.tags)} | {', '.join(rule.ruff)} |"
        for rule in RULES.values()
    ]
    return "\n".join(
        (
            "# Rules",
            "",
            "Made from `ambient_lsp/analyzers/rules.py`; do not edit by hand.",
            "",
            "| Rule | What | Why | Fix | Level | Tags | Ruff |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
        )
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(table())
