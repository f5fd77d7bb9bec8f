"""Which command lines of a configuration may run. A line becomes words; no shell ever sees it.

A pattern such as `^pytest` is a word to begin with, not a licence for everything that starts with these letters: it is
matched on whole words, and then the rest of the line is screened. Ambient's own commands do not come through here.
"""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ambient_lsp.errors import CommandRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHELL = re.compile(r"[;|&<>`\n\r\0]|\$\(|\$\{")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_PYTHON = re.compile(r"python(3(\.\d+)?)?")

# Options that load other code, read other settings, leave the tree or start programs. A long option also counts when
# shortened (`--rootd`), because argparse and git accept that.
_FORBIDDEN: dict[str, tuple[str, ...]] = {
    "pytest": (
        *("-p", "-c", "-o", "-W", "--rootdir", "--confcutdir", "--config-file", "--override-ini", "--pythonwarnings"),
        *("--basetemp", "--pyargs", "--import-mode", "--ignore-glob", "--log-file", "--junit-xml", "--junitxml"),
        *("--debug", "--pdb", "--pdbcls", "--trace", "--pastebin", "--cov-config"),
    ),
    "ruff": ("--config", "--cache-dir", "--output-file", "--add-noqa", "--stdin-filename", "--extension"),
    "mypy": (
        *("--config-file", "--python-executable", "--cache-dir", "--custom-typeshed-dir", "--install-types"),
        *("--custom-typing-module", "--junit-xml", "--shadow-file", "--any-exprs-report", "--cobertura-xml-report"),
        *("--html-report", "--linecount-report", "--linecoverage-report", "--lineprecision-report", "--txt-report"),
        *("--xml-report", "--xslt-html-report", "--xslt-txt-report", "--plugin"),
    ),
    "git": (
        *("-c", "-C", "-O", "--exec-path", "--git-dir", "--work-tree", "--config-env", "--no-index", "--ext-diff"),
        *("--textconv", "--output", "--output-directory", "--upload-pack", "--open-files-in-pager", "--namespace"),
        *("--paginate", "--super-prefix", "--show-signature"),
    ),
    "make": (
        *("-f", "-C", "-I", "-E", "-o", "-W", "--file", "--makefile", "--directory", "--include-dir", "--eval"),
        *("--old-file", "--what-if", "--new-file", "--assume-new", "--assume-old"),
    ),
    "npm": ("--prefix", "-C", "--script-shell", "--userconfig", "--globalconfig", "--node-options", "--scripts"),
    "cargo": ("--config", "--manifest-path", "--target-dir", "-C", "-Z", "--lockfile-path"),
}
# Options of their own that are also the beginning of a forbidden one.
_HARMLESS = ("--cov", "--co", "--collect-only", "--ignore")
_MODULES = ("pytest", "ruff", "mypy", "coverage")


def parse(line: str) -> tuple[str, ...]:
    """Return the words of a command line, read as a POSIX shell would quote them. Raises `CommandRefused`.

    Characters with a meaning for a shell are refused wherever one would see them; inside single quotes they are plain.
    """
    if "\0" in line or "\n" in line or "\r" in line:
        raise _refused(line, "it has a line break or a NUL in it")
    if _SHELL.search(_outside_quotes(line)):
        raise _refused(line, "it uses shell syntax; one command only, no pipes, redirections or substitutions")
    try:
        argv = tuple(shlex.split(line))
    except ValueError as error:
        raise _refused(line, f"its quotes cannot be read ({error})") from error
    if not argv:
        raise _refused(line, "it is empty")
    if _ASSIGNMENT.match(argv[0]):
        raise _refused(line, "it sets an environment variable")
    return argv


def allowed(argv: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """Return `argv` as it is to be run (`python -m pytest` becomes `pytest`). Raises `CommandRefused` with the reason.

    `patterns` are regular expressions (`sandbox.allowed_commands`) for the words joined by single spaces. Each has to
    match from the first word on and to end where a word ends.
    """
    line = shlex.join(argv)
    if not argv or any(not word or re.search(r"[\0\n\r]", word) for word in argv):
        raise _refused(line, "a word of it is empty or has a line break in it")
    words = _canonical(tuple(argv))
    # A space inside a word is none between words: `'make test'` is a program of that name.
    joined = " ".join(re.sub(r"\s", "_", word) for word in words)
    if not any(_matches(pattern, joined) for pattern in patterns):
        raise _refused(line, "no pattern of sandbox.allowed_commands matches it")
    if "/" in words[0]:
        raise _refused(line, "a program is called by its name, not by a path")
    for word in words[1:]:
        if reason := _objection(words[0], word):
            raise _refused(line, reason)
    return words


def _canonical(argv: tuple[str, ...]) -> tuple[str, ...]:
    if len(argv) >= 3 and _PYTHON.fullmatch(argv[0]) and argv[1] == "-m" and argv[2] in _MODULES:
        return argv[2:]
    return argv


def _matches(pattern: str, joined: str) -> bool:
    # Only the words that the match covers are decided by the pattern, so it may not end inside one.
    match = re.match(pattern, joined)
    return match is not None and match.end() > 0 and (match.end() == len(joined) or joined[match.end()].isspace())


def _objection(program: str, word: str) -> str:
    """Return why `program` may not be given `word`, or ""."""
    if word.startswith("@"):
        return f"{word} reads more arguments from a file"
    for option in _FORBIDDEN.get(program, ()):
        if _is_option(word, option):
            return f"{program} may not be given {option} by a configuration"
    if program == "make" and _ASSIGNMENT.match(word):
        return f"{word} changes what make runs"
    # The value of `--name=value` and of `-Ivalue`, the file of `file::test`, both sides of `a:b`.
    for part in re.split(r"[=:,]|^-\w", word):
        if part.startswith(("/", "~")) or ".." in PurePosixPath(part.replace("\\", "/")).parts:
            return f"{word} leads out of the repository"
    return ""


def _is_option(word: str, option: str) -> bool:
    if not word.startswith("-") or word in ("-", "--"):
        return False
    if option.startswith("--"):
        name = word.split("=", 1)[0]
        # Four characters are `--x` and one more: shorter ones are ambiguous for every program here.
        return name == option or (
            name not in _HARMLESS and len(name) >= 4 and name.startswith("--") and option.startswith(name)
        )
    # `-p x`, `-px`, and `-qp x`: short options can be joined.
    return not word.startswith("--") and option[1] in word[1:].split("=", 1)[0] and len(option) == 2


def _outside_quotes(line: str) -> str:
    r"""Return `line` without what is in single quotes or after a backslash. Double quotes hide nothing but `;|&<>`."""
    kept = re.sub(r"\\.", "", re.sub(r"'[^']*'", "", line))
    return re.sub(r'"([^"]*)"', lambda match: re.sub(r"[;|&<>]", "", match[1]), kept)


def _refused(line: str, why: str) -> CommandRefused:
    return CommandRefused(
        f"The command {line!r} was refused: {why}.",
        untouched="It was not run.",
        next_step="Change it under sandbox.checks, or the patterns under sandbox.allowed_commands.",
    )
