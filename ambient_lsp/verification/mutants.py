"""Mutants: versions of a text with one small mistake each. A test that notices none of them tests nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ambient_lsp.verification.syntax import functions, parse, text_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

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
    """Return up to `most` mutants of each of the named functions (all functions when none is named), of many kinds.

    Beside cosmic-ray's operators there are two of ours: `return x` becomes `return None`, and `raise x` becomes `pass`.
    """
    data = text.encode("utf-8", "replace")
    found: dict[str, None] = {}
    for node in _wanted(text, names):
        # One function at a time: what is around it would only be parsed again for every operator.
        code = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
        before, after = (
            data[: node.start_byte].decode("utf-8", "replace"),
            data[node.end_byte :].decode("utf-8", "replace"),
        )
        column = node.start_point[1]
        for mutant in _mixed(code, column, most):
            found[f"{before}{mutant}{after}"] = None
    found.pop(text, None)
    return list(found)


def _wanted(text: str, names: Sequence[str]) -> list[Node]:
    """Return the named functions, and the methods of a named class."""
    known = functions(text)
    if not names:
        return list(known.values())
    return [node for name, node in known.items() if name in names or name.rpartition(".")[0] in names]


def _mixed(code: str, column: int, most: int) -> list[str]:
    """Return mutants of one function, of each kind in turn, so that a few are already a mixed lot."""
    sources = [_replaced(code, "return_statement"), _replaced(code, "raise_statement"), *_by_operators(code, column)]
    found: dict[str, None] = {}
    while sources and len(found) < most:
        for source in list(sources):
            mutant = next(source, None)
            if mutant is None:
                sources.remove(source)
            elif mutant != code and len(found) < most:
                found[mutant] = None
    return list(found)


def _by_operators(code: str, column: int) -> list[Iterator[str]]:
    from cosmic_ray.ast import get_ast
    from cosmic_ray.operators.provider import OperatorProvider

    # A method stands in a block, which must have a head to be read alone.
    head = "if True:\n" + " " * column if column else ""
    provider = OperatorProvider()
    known = set(provider)
    try:
        tree = get_ast(head + code)
    except Exception:  # parso's own errors: syntax that it does not know yet; our two operators remain
        return []
    return [_mutated(head, code, provider[name](), tree) for name in _OPERATORS if name in known]


def _mutated(head: str, code: str, operator: Any, tree: Any) -> Iterator[str]:
    from cosmic_ray.ast import ast_nodes
    from cosmic_ray.mutating import mutate_code

    places = [place for node in ast_nodes(tree) for place in operator.mutation_positions(node)]
    for occurrence, ((line, _), _end) in enumerate(places):
        if head and line == 1:
            continue
        mutant = mutate_code(head + code, operator, occurrence)
        if mutant is not None and str(mutant).startswith(head):
            yield str(mutant)[len(head) :]


def _replaced(code: str, kind: str) -> Iterator[str]:
    data = code.encode("utf-8", "replace")
    for node in walk(parse(code)):
        if node.type != kind:
            continue
        start, new = node.start_byte, b"pass"
        if kind == "return_statement":
            value = node.named_children[0] if node.named_children else None
            if value is None or text_of(value) == "None":
                continue
            start, new = value.start_byte, b"None"
        yield (data[:start] + new + data[node.end_byte :]).decode("utf-8", "replace")
