"""Imports that are made twice, that take everything, or that are written unlike all others in the file.

Each is only told of where it can be put right for sure; unused and unsorted imports are ruff's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.styling.outline import outline as outline_of
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

    from ambient_lsp.analyzers.styling.outline import Outline

DUPLICATE = "AMB-STYLE-DUPLICATE-IMPORT"
STAR = "AMB-STYLE-STAR-IMPORT"
MIXED = "AMB-STYLE-MIXED-IMPORTS"

_ENOUGH = 3
_MOST_NAMES = 12
_TAGS = ("style", "imports")
_DYNAMIC = re.compile(r"\b(?:globals|locals|vars|exec|eval)\s*\(|\bsys\.modules\[__name__\]")
_LITERAL_ALL = re.compile(r"^__all__\s*(?::[^=\n]*)?=\s*[\[(]([^\])]*)[\])]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a module offers to `import *`; `imported` are those that it imports itself: (module, name, bound to)."""

    names: frozenset[str]
    imported: frozenset[tuple[str, str, str]] = frozenset()


def offered(text: str, module: str = "", *, is_package: bool = False) -> Offer | None:
    """Return the names that `from module import *` brings; None where that cannot be told."""
    found = outline_of(text)
    if found.broken or _finds_names(found) or any("*" in found.code(node) for node in found.imports):
        return None
    imported = _origins(found, module, is_package=is_package)
    if "__all__" in text:
        listed = _LITERAL_ALL.findall(text)
        if len(listed) != 1 or text.count("__all__") != 1:
            return None
        names = re.findall(r"['\"](\w+)['\"]", listed[0])
        rest = re.sub(r"['\"]\w+['\"]|[\s,]|#[^\n]*", "", listed[0])
        return None if rest else Offer(frozenset(names), imported)
    names = [one.name for one in found.definitions if one.parent is None]
    for node in found.targets:
        if found.innermost(found.offset(node.start_byte)) is None:
            names.append(found.code(node))
    for node in found.imports:
        names += _bound_by(found, node)
    return Offer(frozenset(name for name in names if not name.startswith("_")), imported)


def duplicates(outline: Outline) -> list[RawFinding]:
    """Return the imports at the top of a module that an earlier one there has already made."""
    seen: set[tuple[str, str, str]] = set()
    found: list[RawFinding] = []
    sources: dict[str, set[tuple[str, str, str]]] = {}
    at_the_top = {node.start_byte for node in outline.root.children}
    top = [node for node in outline.imports if node.start_byte in at_the_top]
    for node in outline.imports:
        for _, part in _parts(outline, node):
            sources.setdefault(part[2], set()).add(part)
    assigned = {outline.code(node) for node in outline.targets} | {one.name for one in outline.definitions}
    deleted = {name for line in re.findall(r"\bdel\b[^\n]*", outline.text) for name in re.findall(r"\w+", line)}
    if len(top) != len(outline.imports) and _DYNAMIC.search(outline.text):
        return []
    for node in top:
        parts = list(_parts(outline, node))
        again = [part for part in parts if part[1] in seen]
        seen |= {part[1] for part in parts}
        if not again or any(bound in assigned or len(sources[bound]) > 1 for _, (_, _, bound) in again):
            continue  # something else may have had the name in between
        if any(bound in deleted for _, (_, _, bound) in again):
            continue
        if len(again) != len(parts):
            continue  # the line holds more than the repetition
        start, end = outline.span(node)
        line = outline.lines.position(start)[0]
        whole = outline.lines.start(line), outline.lines.start(outline.lines.position(end)[0] + 1)
        if outline.text[whole[0] : whole[1]].strip() != outline.text[start:end].strip():
            continue
        names = sorted({bound for _, (_, _, bound) in again})
        found.append(
            RawFinding(
                DUPLICATE,
                outline.lines.span(start, end),
                f"`{'`, `'.join(names)}` {'is' if len(names) == 1 else 'are'} imported above already.",
                Severity.HINT,
                tags=(*_TAGS, "unnecessary"),
                data={"code": DUPLICATE, "edits": [(*whole, "")], "names": names},
                code=f"again {outline.text[start:end]}",
            )
        )
    return found


def star(
    outline: Outline,
    offers: Mapping[str, Offer],
    unbound: frozenset[str],
    importers: str = "",
    path: str = "",
    module: str = "",
    width: int = 88,
) -> list[RawFinding]:
    """Return the one `from module import *` of a file whose names are certain.

    `offers` are by module as written; `unbound` are the names that nothing else in the file binds; `importers` is the
    code of files that import this one, at `path` and with the dotted name `module`.
    """
    stars = [node for node in outline.imports if re.search(r"\bimport\s*\*", outline.code(node))]
    if len(stars) != 1 or _finds_names(outline) or "__all__" in outline.text:
        return []
    node = stars[0]
    source = outline.code(node.child_by_field_name("module_name"))
    offer = offers.get(source)
    used = sorted(unbound)
    if offer is None or not used or len(used) > _MOST_NAMES or not unbound <= offer.names:
        return []
    # What both import from one place is the same thing, whoever comes last.
    is_package = path.endswith("__init__.py")
    both = _origins(outline, module, is_package=is_package) & offer.imported
    whole = absolute(source, module, is_package=is_package)
    both |= {part for part in _origins(outline, module, is_package=is_package) if part == (whole, part[2], part[2])}
    if (_unsure(outline, node) - {bound for _, _, bound in both}) & offer.names:
        return []
    if any(imported_from(path, name, importers) for name in offer.names - unbound):
        return []
    start, end = outline.span(node)
    line = f"from {source} import {', '.join(used)}"
    if len(line) > width:
        line = f"from {source} import (\n" + "".join(f"    {name},\n" for name in used) + ")"
    return [
        RawFinding(
            STAR,
            outline.lines.span(start, end),
            f"`import *` hides where names come from; this file uses {len(used)} of `{source}`.",
            Severity.HINT,
            tags=_TAGS,
            data={"code": STAR, "edits": [(start, end, line)]},
        )
    ]


def absolute(source: str, module: str, *, is_package: bool) -> str:
    """Return the full name of a module that may be written relative to another; as it is where that is not known."""
    name = source.lstrip(".")
    dots = len(source) - len(name)
    if not dots or not module:
        return source
    package = module.split(".") if is_package else module.split(".")[:-1]
    base = package[: len(package) - (dots - 1)]
    return ".".join((*base, name)) if name else ".".join(base)


def _origins(outline: Outline, module: str, *, is_package: bool) -> frozenset[tuple[str, str, str]]:
    """Return (module, name, bound to) of all that a file imports from modules whose full name is known."""
    parts = (part for node in outline.imports for _, part in _parts(outline, node))
    found = ((absolute(source, module, is_package=is_package), name, bound) for source, name, bound in parts)
    return frozenset(part for part in found if not part[0].startswith("."))


def _unsure(outline: Outline, star: Node) -> set[str]:
    """Return the names that the star may take over: those of the module that are bound above it, or only sometimes.

    What the module surely binds below the star is the module's, whatever the star brought.
    """
    names: set[str] = set()
    for node, bound in _bindings(outline):
        above = node.start_byte < star.start_byte
        top = node
        while top.parent is not None and top.parent.type in ("expression_statement", "decorated_definition"):
            top = top.parent
        if above or top.parent is None or top.parent.type != "module":
            names |= bound
    return names


def _bindings(outline: Outline) -> Iterator[tuple[Node, set[str]]]:
    """Yield what binds names outside of functions and classes: imports, definitions, assignments."""
    for node in outline.imports:
        if outline.innermost(outline.offset(node.start_byte)) is None:
            yield node, set(_bound_by(outline, node))
    for one in outline.definitions:
        if one.parent is None:
            yield one.node, {one.name}
    for target in outline.targets:
        if outline.innermost(outline.offset(target.start_byte)) is None:
            yield target.parent or target, {outline.code(target)}


def _finds_names(outline: Outline) -> bool:
    """Whether code, comments and docstrings left out, looks names up at run time, or makes some."""
    return _DYNAMIC.search(_without_strings(outline)) is not None


def star_modules(outline: Outline) -> list[str]:
    """Return the modules, as written, that a file takes everything from."""
    stars = [node for node in outline.imports if re.search(r"\bimport\s*\*", outline.code(node))]
    return [outline.code(node.child_by_field_name("module_name")) for node in stars]


def mixed(outline: Outline, module: str, *, is_package: bool) -> list[RawFinding]:
    """Return the one import of the file's own package that is absolute where the others are relative, or vice versa.

    `module` is the file's dotted name; nothing is told where it is not known. All imports from below the top package
    count: a file that has `top.forms` beside `..types` takes both ways, whatever its own folder is called.
    """
    package = module if is_package else module.rpartition(".")[0]
    top = package.partition(".")[0]
    if not package:
        return []
    relative: list[tuple[Node, str]] = []
    absolute: list[tuple[Node, str]] = []
    elsewhere = 0
    for node in outline.imports:
        if node.type != "import_from_statement":
            continue
        source = outline.code(node.child_by_field_name("module_name"))
        if source.startswith("."):
            relative.append((node, source))
        elif source.startswith(f"{package}."):
            absolute.append((node, source))
        elif source == top or source.startswith(f"{top}."):
            elsewhere += 1
    if len(relative) >= _ENOUGH and len(absolute) == 1 and not elsewhere:
        node, source = absolute[0]
        return [_unlike(outline, node, source, source.removeprefix(package), "relative")]
    if len(absolute) >= _ENOUGH and len(relative) == 1 and re.fullmatch(r"\.\w[\w.]*", relative[0][1]):
        node, source = relative[0]
        return [_unlike(outline, node, source, f"{package}{source}", "absolute")]
    return []


def _unlike(outline: Outline, node: Node, source: str, better: str, kind: str) -> RawFinding:
    place = node.child_by_field_name("module_name") or node
    start, end = outline.span(place)
    return RawFinding(
        MIXED,
        outline.lines.span(start, end),
        f"The other imports of this package are {kind} here; `{source}` would be `{better}`.",
        Severity.HINT,
        tags=_TAGS,
        # An unused import from there is told under its source, and would be told anew.
        data={"code": MIXED, "edits": [(start, end, better)], "source": source},
        code=f"import from {source}",
    )


def _parts(outline: Outline, node: Node) -> Iterator[tuple[Node, tuple[str, str, str]]]:
    """Yield each name of an import with (module, name, what it is bound to)."""
    source = outline.code(node.child_by_field_name("module_name"))
    if node.type == "import_from_statement" and "*" in outline.code(node):
        return
    for child in node.children_by_field_name("name"):
        alias = child.child_by_field_name("alias")
        name = outline.code(child.child_by_field_name("name") if alias is not None else child)
        bound = outline.code(alias) if alias is not None else name if source else name.split(".")[0]
        yield child, (source, name, bound)


def _bound_by(outline: Outline, node: Node) -> list[str]:
    return [bound for _, (_, _, bound) in _parts(outline, node)]


def _without_strings(outline: Outline) -> str:
    """Return the code without comments and docstrings; words of other strings count as used."""
    comments = [(one.start, one.end) for one in outline.comments]
    pieces = sorted([*comments, *((one.start, one.end) for one in outline.docstrings)])
    parts, position = [], 0
    for start, end in pieces:
        parts.append(outline.text[position:start])
        position = max(position, end)
    return "".join((*parts, outline.text[position:]))


def imported_from(path: str, name: str, code: str, *, listed: bool = False) -> bool:
    """Whether `code` takes `name` from the module at `path`, or may take it.

    `listed` tells that the module says what `import *` takes (`__all__`), and that `name` is not among that.
    """
    module, name = re.escape(module_name(path)), re.escape(name)
    everything = "" if listed else r"|\*"
    imported = rf"from\s+[\w.]*\b{module}\s+import\s*(\([^)]*\b{name}\b|[^\n(]*\b{name}\b{everything})"
    named = "|".join((module, *(re.escape(alias) for alias in re.findall(rf"\b{module}\s+as\s+(\w+)", code))))
    return re.search(rf"{imported}|\b(?:{named})\.{name}\b", code) is not None


def module_name(path: str) -> str:
    """Return the last part of the name that a file is imported by."""
    parts = path.rsplit(".", 1)[0].split("/")
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
