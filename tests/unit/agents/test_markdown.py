"""Specialists and rules in Markdown: read in the formats that people have, with rights that only shrink."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient_lsp.agents.thinking.markdown import KEEPER, load
from ambient_lsp.model import Severity


def write(root: Path, name: str, text: str) -> Path:
    path = root / ".ambient" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_page_is_a_specialist_and_its_name_is_the_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        "agents/Money.md",
        "---\ndescription: Knows money.\nglobs: src/billing/**, *.sql\n---\nLook for floats.\n",
    )
    [agent] = load(tmp_path).agents
    assert agent.name == "Money"
    assert agent.words == "You are Money. Knows money.\n\nLook for floats.\n"
    assert agent.looks_at("src/billing/a.py")
    assert agent.looks_at("db/a.sql")
    assert not agent.looks_at("src/app.py")
    assert agent.may_edit


@pytest.mark.parametrize(
    "front",
    ["permission: {edit: deny}", "tools: Read, Grep", "tools: [Read]", "tools: {edit: false}", "edit: false"],
)
def test_whoever_may_not_edit_has_findings_only(tmp_path: Path, front: str) -> None:
    write(tmp_path, "agents/a.md", f"---\ndescription: x\n{front}\n---\nLook.\n")
    assert [one.may_edit for one in load(tmp_path).agents] == [False]


@pytest.mark.parametrize("key", ["model: gpt-9", "temperature: 2", "hooks: {x: y}", "permission_mode: bypass"])
def test_what_would_give_rights_is_left_out_with_a_warning(tmp_path: Path, key: str) -> None:
    write(tmp_path, "agents/a.md", f"---\ndescription: x\n{key}\n---\nLook.\n")
    loaded = load(tmp_path)
    assert len(loaded.agents) == 1
    assert [one for one in loaded.warnings if key.split(":")[0] in one]


def test_one_that_cannot_be_used_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "agents/a.md", "---\n[oh no\n---\nLook.\n")
    write(tmp_path, "agents/b.md", "---\ndescription: x\n---\n\n")
    write(tmp_path, "agents/c.md", "---\nname: SecurityGuardian\n---\nLook.\n")
    write(tmp_path, "agents/d.md", "---\nname: ../x\n---\nLook.\n")
    write(tmp_path, "agents/e.md", "---\ndisable: true\n---\nLook.\n")
    write(tmp_path, "agents/f.md", "No front matter at all.\n")
    loaded = load(tmp_path, ["SecurityGuardian"])
    assert [one.name for one in loaded.agents] == ["f"]
    assert len(loaded.warnings) == 4


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the key")
    folder = tmp_path / "repo" / ".ambient" / "agents"
    folder.mkdir(parents=True)
    (folder / "a.md").symlink_to(secret)
    assert not load(tmp_path / "repo").agents
    assert load(tmp_path / "repo").warnings


def test_all_rules_are_kept_by_one(tmp_path: Path) -> None:
    write(tmp_path, "rules/no-print.md", "---\nseverity: error\nglobs: src/**\n---\nNo print in library code.\n")
    write(tmp_path, "rules/dates.md", "---\nglobs: ['*.md']\n---\nDates are written 2026-11-20.\n")
    [keeper] = load(tmp_path).agents
    assert keeper.name == KEEPER
    assert keeper.rules == {"no-print": Severity.ERROR, "dates": Severity.WARNING}
    assert "Rule `no-print` (only in files like src/**): No print in library code." in keeper.words
    assert keeper.looks_at("src/a.py")
    assert not keeper.looks_at("tests/a.py")


def test_where_there_is_nothing_nothing_is_loaded(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    assert (loaded.agents, loaded.warnings) == ((), ())
