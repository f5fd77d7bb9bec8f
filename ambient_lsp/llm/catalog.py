"""What is known of models beforehand: profiles, abilities and prices, read from `data/models.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ambient_lsp.llm.prices import Price

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What one model at one host can do, as far as it is known. `context` None means nobody said.

    `lessons` are names of fields that the host refused before: they are not sent again.
    """

    thinking: Literal["switch", "always", "none"] = "switch"
    sampling: bool = True
    context: int | None = None
    lessons: frozenset[str] = frozenset()


def canonical(model: str) -> str:
    """Return a model's id without the host's decoration: `moonshotai/Kimi-K2.6:cloud` is `kimi-k2.6`."""
    return model.rpartition("/")[2].partition(":")[0].lower()


def aliases(model: str) -> tuple[str, ...]:
    """Return the models to try for a configured name, best first.

    A profile gives its whole list, a model of a profile itself and the newer ones, any other name only itself.
    """
    for profile, models in _data()["profiles"].items():
        if model == profile:
            return tuple(models)
        if (name := canonical(model)) in models:
            return (model, *models[models.index(name) + 1 :])
    return (model,)


def profile_of(model: str) -> str:
    """Return the profile that a configured name belongs to, or the name itself."""
    for profile, models in _data()["profiles"].items():
        if model == profile or canonical(model) in models:
            return str(profile)
    return canonical(model)


def id_at(dialect: str, model: str) -> str:
    """Return what a host of this dialect most likely calls a model."""
    return str(_data()["ids"].get(dialect, {}).get(model, model))


def abilities(model: str) -> Abilities:
    """Return what is known of a model; of an unknown one, that nothing is forbidden."""
    known = _data()["models"].get(canonical(model))
    if known is None and canonical(model).startswith("kimi-"):
        known = {"thinking": "switch", "sampling": False}  # every one so far fixes its sampling
    return Abilities(**known) if known else Abilities()


def price(dialect: str, model: str) -> Price | None:
    """Return what a model costs at hosts of this dialect; None where it is not known, or nothing by the token."""
    known = _data()["prices"].get(dialect, {}).get(canonical(model))
    return Price(**known) if known else None


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((DATA / "models.toml").read_text("utf-8"))
