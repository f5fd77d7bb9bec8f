"""What `ambient doctor` says of models: which host answers, which model it would be, its context and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.errors import ModelError, ModelUnavailable
from ambient_lsp.llm import catalog
from ambient_lsp.llm.client import ChatClient

if TYPE_CHECKING:
    from pathlib import Path

    from ambient_lsp.config import Kimi
    from ambient_lsp.llm.endpoint import Endpoint
    from ambient_lsp.llm.probe import Probed


@dataclass(frozen=True, slots=True)
class Found:
    """One line. `well` is None where it does not matter: without a model the local analyzers go on."""

    well: bool | None
    what: str
    found: str
    next_step: str = ""


async def examine(kimi: Kimi, *, state: Path | None = None) -> list[Found]:
    """Look at every configured host; no model is asked anything, so this costs nothing."""
    lines: list[Found] = []
    async with ChatClient.from_settings(kimi, state=state) as client:
        for endpoint, probed in await client.look():
            lines += _of(endpoint, probed, kimi.max_concurrency)
    return lines


def _of(endpoint: Endpoint, probed: Probed | ModelError, most: int) -> list[Found]:
    if isinstance(probed, ModelError):
        gone = isinstance(probed, ModelUnavailable)
        what = probed.what + (" Local analyzers work without." if gone else "")
        return [Found(None if gone else False, "model host", what, probed.next_step)]
    key = f", key from {endpoint.key.name}" if endpoint.key.value else ""
    answers = f"{endpoint.root} answers as {probed.dialect.name} in {probed.seconds * 1000:.0f} ms{key}"
    lines = [Found(True, "model host", answers)]
    wanted = catalog.aliases(endpoint.model_id)
    model = next((name for one in wanted if (name := endpoint.id_of(one))), None)
    if model is None or not endpoint.lists(model):
        nothing = endpoint.nothing_there(wanted)
        later = " Ollama may fetch it from its cloud when it is first asked for." if model else ""
        return [*lines, Found(None if model else False, "model", nothing.what + later, nothing.next_step)]
    instead = f" (for {endpoint.model_id})" if model != endpoint.model_id else ""
    if catalog.canonical(wanted[0]) != catalog.canonical(model):
        instead = f" ({wanted[0]} is not there)"
    abilities = endpoint.abilities(model)
    context = f"{abilities.context:,} tokens of context" if abilities.context else "context not told"
    thinking = {"switch": "thinking can be switched", "always": "always thinks", "none": "does not think"}
    sampling = "" if abilities.sampling else ", sampling is fixed"
    lines.append(Found(True, "model", f"{model}{instead}; {context}, {thinking[abilities.thinking]}{sampling}"))
    told = f"; the host says {probed.limits}" if probed.limits else ""
    lines.append(Found(True, "model limits", f"{endpoint.limiter.limit} at once now, at most {most}{told}"))
    return lines
