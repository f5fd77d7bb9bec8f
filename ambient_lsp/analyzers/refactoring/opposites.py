"""Conditions and their opposites: which is True or False for sure, and which still reads well when it is negated."""

from __future__ import annotations

import libcst as cst

from ambient_lsp.analyzers.syntax import called_name

_OPPOSITE: tuple[tuple[type[cst.BaseCompOp], type[cst.BaseCompOp]], ...] = (
    (cst.Equal, cst.NotEqual),
    (cst.Is, cst.IsNot),
    (cst.In, cst.NotIn),
)
_BOOLEAN_CALLS = frozenset({"isinstance", "issubclass", "hasattr", "callable", "bool", "any", "all"})


def is_boolean(test: cst.BaseExpression) -> bool:
    """Return whether an expression is True or False for sure, and nothing that only counts as such."""
    if isinstance(test, cst.UnaryOperation):
        return isinstance(test.operator, cst.Not)
    if isinstance(test, cst.BooleanOperation):
        return is_boolean(test.left) and is_boolean(test.right)
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        target = test.comparisons[0]
        literal = cst.SimpleString | cst.Integer
        return (
            isinstance(target.operator, cst.Is | cst.IsNot | cst.In | cst.NotIn)
            or isinstance(target.comparator, literal)
            or _is_size(test.left)
        )
    return isinstance(test, cst.Call) and isinstance(test.func, cst.Name) and test.func.value in _BOOLEAN_CALLS


def ask_the_same(one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    """Return whether two conditions call one function, negated or not."""
    insides = [test.expression if isinstance(test, cst.UnaryOperation) else test for test in (one, other)]
    called = [called_name(inside) if isinstance(inside, cst.Call) else "" for inside in insides]
    return called[0] == called[1] != ""


def _is_size(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "len"


def negated(test: cst.BaseExpression) -> cst.BaseExpression:
    """Return the opposite of a condition. An order (`<`) is not turned round: for NaN both ways are false."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        inside = test.expression
        is_flat = "\n" not in cst.Module([]).code_for_node(inside)
        return inside.with_changes(lpar=[], rpar=[]) if is_flat else inside
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        operator = test.comparisons[0].operator
        for one, other in (*_OPPOSITE, *((b, a) for a, b in _OPPOSITE)):
            if type(operator) is one:
                target = test.comparisons[0].with_changes(operator=other())
                return test.with_changes(comparisons=[target])
        return cst.UnaryOperation(cst.Not(), test)
    return cst.UnaryOperation(
        cst.Not(), operand(test) if not isinstance(test, cst.BooleanOperation) else _wrapped(test)
    )


def reads_well_negated(test: cst.BaseExpression) -> bool:
    """Whether a reader takes in the opposite at a glance: `not (a and b and c)`, `not (not a or b)` and `not a > b` are
    riddles."""
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        order = cst.LessThan | cst.LessThanEqual | cst.GreaterThan | cst.GreaterThanEqual
        return not isinstance(test.comparisons[0].operator, order)
    riddle = cst.BooleanOperation | cst.UnaryOperation
    return not isinstance(test, cst.BooleanOperation) or not any(
        isinstance(side, riddle) for side in (test.left, test.right)
    )


def operands(test: cst.BaseExpression) -> int:
    """Return how many conditions stand in a row of `and` and `or`."""
    return operands(test.left) + operands(test.right) if isinstance(test, cst.BooleanOperation) else 1


def operand(test: cst.BaseExpression) -> cst.BaseExpression:
    """Return a condition as it must be written beside `and` or after `not`."""
    loose = cst.IfExp | cst.Lambda | cst.NamedExpr
    if isinstance(test, loose) or (isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or)):
        return _wrapped(test)
    return test


def _wrapped(test: cst.BaseExpression) -> cst.BaseExpression:
    return test if test.lpar else test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
