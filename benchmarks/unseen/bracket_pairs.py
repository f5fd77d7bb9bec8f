"""Brackets and where they close."""

PAIRS = {")": "(", "]": "[", "}": "{"}


def bracket_pairs(text: str) -> dict[int, int]:
    """Map the place of each opening bracket to that of its closing one; raise ValueError when they do not match."""
    open_places: list[int] = []
    pairs = {}
    for place, letter in enumerate(text):
        if letter in PAIRS.values():
            open_places.append(place)
        elif letter in PAIRS:
            if not open_places or text[open_places[-1]] != PAIRS[letter]:
                raise ValueError(f"unexpected {letter!r} at {place}")
            pairs[open_places.pop()] = place
    if open_places:
        raise ValueError(f"{text[open_places[-1]]!r} is never closed")
    return pairs
