from itertools import groupby


def encode(text: str) -> list[tuple[str, int]]:
    """Return (letter, count) for every run of equal letters."""
    return [(letter, len(list(run))) for letter, run in groupby(text)]


def decode(runs: list[tuple[str, int]]) -> str:
    """Return the text that the runs were made from."""
    return "".join(letter * count for letter, count in runs)
