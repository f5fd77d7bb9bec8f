"""Edits in the editor's own form: minimal hunks, its units, its kind of `WorkspaceEdit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lsprotocol import types

from ambient_lsp.errors import NotAllowed
from ambient_lsp.lsp.capabilities import ClientSupport
from ambient_lsp.lsp.documents import Document
from ambient_lsp.model import FileEdit, Replacement

ANNOTATION = "ambient"

_Change = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


def text_edits(document: Document, replacements: Sequence[Replacement]) -> list[types.TextEdit]:
    """Return replacements as an editor's edits.

    Whole lines are cut down to what differs, because replacing a line takes the cursor, folds and breakpoints along.
    """
    smallest = (minimal(document.text, replacement) for replacement in replacements)
    return [
        types.TextEdit(range=document.range(change.start, change.end), new_text=change.text)
        for change in smallest
        if change.start != change.end or change.text
    ]


def minimal(text: str, change: Replacement) -> Replacement:
    """Return the smallest replacement that does the same; never one that begins or ends inside a `\\r\\n`."""
    old, new = text[change.start : change.end], change.text
    limit = min(len(old), len(new))
    head = next((index for index in range(limit) if old[index] != new[index]), limit)
    limit -= head
    tail = next((index for index in range(limit) if old[-1 - index] != new[-1 - index]), limit)
    start, end, middle = change.start + head, change.end - tail, new[head : len(new) - tail]
    # An editor cannot express a position between the two characters of one line ending.
    if _inside_ending(text, start):
        start, middle = start - 1, "\r" + middle
    if _inside_ending(text, end):
        end, middle = end + 1, middle + "\n"
    return Replacement(start, end, middle)


def landing(edit: FileEdit) -> int:
    """Return where in the new text most was written: what somebody wants to see of a changed file."""
    most = max(edit.replacements, key=lambda change: len(change.text), default=None)
    if most is None:
        return 0
    before = (change for change in edit.replacements if change.end <= most.start and change != most)
    moved = sum(len(change.text) - (change.end - change.start) for change in before)
    return most.start + moved + len(most.text) - len(most.text.lstrip("\r\n"))


def build(
    edits: Sequence[FileEdit],
    documents: Mapping[str, Document],
    uris: Mapping[str, str],
    support: ClientSupport,
    *,
    confirm: tuple[str, str] | None = None,
) -> types.WorkspaceEdit:
    """Return one edit for the client.

    `documents` holds the current text of every file that changes, `uris` the URI of every path. `confirm` is (label,
    description) of the one annotation that makes the client ask first. Raises `NotAllowed` when the client cannot
    create, rename or delete files and the edit does.
    """
    _refuse_what_client_cannot(edits, support)
    if not support.versioned_edits:
        return types.WorkspaceEdit(
            changes={uris[edit.path]: text_edits(documents[edit.path], edit.replacements) for edit in edits}
        )
    annotation = ANNOTATION if confirm else None
    changes: list[_Change] = []
    for edit in edits:
        changes += _changes(edit, documents, uris, annotation)
    annotations = None
    if confirm:
        label, description = confirm
        annotations = {ANNOTATION: types.ChangeAnnotation(label, needs_confirmation=True, description=description)}
    return types.WorkspaceEdit(document_changes=changes, change_annotations=annotations)


def _changes(
    edit: FileEdit, documents: Mapping[str, Document], uris: Mapping[str, str], annotation: str | None
) -> list[_Change]:
    uri = uris[edit.path]
    if edit.kind == "create":
        # Neovim has an empty file as one empty line with an ending, which would stay behind the text. All others take
        # the end of a range that is beyond a text for the text's end.
        whole = types.Range(types.Position(0, 0), types.Position(1, 0))
        return [
            types.CreateFile(uri=uri, options=types.CreateFileOptions(overwrite=False), annotation_id=annotation),
            _text_change(uri, None, [types.TextEdit(whole, edit.text or "")], annotation),
        ]
    if edit.kind == "delete":
        return [types.DeleteFile(uri=uri, annotation_id=annotation)]
    document = documents[edit.path]
    changes: list[_Change] = []
    if edit.replacements:
        changes.append(_text_change(uri, document.version, text_edits(document, edit.replacements), annotation))
    if edit.kind == "rename":
        target = uris[edit.new_path or edit.path]
        changes.append(types.RenameFile(old_uri=uri, new_uri=target, annotation_id=annotation))
    return changes


def _text_change(
    uri: str, version: int | None, edits: Sequence[types.TextEdit], annotation: str | None
) -> types.TextDocumentEdit:
    document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
    if annotation is None:
        return types.TextDocumentEdit(text_document=document, edits=list(edits))
    annotated = [types.AnnotatedTextEdit(annotation, edit.range, edit.new_text) for edit in edits]
    return types.TextDocumentEdit(text_document=document, edits=annotated)


def _refuse_what_client_cannot(edits: Sequence[FileEdit], support: ClientSupport) -> None:
    able = {"create": support.creates_files, "rename": support.renames_files, "delete": support.deletes_files}
    for edit in edits:
        if edit.kind != "modify" and not (able[edit.kind] and support.versioned_edits):
            raise NotAllowed(
                f"{support.name} cannot {edit.kind} {edit.path} for a language server.",
                untouched="Nothing was changed.",
                next_step="Apply the fix from a terminal with `ambient proposals apply`.",
            )


def _inside_ending(text: str, offset: int) -> bool:
    return 0 < offset < len(text) and text[offset - 1] == "\r" and text[offset] == "\n"
