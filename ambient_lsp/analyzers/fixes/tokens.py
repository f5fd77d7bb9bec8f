"""Fixes for tokens and comparisons: JWT that are checked, digests compared in constant time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.scopes import names, only_assignment, scope_of
from ambient_lsp.analyzers.fixes.site import Change, Source, dotted, keyword, literal, without_argument
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from ambient_lsp.model import Span

_CHECKED = "Tokens with a wrong signature are refused from now on, those that were made without one too."


def verified(source: Source, span: Span) -> Change | None:
    """Take away what switches the check of a JWT off, where key and algorithms are there to check it with."""
    call = source.around(span, cst.Call)
    if not isinstance(call, cst.Call):
        return None
    keyed = keyword(call, "key") is not None or sum(arg.keyword is None for arg in call.args) > 1
    if not keyed or keyword(call, "algorithms") is None:
        return None
    for name in ("options", "verify"):
        argument = keyword(call, name)
        if argument is None:
            continue
        table = argument.value
        if isinstance(table, cst.Name):
            assign = only_assignment(source, call, table.value)
            if assign is None or len(names(scope_of(source, call), table.value)) != 2:
                return None  # made elsewhere, or used for something else too
            return _without_entry(assign.value) if isinstance(assign.value, cst.Dict) else None
        if isinstance(table, cst.Dict) and (change := _without_entry(table)) is not None:
            return change
        if isinstance(table, cst.Dict) and any(
            literal(one.key) not in ("verify_signature", "verify_exp")
            for one in table.elements
            if isinstance(one, cst.DictElement)
        ):
            return None
        return Change("Check the signature of the token", _CHECKED, RiskLevel.HIGH,
                      {call: without_argument(call, argument)})  # fmt: skip
    return None


def _without_entry(options: cst.Dict) -> Change | None:
    switches = ("verify_signature", "verify_exp")  # without the first, the second has no effect
    kept = [
        one for one in options.elements
        if not (isinstance(one, cst.DictElement) and literal(one.key) in switches and dotted(one.value) == "False")
    ]  # fmt: skip
    if not kept or len(kept) == len(options.elements):
        return None
    kept[-1] = kept[-1].with_changes(comma=options.elements[-1].comma)
    return Change("Check the signature of the token", _CHECKED, RiskLevel.HIGH,
                  {options: options.with_changes(elements=kept)})  # fmt: skip


def signed(source: Source, span: Span) -> Change | None:
    """Take the algorithm `none` out of a list that has others."""
    node = source.around(span, cst.List)
    if not isinstance(node, cst.List):
        return None
    kept = [one for one in node.elements if (literal(one.value) or "").lower() != "none"]
    if not kept or len(kept) == len(node.elements):
        return None
    kept[-1] = kept[-1].with_changes(comma=node.elements[-1].comma)
    return Change("Refuse tokens without a signature", _CHECKED, RiskLevel.HIGH,
                  {node: node.with_changes(elements=kept)})  # fmt: skip


def constant_time(source: Source, span: Span) -> Change | None:
    """Compare with `hmac.compare_digest`, where neither side can be None, which it refuses."""
    node = source.around(span, cst.Comparison)
    if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
        return None
    target = node.comparisons[0]
    sides = (node.left, target.comparator)
    if not isinstance(target.operator, cst.Equal | cst.NotEqual) or any(_may_be_none(source, one) for one in sides):
        return None
    first, second = (cst.Module([]).code_for_node(one) for one in sides)
    if "\n" in first + second:
        return None
    new = f"hmac.compare_digest({first}, {second})"
    if isinstance(target.operator, cst.NotEqual):
        new = f"not {new}"
    expression = cst.parse_expression(new).with_changes(lpar=node.lpar, rpar=node.rpar)
    return Change(
        "Compare in constant time",
        "The answer is the same for texts and bytes; the time it takes no longer tells how much was right. "
        "Both sides must be of one type.",
        RiskLevel.MEDIUM,
        {node: expression},
        (("hmac", ""),),
    )


def _may_be_none(source: Source, node: cst.BaseExpression) -> bool:
    """Whether a value may be None: it, or what it is assigned from, is looked up with `get`."""
    code = cst.Module([]).code_for_node(node)
    if re.search(r"\.get\(", code):
        return True
    name = dotted(node)
    if not name:
        return False
    assigned = (
        rf"(?m)^\s*{re.escape(name)}\s*(:[^=]*)?=\s*(.*\.get\(|None\b)|\b{re.escape(name)}\s*(:[^=,]*)?=\s*None\b"
    )
    return re.search(assigned, source.module.code) is not None


def equal(source: Source, span: Span) -> Change | None:
    """Compare a text with `==` in place of `is`."""
    node = source.around(span, cst.Comparison)
    if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
        return None
    target = node.comparisons[0]
    operators = {cst.Is: cst.Equal, cst.IsNot: cst.NotEqual}
    new = operators.get(type(target.operator))
    if new is None:
        return None
    return Change(
        "Compare the text, not the object",
        "Equal texts are equal in every run.",
        RiskLevel.LOW,
        {node: node.with_changes(comparisons=[target.with_changes(operator=new())])},
    )


def random_uuid(source: Source, span: Span) -> Change | None:
    """`uuid4`, which is drawn, for `uuid1`, which is the clock."""
    call = source.around(span, cst.Call)
    if not isinstance(call, cst.Call) or call.args or not isinstance(call.func, cst.Attribute):
        return None
    return Change(
        "Draw the id from the system's random numbers",
        "It has the same form; ids no longer sort by time.",
        RiskLevel.MEDIUM,
        {call: call.with_changes(func=call.func.with_changes(attr=cst.Name("uuid4")))},
    )


def known_hosts(source: Source, span: Span) -> Change | None:
    """Refuse hosts that are not known, where known ones are loaded."""
    call = source.around(span, cst.Call)
    while isinstance(call, cst.Call) and not dotted(call.func).endswith("set_missing_host_key_policy"):
        above = source.parents.get(call)
        while above is not None and not isinstance(above, cst.Call):
            above = source.parents.get(above)
        call = above
    if not isinstance(call, cst.Call) or "host_keys(" not in source.module.code or len(call.args) != 1:
        return None
    value = call.args[0].value
    policy = value.func if isinstance(value, cst.Call) else value
    if not isinstance(policy, cst.Attribute):
        return None
    return Change(
        "Refuse hosts that are not known",
        "A host that is not in the known hosts is an error. Checks have no network, so a person decides.",
        RiskLevel.HIGH,
        {policy: policy.with_changes(attr=cst.Name("RejectPolicy"))},
    )
