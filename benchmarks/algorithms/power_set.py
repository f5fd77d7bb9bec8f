def power_set(items: list[int]) -> list[list[int]]:
    """Return every subset of the items."""
    subsets: list[list[int]] = [[]]
    for item in items:
        subsets += [[*subset, item] for subset in subsets]
    return subsets
