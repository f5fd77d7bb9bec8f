"""Reading the prompts: Markdown files with front matter in `agents/prompts/`, one for each specialist and language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SPECIALISTS = {
    "SecurityGuardian": "security",
    "RefactorArchitect": "refactor",
    "StyleEnforcer": "style",
    "PerformanceOptimizer": "performance",
    "TestEnhancer": "tests",
}
LANGUAGES = ("python", "javascript", "go", "systems", "jvm", "other")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `about` is its front matter."""

    name: str
    text: str
    about: Mapping[str, Any]


@cache
def prompt(name: str) -> Prompt:
    """Return a prompt by its name (`system`, `security`, `languages/python`). Raises `FileNotFoundError`."""
    source = files("ambient_lsp.agents").joinpath("prompts", *f"{name}.md".split("/")).read_text("utf-8")
    about, text = front_matter(source)
    return Prompt(name, text, about)


def front_matter(source: str) -> tuple[dict[str, Any], str]:
    """Split a Markdown file into its front matter and its body. Raises `ValueError` where the first is no mapping."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    if not source.startswith("---\n"):
        return {}, source.strip() + "\n"
    head, _, body = source[4:].partition("\n---\n")
    try:
        about = YAML(typ="safe", pure=True).load(head)
    except YAMLError as error:
        raise ValueError(f"the front matter cannot be read: {error}") from error
    if not isinstance(about, dict):
        raise ValueError("the front matter is not a list of `name: value` lines")
    return about, body.strip() + "\n"


def specialist_prompt(agent: str, paths: Iterable[str]) -> str:
    """Return what a specialist of ours asks about files with these names."""
    spoken = dict.fromkeys(language_of(path) for path in paths)
    return "\n".join([prompt(SPECIALISTS[agent]).text, *(prompt(f"languages/{name}").text for name in spoken)])


def language_of(path: str) -> str:
    """Return the language family of a file, by its name."""
    suffix = f".{path.rpartition('.')[2].lower()}"
    return next((name for name in LANGUAGES if suffix in prompt(f"languages/{name}").about["suffixes"]), "other")
