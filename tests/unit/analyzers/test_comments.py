"""Code that was commented out is told from prose, and comments that name what is gone are found."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.styling import comments
from ambient_lsp.analyzers.styling.outline import outline
from ambient_lsp.model import Replacement
from ambient_lsp.patching.edits import apply_replacements


def without(text):
    blocks = [block for block in comments.commented_code(outline(text)) if not block.explains]
    return apply_replacements(text, [Replacement(*block.edit) for block in blocks])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n# y = compute(x)\nz = 2\n", "x = 1\nz = 2\n"),
        ("def f():\n    # if a:\n    #     raise ValueError(a)\n    return 1\n", "def f():\n    return 1\n"),
        ("x = 1\n\n# print(x)\n# print(y)\n\nz = 2\n", "x = 1\n\nz = 2\n"),
        ("class A:\n    # def f(self):\n    #     return 1\n\n    x = 1\n", "class A:\n    x = 1\n"),
        ("x = [\n    1,\n    # call(\n    #     2,\n    # )\n]\nprint(x)\n", "x = [\n    1,\n]\nprint(x)\n"),
        ("# from a import b\nx = 1\n", "x = 1\n"),
        ("x = 1\n# import pdb; pdb.set_trace()\n", "x = 1\n"),
    ],
)
def test_code_goes(before, after):
    assert without(before) == after


@pytest.mark.parametrize(
    "comment",
    [
        "# x = y",  # a formula explains
        "# return early",
        "# see foo(bar)",
        "# import commands",  # a heading
        "# isinstance(args[0], Request)",  # what is known in an `else`
        "# for each x in y: do it",
        "# f(x) -> int",
        "# x: int",
        "# type: ignore[call-arg]",
        "# noqa: f(x)",
        "# https://example.test/a(b)",
        "# f(x)  # required?",  # somebody's remark
        "# self.assertTrue(a == b)  # fails",
        "# f(a, b, c)\nf(1, 'utf-8', 2)",  # how to read the call below
        "# For example:\n#\n# f(x)",
        "# This is how:\n\n# f(x)",
        "# currently we do not guarantee an order\n# assert f(x) == [1, 2]",
        "# TODO: f(x)",
        "# >>> f(x)",
        "# a, b, c",
        "# pass",
        "# read_bytes()",  # a heading
        "# Windows (prefix/lib/site-packages)",
        "# import X as Y",  # what a lexer looks for
        '# (click)="deleteOrder()"; [value]="test"',
        "# c=compressobj(wbits=15); b''.join([c.compress(b'data'), c.flush()])",  # how it was made
        "## You should set in subclasses:\n# code = 200\n# body = Template('response')",
        "# 'text'",
    ],
)
def test_prose_stays(comment):
    text = f"import os\n\n{comment}\nprint(os)\n"
    assert without(text) == text


def test_a_long_file_of_comments_takes_bounded_time():
    assert comments.commented_code(outline("# a = f(x)\n" * 20_000)) == []


def stale(text, elsewhere=()):
    found = outline(text)
    return comments.stale(found, comments.named(found).keys() - set(elsewhere))


def test_half_of_a_block_that_was_commented_out_does_not_go():
    text = "x = 1\n\n# Localized\n# if a:\n#     b = f(a)\n# else:\n#     b = 2\n\n# b = g(b)\n\ny = 2\n"
    assert without(text) == text
    assert without(text.replace("# Localized\n", "")) == "x = 1\n\ny = 2\n"
    decorated = "x = 1\n\n# def ask(a):\n#     a.b = 42\n\n# @before(ask)\nclass A:\n    pass\n"
    assert without(decorated) == decorated


CODE = "# see `parse_headers()` and parse_headers()\ndef parse_header(line):\n    return line\n"


def test_a_comment_that_names_a_function_by_its_old_name_gets_the_new_one():
    raws = stale(CODE)
    edits = [Replacement(*edit) for raw in raws for edit in raw.data["edits"]]
    assert apply_replacements(CODE, edits).startswith("# see `parse_header()` and parse_header()\n")


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        (CODE, {"parse_headers"}),  # another file has it
        (CODE.replace("def parse_header(", "def read_line("), ()),  # nothing is spelled alike
        (CODE + "\ndef parse_header_(line):\n    return line\n", ()),  # two are
        (CODE + "\nx = 'parse_headers'\n", ()),
        ("# see `header` and header()\ndef headers(line):\n    return line\n", ()),
    ],
)
def test_what_may_exist_is_not_called_stale(text, elsewhere):
    assert stale(text, elsewhere) == []
