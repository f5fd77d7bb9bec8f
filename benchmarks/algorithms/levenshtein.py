def levenshtein(source: str, target: str) -> int:
    """Count the edits (insert, delete, replace a letter) that turn source into target.

    >>> levenshtein("kitten", "sitting")
    3
    """
    previous = list(range(len(target) + 1))
    for i, one in enumerate(source, 1):
        current = [i]
        for j, other in enumerate(target, 1):
            cost = 0 if one == other else 1
            current.append(min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost))
        previous = current
    return previous[-1]
