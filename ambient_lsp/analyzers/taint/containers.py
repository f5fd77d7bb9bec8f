"""Containers by key and index: what is in them, and what their methods do."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint import folding, parsers
from ambient_lsp.analyzers.taint.state import Object, sequence
from ambient_lsp.analyzers.taint.syntax import place
from ambient_lsp.analyzers.taint.values import (
    NO_TAINTS,
    NONE,
    ONE_LINE,
    PARAMETER,
    UNKNOWN,
    UNTRUSTED,
    Annotation,
    Class,
    Const,
    Opaque,
    Options,
    Ref,
    Step,
    Symbol,
    Taint,
    Value,
    clean,
    either,
    join,
    options,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping, Sequence

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

    Method = Callable[[Machine, Ref, Object, Sequence[Value], Mapping[str, Value], State], Value]

ENVIRON = "wsgi.environ"
_OF_THE_CLIENT = re.compile(
    r"HTTP_|PATH_INFO$|SCRIPT_NAME$|QUERY_STRING$|RE(QUEST|DIRECT)_\w+$|RAW_URI$|CONTENT_|REMOTE_USER$|wsgi\.input$"
)
"""What in WSGI's environ comes from the client; the rest is the server's own (peps.python.org/pep-3333)."""
_OF_ONE_LINE = re.compile(r"HTTP_|QUERY_STRING$|REQUEST_\w+$|RAW_URI$|CONTENT_(TYPE|LENGTH)$")
"""What is read from one line of the request; the path is decoded after that, and may hold a line break."""
CGI = frozenset(
    "QUERY_STRING PATH_INFO REQUEST_URI HTTP_COOKIE HTTP_REFERER HTTP_USER_AGENT HTTP_ORIGIN HTTP_X_FORWARDED_FOR"
    " HTTP_ACCEPT_LANGUAGE".split()
)
"""Variables of the environment in which a server hands a request to a script (www.rfc-editor.org/rfc/rfc3875)."""
_ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})
KEYWORDS = "keywords"
"""The type of the dictionary that a parameter such as `**fields` is."""
_SEQUENCES = ("list", "tuple", "set")


def items_of(value: Value, state: State) -> list[Value] | None:
    """Return what iterating over a value gives, in order; None where it is not all known."""
    if type(value) is Const and isinstance(value.value, str | tuple) and len(value.value) <= 64:
        return [Const(item) for item in value.value]
    held = state.object(value)
    if held is None:
        return None
    if held.kind == "dict":
        return [Const(key) for key in held.items] if held.rest is None else None
    if held.kind == "instance" and held.owner is not None and "typing.NamedTuple" in held.owner.ancestors():
        return list(held.items.values())
    return held.sequence() if held.kind in _SEQUENCES else None


def unpacked(value: Value, state: State) -> Value:
    """Return what covers every item that iterating over a value gives."""
    if type(value) is Options:
        return either(unpacked(option, state) for option in value.values)
    if type(value) is Const:
        items = items_of(value, state)
        return either(items) if items else Opaque(type="str") if isinstance(value.value, str) else UNKNOWN
    held = state.object(value)
    if held is None:
        return Opaque(value.taints) if type(value) is Opaque else UNKNOWN
    if held.kind == "dict":
        keys = either(Const(key) for key in held.items) if held.items else None
        rest = None if held.rest is None else _key(held, state)
        known = [each for each in (keys, rest) if each is not None]
        return either(known) if known else UNKNOWN
    return held.all()


def _key(held: Object, state: State) -> Opaque:
    """Return what covers the keys that are not known. The names of `**keywords` are written where they are given."""
    taints = state.taints(held.rest) if held.rest is not None else NO_TAINTS
    if held.type == KEYWORDS:
        taints = frozenset(taint for taint in taints if taint.label != PARAMETER)
    return Opaque(taints)


def get_item(machine: Machine, owner: Value, key: Value, node: ast.expr, state: State) -> Value:
    """Return `owner[key]`."""
    if type(owner) is Options:
        return either(get_item(machine, option, key, node, state) for option in owner.values)
    if type(key) is Options:
        return either(get_item(machine, owner, option, node, state) for option in key.values)
    if type(owner) is Const:
        if type(key) is Const and isinstance(owner.value, str | bytes | tuple):
            return folding.function(lambda a, b: a[b], [owner.value, key.value]) or UNKNOWN
        return UNKNOWN
    if type(owner) is Opaque:
        return keyed(machine, owner, key, node, state)
    if type(owner) is Symbol:
        return Annotation(node) if owner.name in _ANNOTATED else owner
    if type(owner) is Class:
        return UNKNOWN
    held = state.object(owner)
    if held is None:
        return UNKNOWN
    return lookup(held, key, state)


def _of_key(owner: Opaque, key: Value, node: ast.expr, state: State) -> Opaque:
    """Return untrusted data with the place of `request.args["name"]`, rather than that of `request.args`, as source."""
    if not owner.taints or type(key) is not Const:
        return owner
    here = place(state.frame.scope.path, node)
    taints = frozenset(
        Taint(taint.label, Step(here, taint.source.text), taint.cleaned)
        if not taint.trail and taint.source.place.path == here.path and _within(taint.source.place.line, here)
        else taint
        for taint in owner.taints
    )
    return replace(owner, taints=taints)


def keyed(machine: Machine, owner: Opaque, key: Value, node: ast.expr, state: State) -> Opaque:
    """Return what a look-up by key in untrusted data gives."""
    if owner.type == ENVIRON and type(key) is Const:
        owner = _of_environ(owner, str(key.value))
    if type(key) is Const and key.value in CGI:
        owner = replace(owner, taints=frozenset(map(_of_visitor, owner.taints)))
    mine = ("", key.value if type(key) is Const else "")
    kind = next((typed.type for typed in machine.rules.item_types.get(owner.type, ()) if typed.key in mine), "")
    return Opaque(_of_key(owner, key, node, state).taints, kind)


def _of_environ(owner: Opaque, key: str) -> Opaque:
    """Return what WSGI's environ holds at a key."""
    if not _OF_THE_CLIENT.match(key):
        return Opaque()
    return Opaque(clean(owner.taints, frozenset({ONE_LINE})) if _OF_ONE_LINE.match(key) else owner.taints)


def _of_visitor(taint: Taint) -> Taint:
    if taint.label != "environment":
        return taint
    return replace(taint, label=UNTRUSTED, source=replace(taint.source, text="a part of the request"))


def _within(line: int, here: object) -> bool:
    return here.line <= line <= here.end_line  # type: ignore[attr-defined, no-any-return]


def lookup(held: Object, key: Value, state: State) -> Value:
    """Return what a container holds at a key."""
    if type(key) is Const:
        index = key.value
        if held.kind == "instance" and isinstance(index, int) and 0 <= index < len(held.items):
            return list(held.items.values())[index]
        if held.kind in _SEQUENCES and isinstance(index, int) and index < 0:
            index += len(held.items) if held.rest is None else 0
        try:
            found = held.items.get(index)
        except TypeError:
            found = None
        if found is not None and (held.rest is None or held.kind not in _SEQUENCES):
            return found
        if type(held.rest) is Opaque and held.rest.type == ENVIRON:  # something of the program's own was added to it
            return _of_environ(held.rest, str(index))
        if found is not None or held.rest is not None:
            return either([each for each in (found, held.rest) if each is not None])
        return UNKNOWN
    return held.all()


def set_item(machine: Machine, owner: Value, key: Value, value: Value, state: State) -> None:
    """Do `owner[key] = value`."""
    for option in options(owner):
        held = state.object(option)
        if held is None or type(option) is not Ref:
            continue
        sure = type(owner) is Ref
        if type(key) is Const and _hashable(key.value) and (held.kind not in _SEQUENCES or key.value in held.items):
            new = value if sure else join(held.items.get(key.value, UNKNOWN), value)
            made = replace(held, items={**held.items, key.value: new})
        elif type(key) is Const and isinstance(key.value, int) and held.kind in _SEQUENCES and held.rest is None:
            index = key.value + len(held.items)
            made = replace(held, items={**held.items, index: value}) if index in held.items else _with_rest(held, value)
        else:
            made = _with_rest(held, value)
        state.heap[option.id] = made


def _with_rest(held: Object, value: Value) -> Object:
    return replace(held, rest=value if held.rest is None else join(held.rest, value))


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def delete_item(owner: Value, key: Value, state: State) -> None:
    """Do `del owner[key]`."""
    held = state.object(owner)
    if held is None or type(owner) is not Ref or type(key) is not Const:
        return
    if held.kind in _SEQUENCES and isinstance(key.value, int):
        _pop(state, owner, held, key.value)
    else:
        state.heap[owner.id] = replace(held, items={k: v for k, v in held.items.items() if k != key.value})


def _pop(state: State, owner: Ref, held: Object, index: int) -> Value:
    items = held.sequence()
    if items is None or not -len(items) <= index < len(items):
        return held.all()
    value = items.pop(index)
    state.heap[owner.id] = sequence(held.kind, items)
    return value


# ---------------------------------------------------------------------------------------------------- methods


def method(
    machine: Machine,
    owner: Ref,
    held: Object,
    name: str,
    args: Sequence[Value],
    names: Mapping[str, Value],
    state: State,
) -> Value | None:
    """Return what a method of a container gives, after doing what it does; None where it is not known."""
    function = _METHODS.get(held.kind, {}).get(name)
    if function is None:
        return None
    return function(machine, owner, held, args, names, state)


def _append(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    value = args[0] if args else next(iter(names.values()), UNKNOWN)
    if held.rest is None:
        state.heap[owner.id] = replace(
            sequence(held.kind, [*held.items.values(), value]), owner=held.owner, type=held.type
        )
    else:
        state.heap[owner.id] = _with_rest(held, value)
    return NONE


def _append_left(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    return _insert(m, owner, held, [Const(0), *args], names, state)


def _extend(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    for arg in args:
        items = items_of(arg, state)
        if items is not None and held.rest is None:
            held = sequence(held.kind, [*held.items.values(), *items])
        else:
            held = _with_rest(held, unpacked(arg, state))
    state.heap[owner.id] = held
    return NONE


def _insert(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    if len(args) < 2:
        return NONE
    items = held.sequence()
    if items is not None and type(args[0]) is Const and isinstance(args[0].value, int):
        items.insert(args[0].value, args[1])
        state.heap[owner.id] = sequence(held.kind, items)
    else:
        state.heap[owner.id] = Object(held.kind, {}, join(held.all(), args[1]))
    return NONE


def _list_pop(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    index = args[0] if args else Const(-1)
    if type(index) is Const and isinstance(index.value, int) and held.kind == "list":
        return _pop(state, owner, held, index.value)
    return _summary(state, owner, held)


def _pop_left(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    return _pop(state, owner, held, 0)


def _summary(state: State, owner: Ref, held: Object) -> Value:
    value = held.all()
    state.heap[owner.id] = Object(held.kind, {}, value, held.owner, held.type)
    return value


def _remove(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    items = held.sequence()
    if items is not None and args and args[0] in items:
        items.remove(args[0])
        state.heap[owner.id] = sequence(held.kind, items)
    return NONE


def _reverse(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    items = held.sequence()
    if items is not None:
        state.heap[owner.id] = sequence(held.kind, items[::-1])
    return NONE


def _sort(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    _summary(state, owner, held)
    return NONE


def _clear(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    state.heap[owner.id] = replace(held, items={}, rest=None)
    return NONE


def _copy(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    return m.new(held, state)


def _number(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    return UNKNOWN


def _union(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    return m.new(Object(held.kind, {}, either([held.all(), *(unpacked(arg, state) for arg in args)])), state)


def _get(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    if not args:
        return UNKNOWN
    default = args[1] if len(args) > 1 else names.get("default", names.get("fallback", NONE))
    key = args[0]
    if type(key) is Const and _hashable(key.value) and key.value in held.items:
        return held.items[key.value]
    if type(key) is Const and held.rest is None:
        return default
    return join(lookup(held, key, state), default) if held.items or held.rest is not None else default


def _setdefault(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    value = _get(m, owner, held, args, names, state)
    if args and value is (args[1] if len(args) > 1 else NONE):
        set_item(m, owner, args[0], value, state)
    return value


def _dict_pop(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    value = _get(m, owner, held, args, names, state)
    if args:
        delete_item(owner, args[0], state)
    return value


def _update(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    items, rest = dict(held.items), held.rest
    for arg in args:
        other = state.object(arg)
        if other is not None and other.kind == "dict":
            items = overlaid(items, other)
            added = other.rest
        else:
            added = Opaque(state.taints(arg))
            items = overlaid(items, Object("dict", {}, added)) if added.taints else items
        if added is not None:
            rest = added if rest is None else join(rest, added)
    items.update(names)
    state.heap[owner.id] = replace(held, items=items, rest=rest)
    return NONE


def overlaid(items: Mapping[Any, Value], other: Object) -> dict[Any, Value]:
    """Return the items of a mapping after another was laid over it, whose unknown keys may be any of them."""
    if other.rest is None:
        return {**items, **other.items}
    return {**{key: join(value, other.rest) for key, value in items.items()}, **other.items}


def _keys(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    rest = None if held.rest is None else _key(held, state)
    return m.new(sequence("list", [Const(key) for key in held.items], rest), state)


def _values(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    return m.new(sequence("list", held.items.values(), held.rest), state)


def _items(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    pairs: list[Value] = [m.new(sequence("tuple", [Const(key), value]), state) for key, value in held.items.items()]
    rest = None
    if held.rest is not None:
        rest = m.new(sequence("tuple", [_key(held, state), held.rest]), state)
    return m.new(sequence("list", pairs, rest), state)


def _write(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    if args:
        old = held.items.get("text", Const(""))
        state.heap[owner.id] = replace(
            held, items={"text": folding.concatenated([old, state.whole(args[0]) if type(args[0]) is Ref else args[0]])}
        )
    return UNKNOWN


def _read(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    return held.items.get("text", Const(""))


def _set_option(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    """Do `ConfigParser.set(section, option, value)`."""
    if len(args) > 2:
        key = _pair(args)
        if key is None:
            state.heap[owner.id] = _with_rest(held, args[2])
        else:
            state.heap[owner.id] = replace(held, items={**held.items, key: args[2]})
    return NONE


def _get_option(
    m: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    key = _pair(args)
    return held.items.get(key, held.rest or UNKNOWN) if key is not None else held.all()


def _pair(args: Sequence[Value]) -> tuple[object, object] | None:
    if len(args) > 1 and type(args[0]) is Const and type(args[1]) is Const:
        return args[0].value, str(args[1].value).lower()
    return None


_LIST: dict[str, Method] = {
    "append": _append, "appendleft": _append_left, "extend": _extend, "insert": _insert, "pop": _list_pop,
    "popleft": _pop_left, "remove": _remove, "reverse": _reverse, "sort": _sort, "clear": _clear, "copy": _copy,
    "index": _number, "count": _number, "put": _append, "put_nowait": _append, "get": _pop_left,
    "get_nowait": _pop_left,
    "push": _append, "add": _append,
}  # fmt: skip
_METHODS: dict[str, dict[str, Method]] = {
    "list": _LIST,
    "tuple": {"index": _number, "count": _number},
    "set": {
        "add": _append, "update": _extend, "discard": _remove, "remove": _remove, "pop": _list_pop, "clear": _clear,
        "copy": _copy, "union": _union, "intersection": _copy, "difference": _copy,
    },
    "dict": {
        "get": _get, "setdefault": _setdefault, "pop": _dict_pop, "update": _update, "keys": _keys, "values": _values,
        "items": _items, "copy": _copy, "clear": _clear, "__getitem__": _get,
    },
    "buffer": {"write": _write, "getvalue": _read, "read": _read, "readline": _read, "seek": _number,
    "writelines": _write},
    "options": {
        "set": _set_option, "get": _get_option, "read_dict": parsers.read_dict, "read_string": parsers.read_string,
        "add_section": _number, "has_option": _number,
    },
}  # fmt: skip
