"""A batch at a host that plays every fault: its report is the host's own log, and no file is anything but whole.

`python -m benchmarks.batch_faults` is the same with a real package, the command line, a kill and a sandbox.
"""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import pytest

from ambient_lsp.config import Config
from ambient_lsp.engine import asking
from ambient_lsp.engine.engine import Engine
from ambient_lsp.llm.client import ChatClient, Patience
from ambient_lsp.llm.fake import FakeHost
from ambient_lsp.store.ledger import connect
from ambient_lsp.swarm import report
from ambient_lsp.swarm.batch import run_batch
from ambient_lsp.swarm.journal import Journal
from benchmarks import batch_faults, faulty_host
from tests.e2e import project

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

MODULE = '''"""Module {0}."""


def twice(value: int) -> int:
    return 2 * value


class Box:
    def area(self, width: int, height: int) -> int:
        # So far without depth.
        return width * height + {0}
'''


class _Quick(ChatClient):
    """Waits as briefly as a test can wait."""

    from_settings = partial(  # type: ignore[assignment]
        ChatClient.from_settings, patience=Patience(first_wait=0.01, longest_wait=0.1, idle_seconds=1.5)
    )


async def test_the_report_is_the_hosts_own_log_and_every_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ChatClient", _Quick)
    names = [f"pkg/m{number:02}.py" for number in range(54)]
    root = project.make(tmp_path / "repo", {name: MODULE.format(number) for number, name in enumerate(names)})
    played = batch_faults.Play(root, {name: (root / name).read_bytes() for name in names})
    faulty = faulty_host.Faulty(played.text, seed=3)
    batch = ""
    async with FakeHost(faulty.script) as host:
        settings = {
            "kimi": {
                "provider": "openai-compatible", "base_url": host.base_url, "model_id": faulty_host.MODEL,
                "temperature": 0.3, "price": list(faulty_host.PRICE),
            },
            "sandbox": {"backend": "none"}, "budget": {"tokens_per_run": 0, "tokens_per_day": 0},
        }  # fmt: skip
        while not played.runs or (played.runs[-1]["counts"].get("failed") and len(played.runs) < 8):
            before = {name for name in names if played.runs} - _failed(played)
            asked = len(host.log)
            engine = await Engine.open(root, Config.model_validate(settings), trusted=True)
            try:
                result = await run_batch(engine, faulty_host.TASK, names, workers=12, resume=batch)
            finally:
                await engine.close()
            batch = result.batch.id
            played.runs.append(report.as_data(result))
            batch_faults.compare(played, host.log, done=False)
            again = {faulty_host.asked_about(one.body["messages"][1]["content"])[2] for one in host.log[asked:]}
            assert not again & before, "what was done was asked again"
        batch_faults.compare(played, host.log)
    assert [check for check in played.checks if not check[-1]] == []
    assert len(played.runs) > 1, "nothing failed: the host was too kind"
    missed = [name for name in faulty_host.FAULTS if not faulty.met[name]]
    assert not missed, "not every fault was played"
    assert played.changed() == 0, "a file was written though nothing was applied"
    db = connect(root / ".ambient" / "state.db")
    for file in Journal(db).files(batch):
        assert file.text == faulty_host.expected(played.text(file.path)), file.path
    db.close()
    assert subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, check=True).stdout == b""


def _failed(played: batch_faults.Play) -> set[str]:
    return {one["path"] for run in played.runs[-1:] for one in run["files"] if one["state"] == "failed"}
