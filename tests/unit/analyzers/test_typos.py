"""Sure misspellings in prose are put right; code, names and strings are not touched."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.styling import typos
from ambient_lsp.analyzers.styling.misspellings import CORRECTIONS
from ambient_lsp.analyzers.styling.outline import outline
from ambient_lsp.model import Replacement
from ambient_lsp.patching.edits import apply_replacements


def fixed(text, known=()):
    raws = typos.find(outline(text), known)
    return apply_replacements(text, [Replacement(*edit) for raw in raws for edit in raw.data["edits"]])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# recieve teh value\nx = 1\n", "# receive the value\nx = 1\n"),
        ("x = 1  # Seperate it\n", "x = 1  # Separate it\n"),
        ('def f():\n    """Retreive it.\n\n    An occured error.\n    """\n',
         'def f():\n    """Retrieve it.\n\n    An occurred error.\n    """\n'),
        ("é = 1  # lenght of é\n", "é = 1  # length of é\n"),
        ("# a) recieve\nx = 1\r\n# b) wich succesful\r\n", "# a) receive\nx = 1\r\n# b) wich successful\r\n"),
    ],
)  # fmt: skip
def test_prose_is_put_right(before, after):
    assert fixed(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "x = 'recieve'\n",
        "# the header is `recieve`\nx = 1\n",
        "# see https://example.test/recieve\nx = 1\n",
        "# see recieve() and a.recieve and recieve_it\nx = 1\n",
        "def recieve():\n    # recieve them all\n    pass\n",  # it is called that
        "# codespell:ignore recieve\nx = 1\n",
        'def f():\n    """Do.\n\n    >>> f("recieve")\n    recieve\n    """\n',
        '"""Usage: x recieve."""\n\nprint(__doc__)\n',  # the program shows it
        "# Mr. Teh wrote the colour licence\nx = 1\n",
        "# the referer header, a filed complaint, and so on\nx = 1\n",
        "# recieve \ndef f(:\n",
        "# alef and teh marbuta become ا and ه\nx = 1\n",
        "# funcion para cambiar los parametros\nx = 1\n",
    ],
)
def test_what_is_no_prose_or_no_sure_mistake_stays(text):
    assert fixed(text) == text


def test_a_word_that_the_project_knows_stays():
    assert fixed("# recieve\nx = 1\n", {"recieve"}) == "# recieve\nx = 1\n"


def test_the_list_has_one_plain_correction_for_each_word_and_corrects_no_correction():
    assert all(wrong.isalpha() and right.isalpha() and wrong.islower() for wrong, right in CORRECTIONS.items())
    assert not set(CORRECTIONS) & set(CORRECTIONS.values())


def test_a_name_is_corrected_part_by_part_and_abbreviations_are_left():
    assert typos.corrected("_recieve_data") == "_receive_data"
    assert typos.corrected("seperateItems") == "separateItems"
    assert typos.corrected("lenght") == "length"
    assert typos.corrected("paramete") == "paramete"  # a letter left out on purpose, maybe
