"""Changes of a text: the least of it, with its own line endings and indentation."""

from __future__ import annotations

import itertools
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ambient_lsp.analyzers.speed.code import Code, Node

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Offsets `start` to `end` of the text become `text`."""

    start: int
    end: int
    text: str


def changed(code: Code, edits: Iterable[Edit]) -> str:
    """Return the text with all edits made at once; empty where two of them overlap, or nothing changes."""
    parts, at = [], 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        if edit.start < at:
            return ""
        parts += [code.text[at : edit.start], edit.text]
        at = edit.end
    text = "".join([*parts, code.text[at:]])
    return "" if text == code.text else text


def replace(node: Node, text: str) -> Edit:
    """Put a text in a node's place."""
    return Edit(node.start, node.end, text)


def before(statement: Node, *lines: str) -> Edit:
    """Put lines in front of a statement that begins its own line, above the comments that belong to it."""
    code = statement.code
    start = line_start(code, statement.start)
    indent = code.text[start : statement.start]
    while start > 0:
        above = line_start(code, start - 1 - (code.text[start - 2 : start] == "\r\n"))
        line = code.text[above:start]
        if not (line.strip().startswith("#") and line[: len(line) - len(line.lstrip())] == indent):
            break
        start = above
    return Edit(start, start, "".join(f"{indent}{line}{newline(code)}" for line in lines))


def after(statement: Node, *lines: str) -> Edit:
    """Put lines behind a statement, with its indentation."""
    code = statement.code
    start = line_start(code, statement.start)
    indent = code.text[start : statement.start]
    end = line_end(code, statement.end)
    lead = "" if code.text[:end].endswith(("\n", "\r")) else newline(code)
    return Edit(end, end, lead + "".join(f"{indent}{line}{newline(code)}" for line in lines))


def remove_lines(first: Node, last: Node | None = None) -> Edit:
    """Take whole lines out, from that of one statement to that of another."""
    code = first.code
    start, end = line_start(code, first.start), line_end(code, (last or first).end)
    above, below = code.text[:start].splitlines()[-1:], code.text[end : line_end(code, end)]
    if above and not above[0].strip() and not below.strip():
        end = line_end(code, end)  # not two blank lines where one was
    return Edit(start, end, "")


def indent_of(statement: Node) -> str:
    """Return the white space in front of a statement."""
    start = line_start(statement.code, statement.start)
    return statement.code.text[start : statement.start]


def line_start(code: Code, offset: int) -> int:
    """Return where the line of an offset starts."""
    return max(code.text.rfind("\n", 0, offset), code.text.rfind("\r", 0, offset)) + 1


def line_end(code: Code, offset: int) -> int:
    """Return where the next line starts."""
    found = _LINE_END.search(code.text, offset)
    return found.end() if found is not None else len(code.text)


def newline(code: Code) -> str:
    """Return the text's own line ending."""
    found = _LINE_END.search(code.text)
    return found[0] if found is not None else "\n"


def fresh(scope: Node, wish: str) -> str:
    """Return a name that a function, or the module, does not use yet."""
    wish = re.sub(r"\W", "_", wish).strip("_") or "value"
    if wish[0].isdigit():
        wish = f"n{wish}"
    name, number = wish, 2
    while re.search(rf"\b{re.escape(name)}\b", scope.text):
        name, number = f"{wish}_{number}", number + 1
    return name


def imported(code: Code, module: str, name: str) -> tuple[list[Edit], str]:
    """Return the edits that import `module.name`, none where it is there, and how to call it; "" where the name is
    taken by something else."""
    for local, source in code.imports.items():
        if source == f"{module}.{name}" and _at_top(code, local):
            return [], local
    for local, source in code.imports.items():
        if source == module and local and _at_top(code, local):
            return [], f"{local}.{name}"
    if name in code.uses or name in code.imports:
        return [], ""
    return _import_line(code, f"from {module} import {name}", module, name), name


def imported_module(code: Code, module: str) -> tuple[list[Edit], str]:
    """Return the edits that import a module, none where it is there, and its name; "" where the name is taken."""
    for local, source in code.imports.items():
        if source == module and _at_top(code, local):
            return [], local
    if module in code.uses or module in code.imports:
        return [], ""
    return _import_line(code, f"import {module}", module, ""), module


def _at_top(code: Code, local: str) -> bool:
    return any(
        re.search(rf"\b{re.escape(local)}\b", node.text)
        for node in code.root.children
        if node.type in {"import_statement", "import_from_statement"}
    )


def _import_line(code: Code, line: str, module: str, name: str) -> list[Edit]:
    """Add an import where a sorter of imports would put it."""
    top = code.root.children
    imports = [node for node in top if node.type in {"import_statement", "import_from_statement"}]
    end = newline(code)
    if not imports:
        head = [node for node in top if node.type == "future_import_statement" or _is_docstring(node, top)]
        if not head:
            start = top[0].start if top else 0
            comments = [node for node in top if node.type == "comment"]
            if comments and comments[0].start == start == 0:
                start = line_end(code, _leading_comments(top).end)
            return [Edit(start, start, f"{line}{end}{end}{end}")]
        at = line_end(code, head[-1].end)
        lead = "" if code.text[:at].endswith(("\n", "\r")) else end
        return [Edit(at, at, f"{lead}{end}{line}{end}")]
    for node in imports:
        source = node.get("module_name")
        if name and source is not None and source.text == module and _is_simple(node):
            names = [child for child in node.children if child.field == "name"]
            later = next((one for one in names if _sort_key(one.text) > _sort_key(name)), None)
            if later is not None:
                return [Edit(later.start, later.start, f"{name}, ")]
            return [Edit(names[-1].end, names[-1].end, f", {name}")]
    blocks = _blocks(code, imports)
    block = next((block for block in blocks if any(_is_kin(node, module) for node in block)), None)
    if block is None:
        return [Edit(imports[0].start, imports[0].start, f"{line}{end}{end}")]
    wanted = (line.startswith("from"), module)
    for node in block:
        if _place(node) > wanted:
            return [Edit(node.start, node.start, f"{line}{end}")]
    at = line_end(code, block[-1].end)
    lead = "" if code.text[:at].endswith(("\n", "\r")) else end
    return [Edit(at, at, f"{lead}{line}{end}")]


def _leading_comments(top: Sequence[Node]) -> Node:
    last = top[0]
    for node in top:
        if node.type != "comment":
            break
        last = node
    return last


def _is_docstring(node: Node, top: Sequence[Node]) -> bool:
    first = next((one for one in top if one.type != "comment"), None)
    return node is first and node.type == "expression_statement" and node.children[0].type == "string"


def _is_simple(node: Node) -> bool:
    return "(" not in node.text and "\\" not in node.text and any(child.field == "name" for child in node.children)


def _blocks(code: Code, imports: Sequence[Node]) -> list[list[Node]]:
    """Return the imports in groups, as blank lines and other statements part them."""
    blocks = [[imports[0]]]
    for one, other in itertools.pairwise(imports):
        between = code.text[one.end : other.start]
        if between.strip() or len(_LINE_END.findall(between)) > 1:
            blocks.append([])
        blocks[-1].append(other)
    return blocks


def _module_of(node: Node) -> str:
    source = node.get("module_name") or node.get("name")
    return source.text if source is not None else ""


def _is_kin(node: Node, module: str) -> bool:
    """Return whether an import stands where this module's would: both of the standard library, or of one package."""
    top, other = _module_of(node).partition(".")[0], module.partition(".")[0]
    return top == other or (top in sys.stdlib_module_names and other in sys.stdlib_module_names)


def _place(node: Node) -> tuple[bool, str]:
    return node.type == "import_from_statement", _module_of(node)


def _sort_key(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as sorters of imports have it."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name
