"""Specialists and rules that people write in Markdown: `.ambient/agents/*.md` and `.ambient/rules/*.md`.

The front matter is a superset of what Kilo Code, opencode and Claude Code use; what we do not know is left out with a
warning. A file of the repository is a prompt by somebody else: it is read only in a trusted folder, and can only take
rights away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pathspec

from ambient_lsp.agents.thinking.prompts import front_matter, prompt
from ambient_lsp.context.redact import redact
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

AGENTS = ".ambient/agents"
RULES = ".ambient/rules"
KEEPER = "RuleKeeper"
"""The specialist that looks for breaks of the rules in prose."""

_NAME = re.compile(r"[A-Za-z][\w-]{0,63}")
_MOST_FILES = 50
_MOST_CHARACTERS = 20_000
_OURS = frozenset({"name", "description", "globs", "paths", "disable", "permission", "severity", "edit"})
_NO_RIGHTS = frozenset({"mode", "color", "hidden", "steps", "maxSteps", "maxTurns", "whenToUse", "alwaysApply"})
"""Keys of other formats that say nothing about rights, and nothing that we could follow."""


@dataclass(frozen=True, slots=True)
class MarkdownAgent:
    """One specialist in prose. `globs` empty means all files; `may_edit` False, that only its findings count."""

    name: str
    words: str
    globs: tuple[str, ...] = ()
    may_edit: bool = True
    rules: Mapping[str, Severity] = field(default_factory=dict)

    def looks_at(self, path: str) -> bool:
        """Tell whether it looks at a file."""
        return not self.globs or pathspec.GitIgnoreSpec.from_lines(self.globs).match_file(path)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is, and what was wrong or left out, in a sentence each."""

    agents: tuple[MarkdownAgent, ...] = ()
    warnings: tuple[str, ...] = ()


def load(root: Path, taken: Iterable[str] = ()) -> Loaded:
    """Read the specialists and the rules of a repository. `taken` are names that are somebody's already.

    A file that cannot be used does not stop the others.
    """
    agents: list[MarkdownAgent] = []
    warnings: list[str] = []
    names = {*taken, KEEPER}
    for path, about, body in _files(root / AGENTS, warnings):
        name = str(about.get("name") or path.stem)
        if about.get("disable") is True:
            continue
        if not _NAME.fullmatch(name) or name in names:
            warnings.append(f"{AGENTS}/{path.name}: {name!r} cannot be its name, or is taken.")
            continue
        names.add(name)
        warnings += _ignored(f"{AGENTS}/{path.name}", about)
        words = f"You are {name}. {str(about.get('description') or '').strip()}\n\n{body}".strip() + "\n"
        agents.append(MarkdownAgent(name, words, _globs(about), may_edit=_may_edit(about)))
    keeper = _keeper(root, warnings)
    return Loaded((*agents, *([keeper] if keeper else [])), tuple(warnings))


def _keeper(root: Path, warnings: list[str]) -> MarkdownAgent | None:
    """Return the one specialist that knows all rules in prose; None where there are none."""
    told: list[str] = []
    rules: dict[str, Severity] = {}
    globs: list[tuple[str, ...]] = []
    for path, about, body in _files(root / RULES, warnings):
        name = str(about.get("name") or path.stem)
        if about.get("disable") is True:
            continue
        if not _NAME.fullmatch(name) or name in rules:
            warnings.append(f"{RULES}/{path.name}: {name!r} cannot be its name, or is taken.")
            continue
        warnings += _ignored(f"{RULES}/{path.name}", about)
        word = str(about.get("severity") or "warning").lower()
        if word not in list(Severity):
            warnings.append(f"{RULES}/{path.name}: there is no severity {word!r}; it is read as `warning`.")
        rules[name] = Severity(word) if word in list(Severity) else Severity.WARNING
        globs.append(_globs(about))
        only = f" (only in files like {', '.join(globs[-1])})" if globs[-1] else ""
        told.append(f"Rule `{name}`{only}: {body.strip()}")
    if not rules:
        return None
    everywhere = () if any(not one for one in globs) else tuple(glob for one in globs for glob in one)
    words = prompt("rules").text.replace("{rules}", "\n\n".join(told))
    return MarkdownAgent(KEEPER, words, everywhere, rules=rules)


def _files(folder: Path, warnings: list[str]) -> Sequence[tuple[Path, dict[str, Any], str]]:
    found: list[tuple[Path, dict[str, Any], str]] = []
    if not folder.is_dir() or folder.is_symlink():
        return found
    for path in sorted(folder.glob("*.md"))[:_MOST_FILES]:
        if path.is_symlink():  # it would read a file from elsewhere into a prompt
            warnings.append(f"{path.name} is a link, and is not followed.")
            continue
        try:
            about, body = front_matter(redact(path.read_text("utf-8")[:_MOST_CHARACTERS])[0])
        except (OSError, ValueError) as error:
            warnings.append(f"{path.name} cannot be used: {error}")
            continue
        if body.strip():
            found.append((path, about, body))
        else:
            warnings.append(f"{path.name} says nothing.")
    return found


def _globs(about: Mapping[str, Any]) -> tuple[str, ...]:
    value = about.get("globs", about.get("paths", ()))
    listed = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(glob for one in listed if (glob := str(one).strip()))


def _may_edit(about: Mapping[str, Any]) -> bool:
    """Tell whether it may propose changes: not if any of the ways to say so denies it."""
    permission = about.get("permission")
    denied = isinstance(permission, dict) and permission.get("edit") == "deny"
    tools = about.get("tools")
    listed = tools.split(",") if isinstance(tools, str) else tools
    without = isinstance(listed, list) and not {str(one).strip().lower() for one in listed} & {"edit", "write", "*"}
    switched = isinstance(tools, dict) and tools.get("edit") is False
    return not (denied or without or switched or about.get("edit") is False)


def _ignored(where: str, about: Mapping[str, Any]) -> list[str]:
    rights = {"model", "temperature", "top_p", "tools", "mcpServers", "hooks", "prompt"}
    unknown = [str(key) for key in about if key not in _OURS | _NO_RIGHTS | {"tools"}]
    return [
        f"{where}: `{key}` is left out; {'only your own settings say so' if key in rights else 'it is not known'}."
        for key in unknown
    ]
