from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.errors import MalformedDiff
from ambient_lsp.model import FileEdit
from ambient_lsp.patching.diff import FileDiff, Hunk, Line, parse
from ambient_lsp.patching.edits import render, replacements_between
from ambient_lsp.patching.render import changed_lines, quote, split_at_line_feeds
from ambient_lsp.text import sha256

PLAIN = "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"

lines = st.sampled_from(
    [
        "a",
        "b",
        "",
        "    return x",
        "-- old",
        "++ new",
        "é😀",
        "\x0c",
        "x\u2028y",
        "@@ -1 +1 @@",
        "--- a/x",
        "+++ b/x",
        "```",
    ]
)
texts = st.builds(
    lambda rows, last: "".join(line + end for line, end in rows) + last,
    st.lists(st.tuples(lines, st.sampled_from(["\n", "\n", "\r\n"])), max_size=20),
    st.sampled_from(["", "", "tail"]),
)
names = st.sampled_from(["a.py", "dir/a b.py", "ünï/漢字.py", 'we"ird.py', "a/b.py", "b/a.py"])


def sides(file: FileDiff) -> tuple[list[str], list[str]]:
    """Return the old and new lines that a diff shows."""
    lines = [line for hunk in file.hunks for line in hunk.lines]
    return (
        [line.text + "\n" * line.ended for line in lines if line.mark != "+"],
        [line.text + "\n" * line.ended for line in lines if line.mark != "-"],
    )


@given(texts, texts, st.sampled_from(["modify", "create", "delete", "rename"]), names)
def test_our_own_diffs_are_read_exactly(old: str, new: str, kind: str, name: str) -> None:
    change = replacements_between(old, new)
    edit = {
        "modify": FileEdit(name, "modify", sha256(old), change),
        "create": FileEdit(name, "create", text=new),
        "delete": FileEdit(name, "delete", sha256(old)),
        "rename": FileEdit(name, "rename", sha256(old), change, new_path="other.py"),
    }[kind]
    diff = render([edit], {} if kind == "create" else {name: old})
    if not diff:
        return
    (file,) = parse(diff)
    assert file.kind == kind
    assert file.old_path == (None if kind == "create" else name)
    assert file.new_path == {"delete": None, "rename": "other.py"}.get(kind, name)
    assert all(hunk.missing == (0, 0) for hunk in file.hunks)
    shown_old, shown_new = sides(file)
    if kind == "create":
        assert shown_new == split_at_line_feeds(new)
    if kind == "delete":
        assert shown_old == split_at_line_feeds(old)
    assert changed_lines(diff) == sum(line.mark != " " for hunk in file.hunks for line in hunk.lines)
    if kind in ("modify", "rename"):
        rebuilt, at = [], 0
        for hunk in file.hunks:
            start = (hunk.old_start or 0) - bool(hunk.old)
            rebuilt += split_at_line_feeds(old)[at:start]
            rebuilt += [line.text + "\n" * line.ended for line in hunk.new]
            at = start + len(hunk.old)
        assert "".join([*rebuilt, *split_at_line_feeds(old)[at:]]) == new


EXPECTED = (
    FileDiff(
        "x.py", "x.py", "modify", (Hunk((Line(" ", "one"), Line("-", "two"), Line("+", "2"), Line(" ", "three"))),)
    ),
)


def shape(diff: str) -> tuple[FileDiff, ...]:
    return tuple(
        FileDiff(file.old_path, file.new_path, file.kind, tuple(Hunk(hunk.lines) for hunk in file.hunks))
        for file in parse(diff)
    )


@pytest.mark.parametrize(
    "diff",
    [
        PLAIN,
        PLAIN.rstrip("\n"),
        PLAIN.replace("\n", "\r\n"),
        "\ufeff" + PLAIN,
        f"Here it is:\n```diff\n{PLAIN}```\nAll tests pass.\n",
        f"1. First\n   ~~~\n{''.join('   ' + line for line in PLAIN.splitlines(True))}   ~~~\n",
        f"```python\nprint()\n```\nand\n````patch\n{PLAIN}````\n",
        f"Text before.\n\n{PLAIN}\nText after.\n- a bullet\n",
        "".join("    " + line for line in PLAIN.splitlines(True)),
        "diff --git a/x.py b/x.py\nindex 123..456 100644\n" + PLAIN,
        PLAIN.replace("a/x.py", "x.py").replace("b/x.py", "x.py"),
        PLAIN.replace("a/x.py", "a/x.py\t2024-01-01 10:00:00 +0000"),
        PLAIN.replace("a/x.py", '"a/x.py"'),
        PLAIN.replace("-1,3 +1,3", "-1,9 +1,2"),
        PLAIN.replace("@@ -1,3 +1,3 @@", "@@"),
        PLAIN.replace("@@ -1,3 +1,3 @@", "@@ ... @@"),
        PLAIN.replace("@@ -1,3 +1,3 @@\n", ""),
        PLAIN.replace("+++ b/x.py\n", "").replace("a/x.py", "x.py"),
        f"From 123 Mon Sep 17\nSubject: x\n---\n x.py | 2 +-\n\n{PLAIN}-- \n2.39.5\n\n",
    ],
)
def test_many_dresses_of_one_diff(diff: str) -> None:
    assert shape(diff) == EXPECTED


def test_a_removed_line_that_looks_like_a_header_is_a_line() -> None:
    diff = "--- a/q.sql\n+++ b/q.sql\n@@ -1,3 +1,2 @@\n x\n--- comment\n+++ y\n-z\n"
    (file,) = parse(diff)
    assert [line.mark + line.text for line in file.hunks[0].lines] == [" x", "--- comment", "+++ y", "-z"]


def test_a_file_follows_a_hunk_with_wrong_counts() -> None:
    two = PLAIN.replace("-1,3", "-1,7") + PLAIN.replace("x.py", "y.py")
    assert [file.new_path for file in parse(two)] == ["x.py", "y.py"]


def test_what_speaks_for_a_cut_is_kept() -> None:
    cut = PLAIN.replace(" three\n", "")
    assert parse(cut)[0].hunks[0].missing == (1, 1)
    assert parse(cut)[0].hunks[0].unsealed
    assert not parse(f"```diff\n{cut}```\n")[0].hunks[0].unsealed
    assert not parse(cut + PLAIN.replace("x.py", "y.py"))[0].hunks[0].unsealed


def test_octal_escapes_and_no_final_newline() -> None:
    names = '--- "a/\\303\\274 \\"q\\".py"\n+++ "b/\\303\\274 \\"q\\".py"\n'
    diff = names + "@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n"
    (file,) = parse(diff)
    assert file.new_path == 'ü "q".py'
    assert [line.ended for line in file.hunks[0].lines] == [False, True]
    assert quote('a "q"') == '"a \\"q\\""'


@pytest.mark.parametrize(
    "diff",
    [
        "",
        "no diff\n",
        "--- a heading\n\ntext\n",
        "diff --git a/x.png b/x.png\nindex 1..2\nBinary files a/x.png and b/x.png differ\n",
        "diff --git a/x.png b/x.png\nGIT binary patch\nliteral 3\nabc\n",
        "diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n",
        "--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,1 @@@\n",
    ],
)
def test_what_is_no_usable_diff_is_refused_in_words(diff: str) -> None:
    with pytest.raises(MalformedDiff, match="Nothing was written"):
        parse(diff)


@given(st.text(alphabet=st.sampled_from(list("+- @\n\\`ab/x,1\t\r")), max_size=200))
def test_any_text_is_a_diff_or_is_refused(text: str) -> None:
    try:
        assert parse(text)
    except MalformedDiff:
        pass
