"""Our own style rules on text that is cut off, hostile, or long: they answer, and soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ambient_lsp.analyzers.styling import own_style
from ambient_lsp.analyzers.styling.own_style import Surroundings
from ambient_lsp.analyzers.styling.project_style import ProjectStyle

REAL = Path(own_style.__file__).with_name("docstring_writing.py").read_text("utf-8")
AROUND = Surroundings(words=frozenset(), module="ambient_lsp.analyzers.x")


def looked(text):
    own_style.find(text, "x.py", ProjectStyle(), AROUND)
    own_style.questions(text)
    own_style.renames(text, "x.py", ProjectStyle(), AROUND)


def test_text_that_is_cut_off_anywhere_raises_nothing():
    for end in range(0, len(REAL), 1511):
        looked(REAL[:end])
        looked(REAL[end:])


@pytest.mark.parametrize(
    "text",
    [
        "\ud800 = 1  # recieve\n",
        "\r\r\n\n\r",
        "\x0c\nimport os\x0c\n",
        "é = '''\\N{BULLET}'''  # lenght\n",
        "type A[T] = list[T]\nx = t'{A}'  # recieve\n",
        'def f(a, /, *, b):\n    """D.\n\n    Args:\n        :\n    """\n',
    ],
)
def test_odd_text_raises_nothing(text):
    looked(text)


@pytest.mark.parametrize(
    "text",
    [
        "# " + "`" * 60_000 + "\n",
        "# " + "recieve " * 8_000 + "\n",
        "# a = f(x)\n" * 6_000,
        "".join(f"# see `some_long_name_{n}()`\n" for n in range(3_000)),
        "import os\n" * 3_000,
        "".join(f"def f{n}(a):\n    my_name = oneName = a\n    return oneName\n\n\n" for n in range(800)),
        'def f(a):\n    """D.\n\n' + "    :param " + "a" * 60_000 + "\n" + '    """\n',
        'def f(a):\n    """D.\n\n    Args:\n' + "        a: " + "(" * 30_000 + "\n" + '    """\n',
        "class A:\n" + "".join(f"    class A{n}: ...\n" for n in range(2_000)),
        "x = [" + "[" * 200 + "]" * 200 + "]\n",
    ],
)
def test_hostile_text_takes_bounded_time(text):
    began = time.process_time()
    looked(text)
    assert time.process_time() - began < 5
