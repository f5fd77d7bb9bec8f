"""Values counted in bins."""


def histogram(values, bins, low, high):
    """Count values in equal bins from low to high, both included; values outside are left out."""
    counts = [0] * bins
    width = (high - low) / bins
    for value in values:
        if low <= value <= high:
            counts[min(int((value - low) / width), bins - 1)] += 1
    return counts
