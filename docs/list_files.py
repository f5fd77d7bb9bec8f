"""Writes the list of files in `docs/architecture.md` anew, from the first sentence of each module: `make docs`."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
PACKAGE = ROOT / "ambient_lsp"
LISTING = re.compile(r"(?<=<!-- files -->\n)```\n.*?^```\n", re.MULTILINE | re.DOTALL)


def page(text: str) -> str:
    """Return the page with its listing up to date."""
    listing = "\n".join(["ambient_lsp/", *_below(PACKAGE, 1)])
    return LISTING.sub(lambda _: f"```\n{listing}\n```\n", text, count=1)


def _below(folder: Path, depth: int) -> list[str]:
    lines: list[str] = []
    for path in sorted(folder.iterdir(), key=lambda one: (one.is_dir(), one.name)):
        indent = "  " * depth
        if path.is_dir() and (path / "__init__.py").exists():
            lines += ["", _line(f"{indent}{path.name}/", _sentence(path / "__init__.py")), *_below(path, depth + 1)]
        elif path.is_dir() and path.name != "__pycache__" and any(path.glob("*.py")):
            lines += [f"{indent}{path.name}/", *_below(path, depth + 1)]
        elif path.suffix == ".py" and path.name != "__init__.py":
            lines.append(_line(f"{indent}{path.name}", _sentence(path)))
    return lines


def _line(name: str, about: str) -> str:
    return f"{name:30} {about}".rstrip()


def _sentence(path: Path) -> str:
    text = " ".join((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split())
    return re.split(r"(?<=[a-z)`'\"])\. |\.$", text, maxsplit=1)[0].rstrip(":")


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
