"""A changed text laid out as its project's formatter would have it, where the old text was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers import ruff
from ambient_lsp.analyzers.styling.project_style import read_style

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLACK_LENGTH = 88


def laid_out(old: str, new: str, path: str, root: str) -> str:
    """Return `new` as ruff's formatter lays it out with the project's settings, if it would leave `old` as it is."""
    return laid_out_all(old, [new], path, root)[0]


def laid_out_all(old: str, new: Sequence[str], path: str, root: str) -> list[str]:
    """Return several new versions of one text, each laid out as by `laid_out`.

    A project need not say in a file that it formats its code: its code says so. Black's layout is ruff's but for the
    length of lines, which ruff does not read from black's settings.
    """
    changed = [text for text in new if text != old]
    if not changed or not _is_formatted(old, path, root):
        return list(new)
    return [text if text == old else ruff.formatted(text, path, root) or text for text in new]


def _is_formatted(text: str, path: str, root: str) -> bool:
    settings = read_style(root, path)
    if settings.formatter not in ("", "ruff") and (settings.formatter, settings.line_length) != (
        "black",
        _BLACK_LENGTH,
    ):
        return False
    return ruff.formatted(text, path, root) == text
