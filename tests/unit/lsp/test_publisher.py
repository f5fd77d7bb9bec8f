"""However often there is news: a file is published at most ten times a second, and the last of it always."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.lsp import publisher
from ambient_lsp.lsp.publisher import INTERVAL, Publisher

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

WAYS = ("now", "soon", "later", "after_findings", "put", "clear")
STEPS = st.lists(
    st.tuples(st.sampled_from(WAYS), st.sampled_from("ab"), st.integers(0, 3), st.sampled_from([0, 0.01, 0.05, 0.3])),
    max_size=40,
)


class Timer:
    def __init__(self, when: float) -> None:
        self._when, self.cancelled = when, False

    def when(self) -> float:
        return self._when

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """A loop whose time passes only when it is told."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Timer, Callable[..., None], tuple[Any, ...]]] = []
        self._count = itertools.count()

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Callable[..., None], *arguments: Any) -> Timer:
        timer = Timer(when)
        heapq.heappush(self._due, (when, next(self._count), timer, call, arguments))
        return timer

    def pass_by(self, seconds: float) -> None:
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            self.now, _, timer, call, arguments = heapq.heappop(self._due)
            if not timer.cancelled:
                call(*arguments)
        self.now = until


@given(steps=STEPS)
def test_publications_of_a_file_are_apart_and_the_last_is_what_there_is(
    steps: list[tuple[str, str, int, float]],
) -> None:
    loop = Loop()
    shown: dict[str, list[Any]] = {"a": [], "b": []}
    sent: dict[str, list[tuple[float, list[Any]]]] = {"a": [], "b": []}
    one = Publisher(lambda uri: shown[uri], lambda uri, what: sent[uri].append((loop.now, list(what))))
    original, publisher.asyncio.get_running_loop = publisher.asyncio.get_running_loop, lambda: loop  # type: ignore
    try:
        for way, uri, value, pause in steps:
            shown[uri] = [] if way == "clear" else [value] * value
            if way == "put":
                one.put(uri, shown[uri])
            else:
                getattr(one, way)(uri)
            loop.pass_by(pause)
        loop.pass_by(1)
    finally:
        publisher.asyncio.get_running_loop = original  # type: ignore[assignment]
    for uri in "ab":
        times = [when for when, _ in sent[uri]]
        assert all(after - before >= INTERVAL - 1e-9 for before, after in itertools.pairwise(times))
        texts = [what for _, what in sent[uri]]
        assert all(before != after for before, after in itertools.pairwise([[], *texts])), "the same twice is flicker"
        assert (texts[-1] if texts else []) == shown[uri]


def test_keys_that_change_nothing_are_looked_at_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, looks = Loop(), []
    monkeypatch.setattr(publisher.asyncio, "get_running_loop", lambda: loop)
    one = Publisher(lambda uri: looks.append(uri) or [], lambda uri, what: None)
    for _ in range(1000):
        one.soon("a")
        loop.pass_by(0.001)
    assert 10 <= len(looks) <= 11


def test_what_was_found_is_not_kept_waiting_by_news_of_a_fix_just_before(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, sent = Loop(), []
    monkeypatch.setattr(publisher.asyncio, "get_running_loop", lambda: loop)
    found: list[Any] = []
    one = Publisher(lambda uri: found, lambda uri, what: sent.append(loop.now))
    one.later("a")
    loop.pass_by(0.05)
    found.append("md5")
    one.now("a")
    assert sent == [0.05]


def test_what_was_mended_by_hand_goes_at_once_and_findings_of_a_save_are_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, sent = Loop(), []
    monkeypatch.setattr(publisher.asyncio, "get_running_loop", lambda: loop)
    shown: list[Any] = ["md5"]
    one = Publisher(lambda uri: shown, lambda uri, what: sent.append((loop.now, list(what))))
    one.now("a")
    loop.pass_by(1)
    shown.clear()
    one.soon("a")
    loop.pass_by(0)
    assert sent == [(0, ["md5"]), (1, [])]
    loop.pass_by(1)
    one.after_findings("a")
    shown.append("old")
    one.soon("a")  # typed on while the save is looked at
    loop.pass_by(0.01)
    shown[:] = ["new"]
    one.now("a")
    assert sent[2:] == [(2.01, ["new"])]
