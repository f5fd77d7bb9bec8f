def moving_average(values: list[float], window: int) -> list[float]:
    """Return the mean of every run of `window` values that follow each other.

    Raises:
        ValueError: If the window is less than 1.
    """
    if window < 1:
        raise ValueError("window must be at least 1")
    return [sum(values[i : i + window]) / window for i in range(len(values) - window + 1)]
