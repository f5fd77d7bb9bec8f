"""The arithmetic of the token bill."""

from __future__ import annotations

from ambient_lsp.llm.prices import Price
from benchmarks.bill import Stage, prices, total


def test_a_bill_is_a_share_of_the_same_questions_at_the_full_price() -> None:
    price = Price(cached=1, prompt=10, completion=40)
    stage = Stage(questions=5, prompt=1000, cached=800)
    assert stage.ratio(price) == (200 * 10 + 800 * 1) / (1000 * 10)
    assert stage.ratio(price, answer=100) == (2800 + 20_000) / (10_000 + 20_000)
    assert Stage(5, 1000, 0).ratio(price) == 1.0
    assert total([stage, stage]) == Stage(10, 2000, 1600)


def test_every_host_with_prices_is_in_the_bill() -> None:
    assert prices()["moonshot"]["kimi-k2.6"].prompt > prices()["moonshot"]["kimi-k2.6"].cached
