"""Queries in loops: one for each row, where one or two could fetch all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import arguments, bare, called, dotted, method, origin
from ambient_lsp.analyzers.speed.edits import Edit, changed, imported
from ambient_lsp.analyzers.speed.names import bindings
from ambient_lsp.analyzers.speed.regions import loop_of
from ambient_lsp.analyzers.speed.speedup import QUERY, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.relations import Relation
    from ambient_lsp.analyzers.speed.speedup import Speedup

_ASKING = frozenset({"get", "filter", "first", "exclude", "count", "exists", "get_or_create", "update_or_create"})
_PLAIN = frozenset({"all", "filter", "exclude", "order_by", "distinct", "reverse", "using", "filter_by",
                    "where", "limit", "offset", "join", "query", "scalars", "execute", "unique", "select",
                    "active", "select_from"})  # fmt: skip
_FETCHED = frozenset({"select_related", "prefetch_related", "values", "values_list", "only", "defer",
                      "iterator", "raw", "options", "union", "annotate", "aggregate", "dates", "in_bulk",
                      "with_only_columns"})  # fmt: skip


def asked(function: Function, node: Node) -> Iterator[Speedup]:
    """`Model.objects.get(...)` and `session.get(Model, ...)` in a loop."""
    loop = loop_of(node)
    if loop is None:
        return
    name = called(node)
    if ".objects." in name and name.rpartition(".")[2] in _ASKING and arguments(node):
        message = f"`{name}` asks the database once for each turn of this loop; one query could fetch them all."
        yield speedup(function, QUERY, node, message, loop=loop)
        return
    held = dotted(node.get("function"))
    if held.endswith("session.get") and len(arguments(node)) >= 2 and "sqlalchemy" in node.code.text:
        message = f"`{held}` asks the database once for each turn of this loop; one query could fetch them all."
        yield speedup(function, QUERY, node, message, loop=loop)


def lazy(function: Function, node: Node, known: Sequence[Relation]) -> Iterator[Speedup]:
    """A loop over rows of a model whose every turn loads what a row leads to."""
    target, source = node.get("left"), bare(node.get("right"))
    if target is None or source is None or target.type != "identifier":
        return
    chain = _chain(function, source)
    query = _query(chain)
    if chain is None or query is None:
        return
    kind, model, root = query
    region = node if node.type == "for_statement" else node.parent
    if region is None:
        return
    mine = {one.name: one for one in known if one.model == model and one.kind == kind}
    seen: set[str] = set()
    for use in node.code.uses_in(target.text, region):
        above = use.parent
        name = above.get("attribute") if above is not None and above.type == "attribute" else None
        relation = mine.get(name.text) if name is not None else None
        if above is None or relation is None or relation.name in seen or not _loads(above, relation):
            continue
        seen.add(relation.name)
        text = _fetched(node, kind, model, root, relation)
        message = f"Each turn asks the database for `{use.text}.{relation.name}` of one `{model}`"
        message += f" (a relation to `{relation.target}`)" if relation.target else ""
        message += "; one or two queries could fetch all of them."
        yield speedup(
            function, QUERY, above, message, f"Fetch `{relation.name}` with the rows", text,
            node, measure="queries",
        )  # fmt: skip


def _loads(access: Node, relation: Relation) -> bool:
    """Return whether an access to a relation asks the database; a manager's `filter` asks anew even when prefetched."""
    above = access.parent
    if above is None or (access.field == "left" and above.type in {"assignment", "augmented_assignment"}):
        return False
    if relation.kind == "sqlalchemy" or not relation.many:
        return True
    name = above.get("attribute") if above.type == "attribute" else None
    return name is not None and name.text in {"all", "count"}


def _chain(function: Function, source: Node) -> Node | None:
    """Return the expression that makes the rows: in the loop's head, or in the one assignment of its variable."""
    if source.type != "identifier":
        return source
    found = bindings(function).get(source.text, ())
    if len(found) != 1 or found[0].how != "assign" or found[0].path:
        return None
    return bare(found[0].value)


def _query(chain: Node | None) -> tuple[str, str, Node] | None:
    """Return (kind, model, the node behind which loading is asked for) of a chain of calls on a model."""
    node = chain
    while node is not None:
        if node.type == "subscript":
            node = node.get("value")
            continue
        if node.type == "attribute":
            name = node.get("attribute")
            if name is not None and name.text == "objects":
                model = node.get("object")
                return ("django", model.text.rpartition(".")[2], node) if model is not None else None
            return None
        if node.type != "call":
            return None
        if origin(node) == "sqlalchemy.select" or origin(node).startswith("sqlalchemy.future.select"):
            return _of_model(node)
        found = method(node)
        if found is None or found[1] in _FETCHED or found[1] not in _PLAIN:
            return None
        if found[1] == "query" and dotted(found[0]).rpartition(".")[2] in {"session", "db_session", "db", "s"}:
            return _of_model(node)
        given = arguments(node)
        if found[1] in {"scalars", "execute"} and len(given) >= 1:
            node = bare(given[0])
            continue
        node = found[0]
    return None


def _of_model(call: Node) -> tuple[str, str, Node] | None:
    given = arguments(call)
    single = len(given) == 1 and given[0].type in {"identifier", "attribute"} and given[0].text[:1].isupper()
    return ("sqlalchemy", given[0].text, call) if single else None


def _fetched(node: Node, kind: str, model: str, root: Node, relation: Relation) -> str:
    """Return the text with the relation loaded together with the rows."""
    code = node.code
    if kind == "django":
        call = f'.{"prefetch_related" if relation.many else "select_related"}("{relation.name}")'
        place = root.parent
        first = place.get("attribute") if place is not None and place.type == "attribute" else None
        outer = place.parent if place is not None else None
        if first is not None and first.text == "all" and outer is not None and outer.type == "call":
            return changed(code, [Edit(root.end, outer.end, call)])
        return changed(code, [Edit(root.end, root.end, call)])
    name = "selectinload" if relation.many else "joinedload"
    edits, loader = imported(code, "sqlalchemy.orm", name)
    if not loader:
        return ""
    return changed(code, [*edits, Edit(root.end, root.end, f".options({loader}({model}.{relation.name}))")])


def has_queries(text: str) -> bool:
    """Return whether a text could ask for rows of models."""
    return ".objects" in text or "sqlalchemy" in text or ".query(" in text
