"""What the code says about the types of its values: annotations, how they are made, how they are used.

Good enough to offer a change that is then measured and tested; where the code says nothing, the answer is `UNKNOWN`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.annotations import (
    BOOL,
    BYTES,
    FLOAT,
    INT,
    STR,
    UNKNOWN,
    Kind,
    annotation_kind,
    join,
)
from ambient_lsp.analyzers.speed.code import (
    COMPREHENSIONS,
    arguments,
    bare,
    builtin,
    called,
    dotted,
    expression_of,
    method,
    origin,
    own_attributes,
    statements,
)
from ambient_lsp.analyzers.speed.literals import (
    BUILTIN,
    CONSTANTS,
    KNOWN_CALLS,
    SPLITS,
    TO_STR,
    literal_kind,
    module_values,
    text_kind,
)
from ambient_lsp.analyzers.speed.names import ITEM, bindings, comprehension_binding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Code, Function, Node
    from ambient_lsp.analyzers.speed.names import Binding


_DEPTH = 7
_SAME = frozenset({"copy"})


def kind_of(node: Node | None, function: Function, depth: int = _DEPTH) -> Kind:
    """Return the kind of an expression's value."""
    node = bare(node)
    if node is None or depth <= 0:
        return UNKNOWN
    make = _BY_TYPE.get(node.type)
    return UNKNOWN if make is None else make(node, function, depth - 1)


def kind_of_name(name: str, function: Function, depth: int = _DEPTH) -> Kind:
    """Return the kind of a variable of the function, whatever way it is bound; of the module's own otherwise."""
    key = f"kind {name}"
    known = function.kinds.get(key)
    if isinstance(known, Kind):
        return known
    found = bindings(function).get(name)
    if not found:
        return _module_kind(name, function)
    function.kinds[key] = UNKNOWN  # what depends on itself
    annotated = [one.annotation for one in found if one.annotation is not None]
    if annotated:
        kind = annotation_kind(annotated[0].text)
    else:
        kind = join(_binding_kind(one, function, depth) for one in found if not _repeats_itself(one, function))
    if kind.name in {"list", "deque"} and not kind.args and not annotated:
        kind = Kind(kind.name, _appended(name, function, depth))
    if depth == _DEPTH:
        function.kinds[key] = kind
    else:
        function.kinds.pop(key, None)
    return kind


def hashable(node: Node, function: Function) -> bool:
    """Return whether a value surely is hashable: by its kind, or because the function uses it as a key anyway."""
    if kind_of(node, function).hashable:
        return True
    inside = bare(node)
    if inside is not None and inside.type in {"tuple", "expression_list"}:
        return all(hashable(child, function) for child in inside.children)
    return inside is not None and inside.type == "identifier" and _used_as_key(inside.text, function)


def _binding_kind(binding: Binding, function: Function, depth: int) -> Kind:
    if binding.how == "augment":
        # `text += part` keeps the kind of a text, a list or a number.
        return kind_of(binding.value, function, depth)
    if binding.value is None:
        return UNKNOWN
    return _led(binding.value, binding.path, function, depth)


def _led(value: Node, path: tuple[int, ...], function: Function, depth: int) -> Kind:
    kind = kind_of(value, function, depth)
    for step in path:
        if step == ITEM:
            kind = kind.item
        elif kind.name == "fixed":
            kind = kind.args[step] if step < len(kind.args) else UNKNOWN
        else:
            kind = kind.item if kind.name in {"list", "tuple", "str"} else UNKNOWN
    return kind


def _repeats_itself(binding: Binding, function: Function) -> bool:
    """Return whether a binding only makes a value larger: `text = text + part`, `rows += more`."""
    if binding.how == "del":
        return True
    value = bare(binding.value)
    if binding.how == "augment" and value is not None and value.type in {"list", "tuple"} and not value.children:
        return True
    if value is None or binding.path or value.type != "binary_operator":
        return False
    left = value.get("left")
    return left is not None and left.type == "identifier" and left.text == binding.name.text


def _module_kind(name: str, function: Function) -> Kind:
    """Return the kind of a constant of the module: a name that one plain assignment at its top binds."""
    made = module_values(function.node.code).get(name)
    return UNKNOWN if made is None else literal_kind(made)


def _appended(name: str, function: Function, depth: int) -> tuple[Kind, ...]:
    """Return the kind of what a list that starts empty is given, where nobody else gets hold of it."""
    kinds = []
    for use in function.node.code.uses_in(name, function.body):
        above = use.parent
        call = above.parent if above is not None and above.type == "attribute" else None
        found = method(call)
        if found is None or call is None:
            continue
        given = arguments(call)
        if found[1] in {"append", "appendleft"} and len(given) == 1:
            kinds.append(kind_of(given[0], function, depth))
        elif found[1] == "insert" and len(given) == 2:
            kinds.append(kind_of(given[1], function, depth))
        elif found[1] == "extend" and len(given) == 1:
            kinds.append(kind_of(given[0], function, depth).item)
    kind = join(kinds)
    return () if kind == UNKNOWN else (kind,)


def _used_as_key(name: str, function: Function) -> bool:
    for use in function.node.code.uses_in(name, function.body):
        above = use.parent
        if above is None or any(
            one.type == "try_statement" for one in use.ancestors() if one.index > function.node.index
        ):
            continue
        if above.type == "subscript" and use.field == "subscript":
            if kind_of(above.get("value"), function).name in {"dict", "mapping"}:
                return True
        elif above.type == "argument_list" and len(above.children) >= 1 and above.children[0] is use:
            found = method(above.parent)
            if found is not None and found[1] in {"add", "setdefault"}:
                return True
        elif above.type == "comparison_operator" and len(above.children) == 3 and above.children[0] is use:
            if above.children[1].type in {"in", "not in"} and kind_of(above.children[2], function).name in _KEYED:
                return True
    return False


_KEYED = frozenset({"set", "frozenset", "dict", "mapping"})


def _comprehension(node: Node, function: Function, depth: int) -> Kind:
    body = node.get("body")
    if node.type == "dictionary_comprehension":
        if body is None or body.type != "pair":
            return Kind("dict")
        return Kind("dict", (kind_of(body.get("key"), function, depth), kind_of(body.get("value"), function, depth)))
    name = {"list_comprehension": "list", "set_comprehension": "set"}.get(node.type, "iterator")
    return Kind(name, (kind_of(body, function, depth),))


def _display(node: Node, function: Function, depth: int) -> Kind:
    inside = [child for child in node.children if child.type != "comment"]
    if any("splat" in child.type for child in inside):
        return Kind("tuple" if node.type != "list" else "list")
    kinds = [kind_of(child, function, depth) for child in inside[:200]]
    if node.type in {"tuple", "expression_list"}:
        return Kind("fixed", tuple(kinds))
    return Kind(node.type, (join(kinds),) if kinds and join(kinds) != UNKNOWN else ())


def _dictionary(node: Node, function: Function, depth: int) -> Kind:
    pairs = [child for child in node.children if child.type == "pair"][:200]
    if not pairs or len(pairs) != len([child for child in node.children if child.type != "comment"]):
        return Kind("dict")
    return Kind("dict", (join(kind_of(one.get("key"), function, depth) for one in pairs),
                         join(kind_of(one.get("value"), function, depth) for one in pairs)))  # fmt: skip


def _identifier(node: Node, function: Function, depth: int) -> Kind:
    inner = comprehension_binding(node)
    if inner is not None and inner.value is not None:
        return _led(inner.value, inner.path, function, depth)
    return kind_of_name(node.text, function, depth)


def _attribute(node: Node, function: Function, depth: int) -> Kind:
    holder, name = node.get("object"), node.get("attribute")
    if holder is None or name is None:
        return UNKNOWN
    if holder.type == "identifier" and holder.text == "self":
        return _own_attribute(function, name.text)
    kind = kind_of(holder, function, depth)
    return _field(function.node.code, kind.cls, name.text) if kind.name == "object" else UNKNOWN


def _own_attribute(function: Function, name: str) -> Kind:
    """Return the kind of `self.name`: as the class annotates it, or as its methods set it."""
    code = function.node.code
    cls = next((above for above in function.node.ancestors() if above.type == "class_definition"), None)
    label = cls.get("name") if cls is not None else None
    if cls is None or label is None:
        return UNKNOWN
    known = code.attributes.get((cls.index, name))
    if isinstance(known, Kind):
        return known
    code.attributes[cls.index, name] = UNKNOWN  # what depends on itself
    kind = _field(code, label.text, name)
    if kind == UNKNOWN:
        kind = _set_by_methods(code, cls, name)
    code.attributes[cls.index, name] = kind
    return kind


def _set_by_methods(code: Code, cls: Node, name: str) -> Kind:
    kinds, items = [], []
    for use in own_attributes(cls, name):
        above, function = use.parent, code.function_at(use)
        if above is None or function is None:
            return UNKNOWN
        if above.type == "assignment" and use.field == "left":
            hint = above.get("type")
            kinds.append(annotation_kind(hint.text) if hint is not None else kind_of(above.get("right"), function))
        elif use.field == "left" or above.type in {"pattern_list", "tuple_pattern"}:
            return UNKNOWN
        elif above.type == "attribute" and (found := method(above.parent)) is not None and above.parent is not None:
            given = arguments(above.parent)
            if found[1] == "append" and len(given) == 1:
                items.append(kind_of(given[0], function))
    kind = join(kinds)
    if kind.name in {"list", "deque"} and not kind.args and items and join(items) != UNKNOWN:
        return Kind(kind.name, (join(items),))
    return kind


def _field(code: Code, cls: str, name: str) -> Kind:
    """Return the kind of an attribute that the class's body annotates."""
    node = code.classes.get(cls)
    for statement in statements(node.get("body") if node is not None else None):
        made = expression_of(statement)
        left = made.get("left") if made is not None and made.type == "assignment" else None
        if made is None or left is None or left.text != name:
            continue
        kind = made.get("type")
        return annotation_kind(kind.text) if kind is not None else UNKNOWN
    return UNKNOWN


def _subscript(node: Node, function: Function, depth: int) -> Kind:
    kind = kind_of(node.get("value"), function, depth)
    index = node.get("subscript")
    if index is not None and index.type == "slice":
        return Kind("tuple", (kind.item,)) if kind.name == "fixed" else kind
    if kind.name in {"dict", "mapping"}:
        return kind.args[1] if len(kind.args) > 1 else UNKNOWN
    if kind.name == "fixed" and index is not None and index.text.isdigit() and int(index.text) < len(kind.args):
        return kind.args[int(index.text)]
    return kind.item if kind.name in {"list", "tuple", "str", "sequence", "deque"} else UNKNOWN


def _operation(node: Node, function: Function, depth: int) -> Kind:
    operator = node.get("operator")
    left, right = kind_of(node.get("left"), function, depth), kind_of(node.get("right"), function, depth)
    if operator is None:
        return UNKNOWN
    if left.number and right.number:
        return FLOAT if operator.type == "/" else join((left, right))
    if operator.type == "%" and left in {STR, BYTES}:
        return left
    if operator.type == "+" and left.name == right.name and left.name in {"str", "bytes", "list"}:
        return join((left, right))
    if operator.type == "+" and STR in {left, right} and UNKNOWN in {left, right}:
        return STR
    if operator.type == "*" and left.name in {"str", "bytes", "list"}:
        return left
    return left if left == right and left.name == "set" and operator.type in {"|", "&", "-"} else UNKNOWN


def _either(node: Node, function: Function, depth: int) -> Kind:
    if node.type == "conditional_expression":
        return join((kind_of(node.children[0], function, depth), kind_of(node.children[-1], function, depth)))
    return join((kind_of(node.get("left"), function, depth), kind_of(node.get("right"), function, depth)))


def _call(node: Node, function: Function, depth: int) -> Kind:
    name = builtin(node)
    given = arguments(node)
    first = kind_of(given[0], function, depth) if given else UNKNOWN
    if name in BUILTIN:
        return BUILTIN[name]
    if name in {"list", "sorted", "tuple", "set", "frozenset", "reversed", "iter", "filter"}:
        made = {"sorted": "list", "reversed": "iterator", "iter": "iterator", "filter": "iterator"}.get(name, name)
        item = kind_of(given[1], function, depth).item if name == "filter" and len(given) > 1 else first.item
        return Kind(made, () if item == UNKNOWN else (item,))
    if name == "dict":
        return first if first.name == "dict" else Kind("dict")
    if name == "enumerate":
        return Kind("iterator", (Kind("fixed", (INT, first.item)),))
    if name == "zip":
        return Kind("iterator", (Kind("fixed", tuple(kind_of(one, function, depth).item for one in given)),))
    if name in {"min", "max"}:
        return first.item if len(given) == 1 else join(kind_of(one, function, depth) for one in given)
    if name in {"sum", "abs", "round"}:
        inner = first.item if name == "sum" else first
        return inner if inner.number else UNKNOWN
    full = origin(node)
    if full in KNOWN_CALLS:
        return KNOWN_CALLS[full]
    if full.startswith("collections."):
        made = {"deque": "deque", "defaultdict": "dict", "OrderedDict": "dict", "Counter": "dict"}.get(full[12:], "")
        return Kind(made) if made else UNKNOWN
    found = method(node)
    return _method(found, function, depth) if found is not None else _declared(node, function)


def _method(found: tuple[Node, str], function: Function, depth: int) -> Kind:
    receiver, name = found
    kind = kind_of(receiver, function, depth)
    if kind.name in {"dict", "mapping"}:
        key, value = kind.args if len(kind.args) == 2 else (UNKNOWN, UNKNOWN)
        return {"keys": Kind("keys", (key,)), "values": Kind("values", (value,)), "pop": value,
                "items": Kind("items", (Kind("fixed", (key, value)),)), "copy": kind}.get(name, UNKNOWN)  # fmt: skip
    if kind.name in {"list", "set", "deque"}:
        return {"copy": kind, "pop": kind.item, "popleft": kind.item, "index": INT, "count": INT}.get(name, UNKNOWN)
    if name in {"find", "index", "count"} and kind == STR:
        return INT
    if name == "decode":
        return STR
    if name == "encode":
        return BYTES
    unlikely = receiver.type == "attribute" and receiver.text.endswith((".str", ".dt", ".path"))
    if kind not in {UNKNOWN, STR} or unlikely or dotted(receiver) in receiver.code.imports:
        return UNKNOWN
    if name in TO_STR:
        return STR
    return Kind("list", (STR,)) if name in SPLITS else UNKNOWN


def _declared(node: Node, function: Function) -> Kind:
    """Return what a function of the module is declared to return, or the object that a class makes."""
    name = called(node)
    code = function.node.code
    if name in code.classes:
        return Kind("object", (), name)
    for full in _seen_as(name, function):
        for other in code.named.get(full, ()):
            if (returned := other.node.get("return_type")) is not None and not other.is_async:
                return annotation_kind(returned.text)
    return UNKNOWN


def _seen_as(name: str, function: Function) -> Iterator[str]:
    """Yield the dotted names that a called name may have: of a function inside of this one, or of those around it."""
    around = function.name
    while around:
        # What a class holds is no name for its methods.
        if around in function.node.code.named:
            yield f"{around}.{name}"
        around = around.rpartition(".")[0]
    yield name


def _constant(node: Node, function: Function, depth: int) -> Kind:
    return CONSTANTS[node.type]


_BY_TYPE = {
    **dict.fromkeys(CONSTANTS, _constant),
    **dict.fromkeys(COMPREHENSIONS, _comprehension),
    **dict.fromkeys(("list", "tuple", "set", "expression_list"), _display),
    **dict.fromkeys(("boolean_operator", "conditional_expression"), _either),
    **dict.fromkeys(("comparison_operator", "not_operator"), lambda node, function, depth: BOOL),
    "string": lambda node, function, depth: text_kind(node),
    "dictionary": _dictionary,
    "identifier": _identifier,
    "attribute": _attribute,
    "subscript": _subscript,
    "binary_operator": _operation,
    "unary_operator": lambda node, function, depth: kind_of(node.get("argument"), function, depth),
    "named_expression": lambda node, function, depth: kind_of(node.get("value"), function, depth),
    "call": _call,
}
