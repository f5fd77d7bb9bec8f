"""Lists of lists that are added up one after the other: each sum copies all that there is so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import arguments, bare, builtin, origin, plain_arguments
from ambient_lsp.analyzers.speed.edits import changed, fresh, replace
from ambient_lsp.analyzers.speed.regions import loop_of
from ambient_lsp.analyzers.speed.speedup import FLATTEN, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup


def flattened(function: Function, node: Node) -> Iterator[Speedup]:
    """`sum(lists, [])` and `reduce(operator.add, lists, [])`."""
    given = arguments(node)
    if builtin(node) == "sum" and len(given) == 2:
        lists, start = given
        if start.type == "keyword_argument":
            name, value = start.get("name"), start.get("value")
            if name is None or name.text != "start" or value is None:
                return
            start = value
    elif origin(node) == "functools.reduce" and len(given) == 3 and plain_arguments(node) and _adds(given[0]):
        _, lists, start = given
    else:
        return
    if start.text not in {"[]", "()", "list()", "tuple()"} or "splat" in lists.type or lists.type == "keyword_argument":
        return
    text = changed(node.code, [replace(node, _flat(function, lists, as_tuple=start.text in {"()", "tuple()"}))])
    message = "Each step copies all that was added before; going through the items once copies each of them once."
    yield speedup(function, FLATTEN, node, message, "Flatten in one pass", text, loop_of(node))


def _flat(function: Function, lists: Node, *, as_tuple: bool) -> str:
    code, inner = lists.code, bare(lists)
    item = fresh(function.node, "item")
    if (
        inner is not None
        and inner.type in {"list_comprehension", "generator_expression"}
        and inner.get("body") is not None
    ):
        body = inner.get("body")
        assert body is not None  # noqa: S101 - asked just before
        clauses = code.text[body.end : inner.end - 1].strip()
        made = f"{item} {clauses} for {item} in {body.text}"
    else:
        part = fresh(function.node, "part")
        made = f"{item} for {part} in {lists.text} for {item} in {part}"
    return f"tuple({made})" if as_tuple else f"[{made}]"


def _adds(function: Node) -> bool:
    if origin(function) in {"operator.add", "operator.concat"}:
        return True
    return "".join(function.text.split()) in {"lambdaa,b:a+b", "lambdax,y:x+y", "lambdaacc,x:acc+x"}
