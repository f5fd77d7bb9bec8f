"""Texts for others to read, with values in them: filters, expressions, templates and logs, each in a safe form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import code_of, pieces, quoted
from ambient_lsp.analyzers.fixes.scopes import assigned, names, only_assignment, scope_of
from ambient_lsp.analyzers.fixes.site import Change, Source, dotted, literal
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from ambient_lsp.analyzers.fixes.pieces import Piece
    from ambient_lsp.model import Span

_ESCAPES = {"ldap3": ("ldap3.utils.conv", "escape_filter_chars"), "ldap": ("ldap.filter", "escape_filter_chars")}
_NAME_ESCAPES = {"ldap3": ("ldap3.utils.dn", "escape_rdn"), "ldap": ("ldap.dn", "escape_dn_chars")}
_TEXTS = (cst.FormattedString, cst.BinaryOperation, cst.ConcatenatedString, cst.Call)
_LEVELS = frozenset("debug info warning error critical exception log".split())


def ldap_filter(source: Source, span: Span) -> Change | None:
    """Escape the values in an LDAP filter, with the function of the library that the file uses."""
    packages = {name.partition(".")[0] for name in source.imported.values()} & _ESCAPES.keys()
    found = _text_at(source, span)
    if len(packages) != 1 or found is None:
        return None
    parts = found[1]
    values = [part for part in parts if not isinstance(part, str)]
    first = parts[0] if parts else ""
    if not isinstance(first, str) or not values:
        return None
    # A filter is in brackets; a name such as `uid=...,dc=...` is escaped in another way.
    is_filter = first.lstrip().startswith("(")
    if not is_filter and re.match(r"\w+=", first) is None:
        return None
    if any(source.parents.get(value) is None or isinstance(value, cst.Call) for value in values):
        return None
    if not all(_is_compared(parts, index, is_filter) for index in range(len(parts))):
        return None
    module, name = (_ESCAPES if is_filter else _NAME_ESCAPES)[packages.pop()]
    nodes: dict[cst.CSTNode, cst.CSTNode] = {
        value: cst.parse_expression(f"{name}({code_of(value)})") for value in values
    }
    return Change(
        "Escape the values in the filter" if is_filter else "Escape the values in the name",
        "A value is compared as it is, whatever characters it has; `*` in it is no wildcard any more."
        if is_filter
        else "A value is one part of the name, whatever characters it has.",
        RiskLevel.MEDIUM,
        nodes,
        ((module, name),),
    )


def _is_compared(parts: list[Piece], index: int, is_filter: bool) -> bool:
    """Whether a piece is plain text, or a value that an attribute is compared with, and no part of a filter itself."""
    if isinstance(parts[index], str):
        return True
    before = parts[index - 1] if index else ""
    after = parts[index + 1] if index + 1 < len(parts) else ""
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    if is_filter:
        return re.search(r"[<>~]?=\*?$", before) is not None and re.match(r"\*?\)", after) is not None
    return before.endswith("=") and (not after or after.startswith(","))


def xpath_variables(source: Source, span: Span) -> Change | None:
    """`tree.xpath("//user[name=$name]", name=name)` for an expression with the value in it; only lxml has variables."""
    found = _text_at(source, span)
    if found is None or "lxml" not in {name.partition(".")[0] for name in source.imported.values()}:
        return None
    text, parts = found
    call = _given_to(source, text)
    if call is None or not isinstance(call.func, cst.Attribute) or call.func.attr.value != "xpath":
        return None
    if len(call.args) != 1:
        return None
    named = _named(parts)
    if named is None:
        return None
    expression = ""
    rest = list(parts)
    for index, part in enumerate(rest):
        if isinstance(part, str):
            expression += part
            continue
        after = rest[index + 1] if index + 1 < len(rest) else ""
        quote = expression[-1:]
        if quote not in ("'", '"') or not isinstance(after, str) or not after.startswith(quote):
            return None  # a name, a number or a part of a longer text
        expression = expression[:-1] + f"${_word(part)}"
        rest[index + 1] = after[1:]
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    given = [cst.Arg(value, cst.Name(name), equal, comma=comma) for name, value in named.items()]
    given[-1] = given[-1].with_changes(comma=call.args[0].comma)
    nodes: dict[cst.CSTNode, cst.CSTNode] = {text: cst.SimpleString(quoted(expression))}
    inline = call.args[0].value is text
    first = call.args[0].with_changes(value=nodes.pop(text) if inline else call.args[0].value, comma=comma)
    return Change(
        "Give the values to the expression as variables",
        "The expression is the same; a value with a quote in it is only a value.",
        RiskLevel.MEDIUM,
        {**nodes, call: call.with_changes(args=[first, *given])},
    )


def template_values(source: Source, span: Span) -> Change | None:
    """`render_template_string("Hello {{ name }}", name=name)` for a template with the value in its text."""
    call = source.around(span, cst.Call)
    while isinstance(call, cst.Call) and source.resolve(call.func) != "flask.render_template_string":
        above = source.parents.get(call)
        while above is not None and not isinstance(above, cst.Call):
            above = source.parents.get(above)
        call = above
    if not isinstance(call, cst.Call) or len(call.args) != 1 or call.args[0].keyword is not None:
        return None
    value = call.args[0].value
    if isinstance(value, cst.Name):
        assign = only_assignment(source, call, value.value)
        value = assign.value if assign is not None and _given_to(source, assign.value) is call else value
    parts = pieces(value)
    named = _named(parts) if parts is not None else None
    if parts is None or named is None:
        return None
    text = "".join(part if isinstance(part, str) else f"{{{{ {_word(part)} }}}}" for part in parts)
    if "\n" in text or len(text) > 100:
        return None
    given = ", ".join(f"{name}={code_of(value)}" for name, value in named.items())
    return Change(
        "Give the values to the template as variables",
        "The page is the same; a value is shown as it is, and is no part of the template.",
        RiskLevel.MEDIUM,
        {call: cst.parse_expression(f"{code_of(call.func)}({quoted(text)}, {given})")}
        if value is call.args[0].value
        else {
            value: cst.SimpleString(quoted(text)),
            call: cst.parse_expression(f"{code_of(call.func)}({code_of(call.args[0].value)}, {given})"),
        },
    )


def logged(source: Source, span: Span) -> Change | None:
    """Write the values into the log as `repr` has them, on one line."""
    call = source.around(span, cst.Call)
    while isinstance(call, cst.Call) and dotted(call.func).rpartition(".")[2] not in _LEVELS:
        above = source.parents.get(call)
        while above is not None and not isinstance(above, cst.Call):
            above = source.parents.get(above)
        call = above
    if not isinstance(call, cst.Call) or not call.args:
        return None
    text = call.args[0].value
    nodes: dict[cst.CSTNode, cst.CSTNode] = {}
    if isinstance(text, cst.FormattedString):
        nodes = _in_fstring(source, text)
    elif isinstance(text, cst.SimpleString) and len(call.args) > 1:
        template = literal(text)
        if template is not None and len(re.findall(r"%s", template)) == len(re.findall(r"%[^%]", template)):
            nodes = {text: text.with_changes(value=re.sub(_QUOTED_VALUE, "%r", text.value))}
    else:
        nodes = _lazily(call)
    if not nodes or all(node.deep_equals(new) for node, new in nodes.items()):
        return None
    return Change(
        "Write the values to the log on one line",
        "Values stand in quotes, and a line break in one is written as `\\n`.",
        RiskLevel.LOW,
        nodes,
    )


_QUOTED_VALUE = r"(?<=[^%\\])(?P<q>['\"])%s(?P=q)(?!$)|%s"
"""A value in a template, with the quotes around it: `%r` brings its own."""


def _in_fstring(source: Source, text: cst.FormattedString) -> dict[cst.CSTNode, cst.CSTNode]:
    """Return an f-string with `!r` at its values, but for errors, whose text is their own, and for lengths."""
    caught = {
        node.name.name.value
        for node in source.ranges
        if isinstance(node, cst.ExceptHandler) and node.name is not None and isinstance(node.name.name, cst.Name)
    }
    parts = list(text.parts)
    for index, part in enumerate(parts):
        if not isinstance(part, cst.FormattedStringExpression) or part.conversion or part.format_spec or part.equal:
            continue
        value = part.expression
        if dotted(value) in caught or (isinstance(value, cst.Call) and dotted(value.func) in ("len", "int", "str")):
            continue
        parts[index] = part.with_changes(conversion="r")
        before, after = (parts[at] if 0 <= at < len(parts) else None for at in (index - 1, index + 1))
        if isinstance(before, cst.FormattedStringText) and isinstance(after, cst.FormattedStringText):
            quote = before.value[-1:]
            if quote in ("'", '"') and after.value.startswith(quote):  # `!r` brings its own
                parts[index - 1] = before.with_changes(value=before.value[:-1])
                parts[index + 1] = after.with_changes(value=after.value[1:])
    return {text: text.with_changes(parts=parts)}


def _lazily(call: cst.Call) -> dict[cst.CSTNode, cst.CSTNode]:
    """Return `log.info("by %r", name)` for `log.info("by " + name)`, and for the same with `%` or `format`."""
    text = call.args[0].value
    parts = pieces(text) if isinstance(text, _TEXTS) else None
    if len(call.args) != 1 or parts is None or all(isinstance(part, str) for part in parts):
        return {}
    template = "".join(part.replace("%", "%%") if isinstance(part, str) else "%r" for part in parts)
    values = [code_of(part) for part in parts if not isinstance(part, str)]
    if "\n" in template or len(template) > 90 or any("\n" in value for value in values):
        return {}
    return {call: cst.parse_expression(f"{code_of(call.func)}({quoted(template)}, {', '.join(values)})")}


def _given_to(source: Source, text: cst.BaseExpression) -> cst.Call | None:
    """Return the call that a text is given to: in place, or by a variable that nothing else uses."""
    parent = source.parents.get(text)
    if isinstance(parent, cst.AssignTarget | cst.Assign):
        target = parent.targets[0].target if isinstance(parent, cst.Assign) and len(parent.targets) == 1 else None
        if not isinstance(target, cst.Name):
            return None
        uses = [one for one in names(scope_of(source, parent), target.value) if one is not target]
        parent = source.parents.get(uses[0]) if len(uses) == 1 else None
    call = source.parents.get(parent) if isinstance(parent, cst.Arg) and parent.keyword is None else None
    return call if isinstance(call, cst.Call) else None


def _text_at(source: Source, span: Span) -> tuple[cst.BaseExpression, list[Piece]] | None:
    """Return the text that is put together at `span`: there, around it, or as an argument of the call there."""
    node = source.around(span, cst.CSTNode)  # type: ignore[type-abstract]  # any kind will do
    while node is not None and not isinstance(node, cst.BaseStatement | cst.BaseSmallStatement):
        given = [assigned(source, node, arg.value) for arg in node.args] if isinstance(node, cst.Call) else []
        for one in (node, *given):
            parts = pieces(one) if isinstance(one, _TEXTS) else None
            if parts is not None and isinstance(one, cst.BaseExpression) and not all(isinstance(p, str) for p in parts):
                return one, parts
        node = source.parents.get(node)
    return None


def _named(parts: list[Piece]) -> dict[str, cst.BaseExpression] | None:
    """Return the values by their own last words; None where one has none, or two are alike."""
    values = [part for part in parts if not isinstance(part, str)]
    named = {_word(value): value for value in values if _word(value).isidentifier()}
    return named if values and len(named) == len(values) else None


def _word(value: Piece) -> str:
    """Return what a value is called: its name, its attribute, or the key that it is looked up by."""
    if isinstance(value, cst.Name | cst.Attribute):
        return dotted(value).rpartition(".")[2]
    if isinstance(value, cst.Subscript) and len(value.slice) == 1:
        index = value.slice[0].slice
        return (literal(index.value) or "") if isinstance(index, cst.Index) else ""
    if isinstance(value, cst.Call) and value.args:
        return literal(value.args[0].value) or ""
    return ""
