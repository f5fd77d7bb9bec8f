"""Put the settings that the server knows into VS Code's package.json: `python editors/vscode/settings.py`.

What only the extension itself reads (where the server is, whether it is started) stays as it is written there.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from enum import Enum
from pathlib import Path
from typing import Any

from ambient_lsp.lsp.configuration import Settings

PACKAGE = Path(__file__).with_name("package.json")
OWN = ("ambient.enable", "ambient.path", "ambient.trace.server")
"""The settings that only the extension reads."""


def properties() -> dict[str, dict[str, Any]]:
    """Return the server's settings as VS Code describes settings, by their names."""
    return {f"ambient.{field.metadata['name']}": _property(field) for field in dataclasses.fields(Settings)}


def with_settings(package: str) -> str:
    """Return the text of a package.json with the server's settings in it, in place of those that it had."""
    described = json.loads(package)["contributes"]["configuration"]["properties"]
    own = {name: described[name] for name in OWN}
    start = package.index('"properties": {', package.index('"configuration"'))
    end = package.index("\n      }\n", start)
    entries = [f"        {json.dumps(name)}: {_text(value)}" for name, value in (own | properties()).items()]
    return package[:start] + '"properties": {\n' + ",\n".join(entries) + package[end:]


def _property(field: dataclasses.Field[Any]) -> dict[str, Any]:
    default = field.default
    kind: dict[str, Any] = {"type": "boolean"} if isinstance(default, bool) else {"type": "string"}
    if isinstance(default, Enum):
        kind["enum"] = [str(value) for value in type(default)]
        default = str(default)
    # Asked for once per folder, so each folder may have its own.
    return kind | {"default": default, "scope": "resource", "markdownDescription": field.metadata["description"]}


def _text(value: dict[str, Any]) -> str:
    lines = [f"          {json.dumps(key)}: {json.dumps(item, ensure_ascii=False)}" for key, item in value.items()]
    return "{\n" + ",\n".join(lines) + "\n        }"


if __name__ == "__main__":
    text = with_settings(PACKAGE.read_text(encoding="utf-8"))
    PACKAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{PACKAGE.name} has {len(properties())} settings of the server.\n")
