"""What pure analyzers returned is not worked out twice; a key tells apart all that matters, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.analyzers.base import pure
from ambient_lsp.config import Agents
from ambient_lsp.engine.memo import MISSING, Memo, key_of
from ambient_lsp.engine.workbench import EngineWorkbench

CALLED: list[str] = []


@pure
def look(text: str, *_: object) -> list[str]:
    CALLED.append(text)
    return [text.upper()]


@pure
def look_too(text: str) -> None:
    """Another pure function."""


def settings(text: str) -> list[str]:
    CALLED.append(text)
    return [text]


@dataclass(frozen=True)
class Limits:
    lines: int = 6
    names: frozenset[str] = frozenset()


class Here:
    """Worker processes that are this process."""

    async def run(self, function, /, *args):
        return function(*args)


async def nothing(*_: object) -> None:
    return None


def bench(memo: Memo) -> EngineWorkbench:
    return EngineWorkbench(
        agents=Agents(), cpu=Here(), memo=memo, read=nothing, coverage=nothing, observe=nothing, moody=nothing  # type: ignore[arg-type]
    )  # fmt: skip


async def test_a_pure_function_is_called_once_for_the_same_text_in_later_processes_too(tmp_path: Path) -> None:
    CALLED.clear()
    for _ in range(2):
        memo = Memo(tmp_path / "results.db")
        for text in ("a", "b", "a"):
            assert await bench(memo).cpu(look, text) == [text.upper()]
        memo.close()
    assert CALLED == ["a", "b"]


async def test_any_other_function_is_called_each_time() -> None:
    CALLED.clear()
    memo = Memo()
    for _ in range(2):
        await bench(memo).cpu(settings, "a")
    assert CALLED == ["a", "a"]


async def test_a_broken_cache_file_costs_work_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "results.db"
    file.write_bytes(b"no database" * 100)
    memo = Memo(file)
    assert await bench(memo).cpu(look, "a") == ["A"]
    memo.close()


def test_a_value_that_cannot_be_read_is_missing() -> None:
    memo = Memo()
    memo.put(b"k", [1])
    memo._memory[b"k"] = b"broken"
    assert memo.get(b"k") is MISSING and memo.get(b"other") is MISSING


def test_a_key_tells_functions_texts_and_settings_apart_and_not_the_order_of_a_set() -> None:
    calls = [
        key_of(look, ("a",)),
        key_of(look_too, ("a",)),
        key_of(look, ("b",)),
        key_of(look, ("a", 1)),
        key_of(look, ("a", "1")),
        key_of(look, ("a", ("1", "2"))),
        key_of(look, ("a", ("12",))),
        key_of(look, ("a", Limits())),
        key_of(look, ("a", Limits(7))),
        key_of(look, ("a", None)),
        key_of(look, ("a", frozenset({"x", "y"}))),
    ]
    assert None not in calls and len(set(calls)) == len(calls)
    names = [f"n{number}" for number in range(50)]
    assert key_of(look, (Limits(6, frozenset(names)),)) == key_of(look, (Limits(6, frozenset(reversed(names))),))
    assert key_of(look, ({"b": 1, "a": 2},)) == key_of(look, ({"a": 2, "b": 1},))


def test_what_cannot_be_compared_has_no_key() -> None:
    assert key_of(look, (object(),)) is None
    assert key_of(settings, ("a",)) is None


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_keys_are_equal_only_for_equal_arguments(one: list[str], other: list[str]) -> None:
    assert (key_of(look, tuple(one)) == key_of(look, tuple(other))) == (one == other)
