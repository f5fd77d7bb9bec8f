"""Which files of a folder there are, and which of them nobody wants looked at."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

IGNORE_FILE = ".ambientignore"
# What no project means by "my code", whether or not its .gitignore says so.
ALWAYS = (".git", ".ambient/", "__pycache__/", "node_modules/", ".venv/", ".tox/", ".nox/", ".hypothesis/", ".*_cache/")


class Ignore:
    """Says whether a path is left alone: built-in rules, `.ambientignore`, `monitoring.ignore_patterns`."""

    def __init__(self, root: Path, patterns: Sequence[str]) -> None:
        own = _lines(root / IGNORE_FILE)
        self._spec = GitIgnoreSpec.from_lines([*ALWAYS, *patterns, *own])
        self._quick = _one_pattern(self._spec)

    def __call__(self, path: str) -> bool:
        """Whether to leave `path` alone; a folder ends with a slash."""
        return self._quick.match(path) is not None if self._quick else self._spec.match_file(path)


def watched(path: str, watch_paths: Sequence[str]) -> bool:
    """Whether a path is below one of the folders to look at; all are if none is named."""
    folders = [folder.strip("/").removeprefix("./") for folder in watch_paths]
    return not folders or any(
        folder in ("", ".") or path == folder or path.startswith(f"{folder}/") for folder in folders
    )


def walk(root: Path, ignore: Ignore, skipped: dict[str, str]) -> Iterator[str]:
    """Yield the files of a folder that has no git, obeying every `.gitignore` in it.

    Links to folders are not followed, so a loop cannot trap us. What cannot be read goes into `skipped`.
    """
    pending: list[tuple[str, tuple[tuple[str, GitIgnoreSpec], ...]]] = [("", ())]
    while pending:
        folder, rules = pending.pop()
        if lines := _lines(root / folder / ".gitignore"):
            rules = (*rules, (folder, GitIgnoreSpec.from_lines(lines)))
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError as error:
            skipped[folder or "."] = f"The folder cannot be read: {error.strerror}."
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if ignore(f"{path}/" if is_folder else path) or _ignored(path, is_folder, rules):
                continue
            if is_folder:
                if not os.path.exists(root / path / "pyvenv.cfg"):  # noqa: PTH110 - no error where it may not be entered
                    pending.append((path, rules))
            elif entry.is_symlink() and _is_detour(entry):
                skipped[path] = "A link to a folder, or to itself; links are not followed."
            else:
                yield path


def _is_detour(link: os.DirEntry[str]) -> bool:
    try:
        return link.is_dir()
    except OSError:  # it leads to itself
        return True


def _ignored(path: str, is_folder: bool, rules: Sequence[tuple[str, GitIgnoreSpec]]) -> bool:
    ending = "/" if is_folder else ""
    for folder, spec in reversed(rules):  # the nearest .gitignore that says something wins
        inside = path[len(folder) + 1 if folder else 0 :]
        if (verdict := spec.check_file(inside + ending).include) is not None:
            return verdict
    return False


def _one_pattern(spec: GitIgnoreSpec) -> re.Pattern[str] | None:
    """Return all rules as one pattern, which is four times as fast; None if one rule takes back another (`!`)."""
    rules = [pattern for pattern in spec.patterns if pattern.include is not None]
    if not all(pattern.include for pattern in rules):
        return None
    sources = [str(pattern.regex.pattern) for pattern in rules if pattern.regex is not None]
    return re.compile("|".join(re.sub(r"\(\?P<\w+>", "(?:", source) for source in sources))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
