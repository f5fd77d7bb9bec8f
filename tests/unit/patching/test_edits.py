from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ambient_lsp.errors import PatchConflict, StalePatch
from ambient_lsp.model import FileEdit, Replacement, RiskLevel
from ambient_lsp.patching import edits
from ambient_lsp.patching.compare import changed_blocks
from ambient_lsp.patching.render import split_at_line_feeds
from ambient_lsp.text import freeze, sha256

ROOT = Path("/repo")
lines = st.sampled_from(
    ["a", "b", "", "    return x", "-- old", "++ new", "é😀", "\x0c", "x\u2028y", "@@ -1 +1 @@", "--- a/x", "\\ No"]
)
endings = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])
texts = st.builds(
    lambda rows, last: "".join(line + end for line, end in rows) + last,
    st.lists(st.tuples(lines, endings), max_size=20),
    st.sampled_from(["", "", "tail"]),
)


@given(texts, texts)
def test_applying_a_modification_gives_the_new_text(old: str, new: str) -> None:
    assert edits.apply_edit(old, edits.modify(freeze(ROOT, "a.py", old), new)) == new


@given(texts, texts)
def test_replacements_are_sorted_apart_and_change_something(old: str, new: str) -> None:
    end = -1
    for change in edits.replacements_between(old, new):
        assert end < change.start <= change.end
        assert old[change.start : change.end] != change.text
        end = change.end


def test_replacements_are_as_small_as_whole_lines_allow() -> None:
    assert edits.replacements_between("a\nb\nc\nd\n", "a\nB\nc\nd\n") == (Replacement(2, 4, "B\n"),)
    assert edits.replacements_between("a\rb\rc", "a\rB\rc") == (Replacement(2, 4, "B\r"),)


def test_insertions_at_one_place_keep_their_order() -> None:
    assert (
        edits.apply_replacements("x", [Replacement(1, 1, "b"), Replacement(1, 1, "a"), Replacement(0, 1, "y")]) == "yba"
    )


@pytest.mark.parametrize("changes", [[(0, 3), (2, 4)], [(3, 2)], [(0, 99)], [(-1, 2)]])
def test_replacements_that_make_no_sense_are_refused(changes: list[tuple[int, int]]) -> None:
    with pytest.raises(PatchConflict):
        edits.apply_replacements("abcdef", [Replacement(start, end, "") for start, end in changes])


def test_two_edits_of_one_file_are_refused() -> None:
    base = freeze(ROOT, "a.py", "a\n")
    with pytest.raises(PatchConflict, match=r"a\.py"):
        edits.apply_edits({"a.py": "a\n"}, [edits.modify(base, "b\n"), edits.modify(base, "c\n")])


def test_an_edit_of_a_text_that_moved_on_is_refused() -> None:
    edit = edits.modify(freeze(ROOT, "a.py", "a\n"), "b\n")
    for current in ("c\n", None):
        with pytest.raises(StalePatch):
            edits.apply_edit(current, edit)
    with pytest.raises(StalePatch):
        edits.apply_edits({"a.py": "x", "b.py": ""}, [FileEdit("a.py", "rename", sha256("x"), new_path="b.py")])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x\n" * 20_000, "y\n" + "x\n" * 20_000 + "y\n" + "x\n" * 500),
        ("\n".join("ab"[n % 7 == 0] for n in range(20_000)), "\n".join("ab"[n % 5 == 0] for n in range(20_000))),
        ("".join(f"{n}\n\n" for n in range(10_000)), "".join(f"{n}\n\n" for n in reversed(range(10_000)))),
        ("".join(f"{n}\n\n" for n in range(10_000)), "".join(f"{n + n % 9}\n\n" for n in range(10_000))),
    ],
)
def test_large_repetitive_files_take_no_time(old: str, new: str) -> None:
    started = time.perf_counter()
    edit = edits.modify(freeze(ROOT, "a.py", old), new)
    assert time.perf_counter() - started < 5
    assert edits.apply_edit(old, edit) == new


def test_a_few_changes_in_a_large_file_stay_few() -> None:
    old = [f"line {n}" if n % 3 else "" for n in range(20_000)]
    new = [line if n % 1000 else "changed" for n, line in enumerate(old)]
    assert len(changed_blocks(old, new)) == 20


def git(folder: Path, *argv: str, stdin: str = "") -> None:
    done = subprocess.run(
        ["git", *argv], cwd=folder, input=stdin.encode("utf-8", "surrogatepass"), capture_output=True, check=False
    )
    assert done.returncode == 0, (done.stderr.decode(), stdin)


NAMES = ["a.py", "dir/a b.py", "ünï/漢字.py", 'we"ird.py', "tab\there.py", "a b/c d.txt", "-dash.py"]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    old=texts, new=texts, kind=st.sampled_from(["modify", "create", "delete", "rename"]), names=st.permutations(NAMES)
)
def test_git_makes_the_very_bytes_of_a_rendered_edit(
    tmp_path_factory: pytest.TempPathFactory, old: str, new: str, kind: str, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    path, target = folder / names[0], folder / names[1]
    change = edits.replacements_between(old, new)
    edit = {
        "modify": FileEdit(names[0], "modify", sha256(old), change),
        "create": FileEdit(names[0], "create", text=new),
        "delete": FileEdit(names[0], "delete", sha256(old)),
        "rename": FileEdit(names[0], "rename", sha256(old), change, new_path=names[1]),
    }[kind]
    bases = {} if kind == "create" else {names[0]: old}
    diff = edits.render([edit], bases)
    if kind != "create":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(old.encode())
    if diff:
        git(folder, "apply", "-", stdin=diff)
    for name, text in edits.apply_edits(bases, [edit]).items():
        file = folder / name
        assert (file.read_bytes() if file.exists() else None) == (None if text is None else text.encode())
    assert target.exists() == (kind == "rename")


@given(texts, texts)
def test_changed_lines_counts_lines_that_look_like_headers(old: str, new: str) -> None:
    diff = edits.render([edits.modify(freeze(ROOT, "a.py", old), new)], {"a.py": old})
    blocks = changed_blocks(split_at_line_feeds(old), split_at_line_feeds(new))
    assert edits.changed_lines(diff) == sum(i2 - i1 + j2 - j1 for i1, i2, j1, j2 in blocks)


def test_a_proposal_is_the_same_when_it_is_made_again() -> None:
    text = "x = '\ud83d'\n-- sql\n"
    base = freeze(ROOT, "a.py", text)

    def make(agent: str) -> edits.Proposal:
        return edits.propose(
            agent=agent,
            title="t",
            description="",
            rationale="r",
            risk_level=RiskLevel.LOW,
            edits=[edits.modify(base, "x = 1\n")],
            bases={"a.py": text},
        )

    proposal = make("style")
    assert proposal == make("style")
    assert proposal.id != make("security").id
    assert proposal.files_touched == ("a.py",)
    assert proposal.estimated_loc_change == 3


@given(texts, texts, st.data())
def test_any_choice_of_replacements_is_recognized_and_nothing_else_is(old: str, new: str, data: st.DataObject) -> None:
    every = edits.replacements_between(old, new)
    some = [one for one in every if data.draw(st.booleans())]
    now = edits.apply_replacements(old, some)
    assert edits.has_some(old, every, now)
    assert not edits.has_some(old, every, now + "somebody else's")
