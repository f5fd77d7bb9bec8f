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
