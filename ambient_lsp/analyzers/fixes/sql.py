"""SQL that is built from values becomes SQL with parameters, where the database module tells how they are written."""

from __future__ import annotations

import re

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import Piece, code_of, pieces, quoted
from ambient_lsp.analyzers.fixes.site import Change, Source
from ambient_lsp.model import RiskLevel, Span

_PARAMSTYLE = {
    "sqlite3": "?", "aiosqlite": "?", "psycopg2": "%s", "psycopg": "%s", "pymysql": "%s", "MySQLdb": "%s",
    "mysql": "%s", "aiomysql": "%s",
}  # fmt: skip
_VALUE_AHEAD = re.compile(r"(?i)([=<>]|\bLIKE|\bLIMIT|\bOFFSET)\s*$")
_LIST_AHEAD = re.compile(r"(?i)\bVALUES\s*\([^()]*$")
_QUOTED_LIST_AHEAD = re.compile(r"(?i)\b(VALUES|IN)\s*\([^()]*$")
_LONGEST = 100
_TITLE = "Give the values to the database as parameters"
_REASON = "The statement is the same; the database gets the values beside it, so none can change it."


def parameters(source: Source, span: Span) -> Change | None:
    """Return the statement with placeholders, and the call of `execute` with the values."""
    styles = {_PARAMSTYLE[name.split(".")[0]] for name in source.imported.values() if name.split(".")[0] in _PARAMSTYLE}
    node = _expression_at(source, span)
    if len(styles) != 1 or node is None:
        return None
    call = _execute_of(source, node)
    parts = pieces(node)
    statement = _with_placeholders(parts, styles.pop()) if parts is not None else None
    if call is None or statement is None:
        return None
    text, values = statement
    string = _rendered(node, text)
    if string is None or not values:
        return None
    codes = [code_of(value) for value in values]
    bound = cst.parse_expression(f"({codes[0]},)" if len(codes) == 1 else f"({', '.join(codes)})")
    first = call.args[0]
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
        comma = cst.Comma(whitespace_after=call.whitespace_before_args)
    inline = first.value is node
    statement_arg = first.with_changes(
        value=string if inline else first.value, comma=comma, whitespace_after_arg=cst.SimpleWhitespace("")
    )
    values_arg = cst.Arg(bound, comma=first.comma, whitespace_after_arg=first.whitespace_after_arg)
    nodes: dict[cst.CSTNode, cst.CSTNode] = {call: call.with_changes(args=[statement_arg, values_arg])}
    if not inline:
        nodes[node] = string
    return Change(_TITLE, _REASON, RiskLevel.MEDIUM, nodes)


def _expression_at(source: Source, span: Span) -> cst.BaseExpression | None:
    wanted = ((span.start_line + 1, span.start_column), (span.end_line + 1, span.end_column))
    for node, where in source.ranges.items():
        place = ((where.start.line, where.start.column), (where.end.line, where.end.column))
        if place == wanted and isinstance(node, cst.BaseExpression):
            return node
    return None


def _execute_of(source: Source, node: cst.BaseExpression) -> cst.Call | None:
    """Return the only call of `execute` that gets this text: directly, or by a variable that nothing else uses."""
    parent = source.parents.get(node)
    if isinstance(parent, cst.Arg):
        return _execute_with(source, parent)
    if not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
        return None
    target = parent.targets[0].target
    if not isinstance(target, cst.Name):
        return None
    scope: cst.CSTNode = parent
    while not isinstance(scope, cst.FunctionDef | cst.Module):
        scope = source.parents[scope]
    uses = [name for name in _names(scope) if name.value == target.value and name is not target]
    if len(uses) != 1 or not isinstance(argument := source.parents.get(uses[0]), cst.Arg):
        return None
    return _execute_with(source, argument)


def _names(scope: cst.CSTNode) -> list[cst.Name]:
    found: list[cst.Name] = []
    waiting: list[cst.CSTNode] = [scope]
    while waiting:
        node = waiting.pop()
        found += [node] if isinstance(node, cst.Name) else []
        waiting += node.children
    return found


def _execute_with(source: Source, argument: cst.Arg) -> cst.Call | None:
    call = source.parents.get(argument)
    if not isinstance(call, cst.Call) or len(call.args) != 1 or argument.keyword is not None or argument.star:
        return None
    func = call.func
    return call if isinstance(func, cst.Attribute) and func.attr.value == "execute" else None


def _with_placeholders(parts: list[Piece], mark: str) -> tuple[str, list[cst.BaseExpression]] | None:
    """Return the statement and its values; None where a value is no plain value (a table, a column, a condition)."""
    text = ""
    values: list[cst.BaseExpression] = []
    rest = list(parts)
    while rest:
        part = rest.pop(0)
        if isinstance(part, str):
            text += part.replace("%", "%%") if mark == "%s" else part
            continue
        after = rest[0] if rest and isinstance(rest[0], str) else ""
        quote = text[-1:] if text[-1:] in ("'", '"') and after.startswith(text[-1:]) else ""
        if quote:
            text, after = text[:-1], after[1:]
            rest[0] = after
        ahead = _QUOTED_LIST_AHEAD if quote else _LIST_AHEAD
        inside = text.count("'") % 2 or text.count('"') % 2
        if inside or re.match(r"[\w.('\"%]", after) or not (_VALUE_AHEAD.search(text) or ahead.search(text)):
            return None
        if ahead.search(text) and not _VALUE_AHEAD.search(text) and not re.search(r"[,(]\s*$", text):
            return None
        text += mark
        values.append(part)
    return text, values


def _rendered(node: cst.BaseExpression, text: str) -> cst.BaseExpression | None:
    """Return the statement as a string literal, in the quotes that it had where that can be told."""
    if isinstance(node, cst.FormattedString):
        quote = node.quote
        return cst.SimpleString(f"{quote}{text}{quote}").with_changes(lpar=node.lpar, rpar=node.rpar)
    if "\n" in text or len(text) > _LONGEST:
        return None
    return cst.SimpleString(quoted(text))
