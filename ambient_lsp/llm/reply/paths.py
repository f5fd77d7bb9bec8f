"""Reading the name of a file off a line that a model wrote it on."""

from __future__ import annotations

import re

_LABEL = re.compile(
    r"^(?:\d+[.)]\s+|[-*+]\s+|#+\s*|//\s*|--\s*|<!--\s*"
    r"|(?:new file|file(?:name)?|path|in|edit|update|modify|create)\b[\s:*_`]*)",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:[\w@.+~-]+/)*[\w@+~-]*\.?[\w@+~-]*\.[A-Za-z][\w+-]{0,11}|(?:[\w@.+~-]+/)+[\w@.+~-]+")
_BARE = frozenset({"Makefile", "Dockerfile", "LICENSE", "README", "Procfile", "Pipfile", "Justfile"})
_LANGUAGE = re.compile(r"^[\w+#-]+$")


def path_in(line: str) -> str:
    """Return the path that a line consists of, whatever it is dressed in; empty where it is something else."""
    text = line.strip()
    for _ in range(4):
        text = text.strip(" \t*_`'\"[]()").removesuffix("-->").rstrip(" :").strip(" \t*_`'\"[]()")
        shorter = _LABEL.sub("", text, count=1)
        if shorter == text or _PATH.fullmatch(text):
            break
        text = shorter
    if len(text) > 400 or "://" in text:
        return ""
    return text if text in _BARE or _PATH.fullmatch(text) else ""


def path_in_info(info: str) -> str:
    """Return the path in what follows an opening fence (```python:src/app.py, ```python title="src/app.py")."""
    for word in re.split(r"[\s:]+|(?:title|file|filename|path)=", info):
        if word and not _LANGUAGE.match(word) and (found := path_in(word)):
            return found
    return ""
