"""Plain models of caches, maps, sets and buffers, in the simplest code there is."""

from __future__ import annotations

import collections
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import models

_SIZE = "size length count len"
_EMPTY = "is_empty empty isempty"
_HAS = "contains has search find exists includes in"
_LIST = "to_list items as_list values elements traverse inorder in_order in_order_traversal inorder_traversal to_array all sorted_items sorted"


@models(
    r"cache", sure=r"lru(_?cache)?|least_recently\w*", put="put set add insert store", get="get lookup fetch read", has="contains has",
    size=_SIZE, says="least recently", delete="delete remove discard", keys="keys",
)  # fmt: skip
class LeastRecentlyUsed:
    def __init__(self, capacity: int = 128) -> None:
        self.room = capacity
        self.held: dict[Any, Any] = {}

    def put(self, key: Any, value: Any = None) -> None:
        if key not in self.held and len(self.held) >= self.room:
            del self.held[next(iter(self.held))]
        self.held.pop(key, None)
        self.held[key] = value

    def get(self, key: Any, default: Any = None) -> Any:
        if key not in self.held:
            return default
        self.held[key] = self.held.pop(key)
        return self.held[key]

    def has(self, key: Any) -> bool:
        return key in self.held

    def delete(self, key: Any) -> None:
        del self.held[key]

    def keys(self) -> Any:
        return list(self.held)

    def size(self) -> int:
        return len(self.held)


@models(
    r"cache", sure=r"lfu(_?cache)?|least_frequently\w*", put="put set add insert store", get="get lookup fetch read", has="contains has",
    size=_SIZE, says="least (?:often|frequently)",
)  # fmt: skip
class LeastFrequentlyUsed:
    def __init__(self, capacity: int = 128) -> None:
        self.room = capacity
        self.held: dict[Any, list[Any]] = {}
        self.time = 0

    def put(self, key: Any, value: Any = None) -> None:
        if key not in self.held and len(self.held) >= self.room:
            del self.held[min(self.held, key=lambda one: self.held[one][1:])]
        self.time += 1
        uses = self.held[key][1] + 1 if key in self.held else 1
        self.held[key] = [value, uses, self.time]

    def get(self, key: Any, default: Any = None) -> Any:
        if key not in self.held:
            return default
        self.time += 1
        self.held[key][1] += 1
        self.held[key][2] = self.time
        return self.held[key][0]

    def has(self, key: Any) -> bool:
        return key in self.held

    def size(self) -> int:
        return len(self.held)


@models(
    r"cache", sure=r"lfu(_?cache)?|least_frequently\w*", put="put set add insert store", get="get lookup fetch read", has="contains has",
    size=_SIZE, says="least (?:often|frequently)",
)  # fmt: skip
class LeastFrequentlyUsedOldest:
    def __init__(self, capacity: int = 128) -> None:
        self.room = capacity
        self.held: dict[Any, list[Any]] = {}

    def put(self, key: Any, value: Any = None) -> None:
        if key not in self.held and len(self.held) >= self.room:
            del self.held[min(self.held, key=lambda one: self.held[one][1])]
        uses = self.held[key][1] + 1 if key in self.held else 1
        self.held[key] = [value, uses]

    def get(self, key: Any, default: Any = None) -> Any:
        if key not in self.held:
            return default
        self.held[key][1] += 1
        return self.held[key][0]

    def has(self, key: Any) -> bool:
        return key in self.held

    def size(self) -> int:
        return len(self.held)


@models(
    r"cache|bounded_dict", sure="fifo_?cache", put="put set add insert store", get="get lookup fetch read", has="contains has",
    size=_SIZE, says="oldest|first in",
)  # fmt: skip
class OldestOut:
    def __init__(self, capacity: int = 128) -> None:
        self.room = capacity
        self.held: dict[Any, Any] = {}

    def put(self, key: Any, value: Any = None) -> None:
        if key not in self.held and len(self.held) >= self.room:
            del self.held[next(iter(self.held))]
        self.held[key] = value

    def get(self, key: Any, default: Any = None) -> Any:
        return self.held.get(key, default)

    def has(self, key: Any) -> bool:
        return key in self.held

    def size(self) -> int:
        return len(self.held)


@models(
    r"(ring|circular)_?(buffer|queue)|bounded_(buffer|queue|list)|recent|last_n", put="append push write add put enqueue", take="pop read get dequeue popleft",
    look="peek front oldest first", last="latest newest last rear", list=_LIST, size=_SIZE, empty=_EMPTY, full="is_full full isfull",
)  # fmt: skip
class LastFew:
    def __init__(self, capacity: int) -> None:
        self.room = capacity
        self.held: list[Any] = []

    def put(self, one: Any) -> None:
        self.held = [*self.held, one][-self.room :]

    def take(self) -> Any:
        return self.held.pop(0)

    def look(self) -> Any:
        return self.held[0]

    def last(self) -> Any:
        return self.held[-1]

    def list(self) -> Any:
        return list(self.held)

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held

    def full(self) -> bool:
        return len(self.held) == self.room


@models(
    r"(ring|circular)_?(buffer|queue)|bounded_(buffer|queue|stack)", put="append push write add put enqueue en_queue", take="pop read get dequeue popleft de_queue",
    look="peek front oldest first", last="latest newest last rear", list=_LIST, size=_SIZE, empty=_EMPTY, full="is_full full isfull",
)  # fmt: skip
class FewAndNoMore:
    def __init__(self, capacity: int) -> None:
        self.room = capacity
        self.held: list[Any] = []

    def put(self, one: Any) -> bool:
        if len(self.held) < self.room:
            self.held.append(one)
            return True
        return False

    def take(self) -> Any:
        return self.held.pop(0)

    def look(self) -> Any:
        return self.held[0]

    def last(self) -> Any:
        return self.held[-1]

    def list(self) -> Any:
        return list(self.held)

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held

    def full(self) -> bool:
        return len(self.held) == self.room


@models(
    r"multi_?set|bag|counter|tally|histogram", put="add increment record insert count_up", count="count get frequency count_of", delete="remove discard decrement",
    has="contains has", total="total size", kinds="distinct unique num_distinct", common="most_common",
)  # fmt: skip
class Bag:
    def __init__(self, *_: Any) -> None:
        self.held: collections.Counter[Any] = collections.Counter()

    def put(self, one: Any) -> None:
        self.held[one] += 1

    def count(self, one: Any) -> int:
        return self.held[one]

    def delete(self, one: Any) -> None:
        if self.held[one] > 0:
            self.held[one] -= 1

    def has(self, one: Any) -> bool:
        return self.held[one] > 0

    def total(self) -> int:
        return sum(self.held.values())

    def kinds(self) -> int:
        return sum(one > 0 for one in self.held.values())

    def common(self, k: int = 1) -> Any:
        raise KeyError(k)


@models(
    r"bit_?set|bit_?array|bit_?vector|bit_?field", put="set add insert", delete="clear unset remove discard reset", has="test get contains has is_set",
    turn="flip toggle", count="count popcount cardinality size",
)  # fmt: skip
class Bits:
    def __init__(self, *_: Any) -> None:
        self.held: set[int] = set()

    def put(self, one: int) -> None:
        self.held.add(one)

    def delete(self, one: int) -> None:
        self.held.discard(one)

    def has(self, one: int) -> bool:
        return one in self.held

    def turn(self, one: int) -> None:
        self.held ^= {one}

    def count(self) -> int:
        return len(self.held)


@models(
    r"(hash_?)(map|table)|(ordered_|sorted_|default_)?(map|dict)", put="put set insert add store", get="get lookup find", delete="remove delete discard pop",
    has="contains has contains_key has_key", size=_SIZE, empty=_EMPTY, unless="bi|multi|ttl|expiring",
)  # fmt: skip
class Mapping:
    def __init__(self, *_: Any) -> None:
        self.held: dict[Any, Any] = {}

    def put(self, key: Any, value: Any) -> None:
        self.held[key] = value

    def get(self, key: Any, default: Any = None) -> Any:
        return self.held.get(key, default)

    def delete(self, key: Any) -> bool:
        return self.held.pop(key, self) is not self

    def has(self, key: Any) -> bool:
        return key in self.held

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held


@models(
    r"(hash_?|ordered_)set|hashset", put="add insert put", delete="remove delete discard", has=_HAS, size=_SIZE, empty=_EMPTY,
)  # fmt: skip
class HashSet:
    def __init__(self, *_: Any) -> None:
        self.held: dict[Any, None] = {}

    def put(self, one: Any) -> bool:
        known = one in self.held
        self.held[one] = None
        return not known

    def delete(self, one: Any) -> bool:
        return self.held.pop(one, self) is None

    def has(self, one: Any) -> bool:
        return one in self.held

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held


@models(r"(my_)?calendar|bookings?|schedule|room", book="book add reserve", says="overlap|half-open|free|double")
class Bookings:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def book(self, start: Any, end: Any) -> bool:
        if any(start < other and one < end for one, other in self.held):
            return False
        self.held.append((start, end))
        return True


@models(
    r"(browser_)?history|undo_(stack|manager|history)|undo\w*", do="visit do push add record execute", back="back undo", forward="forward redo",
    now="current present state",
)  # fmt: skip
class History:
    def __init__(self, *given: Any) -> None:
        self.held: list[Any] = list(given[:1])
        self.place = len(self.held) - 1

    def do(self, one: Any) -> None:
        self.held = [*self.held[: self.place + 1], one]
        self.place += 1

    def back(self, steps: int = 1) -> Any:
        self.place = max(self.place - steps, 0)
        return self.held[self.place]

    def forward(self, steps: int = 1) -> Any:
        self.place = min(self.place + steps, len(self.held) - 1)
        return self.held[self.place]

    def now(self) -> Any:
        return self.held[self.place]
