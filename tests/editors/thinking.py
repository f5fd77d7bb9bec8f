"""A save that a model thinks about: what it says is shown while it says it, refined, proven and taken in an editor.

The model is the fake host that ships, over real HTTP: one specialist's answer drips, another's proposal is proven, a
third takes its own back in the second round, and the refuter shows one finding to be wrong.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.script import Answer, Pace, Question, Script, filler
from ambient_lsp.model import ProposalState, VerdictOutcome
from ambient_lsp.store.store import open_store
from ambient_lsp.trust import trust
from tests.e2e import project
from tests.e2e.test_thinking import NOTHING, SHOP, SUM, TELL, asked
from tests.editors.scenarios import TYPED

FILE = "shop.py"
RULE = "AMB-REF-MODEL"
ACTION = "Sum the prices with `sum`"
STAYS = "It fails when there is no name."
REFUTED = "The rebate is forgotten."
WITHDRAWN = "Subtract the rebate first"
THINKING = " (the model is still thinking)"
PROVEN = " (fix proven)"

_OTHER = SUM.replace("return sum(prices) - rebate", "return -rebate + sum(prices)").replace(ACTION, WITHDRAWN)
CONFIG = """sandbox:
  backend: bubblewrap
kimi:
  provider: moonshot
  base_url: {url}
  model_id: kimi-k2.6
"""
"""The project's settings, with the model at `url`."""
_DRIP = Pace(between=0.05, piece=64)
_DRIPS = 6 * 20 * 64
"""Characters that take 6 s to come at that pace, when nobody else needs the machine."""


def answer(question: Question) -> Answer:
    """Play the model."""
    who = asked(question)
    if TYPED.strip() not in question.prompt or re.search(r"^ +return sum", question.messages[1][1], re.MULTILINE):
        return Answer(NOTHING)  # before the save, and once the fix is taken
    if who == "SecurityGuardian":
        first = TELL % STAYS
        wrong = first.replace(STAYS, REFUTED).replace("return names[0]", "return amount - rebate")
        return Answer(first + wrong + filler(_DRIPS) + "\n" + NOTHING, pace=_DRIP)
    if who == "second":
        own = re.findall(r"^id (\w+) by PerformanceOptimizer, which is you", question.text, re.MULTILINE)
        decisions = [{"id": key, "decision": "withdraw", "reason": "the other is simpler"} for key in own]
        return Answer(f"```json\n{json.dumps({'decisions': decisions})}\n```\n")
    if who == "refuter":
        wrong_ids = re.findall(rf"^id (\w+): .*{re.escape(REFUTED)}$", question.text, re.MULTILINE)
        told = {"verdict": "refuted", "quote": "    return amount - rebate", "reason": "it is subtracted there"}
        return Answer(f"```json\n{json.dumps({'verdicts': [{'id': key, **told} for key in wrong_ids]})}\n```\n")
    return Answer({"RefactorArchitect": SUM, "PerformanceOptimizer": _OTHER}.get(who, NOTHING))


@contextmanager
def model(replies: Callable[[Question], Answer | str] | None = None) -> Iterator[FakeHost]:
    """Serve a model, the one of this story if no other is given, from a thread of its own while an editor runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    host = FakeHost(Script(replies or answer))
    try:
        asyncio.run_coroutine_threadsafe(host.__aenter__(), loop).result(30)
        try:
            yield host
        finally:
            asyncio.run_coroutine_threadsafe(host.__aexit__(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass(frozen=True, slots=True)
class Look:
    """What the editor showed at a time: message by message, in seconds since the epoch."""

    at: float
    messages: tuple[str, ...]

    def says(self, words: str) -> bool:
        """Whether one of the findings says this, whatever follows."""
        return any(message.startswith(words) for message in self.messages)


def live_through(folder: Path, run: Callable[[Path, dict[str, str]], None], *, tells_trust: bool) -> None:
    """Have an editor open, save and fix the file while the model thinks; then look at everything that is left.

    `run` starts it with the project's folder and the environment for a test script, which writes a line of JSON for
    each change of what is shown (`at` and `messages`), and at last one with the `title` of the fix. An editor that
    cannot say whether the user trusts the folder (`tells_trust`) has `ambient trust` for it.
    """
    report = folder / "looks.jsonl"
    report.touch()
    began = time.time()  # the host's own clock starts a moment later, so its times are at least these
    with model() as host:
        root = project.make(folder / "shop", {**SHOP, ".ambient.yml": CONFIG.format(url=host.base_url)})
        if not tells_trust:
            trust(root)
        file = str(root / FILE)
        facts = {"file": file, "target": file, "name": "model", "rule": RULE, "action": ACTION, "typed": TYPED}
        run(root, {"AMBIENT_SCENARIO": json.dumps(facts), "AMBIENT_REPORT": str(report)})
        asked_for = [one for one in host.log if one.completion]
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    looks = [Look(one["at"], tuple(one["messages"])) for one in lines if "at" in one]
    (slow,) = [one for one in asked_for if STAYS in one.text]
    last_byte = began + slow.at + slow.seconds
    _check_looks(looks, last_byte)
    _check_the_rest(root, next(one["title"] for one in lines if "title" in one))


def _check_looks(looks: list[Look], last_byte: float) -> None:
    first = next(look for look in looks if look.says(STAYS))
    assert first.at < last_byte, f"first shown {first.at - last_byte:.2f} s after the last byte"
    assert STAYS + THINKING in first.messages
    for words in (STAYS, ACTION):  # nothing flickers: what stays is there from its first moment to the fix
        shown = [look.says(words) for look in _until_proven(looks)]
        assert all(shown[shown.index(True) :]), (words, looks)
    proven = _until_proven(looks)[-1]
    assert {STAYS, ACTION + PROVEN} <= set(proven.messages), proven
    for words in (REFUTED, WITHDRAWN):
        assert any(look.says(words) for look in looks), f"never shown: {words}"
        assert not proven.says(words), proven
    assert not any(message.endswith(THINKING) for message in proven.messages), proven


def _until_proven(looks: list[Look]) -> list[Look]:
    end = next(index for index, look in enumerate(looks) if ACTION + PROVEN in look.messages)
    return looks[: end + 1]


def _check_the_rest(root: Path, title: str) -> None:
    assert re.match(rf"{re.escape(ACTION)} · proven: .*2 tests pass as before", title), title
    text = (root / FILE).read_text(encoding="utf-8")
    assert "    return sum(prices) - rebate\n" in text
    assert "amount" not in text
    assert text.endswith(TYPED)
    store = open_store(root / ".ambient")
    try:
        (applied,) = store.proposals(states=(ProposalState.APPLIED,), paths=(FILE,))
        taken_back = store.proposals(states=(ProposalState.CONFLICT,), paths=(FILE,))
    finally:
        store.close()
    assert (applied.agent, applied.title) == ("RefactorArchitect", ACTION)
    assert applied.verdict is not None
    assert (applied.verdict.outcome, applied.verdict.sandbox) == (VerdictOutcome.PASSED, "bubblewrap")
    assert any("the other is simpler" in one.verdict.reason for one in taken_back if one.verdict is not None)
    changed = project.git(root, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert [line[3:] for line in changed] == [FILE], changed
