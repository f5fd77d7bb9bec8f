"""Looking: what the specialists find and propose, reported as soon as they know it."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.engine import precision
from ambient_lsp.engine.confidence import scored
from ambient_lsp.engine.hidden import MUTED_RULE
from ambient_lsp.engine.newcode import NewCode
from ambient_lsp.engine.proving import rechecker
from ambient_lsp.engine.refine import merge_findings
from ambient_lsp.engine.showing import Showing
from ambient_lsp.engine.thinking import will_think
from ambient_lsp.errors import AmbientError
from ambient_lsp.events import FindingsReported
from ambient_lsp.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ambient_lsp.engine.road import Road
    from ambient_lsp.model import Context, Proposal
    from ambient_lsp.protocols import Proposer


async def glance(road: Road) -> None:
    """Publish what the resident linter sees in the one buffer that was just saved or opened, within milliseconds.

    Each specialist's own report, a little later, takes the place of this one.
    """
    trigger = road.run.trigger
    snapshot = next((one for one in trigger.snapshots if trigger.paths == (one.path,)), None)
    if snapshot is None or road.first_look is None or _new_since(road):
        return  # what is new cannot be told at once
    opened: list[Showing] = []

    def open_showing() -> None:
        opened.append(Showing.open(road.root, road.config, road.store, trigger))

    try:
        found = await road.first_look(snapshot, open_showing)
    except AmbientError as error:  # the specialists look again with a process of their own
        road.problem("first look", error)
        return
    if not opened:  # there was nothing to wait for
        open_showing()
    showing = opened[-1]
    for agent, findings in sorted(found.items(), key=lambda entry: not entry[1]):  # what there is to see comes first
        fresh = tuple(showing.judge(snapshot.path, snapshot.text, findings))
        road.publish(FindingsReported(road.run.id, agent, snapshot.path, snapshot.sha256, fresh, glance=True))


def forget_glance(road: Road, path: str) -> None:
    """Take back what a glance published of a file that turns out to be left alone."""
    for snapshot in road.run.trigger.snapshots:
        if snapshot.path == path:
            for agent in road.specialists:
                road.publish(FindingsReported(road.run.id, agent.name, path, snapshot.sha256, ()))


def forget_unasked(road: Road, context: Context) -> None:
    """Take back what specialists found who are not asked any more: the settings have changed since."""
    asked = {agent.name for agent in road.specialists}
    hashes = {target.path: target.sha256 for target in context.targets}
    for agent, path in sorted(road.store.found_in()):
        if agent not in asked and path in hashes and not _is_written(road, agent, path, hashes[path]):
            road.store.save_findings(agent, path, hashes[path], ())
            road.publish(FindingsReported(road.run.id, agent, path, hashes[path], ()))


def _is_written(road: Road, agent: str, path: str, sha256: str) -> bool:
    """Tell whether it is what a specialist in Markdown said of this very text: no model is asked every time."""
    said = [one for one in road.store.findings(path=path) if one.agent == agent]
    return all("model" in one.tags and one.base_sha256 == sha256 for one in said)


async def propose(road: Road, context: Context) -> list[Proposal]:
    """Ask all specialists at once. One that fails is reported; what it gave before counts, and the others go on."""
    total = len(road.specialists)
    done = 0
    showing = await _showing(road)

    async def ask(agent: Proposer) -> list[Proposal]:
        nonlocal done
        given: list[Proposal] = []
        try:
            await _Listening(road, context, agent, showing, given).listen()
        except Exception as error:  # a border: a specialist may be anybody's code, and must not stop the others
            road.problem(agent.name, error)
        done += 1
        road.progress("propose", f"{done}/{total} specialists", done, total)
        return given

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(agent)) for agent in road.specialists]
    finally:
        if showing.new_code is not None:
            showing.new_code.close()
    _tell_muted(road, showing)
    drafts = [draft for task in tasks for draft in task.result()]
    return [replace(draft, run_id=road.run.id, created=time.time()) for draft in drafts]


async def _showing(road: Road) -> Showing:
    """Return what decides about what is shown in this run; what cannot be read is told, and hides nothing."""
    showing = Showing.open(road.root, road.config, road.store, road.run.trigger)
    if since := _new_since(road):
        try:
            showing.new_code = await NewCode.since(road.root, since)
        except AmbientError as error:
            showing.problems.append(error)
    for problem in showing.problems:
        road.problem("what is shown", problem)
    return showing


def _new_since(road: Road) -> str:
    agents = road.config.agents
    return road.run.trigger.new_since or (agents.new_code_since if agents.new_code_only else "")


def _tell_muted(road: Road, showing: Showing) -> None:
    """Say once of each rule that falls silent, and how to bring it back."""
    for rule in showing.muted:
        key = f"rule-told:{rule}"
        if not road.store.get_value(key):
            road.store.set_value(key, "told")
            words = precision.sentence(showing.records[rule])
            road.problem(MUTED_RULE, AmbientError(words, next_step=f"`ambient rules unmute {rule}` brings it back."))


class _Listening:
    """Takes what one specialist yields into `drafts`. Findings are published as soon as it turns to something else: a
    fix, or another file.

    Of one that fails, what it found is published, and files that it may not have come to keep what was known.
    """

    def __init__(self, road: Road, context: Context, agent: Proposer, showing: Showing, drafts: list[Proposal]) -> None:
        self._road = road
        self._agent = agent
        self._context = context
        self._showing = showing
        self._drafts = drafts
        self._found: dict[str, list[Finding]] = defaultdict(list)
        self._known: dict[str, Finding] = {}
        self._texts = {target.path: target for target in context.targets}
        self._hashes = {target.path: target.sha256 for target in context.targets}
        self._unsaid = dict.fromkeys(self._hashes)
        self._fresh: dict[str, None] = {}
        self._kept = road.store.found_in()
        self._again = rechecker(road, context)
        self._thinking = will_think(road, context)

    async def listen(self) -> None:
        """Listen to the end."""
        latest = ""
        try:
            stream = self._agent.propose(self._context, self._road.bench)
            async with aclosing(stream) as items:  # type: ignore[type-var]  # every async generator can be closed
                async for item in items:
                    if isinstance(item, Finding):
                        if item.path != latest:  # with the file before, it is done
                            await self._report_fresh()
                            latest = item.path
                        self._found[item.path].append(item)
                        self._hashes.setdefault(item.path, item.base_sha256)
                        self._fresh[item.path] = None
                        continue
                    await self._report_fresh()
                    if self._showing.wants(item):
                        self._drafts.append(scored(item, self._known))
            await self._report(list({**self._fresh, **self._unsaid}))
        except Exception:
            await self._report_fresh()
            raise
        finally:
            self._road.findings += sum(not one.hidden for one in self._known.values())
        limit = self._road.config.agents.max_findings_per_file
        for path, findings in self._found.items():
            if len(findings) > limit:
                words = f"{self._agent.name} found {len(findings)}; the {limit} most severe are kept"
                self._road.problem(path, AmbientError(f"{words} (agents.max_findings_per_file)."))

    async def _report_fresh(self) -> None:
        await self._report(list(self._fresh))

    async def _report(self, paths: Iterable[str]) -> None:
        road, agent = self._road, self._agent.name
        for path in paths:
            self._unsaid.pop(path, None)
            self._fresh.pop(path, None)
            findings = await self._judged(path, merge_findings(self._found[path])) if path in self._found else []
            findings = _most_severe(findings, road.config.agents.max_findings_per_file)
            if (agent, path) in self._kept:
                findings += [one for one in road.store.findings(path=path) if self._said_by_model(one, path)]
            if findings or (agent, path) in self._kept:  # most files have none, and a write for each takes its time
                road.store.save_findings(agent, path, self._hashes[path], findings)
                self._kept.add((agent, path))
            told = (road.run.id, agent, path, self._hashes[path], tuple(findings))
            road.publish(FindingsReported(*told, thinking=self._thinking and path in self._texts))

    def _said_by_model(self, finding: Finding, path: str) -> bool:
        """Tell whether it is what a model said of this very text: it is not asked every time."""
        return (
            finding.agent == self._agent.name
            and "model" in finding.tags
            and finding.base_sha256 == self._hashes[path]
            and (finding.rule, finding.fingerprint) not in self._showing.dismissed
        )

    async def _judged(self, path: str, findings: list[Finding]) -> list[Finding]:
        snapshot = self._texts.get(path) or await self._road.bench.read(path)
        text = snapshot.text if snapshot is not None else ""
        judged = self._showing.judge(path, text, findings)

        async def again(path: str, old: str) -> list[Finding]:
            return await self._again(self._agent.name, {path: old})

        judged = await self._showing.judge_new(self._agent.name, path, text, judged, again)
        self._known.update((one.id, one) for one in judged)
        return judged


def _most_severe(findings: list[Finding], limit: int) -> list[Finding]:
    """Return at most `limit` of those that are shown, the most severe ones, in the order that they came in."""
    shown = [one for one in findings if not one.hidden]
    if len(shown) <= limit:
        return findings
    kept = {id(one) for one in sorted(shown, key=lambda one: -one.severity.rank)[:limit]}
    return [one for one in findings if one.hidden or id(one) in kept]
