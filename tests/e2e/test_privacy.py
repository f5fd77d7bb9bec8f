"""What leaves this machine, and what is written down on it: seen in what a host was really sent, and in every file."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.script import Question, Script
from ambient_lsp.model import Trigger, TriggerKind
from ambient_lsp.swarm import report
from ambient_lsp.swarm.batch import run_batch
from tests.e2e import project
from tests.e2e.test_thinking import NOTHING, SHOP, SUM, asked, opened, review
from tests.unit.context.test_redact import SECRETS

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

PLANTED = "\n".join(SECRETS.values())
SPOILED = """### Wait a little

Nothing else.

shop.py
```python
<<<<<<< SEARCH
def last(names: list[str]) -> str:
    password = "that is not what it says"
    return names[-2]
=======
def last(names: list[str]) -> str:
    return names[-1]
>>>>>>> REPLACE
```
"""


def bodies() -> list[str]:
    """Return of each secret the part that nothing else could hold."""
    kept = [SECRETS["url-password"].rpartition("@")[0][-12:]]  # where it is for is no secret
    others = [max(secret.split("\n"), key=len) for kind, secret in SECRETS.items() if kind != "url-password"]
    return kept + [re.findall(r"[\w+/.=&%-]{8,}", line)[-1][-14:] for line in others]


def sent(host: FakeHost) -> str:
    assert host.log
    return json.dumps([one.body for one in host.log], ensure_ascii=False)


def secretive() -> dict[str, str]:
    """Return a project with forty kinds of secrets in everything that a model may be told of."""
    text = f'"""Keys.\n\n{PLANTED}\n"""\n'
    near_an_edit = 'KEYS = """\n' + PLANTED + '\n"""\n'
    shop = SHOP["shop.py"].replace(
        "def first",
        f"{near_an_edit}\n\ndef last(names: list[str]) -> str:\n"
        f'    password = "{SECRETS["openai-key"]}"\n    return names[-1] + password\n\n\ndef first',
    )
    shop = shop.replace("    amount = 0\n", f'    token = "{SECRETS["github-token"]}"\n    amount = len(token) * 0\n')
    return {
        **SHOP,
        "shop.py": shop,
        "till.py": f"{text}from shop import total\n\nprint(total([1], 0))\n",
        "test_shop.py": f"{SHOP['test_shop.py']}\n# {SECRETS['stripe-key']}\n",
        "AGENTS.md": f"# Rules\n\n{PLANTED}\n",
        ".ambient/agents/reader.md": f"---\ndescription: Reads.\n---\nLook.\n\n{PLANTED}\n",
        ".ambient/rules/keys.md": f"---\nseverity: error\n---\nNever a key like {SECRETS['aws-access-key']}.\n",
    }


def leaky(question: Question) -> str:
    """Answer so that everything is told that can be: diffs beside secrets, a repair, a second round, the refuter."""
    who = asked(question)
    if who in ("second", "refuter"):
        return f'```json\n{{"{"decisions" if who == "second" else "verdicts"}": []}}\n```'
    beside = SUM.replace("    amount = 0\n    for price", "    for price").replace(
        "return sum(prices) - rebate", "amount = sum(prices)\n    return amount - rebate"
    )
    return {"RefactorArchitect": beside, "PerformanceOptimizer": SPOILED}.get(who, NOTHING)


async def test_no_secret_of_forty_kinds_reaches_the_host_in_a_review(tmp_path: Path) -> None:
    root = project.make(tmp_path / "shop", secretive())
    (root / "till.py").write_text((root / "till.py").read_text() + f"# {SECRETS['gitlab-token']}\n")
    assert len(SECRETS) >= 40
    async with FakeHost(Script(leaky)) as host, opened(root, host, backend="none") as engine:
        trigger = Trigger("t", TriggerKind.COMMAND, ("shop.py",), failing_log=f"E: {PLANTED}")
        run = engine.submit(trigger)
        _ = [event async for event in run.events()]
    who = {asked(Question(one.number, one.path, one.body)) for one in host.log}
    assert who >= {"SecurityGuardian", "reader", "RuleKeeper", "second", "refuter", "repair"}, who
    told = sent(host)
    assert "[redacted:" in told
    assert [one for one in bodies() if one in told] == []


async def test_no_secret_reaches_the_host_in_a_batch(tmp_path: Path) -> None:
    root = project.make(tmp_path / "shop", secretive())
    async with FakeHost(Script(lambda _: SPOILED)) as host:
        async with opened(root, host, backend="none") as engine:
            await run_batch(engine, "Tidy up", ["shop.py", "till.py"], workers=2, verify=False)
    told = sent(host)
    assert "could not be made" in told, "nothing was repaired"
    assert [one for one in bodies() if one in told] == []


PRIVATE = {
    **SHOP,
    "private/plan of ours.py": "from shop import total\n\n\ndef plan():\n    eval(input())  # 4711-plan\n",
    "private/test_plan.py": "from shop import total\n\n\ndef test_plan():\n    assert total([4711], 0) == 4711\n",
    "private/AGENTS.md": "4711\n",
    ".ambient/agents/reader.md": "---\ndescription: Reads.\n---\nLook.\n",
    ".ambient/rules/keys.md": "---\nseverity: error\n---\nNever a key.\n",
}
NEVER = {"swarm": {"never_send": ["private/"]}}


async def test_what_must_never_be_sent_is_not_sent_by_anything(tmp_path: Path) -> None:
    root = project.make(tmp_path / "shop", PRIVATE)
    plan = root / "private" / "plan of ours.py"
    plan.write_text(plan.read_text() + "# diff --git a/shop.py b/shop.py\nLATER = 4711\n")  # not committed
    async with FakeHost(Script(leaky)) as host, opened(root, host, backend="none", **NEVER) as engine:
        await review(engine)
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["private/plan of ours.py", "shop.py"]))
        _ = [event async for event in run.events()]
        assert any(one.path.startswith("private/") for one in engine.findings()), "nothing local was found there"
        before = len(host.log)
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["private/plan of ours.py"]))
        _ = [event async for event in run.events()]
        assert len(host.log) == before, "there was nothing to send"
        result = await run_batch(engine, "Tidy up", ["private/plan of ours.py", "shop.py"], workers=2, verify=False)
        assert {one.path: one.reason for one in result.files}["private/plan of ours.py"] == "it must never be sent"
    told = sent(host)
    assert "def total" in told
    assert "4711" not in told
    assert "plan of ours" not in told


async def test_what_is_shown_beforehand_is_what_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ambient_lsp.cli.debug import print_as_sent

    root = project.make(tmp_path / "shop", PRIVATE | {"shop.py": secretive()["shop.py"]})
    async with FakeHost(Script(leaky)) as host, opened(root, host, backend="none", **NEVER) as engine:
        await review(engine)
        pack = await (await (await engine.services()).repository()).pack(
            engine.trigger(TriggerKind.COMMAND, ["shop.py"])
        )
        await print_as_sent(engine, pack)
    shown = capsys.readouterr().out
    assert "4711" not in shown
    first = [
        one
        for one in host.log
        if asked(Question(one.number, one.path, one.body)) not in ("second", "repair", "refuter")
    ]
    assert len(first) == 7
    for one in first:
        system, user = (message["content"] for message in one.body["messages"][:2])
        assert system in shown
        shared = user[: user.rindex("[end ")]
        assert shared in shown
        assert user[user.index("\n\n", len(shared)) :].strip() in shown


MARKER = "marker_4711_of_a_diff"
MARKED = SHOP["shop.py"].replace("amount", MARKER)


async def test_no_diff_is_written_down_but_where_the_proposals_themselves_are(
    tmp_path: Path, own_user_folders: Path
) -> None:
    root = project.make(tmp_path / "shop", {**SHOP, "shop.py": MARKED, ".gitignore": ".ambient/\n"})
    good = SUM.replace("amount", MARKER).replace(f"`{MARKER} += price` is", "That is")
    wrong = good.replace("sum(prices) - rebate", f"sum(prices)  # {MARKER}_too").replace("Sum", "Forget")
    spoiled = SPOILED.replace("names[-2]", f"names[-2]  # {MARKER}")

    def answer(question: Question) -> str:
        who = asked(question)
        if who == "refuter":
            ids = re.findall(r"^id (\w+): Forget", question.text, re.MULTILINE)
            said = [{"id": key, "verdict": "refuted", "quote": f"{MARKER} += price", "reason": "no"} for key in ids]
            return f"```json\n{json.dumps({'verdicts': said})}\n```"
        return {
            "RefactorArchitect": good,
            "PerformanceOptimizer": wrong,
            "StyleEnforcer": spoiled,
            "repair": spoiled,
        }.get(who, NOTHING)

    async with FakeHost(Script(answer)) as host, opened(root, host) as engine:
        await review(engine)
        assert any(MARKER in one.diff for one in engine.proposals())
        result = await run_batch(engine, "Tidy up", ["shop.py"], workers=1)
        report.write(result, root)
        await engine.apply(next(one for one in engine.proposals() if "Sum" in one.title).id, who="t")
    with closing(sqlite3.connect(root / ".ambient" / "state.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        holding = {name for name in tables if MARKER in repr(db.execute(f"SELECT * FROM {name}").fetchall())}
    # A proposal is its diff, a text is the base of one, and an answer of a batch is kept so that nobody pays twice.
    assert holding <= {"proposals", "texts", "batch_files"}
    files = [path for folder in (root / ".ambient", own_user_folders) for path in folder.rglob("*") if path.is_file()]
    found = [path for path in files if MARKER.encode() in path.read_bytes()]
    # Beside those, the patch file of each fix that is offered, and the checkout that the checks of HEAD run in.
    allowed = [
        one for one in found if one.name.startswith("state.db") or one.suffix == ".patch" or "bases" in one.parts
    ]
    assert [str(one) for one in found if one not in allowed] == []
    assert (root / ".ambient" / "telemetry.jsonl").stat().st_size
