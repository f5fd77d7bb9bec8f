"""Whether any passing test runs the lines that a patch changes. "All tests pass" says nothing where none does.

For every place that a patch changes, at least one of its statements must have been run by a passing test:

* a statement in a function: by a test, while it ran;
* the head of a function (its `def`, a decorator): any line of that function's body;
* code that runs at import: the import itself, if any test of the selection passed at all;
* a pure deletion: any line of the function around it, or the import of the module.

Comments, docstrings, blank lines, tests and documentation need nothing.
"""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ambient_lsp.verification.selection import is_test
from ambient_lsp.verification.syntax import Statement, enclosing_function, statement_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ambient_lsp.verification.testrun import TestRun

_DOCUMENTS = (".md", ".rst", ".adoc")


def measurable(path: str) -> bool:
    """Return whether lines of this file count, and can be measured."""
    return path.endswith(".py") and not is_test(path)


def unreached(bases: Mapping[str, str | None], patched: Mapping[str, str | None], run: TestRun) -> str:
    """Return a sentence that names the first change that no passing test runs; "" when every one is run."""
    return next(iter(unshown(bases, patched, run).values()), "")


def unshown(bases: Mapping[str, str | None], patched: Mapping[str, str | None], run: TestRun) -> dict[str, str]:
    """Return the files with a change that no passing test runs; for each, a sentence that names the first."""
    return {
        path: missing for path, text in patched.items() if (missing := _unreached(path, bases.get(path), text, run))
    }


def _unreached(path: str, old: str | None, text: str | None, run: TestRun) -> str:
    if text == old or is_test(path) or PurePosixPath(path).suffix in _DOCUMENTS:
        return ""
    if not path.endswith(".py"):
        return f"no test can show that the change of {path} is right"
    if text is None:  # a test that imports a deleted module fails by itself
        return "" if run.passed else f"no test shows that {path} is not needed"
    for place in places(old or "", text):
        if not any(_run(text, statement, run.lines.get(path, {}), run.passed) for statement in place):
            return _broken(run) or f"no test runs these lines ({path}, line {place[0].first})"
    return ""


def _broken(run: TestRun) -> str:
    """Return a sentence where not one test passes, which is the reason then, with what the first one says."""
    if run.passed or not run.bad:
        return ""
    said = next((run.messages[test] for test in sorted(run.bad) if run.messages.get(test)), "")
    return "none of the tests passes here, with the patch or without it" + (f": {said}" if said else "")


def places(old: str, new: str) -> Iterator[list[Statement]]:
    """Yield the statements of the new text for each place where it differs; places without any are left out."""
    before, after = old.split("\n"), new.split("\n")
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        found = [statement_at(new, line) for line in range(j1 + 1, j2 + 1)]
        statements = list(dict.fromkeys(statement for statement in found if statement is not None))
        if statements:
            yield statements
            continue
        gone = next((line for line in before[i1:i2] if line.strip() and not line.lstrip().startswith("#")), None)
        if gone is not None and any(statement_at(old, line) is not None for line in range(i1 + 1, i2 + 1)):
            # What stood behind a function is no part of it: it was not indented as far.
            column = len(gone) - len(gone.lstrip())
            first, last = enclosing_function(new, max(j1, 1), column) or (1, len(after))
            yield [Statement(first, last)]


def _run(text: str, statement: Statement, by_test: Mapping[str, tuple[int, ...]], passed: frozenset[str]) -> bool:
    first, last = statement.function or (statement.first, statement.last)
    wanted = range(first, last + 1)
    if any(line in wanted for test, lines in by_test.items() if test in passed for line in lines):
        return True
    at_import = statement.function is None and enclosing_function(text, statement.first) is None
    return at_import and bool(passed) and any(line in wanted for line in by_test.get("", ()))
