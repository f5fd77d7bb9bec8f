"""Texts that are put together from values, taken apart: f-strings, `%`, `format` and `+` all become the same pieces."""

from __future__ import annotations

import re
import string

import libcst as cst

from ambient_lsp.analyzers.fixes.site import literal

Piece = str | cst.BaseExpression
_NAMED_PERCENT = re.compile(r"%\((\w+)\)[sd]|%.?", re.DOTALL)
_PERCENT = re.compile(r"%(.)", re.DOTALL)


def pieces(node: cst.BaseExpression) -> list[Piece] | None:
    """Return the literal parts and the values of a text, in order; None for what cannot be taken apart surely."""
    text = literal(node)
    if text is not None:
        return [text]
    if isinstance(node, cst.FormattedString):
        return _of_fstring(node)
    if isinstance(node, cst.ConcatenatedString):
        return _joined(pieces(node.left), pieces(node.right))
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
        return _joined(_operand(node.left), _operand(node.right))
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Modulo):
        return _of_percent(node)
    if isinstance(node, cst.Call):
        return _of_format(node)
    return None


def code_of(node: cst.CSTNode) -> str:
    """Return the source code of a node."""
    return cst.Module([]).code_for_node(node)


def quoted(text: str) -> str:
    """Return a string literal for `text`, in double quotes where that needs no escapes."""
    return f'"{text}"' if text.isprintable() and not set(text) & {'"', "\\"} else repr(text)


def _joined(left: list[Piece] | None, right: list[Piece] | None) -> list[Piece] | None:
    return None if left is None or right is None else left + right


def _operand(node: cst.BaseExpression) -> list[Piece] | None:
    if isinstance(node, cst.Name | cst.Attribute | cst.Subscript):
        return [node]
    taken_apart = pieces(node)
    return [node] if taken_apart is None and isinstance(node, cst.Call) else taken_apart


def _of_fstring(node: cst.FormattedString) -> list[Piece] | None:
    if "r" in node.prefix.lower():
        return None
    result: list[Piece] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            if "\\" in part.value:
                return None
            result.append(part.value.replace("{{", "{").replace("}}", "}"))
        elif (
            isinstance(part, cst.FormattedStringExpression)
            and part.conversion is None
            and part.format_spec is None
            and part.equal is None
        ):
            result.append(part.expression)
        else:
            return None
    return result


def _of_percent(node: cst.BinaryOperation) -> list[Piece] | None:
    template = literal(node.left)
    if template is None:
        return None
    if isinstance(node.right, cst.Dict):
        return _of_named_percent(template, node.right)
    if isinstance(node.right, cst.Tuple):
        values = [element.value for element in node.right.elements if isinstance(element, cst.Element)]
    elif isinstance(node.right, cst.Name | cst.Attribute | cst.Subscript | cst.Call):
        values = [node.right]
    else:
        return None
    result: list[Piece] = []
    position = 0
    for match in _PERCENT.finditer(template):
        result.append(template[position : match.start()])
        position = match.end()
        if match[1] == "%":
            result.append("%")
        elif match[1] in "sd" and values:
            result.append(values.pop(0))
        else:
            return None
    return None if values else _merged([*result, template[position:]])


def _of_named_percent(template: str, table: cst.Dict) -> list[Piece] | None:
    """Take `"%(name)s" % {"name": value}` apart."""
    values = {literal(one.key): one.value for one in table.elements if isinstance(one, cst.DictElement)}
    if len(values) != len(table.elements):
        return None
    result: list[Piece] = []
    position = 0
    for match in _NAMED_PERCENT.finditer(template):
        value = values.get(match[1]) if match[1] is not None else None
        if match[0] != "%%" and value is None:
            return None
        result += [template[position : match.start()], "%" if value is None else value]
        position = match.end()
    return _merged([*result, template[position:]])


def _of_format(node: cst.Call) -> list[Piece] | None:
    template = literal(node.func.value) if isinstance(node.func, cst.Attribute) else None
    if template is None or not isinstance(node.func, cst.Attribute) or node.func.attr.value != "format":
        return None
    if any(arg.star for arg in node.args):
        return None
    by_name = {arg.keyword.value: arg.value for arg in node.args if arg.keyword is not None}
    by_place = [arg.value for arg in node.args if arg.keyword is None]
    result: list[Piece] = []
    automatic = 0
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        return None
    for text, name, spec, conversion in fields:
        result.append(text)
        if name is None:
            continue
        if spec or conversion:
            return None
        if not name:
            name, automatic = str(automatic), automatic + 1
        value = by_name.get(name) if not name.isdigit() else (dict(enumerate(by_place)).get(int(name)))
        if value is None:
            return None
        result.append(value)
    return _merged(result)


def _merged(parts: list[Piece]) -> list[Piece]:
    """Join literal parts that stand side by side, and drop empty ones."""
    result: list[Piece] = []
    for part in parts:
        last = result[-1] if result else None
        if isinstance(part, str) and isinstance(last, str):
            result[-1] = last + part
        elif part != "":
            result.append(part)
    return result
