"""Whether Python text parses: the last check on a repaired patch."""

from __future__ import annotations

import ast
import warnings


def breaks(path: str, before: str, after: str) -> bool:
    """Tell whether a Python file that parsed before no longer does."""
    if not path.endswith((".py", ".pyi")) or _compiles(after):
        return False
    # Our own interpreter may be older than the project's syntax: libcst knows all versions, and takes its time.
    return (_compiles(before) or _parses(before)) and not _parses(after)


def _compiles(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a stray backslash in a string is no reason to write to stderr
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _parses(text: str) -> bool:
    import libcst

    try:
        libcst.parse_module(text)
    except (libcst.ParserSyntaxError, UnicodeError, RecursionError):
        return False
    return True
