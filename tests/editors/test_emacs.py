"""Proven fixes, taken in a real Emacs with its own client, eglot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors import editor, thinking, visit
from tests.editors.scenarios import SCENARIOS, UNTESTED, UNTESTED_BESIDE_TESTED, Scenario
from tests.editors.visit import Visit

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(260)]

# eglot of Emacs 30 makes no files for a server (it names no `resourceOperations`), so the new tests go where some are.
FIXES = tuple(UNTESTED_BESIDE_TESTED if scenario is UNTESTED else scenario for scenario in SCENARIOS)


@pytest.fixture(scope="module")
def emacs(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """What one Emacs left in which all fixes were taken."""
    return visit.pay(tmp_path_factory.mktemp("emacs"), FIXES, lambda root, facts: run("fix.el", root, facts))


@pytest.mark.parametrize("scenario", FIXES, ids=lambda scenario: scenario.name)
def test_a_proven_fix_is_taken_in_emacs(scenario: Scenario, emacs: Visit) -> None:
    emacs.check(scenario)


def test_nothing_but_the_fixes_is_changed_in_emacs(emacs: Visit) -> None:
    emacs.check_the_rest()


def test_what_a_model_says_is_shown_refined_proven_and_taken_in_emacs(tmp_path: Path) -> None:
    thinking.live_through(tmp_path, lambda root, facts: run("thinking.el", root, facts), tells_trust=False)


def run(script: str, root: Path, environment: dict[str, str]) -> None:
    program = editor.installed("emacs", "bin/emacs")
    editor.run(
        [program, "--batch", "-Q", "-l", Path(__file__).parent / "emacs" / script],
        root,
        HOME=str(root.parent),
        AMBIENT_PROGRAM=str(editor.server_program(root.parent)),
        **environment,
    )
