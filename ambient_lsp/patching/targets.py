"""Which file of the repository a name in a foreign diff means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.errors import UnsafePath
from ambient_lsp.patching.diff import malformed
from ambient_lsp.patching.paths import check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PREFIXES = ("a/", "b/", "i/", "w/", "c/", "o/", "./")


class Targets:
    """Finds files by name and reads each of them once."""

    def __init__(self, read: Callable[[str], str | None], paths: Sequence[str]) -> None:
        self._read = read
        self._texts: dict[str, str | None] = {}
        self._paths = paths
        self._by_name: dict[str, list[str]] = {}
        for path in paths:
            self._by_name.setdefault(path.rsplit("/", 1)[-1], []).append(path)

    def text(self, path: str) -> str | None:
        """Return a file's text, None where there is no such file. Raises `UnsafePath`."""
        if path not in self._texts:
            check(path)
            self._texts[path] = self._read(path)
        return self._texts[path]

    def existing(self, *names: str | None) -> str:
        """Return the path of the file that one of these names means.

        A name is taken as it is, without a prefix such as `a/`, or as the one path with the longest common ending.
        Raises `MalformedDiff` when no file or several could be meant, and `UnsafePath`.
        """
        given = [name for name in dict.fromkeys(names) if name]
        for name in given:
            if found := self._literal(name):
                return found
        if not given and len(self._paths) == 1:
            return self._paths[0]
        likely = {found for name in given if (found := self._by_ending(name))}
        if len(likely) == 1:
            return likely.pop()
        for name in given:
            check(name)
        raise malformed(
            f"It is not clear which file {given[0]!r} is." if given else "The diff does not say which file it changes."
        )

    def fresh(self, name: str) -> str:
        """Return the path for a file that a diff creates. Raises `UnsafePath`."""
        check(name)
        return name

    def _literal(self, name: str) -> str | None:
        prefixed = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None)
        for path in (name, name.removeprefix(prefixed) if prefixed else name):
            try:
                if self.text(path) is not None:
                    return path
            except UnsafePath:
                # An absolute path may still end like one of ours; anything else that is unsafe stays refused.
                if not path.startswith(("/", "./")):
                    raise
        return None

    def _by_ending(self, name: str) -> str | None:
        parts = name.split("/")
        scores = {path: _common_ending(parts, path.split("/")) for path in self._by_name.get(parts[-1], ())}
        best = max(scores.values(), default=0)
        winners = [path for path, score in scores.items() if score == best]
        return winners[0] if len(winners) == 1 and self.text(winners[0]) is not None else None


def _common_ending(left: Sequence[str], right: Sequence[str]) -> int:
    count = 0
    for one, other in zip(reversed(left), reversed(right), strict=False):
        if one != other:
            break
        count += 1
    return count
