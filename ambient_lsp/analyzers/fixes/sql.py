"""SQL that is built from values becomes SQL with parameters, where the database module tells how they are written."""

from __future__ import annotations

import re

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import Piece, code_of, pieces, quoted
from ambient_lsp.analyzers.fixes.scopes import names, only_assignment, scope_of
from ambient_lsp.analyzers.fixes.site import Change, Source
from ambient_lsp.model import RiskLevel, Span

_PARAMSTYLE = {
    "sqlite3": "?", "aiosqlite": "?", "duckdb": "?", "pyodbc": "?", "mariadb": "?",
    "psycopg2": "%s", "psycopg": "%s", "pymysql": "%s", "MySQLdb": "%s", "mysql": "%s", "aiomysql": "%s",
    "asyncmy": "%s", "pg8000": "%s", "pymssql": "%s", "snowflake": "%s", "django": "%s",
    "oracledb": ":1", "cx_Oracle": ":1", "asyncpg": "$1",
}  # fmt: skip
_METHODS = {"$1": ("execute", "fetch", "fetchrow", "fetchval"), "": ("execute",)}
_RUNS = ("execute", "fetch", "fetchrow", "fetchval", "raw", "scalar", "scalars")
_VALUE_AHEAD = re.compile(r"(?i)([=<>]|\bLIKE|\bLIMIT|\bOFFSET)\s*$")
_LIST_AHEAD = re.compile(r"(?i)\bVALUES\s*\([^()]*$")
_QUOTED_LIST_AHEAD = re.compile(r"(?i)\b(VALUES|IN)\s*\([^()]*$")
_LONGEST = 100
_SQLALCHEMY = ("sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text")
_TITLE = "Give the values to the database as parameters"
_REASON = "The statement is the same; the database gets the values beside it, so none can change it."


def parameters(source: Source, span: Span) -> Change | None:
    """Return the statement with placeholders, and the call of `execute` with the values."""
    found = _statement_of(source, span)
    if found is None:
        return None
    call, node = found
    if isinstance(node, cst.Call) and source.resolve(node.func) in _SQLALCHEMY and len(node.args) == 1:
        call, node = node, node.args[0].value
    if source.resolve(call.func) in _SQLALCHEMY:
        return _named(source, call, node)
    mark = _mark(source, call)
    parts = pieces(node)
    statement = _with_placeholders(parts, mark) if parts is not None and mark else None
    if statement is None or not statement[1]:
        return None
    text, values = statement
    string = _rendered(node, text)
    if string is None:
        return None
    given = [cst.Arg(cst.parse_expression(code)) for code in _bound(mark, [code_of(value) for value in values], source)]
    first = call.args[0]
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
        comma = cst.Comma(whitespace_after=call.whitespace_before_args)
    inline = first.value is node
    statement_arg = first.with_changes(
        value=string if inline else first.value, comma=comma, whitespace_after_arg=cst.SimpleWhitespace("")
    )
    given = [arg.with_changes(comma=comma) for arg in given[:-1]] + [
        given[-1].with_changes(comma=first.comma, whitespace_after_arg=first.whitespace_after_arg)
    ]
    nodes: dict[cst.CSTNode, cst.CSTNode] = {call: call.with_changes(args=[statement_arg, *given])}
    if not inline:
        nodes[node] = string
    return Change(_TITLE, _REASON, RiskLevel.MEDIUM, nodes)


def _mark(source: Source, call: cst.Call) -> str:
    """Return how the file's only database module writes a parameter; empty where that is not sure."""
    imported = {name.split(".")[0] for name in source.imported.values()}
    styles = {_PARAMSTYLE[name] for name in imported if name in _PARAMSTYLE}
    mark = styles.pop() if len(styles) == 1 else ""
    method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    if method == "raw":
        return mark if "django" in imported else ""
    return mark if method in _METHODS.get(mark, _METHODS[""]) and "sqlalchemy" not in imported else ""


def _bound(mark: str, codes: list[str], source: Source) -> list[str]:
    """Return the values as the arguments that the database module wants."""
    if mark == "$1":
        return codes
    if "django" in {name.split(".")[0] for name in source.imported.values()}:
        return [f"[{', '.join(codes)}]"]
    return [f"({codes[0]},)" if len(codes) == 1 else f"({', '.join(codes)})"]


def _named(source: Source, call: cst.Call, node: cst.BaseExpression) -> Change | None:
    """Return `text("... :name")` with a dictionary of the values beside it."""
    argument = source.parents.get(call)
    if isinstance(argument, cst.Assign):
        argument = _only_use(source, argument)
    execute = source.parents.get(argument) if isinstance(argument, cst.Arg) else None
    if not isinstance(execute, cst.Call) or len(execute.args) != 1 or len(call.args) != 1:
        return None
    if not isinstance(execute.func, cst.Attribute) or execute.func.attr.value not in ("execute", "scalar", "scalars"):
        return None
    parts = pieces(node)
    statement = _with_placeholders(parts, ":name") if parts is not None else None
    if statement is None or not statement[1]:
        return None
    text, values = statement
    names = _names_for(values)
    if names is None or ":" in text.replace(_NAMED, ""):
        return None
    for name in names:
        text = text.replace(_NAMED, f":{name}", 1)
    string = _rendered(node, text)
    if string is None:
        return None
    inner = call.with_changes(args=[call.args[0].with_changes(value=string)])
    table = ", ".join(f'"{name}": {code_of(value)}' for name, value in zip(names, values, strict=True))
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    inline = execute.args[0].value is call
    first = execute.args[0].with_changes(value=inner if inline else execute.args[0].value, comma=comma)
    args = [first, cst.Arg(cst.parse_expression(f"{{{table}}}"))]
    nodes: dict[cst.CSTNode, cst.CSTNode] = {execute: execute.with_changes(args=args)}
    if not inline:
        nodes[call] = inner
    return Change(_TITLE, _REASON, RiskLevel.MEDIUM, nodes)


def _names_for(values: list[cst.BaseExpression]) -> list[str] | None:
    """Return a name for each value, from its own last word; None where two would be alike."""
    names = []
    for value in values:
        words = re.findall(r"[A-Za-z_]\w*", code_of(value))
        names.append(words[-1].lower() if words else "")
    return names if all(names) and len(set(names)) == len(names) else None


def _statement_of(source: Source, span: Span) -> tuple[cst.Call, cst.BaseExpression] | None:
    """Return the call that runs the statement at `span`, and the text that is built; the span may be of either."""
    node = _expression_at(source, span)
    if node is not None and not isinstance(node, cst.Call | cst.Name):
        call = _execute_of(source, node)
        return (call, node) if call is not None else None
    near = node if isinstance(node, cst.Call) else source.around(span, cst.Call)
    if isinstance(near, cst.Call) and pieces(near) is not None:
        call = _execute_of(source, near)
        return (call, near) if call is not None else None
    if not isinstance(near, cst.Call) or not near.args:
        return None
    text = near.args[0].value
    if isinstance(text, cst.Name):
        assign = only_assignment(source, near, text.value)
        text = assign.value if assign is not None else text
    call = _execute_of(source, text)
    return (call, text) if call is not None else None


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
    argument = _only_use(source, parent)
    return _execute_with(source, argument) if argument is not None else None


def _only_use(source: Source, assign: cst.Assign) -> cst.Arg | None:
    """Return the argument that an assigned name is used as, where that is the only use of it."""
    target = assign.targets[0].target if len(assign.targets) == 1 else None
    if not isinstance(target, cst.Name):
        return None
    uses = [one for one in names(scope_of(source, assign), target.value) if one is not target]
    argument = source.parents.get(uses[0]) if len(uses) == 1 else None
    return argument if isinstance(argument, cst.Arg) else None


def _execute_with(source: Source, argument: cst.Arg) -> cst.Call | None:
    call = source.parents.get(argument)
    if not isinstance(call, cst.Call) or len(call.args) != 1 or argument.keyword is not None or argument.star:
        return None
    func = call.func
    known = isinstance(func, cst.Attribute) and func.attr.value in _RUNS
    return call if known or source.resolve(func).endswith("sqlalchemy.text") else None


_NAMED = "\0"
"""Stands for a parameter whose name is not yet known."""


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
        quote = _open_quote(text)
        value: cst.BaseExpression | None = part
        if quote:
            end = after.find(quote)
            if end < 0:
                return None
            start = text.rfind(quote)
            value = _in_text(text[start + 1 :].replace("%%", "%" if mark == "%s" else "%%"), part, after[:end])
            text, after = text[:start], after[end + 1 :]
            rest[0] = after
        else:
            value = _plain(part)
        ahead = _QUOTED_LIST_AHEAD if quote else _LIST_AHEAD
        if value is None or re.match(r"[\w.('\"%]", after) or not (_VALUE_AHEAD.search(text) or ahead.search(text)):
            return None
        if ahead.search(text) and not _VALUE_AHEAD.search(text) and not re.search(r"[,(]\s*$", text):
            return None
        values.append(value)
        text += {":1": f":{len(values)}", "$1": f"${len(values)}", ":name": _NAMED}.get(mark, mark)
    return text, values


def _open_quote(text: str) -> str:
    """Return the quote that is open at the end of a statement."""
    quote = ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
    return quote


def _plain(value: cst.BaseExpression) -> cst.BaseExpression:
    """Take `str(...)` off: the database gets the value itself."""
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "str":
        only = value.args[0] if len(value.args) == 1 else None
        if only is not None and only.keyword is None and not only.star:
            return only.value
    return value


def _in_text(before: str, value: cst.BaseExpression, after: str) -> cst.BaseExpression | None:
    """Return a value with what stands around it inside the quotes, as in `LIKE '%name%'`."""
    if not before and not after:
        return value
    code = code_of(value)
    if set(before + after) & set('{}"\\\n') or set(code) & set('"\\\n{}'):
        return None
    return cst.parse_expression(f'f"{before}{{{code}}}{after}"')


def _rendered(node: cst.BaseExpression, text: str) -> cst.BaseExpression | None:
    """Return the statement as a string literal, in the quotes that it had where that can be told."""
    if isinstance(node, cst.FormattedString):
        quote = node.quote
        return cst.SimpleString(f"{quote}{text}{quote}").with_changes(lpar=node.lpar, rpar=node.rpar)
    if "\n" in text or len(text) > _LONGEST:
        return None
    return cst.SimpleString(quoted(text))
