"""What builtin functions and functions of the standard library give, where a rule in a file could not say it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint import callbacks, files, folding, formatting, places
from ambient_lsp.analyzers.taint.charsets import flags_in, kinds_cleaned_by, kinds_cleaned_by_removing
from ambient_lsp.analyzers.taint.containers import items_of, set_item, unpacked
from ambient_lsp.analyzers.taint.contexts import LESS
from ambient_lsp.analyzers.taint.state import Object, sequence
from ambient_lsp.analyzers.taint.values import (
    ALL,
    HARMLESS,
    NONE,
    UNKNOWN,
    Class,
    Const,
    Function,
    Opaque,
    Partial,
    Ref,
    Symbol,
    Taint,
    Taints,
    Value,
    clean,
    either,
    join,
    merged,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.site import Site

    Model = Callable[[Machine, Site], Value | None]


def is_known(name: str) -> bool:
    """Whether a function or method has a model of its own."""
    return name in _MODELS


def result(machine: Machine, site: Site, name: str) -> Value | None:
    """Return what a call gives by a model of it; None where there is none."""
    for dotted in site.names or (name,):
        model = _MODELS.get(dotted)
        if model is not None:
            return model(machine, site)
    return None


def _taints(site: Site) -> Taints:
    return merged(site.state.taints(each) for each in site.every())


def _folds(function: Callable[..., Any]) -> Model:
    """Return a model of a function that is run where all arguments are constants."""

    def model(machine: Machine, site: Site) -> Value | None:
        if site.star is None and not site.keywords and site.args and all(type(arg) is Const for arg in site.args):
            return folding.function(function, [arg.value for arg in site.args if type(arg) is Const])
        return None

    return model


def _text(machine: Machine, site: Site) -> Value | None:
    if not site.args:
        return Const("")
    value = site.args[0]
    if type(value) is Opaque:
        return replace(value, type="harmless" if value.type in ("int", "float", "bool", "harmless") else "str")
    if any(type(option) is Ref for option in options(value)):
        return _spelled_out(machine, site, value)
    return folding.text(value)


def _spelled_out(machine: Machine, site: Site, value: Value) -> Value:
    """Return what `str` makes of objects: what their own `__str__` says, or all that they hold."""
    found: list[Value] = []
    for option in options(value):
        held = site.state.object(option)
        method = held.owner.find("__str__") if held is not None and held.owner is not None else None
        if type(method) is Function and type(option) is Ref:
            found.append(machine.call(replace(method, receiver=option), (), site.state, site.node))
        else:
            found.append(Opaque(site.state.taints(option), "str"))
    return either(found)


def _container(kind: str) -> Model:
    def model(machine: Machine, site: Site) -> Value | None:
        if not site.args:
            return machine.new(Object(kind, {}), site.state)
        items = items_of(site.args[0], site.state)
        if items is not None:
            return machine.new(sequence(kind, items), site.state)
        return machine.new(Object(kind, {}, unpacked(site.args[0], site.state)), site.state)

    return model


def _summary(machine: Machine, site: Site) -> Value | None:
    """`sorted`, `reversed`: the same items in another order."""
    if not site.args:
        return None
    items = items_of(site.args[0], site.state)
    if items is not None and site.names[0] == "reversed":
        return machine.new(sequence("list", items[::-1]), site.state)
    return machine.new(Object("list", {}, unpacked(site.args[0], site.state)), site.state)


def is_model(owner: Class) -> bool:
    """Whether objects of a class have the fields that it names, and no others."""
    return any(base.startswith(("pydantic", "sqlmodel", "ninja")) for base in owner.ancestors()) and is_closed(owner)


def is_closed(owner: Class, depth: int = 0) -> bool:
    """Whether a model takes no fields but its own: neither it nor a base has `extra = "allow"`."""
    settings = [ast.unparse(node) for node in owner.node.body if isinstance(node, ast.Assign | ast.ClassDef)]
    own = [text for text in settings if "extra" in text]
    if own or depth > _MOST_BASES:
        return not any("allow" in text for text in own)
    return all(is_closed(base, depth + 1) for base in owner.bases if isinstance(base, Class))


def _dict(machine: Machine, site: Site) -> Value | None:
    items: dict[Any, Value] = {}
    rest: Value | None = site.double
    for arg in site.args:
        held = site.state.object(arg)
        if held is not None and held.kind == "dict":
            items.update(held.items)
            rest = held.rest if rest is None else rest
            continue
        if held is not None and held.owner is not None and is_model(held.owner):
            items.update(held.items)
            continue
        pairs = items_of(arg, site.state)
        for pair in pairs or ():
            parts = items_of(pair, site.state)
            if parts is not None and len(parts) == 2 and type(parts[0]) is Const:
                items[parts[0].value] = parts[1]
            else:
                pairs = None
                break
        known = _pairs(held.rest, site) if pairs is None and held is not None and held.rest is not None else None
        if known is not None:
            items.update(known)
        elif pairs is None and "defaultdict" not in site.names[0]:
            taints = site.state.taints(arg)
            rest = Opaque(taints) if rest is None else join(rest, Opaque(taints))
    items.update(site.keywords)
    return machine.new(Object("dict", items, rest), site.state)


def _pairs(value: Value, site: Site) -> dict[Any, Value] | None:
    """Return what pairs of which there may be some give, if all their keys are known."""
    found: dict[Any, Value] = {}
    for option in options(value):
        parts = items_of(option, site.state)
        if parts is None or len(parts) != 2 or not all(type(key) is Const for key in options(parts[0])):
            return None
        found.update({key.value: parts[1] for key in options(parts[0]) if type(key) is Const})
    return found


def _fromkeys(machine: Machine, site: Site) -> Value | None:
    value = site.args[1] if len(site.args) > 1 else NONE
    keys = items_of(site.args[0], site.state) if site.args else None
    if keys is None or not all(type(key) is Const for key in keys):
        return machine.new(Object("dict", {}, value), site.state)
    return machine.new(Object("dict", {key.value: value for key in keys if type(key) is Const}), site.state)


def _enumerate(machine: Machine, site: Site) -> Value | None:
    if not site.args:
        return None
    items = items_of(site.args[0], site.state)
    if items is None:
        pair = machine.new(sequence("tuple", [HARMLESS, unpacked(site.args[0], site.state)]), site.state)
        return machine.new(Object("list", {}, pair), site.state)
    pairs: list[Value] = [
        machine.new(sequence("tuple", [Const(i), item]), site.state) for i, item in enumerate(items[:60])
    ]
    return machine.new(sequence("list", pairs), site.state)


def _zip(machine: Machine, site: Site) -> Value | None:
    columns = [items_of(arg, site.state) for arg in site.args]
    known = [column for column in columns if column is not None]
    if known and len(known) == len(columns):
        rows: list[Value] = [
            machine.new(sequence("tuple", row), site.state) for row in list(zip(*known, strict=False))[:60]
        ]
        return machine.new(sequence("list", rows), site.state)
    row = machine.new(sequence("tuple", [unpacked(arg, site.state) for arg in site.args]), site.state)
    return machine.new(Object("list", {}, row), site.state)


def _map(machine: Machine, site: Site) -> Value | None:
    if len(site.args) < 2:
        return None
    items = items_of(site.args[1], site.state)
    function = site.args[0]
    if items is not None and len(items) <= 12:
        made = [machine.call(function, [item], site.state, site.node) for item in items]
        return machine.new(sequence("list", made), site.state)
    each = [unpacked(arg, site.state) for arg in site.args[1:]]
    return machine.new(Object("list", {}, machine.call(function, each, site.state, site.node)), site.state)


def _filter(machine: Machine, site: Site) -> Value | None:
    if len(site.args) < 2:
        return None
    each = unpacked(site.args[1], site.state)
    test = site.args[0]
    if type(test) is Symbol and test.name in ("str.isalnum", "str.isdigit", "str.isalpha", "str.isdecimal"):
        return Opaque(clean(site.state.taints(each), frozenset({ALL})), "harmless")
    machine.call(test, [each], site.state, site.node)
    return machine.new(Object("list", {}, each), site.state)


def _next(machine: Machine, site: Site) -> Value | None:
    if not site.args:
        return None
    items = items_of(site.args[0], site.state)
    first = items[0] if items else unpacked(site.args[0], site.state)
    return join(first, site.args[1]) if len(site.args) > 1 and not items else first


def _getattr(machine: Machine, site: Site) -> Value | None:
    if len(site.args) < 2:
        return None
    owner, name = site.args[:2]
    if type(name) is Const and isinstance(name.value, str):
        value = machine.attribute(owner, name.value, site.node, site.state)
        return join(value, site.args[2]) if len(site.args) > 2 else value
    return Opaque(site.state.taints(owner))


def _setattr(machine: Machine, site: Site) -> Value | None:
    if len(site.args) > 2:
        set_item(machine, site.args[0], site.args[1], site.args[2], site.state)
    return NONE


def _format(machine: Machine, site: Site) -> Value | None:
    return None if len(site.args) != 1 else folding.concatenated(site.args, site.state.taints)


def _decoded(machine: Machine, site: Site) -> Value | None:
    """Decoding brings back what encoding had made harmless, but no more than the program itself had packed."""
    taints = frozenset(
        Taint(taint.label, taint.source, taint.cleaned & _PACKED, taint.trail) for taint in _taints(site)
    )
    return Opaque(taints, _DECODED.get(site.names[0], "str"))


_DECODED = {"json.loads": "", "urllib.parse.parse_qs": "dict", "urllib.parse.parse_qsl": "list"}


def _compiled(machine: Machine, site: Site) -> Value | None:
    pattern = site.first(0, "pattern") or UNKNOWN
    flags = Const(int(flags_in(site.node)))
    return machine.new(Object("instance", {"pattern": pattern, "flags": flags}, None, None, "re.Pattern"), site.state)


def _substituted(machine: Machine, site: Site) -> Value | None:
    """`re.sub(pattern, replacement, text)`, `pattern.sub(replacement, text)`."""
    held = site.state.object(site.receiver) if site.receiver is not None else None
    args = list(site.args)
    if held is not None:
        args.insert(0, held.items.get("pattern", UNKNOWN))
    text = args[2] if len(args) > 2 else site.keywords.get("string")
    if len(args) < 2 or text is None:
        return None
    taints = site.state.taints(text)
    pattern, replacement = args[0], args[1]
    if type(pattern) is Const and isinstance(pattern.value, str):
        if type(replacement) is Const and isinstance(replacement.value, str):
            taints = clean(taints, kinds_cleaned_by_removing(pattern.value, replacement.value))
    return Opaque(merged((taints, site.state.taints(replacement))), "str")


def _match(machine: Machine, site: Site) -> Value | None:
    """A match holds no more than the characters that the pattern allows."""
    held = site.state.object(site.receiver) if site.receiver is not None else None
    args = list(site.args) if held is None else [held.items.get("pattern", UNKNOWN), *site.args]
    taints = merged(site.state.taints(arg) for arg in args[1:])
    if args and type(args[0]) is Const and isinstance(args[0].value, str):
        taints = clean(taints, kinds_cleaned_by(args[0].value, "fullmatch"))
    return Opaque(taints)


def _escaped(machine: Machine, site: Site) -> Value | None:
    """`html.escape(text, quote=False)`."""
    if not site.args or site.first(1, "quote") != Const(False):
        return None
    return Opaque(clean(site.state.taints(site.args[0]), frozenset({LESS})), "str")


def _buffer(machine: Machine, site: Site) -> Value | None:
    text = site.args[0] if site.args else Const("")
    return machine.new(Object("buffer", {"text": text}), site.state)


def _options(machine: Machine, site: Site) -> Value | None:
    return machine.new(Object("options", {}), site.state)


def _partial(machine: Machine, site: Site) -> Value | None:
    return Partial(site.args[0], site.args[1:], tuple(site.keywords.items())) if site.args else None


def _first(machine: Machine, site: Site) -> Value | None:
    return site.args[0] if site.args else None


def _gathered(machine: Machine, site: Site) -> Value | None:
    return machine.new(sequence("list", site.args, site.star), site.state)


def _copied(machine: Machine, site: Site) -> Value | None:
    held = site.state.object(site.args[0]) if site.args else None
    return machine.new(held, site.state) if held is not None else None


def _namespace(machine: Machine, site: Site) -> Value | None:
    return machine.new(Object("instance", dict(site.keywords), site.double), site.state)


def _field(machine: Machine, site: Site) -> Value | None:
    """What a field of a dataclass holds at first. An empty container is filled later: nothing is known of it."""
    made = site.keywords.get("default_factory") or site.keywords.get("factory")
    value = site.keywords.get("default") if made is None else machine.call(made, (), site.state, site.node)
    held = None if value is None else site.state.object(value)
    return value if type(value) in (Const, Opaque) or (held is not None and held.items) else None


def _template(machine: Machine, site: Site) -> Value | None:
    text = site.args[0] if site.args else UNKNOWN
    return machine.new(Object("instance", {"template": text}, None, None, "string.Template"), site.state)


def _substitute(machine: Machine, site: Site) -> Value | None:
    held = site.state.object(site.receiver) if site.receiver is not None else None
    if held is None:
        return None
    names = dict(site.keywords)
    other: Value = site.double or UNKNOWN
    for arg in site.args:
        mapping = site.state.object(arg)
        if mapping is not None:
            names = {**{str(key): value for key, value in mapping.items.items()}, **names}
            other = mapping.rest or other
        else:
            other = join(other, Opaque(site.state.taints(arg)))
    text = held.items.get("template", UNKNOWN)
    if type(text) is Const and isinstance(text.value, str):
        return formatting.template(text.value, names, other, site.state)
    return Opaque(merged((site.state.taints(text), _taints(site))), "str", "", True)


def _translation(machine: Machine, site: Site) -> Value | None:
    """`str.maketrans`: a table by the numbers of characters."""
    given = site.state.object(site.args[0]) if len(site.args) == 1 else None
    if given is not None:
        return machine.new(replace(given, kind="dict"), site.state)
    texts = [arg.value for arg in site.args if type(arg) is Const and isinstance(arg.value, str)]
    if len(texts) != len(site.args) or len(texts) < 2:
        return None
    return machine.new(Object("dict", {ord(each): HARMLESS for each in texts[0] + "".join(texts[2:])}), site.state)


def _named_tuple(machine: Machine, site: Site) -> Value | None:
    name = site.args[0] if site.args else UNKNOWN
    given = site.args[1] if len(site.args) > 1 else UNKNOWN
    fields = items_of(given, site.state) or []
    if type(given) is Const and isinstance(given.value, str):
        fields = [Const(each) for each in given.value.replace(",", " ").split()]
    names = [str(each.value) for each in fields if type(each) is Const]
    if not names or not all(each.isidentifier() for each in names):
        return None
    node = ast.parse("class Tuple:\n" + "".join(f"    {each}: object\n" for each in names)).body[0]
    if not isinstance(node, ast.ClassDef) or type(name) is not Const:
        return None
    return Class(str(name.value), machine.serial(), (Symbol("typing.NamedTuple"),), {}, site.state.frame.local, node)


def _drawn(machine: Machine, site: Site) -> Value | None:
    """Drawing characters makes a secret; picking one of some existing things does not."""
    source = site.args[0] if site.args else UNKNOWN
    drawn = items_of(source, site.state) or ([source] if type(source) is Const else [])
    if drawn and all(type(item) is Const and len(str(item.value)) <= 2 for item in drawn):
        return None
    return drawn[0] if len(drawn) == 1 and type(source) is not Const else Opaque(site.state.taints(source))


def _signed(machine: Machine, site: Site) -> Value | None:
    """A signature can do no harm, and still tells of what it was made."""
    taints = merged(site.state.taints(arg) for arg in site.every())
    return Opaque(frozenset(replace(taint, cleaned=taint.cleaned | {ALL}) for taint in taints))


_MOST_BASES = 20
_PACKED = frozenset({"deserialization"})
_FOLDED = (
    int, float, bool, len, ord, chr, abs, min, max, sum, round, hex, oct, bin, divmod,
)  # fmt: skip
_DECODING = (
    "base64.b64decode", "base64.urlsafe_b64decode", "base64.standard_b64decode", "base64.b32decode", "base64.b16decode",
    "base64.decodebytes", "base64.b85decode", "base64.a85decode", "binascii.unhexlify", "binascii.a2b_base64",
    "urllib.parse.unquote", "urllib.parse.unquote_plus", "html.unescape", "json.loads", "bytes.fromhex",
    "urllib.parse.parse_qs", "urllib.parse.parse_qsl",
    "codecs.decode",
    "bytearray.fromhex",
)  # fmt: skip
_MODELS: dict[str, Model] = {
    **{function.__name__: _folds(function) for function in _FOLDED},
    **callbacks.MODELS,
    **callbacks.LATER,
    **files.MODELS,
    **places.MODELS,
    **dict.fromkeys(_DECODING, _decoded),
    "html.escape": _escaped,
    "str": _text, "list": _container("list"), "tuple": _container("tuple"), "set": _container("set"), "iter": _first,
    "frozenset": _container("set"), "collections.deque": _container("list"), "queue.Queue": _container("list"),
    "queue.LifoQueue": _container("list"), "queue.SimpleQueue": _container("list"), "asyncio.Queue": _container("list"),
    "multiprocessing.Queue": _container("list"), "sorted": _summary, "reversed": _summary, "dict": _dict,
    "collections.OrderedDict": _dict, "collections.defaultdict": _dict, "collections.ChainMap": _dict,
    "dict.fromkeys": _fromkeys, "enumerate": _enumerate, "zip": _zip, "map": _map, "filter": _filter, "next": _next,
    "getattr": _getattr, "setattr": _setattr, "format": _format,
    "re.compile": _compiled, "re.sub": _substituted, "re.Pattern.sub": _substituted, "re.match": _match,
    "re.search": _match, "re.fullmatch": _match, "re.Pattern.match": _match, "re.Pattern.search": _match,
    "re.Pattern.fullmatch": _match, "re.Pattern.findall": _match, "re.Pattern.split": _match, "io.StringIO": _buffer,
    "io.BytesIO": _buffer, "configparser.ConfigParser": _options, "configparser.RawConfigParser": _options,
    "configparser.SafeConfigParser": _options, "functools.partial": _partial,
    "asyncio.run": _first,
    "asyncio.create_task": _first, "asyncio.ensure_future": _first, "asyncio.wait_for": _first,
    "asyncio.shield": _first,
    "asyncio.gather": _gathered, "copy.copy": _copied, "copy.deepcopy": _copied,
    "types.MappingProxyType": _copied,
    "types.SimpleNamespace": _namespace, "argparse.Namespace": _namespace, "string.Template": _template,
    "dataclasses.field": _field, "attrs.field": _field, "attr.ib": _field, "attr.field": _field,
    "string.Template.substitute": _substitute, "string.Template.safe_substitute": _substitute,
    "random.choice": _drawn, "random.choices": _drawn, "random.sample": _drawn, "hmac.new": _signed,
    "hmac.digest": _signed,
    "collections.namedtuple": _named_tuple, "str.maketrans": _translation,
    "typing.cast": lambda machine, site: site.args[1] if len(site.args) > 1 else None,
}  # fmt: skip
