"""The code is simpler: the metric that the specialist named is lower than before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.errors import AmbientError
from ambient_lsp.model import Measurement
from ambient_lsp.verification.proof.base import failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ambient_lsp.verification.proof.base import Case, Proof

_UNITS = {"cognitive-complexity": "points"}


def _measure(metric: str, params: Mapping[str, Any], texts: Mapping[str, str]) -> float:
    from ambient_lsp.analyzers.refactoring.metrics import measure

    return measure(metric, params, texts)


async def prove(case: Case, measure: Callable[[str, Mapping[str, Any], Mapping[str, str]], float] = _measure) -> Proof:
    """Measure before and after; `params["metric"]` names what, and must be lower."""
    metric = str(case.params.get("metric", ""))
    before_texts = {path: text for path, text in case.bases.items() if text is not None}
    after_texts = {path: text for path, text in case.patched.items() if text is not None}
    try:
        before = await case.cpu(measure, metric, case.params, before_texts)
        after = await case.cpu(measure, metric, case.params, after_texts)
    except (AmbientError, LookupError, ValueError) as error:
        return inconclusive(f"the {metric.replace('-', ' ') or 'metric'} could not be measured: {error}")
    name = metric.replace("-", " ")
    measurement = Measurement(name, before, after, _UNITS.get(metric, "lines"))
    clause = f"{name} {before:g} before, {after:g} after"
    return passed(clause, measurement) if after < before else failed(f"it is not simpler: {clause}", measurement)
