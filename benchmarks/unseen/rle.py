"""Run-length encoding as text."""

import re


def compress(text: str) -> str:
    """Write runs of a letter as a count and the letter: ``aaab`` is ``3a1b``."""
    if not text:
        return ""
    parts = []
    count = 1
    for previous, letter in zip(text, text[1:]):
        if letter == previous:
            count += 1
        else:
            parts.append(f"{count}{previous}")
            count = 1
    parts.append(f"{count}{text[-1]}")
    return "".join(parts)


def expand(packed: str) -> str:
    """Undo :func:`compress`."""
    return "".join(letter * int(count) for count, letter in re.findall(r"(\d+)(\D)", packed))
