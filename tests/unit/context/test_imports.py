from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.context.facts import extract
from ambient_lsp.context.imports import Graph


def graph(files: dict[str, str]) -> Graph:
    built = Graph()
    built.build({path: extract(source.encode()).imports for path, source in files.items()})
    return built


SHOP = {
    "src/shop/__init__.py": "",
    "src/shop/money.py": "import decimal",
    "src/shop/cart.py": "from .money import Money",
    "src/shop/web/__init__.py": "",
    "src/shop/web/views.py": "from ..cart import Cart\nfrom shop import money",
    "src/shop/types.py": "if TYPE_CHECKING:\n    from shop.cart import Cart",
    "src/shop/alone.py": "",
    "tests/conftest.py": "from shop.web import views",
    "tests/test_cart.py": "from shop.cart import Cart",
    "tests/test_other.py": "import helpers",
    "tests/helpers.py": "import shop.money",
    "tests/unit/test_deep.py": "",
    "test_outside.py": "",
}


def test_dependents_come_nearest_first() -> None:
    shop = graph(SHOP)
    assert shop.dependents("src/shop/money.py", radius=1) == (
        "src/shop/cart.py",
        "src/shop/web/views.py",
        "tests/helpers.py",
    )
    two = shop.dependents("src/shop/money.py")
    assert two[3:5] == ("src/shop/types.py", "tests/conftest.py")
    assert set(two[3:]) == {"src/shop/types.py", "tests/conftest.py", "tests/test_cart.py", "tests/test_other.py"}
    assert shop.dependents("src/shop/money.py", limit=1) == ("src/shop/cart.py",)
    assert shop.dependents("src/shop/alone.py") == ()
    assert shop.dependents("no/such.py") == ()


def test_tests_for_a_file_are_those_that_reach_it_and_what_conftest_serves() -> None:
    shop = graph(SHOP)
    found = shop.tests_for(["src/shop/cart.py"])
    assert found[0] == "tests/test_cart.py"
    assert set(found) == {"tests/test_cart.py", "tests/test_other.py", "tests/unit/test_deep.py"}  # through conftest
    assert "test_outside.py" not in found
    assert set(shop.tests_for(["tests/conftest.py"])) == {p for p in SHOP if p.startswith("tests/") and "test_" in p}
    assert shop.tests_for(["tests/test_other.py"]) == ("tests/test_other.py",)
    assert len(shop.tests_for(["src/shop/cart.py"], limit=1)) == 1


def test_a_test_named_after_a_file_counts_even_if_no_import_shows_it() -> None:
    assert graph({"tool.py": "", "tests/test_tool.py": "import subprocess"}).tests_for(["tool.py"]) == (
        "tests/test_tool.py",
    )


def test_modules_have_the_names_they_are_imported_by() -> None:
    shop = graph({**SHOP, "name/space/mod.py": "", "lib/other/x.py": ""})
    assert shop.module("src/shop/web/views.py") == "shop.web.views"
    assert shop.module("src/shop/web/__init__.py") == "shop.web"
    assert shop.module("name/space/mod.py") == "name.space.mod"
    assert shop.module("lib/other/x.py") == "other.x"


def test_namespace_packages_and_several_roots() -> None:
    many = graph(
        {
            "a/src/ns/one.py": "",
            "b/src/ns/two.py": "from ns import one",
            "c/utils.py": "",
            "c/main.py": "import utils",
            "d/utils.py": "",
            "d/main.py": "import utils",
        }
    )
    assert many.dependents("c/utils.py") == ("c/main.py",)
    assert many.dependents("d/utils.py") == ("d/main.py",)


def test_a_file_inside_a_package_does_not_shadow_the_standard_library() -> None:
    assert graph({"p/__init__.py": "", "p/json.py": "", "p/a.py": "import json"}).dependents("p/json.py") == ()


def test_cycles_end() -> None:
    ring = graph({"a.py": "import b", "b.py": "import c", "c.py": "import a", "test_a.py": "import a"})
    assert set(ring.dependents("a.py", radius=9)) == {"b.py", "c.py", "test_a.py"}
    assert ring.tests_for(["b.py"]) == ("test_a.py",)


NAMES = [
    "a.py",
    "b.py",
    "p/__init__.py",
    "p/a.py",
    "p/q/__init__.py",
    "p/q/b.py",
    "src/s/c.py",
    "t/test_a.py",
    "t/conftest.py",
]
SOURCES = [
    "",
    "import a",
    "from . import a",
    "import p.a",
    "from p import q",
    "from .q import b",
    "import s.c, b",
    "from .. import a",
]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([*SOURCES, None])), max_size=25))
def test_updates_give_the_same_graph_as_building_anew(steps: list[tuple[str, str | None]]) -> None:
    files: dict[str, str] = {}
    grown = Graph()
    grown.build({})
    for path, source in steps:
        if source is None:
            files.pop(path, None)
        else:
            files[path] = source
        grown.update(path, None if source is None else extract(source.encode()).imports)
    anew = graph(files)
    for path in NAMES:
        assert grown.dependents(path) == anew.dependents(path)
        assert grown.tests_for([path]) == anew.tests_for([path])
        assert grown.module(path) == anew.module(path)
