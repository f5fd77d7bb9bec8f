from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.context.facts import extract


@pytest.mark.parametrize(
    ("source", "imports"),
    [
        ("import os", ("os",)),
        ("import a.b.c, d as e", ("a.b.c", "d")),
        ("import a; import b", ("a",)),  # named in the module's docstring
        ("from a.b import c, d as e", ("a.b", "a.b.c", "a.b.d")),
        ("from . import x", (".", ".x")),
        ("from ..pkg import y", ("..pkg", "..pkg.y")),
        ("from .m import *", (".m",)),
        ("from.m import y", (".m", ".m.y")),
        ("from a import (\n    b,  # why (not)\n    c as d,\n)\nimport e", ("a", "a.b", "a.c", "e")),
        ("from a import b, \\\n    c", ("a", "a.b", "a.c")),
        ("if TYPE_CHECKING:\n    from a import b\n", ("a", "a.b")),
        ("def f():\n\timport lazily\n", ("lazily",)),
        ("try:\n    import x\nexcept ImportError:\n    import y\n", ("x", "y")),
        ("import a\r\nfrom b import c\r\n", ("a", "b", "b.c")),
        ("m = importlib.import_module('plug.in')", ("plug.in",)),
        (
            "PLUGINS = {'math': 'shop.plugins.math.setup'}\n\nm = importlib.import_module(PLUGINS[name])",
            ("shop.plugins.math.setup", "shop.plugins.math"),
        ),
        ("PLUGINS = {'math': 'shop.plugins.math.setup'}\n", ()),
        ("import_ = 1\nfrom_x = 2\nimportant = 3", ()),
        ("from a import (b,\nimport c\nx = 1", ("a", "a.b", "c")),  # half typed
        ("from a import", ("a",)),
        ("import", ()),
        ("import größe", ("größe",)),
    ],
)
def test_imports(source: str, imports: tuple[str, ...]) -> None:
    assert extract(source.encode()).imports == imports


def test_symbols_are_top_level_and_class_level() -> None:
    source = b"""import x
class A(Base):
    '''Doc.'''
    attr = 1

    def method(self):
        def inner(): ...

    async def later(self): ...
    class Nested:
        def deep(self): ...

def top(): ...
async def atop():
    def inner(): ...
if True:
    def hidden(): ...
class B[T]: x: int
"""
    assert extract(source).symbols == (
        ("A", "class", 1),
        ("A.method", "method", 5),
        ("A.later", "method", 8),
        ("top", "function", 12),
        ("atop", "function", 13),
        ("B", "class", 17),
    )


def test_syntax_of_the_future_and_half_typed_files_are_read() -> None:
    source = b'import a\ndef f[**P = [int]](x: P) -> None:\n    t"{x!r:>{width}}"\ntype X[T = int] = list[T]\n'
    source += b"except A, B:\nmatch x:\n    case {**rest}: ...\nclass Half(\nfrom z import q\n"
    facts = extract(source)
    assert facts.imports == ("a", "z", "z.q")
    assert [name for name, _, _ in facts.symbols] == ["f", "Half"]


def test_what_the_real_parser_finds_in_the_standard_library_is_found() -> None:
    missed = []
    for path in sorted(Path(ast.__file__).parent.glob("*.py"))[:120]:
        data = path.read_bytes()
        facts = extract(data)
        tree = ast.parse(data)
        wanted = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        wanted |= {
            "." * node.level + (node.module or "") for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        }
        missed += [(path.name, name) for name in wanted - set(facts.imports)]
        defined = {
            node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        missed += [(path.name, name) for name in defined - {name for name, _, _ in facts.symbols}]
    assert len(missed) <= 3, missed  # statements after a semicolon or a colon


@given(st.binary(max_size=300))
def test_no_bytes_break_it(data: bytes) -> None:
    extract(data)


@pytest.mark.parametrize(
    "data",
    [
        b"from a import (" * 20_000,
        b"\nfrom a import (\n#" * 5_000,
        b"from a import b \\\n" * 9_000,
        b"\nclass A:" * 20_000,
    ],
)
def test_hostile_text_does_not_stall(data: bytes) -> None:
    start = time.perf_counter()
    extract(data)
    assert time.perf_counter() - start < 2
