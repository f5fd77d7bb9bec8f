"""Seven scenes in real editors that have no plugin of ours, in a terminal, and the page of what each editor honours."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest

from ambient_lsp.lsp import commands
from tests.editors import clients, editor, honours, screen, thinking, walk, wire
from tests.editors.clients import CLIENTS, Client
from tests.editors.walk import Walk

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(260)]

SCENES = (
    Walk.nothing_of_an_untrusted_repository_runs,
    Walk.a_change_is_looked_at,
    Walk.a_fix_of_high_risk_is_refused,
    Walk.part_of_a_fix_is_taken,
    Walk.a_fix_is_taken,
    Walk.a_server_that_is_killed_comes_back,
    Walk.a_batch_is_cancelled_half_way,
)


@dataclass(frozen=True, slots=True)
class Sitting:
    """How far a client came, and why not farther."""

    name: str
    done: tuple[str, ...]
    failure: str
    log: Path


@pytest.fixture(scope="module", params=CLIENTS, ids=lambda client: client.name)
def sitting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sitting:
    """What one client left in which all scenes were played."""
    client: type[Client] = request.param
    folder = tmp_path_factory.mktemp("client")
    log = folder / "wire.jsonl"
    done: list[str] = []
    failure = ""
    with thinking.model(walk.answer) as host:
        root = walk.make(folder, host.base_url)
        program = editor.server_program(folder)
        environment = {"HOME": str(folder), "PATH": f"{program.parent}:/usr/bin:/bin", "AMBIENT_WIRE": str(log)}
        environment |= {f"XDG_{one}_HOME": str(folder / one.lower()) for one in ("CONFIG", "CACHE", "STATE", "DATA")}
        with screen.terminal(client.argv(folder, root / walk.FIRST), root, environment) as terminal:
            one = Walk(client(terminal), root, log, host)
            try:
                for scene in SCENES:
                    scene(one)
                    done.append(scene.__name__)
                one.client.leave()
            except AssertionError as error:
                failure = f"{''.join(traceback.format_exception(error))}\non the screen:\n{terminal.screen()}"
    return Sitting(client.name, tuple(done), failure, log)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_scene(scene: object, sitting: Sitting) -> None:
    name = getattr(scene, "__name__", "")
    if name not in sitting.done:
        first = [one.__name__ for one in SCENES][len(sitting.done)]
        pytest.fail(sitting.failure if name == first else f"not reached: see {first}", pytrace=False)


def test_what_it_honours_is_on_the_page(sitting: Sitting) -> None:
    if sitting.failure:
        pytest.fail(sitting.failure, pytrace=False)
    honours.check(sitting.name, wire.read(sitting.log))


def test_the_page_is_as_the_command_writes_it() -> None:
    text = honours.PAGE.read_text(encoding="utf-8")
    assert honours.page(honours.columns(text)) == text


def test_lsp_mode_is_told_of_every_notification() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (editor.REPOSITORY / "ambient_lsp/lsp").glob("*.py"))
    names = set(re.findall(r'"(ambient/\w+)"', sources)) - set(commands.REQUESTS)
    assert set(re.findall(r'"(ambient/\w+)"', clients.LspMode.init())) == names
