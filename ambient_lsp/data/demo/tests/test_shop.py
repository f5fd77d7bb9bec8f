"""The shop's own tests."""

from shop import money, orders, report, stock, tokens


def test_tokens_differ_by_user() -> None:
    assert tokens.session_token("ada", "s") != tokens.session_token("bob", "s")
    assert tokens.same_token(tokens.session_token("ada", "s"), tokens.session_token("ada", "s"))


def test_most_wanted() -> None:
    assert report.most_wanted(["tea", "milk", "tea"]) == '{"item": "tea", "count": 2, "stocked": true}'


def test_missing_keeps_the_order() -> None:
    assert stock.missing(["tea", "salt", "milk"], ["milk", "flour"]) == ["tea", "salt"]
    assert stock.missing([], ["milk"]) == []


def test_order_total() -> None:
    assert orders.order_total([(250, 2), (100, 1)], member=False) == 1095
    assert orders.order_total([(6000, 2)], member=True) == 11667


def test_offer_total() -> None:
    assert orders.offer_total([(250, 2), (100, 1)], member=False) == 600
    assert orders.offer_total([(6000, 2)], member=True) == 11172


def test_euros() -> None:
    assert money.euros(1095) == "10.95 €"
