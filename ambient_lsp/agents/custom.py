"""Specialists that others wrote: found, loaded, and made to speak like ours.

A custom specialist is a class that takes no arguments and has `async def propose(self, context)`, or
`propose(self, context, bench)`; it returns a list or yields. What it gives may be a `Finding`, a `Proposal`, or a dict
with a unified `diff`. See `docs/custom-specialists.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import sys
from dataclasses import asdict, is_dataclass, replace
from importlib import import_module, metadata
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.announce import Announcer
from ambient_lsp.errors import AmbientError, ConfigError, PatchError, Untrusted
from ambient_lsp.model import Finding, Proposal, RiskLevel
from ambient_lsp.patching import edits
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.model import Context, FileEdit
    from ambient_lsp.protocols import Proposer, Workbench

ENTRY_POINTS = "ambient.specialists"


class CustomSpecialist:
    """A foreign specialist behind our protocol. Whatever it raises comes out as an `AmbientError` with its name."""

    def __init__(self, name: str, inner: Any) -> None:
        self.name = name
        self._inner = inner

    async def propose(self, context: Context, bench: Workbench) -> AsyncIterator[Finding | Proposal]:
        """Yield what the specialist gives, under its configured name."""
        refused: list[PatchError] = []
        announcer = Announcer()
        try:
            async for item in self._given(context, bench):
                try:
                    adapted = await self._adapted(item, context, bench)
                except PatchError as error:  # one diff that fits nowhere says nothing of the next
                    refused.append(error)
                    continue
                if isinstance(adapted, Proposal):
                    if not adapted.edits:  # what it would change is so already
                        continue
                    findings, adapted = await announcer.announce(adapted, bench)
                    for finding in findings:
                        yield finding
                yield adapted
        except AmbientError:
            raise
        except Exception as error:  # a stranger's code may raise anything; the other specialists go on
            raise _failed(self.name, "failed", error) from error
        if refused:
            raise refused[0]

    async def _given(self, context: Context, bench: Workbench) -> AsyncIterator[Any]:
        answer = self._inner.propose(*self._arguments(context, bench))
        if hasattr(answer, "__aiter__"):
            async for item in answer:
                yield item
            return
        for item in (await answer if inspect.isawaitable(answer) else answer) or ():
            yield item

    async def refine(self, proposals: Sequence[Proposal], context: Context) -> Sequence[Proposal]:
        """Let the specialist refine its own proposals if it can; keep them if not."""
        mine = [proposal for proposal in proposals if proposal.agent == self.name]
        refine = getattr(self._inner, "refine", None)
        if refine is None:
            return mine
        try:
            refined = refine(mine, context)
            kept = await refined if inspect.isawaitable(refined) else refined
        except Exception as error:  # the same border as above
            raise _failed(self.name, "failed while it refined its proposals", error) from error
        return [proposal for proposal in kept or () if isinstance(proposal, Proposal)]

    def _arguments(self, context: Context, bench: Workbench) -> tuple[Any, ...]:
        wanted = inspect.signature(self._inner.propose).parameters.values()
        positional = [item for item in wanted if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)]
        takes_all = any(item.kind is item.VAR_POSITIONAL for item in wanted)
        return (context, bench) if takes_all or len(positional) > 1 else (context,)

    async def _adapted(self, item: Any, context: Context, bench: Workbench) -> Finding | Proposal:
        if isinstance(item, Finding | Proposal):
            return replace(item, agent=self.name)
        if is_dataclass(item) and not isinstance(item, type):
            item = asdict(item)
        if isinstance(item, dict) and isinstance(item.get("diff"), str):
            return await self._from_dict(item, context, bench)
        raise AmbientError(
            f"{self.name} gave a {type(item).__name__}, which is no proposal.",
            untouched="Nothing was changed.",
            next_step="Let `propose` return proposals, or dicts with a unified `diff`.",
        )

    async def _from_dict(self, item: Mapping[str, Any], context: Context, bench: Workbench) -> Proposal:
        """Make a proposal of the original specification's JSON shape. Size and files are computed from the diff."""
        # Reading foreign diffs is only needed for those who write them.
        from ambient_lsp.patching.repair import read_diff

        texts = {snapshot.path: snapshot.text for snapshot in context.targets}
        for path in _files_in(item):
            snapshot = await bench.read(path) if path not in texts else None
            if snapshot is not None:
                texts[path] = snapshot.text
        paths = sorted({*context.tree, *texts})
        try:
            repaired = read_diff(item["diff"], texts.get, paths)
        except PatchError as error:
            await asyncio.to_thread(_keep_for_debugging, context.root, item["diff"], error, texts)
            raise
        made: Sequence[FileEdit] = repaired.edits
        return edits.propose(
            agent=self.name,
            title=str(item.get("title") or f"Change proposed by {self.name}"),
            description=str(item.get("description") or ""),
            rationale=str(item.get("rationale") or item.get("description") or ""),
            risk_level=_risk(item.get("risk_level")),
            edits=made,
            bases=texts,
            tags=tuple(str(tag) for tag in item.get("tags") or ()),
        )


def _keep_for_debugging(root: Path, diff: str, error: PatchError, texts: Mapping[str, str]) -> None:
    """Keep a diff that could not be used, so that its author can see why. Failing to keep it changes nothing."""
    from ambient_lsp.context.redact import redact
    from ambient_lsp.patching.debug import write_bundle

    with contextlib.suppress(OSError):
        folder = root / ".ambient" / "patch_debug"
        write_bundle(folder, diff, error, texts.get, id=sha256(diff)[:8], redact=lambda text: redact(text)[0])


class Unavailable:
    """Stands for a specialist that cannot be asked; says why when it is, so that the run reports it."""

    def __init__(self, name: str, error: AmbientError) -> None:
        self.name = name
        self.error = error

    async def propose(self, context: Context, bench: Workbench) -> AsyncIterator[Finding | Proposal]:
        """Raise the reason."""
        raise self.error
        yield  # what makes this an async iterator

    async def refine(self, proposals: Sequence[Proposal], context: Context) -> Sequence[Proposal]:
        """Return nothing: there are no proposals of its own."""
        return []


def load(name: str, location: str, root: Path, trusted: bool) -> Proposer:
    """Load `path/to/file.py:Class` of the repository, or `package.module:Class`.

    Both run code that the repository chose, so in a folder that is not trusted an `Unavailable` with `Untrusted` comes
    back. One that cannot be loaded comes back as an `Unavailable` too: it must not stop the others.
    """
    if not trusted:
        return Unavailable(
            name,
            Untrusted(
                f"{name} was not asked, because this folder is not trusted and {location} is code that it chose.",
                untouched="Nothing of it was run.",
                next_step="Trust the folder to use it.",
            ),
        )
    place, colon, attribute = location.rpartition(":")
    try:
        if not colon or not attribute.isidentifier():
            raise ConfigError(f"agents.custom.{name} must look like `path/to/file.py:Class`, not `{location}`.")
        module = _module_of_file(name, root, place) if place.endswith(".py") else import_module(place)
        return _adapted(name, getattr(module, attribute))
    except AmbientError as error:
        return Unavailable(name, error)
    except Exception as error:  # importing a stranger's module may raise anything; the other specialists go on
        return Unavailable(name, _failed(name, f"could not be loaded from {location}", error))


def load_object(location: str, root: Path) -> Any:
    """Return what `path/to/file.py:name` or `package.module:name` names; for a trusted folder only.

    Raises `AmbientError` when it cannot be imported or is not there.
    """
    place, _, attribute = location.rpartition(":")
    try:
        module = _module_of_file(attribute, root, place) if place.endswith(".py") else import_module(place)
        return getattr(module, attribute)
    except Exception as error:  # importing runs somebody else's code, which may do anything
        raise _failed(location, "could not be loaded", error) from error


def installed(name: str) -> Proposer | None:
    """Load the specialist that an installed package offers under this name; None where there is none."""
    for entry in metadata.entry_points(group=ENTRY_POINTS, name=name):
        try:
            return _adapted(name, entry.load())
        except Exception as error:  # the same border as in `load`
            return Unavailable(name, _failed(name, f"could not be loaded from {entry.value}", error))
    return None


def installed_names() -> set[str]:
    """Return the names of all specialists that installed packages offer."""
    return set(metadata.entry_points(group=ENTRY_POINTS).names)


class _WithoutCache(SourceFileLoader):
    """Loads a file and leaves no `__pycache__` beside it: the user's files are not ours to add to."""

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Write nothing."""


def _module_of_file(name: str, root: Path, place: str) -> Any:
    file = (root / place).resolve()
    if not file.is_relative_to(root.resolve()) or not file.is_file():
        raise ConfigError(
            f"agents.custom.{name} names {place}, which is not a file in this folder.",
            untouched="Nothing of it was run.",
            next_step="Correct the path; it is relative to the root of the folder.",
        )
    module_name = f"ambient_custom_{name}"
    loader = _WithoutCache(module_name, str(file))
    spec = spec_from_loader(module_name, loader)
    if spec is None:
        raise ConfigError(f"agents.custom.{name}: {place} cannot be loaded.")
    module = module_from_spec(spec)
    # Dataclasses in the file look their own module up.
    sys.modules[module_name] = module
    loader.exec_module(module)
    return module


def _adapted(name: str, made: Any) -> Proposer:
    inner = made() if isinstance(made, type) else made
    if not callable(getattr(inner, "propose", None)):
        raise ConfigError(
            f"{name} has no `propose`, so it is no specialist.",
            untouched="The others are asked as usual.",
            next_step="See docs/custom-specialists.md.",
        )
    return CustomSpecialist(name, inner)


def _files_in(item: Mapping[str, Any]) -> list[str]:
    named = [path for path in item.get("files_touched") or () if isinstance(path, str)]
    for line in item["diff"].split("\n"):
        if line.startswith(("--- ", "+++ ")):
            path = line[4:].split("\t")[0].strip()
            named += [path.removeprefix("a/").removeprefix("b/")] if path != "/dev/null" else []
    # A path that leaves the folder is refused where the diff is read; it must not be read here either.
    return [path for path in dict.fromkeys(named) if not path.startswith("/") and ".." not in path.split("/")]


def _risk(level: Any) -> RiskLevel:
    """Return the level that the specialist claims; medium for a word that is none."""
    return RiskLevel(level) if level in list(RiskLevel) else RiskLevel.MEDIUM


def _failed(name: str, what: str, error: Exception) -> AmbientError:
    return AmbientError(
        f"{name} {what}: {type(error).__name__}: {error}.",
        untouched="The other specialists went on.",
        next_step=f"Correct {name}, or take it out of agents.enabled.",
    )
