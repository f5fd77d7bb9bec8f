"""Every example in `editors/protocol.md` has the fields that the server really sends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ambient_lsp.events import Progress, RunStarted
from tests.server.wire import Connection, settle, until

PAGE = (Path(__file__).parents[2] / "editors/protocol.md").read_text(encoding="utf-8")


def example(method: str) -> Any:
    """Return the example that follows the paragraph about a method."""
    [found] = re.findall(rf"^`{method}`(?:(?!^`ambient/).)*?^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return json.loads(found)


def shape(value: Any) -> Any:
    """Return a value's fields, at all depths; of a list those of its first element."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def filled(shown: Any, sent: Any) -> Any:
    """Leave out of the example what happens to be empty in what was sent, and names that are data."""
    if isinstance(shown, dict) and isinstance(sent, dict):
        return {key: filled(one, sent.get(key)) if key in sent else one for key, one in shown.items()}
    if isinstance(shown, list) and isinstance(sent, list):
        return [filled(shown[0], sent[0])] if shown and sent else []
    return shown if sent not in ([], None) else None


def same_fields(shown: Any, sent: Any, *data: str) -> None:
    """Compare; the fields named in `data` are objects whose keys are not ours, such as the names of tests."""

    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: {} if key in data else without(one) for key, one in value.items()}
        return [without(one) for one in value] if isinstance(value, list) else value

    assert shape(filled(without(shown), without(sent))) == shape(without(sent))


def test_every_block_of_json_can_be_read():
    blocks = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 10
    for block in blocks:
        json.loads(block)


async def test_what_is_sent_has_the_fields_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text := "md5  # risky\n")
    uri = (tmp_path / "a.py").as_uri()
    async with Connection(tmp_path, client="plain") as it:
        it.editor.open(uri, text)
        await until(lambda: it.engine.runs())
        await settle()
        await until(lambda: any("proposal_id" in one["data"] for one in it.editor.diagnostics[uri]))
        [shown] = re.findall(r"^## Diagnostics\n.*?^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
        same_fields(json.loads(shown), it.editor.diagnostics[uri][0]["data"])
        [command] = [one for one in await it.actions(uri, 0) if "sha256" in one["title"]]
        await it.wire.request("workspace/executeCommand", command)
        same_fields(example("ambient/applied"), await it.applied())
        same_fields(example("ambient/preview"), it.wire.of("ambient/preview")[-1])
        await until(lambda: it.wire.of("ambient/proposals"))
        same_fields(example("ambient/proposals"), it.wire.of("ambient/proposals")[-1])

        [listed] = (await it.wire.request("ambient/listProposals", {}))["result"]["proposals"]
        whole = (await it.wire.request("ambient/getProposal", {"id": listed["id"]}))["result"]
        same_fields(example("ambient/getProposal"), whole, "base", "patched")
        assert list(whole)[: list(whole).index("folder") + 1] == list(listed)
        assert whole["history"], "there is an entry to compare"
        [run] = (await it.wire.request("ambient/listRuns", {}))["result"]["runs"]
        same_fields(example("ambient/listRuns"), run)
        [shown] = re.findall(r"^`ambient.server.doctor`.*?^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
        same_fields(json.loads(shown), (await it.command("doctor"))["result"])
        inside = (await it.wire.request("ambient/inside", {}))["result"]
        same_fields(example("ambient/inside"), inside, "tasks", "threads")

        it.engine.publish(RunStarted("run", ()))
        it.engine.publish(Progress("run", "verify", "3/12 fixes checked", 3, 12))
        await until(lambda: "progress" in it.wire.of("ambient/status")[-1])
        same_fields(example("ambient/status"), it.wire.of("ambient/status")[-1])
