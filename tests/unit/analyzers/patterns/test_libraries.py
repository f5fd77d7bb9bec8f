"""Ways of libraries to be called weakly, each beside the sound way: the same rule tells them apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ambient_lsp.analyzers.patterns.engine import find

_PAIR = re.compile(
    r"^## (\S+): ([^\n]*)\n\n```python weak\n(.*?)^```\n\n```python sound\n(.*?)^```", re.MULTILINE | re.DOTALL
)
_PAIRS = _PAIR.findall(Path(__file__).with_name("libraries.md").read_text(encoding="utf-8"))


def rules(code: str) -> set[str]:
    return {raw.rule.removeprefix("AMB-SEC-") for raw in find(code, "shop/program.py")}


def test_there_are_many_pairs() -> None:
    assert len(_PAIRS) > 100


@pytest.mark.parametrize(("rule", "title", "weak", "sound"), _PAIRS, ids=lambda text: text[:30])
def test_the_weak_way_is_told_and_the_sound_one_is_not(rule: str, title: str, weak: str, sound: str) -> None:
    assert rule in rules(weak), title
    assert rule not in rules(sound), title
