"""Mutants: versions of a text with one small mistake each. A test that notices none of them tests nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ambient_lsp.verification.syntax import functions, parse, text_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OPERATORS = (
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_GtE_Lt",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Add",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceBinaryOperator_Pow_Mul",
    "AddNot",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceBreakWithContinue",
    "NumberReplacer",
    "ZeroIterationForLoop",
)
"""Of cosmic-ray's operators, those whose mutants differ in meaning most of the time."""


def mutants(text: str, names: Sequence[str], most: int) -> list[str]:
    """Return up to `most` mutants of the named functions (all functions when none is named), of many kinds.

    Beside cosmic-ray's operators there is one of ours: `return x` becomes `return None`.
    """
    ranges = _ranges(text, names)
    sources = [_return_none(text, ranges), *(_mutated(text, operator, ranges) for operator in _operators())]
    found: dict[str, None] = {}
    # One of each kind in turn, so that a few are already a mixed lot.
    while sources and len(found) < most:
        for source in list(sources):
            mutant = next(source, None)
            if mutant is None:
                sources.remove(source)
            elif mutant != text and len(found) < most:
                found[mutant] = None
    return list(found)


def _ranges(text: str, names: Sequence[str]) -> list[range]:
    """Return the lines (from 1) of the functions."""
    known = functions(text)
    wanted = [node for name, node in known.items() if not names or name in names or name.split(".")[-1] in names]
    return [range(node.start_point[0] + 1, node.end_point[0] + 2) for node in wanted]


def _operators() -> Iterator[Any]:
    from cosmic_ray.operators.provider import OperatorProvider

    provider = OperatorProvider()
    known = set(provider)
    return (provider[name]() for name in _OPERATORS if name in known)


def _mutated(text: str, operator: Any, ranges: Sequence[range]) -> Iterator[str]:
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    places = [place for node in ast_nodes(get_ast(text)) for place in operator.mutation_positions(node)]
    for occurrence, ((line, _), _end) in enumerate(places):
        if any(line in lines for lines in ranges):
            mutant = mutate_code(text, operator, occurrence)
            if mutant is not None:
                yield str(mutant)


def _return_none(text: str, ranges: Sequence[range]) -> Iterator[str]:
    data = text.encode("utf-8", "replace")
    for node in walk(parse(text)):
        value = node.named_children[0] if node.type == "return_statement" and node.named_children else None
        if value is not None and text_of(value) != "None" and any(node.start_point[0] + 1 in one for one in ranges):
            yield (data[: value.start_byte] + b"None" + data[value.end_byte :]).decode("utf-8", "replace")
