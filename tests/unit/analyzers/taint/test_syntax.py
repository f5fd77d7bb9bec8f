"""Both ways of reading a text give the same tree, and no text is refused."""

from __future__ import annotations

import ast
import inspect
import tarfile
import textwrap
import typing

import pytest

from ambient_lsp.analyzers.taint import syntax

MATCH = """
match command.split():
    case ["go", ("north" | "south") as way, *rest]:
        pass
    case {"x": 1, "y": y, **others} if y > 2:
        pass
    case Point(x=0, y=-1) | None | True:
        pass
    case a.b | "text" | 1.5:
        pass
    case [] | (1,) | _:
        pass
"""
PIECES = '''
x: int = 3
a, (b, *c) = d = 1, [2, 3]
with open("a") as f, open("b"):
    pass
with (open("a") as f, open("b") as g):
    pass
async def f(a, /, b=1, *args: int, c, d=2, **kwargs) -> None:
    async with a as b:
        await c
    async for i in d:
        yield i
    return [i async for i in x if i if not i]
try:
    pass
except (A, B) as error:
    raise X from error
else:
    pass
finally:
    del a[1], b
l = lambda x, *y, z=1: (x, y)
f"{a!r:>{width}} {{}} {b=} {c:%Y-%m-%d}" "tail" rb"\\x"[0]
print("a" "b", *args, key=1, **kwargs)
x = a if b else c
if (n := 10) > 5 and not (1 < n <= 3 != 4 is not None not in y):
    x[1:2, ::3] @= -y ** 2
elif z:
    global g
else:
    from . import a as b, c
    from ..x.y import (d,)
    import os.path as p, sys
{**a, "b": 1}; {1, 2}; {k: v for k, v in x}; (i for i in y)
assert x, "message"
@decorator(1)
class C(Base, metaclass=M):
    """Doc\\n\\t\\N{BULLET}."""
    x: "str"
'''


def shape(tree: ast.AST) -> str:
    for node in ast.walk(tree):
        if hasattr(node, "kind"):
            node.kind = None
    return ast.dump(tree)


@pytest.mark.parametrize(
    "text",
    [PIECES.replace(' rb"\\x"[0]', ""), MATCH, *(inspect.getsource(module) for module in (textwrap, tarfile, typing))],
    ids=["pieces", "match", "textwrap", "tarfile", "typing"],
)
def test_tree_sitter_gives_the_tree_that_python_gives(text):
    assert shape(syntax.convert(text)) == shape(ast.parse(text))


def test_places_are_those_that_python_gives():
    def places(tree):
        return sorted((n.lineno, n.col_offset, type(n).__name__) for n in ast.walk(tree) if isinstance(n, ast.expr))

    text = inspect.getsource(textwrap)
    assert places(syntax.convert(text)) == places(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "type Pair[T] = tuple[T, T]\ndef f[T](x: T) -> T:\n    return x\nclass C[T]: pass\n",
        "x = f'{a['b']} {f'{c}'}'\n",
        "x = t'{a}'\n",
        "try:\n    pass\nexcept A, B:\n    pass\n",
        "def f(:\n    x = (1,\n    y = [\n",
        "os.system(request.args['x'\n",
        "\0",
        "(" * 500,
        "-" * 5000 + "1",
        "a" + ".b" * 3000,
        "x = " + "+".join(["a"] * 3000),
    ],
)
def test_any_text_is_read_or_refused_as_too_deep(text):
    try:
        assert isinstance(syntax.read(text), ast.Module)
    except RecursionError:
        assert len(text) > 400
