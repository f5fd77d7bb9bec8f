"""The pages of `docs/rules/`, made from every table of rules: `python -m ambient_lsp.analyzers.rule_pages`.

A table is any `rules*` module of this package, wherever it lies, with rules in a tuple, list or dict of its own. So a
new table has its pages without being named here.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import ambient_lsp.analyzers
from ambient_lsp.analyzers.rule import Rule

_CWE = "https://cwe.mitre.org/data/definitions/{}.html"
_OWASP = "https://owasp.org/Top10/{}/"
_CATEGORIES = {
    "a01:2021": "A01_2021-Broken_Access_Control",
    "a02:2021": "A02_2021-Cryptographic_Failures",
    "a03:2021": "A03_2021-Injection",
    "a04:2021": "A04_2021-Insecure_Design",
    "a05:2021": "A05_2021-Security_Misconfiguration",
    "a06:2021": "A06_2021-Vulnerable_and_Outdated_Components",
    "a07:2021": "A07_2021-Identification_and_Authentication_Failures",
    "a08:2021": "A08_2021-Software_and_Data_Integrity_Failures",
    "a09:2021": "A09_2021-Security_Logging_and_Monitoring_Failures",
    "a10:2021": "A10_2021-Server-Side_Request_Forgery_(SSRF)",
    "a01:2025": "2025/A01_2025-Broken_Access_Control",
    "a02:2025": "2025/A02_2025-Security_Misconfiguration",
    "a03:2025": "2025/A03_2025-Software_Supply_Chain_Failures",
    "a04:2025": "2025/A04_2025-Cryptographic_Failures",
    "a05:2025": "2025/A05_2025-Injection",
    "a06:2025": "2025/A06_2025-Insecure_Design",
    "a07:2025": "2025/A07_2025-Authentication_Failures",
    "a08:2025": "2025/A08_2025-Software_or_Data_Integrity_Failures",
    "a09:2025": "2025/A09_2025-Security_Logging_and_Alerting_Failures",
    "a10:2025": "2025/A10_2025-Mishandling_of_Exceptional_Conditions",
}
_FAMILIES = {
    "AMB-SEC": "Security", "AMB-REF": "Refactoring", "AMB-STYLE": "Style", "AMB-PERF": "Performance",
    "AMB-TEST": "Tests",
}  # fmt: skip
_RUFF = re.compile(r"[A-Z]+\d+")


def every_rule() -> list[Rule]:
    """Return the rules of all tables, each id once, in the order of their ids."""
    found: dict[str, Rule] = {}
    for module in pkgutil.walk_packages(ambient_lsp.analyzers.__path__, "ambient_lsp.analyzers."):
        if not module.name.rpartition(".")[2].startswith("rules"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            rules = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
            found.update({rule.id: rule for rule in rules if isinstance(rule, Rule)})
    return [found[name] for name in sorted(found)]


def file_name(rule: Rule) -> str:
    """Return the name of a rule's page. A rule that stands for many, such as `AMB-STYLE-<code>`, has its stem."""
    return f"{re.sub(r'-?<.*', '', rule.id)}.md"


def page(rule: Rule) -> str:
    """Return the page of one rule."""
    parts = [
        f"# {rule.id}: {rule.title}",
        "Made from the table of rules by `python -m ambient_lsp.analyzers.rule_pages`; do not edit by hand.",
        f"Level: **{rule.level}**" + (f" · {', '.join(_links(rule))}" if _links(rule) else ""),
        f"## Why\n\n{rule.why}",
    ]
    if rule.example:
        parts.append(f"## Example\n\n{_code(rule.example)}")
    fix = rule.fix or "None is made by itself: what is right here, a person decides."
    parts.append(f"## The fix\n\n{fix}")
    if rule.better:
        lead = "" if rule.fix else "For the example, it could be this:\n\n"
        parts.append(f"{lead}{_code(rule.better)}")
    parts.append(f"## How to silence it\n\n{_silence(rule)}")
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """Return the page that lists all rules."""
    parts = [
        "# Rules\n\nMade from the tables of rules by `python -m ambient_lsp.analyzers.rule_pages`; do not edit by hand."
    ]
    rules = every_rule()
    for family, title in _FAMILIES.items():
        rows = [
            f"| [`{rule.id}`]({file_name(rule)}) | {_cell(rule.title)} | {'yes' if rule.fix else ''} | {rule.level} "
            f"| {', '.join(_numbers(rule))} | {', '.join(rule.ruff)} |"
            for rule in rules
            if rule.id.startswith(family)
        ]
        if rows:
            head = "| Rule | What | Fix | Level | CWE | Ruff |\n|---|---|---|---|---|---|"
            parts.append("\n".join((f"## {title}\n", head, *rows)))
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return every page by its file's name, the index included."""
    return {file_name(rule): page(rule) for rule in every_rule()} | {"README.md": index()}


def write(folder: Path) -> None:
    """Write the pages, and take away those of rules that are no more."""
    wanted = pages()
    for old in folder.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, "utf-8")


def _code(example: str) -> str:
    """Return code as a block; lines of a manifest are no Python, and a formatter must not take them for some."""
    language = "text" if "# requirements.txt" in example else "python"
    return f"```{language}\n{example.rstrip()}\n```"


def _numbers(rule: Rule) -> list[str]:
    return [tag.removeprefix("cwe-") for tag in rule.tags if tag.startswith("cwe-")]


def _links(rule: Rule) -> list[str]:
    cwe = [f"[CWE-{number}]({_CWE.format(number)})" for number in _numbers(rule)]
    names = [tag.removeprefix("owasp-") for tag in rule.tags if tag.startswith("owasp-")]
    owasp = [f"[OWASP {name.upper()}]({_OWASP.format(_CATEGORIES[name])})" for name in names]
    return cwe + owasp


def _silence(rule: Rule) -> str:
    codes = [code for code in rule.ruff if _RUFF.fullmatch(code)]
    ways = [f"- On its line: `# ambient: ignore[{rule.id}]`"]
    if codes:
        ways[0] += f", or `# noqa: {codes[0]}`"
    if rule.id.startswith("AMB-SEC") and codes:
        ways[0] += f", or `# nosec B{codes[0][1:]}`"
    ways[0] += "."
    ways += [
        "- In the project: the rule's id under `agents.ignore_rules` in `.ambient.yml`"
        + (f', or ruff\'s `ignore = ["{codes[0]}"]`.' if codes else "."),
        "- One finding: dismiss it in the editor, or with `ambient proposals dismiss`; it is remembered.",
    ]
    return "\n".join(ways)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write(Path(__file__).parents[2] / "docs" / "rules")
