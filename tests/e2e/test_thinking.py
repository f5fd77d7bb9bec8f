"""A review with a model, over real HTTP and in a real sandbox: asked once and well, believed only where it holds."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ambient_lsp.config import Config
from ambient_lsp.engine.engine import Engine
from ambient_lsp.events import FindingsReported, ModelCondition
from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.script import Answer, Pace, Question, Script
from ambient_lsp.model import ProposalState, TriggerKind
from ambient_lsp.store.ledger import SqliteLedger
from tests.e2e import project
from tests.real import require
from tests.terminal import finished, start

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

SHOP = {
    "shop.py": '''"""Orders."""


def total(prices: list[int], rebate: int) -> int:
    """Return the sum of all prices, less the rebate."""
    amount = 0
    for price in prices:
        amount += price
    return amount - rebate


def first(names: list[str]) -> str:
    """Return the first name."""
    return names[0]
''',
    "test_shop.py": """from shop import first, total


def test_total() -> None:
    assert total([1, 2], 1) == 2


def test_first() -> None:
    assert first(["a", "b"]) == "a"
""",
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
}
SUM = """### Sum the prices with `sum`

`amount += price` is what `sum` does.

shop.py
```python
<<<<<<< SEARCH
    amount = 0
    for price in prices:
        amount += price
    return amount - rebate
=======
    return sum(prices) - rebate
>>>>>>> REPLACE
```
```json
{"risk_level": "low", "rule": "use-sum", "path": "shop.py", "quote": "        amount += price"}
```
"""
WRONG = SUM.replace("sum(prices) - rebate", "sum(prices)").replace("Sum the prices", "Forget the rebate")
NOTHING = '```json\n{"findings": []}\n```\n'
TELL = """```json
{"findings": [{"path": "shop.py", "quote": "    return names[0]", "rule": "empty", "message": "%s"}]}
```
"""


def asked(question: Question) -> str:
    """Return who asks: a specialist, "second" or "refuter"."""
    if "Your task is to show that a claim is wrong" in question.prompt:
        return "refuter"
    if "Look at yours again" in question.text:
        return "second"
    found = re.findall(r"You are (\w+)\.", question.prompt)
    return "repair" if "could not be made" in question.text else found[-1]


def scripted(**replies: str | Answer) -> Callable[[Question], str | Answer]:
    return lambda question: replies.get(asked(question), NOTHING)


@asynccontextmanager
async def opened(
    root: Path, host: FakeHost, *, trusted: bool = True, backend: str = "bubblewrap", **more: object
) -> AsyncIterator[Engine]:
    settings = {
        "kimi": {"provider": "moonshot", "base_url": host.base_url, "model_id": "kimi-k2.6"},
        "sandbox": {"backend": backend},
        **more,
    }
    engine = await Engine.open(root, Config.model_validate(settings), trusted=trusted)
    try:
        if backend == "bubblewrap":
            ready = await engine.readiness()
            require(any(one.ready for one in ready), f"bubblewrap is not ready: {ready[0].reason}")
        yield engine
    finally:
        await engine.close()


async def review(engine: Engine, kind: TriggerKind = TriggerKind.COMMAND) -> list[object]:
    run = engine.submit(engine.trigger(kind, ["shop.py"]))
    return [event async for event in run.events()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project.make(tmp_path / "shop", SHOP)


async def test_what_the_model_proposes_is_proven_before_it_is_offered(root: Path) -> None:
    replies = scripted(RefactorArchitect=SUM, PerformanceOptimizer=WRONG, SecurityGuardian=TELL % "Fails when empty.")
    async with FakeHost(Script(replies)) as host, opened(root, host) as engine:
        events = await review(engine)
        mine = [one for one in engine.proposals() if "model" in one.tags]
        [good] = [one for one in mine if one.state is ProposalState.OFFERED]
        assert good.agent == "RefactorArchitect"
        assert good.title == "Sum the prices with `sum`"
        assert good.proven
        assert "return sum(prices) - rebate" in good.diff
        assert all(one.state is not ProposalState.OFFERED for one in mine if "Forget" in one.title)
        told = [one for event in events if isinstance(event, FindingsReported) for one in event.findings]
        assert "Fails when empty." in {one.message for one in told}
        assert (root / "shop.py").read_text() == SHOP["shop.py"], "the user's file was written"


async def test_one_leads_and_the_others_follow_with_the_same_beginning(root: Path) -> None:
    async with FakeHost(Script([Answer(NOTHING, match=".")])) as host, opened(root, host, backend="none") as engine:
        await review(engine)
    first, *rest = [one for one in host.log if one.completion]
    assert len(rest) == 4
    assert {one.body["messages"][0]["content"] for one in (first, *rest)} == {first.body["messages"][0]["content"]}
    texts = [one.body["messages"][1]["content"] for one in (first, *rest)]
    shared = texts[0][: texts[0].index("You are ")]
    assert all(text.startswith(shared) for text in texts)
    assert "def total(prices" in shared
    assert all(one.at >= first.at + first.first_seconds for one in rest), (
        "one was asked before the leader's answer began"
    )


async def test_what_did_not_fit_is_asked_for_once_more_with_the_failure(root: Path) -> None:
    spoiled = SUM.replace("    amount = 0\n    for price", "    amount = 0.0\n    for every price")
    replies = scripted(RefactorArchitect=spoiled, repair=SUM)
    async with FakeHost(Script(replies)) as host, opened(root, host) as engine:
        await review(engine)
        offered = [one for one in engine.proposals([ProposalState.OFFERED]) if "model" in one.tags]
        assert [one.title for one in offered] == ["Sum the prices with `sum`"]
    [repair] = [
        one for one in host.log if "could not be made" in one.text or "could not be made" in json.dumps(one.body)
    ]
    assert "    for price in prices:" in repair.body["messages"][-1]["content"], "the true lines were not shown"


async def test_a_claim_that_code_refutes_is_dropped_and_one_without_a_quote_stands(root: Path) -> None:
    def answer(question: Question) -> str:
        who = asked(question)
        if who == "refuter":
            ids = re.findall(r"^id (\w+): (.*)$", question.text, re.MULTILINE)
            verdicts = [
                {
                    "id": key,
                    "verdict": "refuted",
                    "quote": "return names[0]" if "empty" in words else "not in the file at all",
                    "reason": "callers never pass an empty list",
                }
                for key, words in ids
            ]
            return f"```json\n{json.dumps({'verdicts': verdicts})}\n```"
        return {"SecurityGuardian": TELL % "Fails when empty.", "StyleEnforcer": TELL % "A vague name."}.get(
            who, NOTHING
        )

    async with FakeHost(Script(answer)) as host, opened(root, host, backend="none") as engine:
        await review(engine)
        said = {one.message for one in engine.findings("shop.py")}
    assert "Fails when empty." not in said
    assert "A vague name." in said


async def test_a_specialist_that_sees_a_better_proposal_takes_its_own_back(root: Path) -> None:
    def answer(question: Question) -> str:
        who = asked(question)
        if who == "second":
            own = re.findall(r"^id (\w+) by PerformanceOptimizer, which is you", question.text, re.MULTILINE)
            decisions = [{"id": key, "decision": "withdraw", "reason": "the other is simpler"} for key in own]
            return f"```json\n{json.dumps({'decisions': decisions})}\n```"
        other = SUM.replace("return sum(prices) - rebate", "return -rebate + sum(prices)")
        return {"RefactorArchitect": SUM, "PerformanceOptimizer": other}.get(who, NOTHING)

    async with FakeHost(Script(answer)) as host, opened(root, host) as engine:
        await review(engine)
        states = {one.agent: one for one in engine.proposals() if "model" in one.tags}
    assert states["RefactorArchitect"].state is ProposalState.OFFERED
    assert states["PerformanceOptimizer"].state is ProposalState.CONFLICT
    assert "the other is simpler" in states["PerformanceOptimizer"].verdict.reason


async def test_a_rule_in_prose_becomes_a_diagnostic_and_only_that(root: Path) -> None:
    rules = root / ".ambient" / "rules"
    rules.mkdir(parents=True)
    (rules / "no-index.md").write_text("---\nseverity: error\n---\nNo index into a list that may be empty.\n")
    told = TELL.replace('"empty"', '"no-index"') % "May be empty."
    other = TELL.replace("    return names[0]", "    amount = 0") % "Not one of the rules."
    async with (
        FakeHost(Script(scripted(RuleKeeper=told + other))) as host,
        opened(root, host, backend="none", agents={"enabled": ["StyleEnforcer"]}) as engine,
    ):
        await review(engine)
        found = [(one.rule, one.severity.value) for one in engine.findings("shop.py") if one.agent == "RuleKeeper"]
        assert found == [("rule/no-index", "error")]
        await review(engine, TriggerKind.OPEN)
        assert [one.agent for one in engine.findings("shop.py")].count("RuleKeeper") == 1, "it was forgotten"


async def test_some_that_fail_do_not_stop_the_others(root: Path) -> None:
    replies = scripted(
        SecurityGuardian=TELL % "Fails when empty.",
        StyleEnforcer=Answer(fault="bad_request"),
        TestEnhancer=Answer(TELL % "Never seen.", fault="cut"),
    )
    async with FakeHost(Script(replies)) as host, opened(root, host, backend="none") as engine:
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["shop.py"]))
        _ = [event async for event in run.events()]
        assert "Fails when empty." in {one.message for one in engine.findings("shop.py")}
        assert {one.where for one in run.record.errors} >= {"StyleEnforcer (model)"}
        assert run.record.state == "done"


@pytest.mark.parametrize("fault", ["bad_request", "cut", "no_model"])
async def test_a_leader_that_fails_does_not_silence_the_rest_and_another_leads(root: Path, fault: str) -> None:
    leader = Answer(fault=fault, after=0, message="too long" if fault == "bad_request" else "")
    replies = scripted(SecurityGuardian=leader, StyleEnforcer=TELL % "A vague name.")
    script = Script(replies, models=("kimi-k2.6",))
    async with FakeHost(script) as host, opened(root, host, backend="none") as engine:
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["shop.py"]))
        _ = [event async for event in run.events()]
        said = {one.message for one in engine.findings("shop.py")}
    if fault == "no_model":  # nobody else has another model
        assert [one.where for one in run.record.errors] == ["model"]
        return
    assert "A vague name." in said
    assert [one.where for one in run.record.errors] == ["SecurityGuardian (model)"]
    answered = [one for one in host.log if one.completion]
    second = answered[0]
    assert all(one.at >= second.at + second.first_seconds for one in answered[1:]), "nobody led"


async def test_a_mistake_of_ours_in_one_specialist_is_told_and_the_others_go_on(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ambient_lsp.agents.thinking.specialist import ModelSpecialist

    stated = ModelSpecialist._stated

    def broken(self: ModelSpecialist, said: object) -> object:
        if self.agent == "RefactorArchitect":
            raise KeyError("a slip")
        return stated(self, said)  # type: ignore[arg-type]

    monkeypatch.setattr(ModelSpecialist, "_stated", broken)
    async with (
        FakeHost(Script(scripted(StyleEnforcer=TELL % "A vague name."))) as host,
        opened(root, host, backend="none") as engine,
    ):
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["shop.py"]))
        _ = [event async for event in run.events()]
        assert "A vague name." in {one.message for one in engine.findings("shop.py")}
    [error] = run.record.errors
    assert error.where == "RefactorArchitect (model)"
    assert "a slip" in error.message


@pytest.mark.parametrize("both", [False, True])
async def test_what_two_propose_is_merged_with_the_reasons_of_both(root: Path, both: bool) -> None:
    def answer(question: Question) -> str:
        if asked(question) == "second":
            shown = dict(re.findall(r"^id (\w+) by (\w+)(?:, which is you)?: Sum", question.text, re.MULTILINE))
            ids = {agent: key for key, agent in shown.items()}
            pair = ("PerformanceOptimizer", "RefactorArchitect")
            told = []
            for mine, other in (pair, pair[::-1]) if both else (pair,):
                if f"{mine}, which is you" in question.text:
                    told.append({"id": ids[mine], "decision": "merge", "with": ids[other], "reason": "it is the same"})
            return f"```json\n{json.dumps({'decisions': told})}\n```"
        other_way = SUM.replace("return sum(prices) - rebate", "return -rebate + sum(prices)")
        quicker = other_way.replace("`amount += price` is what `sum` does.", "The loop is slow.")
        return {"RefactorArchitect": SUM, "PerformanceOptimizer": quicker}.get(asked(question), NOTHING)

    async with FakeHost(Script(answer)) as host, opened(root, host, backend="none") as engine:
        await review(engine)
        mine = [one for one in engine.proposals() if "model" in one.tags]
    [kept] = [one for one in mine if one.state is not ProposalState.CONFLICT]
    assert both or kept.agent == "RefactorArchitect"
    assert {one.agent for one in kept.rationales} == {"RefactorArchitect", "PerformanceOptimizer"}
    assert any("The loop is slow." in one.text for one in kept.rationales)


async def test_the_ledger_agrees_with_the_host_to_the_token(root: Path) -> None:
    replies = scripted(RefactorArchitect=SUM, SecurityGuardian=TELL % "Fails when empty.")
    async with FakeHost(Script(replies)) as host, opened(root, host, backend="none") as engine:
        await review(engine)
        ledger = SqliteLedger(root / ".ambient" / "state.db", engine.config.budget)
        calls = ledger.exchanges()
        ledger.close()
    asked_for = [one for one in host.log if one.completion]
    assert {one.state for one in calls} == {"settled"}
    assert sum(one.prompt for one in calls) == sum(one.prompt for one in asked_for)
    assert sum(one.cached for one in calls) == sum(one.cached for one in asked_for)
    assert sum(one.completion for one in calls) == sum(one.completion for one in asked_for)


async def test_an_exhausted_budget_stops_before_anything_is_sent_and_says_so(root: Path) -> None:
    async with FakeHost(Script()) as host, opened(root, host, backend="none", budget={"tokens_per_day": 100}) as engine:
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["shop.py"]))
        events = [event async for event in run.events()]
        [error] = [one for one in run.record.errors if one.where == "budget"]
        assert "budget.tokens_per_day" in error.message
        [condition] = [one for one in events if isinstance(one, ModelCondition)]
        assert (condition.state, condition.setting) == ("spent", "budget.tokens_per_day")
    assert not host.log


async def test_a_limit_that_is_reached_on_the_way_stops_the_rest_and_is_said_once(root: Path) -> None:
    replies = scripted(SecurityGuardian=TELL % "Fails when empty.", RefactorArchitect=SUM, StyleEnforcer=SUM)
    async with FakeHost(Script(replies)) as host, opened(root, host, backend="none") as engine:
        await review(engine)
        all_questions = len(host.log)
        size = max(one.prompt for one in host.log) + engine.config.swarm.answer_tokens
    (root / "shop.py").write_text(SHOP["shop.py"] + "# again\n")
    limits = {"tokens_per_run": size + 1000, "tokens_per_day": 0}
    async with FakeHost(Script(replies)) as host, opened(root, host, backend="none", budget=limits) as engine:
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["shop.py"]))
        events = [event async for event in run.events()]
        assert [one.where for one in run.record.errors] == ["budget"]
        assert [one.state for one in events if isinstance(one, ModelCondition)] == ["spent"]
        assert "Fails when empty." in {one.message for one in engine.findings("shop.py")}, "what came before counts"
    assert 0 < len([one for one in host.log if one.completion]) < all_questions - 2


@pytest.mark.parametrize("how", ["not trusted", "not asked to", "idle", "opened"])
async def test_nothing_is_sent_unless_somebody_may_and_does_ask(root: Path, how: str) -> None:
    more: dict[str, object] = {"swarm": {"triggers": []}} if how == "not asked to" else {}
    async with (
        FakeHost(Script()) as host,
        opened(root, host, backend="none", trusted=how != "not trusted", **more) as engine,
    ):
        if how != "idle":
            await review(engine, TriggerKind.OPEN if how == "opened" else TriggerKind.COMMAND)
    assert not host.log
    assert not host.sums.other_requests


async def test_without_a_host_the_local_analyzers_do_their_work(root: Path) -> None:
    config = Config.model_validate({"sandbox": {"backend": "none"}})
    engine = await Engine.open(root, config, trusted=True)
    try:
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["shop.py"]))
        events = [event async for event in run.events()]
        assert run.record.state == "done"
        assert not [one for one in run.record.errors if "model" in one.where]
        [condition] = [one for one in events if isinstance(one, ModelCondition)]
        assert condition.state == "unavailable"
        assert "localhost:11434" in condition.message
    finally:
        await engine.close()


async def test_what_was_found_only_to_be_changed_goes_with_a_change_that_is_taken_back(root: Path) -> None:
    def answer(question: Question) -> str:
        who = asked(question)
        if who == "second":
            own = re.findall(r"^id (\w+) by PerformanceOptimizer, which is you", question.text, re.MULTILINE)
            return f"```json\n{json.dumps({'decisions': [{'id': key, 'decision': 'withdraw'} for key in own]})}\n```"
        other = SUM.replace("return sum(prices) - rebate", "return -rebate + sum(prices)")
        return {"RefactorArchitect": SUM, "PerformanceOptimizer": other}.get(who, NOTHING)

    async with FakeHost(Script(answer)) as host, opened(root, host, backend="none") as engine:
        events = await review(engine)
        said = {(one.agent, one.rule) for one in engine.findings("shop.py") if "model" in one.tags}
    reports = [one for one in events if isinstance(one, FindingsReported)]
    assert said == {("RefactorArchitect", "AMB-REF-MODEL")}
    assert any(one.agent == "PerformanceOptimizer" and one.findings and one.thinking for one in reports)
    last = {(one.agent, one.path): one for one in reports}
    assert not any(one.thinking for one in last.values()), "something was left as if more were to come"
    assert not last["PerformanceOptimizer", "shop.py"].findings


async def test_what_was_dismissed_is_not_said_again_by_a_model(root: Path) -> None:
    replies = scripted(SecurityGuardian=TELL % "Fails when empty.", RefactorArchitect=SUM)
    async with FakeHost(Script(replies)) as host, opened(root, host, backend="none") as engine:
        await review(engine)
        [finding] = [one for one in engine.findings("shop.py") if one.message == "Fails when empty."]
        [proposal] = [one for one in engine.proposals() if "model" in one.tags]
        engine.dismiss(finding.id, "me", "they never are")
        engine.dismiss(proposal.id, "me", "no")
        events = await review(engine)
        told = [one for event in events if isinstance(event, FindingsReported) for one in event.findings]
        assert not [one for one in told if "model" in one.tags]
        assert not [
            one for one in engine.proposals() if "model" in one.tags and one.state is not ProposalState.DISMISSED
        ]


async def test_what_the_model_proposes_is_seen_before_its_answer_has_ended(root: Path) -> None:
    unquoted = re.sub(r', "quote": ".*"}', "}", SUM)
    long = Answer(f"{unquoted}\n{'And so on. ' * 200}", pace=Pace(first=0.05, between=0.05, piece=64))
    async with FakeHost(Script(scripted(SecurityGuardian=long))) as host, opened(root, host, backend="none") as engine:
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["shop.py"]))
        seen_before_the_end = False
        async for event in run.events():
            if isinstance(event, FindingsReported) and any("model" in one.tags for one in event.findings):
                [entry] = [one for one in host.log if one.completion or not one.finished][:1]
                seen_before_the_end = seen_before_the_end or not entry.finished
    assert seen_before_the_end


async def test_a_small_models_question_is_short_enough_for_it(root: Path) -> None:
    (root / "long.py").write_text("from shop import total\n" + "x = total([1], 0)\n" * 2000)
    script = Script(scripted(), kind="ollama", models=("small",), context=8192)
    more = {"kimi": {"provider": "ollama", "model_id": "small"}}
    async with FakeHost(script) as host:
        more["kimi"]["base_url"] = host.address
        async with opened(root, host, backend="none", **more) as engine:
            await review(engine)
    assert host.log
    assert all(one.prompt < 8192 - 1024 for one in host.log)
    assert all("def total" in json.dumps(one.body) for one in host.log)


async def test_the_hosts_own_count_decides_what_fits_into_the_first_question(root: Path) -> None:
    for number in range(40):
        (root / f"near{number:02}.py").write_text("from shop import total\n" + "x = total([1], 0)\n" * 60)
    more = {"swarm": {"context_tokens": 2000, "rounds": 1}}
    async with FakeHost(Script(scripted())) as host, opened(root, host, backend="none", **more) as engine:
        await review(engine)
        first = host.log[0].prompt
        await review(engine)
    assert host.log[-1].prompt == pytest.approx(first, rel=0.1), "the first answer has changed what fits"


async def test_the_command_says_which_specialist_failed_and_shows_what_the_others_found(root: Path) -> None:
    replies = scripted(SecurityGuardian=TELL % "Fails when empty.", StyleEnforcer=Answer(fault="bad_request"))
    async with FakeHost(Script(replies)) as host:
        settings = f"kimi:\n  provider: moonshot\n  base_url: {host.base_url}\n  model_id: kimi-k2.6\n"
        (root / ".ambient.yml").write_text(f"{settings}sandbox:\n  backend: none\n")
        await asyncio.to_thread(lambda: finished(start("trust", cwd=root), 100))
        done = await asyncio.to_thread(lambda: finished(start("review", "shop.py", cwd=root), 150))
    assert "StyleEnforcer (model): " in done.err
    assert "refuses the request" in done.err
    assert "Fails when empty." in done.out
