"""What changed since HEAD, computed from texts at hand, so that one save never asks git."""

from __future__ import annotations

import difflib
import re

_HEADER = re.compile(r"^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@", re.M)
_CONTEXT = 3


def file_diff(path: str, old: str | None, new: str | None) -> str:
    """Return one file's unified diff; None is a file that does not exist. Line endings alone are no difference."""
    before, after = _lines(old), _lines(new)
    if before == after and (old is None) == (new is None):
        return ""
    skip = max(_common(before, after) - _CONTEXT, 0)
    drop = max(_common(before[skip:][::-1], after[skip:][::-1]) - _CONTEXT, 0)
    end_before, end_after = len(before) - drop, len(after) - drop
    names = ("/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}")
    parts = difflib.unified_diff(before[skip:end_before], after[skip:end_after], *names)
    text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in parts)
    if skip:
        text = _HEADER.sub(lambda m: f"@@ -{int(m[1]) + skip}{m[2] or ''} +{int(m[3]) + skip}{m[4] or ''} @@", text)
    mode = "new file mode 100644\n" if old is None else "deleted file mode 100644\n" if new is None else ""
    return f"diff --git a/{path} b/{path}\n{mode}{text}"


def _lines(text: str | None) -> list[str]:
    lines = (text or "").replace("\r\n", "\n").split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _common(left: list[str], right: list[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
