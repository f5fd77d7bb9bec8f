"""The rules that the style and security specialists report: why each matters, and what the fix does.

Each rule has a page in `docs/rules/`, made by `python -m ambient_lsp.analyzers.rule_pages`.
"""

from __future__ import annotations

from ambient_lsp.analyzers.patterns.tables import RULES as PATTERN_RULES
from ambient_lsp.analyzers.rule import LEVELS as LEVELS
from ambient_lsp.analyzers.rule import Level as Level
from ambient_lsp.analyzers.rule import Rule as Rule
from ambient_lsp.analyzers.rule import weakness
from ambient_lsp.analyzers.rules_taint import TAINT

FLOW = (
    weakness(
        "SHELL", "high", "78", "a03", "Command given to a shell",
        "A value with `;` or `$()` in it runs another command.", "A list of arguments, where the line splits surely.",
        "S602 S604 S605",
        example='import subprocess\n\nsubprocess.run(f"ls -l {name}", shell=True)\n',
        better='import subprocess\n\nsubprocess.run(["ls", "-l", str(name)])\n',
    ),
    weakness(
        "EVAL", "high", "95 94", "a03", "`eval` of data", "What is evaluated can be any code.",
        "`ast.literal_eval`, which reads literals only.", "S307",
        example="value = eval(text)\n", better="import ast\n\nvalue = ast.literal_eval(text)\n",
    ),
    weakness(
        "EXEC", "medium", "95 94", "a03", "`exec` of data", "What is executed can be any code.", "", "S102",
        example="exec(text)\n", better="ACTIONS[name]()\n",
    ),
    weakness(
        "SQL", "high", "89", "a03", "SQL built from values", "A value with a quote in it changes the statement.",
        "Parameters, where the database module tells how they are written.", "S608",
        example="import sqlite3\n\ncursor.execute(f\"SELECT * FROM users WHERE name = '{name}'\")\n",
        better='import sqlite3\n\ncursor.execute("SELECT * FROM users WHERE name = ?", (name,))\n',
    ),
    weakness(
        "RAW-SQL", "high", "89", "a03", "Raw SQL in Django", "A value can change the statement.",
        "Parameters, where each value stands for one.", "S610 S611",
        example='from shop.models import User\n\nUser.objects.extra(where=[f"name = \'{name}\'"])\n',
        better="from shop.models import User\n\nUser.objects.filter(name=name)\n",
    ),
    weakness(
        "WILDCARD", "high", "155", "a03", "Wildcard in a shell command", "A file name can be an option.", "", "S609",
        example='import os\n\nos.system("tar cf x.tar *")\n',
        better='import os\n\nos.system("tar cf x.tar ./*")\n',
    ),
    weakness(
        "DEPENDENCY", "high", "1395 1104", "a06", "Dependency with a known weakness",
        "An advisory names this version.", "The pin is raised to the first version that no advisory names.",
        example="shop-client==1.3  # requirements.txt\n", better="shop-client==1.4  # requirements.txt\n",
    ),
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
CANNOT_BE_PARSED = "the file cannot be parsed: "
"""What comes before the syntax error in the messages of `UNREADABLE` rules."""

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
    Rule(
        "AMB-SEC-DEPENDENCIES-UNCHECKED",
        "Dependencies were not checked",
        "There are no advisories to check them against. Not checked is not the same as safe.",
        "",
        "low",
        ("security", "not-checked"),
    ),
)  # fmt: skip

_WHY_MODEL = (
    "A model sees what analyzers cannot, and is wrong at times. What is shown quotes a line that is there, and was not"
    " refuted by another look without the conversation that led to it."
)
_FIX_MODEL = "The model's own change, where the sandbox shows that it holds."
MODEL = (
    Rule("AMB-SEC-MODEL", "What a model says of security", _WHY_MODEL, _FIX_MODEL, "high", ("security", "model")),
    Rule("AMB-REF-MODEL", "What a model says of structure", _WHY_MODEL, _FIX_MODEL, "medium", ("structure", "model")),
    Rule("AMB-STYLE-MODEL", "What a model says of words and names", _WHY_MODEL, _FIX_MODEL, "low", ("style", "model")),
    Rule("AMB-PERF-MODEL", "What a model says of speed", _WHY_MODEL, _FIX_MODEL, "medium", ("performance", "model")),
    Rule("AMB-TEST-MODEL", "What a model says of tests", _WHY_MODEL, _FIX_MODEL, "low", ("tests", "model")),
)

RULES = {rule.id: rule for rule in (*TAINT, *SECURITY, *STYLE, *UNREADABLE)}
BY_RUFF = {code: rule for rule in FLOW for code in rule.ruff}
"""What is taken from ruff: the rules that have no pattern of our own."""
