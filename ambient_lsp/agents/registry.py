"""Which specialists a configuration asks for."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from ambient_lsp.agents import custom
from ambient_lsp.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from ambient_lsp.config import Config
    from ambient_lsp.protocols import Proposer

_BUILT_IN = {
    "SecurityGuardian": "ambient_lsp.agents.security",
    "RefactorArchitect": "ambient_lsp.agents.refactor",
    "StyleEnforcer": "ambient_lsp.agents.style",
    "PerformanceOptimizer": "ambient_lsp.agents.performance",
    "TestEnhancer": "ambient_lsp.agents.tests",
}


def specialists(config: Config, root: Path, trusted: bool) -> list[Proposer]:
    """Return the enabled specialists, in the order of `agents.enabled`; each name once.

    A custom one that cannot be used here (not trusted, broken) is in the list all the same, and says why when asked.
    Raises `ConfigError` for a name that nobody has.
    """
    return [_specialist(name, config, root, trusted) for name in dict.fromkeys(config.agents.enabled)]


def is_built_in(name: str) -> bool:
    """Whether a specialist of that name comes with Ambient."""
    return name in _BUILT_IN


def _specialist(name: str, config: Config, root: Path, trusted: bool) -> Proposer:
    if name in _BUILT_IN:
        specialist: Proposer = getattr(import_module(_BUILT_IN[name]), name)()
        return specialist
    if name in config.agents.custom:
        return custom.load(name, config.agents.custom[name], root, trusted)
    offered = custom.installed(name)
    if offered is not None:
        return offered
    known = sorted({*_BUILT_IN, *config.agents.custom, *custom.installed_names()})
    close = difflib.get_close_matches(name, known, 1)
    raise ConfigError(
        f"agents.enabled names `{name}`, and there is no such specialist.",
        untouched="Nothing was run.",
        next_step=f"Did you mean `{close[0]}`?" if close else f"Known ones are {', '.join(known)}.",
        setting="agents.enabled",
    )
