"""What was made of the last few texts, kept by how long they are: a syntax tree is many times as large as its text.

A cache that counts entries holds a hundred times as much for a folder of long files as for one of short ones.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Recent(Generic[T]):
    """`make` of a text, and what it gave for the last ones: no more than `characters` of text, but for the newest."""

    def __init__(self, make: Callable[[str], T], characters: int) -> None:
        self._make = make
        self._most = characters
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()
        self.__doc__ = make.__doc__

    def __call__(self, text: str) -> T:
        """Return what `make` gives."""
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
                return self._kept[text]
        made = self._make(text)
        with self._lock:
            if text not in self._kept:
                self._kept[text] = made
                self._characters += len(text)
            while self._characters > self._most and len(self._kept) > 1:
                oldest, _ = self._kept.popitem(last=False)
                self._characters -= len(oldest)
        return made

    def cache_clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._characters = 0


def recent(characters: int) -> Callable[[Callable[[str], T]], Recent[T]]:
    """Keep what a function made of the last texts."""
    return lambda make: Recent(make, characters)
