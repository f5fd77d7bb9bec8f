"""Paths that a visitor chooses a part of: joined so that they stay inside their folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import code_of, pieces, quoted
from ambient_lsp.analyzers.fixes.scopes import only_assignment
from ambient_lsp.analyzers.fixes.site import Change, Replacement, Source, starred
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from ambient_lsp.model import Span

_TITLE = "Keep the path inside its folder"
_NOT_FOUND = "A name that leads outside the folder gets a 404."


@dataclass(frozen=True, slots=True)
class _Join:
    """A path that is put together from a folder, as code, and a name: with `os.path.join` or as a text."""

    node: cst.BaseExpression
    folder: str
    name: cst.BaseExpression
    called: bool


def inside(source: Source, span: Span) -> Change | None:
    """The safe join of the file's own framework, where the path itself says what the folder is.

    Flask: `send_from_directory`, `secure_filename` for the name of an upload, and else `safe_join` with a 404. Django:
    its `safe_join`, which refuses by itself.
    """
    join = _join_at(source, span)
    if join is None:
        return None
    if "django" in source.modules and "flask" not in source.modules:
        return _of_django(join)
    if "flask" not in source.modules:
        return None
    if isinstance(join.name, cst.Attribute) and join.name.attr.value == "filename":
        return _of_upload(join)
    sent = source.parents.get(source.parents.get(join.node) or join.node)
    if isinstance(sent, cst.Call) and source.resolve(sent.func) == "flask.send_file":
        return _sent(sent, join)
    if not join.called:
        return None
    return _assigned(source, join) or _in_place(source, join)


def _join_at(source: Source, span: Span) -> _Join | None:
    """Return the join at `span`: there, or as what the call there is given or was assigned before."""
    call = source.around(span, cst.Call)
    if not isinstance(call, cst.Call):
        return None
    waiting: list[cst.BaseExpression] = [call]
    for _ in range(4):
        node = waiting.pop()
        join = _as_join(source, node)
        if join is not None:
            return join
        if isinstance(node, cst.Name):
            assign = only_assignment(source, call, node.value)
            waiting += [assign.value] if assign is not None else []
        elif isinstance(node, cst.Call) and node.args:
            waiting.append(node.args[0].value)
        if not waiting:
            return None
    return None


def _as_join(source: Source, node: cst.BaseExpression) -> _Join | None:
    if isinstance(node, cst.Call):
        if source.resolve(node.func) not in ("os.path.join", "posixpath.join") or len(node.args) != 2 or starred(node):
            return None
        folder, name = (arg.value for arg in node.args)
        return _Join(node, code_of(folder), name, called=True)
    parts = pieces(node) if isinstance(node, cst.BinaryOperation | cst.FormattedString) else None
    if parts is None or len(parts) != 2 or not isinstance(parts[0], str) or isinstance(parts[1], str):
        return None
    if not parts[0].endswith("/") or not parts[0].strip("/"):
        return None
    return _Join(node, quoted(parts[0].rstrip("/")), parts[1], called=False)


def _of_django(join: _Join) -> Change | None:
    if not join.called:
        return None
    new = cst.parse_expression(f"safe_join({join.folder}, {code_of(join.name)})")
    return Change(
        _TITLE,
        "A name that leads outside the folder is a `SuspiciousFileOperation`, which Django answers with a 400.",
        RiskLevel.MEDIUM,
        {join.node: new},
        (("django.utils._os", "safe_join"),),
        (("os", ""),),
    )


def _of_upload(join: _Join) -> Change:
    return Change(
        _TITLE,
        "The file is kept under the last part of its name, without characters that mean something to the system.",
        RiskLevel.MEDIUM,
        {join.name: cst.parse_expression(f"secure_filename({code_of(join.name)})")},
        (("werkzeug.utils", "secure_filename"),),
    )


def _sent(sent: cst.Call, join: _Join) -> Change | None:
    """`send_from_directory(folder, name)` for `send_file(os.path.join(folder, name))`."""
    if not isinstance(sent.func, cst.Name) or sent.args[0].value is not join.node:
        return None
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    args = [
        cst.Arg(cst.parse_expression(join.folder), comma=comma),
        sent.args[0].with_changes(value=join.name),
        *sent.args[1:],
    ]
    return Change(
        _TITLE,
        _NOT_FOUND,
        RiskLevel.MEDIUM,
        {sent: sent.with_changes(func=cst.Name("send_from_directory"), args=args)},
        (("flask", "send_from_directory"),),
        (("flask", "send_file"), ("os", "")),
    )


def _assigned(source: Source, join: _Join) -> Change | None:
    """`path = safe_join(folder, name)` and a 404 where there is none, for `path = os.path.join(folder, name)`."""
    assign = source.parents.get(join.node)
    line = source.parents.get(assign) if assign is not None else None
    if not isinstance(assign, cst.Assign) or not isinstance(line, cst.SimpleStatementLine):
        return None
    target = assign.targets[0].target
    if len(assign.targets) != 1 or len(line.body) != 1 or not isinstance(target, cst.Name):
        return None
    joined = cst.parse_expression(f"safe_join({join.folder}, {code_of(join.name)})")
    first = line.with_changes(body=[assign.with_changes(value=joined)])
    return _checked({line: cst.FlattenSentinel([first, _guard(source, target.value)])})


def _in_place(source: Source, join: _Join) -> Change | None:
    """The same for a path that is used where it is made, in a `with` or a plain statement: it gets a name before."""
    above = source.parents.get(join.node)
    while above is not None and not isinstance(above, cst.With | cst.SimpleStatementLine | cst.BaseSuite | cst.Lambda):
        if isinstance(above, cst.IfExp | cst.BooleanOperation | cst.CompFor):
            return None  # it may not be made at all, or more than once
        above = source.parents.get(above)
    if not isinstance(above, cst.With | cst.SimpleStatementLine):
        return None
    name = next((one for one in ("path", "safe_path") if one not in source.bound | source.imported.keys()), None)
    if name is None or not isinstance(source.parents.get(above), cst.IndentedBlock):
        return None
    code = f"{name} = safe_join({join.folder}, {code_of(join.name)})\n"
    first = cst.parse_statement(code)
    assert isinstance(first, cst.SimpleStatementLine)  # noqa: S101  # it was written as one in the line above
    rest = above.with_changes(leading_lines=[]).deep_replace(join.node, cst.Name(name))
    if not isinstance(rest, cst.BaseStatement):
        return None
    first = first.with_changes(leading_lines=above.leading_lines)
    return _checked({above: cst.FlattenSentinel([first, _guard(source, name), rest])})


def _guard(source: Source, name: str) -> cst.BaseStatement:
    guard = cst.parse_statement(f"if {name} is None:\n{source.module.default_indent}abort(404)\n")
    assert isinstance(guard, cst.If)  # noqa: S101  # it was written as one in the line above
    return guard


def _checked(nodes: dict[cst.CSTNode, Replacement]) -> Change:
    imports = (("flask", "abort"), ("werkzeug.utils", "safe_join"))
    return Change(_TITLE, _NOT_FOUND, RiskLevel.MEDIUM, nodes, imports, (("os", ""),))
