"""`ambient rules`, `ambient baseline`, and a review of new code only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ambient_lsp.cli.exits import Exit
from tests.terminal import ambient

OLD = "AMB-SEC-WEAK-HASH"


@pytest.fixture
def root(root: Path) -> Path:
    """A project that two specialists look at: enough to hide something of."""
    (root / ".ambient.yml").write_text("agents:\n  enabled: [SecurityGuardian, StyleEnforcer]\n")
    return root


def found(*arguments: str) -> list[str]:
    done = ambient("review", "--no-verify", "--format", "json", *arguments)
    assert done.code == Exit.OK, done.err
    return [one["rule"] for one in done.json["findings"]]


def test_a_baseline_is_made_hides_tells_and_is_renewed(root: Path) -> None:
    assert ambient("baseline", "show").code == Exit.NOT_PROVEN
    made = ambient("baseline", "create")
    assert made.code == Exit.OK and "findings" in made.out
    assert ambient("baseline", "create").code == Exit.NOT_PROVEN
    done = ambient("review", "--no-verify")
    assert "Not shown:" in done.out and "in the baseline" in done.out and OLD not in done.out
    assert found("--no-baseline").count(OLD) == 1
    assert found() == []
    app = root / "app.py"
    app.write_text(app.read_text().replace("hashlib.md5(user.encode()).hexdigest()", "user"))
    shown = ambient("baseline", "show", "--json").json
    assert OLD in {one["rule"] for one in shown["expired"]}
    renewed = ambient("baseline", "update")
    assert "dropped" in renewed.out and ", 0 added" in renewed.out
    entries = json.loads((root / ".ambient-baseline.json").read_text())["findings"]
    assert entries and OLD not in {one["rule"] for one in entries}


def test_only_new_code_is_reviewed(root: Path) -> None:
    assert ambient("review", "--no-verify", "--new-only").out == "No changed Python file to review.\n"
    app = root / "app.py"
    app.write_text(
        app.read_text()
        + '\n\ndef other(user: str) -> str:\n    """Hash."""\n    return hashlib.sha1(user.encode()).hexdigest()\n'
    )
    assert found("--new-only", "--since", "main") == [OLD]
    assert found("app.py").count(OLD) == 2


def test_rules_are_listed_muted_and_brought_back(root: Path) -> None:
    assert "No rule" in ambient("rules").out
    assert OLD in found()
    table = ambient("rules").out
    assert OLD in table and "80%" in table
    assert "Precision: how many of a rule's findings are expected to be right here. Each rule starts at 80 %" in table
    assert ambient("rules", "mute", OLD).code == Exit.OK
    [row] = [one for one in ambient("rules", "--json").json if one["rule"] == OLD]
    assert row["muted"] and row["by_hand"] == "muted"
    assert OLD not in found()
    assert "unmute" in ambient("rules").out
    slip = ambient("rules", "mute", "AMB-REF-ELES")
    assert slip.code == Exit.USAGE and "Did you mean AMB-REF-ELSE?" in slip.err
    assert ambient("rules", "unmute", OLD).code == Exit.OK
    assert OLD in found()
