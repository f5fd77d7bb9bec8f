"""Foreign diffs into the normal form: exactly, or not at all.

Every hunk is looked for from strict to lenient (`place.py`), must have one place, and is written with the file's own
kept lines (`splice.py`). A refusal costs a second try, a wrong write costs trust: where the diff does not say enough,
nothing is written. `docs/diff-benchmark.md` has the measurements.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ambient_lsp.errors import MalformedDiff, PatchConflict, PatchError
from ambient_lsp.model import FileEdit
from ambient_lsp.patching.diff import FileDiff, malformed, parse
from ambient_lsp.patching.edits import replacements_between
from ambient_lsp.patching.likeness import plain
from ambient_lsp.patching.place import Finder, Placement
from ambient_lsp.patching.render import split_at_line_feeds
from ambient_lsp.patching.splice import splice
from ambient_lsp.patching.syntax import breaks
from ambient_lsp.patching.targets import Targets
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ambient_lsp.patching.diff import Hunk

_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a foreign diff means for the files as they are.

    `notes` say, for people, what had to be forgiven. `already_applied` means that the files have every change, and
    `edits` is empty.
    """

    edits: tuple[FileEdit, ...]
    notes: tuple[str, ...] = ()
    already_applied: bool = False


@dataclass
class _Report:
    notes: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)


def read_diff(diff: str, read: Callable[[str], str | None], paths: Sequence[str]) -> Repaired:
    """Return the edits that `diff` asks for.

    `read` gives a file's current text, None where it is missing; `paths` are the files that a wrong prefix may mean.
    Raises `MalformedDiff`, `AmbiguousPatch`, `PatchConflict` or `UnsafePath`; `details["tried"]` then lists the steps.
    """
    return read_files(parse(diff), read, paths)


def read_files(files: Sequence[FileDiff], read: Callable[[str], str | None], paths: Sequence[str]) -> Repaired:
    """Return the edits that `files` ask for, as `read_diff` does for the text of a diff."""
    report = _Report()
    try:
        return _Repair(Targets(read, paths), report).run(files)
    except PatchError as error:
        error.details["tried"] = tuple(report.tried)
        raise


class _Repair:
    def __init__(self, targets: Targets, report: _Report) -> None:
        self.targets = targets
        self.report = report

    def run(self, files: Sequence[FileDiff]) -> Repaired:
        edits = [edit for file in _merged(files, self.targets) if (edit := self._edit(file)) is not None]
        touched = [path for edit in edits for path in edit.paths]
        if clash := next((path for path in touched if touched.count(path) > 1), None):
            raise malformed(f"The diff changes {clash} in two ways.")
        return Repaired(tuple(edits), tuple(dict.fromkeys(self.report.notes)), already_applied=not edits)

    def _edit(self, file: FileDiff) -> FileEdit | None:
        match file.kind:
            case "create":
                return self._create(file)
            case "delete":
                return self._delete(file)
            case "rename":
                return self._rename(file)
            case "modify":
                return self._modify(file)

    def _create(self, file: FileDiff) -> FileEdit | None:
        path = self.targets.fresh(file.new_path or "")
        lines = [line for hunk in file.hunks for line in hunk.lines]
        if any(line.mark == "-" or (line.mark == " " and line.text.strip()) for line in lines):
            raise malformed(f"The diff creates {path}, and yet has lines that are not added.")
        for hunk in file.hunks:
            if hunk.unsealed and hunk.missing is not None and hunk.missing[1] > 0:
                raise _cut(path)
        text = "".join(line.text + ("\n" if line.ended else "") for line in lines)
        current = self.targets.text(path)
        if current is None:
            return FileEdit(path, "create", text=text)
        if current == text:
            self._done(path)
            return None
        raise PatchConflict(
            f"The diff creates {path}, which already exists with another text.",
            untouched="Nothing was written.",
            next_step="Ask for a change of the file as it is.",
            path=path,
        )

    def _delete(self, file: FileDiff) -> FileEdit | None:
        try:
            path = self.targets.existing(file.old_path)
        except MalformedDiff:
            if file.old_path and self.targets.text(file.old_path) is None:
                self._done(file.old_path)
                return None
            raise
        text = self.targets.text(path) or ""
        wanted = [plain(line.text) for hunk in file.hunks for line in hunk.old]
        if wanted != [plain(line.removesuffix("\n")) for line in split_at_line_feeds(text)]:
            raise PatchConflict(
                f"The diff deletes {path}, whose text is not the one that it removes.",
                untouched="Nothing was written.",
                next_step="Ask for the change again, made for the file as it is now.",
                path=path,
            )
        return FileEdit(path, "delete", sha256(text))

    def _rename(self, file: FileDiff) -> FileEdit | None:
        if not file.new_path:
            raise malformed("The diff renames a file and does not say to what.")
        target = self.targets.fresh(file.new_path)
        if file.old_path and self.targets.text(file.old_path) is None and self.targets.text(target) is not None:
            return self._modify(FileDiff(target, target, "modify", file.hunks))
        path = self.targets.existing(file.old_path)
        if self.targets.text(target) is not None:
            raise PatchConflict(
                f"The diff renames {path} to {target}, which already exists.",
                untouched="Nothing was written.",
                next_step="Move the file that is there away, or ask for another name.",
                path=target,
            )
        text = self.targets.text(path) or ""
        return FileEdit(
            path,
            "rename",
            sha256(text),
            replacements_between(text, self._changed(path, text, file.hunks)),
            None,
            target,
        )

    def _modify(self, file: FileDiff) -> FileEdit | None:
        path = self.targets.existing(file.new_path, file.old_path)
        if path not in (file.new_path, file.old_path):
            self.report.notes.append(f"{file.new_path or 'the unnamed file'} was read as {path}")
        text = self.targets.text(path) or ""
        new_text = self._changed(path, text, file.hunks)
        if new_text == text:
            self._done(path)
            return None
        return FileEdit(path, "modify", sha256(text), replacements_between(text, new_text))

    def _changed(self, path: str, text: str, hunks: Sequence[Hunk]) -> str:
        lines = split_at_line_feeds(text)
        self.report.tried.append(f"{path}: {len(hunks)} hunks on {len(lines)} lines")
        finder = Finder(
            [line.removesuffix("\n") for line in lines], path, self.report.tried.append, ended=text.endswith("\n")
        )
        placements = finder.place(hunks)
        width = max((_edges(hunk)[0] for hunk in hunks), default=0)
        for placement in placements:
            if _looks_cut(placement, width, len(lines)):
                raise _cut(path)
            self._note(path, placement)
        new_text = splice(lines, placements, path)
        if breaks(path, text, new_text):
            raise PatchConflict(
                f"{path} would no longer be valid Python.",
                untouched="Nothing was written.",
                next_step="Ask for the change again, made for the file as it is now.",
                path=path,
            )
        return new_text

    def _note(self, path: str, placement: Placement) -> None:
        if placement.done:
            self.report.notes.append(f"{path}: a change was already there")
        elif placement.rung.startswith("with "):
            self.report.notes.append(f"{path}: a change was found {placement.rung}")

    def _done(self, path: str) -> None:
        self.report.notes.append(f"{path} already has the change")


def _merged(files: Sequence[FileDiff], targets: Targets) -> list[FileDiff]:
    """Join the hunks of a file that the diff names several times."""
    result: dict[str, FileDiff] = {}
    for number, file in enumerate(files):
        key = targets.existing(file.new_path, file.old_path) if file.kind == "modify" else f"\0{number}"
        hunks = (*result[key].hunks, *file.hunks) if key in result else file.hunks
        result[key] = FileDiff(file.old_path, file.new_path, file.kind, hunks)
    return list(result.values())


def _edges(hunk: Hunk) -> tuple[int, int]:
    """Return how many kept lines a hunk begins and ends with."""
    marks = [line.mark == " " for line in hunk.lines]
    return [*marks, False].index(False), [*reversed(marks), False].index(False)


def _looks_cut(placement: Placement, width: int, size: int) -> bool:
    """Tell whether a diff may have been cut off in this hunk, its last one.

    The header promises more lines, and the rest could hold a change: a change is followed by as many kept lines as
    go before one, unless the file ends there.
    """
    hunk = placement.hunk
    if not hunk.unsealed or hunk.missing is None or min(hunk.missing) < 0 or max(hunk.missing) == 0:
        return False
    side = hunk.new if placement.done else hunk.old
    hidden = placement.end - placement.start - len(side)
    if placement.start < placement.end and hunk.missing == (hidden, hidden):
        return False  # a kept line within the hunk was left out, and that is all
    promised_end = placement.end + hunk.missing[1 if placement.done else 0]
    whole = min(hunk.missing) < min(width, _CONTEXT) and _edges(hunk)[1] > 0 and promised_end != size
    return not whole


def _cut(path: str) -> MalformedDiff:
    return malformed(f"The diff ends in the middle of a change of {path}.")
