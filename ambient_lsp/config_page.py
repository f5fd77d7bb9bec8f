"""`docs/configuration.md`, made from the schema: `python -m ambient_lsp.config_page > docs/configuration.md`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRODUCTION = """\
# Configuration

Made from the schema by `python -m ambient_lsp.config_page`; do not edit by hand.

Settings come from three places, and later ones win: the defaults below, your own file (`ambient/config.yml` in your
configuration folder), and `.ambient.yml` in the project. Sections are merged, lists are replaced. A project's file may
narrow what is allowed and never widen it, unless you trust the folder with `ambient trust`.

```console
$ ambient init
$ ambient config check
$ ambient config explain sandbox.backend
$ ambient config schema
```

An unknown setting is an error that names the line, so that a typing mistake is not passed over in silence.
"""


def page() -> str:
    """Return the whole page."""
    from ambient_lsp import config_file

    whole = config_file.schema()
    parts = [_INTRODUCTION]
    for name, section in _sections(whole, whole["properties"]):
        rows = [
            f"| `{key}` | {_type(node)} | {_default(node)} | {_cell(node.get('description', ''))} |"
            for key, node in section["properties"].items()
            if "$ref" not in node
        ]
        meaning = " ".join(section.get("description", "").split())
        head = f"\n## `{name}`\n\n{meaning}\n\n| Setting | Type | Default | Meaning |\n|---|---|---|---|\n"
        parts.append(head + "\n".join(rows) + "\n")
    return "".join(parts)


def _sections(
    whole: dict[str, Any], properties: dict[str, Any], above: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, node in properties.items():
        if "$ref" in node:
            section = whole["$defs"][node["$ref"].rpartition("/")[2]]
            yield f"{above}{name}", section
            yield from _sections(whole, section["properties"], f"{above}{name}.")


def _type(node: dict[str, Any]) -> str:
    if "enum" in node or "const" in node:
        return " or ".join(f"`{value}`" for value in node.get("enum", [node.get("const")]))
    if "anyOf" in node:
        return " or ".join(dict.fromkeys(map(_type, node["anyOf"])))
    if node.get("type") == "array":
        return f"list of {_type(node['items'])}"
    if node.get("type") == "object":
        return "name: text"
    names = {"string": "text", "boolean": "yes or no", "integer": "whole number"}
    return names.get(node.get("type", ""), str(node.get("type", "any")))


def _default(node: dict[str, Any]) -> str:
    if "default" not in node:
        return "see `ambient init`" if node.get("type") == "array" else "none"
    return f"`{_cell(json.dumps(node['default'], ensure_ascii=False))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(page())
