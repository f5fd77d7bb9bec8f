"""What a model says, turned into findings and proposals: only what quotes code that is there, and fits on the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.base import RawFinding, enclosing_symbol
from ambient_lsp.analyzers.base import findings as with_ids
from ambient_lsp.errors import MalformedDiff, PatchConflict
from ambient_lsp.llm.reply.fitting import fit
from ambient_lsp.model import ProofKind, ProofPlan, RiskLevel, Severity, Span
from ambient_lsp.patching.edits import apply_edits, propose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ambient_lsp.llm.reply.drafts import Draft
    from ambient_lsp.model import FileEdit, Finding, Json, Proposal, Snapshot

RULES = {
    "SecurityGuardian": "AMB-SEC-MODEL",
    "RefactorArchitect": "AMB-REF-MODEL",
    "StyleEnforcer": "AMB-STYLE-MODEL",
    "PerformanceOptimizer": "AMB-PERF-MODEL",
    "TestEnhancer": "AMB-TEST-MODEL",
}
"""The rule under which each specialist's model reports; one of its own for a custom specialist."""

_LEAST_RISK = {
    "SecurityGuardian": RiskLevel.HIGH,
    "RefactorArchitect": RiskLevel.MEDIUM,
    "PerformanceOptimizer": RiskLevel.MEDIUM,
}
_SEVERITY = {
    "critical": Severity.ERROR,
    "high": Severity.ERROR,
    "medium": Severity.WARNING,
    "info": Severity.INFORMATION,
}
_LONGEST_MESSAGE = 300
_SHORTEST_QUOTE = 4


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that a model was shown (with their true texts) and the names of the others, which it may not touch."""

    shown: Mapping[str, Snapshot]
    others: Collection[str]

    def read(self, path: str) -> str | None:
        """Return the text of a file that was shown; None for one that is new. Raises `PatchConflict` for others."""
        if path in self.shown:
            return self.shown[path].text
        if path in self.others:
            raise PatchConflict(
                f"{path} was not shown, so it cannot be changed.",
                untouched="Nothing was written.",
                next_step="Change only files that were given.",
                path=path,
            )
        return None


def finding(
    agent: str, said: Mapping[str, Any], sources: Sources, rules: Mapping[str, Severity] | None = None
) -> Finding | None:
    """Return the finding that a JSON object claims; None where it does not quote a line of a file that was shown.

    `rules` are rules in prose with their severities: then a finding must be of one of them.
    """
    snapshot = sources.shown.get(str(said.get("path", "")))
    span = _place(snapshot.text, str(said.get("quote", ""))) if snapshot is not None else None
    message = " ".join(str(said.get("message") or said.get("title") or "").split())[:_LONGEST_MESSAGE]
    if snapshot is None or span is None or not message:
        return None
    tags = ("model", *([f"model:{rule}"] if (rule := _short(said.get("rule"))) else []))
    if rules:
        name = str(said.get("rule"))
        if name not in rules:
            return None
        return with_ids(agent, snapshot, [RawFinding(f"rule/{name}", span, message, rules[name], tags=tags)])[0]
    raw = RawFinding(RULES.get(agent, f"{agent}/model"), span, message, severity(said.get("severity")), tags=tags)
    return with_ids(agent, snapshot, [raw])[0]


def proposal(
    agent: str,
    draft: Draft,
    sources: Sources,
    known: Mapping[str, Finding],
    settings: Mapping[str, Any],
    rules: Mapping[str, Severity] | None = None,
) -> tuple[Proposal, Finding | None]:
    """Return the proposal that a draft means, and the finding that it comes with, where it quotes one.

    `known` are findings by id that it may say it fixes. Raises `PatchError` where it does not fit.
    """
    fitted = fit(draft, sources.read, list(sources.shown))
    if not fitted.edits:
        raise MalformedDiff("The files have this change already, or it changes nothing.")
    bases = {path: one.text for path, one in sources.shown.items()}
    touched = {path for edit in fitted.edits for path in edit.paths}
    after = apply_edits(bases, fitted.edits)
    if any("[redacted:" in (text or "") and "[redacted:" not in bases.get(path, "") for path, text in after.items()):
        raise MalformedDiff("The change writes a mark for a secret that was taken out.")
    own = finding(agent, {"message": draft.title, **draft.about}, sources, rules)
    if own is None and not rules:
        own = _at_its_edit(agent, draft.title, fitted.edits, sources)
    fixed = [
        known[key] for key in _strings(draft.about.get("finding_ids")) if key in known and known[key].path in touched
    ]
    made = propose(
        agent=agent,
        title=draft.title or "Change proposed by the model",
        description=draft.words or draft.title,
        rationale=draft.words or draft.title,
        risk_level=_risk(agent, draft.about),
        edits=fitted.edits,
        bases=bases,
        findings=[*fixed, *([own] if own is not None and not fixed else [])],
        tags=("model", *_strings(draft.about.get("tags"))[:5]),
        proof=_proof(agent, fitted.edits, fixed, sources, after, settings, draft.about),
    )
    return made, own if not fixed else None


def _at_its_edit(agent: str, title: str, edits: Sequence[FileEdit], sources: Sources) -> Finding | None:
    """Return a finding where a proposal that quotes nothing begins, so that it is seen before it is proven."""
    first = next((one for one in edits if one.kind == "modify" and one.replacements), None)
    snapshot = sources.shown.get(first.path) if first is not None else None
    if first is None or snapshot is None or not title.strip():
        return None
    number = snapshot.text.count("\n", 0, first.replacements[0].start)
    line = _line(snapshot.text, number).rstrip("\r")
    span = Span(number, len(line) - len(line.lstrip()), number, len(line.rstrip()))
    message = " ".join(title.split())[:_LONGEST_MESSAGE]
    raw = RawFinding(RULES.get(agent, f"{agent}/model"), span, message, Severity.INFORMATION, tags=("model",))
    return with_ids(agent, snapshot, [raw])[0]


def severity(word: object) -> Severity:
    """Return the severity that a model's word means; a model alone never makes an error of something unknown."""
    text = str(word or "").lower()
    if text in list(Severity):
        return Severity(text)
    return _SEVERITY.get(text, Severity.INFORMATION)


def _place(text: str, quote: str) -> Span | None:
    """Return the line that is quoted; None where no line, or more than one, is like it."""
    wanted = " ".join(next((line for line in quote.split("\n") if line.strip()), "").split())
    if len(wanted) < _SHORTEST_QUOTE:
        return None
    lines = text.split("\n")
    like = [number for number, line in enumerate(lines) if " ".join(line.split()) == wanted]
    if not like:
        like = [number for number, line in enumerate(lines) if wanted in " ".join(line.split())]
    if len(like) != 1:
        return None
    line = lines[like[0]].rstrip("\r")
    return Span(like[0], len(line) - len(line.lstrip()), like[0], len(line.rstrip()))


def _risk(agent: str, about: Mapping[str, Any]) -> RiskLevel:
    """Return the model's word for the risk, or the least that its specialist's changes have, whichever is higher."""
    word = str(about.get("risk_level") or about.get("risk") or "medium").lower()
    said = RiskLevel(word) if word in list(RiskLevel) else RiskLevel.MEDIUM
    return max(said, _LEAST_RISK.get(agent, RiskLevel.LOW), key=lambda level: level.rank)


def _proof(
    agent: str,
    edits: Sequence[FileEdit],
    fixed: Sequence[Finding],
    sources: Sources,
    after: Mapping[str, str | None],
    settings: Mapping[str, Any],
    about: Mapping[str, Any],
) -> ProofPlan:
    """Return what is to be shown beside the project's own checks; what a specialist cannot promise is not promised."""
    path = edits[0].path
    alone = len(edits) == 1 and edits[0].kind == "modify" and path.endswith((".py", ".pyi"))
    params: dict[str, Json]
    if agent == "TestEnhancer":
        targets = [[str(about["path"]), ""]] if str(about.get("path", "")) in sources.shown else []
        return ProofPlan(ProofKind.TESTS, {"targets": targets, "repeat": int(settings.get("repeat", 10))})
    if agent == "StyleEnforcer" and alone:
        return ProofPlan(ProofKind.SAME_TREE, {"path": path})
    if agent == "PerformanceOptimizer" and alone and (name := _function(sources.shown[path].text, edits[0])):
        params = {"path": path, "function": name, "min_speedup_percent": settings.get("min_speedup_percent", 10)}
        return ProofPlan(ProofKind.FASTER, params)
    if fixed:
        return ProofPlan(ProofKind.FINDINGS_GONE, {"finding_ids": [one.id for one in fixed]})
    return ProofPlan(ProofKind.CHECKS)


def _function(text: str, edit: FileEdit) -> str:
    """Return the function that an edit is in; empty where it is in none, or in several."""
    places = [text.count("\n", 0, one.start) for one in edit.replacements]
    names = {
        enclosing_symbol(text, Span(line, len(_line(text, line)), line, len(_line(text, line)))) for line in places
    }
    return names.pop() if len(names) == 1 else ""


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number] if number < len(lines) else ""


def _short(word: object) -> str:
    text = str(word or "").strip().lower().replace(" ", "-")
    return text if text and len(text) <= 40 and all(char.isalnum() or char in "-_." for char in text) else ""


def _strings(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
