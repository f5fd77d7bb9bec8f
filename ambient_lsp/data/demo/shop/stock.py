"""What is on the shelves."""


def missing(wanted: list[str], shelves: list[str]) -> list[str]:
    """Return what is wanted and not on the shelves, in the order it was asked for."""
    return [item for item in wanted if item not in shelves]
