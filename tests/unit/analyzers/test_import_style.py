"""Imports that are made twice, take everything, or are written unlike the others."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers import ruff
from ambient_lsp.analyzers.styling import import_style
from ambient_lsp.analyzers.styling.import_style import Offer, offered
from ambient_lsp.analyzers.styling.outline import outline
from ambient_lsp.model import Replacement
from ambient_lsp.patching.edits import apply_replacements
from ambient_lsp.text import Lines


def fixed(text, raws):
    return apply_replacements(text, [Replacement(*edit) for raw in raws for edit in raw.data["edits"]])


def without_duplicates(text):
    return fixed(text, import_style.duplicates(outline(text)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\nimport sys\nimport os\n\nprint(os, sys)\n", "import os\nimport sys\n\nprint(os, sys)\n"),
        ("from a import b, c\nfrom a import c\nprint(b, c)\n", "from a import b, c\nprint(b, c)\n"),
        ("import a as b\nimport a as b\n", "import a as b\n"),
        ("import os\nx = os.sep\nimport os\n", "import os\nx = os.sep\n"),
    ],
)
def test_an_import_made_twice_goes(before, after):
    assert without_duplicates(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos = None\nimport os\n",
        "import json\ntry:\n    import ujson as json\nexcept ImportError:\n    pass\nimport json\n",
        "import os\nimport os.path\n",
        "from a import b\nfrom c import b\nfrom a import b\n",
        "import os\ndel os\nimport os\n",
        "import os\nimport os  # again\n",
        "import os; import os\n",
        "from a import b, c\nfrom a import c, d\n",
        "import os\n\n\ndef f():\n    import os\n\n    return os\n",
        "import os\nimport os.path as os\nimport os\n",
    ],
)
def test_an_import_that_may_mean_something_the_second_time_stays(text):
    assert without_duplicates(text) == text


MONEY = "class Money: ...\n\n\ndef total(x): ...\n\n\n_private = 1\nTAX = 2\n"


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (MONEY, {"Money", "total", "TAX"}),
        ("__all__ = ['a', \"b\"]\n", {"a", "b"}),
        ("__all__ = ('a',)\nb = 1\n", {"a"}),
        ("import os\nfrom x import y as z\n", {"os", "z"}),
        ("from x import *\n", None),
        ("__all__ = [n for n in dir()]\n", None),
        ("__all__ = ['a']\n__all__ += ['b']\n", None),
        ("globals()['x'] = 1\n", None),
        ("def f(:\n", None),
    ],
)
def test_what_a_module_offers_is_told_only_where_it_is_certain(module, names):
    offer = offered(module)
    assert (offer.names if offer else None) == names


def expanded(text, elsewhere="", offer=MONEY, module="shop.cart", source="shop.money"):
    offers = {source: offered(offer, "shop.money")}
    told = ruff.check(text, "x.py", "/", ruff.Selection(select=("F405",))).diagnostics
    unbound = frozenset(Lines(text).slice(one.span) for one in told)
    path = f"{module.replace('.', '/')}.py"
    return fixed(text, import_style.star(outline(text), offers, unbound, elsewhere, path, module))


def test_a_star_becomes_the_names_that_are_used():
    text = "from shop.money import *\n\n# TAX\nx = total([Money(1)])\n"
    assert expanded(text) == "from shop.money import Money, total\n\n# TAX\nx = total([Money(1)])\n"


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("from shop.money import *\nfrom other import *\nx = total(1)\n", ""),
        ("from shop.money import *\ntotal = 1\nx = total\n", ""),
        ("total = 1\nfrom shop.money import *\nx = total(Money(1))\n", ""),
        ("from shop.money import *\nif x:\n    total = 1\ny = Money(1)\n", ""),
        ("from shop.money import *\nx = eval('total(1)')\n", ""),
        ("from shop.money import *\n__all__ = ['total']\nx = total(1)\n", ""),
        ("from shop.money import *\nx = 1\n", ""),
        ("from shop.money import *\nx = total(1)\n", "from .cart import TAX\n"),  # taken from here by another file
        ("from unknown import *\nx = total(1)\n", ""),
        ("from elsewhere import total\nfrom shop.money import *\nx = total(Money(1))\n", ""),
    ],
)
def test_a_star_that_is_not_certain_stays(text, elsewhere):
    assert expanded(text, elsewhere) == text


def test_what_both_modules_import_from_one_place_is_no_conflict():
    text = "import os\nfrom shop.money import *\nx = total(os.sep)\n"
    assert expanded(text, offer="import os\n" + MONEY) == text.replace("import *", "import total")
    assert expanded(text, offer="import ntpath as os\n" + MONEY) == text


def test_what_comes_from_the_same_module_by_name_too_is_no_conflict():
    text = "from .money import Money\nfrom .money import *\nx = total(Money(1))\n"
    assert expanded(text, source=".money") == text.replace("import *", "import total")
    text = "from .tax import rate\nfrom .money import *\nx = total(rate)\n"
    assert expanded(text, offer="from .tax import rate\n" + MONEY, source=".money") == text.replace("*", "total")
    assert expanded(text, offer="from .other import rate\n" + MONEY, source=".money") == text


def test_what_a_function_calls_its_own_or_the_file_defines_below_is_no_conflict():
    text = "from shop.money import *\n\n\ndef f(total):\n    return total, Money(1)\n"
    assert expanded(text) == text.replace("*", "Money")
    text = "from shop.money import *\n\n\ndef total(x):\n    return Money(x)\n"
    assert expanded(text) == text.replace("*", "Money")
    text = '"""Like eval(x)."""\nfrom shop.money import *\nx = total(1)\n'
    assert expanded(text) == text.replace("*", "total")


def test_many_names_are_wrapped():
    names = [f"a_rather_long_name_{number}" for number in range(5)]
    text = f"from shop.money import *\nprint({', '.join(names)})\n"
    new = expanded(text, offer="".join(f"{name} = 1\n" for name in names))
    assert new.startswith("from shop.money import (\n    a_rather_long_name_0,\n")
    assert expanded(new) == new


def alike(text, module="shop.cart", is_package=False):
    return fixed(text, import_style.mixed(outline(text), module, is_package=is_package))


RELATIVE = "from .a import x\nfrom .b import y\nfrom .c import z\n"
ABSOLUTE = "from shop.a import x\nfrom shop.b import y\nfrom shop.c import z\n"


def test_the_one_import_that_is_written_otherwise_is_written_alike():
    assert alike(RELATIVE + "from shop.d import w\n") == RELATIVE + "from .d import w\n"
    assert alike(ABSOLUTE + "from .d import w\n") == ABSOLUTE + "from shop.d import w\n"
    assert alike(RELATIVE + "from shop.d import w\n", "shop", is_package=True) == RELATIVE + "from .d import w\n"


@pytest.mark.parametrize(
    ("text", "module"),
    [
        (RELATIVE + "from shop.d import w\nfrom shop.e import v\n", "shop.cart"),
        (RELATIVE + "from shop.d import w\n", ""),
        (RELATIVE + "from shopping.d import w\n", "shop.cart"),
        (ABSOLUTE + "from . import w\n", "shop.cart"),
        (ABSOLUTE + "from ..d import w\n", "shop.cart"),
        ("from .a import x\nfrom shop.d import w\n", "shop.cart"),
        # The top package is imported absolutely here, its nearest part relatively: a way of its own.
        ("from shop.babel import _\nfrom shop.admin.d import w\n" + RELATIVE, "shop.admin.cart"),
        ("from shop.admin import d\nfrom shop.admin.d import w\n" + RELATIVE, "shop.admin.cart"),
    ],
)
def test_what_is_no_habit_or_not_certain_is_left(text, module):
    assert alike(text, module) == text


def test_an_offer_can_be_pickled():
    import pickle

    assert pickle.loads(pickle.dumps(Offer(frozenset({"a"})))) == Offer(frozenset({"a"}))
