"""Values that are marked as safe markup though nothing escaped them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import Area, Call, CallPattern, names
from ambient_lsp.analyzers.patterns.module import code, identifiers
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

MARKUP = weakness(
    "MARKUP", "medium", "79 80", "a03", "Value marked as safe markup",
    "A value with markup in it becomes part of the page.",
    "`Markup(...).format`, or Django's `format_html`, which escape the values.", "S308 S702 S704",
    example='from markupsafe import Markup\n\nname = Markup(f"<b>{name}</b>")\n',
    better='from markupsafe import Markup\n\nname = Markup("<b>{}</b>").format(name)\n',
)  # fmt: skip
_MARKS = names(
    "django.utils.safestring: mark_safe SafeString SafeText", "markupsafe.Markup flask.Markup jinja2.Markup",
    "django.utils.html.mark_safe",
)  # fmt: skip
_SAFE = re.compile(
    r"(^|\.)(escape|conditional_escape|format_html(_join)?|render\w*|clean|sanitize\w*|linebreaks\w*|urlize|strip_tags"
    r"|json_script|url_for\w*|html_params|_|n?p?gettext\w*|reverse|static|int|float|len|date|strftime|isoformat|Markup|mark_safe|as_widget|get_token)$"
)
_KEEPS = frozenset("replace strip lstrip rstrip join format lower upper".split())
_DEEPEST = 8


def _unescaped(call: Call) -> Node | None:
    node = call.get("s", 0) or call.get("base", 0) or call.get("object", 0)
    return node if node is not None and not _is_safe(call.module, node, _DEEPEST) else None


def _built(call: Call) -> Node | None:
    """Find a text that is put together, here or just before, from what nobody escaped."""
    node = _unescaped(call)
    origin = call.module.origin(node)
    if origin is None:
        return None
    formatted = origin.type == "call" and code(origin.child_by_field_name("function")).endswith((".format", ".join"))
    return node if formatted or origin.type in _PUT_TOGETHER or _is_decorated(call.module, origin) else None


def _is_decorated(module: Module, node: Node) -> bool:
    """Whether `text.replace("\\n", "<br>")` puts markup into a parameter of a function that escapes nothing."""
    function = module.function(node)
    parameters = function.child_by_field_name("parameters") if function is not None else None
    if parameters is None or _ESCAPES.search(code(function)) is not None:
        return False
    marked = False
    for _ in range(_DEEPEST):
        changed = _changed(module, node)
        if changed is None:
            break
        written, source = module.value(changed[0]), module.origin(changed[1])
        marked = marked or (isinstance(written, str) and "<" in written)
        if source is None:
            return False
        node = source
    return marked and node.type == "identifier" and code(node) in {code(one) for one in identifiers(parameters)}


def _changed(module: Module, node: Node) -> tuple[Node, Node] | None:
    """Return what a replacement puts in, and the text that it is made in."""
    function = node.child_by_field_name("function") if node.type == "call" else None
    owner = function.child_by_field_name("object") if function is not None else None
    if owner is None:
        return None
    method, given = code(function).rpartition(".")[2], Call(module, node, "").positional
    if method == "replace" and len(given) == 2:
        return given[1], owner
    if method == "sub" and code(owner) == "re":
        return (given[1], given[2]) if len(given) > 2 else None
    return (given[0], given[1]) if method == "sub" and len(given) > 1 else None


_ESCAPES = re.compile(r"(?i)escape|clean|sanit|format_html|strip_tags|bleach|quote|markdown|isinstance\(")
_PUT_TOGETHER = ("string", "concatenated_string", "binary_operator")


def _is_safe(module: Module, node: Node, depth: int) -> bool:
    """Whether a text is a constant, or put together from constants and from what was escaped."""
    if not depth:
        return False
    if isinstance(module.value(node), str | int | float) or node.type in (
        "string_start",
        "string_content",
        "string_end",
        "integer",
    ):
        return True
    if node.type in ("identifier", "attribute"):
        origin = module.origin(node)
        # A name that is made from itself (`name = Markup(name)`) says nothing of what it was before.
        itself = origin is None or origin.start_byte <= node.start_byte < origin.end_byte
        return not itself and origin is not None and _is_safe(module, origin, depth - 1)
    if node.type in ("string", "concatenated_string", "binary_operator", "interpolation", "tuple", "list",
                     "parenthesized_expression", "conditional_expression", "argument_list"):  # fmt: skip
        parts = [one for one in node.named_children if one.type not in ("type_conversion", "format_specifier")]
        if node.type == "conditional_expression" and len(parts) == 3:
            parts = [parts[0], parts[2]]
        return all(_is_safe(module, one, depth - 1) for one in parts)
    if node.type in ("list_comprehension", "generator_expression"):
        body = node.child_by_field_name("body")
        return body is not None and _is_safe(module, body, depth - 1)
    if node.type == "keyword_argument":
        value = node.child_by_field_name("value")
        return value is not None and _is_safe(module, value, depth - 1)
    if node.type != "call":
        return False
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return False
    if _SAFE.search(code(function)):
        return True
    owner = function.child_by_field_name("object")
    kept = function.type == "attribute" and code(function.child_by_field_name("attribute")) in _KEEPS
    return kept and owner is not None and _is_safe(module, owner, depth - 1) and _is_safe(module, arguments, depth - 1)


AREA = Area(
    (MARKUP,),
    (
        CallPattern(MARKUP, _MARKS, _built),
        CallPattern(MARKUP, _MARKS, _unescaped, "nothing here says whether it was escaped", "low"),
    ),
)
