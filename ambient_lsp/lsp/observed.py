"""What became of the edits that the editor makes on its own: it tells nobody, so the text is watched.

After `codeAction/resolve` the client applies the edit itself, or not. When the text becomes the one that the edit leads
to, the fix was applied; when it then becomes the one before again, it was taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ambient_lsp.lsp.documents import Document
from ambient_lsp.lsp.workspaces import Workspace

_MOST = 50


@dataclass(slots=True)
class Expectation:
    """A fix that was handed to the client for a file."""

    workspace: Workspace
    proposal_id: str
    uri: str
    before: str
    after: str
    applied: bool = False


class Observed:
    """The newest expectations."""

    def __init__(self) -> None:
        self._expected: list[Expectation] = []

    def expect(
        self, workspace: Workspace, proposal_id: str, uri: str, before: str, after: str, *, applied: bool = False
    ) -> None:
        """Watch a file for the text with hash `after`, or, when `applied`, for a return to `before`."""
        self._expected = [item for item in self._expected if (item.proposal_id, item.uri) != (proposal_id, uri)]
        self._expected.append(Expectation(workspace, proposal_id, uri, before, after, applied))
        del self._expected[:-_MOST]

    def see(self, document: Document) -> list[tuple[Expectation, Literal["applied", "reverted"]]]:
        """Return what the current text of a file shows to have happened."""
        news: list[tuple[Expectation, Literal["applied", "reverted"]]] = []
        for item in [item for item in self._expected if item.uri == document.uri]:
            if not item.applied and document.sha256 == item.after:
                item.applied = True
                news.append((item, "applied"))
            elif item.applied and document.sha256 == item.before:
                self._expected.remove(item)
                news.append((item, "reverted"))
        return news

    def forget(self, uri: str) -> None:
        """Stop watching a file."""
        self._expected = [item for item in self._expected if item.uri != uri]
