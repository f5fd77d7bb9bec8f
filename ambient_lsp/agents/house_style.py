"""How a project writes its tests: their framework, their quotes, what its linter and type checker ask of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import is_test_path
from ambient_lsp.analyzers.testing.testwriting import Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import Context, Snapshot
    from ambient_lsp.protocols import Workbench

_FUTURE = "from __future__ import annotations"
_RUFF_FILES = ("pyproject.toml", "ruff.toml")
_DOCUMENTED = re.compile(r"^ *(?:async )?def test\w*\([^)]*\)(?: -> None)?:\n( +\"{3}|)", re.MULTILINE)
_JOINED = re.compile(r"""parametrize-names-type\s*=\s*["']csv""")


async def house_style(
    tested: Snapshot, existing: Snapshot | None, tests: Sequence[str], context: Context, bench: Workbench
) -> Style:
    """Return how to write tests of a file: as its test file does, or the other `tests`, or else the project's code."""
    quote = "'" if context.conventions.get("quote-style") == "single" else '"'
    typed = context.conventions.get("type-checker") == "mypy"
    sample = existing
    if sample is None and tests:
        sample = await bench.read(
            next((path for path in tests if not path.endswith(("conftest.py", "__init__.py"))), tests[0])
        )
    documented = _DOCUMENTED.findall(sample.text) if sample else []
    heads = re.findall(r"^ *(?:async )?def test\w*\([^)]*\)( -> None)?:", sample.text, re.MULTILINE) if sample else []
    typed = 2 * sum(map(bool, heads)) > len(heads) if heads else typed
    if existing is not None and re.search(r"^\s*(import|from) (pytest|unittest)\b", existing.text, re.MULTILINE):
        uses_unittest = "unittest.TestCase" in existing.text or "(TestCase)" in existing.text
        uses_unittest = uses_unittest and "import pytest" not in existing.text
    elif (framework := context.conventions.get("test-framework")) in {"unittest", "pytest"}:
        uses_unittest = framework == "unittest"
    else:
        uses_unittest = uses(context, "unittest") and not uses(context, "pytest")
    joined = any(_JOINED.search(context.important_files.get(one, "")) for one in _RUFF_FILES)
    # One of ten without is an oversight; a linter that asks for docstrings asks each test for one.
    told = bool(documented) and 10 * sum(map(bool, documented)) >= 9 * len(documented)
    return Style(uses_unittest, quote, typed, _FUTURE in tested.text, joined, told)


def uses(context: Context, library: str) -> bool:
    """Return whether any test file imports a library."""
    return any(
        any(name == library or name.startswith(f"{library}.") for name in facts.imports)
        for path, facts in context.tree.items()
        if facts.is_test or is_test_path(path)
    )
