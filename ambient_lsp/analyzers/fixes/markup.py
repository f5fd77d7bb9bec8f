"""Values in pages: escaped where the page is put together, in the way of the file's own framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import Piece, code_of, pieces, quoted
from ambient_lsp.analyzers.fixes.scopes import assigned, may_hold, only_assignment, within
from ambient_lsp.analyzers.fixes.site import Change, Source, dotted, literal
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from ambient_lsp.model import Span

_MARKUP = ("markupsafe.Markup", "flask.Markup", "jinja2.Markup")
_MARK_SAFE = ("django.utils.safestring.mark_safe", "django.utils.safestring.SafeString")
_LONGEST = 70
"""Characters of a page and its values that fit in a line with what calls it, where it was on several lines before."""
_SAFE_CALLS = frozenset("escape int float len conditional_escape format_html quote url_for reverse".split())
_REASON = "A value with markup in it is shown as it is; what was markup on purpose in a value is shown as text too."
_TITLE = "Escape the values in the page"


def formatted(source: Source, span: Span) -> Change | None:
    """`Markup("<b>{}</b>").format(x)` for `Markup(f"<b>{x}</b>")`, and `format_html` for `mark_safe`; both escape."""
    call = source.around(span, cst.Call)
    while isinstance(call, cst.Call) and source.resolve(call.func) not in (*_MARKUP, *_MARK_SAFE):
        above = source.parents.get(source.parents.get(call, call))
        call = above if isinstance(above, cst.Call) else None
    if not isinstance(call, cst.Call):
        return None
    name = source.resolve(call.func)
    if name not in (*_MARKUP, *_MARK_SAFE) or len(call.args) != 1 or call.args[0].keyword is not None:
        return None
    parts = pieces(call.args[0].value)
    if parts is None or all(isinstance(part, str) for part in parts):
        return None
    template = "".join(part.replace("{", "{{").replace("}", "}}") if isinstance(part, str) else "{}" for part in parts)
    if "\n" in template or len(template) > 90:
        return None
    values = ", ".join(code_of(part) for part in parts if not isinstance(part, str))
    if "\n" in code_of(call) and source.ranges[call].start.column + len(template + values) > _LONGEST:
        return None
    if name in _MARKUP:
        new = cst.parse_expression(f"{code_of(call.func)}({quoted(template)}).format({values})")
        return Change(_TITLE, _REASON, RiskLevel.MEDIUM, {call: new})
    new = cst.parse_expression(f"format_html({quoted(template)}, {values})")
    module, _, function = name.rpartition(".")
    imports = (("django.utils.html", "format_html"),)
    return Change(_TITLE, _REASON, RiskLevel.MEDIUM, {call: new}, imports, ((module, function),))


def escaped(source: Source, span: Span) -> Change | None:
    """Escape each value of a page that is put together as text, and returned or handed to a response."""
    marked = formatted(source, span)
    if marked is not None:
        return marked
    text = _text_at(source, span)
    parts = _parts(source, text) if text is not None else None
    if text is None or parts is None or not any(isinstance(part, str) and "<" in part for part in parts):
        return None
    values = [part for part in parts if not isinstance(part, str) and not _is_safe(source, part)]
    # What may be a part of a page was made from constants, or is another finding.
    values = [value for value in values if not _may_be_markup(source, value)]
    if not values or any(source.parents.get(value) is None for value in values):
        return None
    function = _function(source, text)
    if function is None:
        return None
    name, imports = function
    nodes: dict[cst.CSTNode, cst.CSTNode] = {
        value: cst.parse_expression(f"{name}({code_of(value)})") for value in values
    }
    return Change(_TITLE, _REASON, RiskLevel.MEDIUM, nodes, imports)


def _function(source: Source, text: cst.BaseExpression) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Return what escapes here. Beside `+` it must give plain text: markupsafe's would escape the page too."""
    packages = {name.partition(".")[0] for name in source.imported.values()}
    added = isinstance(text, cst.BinaryOperation) and isinstance(text.operator, cst.Add)
    if "escape" in source.imported:
        known = source.imported["escape"] in ("html.escape", "django.utils.html.escape")
        known = known or (source.imported["escape"] in ("markupsafe.escape", "flask.escape") and not added)
        return ("escape", ()) if known else None
    if "django" in packages and not added:
        return "escape", (("django.utils.html", "escape"),)
    if packages & {"flask", "jinja2", "markupsafe"} and not added and source.imported.get("html") != "html":
        return "escape", (("markupsafe", "escape"),)
    if added or packages & _WEB:
        return ("escape", (("html", "escape"),)) if "html" in source.bound else ("html.escape", (("html", ""),))
    return None


_WEB = frozenset("flask fastapi starlette aiohttp tornado bottle falcon http wsgiref quart sanic cherrypy".split())
"""Packages whose pages are plain text until somebody escapes it."""
_RAW = frozenset(
    "get get_argument get_query_argument get_body_argument get_param strip lstrip rstrip lower upper title "
    "capitalize str decode getlist pop parse_qs urlparse urlsplit unquote get_json json loads escape unescape split "
    "partition replace read input Form Query getvalue getfirst".split()
)
"""Calls that give text as it came, never markup."""


def _may_be_markup(source: Source, value: cst.BaseExpression) -> bool:
    """Whether a value may be a part of a page that was put together before, here or by a call."""
    assign = only_assignment(source, value, value.value) if isinstance(value, cst.Name) else None
    made = [value, *([assign.value] if assign is not None else [])]
    calls = [node for one in made for node in within(one) if isinstance(node, cst.Call)]
    return any(dotted(call.func).rpartition(".")[2] not in _RAW and _last(call) not in _RAW for call in calls) or (
        may_hold(source, value, "<")
    )


def _last(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


def _text_at(source: Source, span: Span) -> cst.BaseExpression | None:
    """Return the largest text that is put together around `span`."""
    kinds = (cst.FormattedString, cst.BinaryOperation, cst.ConcatenatedString)
    found: cst.BaseExpression | None = None
    node = source.around(span, cst.CSTNode)  # type: ignore[type-abstract]  # any kind will do
    while node is not None and not isinstance(node, cst.BaseStatement | cst.BaseSmallStatement):
        if isinstance(node, kinds):
            found = node
        node = source.parents.get(node)
    if found is None:
        call = source.around(span, cst.Call)
        given = [arg.value for arg in call.args] if isinstance(call, cst.Call) else []
        texts = [_plain_text(source, one) for one in given]
        found = next((one for one in texts if isinstance(one, kinds) or _parts(source, one) is not None), None)
    return found


def _plain_text(source: Source, value: cst.BaseExpression) -> cst.BaseExpression:
    """Return the text that is given: without `.encode()`, and for a variable what it is assigned."""
    value = assigned(source, value, value)
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute) and value.func.attr.value == "encode":
        return assigned(source, value, value.func.value)
    return value


def _parts(source: Source, text: cst.BaseExpression) -> list[Piece] | None:
    """Return the pieces of a text; of `PAGE % value` and `PAGE.format(value)` too, where PAGE is a constant."""
    if literal(text) is not None:
        return None
    parts = pieces(text)
    if parts is not None:
        return parts
    if isinstance(text, cst.BinaryOperation) and isinstance(text.operator, cst.Modulo):
        page, given = text.left, text.right
        values = [one.value for one in given.elements] if isinstance(given, cst.Tuple) else [given]
    elif isinstance(text, cst.Call) and isinstance(text.func, cst.Attribute) and text.func.attr.value == "format":
        page, values = text.func.value, [arg.value for arg in text.args if not arg.star]
    else:
        return None
    assign = only_assignment(source, source.module, page.value) if isinstance(page, cst.Name) else None
    template = literal(assign.value) if assign is not None else None
    plain = all(isinstance(one, cst.Name | cst.Attribute | cst.Subscript | cst.Call) for one in values)
    return [template, *values] if template is not None and plain else None


def _is_safe(source: Source, value: cst.BaseExpression) -> bool:
    if literal(value) is not None or isinstance(value, cst.Integer | cst.Float):
        return True
    return isinstance(value, cst.Call) and (
        dotted(value.func).rpartition(".")[2] in _SAFE_CALLS or source.resolve(value.func) in _MARKUP
    )
