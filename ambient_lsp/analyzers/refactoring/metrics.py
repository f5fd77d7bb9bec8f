"""The numbers that a refactoring promises to lower, measured the same way before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.refactoring import complexity, counting, deadcode, duplication
from ambient_lsp.analyzers.source import read
from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ambient_lsp.analyzers.source import Definition
    from ambient_lsp.model import Json

_OF_FUNCTIONS: Mapping[str, Callable[[Definition], int]] = {
    "cyclomatic-complexity": lambda function: counting.cyclomatic(function.node),
    "function-lines": complexity.function_lines,
    "parameters": lambda function: counting.parameters(function.node),
    "subscripts": lambda function: counting.subscripts(function.node),
    "tokens": lambda function: counting.tokens(function.node),
}
METRICS = ("cognitive-complexity", "duplicated-lines", "dead-lines", *_OF_FUNCTIONS)


def measure(metric: str, params: Mapping[str, Json], texts: Mapping[str, str]) -> float:
    """Return one number for `texts` (path -> text); lower is simpler. Pure, and pickles.

    `cognitive-complexity` and `function-lines` are of `params["symbol"]` (all functions when it is missing), and
    `duplicated-lines` counts repetitions of at least `params["min_lines"]` lines. `params["path"]` narrows any of them
    to one file. Raises `AmbientError` for an unknown metric.
    """
    path = params.get("path")
    chosen = {name: text for name, text in texts.items() if name.endswith(".py") and path in (None, name)}
    symbol = params.get("symbol")
    if metric == "cognitive-complexity":
        per_function = (complexity.cognitive(text) for text in chosen.values())
        return float(sum(value for one in per_function for name, value in one.items() if symbol in (None, name)))
    if metric == "duplicated-lines":
        return float(duplication.duplicated_lines(chosen, int(params.get("min_lines", 6))))
    if metric == "dead-lines":
        return float(sum(deadcode.dead_lines(text) for text in chosen.values()))
    if metric in _OF_FUNCTIONS:
        count = _OF_FUNCTIONS[metric]
        return float(
            sum(
                count(function)
                for text in chosen.values()
                for function in read(text).functions
                if (symbol is None and not function.nested) or symbol == function.qualname
            )
        )
    raise AmbientError(
        f"There is no metric called {metric}.",
        untouched="Nothing was measured.",
        next_step=f"Use one of {', '.join(METRICS)}.",
    )
