"""Looking: what the specialists find and propose, reported as soon as they know it."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.engine import learning
from ambient_lsp.engine.refine import merge_findings, scored
from ambient_lsp.errors import AmbientError
from ambient_lsp.events import FindingsReported
from ambient_lsp.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ambient_lsp.engine.road import Road
    from ambient_lsp.model import Context, Proposal
    from ambient_lsp.protocols import Proposer


async def glance(road: Road) -> None:
    """Publish what the resident linter sees in the one buffer that was just saved or opened, within milliseconds.

    Each specialist's own report, a little later, takes the place of this one.
    """
    trigger = road.run.trigger
    snapshot = next((one for one in trigger.snapshots if trigger.paths == (one.path,)), None)
    if snapshot is None or road.first_look is None:
        return
    try:
        found = await road.first_look(snapshot)
    except AmbientError as error:  # the specialists look again with a process of their own
        road.problem("first look", error)
        return
    dismissed = learning.by_key(road.store.dismissals(time.time()))
    for agent, findings in sorted(found.items(), key=lambda entry: not entry[1]):  # what there is to see comes first
        fresh = tuple(one for one in findings if not learning.is_dismissed(one, dismissed))
        road.publish(FindingsReported(road.run.id, agent, snapshot.path, snapshot.sha256, fresh))


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
    known = road.store.findings(path=next(iter(hashes)) if len(hashes) == 1 else "")
    for agent, path in dict.fromkeys((one.agent, one.path) for one in known):
        if agent not in asked and path in hashes:
            road.store.save_findings(agent, path, hashes[path], ())
            road.publish(FindingsReported(road.run.id, agent, path, hashes[path], ()))


async def propose(road: Road, context: Context) -> list[Proposal]:
    """Ask all specialists at once. One that fails is reported; what it gave before counts, and the others go on."""
    total = len(road.specialists)
    done = 0
    dismissed = learning.by_key(road.store.dismissals(time.time()))

    async def ask(agent: Proposer) -> list[Proposal]:
        nonlocal done
        given: list[Proposal] = []
        try:
            await _listen(road, context, agent, dismissed, given)
        except Exception as error:  # a border: a specialist may be anybody's code, and must not stop the others
            road.problem(agent.name, error)
        done += 1
        road.progress("propose", f"{done}/{total} specialists", done, total)
        return given

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(agent)) for agent in road.specialists]
    drafts = [draft for task in tasks for draft in task.result()]
    return [replace(draft, run_id=road.run.id, created=time.time()) for draft in drafts]


async def _listen(
    road: Road,
    context: Context,
    agent: Proposer,
    dismissed: Mapping[tuple[str, str], object],
    drafts: list[Proposal],
) -> None:
    """Take what one specialist yields into `drafts`. Findings are published as soon as it turns to something else.

    Of one that fails, what it found is published, and files that it may not have come to keep what was known.
    """
    found: dict[str, list[Finding]] = defaultdict(list)
    known: dict[str, Finding] = {}
    muted: set[str] = set()
    hashes = {target.path: target.sha256 for target in context.targets}
    unsaid = dict.fromkeys(hashes, False)

    def report(paths: Iterable[str]) -> None:
        for path in list(paths):
            unsaid.pop(path, None)
            findings = _most_severe(merge_findings(found[path]), road.config.agents.max_findings_per_file)
            road.store.save_findings(agent.name, path, hashes[path], findings)
            road.publish(FindingsReported(road.run.id, agent.name, path, hashes[path], tuple(findings)))

    try:
        async with aclosing(agent.propose(context, road.bench)) as stream:  # type: ignore[type-var]  # every async generator can be closed
            async for item in stream:
                if isinstance(item, Finding):
                    if (item.rule, item.fingerprint) in dismissed:
                        muted.add(item.id)
                        continue
                    found[item.path].append(item)
                    known[item.id] = item
                    hashes.setdefault(item.path, item.base_sha256)
                    unsaid[item.path] = True
                    continue
                report([path for path, fresh in unsaid.items() if fresh])
                if not item.finding_ids or not muted.issuperset(item.finding_ids):
                    drafts.append(scored(item, known))
    except Exception:
        report([path for path, fresh in unsaid.items() if fresh])
        raise
    finally:
        road.findings += sum(len(findings) for findings in found.values())
    report(unsaid)
    limit = road.config.agents.max_findings_per_file
    for path, findings in found.items():
        if len(findings) > limit:
            words = f"{agent.name} found {len(findings)}; the {limit} most severe are kept"
            road.problem(path, AmbientError(f"{words} (agents.max_findings_per_file)."))


def _most_severe(findings: list[Finding], limit: int) -> list[Finding]:
    """Return at most `limit`, the most severe ones, in the order that they came in."""
    if len(findings) <= limit:
        return findings
    kept = {id(one) for one in sorted(findings, key=lambda one: -one.severity.rank)[:limit]}
    return [one for one in findings if id(one) in kept]
