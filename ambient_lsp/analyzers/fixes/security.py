"""Fixes for the security rules: which change belongs to which rule, and the file with the change made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import RemoveImportsVisitor

from ambient_lsp.analyzers import ruff
from ambient_lsp.analyzers.fixes import (
    arguments,
    calls,
    contexts,
    files,
    guards,
    markup,
    paths,
    secret,
    shell,
    sql,
    texts,
    tokens,
    visitors,
)
from ambient_lsp.analyzers.fixes.imports import with_imports
from ambient_lsp.analyzers.fixes.quotes import in_quotes_of
from ambient_lsp.analyzers.fixes.site import Change, Replacement, Site, Source
from ambient_lsp.analyzers.patterns import engine as patterns
from ambient_lsp.analyzers.ruff_settings import read_settings
from ambient_lsp.analyzers.vocabulary import around

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.model import RiskLevel, Span

_OF_CALLS: Mapping[str, Callable[[Site], Change | None]] = {
    "AMB-SEC-WEAK-HASH": calls.weak_hash,
    "AMB-SEC-YAML-LOAD": calls.yaml_load,
    "AMB-SEC-SHELL": shell.no_shell,
    "AMB-SEC-WEAK-RANDOM": calls.weak_random,
    "AMB-SEC-MKTEMP": files.mktemp,
    "AMB-SEC-EVAL": calls.evaluate,
    "AMB-SEC-TLS-CONTEXT": calls.tls_context,
}
_OF_PLACES: Mapping[str, Callable[[Source, Span], Change | None]] = {
    "AMB-SEC-NOSQL": visitors.compared,
    "AMB-SEC-REDIRECT": visitors.stays_here,
    "AMB-SEC-SQL": sql.parameters,
    "AMB-SEC-RAW-SQL": sql.parameters,
    "AMB-SEC-MARKUP": markup.formatted,
    "AMB-SEC-XSS": markup.escaped,
    "AMB-SEC-PATH": paths.inside,
    "AMB-SEC-LDAP": texts.ldap_filter,
    "AMB-SEC-XPATH": texts.xpath_variables,
    "AMB-SEC-TEMPLATE": texts.template_values,
    "AMB-SEC-LOG": texts.logged,
    "AMB-SEC-SECRET": secret.from_environment,
    "AMB-SEC-HARDCODED-KEY": secret.from_environment,
    "AMB-SEC-JWT-VERIFY": tokens.verified,
    "AMB-SEC-JWT-NONE": tokens.signed,
    "AMB-SEC-TIMING": tokens.constant_time,
    "AMB-SEC-STRING-IS": tokens.equal,
    "AMB-SEC-ASSERT-GUARD": guards.guarded,
    "AMB-SEC-UUID-SECRET": tokens.random_uuid,
    "AMB-SEC-SSH-HOST-KEY": tokens.known_hosts,
    "AMB-SEC-NO-TLS-VERIFY": partial(contexts.checked, "AMB-SEC-NO-TLS-VERIFY"),
    "AMB-SEC-TLS-HOSTNAME": partial(contexts.checked, "AMB-SEC-TLS-HOSTNAME"),
}
_GROUPED_FROM = 3
_SHORT = 88
"""No formatter would break a line that is no longer than this."""
_Item = tuple[int, "RawFinding", "Change"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A new text of the file. `indexes` say which of the findings that were given it fixes."""

    text: str
    title: str
    reason: str
    risk: RiskLevel
    indexes: tuple[int, ...]


_ADDED = frozenset(f"AMB-SEC-{one}" for one in ("NO-TIMEOUT", "COOKIE-SECURE", "COOKIE-HTTPONLY", "AUTOESCAPE"))


def fix(text: str, path: str, root: str, raws: list[RawFinding]) -> list[Fixed]:
    """Return a new text for each finding that can be fixed; alike findings, when there are many, share one.

    Text that libcst cannot read gets none.
    """
    try:
        source = Source(text)
    except (cst.ParserSyntaxError, RecursionError):
        return []
    changes = [(index, raw, change) for index, raw in enumerate(raws) if (change := _change(source, text, raw))]
    changes = [item for item in changes if not any(_is_taken(source, *wanted) for wanted in item[2].imports)]
    imports = any(change.imports for _, _, change in changes)
    sorted_before = imports and _sorted_imports(text, path, root) == text
    result = []
    for group in _groups(changes):
        new_text = _apply(source, [change for _, _, change in group])
        if new_text is not None and sorted_before and any(change.imports for _, _, change in group):
            new_text = _sorted_imports(new_text, path, root)
        if new_text is not None:
            new_text = _laid_out(text, new_text, path, root)
        if new_text is not None and new_text != text and _helps(text, new_text, path, group):
            result.append(_fixed(new_text, group))
    return result


def _is_taken(source: Source, module: str, name: str) -> bool:
    """Whether the name that an import would bind is something else in this file already."""
    bound = name or module.partition(".")[0]
    meant = f"{module}.{name}" if name else bound
    return bound in source.bound or source.imported.get(bound, meant) != meant


def _laid_out(text: str, new_text: str, path: str, root: str) -> str:
    """Return the new text as the formatter has it, where it has the old one so and the fix made a line long."""
    old = set(text.splitlines())
    if all(len(line) <= _SHORT for line in new_text.splitlines() if line not in old):
        return new_text
    if not _has_formatter(path, root) or ruff.formatted(text, path, root) != text:
        return new_text
    return ruff.formatted(new_text, path, root) or new_text


def _has_formatter(path: str, root: str) -> bool:
    """Whether the project says how long its lines are, or who lays them out."""
    project = Path(root, "pyproject.toml")
    told = "[tool.ruff" in project.read_text("utf-8", "replace") if project.is_file() else False
    named = any(Path(root, name).is_file() for name in ("ruff.toml", ".ruff.toml"))
    return told or named or bool(read_settings(root, path).formatter)


def _helps(text: str, new_text: str, path: str, group: list[_Item]) -> bool:
    """Whether a call that lacks an argument is told no more: some libraries have another name for it."""
    wanted = {raw.rule for _, raw, _ in group} & _ADDED
    if not wanted:
        return True
    before, after = (Counter(raw.rule for raw in patterns.find(each, path)) for each in (text, new_text))
    return all(after[rule] < before[rule] or not before[rule] for rule in wanted)


def _fixed(text: str, group: list[_Item]) -> Fixed:
    first = group[0][2]
    risk = max((change.risk for _, _, change in group), key=lambda level: level.rank)
    places = len({frozenset(map(id, change.nodes)) for _, _, change in group})
    title = first.title if places == 1 else f"{first.title} ({places} places)"
    return Fixed(text, title, first.reason, risk, tuple(index for index, _, _ in group))


def _change(source: Source, text: str, raw: RawFinding) -> Change | None:
    if "elsewhere" in raw.data:
        return None  # the value that is weak stands in another place, and may be others' too
    at_place = _OF_PLACES.get(raw.rule)
    if at_place is not None:
        return at_place(source, raw.span)
    make = _OF_CALLS.get(raw.rule)
    if make is None:
        return arguments.changed(raw.rule, source, raw.span, around(text, raw.span))
    call = source.around(raw.span, cst.Call)
    if not isinstance(call, cst.Call):
        return None
    return make(Site(source, call, around(text, raw.span)))


def _groups(changes: list[_Item]) -> Iterator[list[_Item]]:
    """Put alike changes together when there are many of them, so that a person decides once.

    Findings with the same name go together always: with one of them fixed, the next would take over its id.
    """
    same_change: dict[object, list[_Item]] = {}
    for item in changes:
        same_change.setdefault((item[2].title, frozenset(map(id, item[2].nodes))), []).append(item)
    alike: dict[tuple[str, str], list[list[_Item]]] = {}
    for items in same_change.values():
        alike.setdefault((items[0][1].rule, items[0][2].title), []).append(items)
    for group in alike.values():
        if len(group) >= _GROUPED_FROM:
            yield [item for items in group for item in items]
            continue
        same: dict[str, list[_Item]] = {}
        for items in group:
            same.setdefault(" ".join(items[0][1].code.split()) or str(items[0][0]), []).extend(items)
        yield from same.values()


class _Replace(cst.CSTTransformer):
    def __init__(self, nodes: Mapping[cst.CSTNode, Replacement]) -> None:
        super().__init__()
        self._nodes = nodes

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> object:  # type: ignore[override]
        return self._nodes.get(original_node, updated_node)


def _apply(source: Source, changes: list[Change]) -> str | None:
    """Return the file with all of `changes` made; None where one lies inside another."""
    nodes: dict[cst.CSTNode, Replacement] = {}
    for change in changes:
        nodes.update({node: in_quotes_of(source, node, new) for node, new in change.nodes.items()})
    if any(_inside_another(source, node, nodes) for node in nodes):
        return None
    tree = source.module.visit(_Replace(nodes))
    context = CodemodContext()
    tree = with_imports(tree, [item for change in changes for item in change.imports])
    for module, name in dict.fromkeys(item for change in changes for item in change.unused):
        RemoveImportsVisitor.remove_unused_import(context, module, name or None)
    if any(change.unused for change in changes):
        tree = RemoveImportsVisitor(context).transform_module(tree)
    # Where the first import is gone, the blank line below it stays behind.
    begins_blank = source.module.code[:1] in "\r\n"
    return tree.code if begins_blank else tree.code.lstrip("\r\n")


def _inside_another(source: Source, node: cst.CSTNode, nodes: Mapping[cst.CSTNode, Replacement]) -> bool:
    above = source.parents.get(node)
    while above is not None and above not in nodes:
        above = source.parents.get(above)
    return above is not None


def _sorted_imports(text: str, path: str, root: str) -> str:
    return ruff.fixed(text, path, root, ruff.Selection(select=("I001",)))
