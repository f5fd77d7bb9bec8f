"""Slips that take a guard, a lock or a limit away: loops without an end, keys given twice, locks that stay shut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.match import Area, CallPattern, Hit, always, names
from ambient_lsp.analyzers.patterns.module import code, identifiers
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

TWICE = weakness(
    "KEY-TWICE", "medium", "462", "a04", "Key that is given twice", "The first value is lost without a word.", "",
    example='RIGHTS = {"read": ["guest"], "delete": ["admin"], "delete": ["guest"]}\n',
    better='RIGHTS = {"read": ["guest"], "delete": ["admin"]}\n',
)  # fmt: skip
ENDLESS = weakness(
    "ENDLESS-LOOP", "medium", "835", "a04", "Loop that never ends",
    "Nothing in it changes its condition, and nothing leaves it: the processor is kept busy for ever.", "",
    example="def drain(left):\n    done = 0\n    while left > 0:\n        done += 1\n    return done\n",
    better="def drain(left):\n    done = 0\n    while left > 0:\n        done += 1\n        left -= 1\n"
           "    return done\n",
)  # fmt: skip
OFF_BY_ONE = weakness(
    "OFF-BY-ONE", "medium", "193", "a04", "Index one past the end", "The last turn always fails.", "",
    example="def total(prices):\n    result = 0\n    for i in range(len(prices) + 1):\n        result += prices[i]\n"
            "    return result\n",
    better="def total(prices):\n    result = 0\n    for i in range(len(prices)):\n        result += prices[i]\n"
           "    return result\n",
)  # fmt: skip
LOCKED = weakness(
    "LOCK-KEPT", "medium", "667 833", "a04", "Lock that is never given back", "Who comes next waits for ever.", "",
    example="import threading\n\nlock = threading.Lock()\n\n\ndef count():\n    lock.acquire()\n    write()\n",
    better="import threading\n\nlock = threading.Lock()\n\n\ndef count():\n    with lock:\n        write()\n",
)  # fmt: skip
OBSOLETE = weakness(
    "OBSOLETE", "medium", "477", "a06", "Function that was given up for its weakness",
    "It is gone from newer versions of Python, and what took its place is safer.", "",
    example="import ssl\n\nsafe = ssl.wrap_socket(plain)\n",
    better="import ssl\n\nsafe = ssl.create_default_context().wrap_socket(plain, server_hostname=host)\n",
)  # fmt: skip
_LEAVES = re.compile(r"\b(break|return|raise|yield|await|del|global|nonlocal|with|for|except)\b|[()]")


def _twice(module: Module) -> Iterator[Hit]:
    """Find a text that is a key of one dictionary twice, with two values."""
    seen: dict[tuple[int, str], Node] = {}
    for node in module.nodes("pair"):
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is None or value is None or node.parent is None or node.parent.type != "dictionary":
            continue
        text = module.value(key) if key.type == "string" else UNKNOWN
        if not isinstance(text, str):
            continue
        first = seen.setdefault((node.parent.id, text), value)
        if first.id != value.id and code(first) != code(value):
            yield Hit(TWICE, key, f'"{text}"')


def _endless(module: Module) -> Iterator[Hit]:
    """Find a loop over plain names and numbers that its body neither changes nor leaves, and that calls nothing."""
    for node in module.nodes("while_statement"):
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        if condition is None or body is None or condition.type not in ("comparison_operator", "identifier"):
            continue
        text = code(body)
        tested = {code(name) for name in identifiers(condition)}
        if not tested or re.search(r"[().\[]", code(condition)) or _LEAVES.search(text):
            continue
        if not any(re.search(rf"\b{re.escape(name)}\b[^=\n]*(:=|[-+*/%|&^@]?=(?!=))", text) for name in tested):
            yield Hit(ENDLESS, condition)


def _past_the_end(module: Module) -> Iterator[Hit]:
    for node in module.nodes("for_statement"):
        bounds = re.fullmatch(r"range\((?:\w+,\s*)?len\((\w+)\)\s*\+\s*1\)", code(node.child_by_field_name("right")))
        name = code(node.child_by_field_name("left"))
        body = code(node.child_by_field_name("body"))
        if bounds is None or not name.isidentifier() or re.search(rf"\bif\b[^\n]*\b{name}\b|\btry:|\bbreak\b", body):
            continue
        if re.search(rf"\b{bounds[1]}\[{name}\]", body) and not re.search(rf"{bounds[1]}\.(append|insert)", body):
            yield Hit(OFF_BY_ONE, node.child_by_field_name("right") or node)


def _kept(module: Module) -> Iterator[Hit]:
    """Find a lock that is taken, and given back nowhere in the file."""
    if not module.imported & {"threading", "multiprocessing"}:
        return
    for node in module.nodes("call"):
        function = node.child_by_field_name("function")
        if not code(function).endswith(".acquire") or function is None:
            continue
        owner = code(function.child_by_field_name("object"))
        kind = module.name(function)
        lock = re.fullmatch(r"(threading|multiprocessing)\.(R?Lock|(Bounded)?Semaphore)\(\)\.acquire", kind)
        handed_on = re.search(rf"[(,=]\s*{re.escape(owner)}\s*[,)\]\n]", module.text)
        if lock and not handed_on and f"{owner.rpartition('.')[2]}.release" not in module.text:
            yield Hit(LOCKED, node)


AREA = Area(
    (TWICE, ENDLESS, OFF_BY_ONE, LOCKED, OBSOLETE),
    (CallPattern(OBSOLETE, names("ssl.wrap_socket popen2.popen2 popen2.popen3 "
                                 "commands.getoutput commands.getstatusoutput cgi.escape"), always),),
    finders=(_twice, _endless, _past_the_end, _kept),
)  # fmt: skip
