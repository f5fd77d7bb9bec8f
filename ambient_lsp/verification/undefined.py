"""Names that a patch uses and nobody defines: no test notices one on a line that none of them runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNDEFINED = "F821"


def newly_undefined(bases: Mapping[str, str | None], patched: Mapping[str, str | None]) -> str:
    """Return the first name that is undefined in the patched texts and in none of the old ones; "" where there is none.

    Ruff says so (F821), without the project's settings. What was undefined before may come from a place that nobody
    sees, such as a builtin that the program adds.
    """
    found = _undefined({path: text for path, text in patched.items() if text != bases.get(path)})
    known = _undefined(bases) if found else {}
    return next((name for name in found if name not in known), "")


def _undefined(texts: Mapping[str, str | None]) -> dict[str, None]:
    from ambient_lsp.analyzers.ruff import Selection, check

    selection = Selection((_UNDEFINED,), isolated=True)
    reports = (check(text, path, "/", selection) for path, text in texts.items() if text and path.endswith(".py"))
    names = (re.search("`(.+)`", one.message) for report in reports for one in report.diagnostics)
    return dict.fromkeys(name[1] for name in names if name)
