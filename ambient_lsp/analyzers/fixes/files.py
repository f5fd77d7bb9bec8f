"""Temporary files are made together with their name, and opened by what was made."""

from __future__ import annotations

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import code_of
from ambient_lsp.analyzers.fixes.scopes import names, scope_of
from ambient_lsp.analyzers.fixes.site import Change, Replacement, Site, dotted, keyword, renamed, starred
from ambient_lsp.model import RiskLevel

_TITLE = "Make the temporary file together with its name"
_REASON = "The file exists, empty, from now on, and only its owner can read it."
_WANT_NOTHING_THERE = frozenset(
    "mkdir makedirs copytree mkfifo mknod symlink link symlink_to hardlink_to bind connect listen exists isdir isfile "
    "is_dir rename open_unix_connection start_unix_server unix_listener rmtree extractall chdir listdir".split()
)
"""What fails, or means something else, where a file is already."""


def mktemp(site: Site) -> Change | None:
    """`tempfile.mkstemp`, where the name is kept in a variable and a file is then written there."""
    if site.name != "tempfile.mktemp" or not isinstance(site.call.func, cst.Attribute):
        return None
    assign = site.source.parents.get(site.call)
    line = site.nearest(cst.SimpleStatementLine)
    if not isinstance(assign, cst.Assign) or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    if len(assign.targets) != 1 or not isinstance(assign.targets[0].target, cst.Name):
        return None
    name = assign.targets[0].target.value
    if _is_no_file(site, name):
        return None
    taken = {node.value for node in site.source.ranges if isinstance(node, cst.Name)}
    descriptor = "fd" if "fd" not in taken else f"{name}_fd"
    if descriptor in taken:
        return None
    call = code_of(site.call.with_changes(func=renamed(site.call.func, "mkstemp")))
    first = cst.parse_statement(f"{descriptor}, {name} = {call}\n")
    assert isinstance(first, cst.SimpleStatementLine)  # noqa: S101  # it was written as one in the line above
    first = line.with_changes(body=first.body)
    opened = _opened_next(site, line, name)
    if opened is not None:
        new = opened.with_changes(
            func=cst.parse_expression("os.fdopen"),
            args=[opened.args[0].with_changes(value=cst.Name(descriptor)), *opened.args[1:]],
        )
        return Change(_TITLE, _REASON, RiskLevel.MEDIUM, {line: first, opened: new}, (("os", ""),))
    second = cst.parse_statement(f"os.close({descriptor})\n")
    nodes: dict[cst.CSTNode, Replacement] = {line: cst.FlattenSentinel([first, second])}
    return Change(_TITLE, _REASON, RiskLevel.MEDIUM, nodes, (("os", ""),))


def _is_no_file(site: Site, name: str) -> bool:
    """Whether the name is wanted for a folder, a socket, or anything that must not be there yet."""
    for used in names(scope_of(site.source, site.call), name):
        parent = site.source.parents.get(used)
        above = site.source.parents.get(parent) if parent is not None else None
        called = above.func if isinstance(above, cst.Call) and isinstance(parent, cst.Arg) else None
        method = parent.attr if isinstance(parent, cst.Attribute) and parent.value is used else None
        word = method.value if method is not None else dotted(called).rpartition(".")[2] if called is not None else ""
        if word in _WANT_NOTHING_THERE or (word == "open" and above is not None and '"x' in _modes(above)):
            return True
    return False


def _modes(call: cst.CSTNode) -> str:
    return code_of(call).replace("'", '"')


def _opened_next(site: Site, line: cst.SimpleStatementLine, name: str) -> cst.Call | None:
    """Return the `open(name, "w")` of a `with` right below the line."""
    block = site.source.parents.get(line)
    body = list(block.body) if isinstance(block, cst.IndentedBlock | cst.Module) else []
    at = next((index for index, one in enumerate(body) if one is line), len(body))
    below = body[at + 1] if at + 1 < len(body) else None
    if not isinstance(below, cst.With):
        return None
    for item in below.items:
        call = item.item
        if not isinstance(call, cst.Call) or dotted(call.func) != "open" or starred(call) or len(call.args) < 2:
            continue
        mode = keyword(call, "mode") or call.args[1]
        written = code_of(mode.value).strip("'\"")[:1] == "w"
        if written and call.args[0].keyword is None and dotted(call.args[0].value) == name:
            return call
    return None
