def knapsack(weights: list[int], values: list[int], capacity: int) -> int:
    """Return the greatest total value of items that fit, each taken at most once."""
    best = [0] * (capacity + 1)
    for weight, value in zip(weights, values):
        for room in range(capacity, weight - 1, -1):
            best[room] = max(best[room], best[room - weight] + value)
    return best[capacity]
