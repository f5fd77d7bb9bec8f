from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.context.diff import file_diff

if TYPE_CHECKING:
    from pathlib import Path

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\f\n", "é\u2028x\n", "\n"]), max_size=30).map("".join)


@given(LINES, LINES, st.sampled_from(["", "tail"]))
def test_a_diff_turns_the_old_text_into_the_new_one(old: str, new: str, tail: str) -> None:
    diff = file_diff("f", old + tail, new + tail)
    lines, result, at = (old + tail).split("\n"), [], 0
    for line in diff.split("\n"):
        if line.startswith("@@"):
            start = int(line.split()[1].split(",")[0][1:])
            start -= 0 if ",0 " in line.split(" +")[0] + " " else 1
            result += lines[at:start]
            at = start
        elif line.startswith("+") and not line.startswith("+++"):
            result.append(line[1:])
        elif line.startswith(" "):
            assert lines[at] == line[1:]
            result.append(lines[at])
            at += 1
        elif line.startswith("-") and not line.startswith("---"):
            assert lines[at] == line[1:]
            at += 1
    result += lines[at:]
    assert "\n".join(result) == new + tail or not diff


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("".join(f"{n}\n" for n in range(900)), "".join(f"{n if n != 700 else 'x'}\n" for n in range(900))),
        ("a\nb", "a\nc"),
        ("a\n", None),
        (None, "a\nb\n"),
        ("same\n" * 50, "same\n" * 49),
    ],
)
def test_git_takes_it(old: str | None, new: str | None, tmp_path: Path) -> None:
    file = tmp_path / "f.txt"
    if old is not None:
        file.write_text(old)
    diff = file_diff("f.txt", old, new)
    subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=tmp_path, check=True)
    assert (file.read_text() if file.exists() else None) == new


def test_equal_texts_and_other_line_endings_are_no_difference() -> None:
    assert file_diff("f", "a\r\nb\r\n", "a\nb\n") == ""
    assert file_diff("f", None, None) == ""
