"""One file of a batch: asked about, read, repaired once, and turned into the text that it would become."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ambient_lsp.agents.thinking.briefing import marked, new_mark
from ambient_lsp.agents.thinking.prompts import prompt
from ambient_lsp.context.redact import redact
from ambient_lsp.errors import BudgetExhausted, MalformedDiff, ModelError, PatchConflict, PatchError, ReplyBroken
from ambient_lsp.llm.messages import ChatRequest, Message
from ambient_lsp.llm.reply.drafts import Draft, read_reply
from ambient_lsp.llm.reply.fitting import explain, fit
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.swarm.chunks import chunks, outline

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.engine.asking import Model
    from ambient_lsp.llm.messages import Reply
    from ambient_lsp.model import Snapshot
    from ambient_lsp.swarm.journal import FileRecord

NOTHING = "NOTHING TO DO"
PURPOSE = "swarm"
_ROOM = 1.6
"""How much longer than its file an answer may be, for replies that give the whole file."""


@dataclass
class Worker:
    """Does the task on one file after the other. `keep` writes down what a file has come to."""

    task: str
    facts: str
    batch_id: str
    model: Model
    keep: Callable[[FileRecord], None]
    context_tokens: int
    answer_tokens: int

    async def work(self, file: FileRecord, snapshot: Snapshot) -> FileRecord:
        """Return the file's record at the end; `keep` has been told of every step. Raises `BudgetExhausted`."""
        began = time.monotonic()
        if file.sha256 != snapshot.sha256:
            file = replace(file, sha256=snapshot.sha256, replies=(), state="waiting", reason="", text=None)
        before = file.seconds
        try:
            text, file = await self._changed(file, snapshot)
            if text is None or text == snapshot.text:
                reason = "the model found nothing to do" if text is None else "the answer changes nothing"
                file = replace(file, state="nothing", reason=reason)
            else:
                file = replace(file, state="success", text=text)
        except _Failed as failure:
            file = replace(failure.file, state="failed", reason=failure.reason)
        file = replace(file, seconds=before + time.monotonic() - began)
        self.keep(file)
        return file

    async def _changed(self, file: FileRecord, snapshot: Snapshot) -> tuple[str | None, FileRecord]:
        """Return the file's new text, None where there is nothing to do. Raises `_Failed`."""
        pieces = chunks(snapshot.path, snapshot.text, self.context_tokens, self.model.estimate.tokens)
        if not pieces:
            raise _Failed(file, "one of its symbols is longer than `swarm.context_tokens`")
        drafts: list[Draft] = []
        number = 0
        for piece in pieces:
            question = self._question(snapshot, piece.text, None if piece.alone else (piece.first, piece.last))
            reply, file = await self._ask(file, question, number)
            number += 1
            try:
                drafts += _drafts(reply)
                _ = drafts and _fitted(_joined(drafts), snapshot)
            except PatchError as error:
                told = explain(error, _joined(drafts), lambda path: snapshot.text if path == snapshot.path else None)
                again = prompt("repair").text.replace("{failures}", redact(told)[0])
                messages = (*question, Message("assistant", reply), Message("user", again))
                drafts = drafts[: len(drafts) - len(_drafts_in(reply))]
                reply, file = await self._ask(file, messages, number)
                number += 1
                try:
                    drafts += _drafts(reply)
                    _ = drafts and _fitted(_joined(drafts), snapshot)
                except PatchError as second:
                    raise _Failed(file, second.what) from second
        return (_fitted(_joined(drafts), snapshot) if drafts else None), file

    def _question(self, snapshot: Snapshot, text: str, lines: tuple[int, int] | None) -> tuple[Message, ...]:
        shown, _ = redact(text)
        parts = [("what the project asks for", self.facts)] if self.facts else []
        where = f"file to work on: {snapshot.path}"
        if lines is not None:
            parts.append((f"outline of {snapshot.path}", redact(outline(snapshot.text))[0]))
            where = f"lines {lines[0]} to {lines[1]} of the file to work on: {snapshot.path}"
        parts.append((where, shown))
        mark = new_mark(part for _, part in parts)
        told = "".join(marked(mark, name, part) for name, part in parts)
        return Message("system", f"{prompt('batch').text}\nThe task:\n\n{self.task}\n"), Message("user", told)

    async def _ask(self, file: FileRecord, messages: tuple[Message, ...], number: int) -> tuple[str, FileRecord]:
        """Return the answer, from the journal where it has been paid for already. Raises `_Failed`."""
        if number < len(file.replies):
            return file.replies[number], file
        size = self.model.estimate.tokens(messages[1].text)
        request = ChatRequest(
            messages,
            PURPOSE,
            max_tokens=max(self.answer_tokens, int(size * _ROOM)),
            cache_key=self.batch_id,
        )
        try:
            async with self.model.ask(self.batch_id)(request) as stream:
                async for _ in stream:
                    pass
                reply = stream.reply
        except ReplyBroken as error:
            raise _Failed(file, error.what) from error
        except BudgetExhausted:
            raise
        except ModelError as error:
            raise _Failed(file, str(error.what)) from error
        file = _paid(file, reply, self.model.cost(reply))
        if reply.finish in ("length", "max_tokens"):  # paid for, and of no use to a batch that goes on later
            raise _Failed(replace(file, replies=file.replies[:-1]), "the answer was longer than it may be")
        self.keep(replace(file, state="answered"))
        return reply.text, file


class _Failed(Exception):
    def __init__(self, file: FileRecord, reason: str) -> None:
        self.file = file
        self.reason = reason


def _paid(file: FileRecord, reply: Reply, cost: int) -> FileRecord:
    return replace(
        file,
        replies=(*file.replies, reply.text),
        model=reply.model,
        prompt=file.prompt + reply.usage.prompt,
        cached=file.cached + reply.usage.cached,
        completion=file.completion + reply.usage.completion,
        cost=file.cost + cost,
        calls=file.calls + 1,
    )


def _drafts(reply: str) -> list[Draft]:
    """Return the edits of an answer; none where it says that there is nothing to do. Raises `MalformedDiff`."""
    drafts = _drafts_in(reply)
    if not drafts and NOTHING not in reply.upper():
        raise MalformedDiff("There is no edit in the answer, nor does it say that there is nothing to do.")
    return drafts


def _drafts_in(reply: str) -> list[Draft]:
    return [part for part in read_reply(reply) if isinstance(part, Draft)]


def _joined(drafts: list[Draft]) -> Draft:
    edits = tuple(edit for draft in drafts for edit in draft.edits)
    title = drafts[0].title if drafts else ""
    return Draft(title, "", edits, whole=all(draft.whole for draft in drafts))


def _fitted(draft: Draft, snapshot: Snapshot) -> str:
    """Return the file's text after the edits. Raises `PatchError`."""
    texts = {snapshot.path: snapshot.text}
    fitted = fit(draft, texts.get, [snapshot.path])
    after = apply_edits(texts, fitted.edits)
    if strangers := [path for path in after if path != snapshot.path]:
        raise PatchConflict(f"The answer changes {strangers[0]}, which is not the file that it was asked about.")
    text = after.get(snapshot.path, snapshot.text)
    if text is None:
        raise PatchConflict(f"The answer deletes {snapshot.path}.")
    if "[redacted:" in text and "[redacted:" not in snapshot.text:
        raise MalformedDiff("The answer writes a mark for a secret that was taken out.")
    return text
