"""Which files a failing log talks about."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MAX_LOG = 2_000_000

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PATTERNS = (
    re.compile(r'^\s*File "([^"\n]{1,400})", line \d+', re.M),  # Python traceback
    re.compile(
        r"^\s*(?:-->\s+)?([^\s:\"'<>|*?][^:\"'<>|*?\n]{0,399}?\.pyi?):\d+(?::|$|\s)", re.M
    ),  # pytest, ruff, mypy
    re.compile(r"^(?:FAILED|ERROR) ([^\s:]{1,400}\.py)(?:::|\s|$)", re.M),  # pytest's summary
    re.compile(r"^([^\s:]{1,400}\.py) [.FEsxXp]*[FE][.FEsxXp]*(?:\s|$)", re.M),  # pytest's progress line
    re.compile(r"^([^\s:]{1,400}\.py)::\S+ (?:FAILED|ERROR)", re.M),  # pytest -v
    re.compile(r"_+ ERROR collecting (\S{1,400}\.py) _+"),
)


def hot_paths(log: str, root: Path, known: Iterable[str]) -> tuple[str, ...]:
    """Return the files of the repository that a log names, most often named first.

    Reads Python tracebacks and the output of pytest, ruff and mypy. `known` are the repository's files; what is not
    among them (the standard library, other projects, an attacker's `../../etc`) is left out.
    """
    log = _ANSI.sub("", log[-MAX_LOG:])  # the end of a log says what went wrong
    files = known if isinstance(known, (set, frozenset, dict)) else set(known)
    counts = Counter(path for path in _relative(log, root) if path in files)
    return tuple(path for path, _ in counts.most_common())


def _relative(log: str, root: Path) -> Iterator[str]:
    prefix = f"{root.as_posix()}/"
    for pattern in _PATTERNS:
        for match in pattern.finditer(log):
            yield match[1].replace("\\", "/").removeprefix(prefix).removeprefix("./")
