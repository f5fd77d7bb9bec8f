"""A function that two modules have word for word is kept once, where it means the same in both."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.refactoring import modules, twins

BODY = '''def clean(text: str) -> str:
    """Tidy."""
    words = re.split(" +", text.strip())
    return " ".join(words)
'''
ONE = f"import re\n\n\n{BODY}"
TWO = f'"""Two."""\nimport re\n\nX = 1\n\n\n{BODY}\n\ndef use(x):\n    return clean(x)  # call\n'


def test_before_and_after():
    (twin,) = twins.merge(TWO, ONE, "pkg.one")
    assert twin.name == "clean"
    assert twin.lines == 4
    assert twin.text == (
        '"""Two."""\nimport re\nfrom pkg.one import clean\n\nX = 1\n\n\ndef use(x):\n    return clean(x)  # call\n'
    )
    assert twins.merge(twin.text, ONE, "pkg.one") == []


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (ONE, TWO.replace("import re\n", "import regex as re\n")),
        (ONE, TWO.replace('" +"', '"  +"')),
        (ONE.replace('" +"', "SPACE"), TWO.replace('" +"', "SPACE")),
        (ONE, TWO.replace("def clean", "@cache\ndef clean")),
        (ONE, TWO + "\nclean = trace(clean)\n"),
        (ONE.replace("clean", "_clean"), TWO.replace("clean", "_clean")),
        (ONE, TWO.replace("def clean", "# Kept apart on purpose.\ndef clean")),
        (ONE, "def f("),
        ("", TWO),
    ],
)
def test_not_the_same(one, two):
    assert twins.merge(two, one, "pkg.one") == []


def test_a_cycle_is_seen_through_other_modules_and_packages():
    imports = {"p.a": ("p.b",), "p.b": ("p.c.name",), "p": (), "p.c": ()}
    assert modules.reaches("p.a", "p.c", imports)
    assert modules.reaches("p.a", "p", imports)
    assert not modules.reaches("p.c", "p.a", imports)


@pytest.mark.parametrize(
    ("home", "module", "near"),
    [
        ("app.util", "app.views", True),
        ("app.util", "app.web.views", True),
        # One optional backend must not need another one's library.
        ("app.contrib.mongo.tools", "app.contrib.sql.tools", False),
        ("app.mongo", "app.sql", False),
        ("app.sql", "app.mongo", True),
    ],
)
def test_an_import_brings_no_new_need(home, module, near):
    imports = {"app.mongo": ("json", "pymongo.errors", "app.util"), "app.sql": ("app.util",)}
    assert modules.is_near(home, module, imports) is near


def test_a_new_import_stands_in_order_with_those_of_its_package():
    text = "import os\n\nfrom app._util import a\nfrom web import b\n"
    assert modules.imported(text, "app.tools", "f") == (
        "import os\n\nfrom app._util import a\nfrom app.tools import f\nfrom web import b\n"
    )
    text = "import os\nfrom app.z import a\n"
    assert modules.imported(text, "app.tools", "f") == "import os\nfrom app.tools import f\nfrom app.z import a\n"
