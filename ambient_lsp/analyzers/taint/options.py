"""Options of command lines that hold no text of the user's own: numbers, flags, and one of some choices."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.syntax import dotted, walked

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMESPACE = "argparse.Namespace"
_NUMBERS = frozenset("int float bool UUID INT FLOAT BOOL Choice IntRange FloatRange DateTime Decimal".split())
_FLAGS = frozenset("store_true store_false store_const count append_const".split())


def of_parsers(tree: ast.AST) -> frozenset[str]:
    """Return the names under which `parser.parse_args()` has them, as every parser of a file declares them."""
    calls = [node for node in walked(tree) if isinstance(node, ast.Call) and _last(node.func) == "add_argument"]
    return _harmless(calls) - _named(call for call in calls if not _is_harmless(call))


def of_decorators(function: ast.AST) -> frozenset[str]:
    """Return the parameters of a command that `@click.option("--size", type=int)` fills."""
    decorators: list[ast.expr] = getattr(function, "decorator_list", [])
    return _harmless(
        node for node in decorators if isinstance(node, ast.Call) and _last(node.func) in ("option", "argument")
    )


def _harmless(calls: Iterable[ast.Call]) -> frozenset[str]:
    return _named(call for call in calls if _is_harmless(call))


def _is_harmless(call: ast.Call) -> bool:
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == "type" and _last(value.func if isinstance(value, ast.Call) else value) in _NUMBERS:
            return True
        if keyword.arg == "choices" or (keyword.arg == "action" and _text(value) in _FLAGS):
            return True
        if keyword.arg in ("is_flag", "count") and isinstance(value, ast.Constant) and value.value is True:
            return True
    return False


def _named(calls: Iterable[ast.Call]) -> frozenset[str]:
    """Return the names of what options give: the `dest`, the first long option, or what is written without dashes."""
    found: set[str] = set()
    for call in calls:
        texts = [_text(arg).partition("/")[0] for arg in call.args]
        plain = [text for text in texts if not text.startswith("-")]
        given = [_text(keyword.value) for keyword in call.keywords if keyword.arg == "dest"]
        long = [text for text in texts if text.startswith("--")]
        found.update(name.lstrip("-").replace("-", "_") for name in (given or plain or long or texts)[:1])
    return frozenset(found)


def _last(node: ast.expr) -> str:
    return dotted(node).rpartition(".")[2] or (node.attr if isinstance(node, ast.Attribute) else "")


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
