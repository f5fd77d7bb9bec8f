"""All patterns of all areas looked for in one text, in one walk over its calls and assignments."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, enclosing_symbol, is_test_path
from ambient_lsp.analyzers.patterns import worked_out
from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.match import Call, Hit
from ambient_lsp.analyzers.patterns.module import Module, code
from ambient_lsp.analyzers.patterns.tables import AREAS
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.match import AttributePattern, CallPattern, Setting
    from ambient_lsp.analyzers.rule import Level

SEVERITY: dict[Level, Severity] = {
    "low": Severity.HINT,
    "medium": Severity.INFORMATION,
    "high": Severity.WARNING,
    "critical": Severity.ERROR,
}
_SETTINGS_FILE = re.compile(r"(^|/)(settings|config|conf)(/|[\w.-]*\.py$)")
_DJANGO = frozenset({"INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "ALLOWED_HOSTS", "WSGI_APPLICATION"})
_FOR_DEVELOPERS = re.compile(r"(?i)(^|[/_.-])(dev|develop|development|local|test|tests|testing|debug|example|sample)")
_CONFIG_CLASS = re.compile(r"(?i)conf|settings")
_MOST_CHARACTERS = 2_000_000


def find(text: str, path: str, modules: Mapping[str, tuple[str, str]] | None = None) -> list[RawFinding]:
    """Return every weakness that a pattern shows. Code in tests does such things on purpose, and has none.

    `modules` maps dotted names of modules that the text imports to their path and text.
    """
    if is_test_path(path) or len(text) > _MOST_CHARACTERS:
        return []
    module = Module(text, path)
    seen = set()
    found = []
    for hit in _hits(module):
        key = (hit.rule.id, hit.node.start_byte, hit.node.end_byte)
        if key not in seen:
            seen.add(key)
            found.append(_finding(module, hit))
    told = {(raw.rule, raw.span.start_line) for raw in found}
    for hit in worked_out.hits(module, modules):
        raw = _finding(module, hit)
        if (raw.rule, raw.span.start_line) not in told:
            told.add((raw.rule, raw.span.start_line))
            found.append(replace(raw, data={**raw.data, "elsewhere": "yes"}))  # what is to change does not stand here
    return found


def _hits(module: Module) -> Iterator[Hit]:
    calls, attributes, settings = _tables()
    for node in module.nodes("call"):
        function = node.child_by_field_name("function")
        last = function.child_by_field_name("attribute") if function is not None else None
        name = code(last if last is not None else function)
        if name == "__init__":  # `super().__init__(...)` makes what the base makes
            name = module.name(function).rpartition(".")[2]
        patterns = calls.get(name if last is not None else module.imports.get(name, name).rpartition(".")[2])
        if not patterns:
            continue
        call = Call(module, node, module.name(function))
        for pattern in patterns:
            known = call.name in pattern.names or (last is not None and f"*.{name}" in pattern.names)
            if known and (marked := pattern.when(call)) is not None:
                yield Hit(pattern.rule, marked, pattern.detail, pattern.level)
    for node in module.nodes("assignment"):
        yield from _attribute(module, node, attributes)
    for name, value, among_others in _assigned_settings(module):
        for setting in settings.get(name, ()):
            if (among_others or not setting.common) and setting.bad(module, value):
                yield Hit(setting.rule, value, setting.detail, setting.level)
    for area in AREAS:
        for finder in area.finders:
            yield from finder(module)


def _attribute(module: Module, node: Node, table: dict[str, list[AttributePattern]]) -> Iterator[Hit]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "attribute":
        return
    for pattern in table.get(code(left.child_by_field_name("attribute")), ()):
        owner = module.name(left.child_by_field_name("object"))
        if (not pattern.owners or owner in pattern.owners) and pattern.bad(module, right):
            yield Hit(pattern.rule, right, pattern.detail, pattern.level)


def _assigned_settings(module: Module) -> Iterator[tuple[str, Node, bool]]:
    """Yield each setting: its name, its value, and whether it surely stands among other settings."""
    if _FOR_DEVELOPERS.search(module.path.rpartition(".")[0]):
        return
    assignments = module.nodes("assignment")
    top = {code(node.child_by_field_name("left")) for node in assignments if module.scope(node) is None}
    is_settings = bool(top & _DJANGO) or _SETTINGS_FILE.search(module.path) is not None
    for node in assignments:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            continue
        if left.type == "identifier":
            scope = module.scope(node)
            if scope is None:
                yield code(left), right, is_settings
            elif scope.type == "class_definition":
                name = code(scope.child_by_field_name("name"))
                if not re.search(r"(?i)dev|test|debug|local", name):
                    given = re.search(rf"from_object\(\s*['\"]?[\w.]*\b{re.escape(name)}\b", module.text) is not None
                    yield code(left), right, given or _CONFIG_CLASS.search(name) is not None
        elif left.type == "subscript" and code(left.child_by_field_name("value")).endswith("config"):
            key = module.value(left.child_by_field_name("subscript"))
            if isinstance(key, str):
                yield key, right, True
    for node in module.nodes("call"):
        function = code(node.child_by_field_name("function"))
        if function.endswith(("config.update", "config.from_mapping")):
            call = Call(module, node, function)
            yield from ((name, value, True) for name, value in call.keywords.items())
            table = module.origin(call.positional[0]) if call.positional else None
            for pair in table.named_children if table is not None else ():
                key = module.value(pair.child_by_field_name("key"))
                value = pair.child_by_field_name("value")
                if key is not UNKNOWN and value is not None:
                    yield str(key), value, True


def _finding(module: Module, hit: Hit) -> RawFinding:
    span = module.span(hit.node)
    level = hit.level or hit.rule.level
    message = f"{hit.rule.title}: {hit.detail}." if hit.detail else f"{hit.rule.title}."
    return RawFinding(
        rule=hit.rule.id,
        span=span,
        message=message,
        severity=SEVERITY[level],
        tags=(*hit.rule.tags, f"level-{level}"),
        data={"level": level, "code": ""},
        code=f"{enclosing_symbol(module.text, span)}: {code(hit.node)[:200]} of {_subject(hit.node)}",
    )


def _subject(node: Node | None) -> str:
    """Return the first argument of the call that a node belongs to.

    Not the whole call: fixing one weakness of a call must not rename the others.
    """
    while node is not None and node.type != "call" and not node.type.endswith("_statement"):
        node = node.parent
    arguments = node.child_by_field_name("arguments") if node is not None and node.type == "call" else None
    first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    return code(first)[:200] if first is not None and first.type != "keyword_argument" else ""


_Tables = tuple[dict[str, list["CallPattern"]], dict[str, list["AttributePattern"]], dict[str, list["Setting"]]]


@cache
def _tables() -> _Tables:
    """Return all patterns by the last part of what they are about, so that most code is passed over at once."""
    calls: dict[str, list[CallPattern]] = defaultdict(list)
    attributes: dict[str, list[AttributePattern]] = defaultdict(list)
    settings: dict[str, list[Setting]] = defaultdict(list)
    for area in AREAS:
        for pattern in area.calls:
            for last in {name.rpartition(".")[2] for name in pattern.names}:
                calls[last].append(pattern)
        for attribute in area.attributes:
            attributes[attribute.attribute].append(attribute)
        for setting in area.settings:
            for name in setting.names:
                settings[name].append(setting)
    return calls, attributes, settings
