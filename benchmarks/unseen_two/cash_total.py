from decimal import ROUND_HALF_UP, Decimal


def cash_total(prices, step="0.05"):
    total = sum((Decimal(str(price)) for price in prices), Decimal(0))
    coin = Decimal(step)
    coins = (total / coin).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return str((coins * coin).quantize(Decimal("0.01")))
