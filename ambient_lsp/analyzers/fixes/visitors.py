"""What a visitor sends, kept from being more than a value: an operator of a query, or an address elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import code_of
from ambient_lsp.analyzers.fixes.scopes import is_bound, names, scope_of, within
from ambient_lsp.analyzers.fixes.site import Change, Replacement, Source, dotted, literal
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from ambient_lsp.model import Span


def compared(source: Source, span: Span) -> Change | None:
    """`{"name": {"$eq": value}}` for `{"name": value}` in a filter of MongoDB: equal values are found as before."""
    call = source.around(span, cst.Call)
    table = call.args[0].value if isinstance(call, cst.Call) and call.args else None
    if not isinstance(call, cst.Call) or not isinstance(table, cst.Dict) or not isinstance(call.func, cst.Attribute):
        return None
    if not call.func.attr.value.startswith(("find", "count", "delete", "replace", "update")):
        return None
    nodes: dict[cst.CSTNode, Replacement] = {}
    for one in table.elements:
        key = literal(one.key) if isinstance(one, cst.DictElement) else None
        if key is None or key.startswith("$"):
            return None
        if isinstance(one.value, cst.Name) and one.value.value in ("True", "False", "None"):
            continue
        if isinstance(one.value, cst.Name | cst.Subscript | cst.Attribute) or _is_get(one.value):
            nodes[one.value] = cst.parse_expression(f'{{"$eq": {code_of(one.value)}}}')
        elif not (literal(one.value) is not None or isinstance(one.value, cst.Integer | cst.Float | cst.Call)):
            return None
    return Change(
        "Compare the value, whatever it is",
        "A document such as `{\"$ne\": null}` is compared as it is, and is no operator any more.",
        RiskLevel.MEDIUM,
        nodes,
    ) if nodes else None  # fmt: skip


def _is_get(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and dotted(node.func).rpartition(".")[2] == "get"


def stays_here(source: Source, span: Span) -> Change | None:
    """Return a Django view that goes elsewhere only where `url_has_allowed_host_and_scheme` says that it is the same
    host, and to `/` otherwise."""
    call = source.around(span, cst.Call)
    value = call.args[0].value if isinstance(call, cst.Call) and call.args else None
    if "django" not in source.modules or not isinstance(call, cst.Call) or not isinstance(value, cst.Name):
        return None
    scope = scope_of(source, call)
    if not isinstance(scope, cst.FunctionDef) or not any(one.name.value == "request" for one in scope.params.params):
        return None
    bound = [one for one in names(scope, value.value) if is_bound(source, one)]
    target = source.parents.get(bound[0]) if bound else None
    assign = source.parents.get(target) if isinstance(target, cst.AssignTarget) else None
    line = source.parents.get(assign) if isinstance(assign, cst.Assign) else None
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or not isinstance(assign, cst.Assign):
        return None
    if code_of(assign.value).startswith("request.") is False or len(bound) > 2:
        return None
    default = _default_below(source, line, value.value) if len(bound) == 2 else None
    if len(bound) == 2 and default is None:
        return None
    test = f"not url_has_allowed_host_and_scheme({value.value}, allowed_hosts={{request.get_host()}})"
    nodes: dict[cst.CSTNode, Replacement]
    if default is not None:
        nodes = {default.test: cst.parse_expression(test)}
    else:
        guard = cst.parse_statement(f'if {test}:\n{source.module.default_indent}{value.value} = "/"\n')
        nodes = {line: cst.FlattenSentinel([line, guard])}
    return Change(
        "Go to addresses of this site only",
        "An address of another site leads to the start page; paths and addresses of this host work as before.",
        RiskLevel.MEDIUM,
        nodes,
        (("django.utils.http", "url_has_allowed_host_and_scheme"),),
    )


def _default_below(source: Source, line: cst.SimpleStatementLine, name: str) -> cst.If | None:
    """Return `if not name: name = default` right below a line, which the new test can take the place of."""
    block = source.parents.get(line)
    body = list(block.body) if isinstance(block, cst.IndentedBlock) else []
    at = next((index for index, one in enumerate(body) if one is line), len(body))
    below = body[at + 1] if at + 1 < len(body) else None
    if not isinstance(below, cst.If) or below.orelse is not None or code_of(below.test) != f"not {name}":
        return None
    assigns = [one for one in within(below.body) if isinstance(one, cst.Assign)]
    return below if len(assigns) == 1 and literal(assigns[0].value) is not None else None
