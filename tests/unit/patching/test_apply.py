from __future__ import annotations

import itertools
import os
import signal
from typing import TYPE_CHECKING

import pytest

from ambient_lsp.errors import PatchConflict, PatchError, StalePatch, UnsafePath
from ambient_lsp.model import FileEdit, Replacement
from ambient_lsp.patching.apply import Applied, Recovered, recover, undo, write
from ambient_lsp.patching.edits import modify
from ambient_lsp.text import decode, freeze, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEFORE: dict[str, bytes] = {
    "a.py": b"x = 1\r\ny = 2\r\n",
    "bom.py": b"\xef\xbb\xbfx = '\xc3\xa9'\n",
    "latin.py": b"# coding: latin-1\nx = '\xe9'\n",
    "gone.py": b"pass\n",
    "old name.py": b"z = 1\n",
}
AFTER: dict[str, bytes] = {
    "a.py": b"x = 1\r\ny = 3\r\n",
    "bom.py": b"\xef\xbb\xbfx = '\xc3\xa9!'\n",
    "latin.py": b"# coding: latin-1\nx = '\xe9\xe9'\n",
    "new/deep/made.py": b"made = True\n",
    "new/name.py": b"z = 2\n",
}


def project(folder: Path) -> Path:
    folder.mkdir()
    for name, data in BEFORE.items():
        (folder / name).write_bytes(data)
    (folder / "a.py").chmod(0o755)
    (folder / "old name.py").chmod(0o700)
    return folder


def edits(root: Path) -> list[FileEdit]:
    def text(path: str) -> str:
        return decode(root, path, BEFORE[path]).text

    changed = [
        modify(freeze(root, path, text(path)), decode(root, path, AFTER[path]).text)
        for path in ("a.py", "bom.py", "latin.py")
    ]
    return [
        *changed,
        FileEdit("gone.py", "delete", sha256(text("gone.py"))),
        FileEdit("new/deep/made.py", "create", text="made = True\n"),
        FileEdit("old name.py", "rename", sha256("z = 1\n"), (Replacement(4, 5, "2"),), new_path="new/name.py"),
    ]


def tree(root: Path) -> dict[str, bytes]:
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_bytes_modes_and_encodings_are_kept_and_undo_brings_all_back(tmp_path: Path) -> None:
    root, journal = project(tmp_path / "p"), tmp_path / "state" / "journal"
    applied = write(root, edits(root), journal)
    assert tree(root) == AFTER
    assert (root / "a.py").stat().st_mode & 0o777 == 0o755
    assert (root / "new/name.py").stat().st_mode & 0o777 == 0o700
    assert not journal.exists()
    again = undo(root, Applied.loads(applied.dumps()), journal)
    assert tree(root) == BEFORE
    assert not (root / "new").exists()
    assert (root / "old name.py").stat().st_mode & 0o777 == 0o700
    undo(root, again, journal)
    assert tree(root) == AFTER


@pytest.mark.parametrize("path", ["a.py", "gone.py", "old name.py", "new/deep/made.py", "new/name.py"])
def test_one_stale_file_stops_all(tmp_path: Path, path: str) -> None:
    root = project(tmp_path / "p")
    wanted = edits(root)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text("typed\n")
    before = tree(root)
    with pytest.raises(StalePatch):
        write(root, wanted, tmp_path / "journal")
    assert tree(root) == before


@pytest.mark.parametrize("path", list(AFTER))
def test_undo_refuses_what_was_edited_since(tmp_path: Path, path: str) -> None:
    root = project(tmp_path / "p")
    applied = write(root, edits(root), tmp_path / "journal")
    (root / path).write_text("typed\n")
    before = tree(root)
    with pytest.raises(StalePatch, match="by hand, or with git"):
        undo(root, applied, tmp_path / "journal")
    assert tree(root) == before


def test_an_edit_while_writing_takes_everything_back(tmp_path: Path) -> None:
    root = project(tmp_path / "p")

    def type_late(step: str) -> None:
        if step == "after the draft of new/name.py":
            (root / "bom.py").write_text("typed\n")

    with pytest.raises(StalePatch):
        write(root, edits(root), tmp_path / "journal", step=type_late)
    assert tree(root) == BEFORE | {"bom.py": b"typed\n"}
    assert not (root / "new").exists()


def test_a_full_disk_takes_everything_back(tmp_path: Path) -> None:
    root = project(tmp_path / "p")

    def fail(step: str) -> None:
        if step == "before gone.py":
            raise OSError(28, "No space left on device")

    with pytest.raises(PatchError, match="No space left"):
        write(root, edits(root), tmp_path / "journal", step=fail)
    assert tree(root) == BEFORE


def test_text_that_the_encoding_lacks_is_refused(tmp_path: Path) -> None:
    root = project(tmp_path / "p")
    base = decode(root, "latin.py", BEFORE["latin.py"])
    with pytest.raises(PatchConflict, match="iso8859-1"):
        write(root, [modify(base, base.text + "y = '漢'\n")], tmp_path / "journal")
    assert tree(root) == BEFORE


def test_paths_are_checked_and_links_followed(tmp_path: Path) -> None:
    root = project(tmp_path / "p")
    (root / "link.py").symlink_to("a.py")
    (root / "out.py").symlink_to("/etc/hostname")
    with pytest.raises(UnsafePath):
        write(root, [FileEdit(".git/hooks/pre-commit", "create", text="boom")], tmp_path / "journal")
    with pytest.raises(UnsafePath):
        write(root, [FileEdit("out.py", "create", text="boom")], tmp_path / "journal")
    text = decode(root, "a.py", BEFORE["a.py"]).text
    write(root, [modify(freeze(root, "link.py", text), "changed\n")], tmp_path / "journal")
    assert (root / "a.py").read_bytes() == b"changed\n"
    assert (root / "link.py").is_symlink()


def killed(number: int, work: Callable[[Callable[[str], None]], object]) -> None:
    """Run `work` in a process of its own that kills itself, as `kill -9` does, at its `number`-th step."""
    process = os.fork()
    if process == 0:
        seen = itertools.count(1)
        try:
            work(lambda _: os.kill(os.getpid(), signal.SIGKILL) if next(seen) == number else None)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def steps(tmp_path: Path) -> tuple[int, int]:
    root, names, undone = project(tmp_path / "count"), list[str](), list[str]()
    applied = write(root, edits(root), tmp_path / "journal", step=names.append)
    undo(root, applied, tmp_path / "journal", step=undone.append)
    return len(names), len(undone)


def clean(root: Path, journal: Path) -> bool:
    leftovers = [*root.rglob("*draft*"), *journal.parent.glob(f"*{journal.name}*")]
    return not leftovers and recover(root, journal) == Recovered("nothing")


def test_a_kill_at_any_step_leaves_all_or_nothing(tmp_path: Path) -> None:
    count, _ = steps(tmp_path)
    assert count >= 20
    outcomes = set()
    for number in range(1, count + 1):
        root, journal = project(tmp_path / f"p{number}"), tmp_path / f"state{number}" / "journal"
        killed(number, lambda step, root=root, journal=journal: write(root, edits(root), journal, step=step))
        outcomes.add(recover(root, journal).outcome)
        files = tree(root)
        assert files in (BEFORE, AFTER), f"step {number}: {sorted(files)}"
        assert clean(root, journal)
        assert (root / "a.py").stat().st_mode & 0o777 == 0o755
        if files == BEFORE:
            assert not (root / "new").exists()
            write(root, edits(root), journal)
            assert tree(root) == AFTER
    assert outcomes == {"nothing", "put back", "finished"}


def test_a_kill_at_any_step_of_undo_leaves_all_or_nothing(tmp_path: Path) -> None:
    _, count = steps(tmp_path)
    for number in range(1, count + 1):
        root, journal = project(tmp_path / f"p{number}"), tmp_path / f"state{number}" / "journal"
        applied = write(root, edits(root), journal)
        killed(
            number, lambda step, root=root, journal=journal, applied=applied: undo(root, applied, journal, step=step)
        )
        recover(root, journal)
        assert tree(root) in (BEFORE, AFTER)
        assert clean(root, journal)


def test_recovery_leaves_what_somebody_typed_after_the_crash(tmp_path: Path) -> None:
    root, journal = project(tmp_path / "p"), tmp_path / "journal"

    class Crash(BaseException):
        pass

    def crash(step: str) -> None:
        if step == "before latin.py":
            raise Crash

    with pytest.raises(Crash):
        write(root, edits(root), journal, step=crash)
    (root / "bom.py").write_text("typed\n")
    with pytest.raises(PatchError, match="cut off"):
        write(root, edits(root), journal)
    result = recover(root, journal)
    assert (result.outcome, result.left) == ("put back", ("bom.py",))
    assert tree(root) == BEFORE | {"bom.py": b"typed\n"}


def test_a_damaged_journal_is_said_to_be_damaged(tmp_path: Path) -> None:
    root, journal = project(tmp_path / "p"), tmp_path / "journal"
    journal.write_text('{"version": 1, "sha256": "0", "files": "[]"}')
    with pytest.raises(PatchError, match="damaged"):
        recover(root, journal)
    assert tree(root) == BEFORE


def test_one_file_under_two_names_is_refused(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\ny = 2\n")
    (tmp_path / "b.py").symlink_to("a.py")
    one = modify(freeze(tmp_path, "a.py", "x = 1\ny = 2\n"), "x = 3\ny = 2\n")
    two = modify(freeze(tmp_path, "b.py", "x = 1\ny = 2\n"), "x = 1\ny = 4\n")
    with pytest.raises(PatchConflict, match="one file"):
        write(tmp_path, [one, two], tmp_path / "journal")
    assert (tmp_path / "a.py").read_text() == "x = 1\ny = 2\n"


def test_a_file_stays_readable_in_the_encoding_that_it_names(tmp_path):
    text = "# -*- coding: latin-1 -*-\nname = 'é'\n"
    (tmp_path / "a.py").write_bytes(text.encode("latin-1"))
    edit = modify(freeze(tmp_path, "a.py", text), "name = 'é'\n")
    with pytest.raises(PatchConflict, match="no longer be readable"):
        write(tmp_path, [edit], tmp_path / "journal")
    assert (tmp_path / "a.py").read_bytes() == text.encode("latin-1")


def test_a_file_that_is_saved_while_others_are_written_is_left_to_its_owner(tmp_path):
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n")
    edits = [modify(freeze(tmp_path, name, "x = 1\n"), "x = 2\n") for name in ("a.py", "b.py")]

    def saved(step: str) -> None:
        if step == "after a.py":
            (tmp_path / "b.py").write_text("typed\n")

    with pytest.raises(StalePatch):
        write(tmp_path, edits, tmp_path / "journal", step=saved)
    assert [(tmp_path / name).read_text() for name in ("a.py", "b.py")] == ["x = 1\n", "typed\n"]
