"""Whether a test would notice a mistake: on which mutants it is tried, and what that leaves."""

from __future__ import annotations

from ambient_lsp.agents import eyesight
from ambient_lsp.analyzers.spec import sessions
from ambient_lsp.analyzers.testing.testblocks import Subject
from ambient_lsp.protocols import Observation

CODE = '''
def price(weight):
    """
    >>> price(3)
    5
    >>> kilo = 1
    >>> price(kilo) + 1
    3
    """
    if weight > 2 and weight < 20:
        return weight + 2
    return weight + 1
'''


def looked() -> list[eyesight.Sight]:
    (shown,) = sessions.transcripts(CODE)["price"]
    return eyesight.sights(CODE, [Subject(sessions.subject(CODE, "price"), shown=(shown,))])


def given(calls: list[str], value: str) -> dict[str, Observation]:
    return {one: Observation(one, value, "str") for one in calls}


def test_a_test_that_has_noticed_a_mutant_is_tried_on_no_more():
    (sight,) = looked()
    first = eyesight.questions([sight], {})
    assert len(first) == 2
    assert all(one.startswith(f"_played._m{at}(") and one.endswith(f", _m{at}.price)") for at, one in enumerate(first))
    assert eyesight.questions([sight], given(first, "'-+='")) == []
    assert len(eyesight.seeing([sight], given(first, "'-+='"))) == 1


def test_a_test_that_notices_none_is_tried_on_all_and_left_out():
    (sight,) = looked()
    observed: dict[str, Observation] = {}
    while more := eyesight.questions([sight], observed):
        observed |= given(more, "'=+='")
    assert len(observed) == len(sight.sources) > 2
    assert eyesight.seeing([sight], observed) == []
