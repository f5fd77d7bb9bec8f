"""Signs that a patch games its own check: it makes the tests, the linters or Ambient itself ask for less.

None of them proves bad faith, so none of them blocks. They make a human decide, and say why.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ambient_lsp.errors import PatchError
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.verification.selection import is_test
from ambient_lsp.verification.syntax import functions, parse, text_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

    from ambient_lsp.model import Proposal

_MUTES = (
    (re.compile(r"#\s*(?:ruff:\s*|flake8:\s*)?noqa\b", re.IGNORECASE), "`noqa`"),
    (re.compile(r"#\s*type:\s*ignore\b|#\s*(?:mypy|pyright):\s*ignore\b"), "`type: ignore`"),
    (re.compile(r"#\s*pragma:\s*no\s*cover\b"), "`pragma: no cover`"),
    (re.compile(r"#\s*pylint:\s*(?:disable|skip-file)\b"), "`pylint: disable`"),
    (re.compile(r"#\s*nosec\b"), "`nosec`"),
    (re.compile(r"#\s*ambient:\s*ignore\b"), "`ambient: ignore`"),
    (re.compile(r"#\s*fmt:\s*(?:off|skip)\b|#\s*isort:\s*skip"), "a formatter's `off`"),
)
_CONFIG = re.compile(
    r"(^|/)(pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|noxfile\.py|makefile|\.?ruff\.toml|\.?mypy\.ini|\.flake8"
    r"|\.?pylintrc|\.coveragerc|\.bandit|\.pre-commit-config\.ya?ml|pyrightconfig\.json|codecov\.ya?ml|\.gitlab-ci\.yml"
    r"|jenkinsfile|azure-pipelines\.yml|dockerfile)$|(^|/)\.(github|circleci|gitlab|ambient)/|(^|/)\.ambient[^/]*$",
    re.IGNORECASE,
)
_SKIPS = re.compile(r"(?:mark\.)?(?:skip|skipif|xfail|skipIf|skipUnless|expectedFailure)\b")
_SKIP_CALL = re.compile(r"^(?:pytest\.)?(?:skip|xfail|importorskip)$|^self\.skipTest$|(?:^|\.)SkipTest$")
_WAIT = re.compile(r"(?:^|\.)sleep$|(?:^|\.)(?:retry|flaky|rerun)$", re.IGNORECASE)
_EXACT = re.compile(r"assert(?:List|Dict|Tuple|Set|MultiLine|Sequence|Count)?Equal|assertIs$")
_LOOSE = re.compile(
    r"\bapprox\(|\bisclose\(|assertAlmostEqual|assertIn\b|assertGreater|assertLess|assertTrue|assertIsNotNone"
)
_ANY_ERROR = re.compile(r"\b(?:Base)?Exception\b")


def concerns(proposal: Proposal, bases: Mapping[str, str]) -> tuple[str, ...]:
    """Return sentences for the user; none for a patch that only adds tests or changes code.

    `bases` maps the touched paths to their texts before (missing ones left out).
    """
    try:
        patched = apply_edits(bases, proposal.edits)
    except PatchError:
        return ("The patch does not fit the text it was made for, so it could not be looked at.",)
    found: list[str] = []
    moved = {edit.new_path: edit.path for edit in proposal.edits if edit.new_path}
    for path, text in patched.items():
        before = bases.get(moved.get(path, path))
        if text is None and path not in moved.values() and is_test(path):
            found.append(f"It deletes the test file {path}.")
        if text is not None and path in moved and is_test(moved[path]) and not is_test(path):
            found.append(f"It renames the test file {moved[path]} so that it is not run.")
        if _CONFIG.search(path):
            found.append(f"It changes {path}, which says what is checked and how.")
        if text is not None:
            found += _in_text(path, before or "", text)
    return tuple(dict.fromkeys(found))


def _in_text(path: str, before: str, after: str) -> Iterator[str]:
    if path.endswith((".py", ".pyi")):
        for pattern, name in _MUTES:
            # Counted in comments only: a string that speaks of `noqa` mutes nothing.
            if pattern.search(after) and _count(pattern, _comments(after)) > _count(pattern, _comments(before)):
                yield f"It adds {name} in {path}, which silences a checker."
        if "except" in after and _swallows(after) > _swallows(before):
            yield f"It catches an error in {path} and passes over it."
    name = PurePosixPath(path).name
    if name == "conftest.py" and before != after:
        yield f"It changes {path}, which shapes how every test runs."
    elif re.search(r"\bpytest_plugins\b|\bdef pytest_\w+\(", after) and before != after and path.endswith(".py"):
        yield f"It changes the pytest plugin {path}."
    if is_test(path) and before:
        yield from _in_tests(path, before, after)
    elif is_test(path) and _calls(parse(after), _WAIT):
        yield f"It waits or retries in {path}, which hides an unsteady test."


def _in_tests(path: str, before: str, after: str) -> Iterator[str]:
    old, new = _tests(before), _tests(after)
    gone = sorted(set(old) - set(new))
    if gone:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        yield f"It removes the test {gone[0]}{more} from {path}."
    if _skips(after) > _skips(before):
        yield f"It skips a test in {path}, or expects it to fail."
    if _calls(parse(after), _WAIT) > _calls(parse(before), _WAIT):
        yield f"It waits or retries in {path}, which hides an unsteady test."
    for name in sorted(set(old) & set(new)):
        yield from _weaker(f"{name} in {path}", old[name], new[name])
    # Assertions outside of test functions: helpers, and code of a module.
    if not gone and (lost := _assertions(parse(before)).total - _assertions(parse(after)).total) > 0:
        yield f"It has {lost} assertion{'s' if lost > 1 else ''} less in {path}."


@dataclass(frozen=True, slots=True)
class _Asserted:
    total: int
    exact: int
    loose: int
    vacuous: int
    any_error: int
    texts: Counter[str]


def _weaker(where: str, before: _Asserted, after: _Asserted) -> Iterator[str]:
    if after.texts == before.texts:
        return
    if after.total < before.total:
        yield f"It removes an assertion of {where}."
    if after.vacuous > before.vacuous:
        yield f"It adds an assertion to {where} that is always true."
    if after.exact < before.exact and after.loose > before.loose:
        yield f"It loosens an assertion of {where}."
    if after.any_error > before.any_error:
        yield f"It accepts any error in {where}, where one kind was asked for."
    changed = after.total == before.total and before.texts - after.texts
    if changed and after.exact == before.exact and after.loose == before.loose and after.vacuous == before.vacuous:
        yield f"It changes what {where} asserts."


def _tests(text: str) -> dict[str, _Asserted]:
    return {
        name: _assertions(node)
        for name, node in functions(text).items()
        if name.split(".")[-1].startswith("test") and "." not in name.replace(".test", "", 1)
    }


def _assertions(root: Node) -> _Asserted:
    texts: Counter[str] = Counter()
    exact = loose = vacuous = any_error = 0
    for node in walk(root):
        text = " ".join(text_of(node).split())
        if node.type == "assert_statement" and node.named_children:
            condition = node.named_children[0]
            texts[text] += 1
            kind = text_of(condition)
            strict = (
                condition.type == "comparison_operator" and _compares_exactly(condition) and not _LOOSE.search(kind)
            )
            exact += strict
            loose += not strict
            vacuous += condition.type in ("true", "integer", "string", "tuple")
        elif node.type == "call":
            callee = text_of(node.child_by_field_name("function"))
            if re.match(r"self\.(?:assert|fail)", callee):
                texts[text] += 1
                exact += bool(_EXACT.search(callee))
                loose += bool(_LOOSE.search(callee))
                vacuous += bool(re.search(r"assertTrue\(\s*True\b|assertFalse\(\s*False\b", text))
            elif re.search(r"\braises$|\bassertRaises\w*$", callee):
                texts[text] += 1
            if re.search(r"raises|assertRaises", callee) and _ANY_ERROR.search(text):
                any_error += 1
    return _Asserted(texts.total(), exact, loose, vacuous, any_error, texts)


def _compares_exactly(comparison: Node) -> bool:
    return any(child.type in ("==", "is") for child in comparison.children)


def _skips(text: str) -> int:
    root = parse(text)
    marks = sum(bool(_SKIPS.search(text_of(node))) for node in walk(root) if node.type == "decorator")
    marks += sum(
        "pytestmark" in text_of(node) and bool(_SKIPS.search(text_of(node)))
        for node in walk(root)
        if node.type == "assignment"
    )
    return marks + _calls(root, _SKIP_CALL)


def _calls(root: Node, callee: re.Pattern[str]) -> int:
    nodes = (node for node in walk(root) if node.type in ("call", "decorator", "raise_statement"))
    count = 0
    for node in nodes:
        if node.type == "call":
            count += bool(callee.search(text_of(node.child_by_field_name("function"))))
        elif node.type == "decorator" and node.named_children and node.named_children[0].type != "call":
            count += bool(callee.search(text_of(node.named_children[0])))
    return count


def _swallows(text: str) -> int:
    """Count the handlers that do nothing at all with the error they catch."""
    count = 0
    for node in walk(parse(text)):
        if node.type == "except_clause":
            block = next((child for child in node.children if child.type == "block"), None)
            body = [child for child in block.named_children if child.type != "comment"] if block is not None else []
            count += bool(body) and all(child.type == "pass_statement" or text_of(child) == "..." for child in body)
    return count


def _comments(text: str) -> list[str]:
    return [text_of(node) for node in walk(parse(text)) if node.type == "comment"]


def _count(pattern: re.Pattern[str], texts: list[str]) -> int:
    return sum(len(pattern.findall(text)) for text in texts)
