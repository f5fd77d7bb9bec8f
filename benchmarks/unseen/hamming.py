"""Distance of two strings of one length."""


def hamming_distance(left, right):
    """Count the places where two strings differ; they must be of one length."""
    if len(left) != len(right):
        raise ValueError("strings must be of one length")
    return sum(a != b for a, b in zip(left, right))
