def group_anagrams(words: list[str]) -> list[list[str]]:
    """Put words with the same letters into one group; groups are in the order of their first words."""
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault("".join(sorted(word)), []).append(word)
    return list(groups.values())
