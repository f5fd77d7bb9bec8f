"""Proven fixes, taken in a real Neovim with our plugin: the newest one, and the oldest that the plugin is for."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ambient_lsp.llm.fake.script import Answer, Pace, Question, filler
from ambient_lsp.model import ProposalState
from ambient_lsp.store.store import open_store
from tests.e2e import project, test_batch
from tests.editors import editor, real_package, scenarios, screenshot_nvim, thinking, visit
from tests.editors.day import Fix, Plan
from tests.editors.scenarios import HASH, SCENARIOS, STYLE, TYPED, Scenario
from tests.editors.visit import Visit

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(260)]


PLUGIN = editor.REPOSITORY / "editors/nvim"
HERE = Path(__file__).parent / "nvim"
TRAP = """from pathlib import Path

Path({ran!r}).touch()


class Trap:
    \"\"\"Finds nothing; that it was loaded can be seen.\"\"\"

    async def propose(self, context):
        return []
"""
UNUSED = '"""Prices."""\n\nimport os\n\n\ndef price() -> int:\n    """Return the price."""\n    return 495\n'
FILES = 4
"""How many files the batch is for."""


@pytest.fixture(scope="module")
def neovim(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """What one Neovim left in which all fixes were taken."""
    folder = tmp_path_factory.mktemp("neovim")
    return visit.pay(folder, SCENARIOS, lambda root, facts: run("fix.lua", root, facts))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_proven_fix_is_taken_in_neovim(scenario: Scenario, neovim: Visit) -> None:
    neovim.check(scenario)


def test_nothing_but_the_fixes_is_changed_in_neovim(neovim: Visit) -> None:
    neovim.check_the_rest()


def test_every_word_of_the_command_works_in_neovim(tmp_path: Path) -> None:
    doc = shutil.copytree(PLUGIN / "doc", tmp_path / "doc")
    root = scenarios.make(tmp_path / "shop", [HASH])
    run("words.lua", root, {"AMBIENT_SCENARIO": json.dumps(HASH.facts(root)), "AMBIENT_TAGS": str(doc)})
    assert ":Ambient" in (doc / "tags").read_text(encoding="utf-8")


def test_what_a_model_says_is_shown_refined_proven_and_taken_in_neovim(tmp_path: Path) -> None:
    thinking.live_through(tmp_path, lambda root, facts: run("thinking.lua", root, facts), tells_trust=False)


@pytest.mark.parametrize("version", ["nvim", "nvim-0.10"])
def test_a_day_of_a_person_in_neovim(tmp_path: Path, version: str) -> None:
    root, ran, hurry = tmp_path / "shop", tmp_path / "ran", tmp_path / "hurry"
    files = [f"agents/m{number:02}.py" for number in range(FILES)]
    with thinking.model(_model(hurry, files, test_batch.docstrings)) as host:
        _shop(root, ran, host.base_url)
        plan = Plan(
            root,
            ran,
            refused=Fix(HASH.file, HASH.action, rule=HASH.rule),
            taken=Fix("prices.py", "", rule=STYLE.rule),
            chosen=Fix(STYLE.file, STYLE.action, rule=STYLE.rule),
            batch="target=agents glob=m*.py",
            task=test_batch.TASK,
        )
        live(plan, files, hurry, version)
    assert (root / "prices.py").read_text() == UNUSED.replace("import os\n\n\n", "\n") + TYPED
    report = (root / STYLE.file).read_text()
    assert "import os" not in report
    assert "-> str:   \n" in report, "the piece that was left out is as it was"
    assert "sha256" in (root / HASH.file).read_text()
    changed = project.git(root, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert sorted(line[3:] for line in changed) == ["prices.py", STYLE.file, HASH.file], changed
    store = open_store(root / ".ambient")
    try:
        states = {state: store.proposals(states=(state,)) for state in (ProposalState.APPLIED, ProposalState.PARTLY)}
        said = [one.kind for one in store.outcomes("")]
    finally:
        store.close()
    assert sorted(path for one in states[ProposalState.APPLIED] for path in one.files_touched) == [
        "prices.py",
        STYLE.file,
        HASH.file,
    ]
    assert all(one.proven for one in states[ProposalState.APPLIED]), "the part that was chosen was proven by itself"
    assert [one.files_touched for one in states[ProposalState.PARTLY]] == [(STYLE.file,)]
    assert "refused" in said


def test_a_day_of_a_person_in_a_real_package_in_neovim(tmp_path: Path) -> None:
    root, ran, hurry = tmp_path / real_package.NAME, tmp_path / "ran", tmp_path / "hurry"
    files = [f"tinydb/{path.name}" for path in real_package.modules()]
    with thinking.model(_model(hurry, files, lambda question: real_package.answer(root, question))) as host:
        plan = real_package.make(root, ran, host.base_url, _trap(ran, host.base_url))
        live(replace(plan, batch="target=tinydb"), files, hurry, "nvim")
    real_package.check(root, applied=True)


def test_what_is_left_out_of_a_fix_is_as_it_was_in_neovims_preview(tmp_path: Path) -> None:
    run("pieces.lua", project.make(tmp_path / "shop", {"prices.py": UNUSED}), {})


def test_the_pictures_of_neovim_are_taken(tmp_path: Path) -> None:
    screenshot_nvim.take(tmp_path, tmp_path / "pictures")
    taken = {path.name: path.read_bytes()[:4] for path in (tmp_path / "pictures").iterdir()}
    kept = {path.name for path in (editor.REPOSITORY / "docs/images").glob("nvim*.png")}
    assert taken == dict.fromkeys(kept, b"\x89PNG")


def test_a_server_that_dies_again_and_again_stays_off_in_neovim(tmp_path: Path) -> None:
    root = project.make(tmp_path / "shop", {"prices.py": UNUSED})
    program = tmp_path / "ambient-frail"
    program.write_text(editor.PYTHON.replace('"$@"', shlex.quote(str(HERE / "frail.py"))), encoding="utf-8")
    program.chmod(0o755)
    run("frail.lua", root, {"AMBIENT_PROGRAM": str(program)})


def test_the_help_of_neovim_leads_nowhere_that_is_not_there() -> None:
    text = (PLUGIN / "doc/ambient.txt").read_text(encoding="utf-8")
    neovim = editor.installed("nvim", "usr/share/nvim/runtime/doc/tags").read_text(encoding="utf-8")
    tags = {line.split("\t")[0] for line in neovim.splitlines()} | set(re.findall(r"\*([^*\s]+)\*", text))
    assert set(re.findall(r"\|([^|\s]+)\|", text)) <= tags
    prose = re.sub(r">\w*\n.*?\n<", "", text, flags=re.DOTALL)
    assert set(re.findall(r"(?<!\()'([a-z]{2,})'", prose)) <= {tag.strip("'") for tag in tags if tag.startswith("'")}
    commands = (PLUGIN / "lua/ambient/commands.lua").read_text(encoding="utf-8")
    words = re.findall(r"^  (\w+) = \{$", commands, re.MULTILINE)
    assert {f":Ambient-{word}" for word in words} <= tags


def live(plan: Plan, files: list[str], hurry: Path, version: str) -> None:
    """Live through a day in a project; `files` are those of the batch, and `hurry` is written when it is to end."""
    facts = {
        "root": str(plan.root),
        "ran": str(plan.ran),
        "hurry": str(hurry),
        "typed": TYPED,
        "one": {"file": str(plan.root / plan.taken.file), "rule": plan.taken.rule},
        "two": {"file": str(plan.root / plan.chosen.file), "rule": plan.chosen.rule},
        "risky": {"file": str(plan.root / plan.refused.file), "rule": plan.refused.rule},
        "target": plan.batch,
        "task": plan.task,
        "files": files,
    }
    run("person.lua", plan.root, {"AMBIENT_FACTS": json.dumps(facts)}, version=version)


def _shop(root: Path, ran: Path, model: str) -> None:
    """Make the project: two files with a style problem, a weak hash, files for a batch, and code that wants to run."""
    test_batch.make(root, FILES)
    files = {
        **_trap(ran, model),
        ".venv/bin/ambient": f"#!/bin/sh\ntouch {ran}\n",
        ".gitignore": ".venv\n",
        "prices.py": UNUSED,
        "tests/test_prices.py": "from prices import price\n\n\ndef test_price() -> None:\n    assert price() == 495\n",
        STYLE.file: STYLE.text,
        STYLE.tests: STYLE.test,
        HASH.file: HASH.text,
        HASH.tests: HASH.test,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    (root / ".venv/bin/ambient").chmod(0o755)
    project.git(root, "add", "-A")
    project.git(root, "commit", "-qm", "second")


def _trap(ran: Path, model: str) -> dict[str, str]:
    """Return settings, and the specialist that they name, which tells by the file `ran` that it was loaded."""
    custom = "agents:\n  custom:\n    Trap: tools/trap.py:Trap\n  enabled: [SecurityGuardian, StyleEnforcer, Trap]\n"
    return {".ambient.yml": thinking.CONFIG.format(url=model) + custom, "tools/trap.py": TRAP.format(ran=str(ran))}


def _model(hurry: Path, files: list[str], replies: Callable[[Question], str]) -> Callable[[Question], Answer]:
    """Play the model: two files of a batch are done at once, and the others take a minute until `hurry` exists."""

    def answer(question: Question) -> Answer:
        reply = replies(question)
        file = (test_batch.FILE.findall(question.prompt) or [""])[-1]
        if file in ("", *files[:2]) or hurry.exists():
            return Answer(reply)
        return Answer(reply + filler(64 * 600), pace=Pace(between=0.1, piece=64))

    return answer


def run(script: str, root: Path, environment: dict[str, str], version: str = "nvim") -> None:
    nvim = editor.installed(version, "bin/nvim")
    editor.run(
        [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-n", "-l", HERE / script],
        root,
        **{"AMBIENT_PLUGIN": str(PLUGIN), "AMBIENT_PROGRAM": str(editor.server_program(root.parent)), **environment},
    )
