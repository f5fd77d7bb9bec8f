"""TLS contexts that check: what switches the checks off is taken out, both of its lines at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.arguments import changed, on_condition
from ambient_lsp.analyzers.fixes.pieces import code_of
from ambient_lsp.analyzers.fixes.scopes import scope_of, within
from ambient_lsp.analyzers.fixes.site import Change, Replacement, Source, dotted
from ambient_lsp.analyzers.vocabulary import around
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from ambient_lsp.model import Span

_TITLE = "Check the server's certificate and its name"
_REASON = (
    "A server with a certificate of its own making will be refused; give its authority with `cafile`. "
    "Checks have no network, so no check can show this: a person decides."
)


def checked(rule: str, source: Source, span: Span) -> Change | None:
    """Return the function without `check_hostname = False` and `verify_mode = CERT_NONE` of a context that checks by
    itself; where the context is made in another way, what `arguments.changed` says."""
    assign = source.around(span, cst.Assign)
    switch = _switch(source, assign) if isinstance(assign, cst.Assign) else None
    if switch is None or not isinstance(assign, cst.Assign):
        return changed(rule, source, span, around(source.module.code, span))
    context, scope = switch[0], scope_of(source, assign)
    lines: list[cst.CSTNode] = []
    made = False
    for node in within(scope):
        if not isinstance(node, cst.Assign) or len(node.targets) != 1:
            continue
        other = _switch(source, node)
        if other is not None and other[0] == context:
            line = source.parents.get(node)
            if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or on_condition(source, node):
                return None
            lines.append(line)
        elif code_of(node.targets[0].target) == context and isinstance(node.value, cst.Call):
            made = source.resolve(node.value.func) == "ssl.create_default_context"
    kept = _kept(source, lines)
    if not made or kept < 1:
        return changed(rule, source, span, around(source.module.code, span))
    nodes: dict[cst.CSTNode, Replacement] = {line: cst.FlattenSentinel([]) for line in lines}
    return Change(_TITLE, _REASON, RiskLevel.HIGH, nodes)


def _switch(source: Source, assign: cst.Assign) -> tuple[str, str] | None:
    """Return the context that an assignment switches a check of off, and which."""
    target = assign.targets[0].target
    if len(assign.targets) != 1 or not isinstance(target, cst.Attribute):
        return None
    off = {"check_hostname": "False", "verify_mode": "CERT_NONE"}.get(target.attr.value)
    if off is None or dotted(assign.value).rpartition(".")[2] != off:
        return None
    return code_of(target.value), target.attr.value


def _kept(source: Source, lines: list[cst.CSTNode]) -> int:
    """Return how many statements the blocks of these lines keep, in the smallest of them."""
    left = []
    for block in {source.parents.get(line) for line in lines}:
        body = block.body if isinstance(block, cst.IndentedBlock | cst.Module) else ()
        left.append(sum(all(one is not line for line in lines) for one in body))
    return min(left, default=0)
