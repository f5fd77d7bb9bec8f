"""What is shown: one place for all specialists, custom ones too, for the first look, the store and the editor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from ambient_lsp.engine import baseline
from ambient_lsp.engine.engine import Engine
from ambient_lsp.engine.newcode import changed_lines
from ambient_lsp.errors import AmbientError
from ambient_lsp.events import FindingsReported
from ambient_lsp.model import Finding, TriggerKind
from ambient_lsp.text import freeze
from tests.e2e import project
from tests.unit.engine.samples import a_finding

CUSTOM = '''
from ambient_lsp.analyzers.base import RawFinding, findings
from ambient_lsp.model import RiskLevel, Severity, Span
from ambient_lsp.patching import edits


class Todo:
    """Finds the word "todo", and proposes "done"."""

    name = "Todo"

    async def propose(self, context, bench):
        for target in context.targets:
            raws = [
                RawFinding("TODO", Span(number, 0, number, len(line)), "todo", Severity.WARNING)
                for number, line in enumerate(target.text.split("\\n")) if "todo" in line
            ]
            found = findings(self.name, target, raws)
            for finding in found:
                yield finding
            for finding in found:
                lines = target.text.split("\\n")
                lines[finding.span.start_line] = lines[finding.span.start_line].replace("todo", "done")
                yield edits.propose(
                    agent=self.name, title="done", description="d", rationale="r", risk_level=RiskLevel.LOW,
                    edits=[edits.modify(target, "\\n".join(lines))], bases={target.path: target.text},
                    findings=[finding],
                )

    async def refine(self, proposals, context):
        return [one for one in proposals if one.agent == self.name]
'''
SETTINGS = "sandbox:\n  backend: none\nagents:\n  enabled: [Todo]\n  custom:\n    Todo: todo_finder.py:Todo\n"
FILES = {
    ".ambient.yml": SETTINGS,
    "todo_finder.py": CUSTOM,
    "a.py": "x = todo()\ny = todo(1)  # ambient: ignore[TODO]\nz = [todo(2)]\n",
}


@pytest_asyncio.fixture
async def root(tmp_path: Path) -> Path:
    return project.make(tmp_path / "shop", FILES)


@asynccontextmanager
async def review(
    root: Path, *paths: str, settings: str = "", verify: bool = False, **asked: object
) -> AsyncIterator[Engine]:
    """Yield the engine after a review of `a.py`."""
    if settings:
        (root / ".ambient.yml").write_text(SETTINGS + settings)
    engine = await Engine.open(root, trusted=True)
    try:
        trigger = engine.trigger(TriggerKind.COMMAND, paths or ("a.py",), verify=verify, **asked)  # type: ignore[arg-type]
        record = await engine.submit(trigger).wait()
        assert record.state == "done"
        yield engine
    finally:
        await engine.close()


def lines(found: list[Finding]) -> list[int]:
    return [one.span.start_line for one in found]


async def test_a_custom_specialists_finding_is_silenced_and_so_is_its_fix(root: Path) -> None:
    async with review(root) as engine:
        assert lines(engine.all_findings("a.py")) == [0, 2]
        assert len(engine.proposals()) == 2
        assert all(one.confidence == 0.8 for one in engine.findings())


async def test_ignored_rules_are_not_heard_of(root: Path) -> None:
    async with review(root, settings="  ignore_rules: [TO, TODO]\n") as engine:
        assert engine.all_findings() == [] and engine.proposals() == []


async def test_the_baseline_hides_what_was_there_and_its_fixes(root: Path) -> None:
    async with review(root) as engine:
        text = baseline.of(engine.findings()).text()
    (root / ".ambient-baseline.json").write_text(text)
    (root / "a.py").write_text("\n\nx = todo()\nz = [todo(2)]\nnew = {todo: 1}\n")
    async with review(root) as engine:
        assert lines(engine.findings()) == [4]
        assert [one.hidden for one in engine.all_findings()] == ["baseline", "baseline", ""]
        assert len([one for one in engine.proposals() if one.state == "inconclusive"]) == 3  # two are from before
    async with review(root, baseline=False, settings="  baseline: ''\n") as engine:
        assert lines(engine.findings()) == [2, 3, 4]


async def test_only_as_many_as_were_there_are_hidden(root: Path) -> None:
    two = [a_finding(), a_finding()]
    known = baseline.of(two[:1])
    assert len(known.known("a.py", [two[0]])) == 1
    assert known.expired(two) == []
    assert [one.count for one in known.expired([])] == [1]


def test_the_baseline_is_one_line_for_each_in_a_stable_order_and_comes_back_the_same(tmp_path: Path) -> None:
    found = [a_finding("b.py"), a_finding("a.py", code="y = 2"), a_finding("b.py")]
    text = baseline.of(found).text()
    assert text == baseline.of(reversed(found)).text()
    entries = json.loads(text)["findings"]
    assert [(one["path"], one["count"]) for one in entries] == [("a.py", 1), ("b.py", 2)]
    assert len([line for line in text.split("\n") if "fingerprint" in line]) == 2
    (tmp_path / "known.json").write_text(text)
    assert baseline.load(tmp_path, "known.json").text() == text


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 9, "findings": []}', '{"version": 1}', "<<<<<<< ours"])
def test_a_baseline_that_cannot_be_read_says_so(text: str, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(AmbientError, match=r"b\.json cannot be used"):
        baseline.load(tmp_path, "b.json")


async def test_a_broken_baseline_hides_nothing_and_is_told(root: Path) -> None:
    (root / ".ambient-baseline.json").write_text("<<<<<<<")
    async with review(root) as engine:
        assert lines(engine.findings()) == [0, 2]
        assert any("baseline" in error.message for error in engine.runs()[0].errors)


async def test_only_new_code_is_shown_where_that_is_asked_for(root: Path) -> None:
    (root / "a.py").write_text("x = todo()\nw = todo(7)\nz = [todo(2)]\n")
    async with review(root, settings="  new_code_only: true\n") as engine:
        assert lines(engine.findings()) == [1]
        assert [one.hidden for one in engine.all_findings()] == ["old code", "", "old code"]
        assert [one.finding_ids for one in engine.proposals()] == [(engine.findings()[0].id,)]


async def test_a_new_file_is_new_and_an_unchanged_one_is_not(root: Path) -> None:
    (root / "b.py").write_text("x = todo()\n")
    async with review(root, "a.py", "b.py", settings="  new_code_only: true\n") as engine:
        assert [one.path for one in engine.findings()] == ["b.py"]


async def test_new_code_of_a_branch_is_what_it_has_beyond_its_fork(root: Path) -> None:
    project.git(root, "checkout", "-qb", "work")
    (root / "a.py").write_text(FILES["a.py"] + "w = todo(9)\n")
    project.git(root, "commit", "-qam", "more")
    async with review(root, settings="  new_code_only: true\n  new_code_since: main\n") as engine:
        assert lines(engine.findings()) == [3]
    async with review(root, new_since="nothing-like-it") as engine:
        assert lines(engine.findings()) == [0, 2, 3]  # nothing tells new from old, so nothing is hidden
        assert any("nothing-like-it" in error.message for error in engine.runs()[0].errors)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\nb\nc\n", "a\nx\nc\n", {1}),
        ("a\nb\n", "a\nb\n", set()),
        ("a\nc\n", "a\nb\nc\n", {1}),
        ("a\nb\nc\n", "a\nc\n", {1}),
        ("a\r\nb\r\n", "a\nb\n", set()),
        ("", "a\n", {0}),
    ],
)
def test_changed_lines(old: str, new: str, expected: set[int]) -> None:
    assert changed_lines(old, new) == expected


async def test_a_rule_that_annoys_falls_silent_says_so_once_and_comes_back(root: Path) -> None:
    many = "".join(f"v{n} = [{n}, todo({'1,' * n})]\n" for n in range(8))
    (root / "a.py").write_text(many)
    async with review(root) as engine:
        for number, finding in enumerate(engine.findings()[:6]):
            engine.dismiss(finding.id, "me", f"no {number}")
    async with review(root) as engine:
        assert engine.findings() == []
        assert {one.hidden for one in engine.all_findings()} == {"muted"}
        [said] = [error for error in engine.runs()[0].errors if error.where == "muted rule"]
        assert "dismissed 6 times" in said.message and "ambient rules unmute TODO" in said.message
        [record] = engine.rules()
        assert (record.rule, record.muted, record.dismissed) == ("TODO", True, 6)
    async with review(root) as engine:
        assert not [error for error in engine.runs()[0].errors if error.where == "muted rule"]
        engine.mute("TODO", mute=False)
    async with review(root) as engine:
        assert lines(engine.findings()) == [6, 7]


async def test_the_first_look_is_silent_too(tmp_path: Path) -> None:
    text = "import hashlib\n\n\ndef token(user):\n    return hashlib.md5(user).hexdigest()\n"
    files = {".ambient.yml": "sandbox:\n  backend: none\nagents:\n  enabled: [SecurityGuardian]\n", "a.py": text}
    engine = await Engine.open(project.make(tmp_path / "p", files))
    try:
        for comment, expected in (("", 1), ("  # ambient: ignore", 0), ("  # nosec B324", 0)):
            buffer = freeze(engine.root, "a.py", text.replace("hexdigest()", f"hexdigest(){comment}"))
            run = engine.submit(engine.trigger(TriggerKind.SAVE, ("a.py",), (buffer,), verify=False))
            said = [len(event.findings) async for event in run.events() if isinstance(event, FindingsReported)]
            assert said and set(said) == {expected}
    finally:
        await engine.close()


async def test_what_the_projects_linter_says_is_not_repeated_but_its_fix_is_made(tmp_path: Path) -> None:
    files = {
        ".ambient.yml": "sandbox:\n  backend: none\nagents:\n  enabled: [StyleEnforcer]\n",
        "pyproject.toml": '[tool.ruff.lint]\nselect = ["F"]\n',
        "a.py": "import os\nimport sys\n\nprint(sys.path)\n",
    }
    root = project.make(tmp_path / "p", files)
    async with review(root, verify=True) as engine:
        assert engine.findings() == []
        assert {one.hidden for one in engine.all_findings()} == {"shown by ruff"}
        assert [one.agent for one in engine.proposals()] == ["StyleEnforcer"]
    (root / ".ambient.yml").write_text(files[".ambient.yml"] + "  repeat_other_tools: true\n")
    engine = await Engine.open(root)
    try:
        assert [one.rule for one in engine.findings()] == ["AMB-STYLE-F401"]
    finally:
        await engine.close()
