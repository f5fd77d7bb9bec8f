from typing import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """Percentile with linear interpolation between the closest ranks.

    >>> percentile([10, 20, 30, 40], 50)
    25.0
    """
    if not values:
        raise ValueError("no values")
    if not 0 <= percent <= 100:
        raise ValueError("percent must lie between 0 and 100")
    ordered = sorted(values)
    position = (len(ordered) - 1) * percent / 100
    lower = int(position)
    upper = min(lower + 1, len(ordered) - 1)
    share = position - lower
    return ordered[lower] * (1 - share) + ordered[upper] * share
