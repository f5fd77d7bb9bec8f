"""Paths that a visitor chooses a part of: joined so that they stay inside their folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import code_of
from ambient_lsp.analyzers.fixes.site import Change, Source, starred
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from ambient_lsp.model import Span

_TITLE = "Keep the path inside its folder"


def inside(source: Source, span: Span) -> Change | None:
    """`send_from_directory`, or `safe_join` with a 404, in a file of Flask's; a guard with pathlib where it is certain.

    Only `os.path.join(folder, name)` is rewritten, which says by itself what the folder is.
    """
    call = source.around(span, cst.Call)
    if not isinstance(call, cst.Call):
        return None
    join = call if _is_join(source, call) else _join_in(source, call)
    if join is None:
        return None
    sent = source.parents.get(source.parents.get(join) or join)
    if isinstance(sent, cst.Call) and source.resolve(sent.func) == "flask.send_file":
        return _sent(sent, join)
    return _guarded(source, join)


def _is_join(source: Source, node: cst.CSTNode) -> bool:
    return (
        isinstance(node, cst.Call)
        and source.resolve(node.func) in ("os.path.join", "posixpath.join")
        and len(node.args) == 2
        and not starred(node)
    )


def _join_in(source: Source, call: cst.Call) -> cst.Call | None:
    """Return the join that a call's first argument is, or was assigned."""
    first = call.args[0].value if call.args else None
    if isinstance(first, cst.Call) and _is_join(source, first):
        return first
    if not isinstance(first, cst.Name):
        return None
    scope: cst.CSTNode | None = source.parents.get(call)
    while scope is not None and not isinstance(scope, cst.FunctionDef):
        scope = source.parents.get(scope)
    values = [
        node.value
        for node in source.ranges
        if isinstance(node, cst.Assign)
        and any(isinstance(one.target, cst.Name) and one.target.value == first.value for one in node.targets)
        and _is_within(source, node, scope)
    ]
    only = values[0] if len(values) == 1 else None
    return only if isinstance(only, cst.Call) and _is_join(source, only) else None


def _is_within(source: Source, node: cst.CSTNode, scope: cst.CSTNode | None) -> bool:
    above = source.parents.get(node)
    while above is not None and above is not scope:
        above = source.parents.get(above)
    return scope is not None and above is scope


def _sent(sent: cst.Call, join: cst.Call) -> Change | None:
    """`send_from_directory(folder, name)` for `send_file(os.path.join(folder, name))`."""
    if not isinstance(sent.func, cst.Name) or sent.args[0].value is not join:
        return None
    folder, name = join.args
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    args = [
        folder.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace("")),
        name.with_changes(comma=sent.args[0].comma, whitespace_after_arg=sent.args[0].whitespace_after_arg),
        *sent.args[1:],
    ]
    return Change(
        _TITLE,
        "A name that leads outside the folder gets a 404.",
        RiskLevel.MEDIUM,
        {sent: sent.with_changes(func=cst.Name("send_from_directory"), args=args)},
        (("flask", "send_from_directory"),),
        (("flask", "send_file"), ("os", "")),
    )


def _guarded(source: Source, join: cst.Call) -> Change | None:
    """`path = safe_join(folder, name)` and a 404 where there is none, for `path = os.path.join(folder, name)`."""
    packages = {name.partition(".")[0] for name in source.imported.values()}
    assign = source.parents.get(join)
    line = source.parents.get(assign) if assign is not None else None
    if "flask" not in packages or not isinstance(assign, cst.Assign) or not isinstance(line, cst.SimpleStatementLine):
        return None
    target = assign.targets[0].target
    if len(assign.targets) != 1 or len(line.body) != 1 or not isinstance(target, cst.Name):
        return None
    joined = cst.parse_expression(f"safe_join({', '.join(code_of(arg.value) for arg in join.args)})")
    first = line.with_changes(body=[assign.with_changes(value=joined)])
    guard = cst.parse_statement(f"if {target.value} is None:\n{source.module.default_indent}abort(404)\n")
    return Change(
        _TITLE,
        "A name that leads outside the folder gets a 404.",
        RiskLevel.MEDIUM,
        {line: cst.FlattenSentinel([first, guard])},
        (("flask", "abort"), ("werkzeug.utils", "safe_join")),
        (("os", ""),),
    )
