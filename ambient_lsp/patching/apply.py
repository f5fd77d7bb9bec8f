"""Writing edits to the user's files, all or none, even when the process is killed half-way.

Order of events: check every file; write the journal (what every file was and what it becomes) and make it durable;
put the new texts beside the old files; rename them into place; take the journal away. While the journal is there, the
change is not done, and `recover` puts every file back or, when all of them had their new text, lets it stand.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import ContextError, PatchConflict, PatchError, StalePatch
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.patching.journal import (
    Applied,
    FileChange,
    Recovered,
    digest,
    draft_name,
    read_bytes,
    read_journal,
    remove_durably,
    sync_folder,
    write_durably,
)
from ambient_lsp.patching.paths import resolve
from ambient_lsp.text import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import FileEdit

Step = Callable[[str], None]


def _unwatched(step: str) -> None:
    """Do nothing at a step."""


def write(root: Path, edits: Sequence[FileEdit], journal: Path, *, step: Step = _unwatched) -> Applied:
    """Make `edits` in the files below `root`, keeping their mode, encoding, byte-order mark and line endings.

    Returns what is needed to undo it. `journal` is where the journal lies meanwhile, on a durable file system; `step`
    is called with a name before each act. Raises `StalePatch` when a file is not the one an edit was made for,
    `UnsafePath`, and `PatchError` when a file could not be written; the files are then as they were.
    """
    _require_no_journal(journal)
    changes = _plan(root, edits)
    _carry_out(root, changes, journal, step)
    return Applied(changes)


def undo(root: Path, applied: Applied, journal: Path, *, step: Step = _unwatched) -> Applied:
    """Put the files back as they were before `applied`.

    Raises `StalePatch`, and changes nothing, when one of them is no longer as it was written then.
    """
    _require_no_journal(journal)
    changes = tuple(
        FileChange(change.path, change.after, change.before, change.mode, change.folders, undoes=True)
        for change in applied.changes
    )
    _carry_out(root, changes, journal, step)
    return Applied(changes)


def recover(root: Path, journal: Path) -> Recovered:
    """Clean up after a `write` or `undo` that was cut off; does nothing when there was none.

    A file that somebody changed since is left as it is, and named in the result.
    """
    changes = read_journal(journal)
    if changes is None:
        return Recovered("nothing")
    _remove_drafts(root, changes)
    now = {change.path: read_bytes(resolve(root, change.path)) for change in changes}
    if all(now[change.path] == change.after for change in changes):
        _tidy_folders(root, changes, done=True)
        remove_durably(journal)
        return Recovered("finished")
    left = tuple(change.path for change in changes if now[change.path] not in (change.before, change.after))
    for change in changes:
        if now[change.path] == change.after != change.before:
            place = resolve(root, change.path)
            if change.before is None:
                remove_durably(place)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                write_durably(place, change.before, change.mode)
    _tidy_folders(root, changes, done=False)
    remove_durably(journal)
    return Recovered("put back", left)


def _require_no_journal(journal: Path) -> None:
    if journal.exists():
        raise PatchError(
            "An earlier change was cut off and has not been cleaned up.",
            untouched="Nothing was written.",
            next_step="Run `ambient doctor`, which puts those files back.",
        )


def _plan(root: Path, edits: Sequence[FileEdit]) -> tuple[FileChange, ...]:
    bases: dict[str, str] = {}
    before: dict[str, bytes] = {}
    forms: dict[str, tuple[str, bool]] = {}
    places: dict[Path, str] = {}
    for path in dict.fromkeys(path for edit in edits for path in edit.paths):
        place = resolve(root, path)
        if (other := places.setdefault(place, path)) != path:
            raise PatchConflict(
                f"{path} and {other} are one file, through a link.", untouched="Nothing was written.", path=path
            )
        data = read_bytes(place)
        if data is not None:
            snapshot = decode(root, path, data)
            bases[path], before[path] = snapshot.text, data
            forms[path] = snapshot.encoding, snapshot.bom
    origins = {edit.new_path: edit.path for edit in edits if edit.new_path is not None}
    changes = []
    for path, text in apply_edits(bases, edits).items():
        origin = path if path in before else origins.get(path, path)
        encoding, bom = forms.get(origin, ("utf-8", False))
        data = None if text is None else _encoded(root, path, text, encoding, bom=bom)
        mode = stat.S_IMODE(resolve(root, origin).stat().st_mode) if origin in before else None
        changes.append(FileChange(path, before.get(path), data, mode, _new_folders(root, path)))
    return tuple(changes)


def _encoded(root: Path, path: str, text: str, encoding: str, *, bom: bool) -> bytes:
    try:
        data = encode(text, encoding, bom=bom)
        if decode(root, path, data).text != text:
            raise ContextError("It reads otherwise.")
        return data
    except ContextError as error:
        raise PatchConflict(
            f"With the change, {path} would no longer be readable as {encoding}.",
            untouched="Nothing was written.",
            next_step="Save the file as UTF-8 first.",
            path=path,
        ) from error
    except UnicodeEncodeError as error:
        raise PatchConflict(
            f"{path} is in {encoding}, which has no way to write {error.object[error.start : error.end]!r}.",
            untouched="Nothing was written.",
            next_step="Save the file as UTF-8 first.",
            path=path,
        ) from error


def _new_folders(root: Path, path: str) -> tuple[str, ...]:
    """Return the folders that do not exist yet, the innermost first."""
    folders = [parent.as_posix() for parent in Path(path).parents if parent != Path()]
    return tuple(folder for folder in folders if not (root / folder).exists())


def _carry_out(root: Path, changes: Sequence[FileChange], journal: Path, step: Step) -> None:
    applied = Applied(tuple(changes))
    _check(root, changes)
    step("before the journal")
    journal.parent.mkdir(parents=True, exist_ok=True)
    write_durably(journal, applied.dumps().encode(), 0o600, step=step)
    step("after the journal")
    try:
        for change in changes:
            if change.after is not None:
                step(f"before the draft of {change.path}")
                _draft(root, change, step)
        _check(root, changes)
        for change in sorted(changes, key=lambda change: change.after is None):
            step(f"before {change.path}")
            _check(root, [change])  # once more: making earlier files durable takes a while
            _replace(root, change)
            step(f"after {change.path}")
    except (OSError, PatchError) as error:
        recover(root, journal)
        if isinstance(error, PatchError):
            raise
        raise PatchError(
            f"The files could not be written: {error}.",
            untouched="Every file is as it was.",
            next_step="Look at the disk's space and at the files' permissions, then try again.",
        ) from error
    _tidy_folders(root, changes, done=True)
    step("before the journal is removed")
    remove_durably(journal)
    step("after the journal was removed")


def _check(root: Path, changes: Sequence[FileChange]) -> None:
    for change in changes:
        if read_bytes(resolve(root, change.path)) != change.before:
            raise StalePatch(
                f"{change.path} has changed in the meantime.",
                untouched="Nothing was written.",
                next_step="Take it back by hand, or with git; it may be gone already."
                if change.undoes
                else "Save the file to have it checked again.",
                path=change.path,
            )


def _draft_of(place: Path, change: FileChange) -> Path:
    return place.with_name(f".{place.name[:100]}.{digest(change.after or b'')[:8]}.ambient-draft")


def _draft(root: Path, change: FileChange, step: Step) -> None:
    place = resolve(root, change.path)
    place.parent.mkdir(parents=True, exist_ok=True)
    write_durably(_draft_of(place, change), change.after or b"", change.mode, rename=False)
    if place.exists():
        here, draft = place.stat(), _draft_of(place, change)
        if (here.st_uid, here.st_gid) != (draft.stat().st_uid, draft.stat().st_gid):
            # Only root may give files away; for others the file becomes theirs, as with any editor.
            with contextlib.suppress(PermissionError):
                os.chown(draft, here.st_uid, here.st_gid)
    step(f"after the draft of {change.path}")


def _replace(root: Path, change: FileChange) -> None:
    place = resolve(root, change.path)
    if change.after is None:
        remove_durably(place)
    else:
        _draft_of(place, change).replace(place)
        sync_folder(place.parent)


def _remove_drafts(root: Path, changes: Sequence[FileChange]) -> None:
    for change in changes:
        place = resolve(root, change.path)
        _draft_of(place, change).unlink(missing_ok=True)
        draft_name(place).unlink(missing_ok=True)  # of a `recover` that was cut off as well


def _tidy_folders(root: Path, changes: Sequence[FileChange], *, done: bool) -> None:
    """Remove the folders that were made only for a change, when it is taken back."""
    for change in changes:
        gone = change.after is None if done else change.before is None
        if gone and (change.undoes or not done):
            for folder in change.folders:
                with contextlib.suppress(OSError):  # not empty: somebody uses it
                    (root / folder).rmdir()


def plan(root: Path, edits: Sequence[FileEdit]) -> Applied:
    """Return what `write` would do, without doing it. Raises as `write` does."""
    return Applied(_plan(root, edits))


def is_done(root: Path, applied: Applied) -> bool:
    """Tell whether every file is as `applied` left it."""
    return all(read_bytes(resolve(root, change.path)) == change.after for change in applied.changes)
