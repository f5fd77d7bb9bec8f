from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.errors import AmbiguousPatch, MalformedDiff, PatchConflict, UnsafePath
from ambient_lsp.model import FileEdit
from ambient_lsp.patching.edits import apply_edits, render, replacements_between
from ambient_lsp.patching.repair import Repaired, read_diff
from ambient_lsp.text import sha256

CODE = """\
import os


def first(a, b):
    total = a + b
    print(total)
    return total


def second(a, b):
    total = a * b
    print(total)
    return total


def third(path):
    with open(path) as file:
        return file.read()
"""
FILES = {"src/app.py": CODE, "src/pkg/app.py": "x = 1\n", "docs/notes.md": "# Notes\n\n- one\n- two\n"}


def repaired(diff: str, files: dict[str, str] = FILES) -> Repaired:
    return read_diff(diff, files.get, tuple(files))


def result(diff: str, path: str = "src/app.py", files: dict[str, str] = FILES) -> str | None:
    return apply_edits(files, repaired(diff, files).edits)[path]


def on_app(*hunk: str) -> str:
    return "--- a/src/app.py\n+++ b/src/app.py\n" + "\n".join(hunk) + "\n"


lines = st.sampled_from(["a", "b", "c = 1", "d(e)", "", "-- x", "  f", "é😀"]) | st.integers(0, 30).map(
    "n{} = 1".format
)
texts = st.builds(
    lambda rows, tail: "".join(row + "\n" for row in rows) + tail,
    st.lists(lines, max_size=25),
    st.sampled_from(["", "z"]),
)


@given(texts, texts)
def test_our_own_diffs_come_back_exactly(old: str, new: str) -> None:
    diff = render([FileEdit("a.txt", "modify", sha256(old), replacements_between(old, new))], {"a.txt": old})
    if not diff:
        return
    files = {"a.txt": old}
    got = read_diff(diff, files.get, ("a.txt",))
    after = apply_edits(files, got.edits).get("a.txt", old)
    # A change that leaves the text between unchanged lines as it would be afterwards may already be there.
    assert after == new or (got.already_applied and after == old)


@given(texts, texts, st.integers(0, 40), st.integers(0, 40))
def test_whatever_is_written_contains_the_added_lines(old: str, new: str, start: int, drift: int) -> None:
    diff = render([FileEdit("a.txt", "modify", sha256(old), replacements_between(old, new))], {"a.txt": old})
    files = {"a.txt": "n99\n" * drift + old[start:]}
    if not diff:
        return
    try:
        edits = read_diff(diff, files.get, ("a.txt",)).edits
    except (AmbiguousPatch, PatchConflict, MalformedDiff):
        return
    after = apply_edits(files, edits).get("a.txt", files["a.txt"]) or ""
    for line in diff.split("\n")[3:]:
        if line.startswith("+"):
            assert line[1:] in after


def test_one_place_of_two_is_told_by_number_or_heading() -> None:
    hunk = ("     print(total)", "-    return total", "+    return abs(total)", " ", " ")
    assert "b\n    print(total)\n    return abs(total)\n\n\ndef third" in (
        result(on_app("@@ -12,4 +12,4 @@", *hunk)) or ""
    )
    assert "return abs(total)\n\n\ndef second" in (result(on_app("@@ def first(a, b):", *hunk)) or "")
    with pytest.raises(AmbiguousPatch, match="more than one place"):
        repaired(on_app("@@", *hunk))


def test_kept_lines_are_the_files_own() -> None:
    diff = on_app(
        "@@ -16,3 +16,3 @@",
        " def third(the_path):",
        "     with open(path) as file:",
        "-        return file.read()",
        "+        return file.read().strip()",
    )
    assert result(diff) == CODE.replace("file.read()", "file.read().strip()")
    assert repaired(diff).notes == ("src/app.py: a change was found with other kept lines",)


def test_a_prefix_that_names_one_file_is_taken_and_an_unclear_one_is_not() -> None:
    change = "@@ -1 +1 @@\n-x = 1\n+x = 2\n"
    assert (
        result(f"--- /home/me/repo/src/pkg/app.py\n+++ /home/me/repo/src/pkg/app.py\n{change}", "src/pkg/app.py")
        == "x = 2\n"
    )
    with pytest.raises(MalformedDiff, match=r"not clear which file 'app\.py'"):
        repaired(f"--- app.py\n+++ app.py\n{change}")
    with pytest.raises(MalformedDiff, match="does not say which file"):
        repaired(change)


@pytest.mark.parametrize("path", [".git/config", "../outside.py", "/etc/passwd", ".env", "src/../../x", "C:/x.py"])
@pytest.mark.parametrize("old", [True, False])
def test_forbidden_paths_are_refused(path: str, old: bool) -> None:
    names = f"--- {path}\n+++ {path}\n" if old else f"--- /dev/null\n+++ b/{path}\n"
    body = "@@ -1 +1 @@\n-x\n+y\n" if old else "@@ -0,0 +1 @@\n+y\n"
    with pytest.raises(UnsafePath):
        read_diff(names + body, {path: "x\n"}.get, ("src/app.py",))


def test_all_or_nothing_over_files() -> None:
    good = on_app("@@ -1 +1 @@", "-import os", "+import sys")
    assert len(repaired(good).edits) == 1
    with pytest.raises(PatchConflict):
        repaired(good + "--- a/docs/notes.md\n+++ b/docs/notes.md\n@@ -3 +3 @@\n-- three\n+- 3\n")


def test_python_that_parsed_must_still_parse() -> None:
    bad = on_app("@@ -1,1 +1,1 @@", "-import os", "+import os(")
    with pytest.raises(PatchConflict, match="no longer be valid Python"):
        repaired(bad)
    broken = {"src/app.py": "def (\nimport os\n"}
    assert result(bad, files=broken) == "def (\nimport os(\n"


def test_a_file_in_two_parts_is_one_edit() -> None:
    one = on_app("@@ -1,2 +1,2 @@", "-import os", "+import sys", " ")
    two = on_app("@@ -19 +19 @@", "-        return file.read()", "+        return file.read(1)")
    assert result(one + two) == CODE.replace("import os", "import sys").replace("read()", "read(1)")


def test_what_is_already_there_is_said_and_changes_nothing() -> None:
    done = on_app("@@ -1,3 +1,3 @@", "-import sys", "+import os", " ", " ")
    assert repaired(done) == Repaired((), repaired(done).notes, already_applied=True)
    create = "--- /dev/null\n+++ b/src/pkg/app.py\n@@ -0,0 +1 @@\n+x = 1\n"
    assert repaired(create).already_applied
    assert repaired("--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n").already_applied


def test_creation_over_another_text_and_deletion_of_another_are_conflicts() -> None:
    with pytest.raises(PatchConflict, match="already exists"):
        repaired("--- /dev/null\n+++ b/src/app.py\n@@ -0,0 +1 @@\n+x = 1\n")
    with pytest.raises(PatchConflict, match="deletes"):
        repaired("--- a/src/pkg/app.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 2\n")
    with pytest.raises(PatchConflict, match="renames"):
        repaired("diff --git a/src/app.py b/src/pkg/app.py\nrename from src/app.py\nrename to src/pkg/app.py\n")


def test_a_rename_without_a_change() -> None:
    edits = repaired("diff --git a/src/app.py b/src/main.py\nrename from src/app.py\nrename to src/main.py\n").edits
    assert apply_edits(FILES, edits) == {"src/app.py": None, "src/main.py": CODE}


@pytest.mark.parametrize("rows", [2, 3])
def test_a_cut_diff_is_refused_and_a_sealed_one_with_wrong_counts_is_not(rows: int) -> None:
    body = ["     total = a * b", "+    assert a", "     print(total)"]
    cut = on_app(f"@@ -11,{rows + 4} +11,{rows + 6} @@", *body[:rows])
    with pytest.raises(MalformedDiff, match="ends in the middle"):
        repaired(cut)
    sealed = f"```diff\n{on_app('@@ -11,9 +11,9 @@', *body)}```\n"
    assert "assert a\n    print" in (result(sealed) or "")


def test_lines_hidden_just_where_lines_are_added_are_refused() -> None:
    with pytest.raises(AmbiguousPatch, match="which side"):
        repaired(on_app("@@", " def first(a, b):", "+    check(a)", "     print(total)", "     return total"))


def test_a_large_file_is_searched_in_bounded_time() -> None:
    rows = [f"value_{n} = {n % 7}" if n % 3 else "" for n in range(20_000)]
    files = {"big.txt": "\n".join(rows) + "\n"}
    wanted = rows[15_000:15_008]
    body = [
        f" {wanted[0]}",
        " paraphrased entirely",
        *(f" {row}" for row in wanted[2:4]),
        f"-{wanted[4]}",
        "+new = 1",
        *(f" {row}" for row in wanted[5:]),
    ]
    started = time.perf_counter()
    result("--- a/big.txt\n+++ b/big.txt\n@@ -1,8 +1,8 @@\n" + "\n".join(body) + "\n", "big.txt", files)
    assert time.perf_counter() - started < 5
