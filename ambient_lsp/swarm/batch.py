"""A batch from its first question to its proposals: workers side by side, one that fails never stops the rest."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ambient_lsp.agents.thinking.briefing import NeverSend
from ambient_lsp.engine.asking import Model
from ambient_lsp.errors import AmbientError, BudgetExhausted, ModelUnavailable, StoreError, Untrusted
from ambient_lsp.store.ledger import connect
from ambient_lsp.swarm.journal import DONE, BatchRecord, FileRecord, Journal
from ambient_lsp.swarm.together import Together, prove_together
from ambient_lsp.swarm.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ambient_lsp.config import Config
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.engine.services import Services
    from ambient_lsp.store.ledger import SqliteLedger

_HOPELESS = 5
"""So many files in a row that no host has answered for end the batch: the next would not fare better. Twice as many as
are asked about at once, if that is more: what fails is quicker than what is answered, and comes in a row by chance."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Calls that were under way when the batch was killed. Nobody knows what the host has counted; `tokens` and `cost`
    (in millionths of a dollar) are the most that it can be."""

    calls: int = 0
    tokens: int = 0
    cost: int = 0


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch came to. `together` is None where nothing was to be proven; `ended_by` is why it ended early, and
    `unpriced` how many calls were made to models of which nobody knows what they cost."""

    batch: BatchRecord
    files: tuple[FileRecord, ...]
    together: Together | None = None
    ended_by: AmbientError | None = None
    lost: Lost = Lost()
    unpriced: int = 0

    @property
    def stopped(self) -> str:
        """Why it ended early, in words; empty where it did not."""
        return str(self.ended_by or "")

    def count(self, state: str) -> int:
        """Return how many files ended so."""
        return sum(one.state == state for one in self.files)


async def run_batch(
    engine: Engine,
    task: str,
    paths: Sequence[str],
    *,
    workers: int,
    resume: str = "",
    verify: bool = True,
    config: Config | None = None,
    listen: Callable[[FileRecord, int, int], None] = lambda _file, _done, _total: None,
    say: Callable[[str], None] = lambda _words: None,
    cancelled: Callable[[BatchResult], None] = lambda _result: None,
) -> BatchResult:
    """Do `task` on each of `paths`, `workers` at a time; `resume` goes on with an earlier batch instead.

    Nothing is written to the user's files: what comes of it are proposals. `config` takes the place of the engine's for
    asking the model, with another budget, say. `listen` is told of each file that is done, with how many are, of how
    many; `cancelled` of how far a batch came that is cancelled. Raises `Untrusted` and `NotFound`, with nothing sent,
    and `StoreError` where the state cannot be written: what was answered before is kept.
    """
    if not engine.trusted:
        raise Untrusted(
            "This folder is not trusted, and a batch sends its files to a model.",
            untouched="Nothing was sent.",
            next_step="`ambient trust` says that you trust it.",
        )
    services = await engine.services()
    # One connection for both, so that what was paid and what was answered is written down in one.
    with closing(connect(services.store_path)) as db:
        journal = Journal(db)
        model = Model(
            config or engine.config, services.store_path, mode="batch", at_once=workers, notify=say, connection=db
        )
        try:
            batch = journal.batch(resume) if resume else journal.begin(uuid.uuid4().hex[:12], task, paths)
            try:
                ended_by = await _Workers(engine, journal, model, batch, workers, listen).work()
                together = await _proven(services, journal, batch, say, verify=verify)
            except asyncio.CancelledError:
                with suppress(AmbientError):  # a full disk must not hide that it was cancelled
                    files = tuple(journal.files(batch.id))
                    stop = AmbientError("It was cancelled.")
                    cancelled(BatchResult(batch, files, None, stop, *_calls(model.ledger, batch.id)))
                raise
            if ended_by is None:
                batch = _ended(journal, batch, together)
            files = tuple(journal.files(batch.id))
            return BatchResult(batch, files, together, ended_by, *_calls(model.ledger, batch.id))
        finally:
            with suppress(StoreError):  # what is kept late can be made again; what has ended the batch is to be told
                journal.flush()
            await model.close()


async def _proven(
    services: Services, journal: Journal, batch: BatchRecord, say: Callable[[str], None], *, verify: bool
) -> Together | None:
    """Prove what has changed, and write down of each file what came of that; None where nothing has."""
    files = journal.files(batch.id)
    if not any(one.state == "success" for one in files):
        return None
    say("checking all changes together")
    together = await prove_together(services, batch, files, verify=verify)
    services.supersede(batch.id, together.proposals)
    for file in files:
        if file.path in together.blamed:
            journal.keep_late(batch.id, replace(file, state="failed", reason=together.blamed[file.path]))
        elif file.state == "success" and file.reason != (doubt := together.doubts.get(file.path, "")):
            journal.keep_late(batch.id, replace(file, reason=doubt))
    return together


def _ended(journal: Journal, batch: BatchRecord, together: Together | None) -> BatchRecord:
    proposals = tuple(one.id for one in together.proposals) if together else ()
    batch = replace(batch, ended=time.time(), proposals=proposals, verdict=together.words if together else "")
    journal.save(batch)
    return batch


def _calls(ledger: SqliteLedger, batch_id: str) -> tuple[Lost, int]:
    """Return what was lost, and how many calls have no price."""
    calls = ledger.exchanges(run_id=batch_id)
    lost = [one for one in calls if one.state == "lost"]
    told = Lost(len(lost), sum(one.tokens for one in lost), sum(one.cost for one in lost))
    return told, sum(one.unpriced for one in calls)


class _Workers:
    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        model: Model,
        batch: BatchRecord,
        workers: int,
        listen: Callable[[FileRecord, int, int], None],
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._model = model
        self._batch = batch
        self._workers = workers
        self._listen = listen
        self._never = NeverSend(engine.config.swarm.never_send)
        self._queue: deque[FileRecord] = deque()
        self._total = self._done = self._busy = self._unreached = 0
        self._ended_by: AmbientError | None = None

    async def work(self) -> AmbientError | None:
        """Work until no file is left; return why it ended before, if it did."""
        files = self._journal.files(self._batch.id)
        # What has failed is tried again when a batch goes on; what is done is not paid for twice.
        self._queue.extend(one for one in files if one.state not in DONE or one.state == "failed")
        self._total, self._done = len(files), len(files) - len(self._queue)
        worker = await self._worker()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._workers, len(self._queue))):
                    group.create_task(self._take(worker))
        except ExceptionGroup as errors:  # such as a full disk, which each of them meets
            raise errors.exceptions[0] from None
        return self._ended_by

    async def _worker(self) -> Worker:
        services = await self._engine.services()
        swarm = self._engine.config.swarm
        conventions = "\n".join(f"{name}: {value}" for name, value in sorted((await services.facts()).items()))
        return Worker(
            task=self._batch.task,
            facts=conventions,
            batch_id=self._batch.id,
            model=self._model,
            keep=lambda file: self._journal.keep(self._batch.id, file),
            keep_late=lambda file: self._journal.keep_late(self._batch.id, file),
            context_tokens=await self._model.room() if self._queue else swarm.context_tokens,
            answer_tokens=swarm.answer_tokens,
        )

    async def _take(self, worker: Worker) -> None:
        """Do one file after the other."""
        while self._queue and self._ended_by is None:
            file = self._queue.popleft()
            if file.state == "failed":  # what was answered then is what has failed
                file = replace(file, replies=(), state="waiting", reason="")
            self._busy += 1
            try:
                done = await self._one(worker, file)
            except BudgetExhausted as error:
                # The others hold the most that they may need, and will give back most of it: fewer go on, and only
                # where nobody is left to wait for is the limit reached.
                self._queue.appendleft(error.details.get("file", file))
                if self._busy == 1:
                    self._ended_by = error
                return
            except StoreError:
                raise
            except AmbientError as error:
                done = replace(file, state="failed", reason=error.what)
                self._journal.keep(self._batch.id, done)
            finally:
                self._busy -= 1
            self._count(done, reached=done.prompt > file.prompt)
            self._done += 1
            self._listen(done, self._done, self._total)

    async def _one(self, worker: Worker, file: FileRecord) -> FileRecord:
        if self._never(file.path):
            return self._skip(file, "it must never be sent")
        snapshot = await (await (await self._engine.services()).repository()).read(file.path)
        if snapshot is None:
            return self._skip(file, "it is missing, binary, private or too large")
        if not snapshot.text.strip():
            return self._skip(file, "it is empty")
        return await worker.work(file, snapshot)

    def _skip(self, file: FileRecord, reason: str) -> FileRecord:
        file = replace(file, state="skipped", reason=reason)
        self._journal.keep(self._batch.id, file)
        return file

    def _count(self, file: FileRecord, *, reached: bool) -> None:
        """Give up where nobody answers at all."""
        self._unreached = 0 if reached or file.state != "failed" else self._unreached + 1
        if self._unreached >= max(_HOPELESS, 2 * self._workers):
            self._ended_by = ModelUnavailable(
                f"No answer for {self._unreached} files in a row: {file.reason}",
                untouched="Your files were left alone.",
                next_step="`ambient doctor` says what answers; then go on with --resume.",
            )
