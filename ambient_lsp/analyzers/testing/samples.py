"""Values to try for a parameter: ordinary ones first, then the boundaries of its kind and of what its name means."""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.spec.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.analyzers.spec.signatures import Parameter, Signature

_MOST = 12
_DEPTH = 4
_SCALARS: dict[str, tuple[str, ...]] = {
    "int": ("3", "0", "1", "2", "7", "10", "-1", "12", "5", "4"),
    "float": ("1.5", "0.0", "-2.5", "10.0", "0.25", "3.0"),
    "str": ("'Hello World'", "''", "'a'", "'  spaced  '", "'123'", "'aab'", "'Mixed_Case-text'", "'x, y'"),
    "bool": ("True", "False"),
    "bytes": ("b'abc'", "b''", "b'\\x00\\xff'"),
    "None": ("None",),
    "complex": ("1j",),
}
USUAL_TEXT = ["'Hello World'"]
"""What is tried first of a text that nothing more is known of."""
_LISTS: dict[str, tuple[str, ...]] = {
    "int": (
        "[3, 1, 2]",
        "[]",
        "[1]",
        "[5, 3, 5, 1]",
        "[1, 2, 3, 4, 5]",
        "[-2, 0, 7, 3, -5, 3]",
        "[4, 3, 2, 1]",
        "[2, 2]",
        "[-4, -1, -3]",
        "[2, 3, 2]",
    ),
    "float": ("[1.5, 2.5, 4.0]", "[]", "[2.0]", "[1.0, -1.0, 0.5, 3.0]", "[3.5, 0.5]", "[-2.5, -0.5, -1.5]"),
    "str": ("['pear', 'apple', 'fig']", "[]", "['a']", "['b', 'a', 'b', '']", "['B', 'a']"),
    "bool": ("[True, False, True]", "[]", "[False]"),
}
_SORTED = ("[1, 3, 5, 7, 9]", "[]", "[4]", "[2, 4]", "[1, 2, 2, 2, 5]", "[-3, 0, 8, 12]")
_MATRICES = ("[[1, 2, 3], [4, 5, 6]]", "[[1, 2], [3, 4]]", "[[7]]", "[]", "[[1], [2], [3]]",
             "[[1, 2, 3], [4, 5, 6], [7, 8, 9]]", "[[1, 1, 0], [1, 0, 0], [1, 1, 1]]")  # fmt: skip
_TABLES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # words of the parameter or function, kind, values
    (r"matrix|grid|rows?|board|transpose|pascal|spiral", "list[list]",
     _MATRICES),
    (r"row|col(umn)?|x|y|pos(ition)?", "int", ("0", "1", "2", "3")),
    (r"intervals?|ranges|meetings|spans", "list[list]",
     ("[[1, 3], [2, 6], [8, 10]]", "[]", "[[1, 4], [4, 5]]", "[[5, 8], [1, 2]]", "[[1, 10], [2, 3], [4, 12]]", "[[1, 2]]",
      "[[1, 2], [3, 4]]", "[[1, 10], [2, 3]]")),
    (r"intervals?|ranges|meetings|spans", "list[tuple]",
     ("[(1, 3), (2, 6), (8, 10)]", "[]", "[(1, 4), (4, 5)]", "[(5, 8), (1, 2)]", "[(1, 10), (2, 3), (4, 12)]", "[(1, 2)]",
      "[(1, 2), (3, 4)]", "[(1, 10), (2, 3)]")),
    (r"edges|prerequisites|dependencies|pairs", "list[tuple]",
     ("[('a', 'b'), ('b', 'c'), ('a', 'c')]", "[]", "[('a', 'b')]")),
    (r"coins|denominations", "list[int]", ("[1, 5, 10]", "[2, 5]", "[1]", "[]", "[1, 3, 4]")),
    (r"prices|stock", "list[int]", ("[7, 1, 5, 3, 6, 4]", "[]", "[5]", "[9, 7, 4, 1]", "[1, 2, 3]")),
    (r"anagrams?", "list[str]", ("['eat', 'tea', 'tan', 'ate', 'nat', 'bat']", "[]", "['a']", "['ab', 'ba', 'abb']")),
    (r"prefix|common", "list[str]", ("['flower', 'flow', 'flight']", "[]", "['dog', 'car']", "['same', 'same']", "['a']")),
    (r"flatten|nested|deep", "list", ("[1, [2, [3, 4]], 5]", "[]", "[[], [[]]]", "[1, 2]", "[[1, 2], [3]]", "[[[6]]]")),
    (r"palindrom\w*", "str", ("'racecar'", "'hello'", "''", "'abba'", "'abca'", "'Never odd or even'", "'ab'")),
    (r"palindrom\w*", "int", ("121", "10", "7", "1221", "123", "0")),
    (r"brackets?|parenthes[ie]s|parens?|balanced?", "str",
     ("'()'", "'([)]'", "'(('", "''", "'{[()]}'", "')('", "'())'", "'([]){}'", "'(]'", "']'")),
    (r"sep|separator|delimiter|glue|joiner", "str", ("'_'", "';'", "''", "', '")),
    (r"roman", "str", ("'III'", "'IV'", "'IX'", "'XLII'", "'MCMXCIV'", "'LVIII'", "'CD'")),
    (r"roman", "int", ("3", "4", "9", "42", "1994", "58", "400", "3999")),
    (r"anagrams?", "str", ("'listen'", "'silent'", "'aab'", "'abb'", "''", "'Listen'")),
    (r"binary|bits", "str", ("'1010'", "'0'", "'1'", "'11111111'")),
    (r"hex\w*", "str", ("'ff'", "'0'", "'1a'", "'7F'")),
    (r"colou?rs?|rgb", "str", ("'#ff8800'", "'#fff'", "'#000000'")),
    (r"rle|run|encod\w*|compress\w*", "str", ("'aaabbc'", "'a'", "''", "'abc'", "'zzzzzzzzzzzz'", "'aabaa'")),
    (r"decod\w*|decompress\w*|expand", "str", ("'3a2b1c'", "'a3b2c1'", "''", "'12z'", "'a'")),
    (r"rpn|postfix", "str", ("'3 4 +'", "'5 1 2 + 4 * + 3 -'", "'2 3 -'", "'8 2 /'")),
    (r"calc\w*|expr\w*|eval\w*", "str", ("'1 + 2 * 3'", "'(1 + 2) * 3'", "'8 - 3 - 2'", "'7'")),
    (r"ip|ipv4|address", "str", ("'192.168.0.1'", "'256.1.1.1'", "'1.2.3'", "'0.0.0.0'", "''")),
    (r"version", "str", ("'1.2.3'", "'1.10'", "'2.0.0rc1'", "''")),
    (r"emails?", "str", ("'ann@example.com'", "'no-at-sign'", "'a.b+c@example.co.uk'", "''")),
    (r"urls?|uri|link", "str", ("'https://example.com/a?b=1#c'", "'example.com'", "''")),
    (r"dates?|iso", "str", ("'2024-02-29'", "'1999-12-31'", "'2023-02-29'", "''")),
    (r"times?|duration|clock", "str", ("'12:30'", "'00:00'", "'23:59:59'", "'1h 30m'")),
    (r"path|file\w*", "str", ("'a/b/c.txt'", "''", "'/abs/file.tar.gz'", "'name'")),
    (r"snake|camel|pascal|kebab|case", "str", ("'hello_world'", "'HelloWorld'", "'helloWorld'", "'HTTPServer'", "''", "'a'")),
    (r"hamming|distance|levenshtein|edit|similar\w*", "str",
     ("'kitten'", "'sitting'", "''", "'abc'", "'abd'", "'flaw'", "'lawn'", "'axc'")),
    (r"subsequence|lcs|longest|common", "str", ("'abcde'", "'ace'", "''", "'abc'", "'AGGTAB'", "'GXTXAYB'", "'aa'")),
    (r"rpn\w*|postfix|reverse_polish", "list", ("[3, 4, '+']", "[5, 1, 2, '+', 4, '*', '+', 3, '-']", "[8, 2, '/']", "[2.0, 3.0, '-']", "[4.0]")),
    (r"shunting\w*|infix|yard", "list", ("[10, '-', 5, '-', 2]", "[1, '+', 2, '*', 3]", "[7]", "[8, '/', 2, '+', 1]")),
    (r"numeric|number|int|digits?", "str", ("'42'", "'-7'", "'0'", "'3.5'", "''", "'abc'")),
    (r"years?", "int", ("2024", "1900", "2000", "2023", "1996", "2100")),
    (r"months?", "int", ("2", "1", "12", "0", "13", "4")),
    (r"days?", "int", ("1", "28", "31", "15")),
    (r"hours?", "int", ("0", "12", "23", "24", "1")),
    (r"minutes?|seconds?|secs", "int", ("0", "59", "60", "61", "3600", "3661", "86400")),
    (r"bytes?|size|nbytes", "int", ("0", "1", "1023", "1024", "1536", "1048576")),
    (r"percent\w*|pct|score|grade", "int", ("50", "0", "100", "101", "-1", "89", "90")),
    (r"base|radix", "int", ("2", "10", "16", "8", "3")),
    (r"decimal|binary|bits?|hex\w*|popcount|gray", "int", ("10", "0", "1", "255", "8", "37", "6")),
    (r"primes?|sieve|factors?|divisors?", "int", ("10", "2", "1", "0", "9", "25", "13", "4", "12", "17", "30")),
    (r"gcd|lcm|divisor|multiple", "int", ("12", "18", "7", "0", "13", "1", "35", "21", "8")),
    (r"hanoi|disks?|power_set|subsets|permut\w*|queens|catalan|gray|levels?", "int", ("3", "0", "1", "2", "4")),
    (r"fact\w*|fib\w*|rows?|triangle|stairs?", "int", ("5", "0", "1", "2", "3", "7", "10", "-1")),
    (r"digits?|reverse|collatz|digital|happy|perfect|square", "int", ("123", "0", "9", "10", "28", "16", "6", "19")),
    (r"amount|capacity|target|total", "int", ("7", "0", "3", "10", "5", "11")),
    (r"window|chunk|step|group|batch", "int", ("2", "1", "3", "5", "4", "0")),
    (r"epsilon|eps|tol|tolerance|precision", "float", ("0.01", "0.5", "0.0001")),
    (r"ratio|rate|probability|fraction|alpha|weight", "float", ("0.5", "0.0", "1.0", "0.1")),
)  # fmt: skip
_GRAPHS: dict[str, tuple[str, ...]] = {
    "list": ("{'a': ['b', 'c'], 'b': ['d'], 'c': ['d'], 'd': []}", "{'a': []}", "{'a': ['b'], 'b': ['c'], 'c': ['a']}",
             "{'a': ['b'], 'b': [], 'c': ['a']}", "{}", "{'a': [], 'b': ['c'], 'c': ['b']}"),
    "dict": ("{'a': {'b': 1, 'c': 5}, 'b': {'c': 2, 'd': 7}, 'c': {'d': 1}, 'd': {}}", "{'a': {}}",
             "{'a': {'b': 10, 'c': 1}, 'b': {}, 'c': {'b': 2}}", "{'a': {'b': 3}, 'b': {'a': 3}, 'c': {}}"),
    "tuple": ("{'a': [('b', 1), ('c', 5)], 'b': [('c', 2), ('d', 7)], 'c': [('d', 1)], 'd': []}", "{'a': []}",
              "{'a': [('b', 10), ('c', 1)], 'b': [], 'c': [('b', 2)]}"),
}  # fmt: skip
_IS_GRAPH = re.compile(r"graph|adj\w*|edges|tree|deps|dependenc\w*|neighbou?rs|tasks|network|roads")
_TO_INT = str.maketrans("abcd", "1234")


def values(parameter: Parameter, signature: Signature) -> list[str]:
    """Return sources of values for a parameter, none where its kind is not known or not a builtin one.

    What the body compares the parameter with comes second, the values that its name or the function's stands for first.
    """
    if parameter.kind is None:
        return []
    kind = parameter.kind
    words = [parameter.name.lower(), *signature.words]
    usual = list(of_kind(kind.plain, words, signature))
    if not parameter.declared and kind.plain.name == "list":
        # What it holds is only guessed: nested lists, rows of a matrix and texts may be meant just as well.
        usual = [*_named(Kind("list"), words), *usual, *_LISTS["str"][:1]]
    if kind.name == "optional" and usual:
        usual.append("None")
    compared = parameter.compared if kind.plain.name in {"int", "str"} else ()
    return list(dict.fromkeys((*usual[:1], *compared[:4], *usual[1:])))[:_MOST]


def of_kind(kind: Kind, words: Sequence[str], signature: Signature | None = None, depth: int = _DEPTH) -> Iterator[str]:
    """Yield sources of values of a kind."""
    if depth == 0:
        return
    if kind.name == "literal":
        yield from kind.values
        return
    if kind.name == "any":
        kind = Kind("int")
    if kind.name == "callable":
        yield {"bool": "bool", "str": "str", "int": "len" if "key" in words else "abs"}.get(kind.inner[0].name, "str")
        return
    named = list(_named(kind, words))
    if not named and depth == _DEPTH and _is_numbers_in_rows(kind):
        named = list(_MATRICES)
    yield from named
    if named and kind.name == "list" and kind.element.plain.name in {"list", "tuple"}:
        return  # a matrix has rows of one length, an interval begins before it ends
    if kind.name == "str" and depth < _DEPTH:
        yield from ("'a'", "'bc'", "''", "'D'")  # inside of something else, where long ones hide the rest
        return
    if kind.name in _SCALARS:
        yield from (one for one in _SCALARS[kind.name] if not (named and one.startswith("-")))
        if kind.name == "str" and signature is not None:
            # Texts that hold what the body looks for: what it splits by, the prefixes that it knows.
            yield from (repr(f"ab{text}cd{text}1") for text in signature.literals[:3])
        return
    yield from _containers(kind, words, depth)


def _is_numbers_in_rows(kind: Kind) -> bool:
    inner = kind.element.plain
    return kind.name == inner.name == "list" and inner.element.plain.name in {"int", "float"}


def _named(kind: Kind, words: Sequence[str]) -> Iterator[str]:
    """Yield the values that go with the words, of this kind."""
    shape = kind.name
    if shape == "list" and kind.element.plain.name in {"list", "tuple"}:
        shape = f"list[{kind.element.plain.name}]"
    elif shape == "list" and kind.element.name != "any":
        shape = f"list[{kind.element.plain.name}]"
    for word in words:
        for pattern, of, found in _TABLES:
            nested = of == "list" and (shape == "list" or shape == "list[any]" or shape == "list[list]")
            if (of == shape or nested) and any(re.fullmatch(pattern, part) for part in {word, *word.split("_")}):
                yield from found


def _containers(kind: Kind, words: Sequence[str], depth: int) -> Iterator[str]:
    element = kind.element.plain
    if kind.name == "dict":
        yield from _dicts(kind, words, depth)
        return
    inner = list(of_kind(element, words, None, depth - 1))
    if not inner:
        return
    if kind.name == "list":
        is_sorted = {"binary", "bisect", "sorted", "ordered", "insort"} & set(words) or "merge" in words
        if element.name in {"int", "any"} and is_sorted:
            yield from _SORTED
        elif "merge" not in words or element.name != "int":
            yield from _LISTS.get("int" if element.name == "any" else element.name, ())
        if element.name not in _LISTS and element.name != "any":
            yield from (f"[{', '.join(inner[:3])}]", "[]", f"[{inner[0]}]")
    elif kind.name == "set":
        hashable = [one for one in inner if not one.startswith(("[", "{"))]
        yield from (f"{{{', '.join(hashable[:3])}}}", "set()", f"{{{hashable[-1]}}}") if hashable else ("set()",)
    elif kind.name == "tuple":
        parts = [list(of_kind(one.plain, words, None, depth - 1)) for one in kind.inner]
        if all(parts):
            for turn in range(3):
                yield f"({', '.join(part[turn % len(part)] for part in parts)}{',' if len(parts) == 1 else ''})"


def _dicts(kind: Kind, words: Sequence[str], depth: int) -> Iterator[str]:
    key, value = kind.inner[0].plain, kind.inner[1].plain
    if any(_IS_GRAPH.search(word) for word in words) and key.name in {"str", "int", "any"}:
        holds = value.element.plain.name if value.name == "list" else value.name
        graphs = _GRAPHS["tuple" if holds == "tuple" else "dict" if value.name == "dict" else "list"]
        sets = value.name == "set"
        for graph in graphs:
            text = graph.translate(_TO_INT).replace("'", "") if key.name == "int" else graph
            yield text.replace("[]", "set()").replace("[", "{").replace("]", "}") if sets else text
        return
    keys, values_ = list(of_kind(key, ["key"], None, depth - 1)), list(of_kind(value, words, None, depth - 1))
    if key.name == "str":
        keys = ["'a'", "'b'", "'c'"]
    if keys and values_:
        pairs = [f"{one}: {values_[turn % len(values_)]}" for turn, one in enumerate(keys[:3])]
        yield from (f"{{{', '.join(pairs)}}}", "{}", f"{{{pairs[0]}}}")
