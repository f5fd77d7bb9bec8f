"""Plain models of stacks, queues, heaps and linked lists, in the simplest code there is."""

from __future__ import annotations

from typing import Any

from ambient_lsp.analyzers.spec.references.registry import models

_SIZE = "size length count len"
_EMPTY = "is_empty empty isempty"
_HAS = "contains has search find exists includes in"
_LIST = "to_list items as_list values elements traverse inorder in_order in_order_traversal inorder_traversal to_array all sorted_items sorted"


@models(
    r"stack", put="push append add", take="pop", look="peek top", size=_SIZE, empty=_EMPTY, smallest="get_min min minimum",
    largest="get_max max maximum",
)  # fmt: skip
class Stack:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def put(self, one: Any) -> None:
        self.held.append(one)

    def take(self) -> Any:
        return self.held.pop()

    def look(self) -> Any:
        return self.held[-1]

    def smallest(self) -> Any:
        return min(self.held)

    def largest(self) -> Any:
        return max(self.held)

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held


@models(
    r"queue|fifo", put="enqueue push put add offer append", take="dequeue pop get poll take remove popleft",
    look="peek front first head", last="back rear last", size=_SIZE, empty=_EMPTY, unless="priority|min|max|heap|deque|circular|ring|bounded",
)  # fmt: skip
class Queue:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def put(self, one: Any) -> None:
        self.held.append(one)

    def take(self) -> Any:
        return self.held.pop(0)

    def look(self) -> Any:
        return self.held[0]

    def last(self) -> Any:
        return self.held[-1]

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held


@models(
    r"deque|double_ended_queue", front="push_front append_left appendleft add_first add_front prepend",
    back="push_back append add_last add_back push add add_rear", take_front="pop_front popleft pop_left remove_first remove_front",
    take_back="pop_back pop remove_last remove_back remove_rear", look_front="peek_front front first", look_back="peek_back back last rear",
    size=_SIZE, empty=_EMPTY,
)  # fmt: skip
class Deque:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def front(self, one: Any) -> None:
        self.held.insert(0, one)

    def back(self, one: Any) -> None:
        self.held.append(one)

    def take_front(self) -> Any:
        return self.held.pop(0)

    def take_back(self) -> Any:
        return self.held.pop()

    def look_front(self) -> Any:
        return self.held[0]

    def look_back(self) -> Any:
        return self.held[-1]

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held


@models(
    r"priority_queue|(min_?|binary_)?heap", put="push insert add put enqueue", take="pop extract extract_min poll get dequeue delete_min pop_min",
    look="peek top min get_min find_min minimum", size=_SIZE, empty=_EMPTY, unless="max|max_heap|maxheap",
)  # fmt: skip
class SmallestFirst:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def put(self, one: Any, priority: Any = None) -> None:
        self.held.append((one if priority is None else priority, len(self.held), one))

    def take(self) -> Any:
        found = min(self.held)
        self.held.remove(found)
        return found[2]

    def look(self) -> Any:
        return min(self.held)[2]

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held


@models(
    r"priority_queue|heap", sure="max_?heap|max_priority_queue", put="push insert add put enqueue", take="pop extract extract_max poll get dequeue delete_max pop_max",
    look="peek top max get_max find_max maximum", size=_SIZE, empty=_EMPTY, unless="min|min_heap|minheap", says="largest|highest|greatest|max",
)  # fmt: skip
class LargestFirst:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def put(self, one: Any, priority: Any = None) -> None:
        self.held.append((one if priority is None else priority, -len(self.held), one))

    def take(self) -> Any:
        found = max(self.held)
        self.held.remove(found)
        return found[2]

    def look(self) -> Any:
        return max(self.held)[2]

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held


@models(
    r"(doubly_|singly_)?linked_list|linkedlist", back="append add push_back add_last insert_last insert_at_end push insert", front="prepend push_front add_first insert_first insert_at_beginning insert_head",
    delete="remove delete remove_value discard", has=_HAS, list=_LIST, turn="reverse", size=_SIZE, empty=_EMPTY,
    take_front="pop_front remove_first", take_back="pop_back pop remove_last",
)  # fmt: skip
class Linked:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def back(self, one: Any) -> None:
        self.held.append(one)

    def front(self, one: Any) -> None:
        self.held.insert(0, one)

    def delete(self, one: Any) -> bool:
        known = one in self.held
        if known:
            self.held.remove(one)
        return known

    def has(self, one: Any) -> bool:
        return one in self.held

    def list(self) -> Any:
        return list(self.held)

    def turn(self) -> None:
        self.held.reverse()

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held

    def take_front(self) -> Any:
        return self.held.pop(0)

    def take_back(self) -> Any:
        return self.held.pop()


@models(
    r"linked_list|linkedlist", front="push insert add", has=_HAS, list=_LIST, delete="remove delete", size=_SIZE, empty=_EMPTY, take="pop",
)  # fmt: skip
class LinkedAtTheFront:
    def __init__(self, *_: Any) -> None:
        self.held: list[Any] = []

    def front(self, one: Any) -> None:
        self.held.insert(0, one)

    def delete(self, one: Any) -> bool:
        known = one in self.held
        if known:
            self.held.remove(one)
        return known

    def has(self, one: Any) -> bool:
        return one in self.held

    def list(self) -> Any:
        return list(self.held)

    def take(self) -> Any:
        return self.held.pop(0)

    def size(self) -> int:
        return len(self.held)

    def empty(self) -> bool:
        return not self.held
