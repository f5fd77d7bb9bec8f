"""What became of the edits that were handed to the editor: it tells nobody, or not the truth, so the texts are watched.

When the text of every file becomes the one that the fix leads to, it was applied, however late; when they then become
the ones before again, it was taken back. An edit can also land on a text that it was not made for: somebody else's
edit, such as a formatter's, came in between, and VS Code does not look at versions then (client.ts).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ambient_lsp.lsp.documents import Document, Text
from ambient_lsp.lsp.workspace_edit import text_edits
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import FileEdit, Replacement
from ambient_lsp.text import sha256

_MOST = 50
_AT_ONCE = 5.0
"""Seconds in which an editor makes an edit that it has asked for; later, the same change is somebody's own."""

_MOST_BETWEEN = 8
"""Changes of others, between handing an edit out and the editor making it, after which it is not looked for."""

Kind = Literal["applied", "partly", "reverted", "refused", "stale"]


@dataclass(frozen=True, slots=True)
class News:
    """What was seen to have become of a fix."""

    workspace: Workspace
    proposal_id: str
    kind: Kind


@dataclass(slots=True)
class Expectation:
    """A fix that was handed to the client: the text before and after of each of its files, by URI."""

    workspace: Workspace
    proposal_id: str
    texts: Mapping[str, tuple[Text, Text]]
    told: Kind | None = None
    """What is known to have become of it so far."""
    made: set[str] = field(default_factory=set)
    """The files that have it."""
    sure: set[str] = field(default_factory=set)
    """Those of them that the editor has saved since, with the text that was seen."""

    def see(self, document: Document) -> Kind | None:
        """Return what has become of the fix, when this file shows something new."""
        uri = document.uri
        before, after = self.texts[uri]
        if uri not in self.made and after.is_in(document):
            self.made.add(uri)
        elif uri in self.made and before.is_in(document):
            self.made.remove(uri)
        else:
            return None
        self.told = "applied" if len(self.made) == len(self.texts) else "partly" if self.made else "reverted"
        return self.told


class _Handed:
    """An edit that the editor is about to make on its own, and what would come of it on texts it was not made for."""

    def __init__(self, document: Document, edit: FileEdit, until: float) -> None:
        self.uri, self.before, self.edit, self.until = document.uri, document.text, edit, until
        self._made = text_edits(document, edit.replacements)
        self._strays: list[tuple[str, str]] = []

    def landed(self, document: Document) -> str | None:
        """Return the text that the editor has made the edit on, when it was another than the one it is for."""
        for text, stray in self._strays:
            if document.text == stray:
                return text
        if len(self._strays) < _MOST_BETWEEN:
            self._strays.append((document.text, document.with_edits(self._made)))
        return None


class Observed:
    """The newest expectations."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._expected: list[Expectation] = []
        self._handed: tuple[_Handed, list[Expectation]] | None = None

    def hand_out(self, workspace: Workspace, proposal_ids: Sequence[str], document: Document, edit: FileEdit) -> None:
        """Watch for an edit of one file that the editor is going to make, or not, without a word."""
        from ambient_lsp.patching.edits import apply_replacements  # loads difflib: not before `initialize` is answered

        after = Text.of(apply_replacements(document.text, edit.replacements))
        texts = {document.uri: (document.known_by, after)}
        expected = [Expectation(workspace, proposal_id, texts) for proposal_id in proposal_ids]
        for one in expected:
            self.expect(one)
        self._handed = _Handed(document, edit, self._clock() + _AT_ONCE), expected

    def expect(self, expectation: Expectation) -> None:
        """Watch the files of a fix."""
        self.drop(expectation.proposal_id)
        if expectation.texts:
            self._expected.append(expectation)
        del self._expected[:-_MOST]

    def drop(self, proposal_id: str) -> None:
        """Watch the files of a fix no longer."""
        self._expected = [one for one in self._expected if one.proposal_id != proposal_id]
        if self._handed and any(one.proposal_id == proposal_id for one in self._handed[1]):
            self._handed = None

    def see(self, document: Document) -> list[News]:
        """Return what the current text of a file shows to have happened."""
        news = [
            News(one.workspace, one.proposal_id, kind)
            for one in self._expected
            if document.uri in one.texts and (kind := one.see(document)) is not None
        ]
        return news + self._see_handed(document)

    def _see_handed(self, document: Document) -> list[News]:
        if self._handed is None or self._handed[0].uri != document.uri:
            return []
        handed, expected = self._handed
        if any(one.told for one in expected) or self._clock() > handed.until:
            self._handed = None
            return []
        if (text := handed.landed(document)) is None:
            return []
        self._handed = None
        if not holds(handed.edit, handed.before, document.text):
            self._expected = [one for one in self._expected if one not in expected]
            return [News(one.workspace, one.proposal_id, "stale") for one in expected]
        for one in expected:
            one.texts, one.told = {document.uri: (Text.of(text), Text.of(document.text))}, "applied"
            one.made.add(document.uri)
        return [News(one.workspace, one.proposal_id, "applied") for one in expected]

    def agree(self, uri: str) -> None:
        """Hear that the editor saved the very text that was seen."""
        for one in self._expected:
            one.sure |= one.made & {uri}

    def doubt(self, uri: str) -> list[News]:
        """Take back what was seen of a file, since its last save, whose text turns out to be another."""
        doubtful = [one for one in self._expected if uri in one.made - one.sure and one.told == "applied"]
        self.forget(uri)
        return [News(one.workspace, one.proposal_id, "stale") for one in doubtful]

    def forget(self, uri: str) -> None:
        """Stop watching a file."""
        self._expected = [one for one in self._expected if uri not in one.texts]


def holds(edit: FileEdit, before: str, now: str) -> bool:
    """Whether a text is the one after `edit`, which was made for `before`, with nothing but other edits elsewhere.

    It is when the way back still finds its place.
    """
    from ambient_lsp.patching.edits import apply_replacements
    from ambient_lsp.patching.rebase import rebase

    after = apply_replacements(before, edit.replacements)
    back: list[Replacement] = []
    moved = 0
    for change in sorted(edit.replacements):
        start = change.start + moved
        back.append(Replacement(start, start + len(change.text), before[change.start : change.end]))
        moved += len(change.text) - (change.end - change.start)
    return rebase(FileEdit(edit.path, "modify", sha256(after), tuple(back)), after, now) is not None
