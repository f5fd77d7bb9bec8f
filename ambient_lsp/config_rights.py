"""A file of the repository may narrow rights, never widen them.

Whoever sends you a branch also sends you its `.ambient.yml`. So a setting that would let more happen without you than
your own settings (or the defaults) do counts only when it is in your user-level file or you trust the folder.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ambient_lsp.config import Config, Fallback

_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


@dataclass(frozen=True, slots=True)
class Refused:
    """A wish of the repository's file that was not followed. `value` is what is used instead.

    `default` tells that the file only says what holds anyway where nobody says anything, as `ambient init` writes it.
    """

    key: tuple[str, ...]
    value: Any
    reason: str
    default: bool = False


def refused(own: Config, wished: Config, *, trusted: bool = False) -> list[Refused]:
    """Return what `wished` (with the repository's file) allows beyond `own` (without it), and the safe values.

    In a trusted folder only what no repository may ever say.
    """
    found = []
    for name, safe, reason in _NEVER if trusted else (*_NEVER, *_RULES):
        key = tuple(name.split("."))
        mine, theirs = _at(own, key), _at(wished, key)
        if (value := safe(mine, theirs)) != theirs:
            found.append(Refused(key, value, reason, default=theirs == _at(type(own)(), key)))
    return found


def with_key_hosts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user's own settings with the hosts that they name anywhere in `kimi.key_hosts` too."""
    kimi = values.get("kimi") or {}
    urls = [kimi.get("base_url"), *(one.get("base_url") for one in kimi.get("fallbacks") or [])]
    hosts = dict.fromkeys((*(kimi.get("key_hosts") or []), *(urlsplit(url).netloc for url in urls if url)))
    return {**values, "kimi": {**kimi, "key_hosts": list(hosts)}} if hosts else dict(values)


def _at(config: Config, key: tuple[str, ...]) -> Any:
    value: Any = config
    for name in key:
        value = getattr(value, name)
    return value


def _keep(mine: Any, _: Any) -> Any:
    return mine


def _smaller(mine: float, theirs: float) -> float:
    return min(mine, theirs)


def _larger(mine: float, theirs: float) -> float:
    return max(mine, theirs)


def _tighter(mine: float, theirs: float) -> float:
    """Return the stricter of two limits, of which 0 means none."""
    return min(mine, theirs) if mine and theirs else mine or theirs


def _and_mine(mine: dict[str, str], theirs: dict[str, str]) -> dict[str, str]:
    return theirs | mine


def _as_strict(mine: str, theirs: str) -> str:
    return theirs if mine == "auto" or theirs == "none" else mine


def _subset(mine: list[str], theirs: list[str]) -> list[str]:
    return [item for item in theirs if item in mine]


def _superset(mine: list[str], theirs: list[str]) -> list[str]:
    return theirs if set(mine) <= set(theirs) else [*mine, *(item for item in theirs if item not in mine)]


def _levels(mine: list[str], theirs: list[str]) -> list[str]:
    return [level for level in theirs if level in mine or level not in ("high", "critical")]


def _memory(mine: str, theirs: str) -> str:
    return theirs if _bytes(theirs) <= _bytes(mine) else mine


def _bytes(amount: str) -> int:
    unit = amount[-1].lower()
    return int(amount[:-1]) * _UNITS[unit] if unit in _UNITS else int(amount)


def _inside(mine: str, theirs: str) -> str:
    """Keep to the state folder: a log path is a file that we write."""
    path = PurePosixPath(theirs)
    inside = path.parts[:1] == (".ambient",) and ".." not in path.parts and not PureWindowsPath(theirs).is_absolute()
    return theirs if inside else mine


def _nearby(mine: str, theirs: str) -> str:
    """Keep to this machine: whatever answers there is sent the code."""
    return theirs if _is_local(theirs) or theirs == mine else mine


def _all_nearby(mine: list[Fallback], theirs: list[Fallback]) -> list[Fallback]:
    return [one for one in theirs if _is_local(one.base_url) or one in mine]


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_NEVER: tuple[tuple[str, Callable[[Any, Any], Any], str], ...] = (
    ("kimi.key_hosts", _keep, "only your own settings say who is sent your key"),
)
_RULES: tuple[tuple[str, Callable[[Any, Any], Any], str], ...] = (
    ("kimi.base_url", _nearby, "it would send code to another machine"),
    ("budget.tokens_per_run", _tighter, "it would spend more than you allow"),
    ("budget.tokens_per_day", _tighter, "it would spend more than you allow"),
    ("budget.tokens_per_repo", _tighter, "it would spend more than you allow"),
    ("budget.cost_per_run", _tighter, "it would spend more than you allow"),
    ("budget.cost_per_day", _tighter, "it would spend more than you allow"),
    ("budget.cost_per_repo", _tighter, "it would spend more than you allow"),
    ("kimi.fallbacks", _all_nearby, "it would send code to another machine"),
    ("kimi.allow_plain_http", lambda mine, theirs: mine and theirs, "it would send code without encryption"),
    ("swarm.never_send", _superset, "it would send files that you keep to yourself"),
    ("swarm.triggers", _subset, "it would ask a model more often than you do"),
    ("swarm.rounds", _smaller, "it would spend more than you allow"),
    ("swarm.refuter", lambda mine, theirs: mine or theirs, "it would leave out a check of yours"),
    ("risk_policy.auto_apply", _levels, "it would offer high or critical changes without a human"),
    ("risk_policy.require_approval", _superset, "it would take levels away from those that a human decides"),
    ("risk_policy.file_change_limit", _smaller, "it would let larger changes pass without a human"),
    ("risk_policy.loc_change_limit", _smaller, "it would let larger changes pass without a human"),
    ("risk_policy.sensitive_patterns", _superset, "it would take words away that make a human decide"),
    ("risk_policy.forbidden_paths", _superset, "it would open paths that you forbade"),
    ("risk_policy.custom_gates", _superset, "it would take away gates of yours"),
    ("agents.PerformanceOptimizer.min_speedup_percent", _larger, "it would call less than you ask for proven"),
    ("agents.TestEnhancer.repeat", _larger, "it would call less than you ask for proven"),
    ("sandbox.backend", _as_strict, "it would choose another sandbox than yours"),
    ("sandbox.checks", _and_mine, "it would take away checks of yours"),
    ("sandbox.python_checks", _superset, "it would take away checks of yours"),
    ("sandbox.resources.memory", _memory, "it would let checks use more of this machine"),
    ("sandbox.resources.cpus", _smaller, "it would let checks use more of this machine"),
    ("sandbox.resources.pids_limit", _smaller, "it would let checks use more of this machine"),
    ("sandbox.resources.timeout_seconds", _smaller, "it would let checks use more of this machine"),
    ("sandbox.allowed_commands", _subset, "it would allow commands beyond your own list"),
    ("sandbox.python", _keep, "it would choose the program that checks start with"),
    ("sandbox.build_network", lambda mine, theirs: mine and theirs, "it would let the image build use the network"),
    ("telemetry.log_path", _inside, "it would write outside `.ambient/`"),
    ("telemetry.include_diffs", lambda mine, theirs: mine and theirs, "it would put your code into the log"),
)
