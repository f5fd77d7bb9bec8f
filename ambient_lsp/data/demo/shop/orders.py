"""Prices of orders and offers."""


def order_total(lines: list[tuple[int, int]], member: bool) -> int:
    """Return what an order costs, in cents."""
    total = 0
    for price, count in lines:
        total += price * count
    if total > 10_000:
        total -= total // 20
    if member:
        total -= total // 50
    total = max(total, 0)
    return total + 495


def offer_total(lines: list[tuple[int, int]], member: bool) -> int:
    """Return what an offer would cost, in cents, without postage."""
    total = 0
    for price, count in lines:
        total += price * count
    if total > 10_000:
        total -= total // 20
    if member:
        total -= total // 50
    total = max(total, 0)
    return total
