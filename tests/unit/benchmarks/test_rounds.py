"""The scripted model of the rounds' benchmark: the same claims in every setting, judged as its skill says."""

from __future__ import annotations

import re

from ambient_lsp.llm.fake.script import Question
from ambient_lsp.llm.reply.drafts import Draft, read_reply
from benchmarks.rounds import FUNCTIONS, Judge, Model, is_wrong, page, source

GOOD, BAD = Judge("good", 1.0, 0.0), Judge("bad", 0.0, 1.0)


def question(text: str, *before: str) -> Question:
    messages = [{"role": "user", "content": one} for one in (*before, text)]
    return Question(1, "/v1/chat/completions", {"model": "m", "messages": messages})


FIRST = f"[part m: file to look at places_0.py]\n{source(0)}\n[end m]\n\nYou are StyleEnforcer. Look."


def test_half_of_the_functions_have_a_defect() -> None:
    names = re.findall(r"^def (\w+)", source(0), re.MULTILINE)
    assert len(names) == FUNCTIONS
    assert sum(is_wrong(name) for name in names) == FUNCTIONS // 2


def test_all_settings_begin_with_the_same_claims() -> None:
    said = Model(GOOD).answer(question(FIRST))
    assert said == Model(BAD).answer(question(FIRST))
    assert any(isinstance(part, Draft) for part in read_reply(said))


def test_a_judge_condemns_as_often_as_its_skill_says() -> None:
    shown = "id a1 by StyleEnforcer, which is you: Count from the right place in pick_0_{}\nWhy.\n+    return v[at]\n"
    second = [question(f"{shown.format(number)}\nLook at yours again", FIRST) for number in (0, 1)]
    assert ["withdraw" in Model(GOOD).answer(one) for one in second] == [False, True]
    assert ["withdraw" in Model(BAD).answer(one) for one in second] == [True, False]


def test_the_page_says_that_the_model_is_scripted() -> None:
    assert "The model is scripted" in page([], [], 6)
