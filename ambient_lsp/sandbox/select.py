"""Which backend checks run in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.protocols import Readiness
from ambient_lsp.sandbox.bubblewrap import Bubblewrap

if TYPE_CHECKING:
    from pathlib import Path

    from ambient_lsp import config, protocols
    from ambient_lsp.sandbox.docker import Docker

QUICK_SECONDS = 2


async def choose(settings: config.Sandbox, root: Path) -> tuple[protocols.Sandbox | None, list[Readiness]]:
    """Return the backend for `root`, or None, and what was found out about each one that was asked.

    `auto` takes Docker if an engine answers within two seconds and has the image, else bubblewrap. A backend that the
    configuration names is used or nothing is: another one may be weaker than what the user wanted.
    """
    match settings.backend:
        case "none":
            reason = "sandbox.backend is none, so nothing is checked and no fix is offered as proven."
            return None, [Readiness(False, "none", reason=reason, next_step="Set it to auto.")]
        case "docker":
            return await _docker(settings, root)
        case "bubblewrap":
            return await _bubblewrap(settings)
        case "auto":
            chosen, found = await _docker(settings, root)
            if chosen is not None:
                return chosen, found
            other, more = await _bubblewrap(settings)
            return other, [*found, *more]


async def _docker(settings: config.Sandbox, root: Path) -> tuple[Docker | None, list[Readiness]]:
    # The SDK takes a tenth of a second to import.
    from ambient_lsp.sandbox.docker import Docker

    backend = Docker(settings, timeout=QUICK_SECONDS)
    found = await backend.look(root)
    if found.ready:
        return backend, [found]
    await backend.close()
    return None, [found]


async def _bubblewrap(settings: config.Sandbox) -> tuple[Bubblewrap | None, list[Readiness]]:
    backend = Bubblewrap(settings)
    found = await backend.probe()
    return (backend if found.ready else None), [found]
