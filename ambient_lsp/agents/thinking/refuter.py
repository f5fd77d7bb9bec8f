"""The refuter: asked without the conversation that led to a claim, it tries to show that the claim is wrong."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ambient_lsp.agents.thinking.briefing import marked
from ambient_lsp.agents.thinking.prompts import prompt
from ambient_lsp.context.redact import redact
from ambient_lsp.llm.messages import ChatRequest, Message
from ambient_lsp.llm.reply.drafts import Statement, read_reply
from ambient_lsp.model import Finding, Proposal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.agents.thinking.asking import Ask
    from ambient_lsp.agents.thinking.claims import Sources

PURPOSE = "refuter"
_SHORTEST_QUOTE = 4


async def refute(
    claims: Mapping[str, Finding | Proposal], sources: Sources, ask: Ask, *, max_tokens: int
) -> dict[str, str]:
    """Return the ids of claims that are refuted by a line that is there, with the reason. Raises a `ModelError`."""
    mentioned = sorted({path for claim in claims.values() for path in _paths(claim)} & sources.shown.keys())
    files = [(f"file {path}", redact(sources.shown[path].text)[0]) for path in mentioned]
    told = "\n\n".join(_told(claim) for _, claim in sorted(claims.items()))
    parts = [*files, ("claims", told)]
    mark = hashlib.sha256("\0".join(text for _, text in parts).encode("utf-8", "surrogatepass")).hexdigest()[:10]
    text = "".join(marked(mark, name, part) for name, part in parts)
    request = ChatRequest(
        (Message("system", prompt("refuter").text), Message("user", text)), PURPOSE, max_tokens=max_tokens
    )
    async with ask(request) as stream:
        async for _ in stream:
            pass
        reply = stream.reply
    everything = "\n".join(
        " ".join(line.split()) for path in mentioned for line in sources.shown[path].text.split("\n")
    )
    refuted: dict[str, str] = {}
    for part in read_reply(reply.text):
        verdicts = part.data.get("verdicts") if isinstance(part, Statement) else None
        for one in verdicts if isinstance(verdicts, list) else []:
            if not isinstance(one, dict) or one.get("verdict") != "refuted":
                continue
            quote = " ".join(str(one.get("quote", "")).split())
            if str(one.get("id")) in claims and len(quote) >= _SHORTEST_QUOTE and quote in everything:
                refuted[str(one["id"])] = f"{one.get('reason') or 'the code contradicts it'} (“{quote[:120]}”)"
    return refuted


def _paths(claim: Finding | Proposal) -> tuple[str, ...]:
    return (claim.path,) if isinstance(claim, Finding) else claim.files_touched


def _told(claim: Finding | Proposal) -> str:
    if isinstance(claim, Finding):
        return f"id {claim.id}: {claim.path} line {claim.span.start_line + 1}: {claim.message}"
    return f"id {claim.id}: {claim.title}\n{claim.rationale}\n{claim.diff}"
