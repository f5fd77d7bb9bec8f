"""The refuter: asked without the conversation that led to a claim, it tries to show that the claim is wrong.

It is told what the specialists were told, in the same words and before everything else: callers and tests speak against
a claim more often than the file itself does, and a host that keeps the beginning of a prompt has read them already.
"""

from __future__ import annotations

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
    from ambient_lsp.agents.thinking.briefing import Brief
    from ambient_lsp.agents.thinking.claims import Sources

PURPOSE = "refuter"
_SHORTEST_QUOTE = 4


async def refute(
    claims: Mapping[str, Finding | Proposal], brief: Brief, sources: Sources, ask: Ask, *, max_tokens: int
) -> dict[str, str]:
    """Return the ids of claims that are refuted by a line that is there, with the reason. Raises a `ModelError`."""
    told, _ = redact("\n\n".join(_told(claim) for _, claim in sorted(claims.items())))
    claimed = marked(brief.mark, "claims", told.replace(brief.mark, "MARK"))
    text = f"{brief.text}{claimed}{prompt('refuter').text}"
    request = ChatRequest(
        (Message("system", prompt("system").text), Message("user", text)),
        PURPOSE,
        max_tokens=max_tokens,
        cache_key=brief.mark,
    )
    async with ask(request) as stream:
        async for _ in stream:
            pass
        reply = stream.reply
    everything = "\n".join(" ".join(line.split()) for one in sources.shown.values() for line in one.text.split("\n"))
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


def _told(claim: Finding | Proposal) -> str:
    if isinstance(claim, Finding):
        return f"id {claim.id}: {claim.path} line {claim.span.start_line + 1}: {claim.message}"
    return f"id {claim.id}: {claim.title}\n{claim.rationale}\n{claim.diff}"
