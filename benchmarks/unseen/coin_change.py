"""The fewest coins."""


def fewest_coins(coins: list[int], amount: int) -> int:
    """Return how many coins make up an amount at least, or -1 where they cannot."""
    fewest = [0] + [amount + 1] * amount
    for total in range(1, amount + 1):
        for coin in coins:
            if coin <= total:
                fewest[total] = min(fewest[total], fewest[total - coin] + 1)
    return fewest[amount] if fewest[amount] <= amount else -1
