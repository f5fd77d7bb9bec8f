"""Kinds of values: read from annotations, defaults, docstrings and use; and whether a value is of a kind."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libcst as cst

from ambient_lsp.analyzers.syntax import dotted, is_name, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LISTS = frozenset({"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "Iterator", "array"})
_SETS = frozenset({"set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet"})
_DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})
_SAME = {"int": "int", "float": "float", "str": "str", "bool": "bool", "bytes": "bytes", "None": "None",
         "complex": "complex", "Text": "str", "AnyStr": "str", "Number": "int", "Integral": "int", "SupportsInt": "int",
         "Real": "float", "NoneType": "None"}  # fmt: skip
_ANYTHING = frozenset({"Any", "object", "Hashable", "Comparable", "SupportsLessThan"})
_WORDS = (
    (r"(list|array|sequence|iterable|collection)s? of (int|integer|number|num)s?", "list[int]"),
    (r"(list|array|sequence|iterable|collection)s? of (str|string|word|name)s?", "list[str]"),
    (r"(list|array|sequence)s? of (list|array|row)s?|matrix|2-?d (list|array)|grid", "list[list[int]]"),
    (r"(dict|dictionary|mapping|map)\b", "dict[str, int]"),
    (r"(list|array|sequence|iterable|collection)\b", "list"),
    (r"(bool|boolean|flag)\b", "bool"),
    (r"(float|real number|decimal)\b", "float"),
    (r"(int|integer|number|count|length|index)\b", "int"),
    (r"(str|string|text|word|sentence)\b", "str"),
)
_NAMES = (
    (r"(matrix|grid|board|rows)", "list[list[int]]"),
    (
        r"(arr|array|lst|list|items|coins|tokens|nodes|prices|weights|nums|numbers|values|seq|sequence|xs|ys|elements"
        r"|data|iterable)\w{0,2}",
        "list[int]",
    ),
    (r"(epsilon|eps|tol|tolerance|rate|ratio|probability|weight|alpha)", "float"),
    (r"(\w+_)?(words|strings|names|strs|lines|parts|paths|segments|labels|args)", "list[str]"),
    (r"(s|t|st|str|string|text|word|name|sentence|source|target|s\d|string\d|str\d|word\d|phrase|line|sep|separator"
     r"|delimiter|prefix|suffix|char|letter|title|label|message|msg|content|html|url|path|filename|token|query|pattern"
     r"|expression|expr|slug|raw|password|email)", "str"),
    (r"(n|m|k|i|j|a|b|c|x|y|z|num|number|count|size|limit|year|month|day|low|high|start|stop|end|step|index|amount"
     r"|total|depth|height|width|base|capacity|integer|denominator|numerator|value|possible)\w?", "int"),
)  # fmt: skip
_STRING_METHODS = frozenset({"split", "lower", "upper", "strip", "startswith", "endswith", "replace", "isdigit",
                             "isalpha", "isalnum", "encode", "splitlines", "casefold", "title", "find", "rfind",
                             "partition", "rpartition", "rsplit", "lstrip", "rstrip", "swapcase", "isspace", "isupper",
                             "islower", "zfill", "ljust", "rjust", "join", "format"})  # fmt: skip
_DICT_METHODS = frozenset({"items", "keys", "values", "get"})
_LIST_METHODS = frozenset({"append", "extend", "sort", "insert", "pop", "reverse"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value. `name` is a builtin type, "optional", "union", "callable", "literal" or "any".

    `inner` are the kinds inside; of a callable, what it returns; of a literal, nothing: `values` are its sources.
    """

    name: str
    inner: tuple[Kind, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def plain(self) -> Kind:
        """The kind without "or None", and the first one of a union."""
        return self.inner[0].plain if self.name in {"optional", "union"} and self.inner else self

    @property
    def element(self) -> Kind:
        """What a list, tuple or set of this kind holds; of a dict, the key."""
        return self.inner[0] if self.inner else Kind("any")


def of_annotation(node: cst.BaseExpression, aliases: Mapping[str, cst.BaseExpression], depth: int = 5) -> Kind | None:
    """Return the kind that an annotation names; None for classes that are not builtin."""
    if depth == 0:
        return None
    if isinstance(node, cst.SimpleString):
        inside = node.evaluated_value
        try:
            return of_annotation(cst.parse_expression(str(inside)), aliases, depth - 1)
        except cst.ParserSyntaxError:
            return None
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
        return _either([node.left, node.right], aliases, depth)
    outer, parts = (node.value, _parts(node)) if isinstance(node, cst.Subscript) else (node, [])
    full = dotted(outer)
    name = full.rpartition(".")[2]
    if full in aliases and not parts:
        return of_annotation(aliases[full], aliases, depth - 1)
    if name in {"Annotated", "Final", "ClassVar", "Required"} and parts:
        return of_annotation(parts[0], aliases, depth - 1)
    if name in _SAME:
        return Kind(_SAME[name])
    if name in _ANYTHING or re.fullmatch(r"_?[A-Z][A-Z0-9]{0,2}|\w*T(_co|_contra)?", name):
        return Kind("any")
    if name == "Optional" and parts:
        return _either([parts[0], cst.Name("None")], aliases, depth)
    if name == "Union":
        return _either(parts, aliases, depth)
    if name == "Literal":
        return Kind("literal", values=tuple(cst.Module([]).code_for_node(part) for part in parts))
    if name == "Callable":
        returned = of_annotation(parts[1], aliases, depth - 1) if len(parts) > 1 else None
        return Kind("callable", (returned or Kind("any"),))
    return _container(name, parts, aliases, depth)


def _container(
    name: str, parts: list[cst.BaseExpression], aliases: Mapping[str, cst.BaseExpression], depth: int
) -> Kind | None:
    inner = [of_annotation(part, aliases, depth - 1) for part in parts if not isinstance(part, cst.Ellipsis)]
    known = tuple(kind for kind in inner if kind is not None)
    if len(known) != len(inner):
        return None
    if name in _LISTS:
        return Kind("list", known[:1] or (Kind("any"),))
    if name in _SETS:
        return Kind("set", known[:1] or (Kind("any"),))
    if name in _DICTS:
        return Kind("dict", known if len(known) == 2 else (Kind("str"), Kind("any")))
    if name in {"tuple", "Tuple"}:
        many = len(parts) == 2 and isinstance(parts[1], cst.Ellipsis)
        return Kind("tuple", (known[0], known[0]) if many else known or (Kind("any"), Kind("any")))
    return None


def _either(parts: list[cst.BaseExpression], aliases: Mapping[str, cst.BaseExpression], depth: int) -> Kind | None:
    kinds = [of_annotation(part, aliases, depth - 1) for part in parts]
    known = [kind for kind in kinds if kind is not None and kind.name != "None"]
    if not known:
        return None
    # A class beside builtin types can be left out of what is tried; what is returned may still be one.
    alternatives = [*known, *(Kind("any") for kind in kinds if kind is None)]
    union = alternatives[0] if len(alternatives) == 1 else Kind("union", tuple(alternatives))
    return Kind("optional", (union,)) if any(kind is not None and kind.name == "None" for kind in kinds) else union


def of_value(value: Any) -> Kind:
    """Return the kind of a literal's value."""
    if isinstance(value, dict):
        key, one = next(iter(value.items()), ("", 0))
        return Kind("dict", (of_value(key), of_value(one)))
    if isinstance(value, list | set | frozenset):
        return Kind("list" if isinstance(value, list) else "set", (_common([of_value(one) for one in value]),))
    if isinstance(value, tuple):
        return Kind("tuple", tuple(of_value(one) for one in value))
    return Kind("None" if value is None else type(value).__name__)


def _common(kinds: list[Kind]) -> Kind:
    return kinds[0] if kinds and all(kind.name == kinds[0].name for kind in kinds) else Kind("any")


def of_source(source: str) -> Kind | None:
    """Return the kind of a literal's source; None where it is no literal, or just None."""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return None if value is None else of_value(value)


def of_words(words: str) -> Kind | None:
    """Return the kind that a phrase of a docstring means ("a sorted list of ints")."""
    return next((_named(kind) for pattern, kind in _WORDS if re.search(rf"\b{pattern}", words, re.IGNORECASE)), None)


def of_use(name: str, body: cst.CSTNode) -> Kind | None:
    """Return the kind that a body treats a parameter as, else the one that its name suggests."""
    methods = {node.attr.value for node in walk(body) if isinstance(node, cst.Attribute) and is_name(node.value, name)}
    if methods & _STRING_METHODS:
        return Kind("str")
    if methods & _DICT_METHODS:
        return _named("dict[str, int]")
    by_name = next((_named(kind) for pattern, kind in _NAMES if re.fullmatch(pattern, name.strip("_").lower())), None)
    if methods & _LIST_METHODS:
        return by_name if by_name is not None and by_name.name == "list" else _named("list[int]")
    if methods - {"count", "index", "copy"}:
        return None  # an object of a class of its own
    if any(_counts(node, name) for node in walk(body)):
        return Kind("int")
    if any(_iterates(node, name) for node in walk(body)):
        return by_name if by_name is not None and by_name.name in {"list", "str"} else _named("list[int]")
    return by_name


def _counts(node: cst.CSTNode, name: str) -> bool:
    if isinstance(node, cst.Comparison):
        sides = [node.left, *(one.comparator for one in node.comparisons)]
        plain = not any(isinstance(one.operator, cst.In | cst.NotIn) for one in node.comparisons)
        return plain and any(is_name(one, name) for one in sides) and any(map(_is_number, sides))
    if isinstance(node, cst.Call) and dotted(node.func) == "range":
        return any(is_name(one.value, name) for one in node.args)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Subtract | cst.FloorDivide):
        return is_name(node.left, name) or is_name(node.right, name)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo):
        return is_name(node.left, name)
    numbers = isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add | cst.Divide | cst.Power)
    return (
        isinstance(node, cst.BinaryOperation)
        and numbers
        and (is_name(node.left, name) or is_name(node.right, name))
        and (_is_number(node.left) or _is_number(node.right))
    )


def _is_number(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Integer | cst.Float) or (isinstance(node, cst.Call) and dotted(node.func) == "len")


def _iterates(node: cst.CSTNode, name: str) -> bool:
    if isinstance(node, cst.Call) and dotted(node.func) in {"len", "sorted", "sum", "min", "max", "enumerate", "list"}:
        return any(is_name(one.value, name) for one in node.args)
    if isinstance(node, cst.Subscript | cst.StarredElement):
        return is_name(node.value, name)
    if isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Tuple):
        return is_name(node.value, name)
    return isinstance(node, cst.For | cst.CompFor) and is_name(node.iter, name)


def conforms(value: Any, kind: Kind) -> bool:
    """Return whether a value is of a kind, as type checkers see it: an int will do for a float."""
    inner = kind.inner
    match kind.name:
        case "any" | "callable" | "literal" | "complex":
            return True
        case "optional":
            return value is None or conforms(value, inner[0])
        case "union":
            return any(conforms(value, one) for one in inner)
        case "None":
            return value is None
        case "int":
            return isinstance(value, int)
        case "float":
            return isinstance(value, int | float)
        case "list":
            # An iterable may be of any make; what must hold is what is in it.
            return isinstance(value, list | tuple | set | frozenset | dict | str) and (
                isinstance(value, str) or all(conforms(one, kind.element) for one in value)
            )
        case "set":
            return isinstance(value, set | frozenset) and all(conforms(one, kind.element) for one in value)
        case "dict":
            return isinstance(value, dict) and all(
                conforms(key, inner[0]) and conforms(one, inner[1]) for key, one in value.items()
            )
        case "tuple":
            return isinstance(value, tuple)
        case name:
            return type(value).__name__ == name


def _named(source: str) -> Kind:
    kind = of_annotation(cst.parse_expression(source), {})
    return kind or Kind("any")


def _parts(node: cst.Subscript) -> list[cst.BaseExpression]:
    return list(_elements(node))


def _elements(node: cst.Subscript) -> Iterator[cst.BaseExpression]:
    for element in node.slice:
        if isinstance(element.slice, cst.Index):
            yield element.slice.value
