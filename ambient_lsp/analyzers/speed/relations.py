"""Which attributes of a model lead to other rows: Django's foreign keys, and the relationships of SQLAlchemy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import arguments, called, expression_of, read, statements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ambient_lsp.analyzers.speed.code import Node

_DJANGO = {"ForeignKey": False, "OneToOneField": False, "ManyToManyField": True}
_LIST = re.compile(r"\b(list|List|set|Set|Sequence)\[|DynamicMapped|WriteOnlyMapped")


@dataclass(frozen=True, slots=True)
class Relation:
    """`model.name` leads to one row of `target`, or to `many`; `kind` is "django" or "sqlalchemy"."""

    model: str
    name: str
    target: str
    many: bool
    kind: str


def relations(texts: Iterable[str]) -> list[Relation]:
    """Return the relations that the models of these texts have. What two models of one name disagree on is left out."""
    found = [one for text in texts for one in _in(text)]
    by_name: dict[tuple[str, str], set[Relation]] = {}
    for one in found:
        by_name.setdefault((one.model, one.name), set()).add(one)
    return sorted((ones.pop() for ones in by_name.values() if len(ones) == 1), key=lambda one: (one.model, one.name))


def mentions_models(text: str) -> bool:
    """Return whether a text could define models."""
    return "relationship(" in text or any(f"{name}(" in text for name in _DJANGO)


def _in(text: str) -> list[Relation]:
    if not mentions_models(text):
        return []
    found = []
    for cls, node in read(text).classes.items():
        for statement in statements(node.get("body")):
            made = expression_of(statement)
            name = made.get("left") if made is not None and made.type == "assignment" else None
            value = made.get("right") if made is not None else None
            if made is None or name is None or value is None or value.type != "call":
                continue
            last = called(value).rpartition(".")[2]
            if last in _DJANGO:
                found += _django(cls, name.text, value, many=_DJANGO[last])
            elif last == "relationship":
                found += _sqlalchemy(cls, name.text, value, made.get("type"))
    return found


def _django(cls: str, name: str, value: Node, *, many: bool) -> list[Relation]:
    target = _name_in(next((one for one in arguments(value) if one.type != "keyword_argument"), None)) or _given(
        value, "to"
    )
    target = cls if target == "self" else target.rpartition(".")[2]
    found = [Relation(cls, name, target, many, "django")]
    back = _given(value, "related_name") or ("" if not target else f"{cls.lower()}_set")
    single = called(value).endswith("OneToOneField")
    if target and back and "%" not in back and not back.endswith("+"):
        found.append(
            Relation(
                target, back if not single or _given(value, "related_name") else cls.lower(), cls, not single, "django"
            )
        )
    return found


def _sqlalchemy(cls: str, name: str, value: Node, annotation: Node | None) -> list[Relation]:
    if _given(value, "lazy") not in {"", "select"}:
        return []
    target = _name_in(next((one for one in arguments(value) if one.type != "keyword_argument"), None))
    many = annotation is None or _LIST.search(annotation.text) is not None
    return [Relation(cls, name, target, many, "sqlalchemy")]


def _given(call: Node, keyword: str) -> str:
    for one in arguments(call):
        name, value = one.get("name"), one.get("value")
        if one.type == "keyword_argument" and name is not None and name.text == keyword:
            return _name_in(value)
    return ""


def _name_in(node: Node | None) -> str:
    if node is None:
        return ""
    if node.type == "string":
        return node.text.strip("\"'")
    return node.text if node.type in {"identifier", "attribute"} else ""
