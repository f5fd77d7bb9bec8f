import re

SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
TOKEN = re.compile(r"\s*(\d+)\s*([dhms])")


def parse_duration(text: str) -> int:
    """Read a duration such as ``1h 30m`` and return it in seconds.

    A bare number means seconds.

    >>> parse_duration("2m5s")
    125
    >>> parse_duration("90")
    90
    """
    text = text.strip().lower()
    if text.isdigit():
        return int(text)
    total = 0
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise ValueError("cannot read duration: %r" % text)
        total += int(match.group(1)) * SECONDS[match.group(2)]
        position = match.end()
    if position == 0:
        raise ValueError("empty duration")
    return total
