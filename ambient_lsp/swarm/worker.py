"""One file of a batch: asked about, read, repaired once, and turned into the text that it would become."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ambient_lsp.agents.thinking.briefing import marked, new_mark
from ambient_lsp.agents.thinking.prompts import prompt
from ambient_lsp.context.redact import redact
from ambient_lsp.errors import (
    BudgetExhausted,
    MalformedDiff,
    ModelError,
    ModelOverloaded,
    PatchConflict,
    PatchError,
    ReplyBroken,
    StoreError,
)
from ambient_lsp.llm.messages import ChatRequest, Message, Usage
from ambient_lsp.llm.reply.drafts import Draft, read_reply
from ambient_lsp.llm.reply.fitting import explain, fit
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.swarm.chunks import chunks, outline

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.engine.asking import Bill, Model
    from ambient_lsp.model import Snapshot
    from ambient_lsp.swarm.chunks import Chunk
    from ambient_lsp.swarm.journal import FileRecord

NOTHING = "NOTHING TO DO"
PURPOSE = "swarm"
_TRIES = 3
_CUT = ("length", "max_tokens")
_ROOM = 1.6
"""How much longer than its file an answer may be, for replies that give the whole file."""


@dataclass
class Worker:
    """Does the task on one file after the other.

    `keep` writes down what a file has come to before it returns, `keep_late` with whatever is written next.
    """

    task: str
    facts: str
    batch_id: str
    model: Model
    keep: Callable[[FileRecord], None]
    keep_late: Callable[[FileRecord], None]
    context_tokens: int
    answer_tokens: int

    async def work(self, file: FileRecord, snapshot: Snapshot) -> FileRecord:
        """Return the file's record at the end; `keep` has been told of every payment.

        Raises `BudgetExhausted` and `StoreError`.
        """
        return await _Job(self, file, snapshot).work()


class _Job:
    """One file and what has come of it by now."""

    def __init__(self, worker: Worker, file: FileRecord, snapshot: Snapshot) -> None:
        if file.sha256 != snapshot.sha256:
            file = replace(file, sha256=snapshot.sha256, replies=(), state="waiting", reason="", text=None)
        self._worker = worker
        self._file = file
        self._snapshot = snapshot
        self._asked = 0

    async def work(self) -> FileRecord:
        began, before = time.monotonic(), self._file.seconds
        try:
            text = await self._changed()
            if text is None or text == self._snapshot.text:
                reason = "the model found nothing to do" if text is None else "the answer changes nothing"
                self._file = replace(self._file, state="nothing", reason=reason)
            else:
                self._file = replace(self._file, state="success", text=text)
        except BudgetExhausted as error:
            error.details["file"] = self._file  # with what was paid for it before
            raise
        except StoreError:  # whatever is asked now could not be written down, and would be paid for twice
            raise
        except (ModelError, _Failed) as error:
            self._file = replace(self._file, state="failed", reason=error.what)
        except Exception as error:  # a border: an answer may be anything, and one file must not stop the others
            reason = f"its answer could not be made use of ({type(error).__name__}: {error})"
            self._file = replace(self._file, state="failed", reason=reason)
        self._file = replace(self._file, seconds=before + time.monotonic() - began)
        self._worker.keep_late(self._file)
        return self._file

    async def _changed(self) -> str | None:
        """Return the file's new text, None where there is nothing to do. Raises `_Failed` and `ModelError`."""
        worker, snapshot = self._worker, self._snapshot
        pieces = chunks(snapshot.path, snapshot.text, worker.context_tokens, worker.model.estimate.tokens)
        if not pieces:
            raise _Failed("one of its symbols is longer than `swarm.context_tokens`")
        drafts: list[Draft] = []
        text: str | None = None
        for piece in pieces:
            question = self._question(piece)
            reply = await self._ask(question)
            try:
                found = _drafts(reply)
                text = _fitted(_joined(drafts + found), snapshot) if found else text
            except PatchError as error:
                told = explain(
                    error,
                    _joined(drafts + _drafts_in(reply)),
                    lambda path: snapshot.text if path == snapshot.path else None,
                )
                again = prompt("repair").text.replace("{failures}", redact(told)[0])
                reply = await self._ask((*question, Message("assistant", reply), Message("user", again)))
                try:
                    found = _drafts(reply)
                    text = _fitted(_joined(drafts + found), snapshot) if found else text
                except PatchError as second:
                    raise _Failed(second.what) from second
            drafts += found
        return text

    def _question(self, piece: Chunk) -> tuple[Message, ...]:
        worker, snapshot = self._worker, self._snapshot
        shown, _ = redact(piece.text)
        parts = [("what the project asks for", worker.facts)] if worker.facts else []
        where = f"file to work on: {snapshot.path}"
        if not piece.alone:
            parts.append((f"outline of {snapshot.path}", redact(outline(snapshot.text))[0]))
            where = f"lines {piece.first} to {piece.last} of the file to work on: {snapshot.path}"
        parts.append((where, shown))
        mark = new_mark(part for _, part in parts)
        told = "".join(marked(mark, name, part) for name, part in parts)
        return Message("system", f"{prompt('batch').text}\nThe task:\n\n{worker.task}\n"), Message("user", told)

    async def _ask(self, messages: tuple[Message, ...]) -> str:
        """Return the next answer, from the journal where it has been paid for already."""
        worker = self._worker
        self._asked += 1
        if self._asked <= len(self._file.replies):
            return self._file.replies[self._asked - 1]
        size = worker.model.estimate.tokens(messages[1].text)
        request = ChatRequest(
            messages,
            PURPOSE,
            max_tokens=max(worker.answer_tokens, int(size * _ROOM)),
            cache_key=worker.batch_id,
        )
        for left in reversed(range(_TRIES)):
            begun = False
            try:
                async with worker.model.ask(worker.batch_id, self._billed)(request) as stream:
                    begun = True
                    async for _ in stream:
                        pass
                    reply = stream.reply
                break
            except (ReplyBroken, ModelOverloaded) as error:
                # The client has asked again already for what never began. It cannot for what did; nobody has seen it.
                if not (begun and left) or error.details.keys() & {"thought", "tools"}:
                    raise
        if reply.finish in _CUT:
            raise _Failed("the answer was longer than it may be")
        return reply.text

    def _billed(self, bill: Bill) -> None:
        """Write down what was paid and what was answered, in one."""
        file, usage = self._file, bill.usage
        guess = usage if usage.estimated else Usage()
        file = replace(
            file,
            prompt=file.prompt + usage.prompt,
            cached=file.cached + usage.cached,
            completion=file.completion + usage.completion,
            guessed_prompt=file.guessed_prompt + guess.prompt,
            guessed_completion=file.guessed_completion + guess.completion,
            cost=file.cost + bill.cost,
            calls=file.calls + bill.calls,
        )
        if bill.reply is not None:
            file = replace(file, model=bill.reply.model)
            if bill.reply.finish not in _CUT:  # that is paid for, and of no use to a batch that goes on later
                file = replace(file, replies=(*file.replies, bill.reply.text), state="answered")
        self._file = file
        self._worker.keep(file)


class _Failed(Exception):
    def __init__(self, what: str) -> None:
        self.what = what


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
