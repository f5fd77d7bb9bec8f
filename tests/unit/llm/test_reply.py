"""Replies of every shape that models write become the edits they mean, or nothing."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ambient_lsp.errors import AmbiguousPatch, MalformedDiff, PatchConflict, PatchError, UnsafePath
from ambient_lsp.llm.reply.drafts import Draft, Reading, Statement, read_reply
from ambient_lsp.llm.reply.fitting import explain, fit
from ambient_lsp.patching.edits import apply_edits
from benchmarks.replies import DESTROYS, SPOILS, changes, outcome
from benchmarks.replies import SHAPES as SHAPES_OF_BENCHMARK

APP = '''import os


def first(a):
    """Return the first."""
    return a[0]


def last(a):
    """Return the last."""
    return a[-1]
'''
DOC = "Title\n=======\n\nSome text.\n\nMore\n=======\n\nOther text.\n"
FILES = {
    "src/app.py": APP,
    "docs/index.rst": DOC,
    "README.md": "# Hello\n\n```python\nprint(1)\n```\n",
    "src/twice.py": "x = 1\ny = 2\nx = 1\n",
}
MAY_BE_REFUSED = {"indentation lost", "tabs", "no path"}
BETTER = APP.replace("return a[0]", "return next(iter(a))")


def results(reply: str, files: dict[str, str] = FILES) -> list[dict[str, str | None]]:
    """Return the texts that each draft of a reply leads to."""
    drafts = [part for part in read_reply(reply) if isinstance(part, Draft)]
    return [apply_edits(files, fit(draft, files.get, list(files)).edits) for draft in drafts]


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


CHANGE = block("    return a[0]", "    return next(iter(a))")

IN_JSON = {"path": "src/app.py", "search": "    return a[0]", "replace": "    return next(iter(a))"}
OTHER = block("    return a[-1]", "    return None")
LEFT_OUT = BETTER.replace(BETTER[BETTER.index("def last") :], "# ... rest of the file ...")

SHAPES = {
    "as asked for": f"### Take any iterable\n\nIt need not be a list.\n\nsrc/app.py\n```python\n{CHANGE}```\n",
    "path in the fence": f"```python\nsrc/app.py\n{CHANGE}```\n",
    "path as a comment in the fence": f"```python\n# src/app.py\n{CHANGE}```\n",
    "path after the fence's language": f"```python:src/app.py\n{CHANGE}```\n",
    "path as the fence's title": f'```python title="src/app.py"\n{CHANGE}```\n',
    "path in bold with a colon": f"**File: `src/app.py`:**\n\n```python\n{CHANGE}```\n",
    "path as a heading": f"#### `src/app.py`\n```\n{CHANGE}```\n",
    "no fence": f"src/app.py\n{CHANGE}",
    "a wrong prefix": f"./src/app.py\n{CHANGE}",
    "only the file's name": f"app.py\n```\n{CHANGE}```",
    "carriage returns": f"src/app.py\n```\n{CHANGE}```\n".replace("\n", "\r\n"),
    "in a list": "1. Do this:\n\n   src/app.py\n   ```python\n"
    + "".join(f"   {line}\n" for line in CHANGE.splitlines())
    + "   ```\n",
    "other marks": f"src/app.py\n```\n{CHANGE}```\n".replace("<<<<<<< SEARCH", "<<<<<< ORIGINAL").replace(
        ">>>>>>> REPLACE", ">>>>>> UPDATED"
    ),
    "the last fence is missing": f"src/app.py\n```python\n{CHANGE}",
    "other indentation": "src/app.py\n" + block("return a[0]", "return next(iter(a))"),
    "trailing space": "src/app.py\n" + block("    return a[0]  ", "    return next(iter(a))"),
    "with lines around": "src/app.py\n"
    + block(
        'def first(a):\n    """Return the first."""\n    return a[0]',
        'def first(a):\n    """Return the first."""\n    return next(iter(a))',
    ),
    "a whole file": f"src/app.py\n```python\n{BETTER}```\n",
    "a whole file that was named in the fence": f"```python src/app.py\n{BETTER}```\n",
    "a diff in a fence": "```diff\n--- a/src/app.py\n+++ b/src/app.py\n@@ -5,2 +5,2 @@\n"
    '     """Return the first."""\n-    return a[0]\n+    return next(iter(a))\n```\n',
    "a diff with wrong numbers": "```\n--- a/src/app.py\n+++ b/src/app.py\n@@ -1,9 +77,1 @@\n"
    '     """Return the first."""\n-    return a[0]\n+    return next(iter(a))\n```\n',
    "a diff without names below a path": "src/app.py\n```diff\n@@ ... @@\n"
    '     """Return the first."""\n-    return a[0]\n+    return next(iter(a))\n```\n',
    "the first specification's array": json.dumps(
        [
            {
                "title": "Any iterable",
                "risk_level": "low",
                "files_touched": ["src/app.py"],
                "diff": '--- a/src/app.py\n+++ b/src/app.py\n@@ -5,2 +5,2 @@\n     """Return the first."""\n'
                "-    return a[0]\n+    return next(iter(a))\n",
            }
        ]
    ),
    "an object with a list": "Here you are:\n\n```json\n"
    + json.dumps(
        {"proposals": [{"path": "src/app.py", "search": "    return a[0]", "replace": "    return next(iter(a))"}]}
    )
    + "\n```\nThat is all.",
    "broken JSON": "{'proposals': [{'path': 'src/app.py', 'search': '    return a[0]', 'replace':"
    " '    return next(iter(a))',},]}",
    "after thinking": f"<think>\nsrc/app.py\n{OTHER}</think>\nsrc/app.py\n{CHANGE}",
    "after thinking without a beginning": f"src/app.py\n{OTHER}</think>\nsrc/app.py\n{CHANGE}",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_means_the_same_change(shape):
    assert results(SHAPES[shape]) == [{"src/app.py": BETTER}]


@given(st.sampled_from(sorted(SHAPES)), st.lists(st.integers(1, 40)))
def test_it_does_not_matter_how_a_reply_arrives(shape, sizes):
    text = SHAPES[shape]
    reading, parts, at = Reading(), [], 0
    for size in sizes:
        parts += reading.feed(text[at : at + size])
        at += size
    parts += [*reading.feed(text[at:]), *reading.close()]
    whole = Reading()
    assert parts == [*whole.feed(text), *whole.close()]


def test_a_draft_is_there_before_the_reply_ends():
    reading = Reading()
    first = f'### One\nsrc/app.py\n```\n{CHANGE}```\n```json\n{{"risk_level": "low", "rule": "X"}}\n```\n'
    (draft,) = reading.feed(first)
    assert (draft.title, draft.about) == ("One", {"risk_level": "low", "rule": "X"})
    assert list(reading.feed("### Two\nand so on")) == []


def test_headings_part_proposals_and_metadata_goes_with_the_edits_before_it():
    reply = (
        f"## Proposal 1: Any iterable\n\nWhy: lists only.\n\nsrc/app.py\n```\n{CHANGE}```\n"
        '```json\n{"risk_level": "low"}\n```\n'
        f"## 2. Also the last\n\nsrc/app.py\n```\n{block('    return a[-1]', '    return [*a][-1]')}```\n"
        '```json\n{"findings": [{"path": "src/app.py", "quote": "import os", "message": "unused"}]}\n```\n'
    )
    one, two, said = read_reply(reply)
    assert isinstance(one, Draft)
    assert isinstance(two, Draft)
    assert isinstance(said, Statement)
    assert (one.title, one.about, two.title) == ("Any iterable", {"risk_level": "low"}, "Also the last")
    assert "lists only" in one.words
    assert said.data["findings"][0]["message"] == "unused"


def test_blocks_below_one_heading_are_one_change_of_several_files():
    reply = f"### Both\nsrc/app.py\n```\n{CHANGE}```\nand\n\nREADME.md\n````\n{block('# Hello', '# Hello, you')}````\n"
    assert results(reply) == [{"src/app.py": BETTER, "README.md": FILES["README.md"].replace("Hello", "Hello, you")}]


def test_a_second_block_without_a_path_is_of_the_same_file():
    reply = f"src/app.py\n```\n{CHANGE}```\nThen:\n```\n{block('import os', 'import sys')}```\n"
    assert results(reply) == [{"src/app.py": BETTER.replace("import os", "import sys")}]


def test_a_file_with_lines_that_look_like_the_divider_is_read_by_what_the_file_has():
    reply = "docs/index.rst\n" + block("More\n=======\n\nOther text.", "More\n=======\n\nBetter text.")
    assert results(reply) == [{"docs/index.rst": DOC.replace("Other", "Better")}]


def test_code_that_shows_code_is_a_whole_file():
    text = FILES["README.md"].replace("Hello", "Hi")
    assert results(f"README.md\n```markdown\n{text}```\n") == [{"README.md": text}]


def test_an_empty_search_makes_a_new_file():
    reply = "src/new.py\n```python\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n```\n"
    assert results(reply) == [{"src/new.py": "x = 1\n"}]
    assert results("src/new.py\n```python\nx = 1\n```\n") == [{"src/new.py": "x = 1\n"}]


def test_an_example_in_the_prose_is_no_file():
    assert results("You could write it like this:\n\n```python\nx = 1\n```\n") == []


REFUSED = {
    "fits twice": ("src/app.py\n" + block('    """', "    '''"), PatchError),
    "fits twice exactly": ("src/twice.py\n" + block("x = 1", "x = 3"), AmbiguousPatch),
    "is nowhere": ("src/app.py\n" + block("    return a[17]", "    return None"), PatchConflict),
    "no such file": ("src/other.py\n" + block("x = 1", "x = 2"), MalformedDiff),
    "cut in the middle": ("src/app.py\n```\n<<<<<<< SEARCH\n    return a[0]\n=======\n    return nex", MalformedDiff),
    "cut before the middle": ("src/app.py\n```\n<<<<<<< SEARCH\n    return a[0]\n", MalformedDiff),
    "a file that was cut": (f"src/app.py\n```python\n{BETTER[:60]}", MalformedDiff),
    "a part of a file": ("src/app.py\n```python\ndef first(a):\n    return 1\n```\n", MalformedDiff),
    "something left out": (
        f"src/app.py\n```python\n{LEFT_OUT}```\n",
        MalformedDiff,
    ),
    "a path outside": ("../../etc/cron.d/x\n" + block("", "* * * * * root true"), UnsafePath),
    "git's own folder": (".git/hooks/pre-commit\n```\n#!/bin/sh\n```\n", UnsafePath),
    "no longer Python": ("src/app.py\n" + block("    return a[0]", "    return (a[0]"), PatchConflict),
    "does not say where": ("src/app.py\n" + block("", "x = 1"), MalformedDiff),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_clear_is_refused(case):
    reply, error = REFUSED[case]
    with pytest.raises(error):
        results(reply)


def test_of_a_change_with_one_part_that_does_not_fit_nothing_is_made():
    reply = f"src/app.py\n```\n{CHANGE}\n{block('    return a[17]', '    return None')}```\n"
    with pytest.raises(PatchConflict):
        results(reply)


def test_of_an_array_that_was_cut_the_last_element_is_left_out():
    one = {"path": "src/app.py", "search": "    return a[0]", "replace": "    return next(iter(a))"}
    two = {"path": "src/app.py", "search": "    return a[-1]", "replace": "    return [*a][-1]"}
    text = json.dumps([one, two])
    for end in range(text.index("[*a]"), text.rindex("}")):
        assert results(text[:end]) == [{"src/app.py": BETTER}], text[:end]


def test_the_failure_is_told_with_the_lines_that_are_there():
    reply = "src/app.py\n" + block(
        'def last(a):\n    """Return the last one."""\n    return a[17]', "def last(a):\n    return None"
    )
    (draft,) = read_reply(reply)
    assert isinstance(draft, Draft)
    with pytest.raises(PatchError) as caught:
        fit(draft, FILES.get, list(FILES))
    told = explain(caught.value, draft, FILES.get)
    assert "    return a[-1]" in told
    assert "src/app.py" in told


def test_a_block_that_is_said_twice_is_made_once():
    assert results(f"src/app.py\n```\n{CHANGE}```\nIn full:\n\nsrc/app.py\n```\n{CHANGE}```\n") == [
        {"src/app.py": BETTER}
    ]


def test_a_change_without_a_path_is_of_the_one_file_that_has_its_lines():
    assert results(f"```\n{CHANGE}```\n") == [{"src/app.py": BETTER}]


def test_of_a_reply_that_should_have_gone_on_the_last_change_is_not_used():
    reply = f"### One\nsrc/app.py\n```\n{CHANGE}```\n### Two\nREADME.md\n````\n{block('# Hello', '# Hi')}````\n"
    one, two = read_reply(reply, finished=False)
    assert isinstance(one, Draft)
    assert isinstance(two, Draft)
    assert (one.whole, two.whole) == (True, False)


@settings(max_examples=60)
@given(st.integers(0, 10**9), st.sampled_from(sorted(SHAPES_OF_BENCHMARK)), st.sampled_from(sorted(SPOILS)))
def test_a_change_of_real_code_arrives_exactly_or_not_at_all(seed, shape, spoil):
    chance = random.Random(seed)
    (change,) = changes(chance, 1)
    reply = SPOILS[spoil](chance, SHAPES_OF_BENCHMARK[shape](change))
    came = outcome(reply, change, finished=spoil not in DESTROYS)
    assert came != "wrong"
    assert came == "exact" or spoil in DESTROYS or spoil in MAY_BE_REFUSED


@given(st.text(alphabet=st.sampled_from('<>=`~{}[]"\n #ab/.:-+@ 1'), max_size=300))
def test_whatever_comes_nothing_breaks(text):
    for part in read_reply(text):
        if isinstance(part, Draft):
            try:
                fit(part, FILES.get, list(FILES))
            except PatchError:
                pass
