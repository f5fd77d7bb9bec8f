"""Calls that hold up the event loop: while they wait, nothing else runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import SCOPES, arguments, builtin, origin
from ambient_lsp.analyzers.speed.edits import Edit, changed, imported_module, remove_lines, replace
from ambient_lsp.analyzers.speed.speedup import BLOCKING, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Code, Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup

_WAITING = frozenset({*(f"requests.{verb}" for verb in ("get", "post", "put", "patch", "delete", "head",
                      "options", "request")), *(f"httpx.{verb}" for verb in ("get", "post", "put", "patch",
                      "delete", "head", "options", "request")), "urllib.request.urlopen",
                      "urllib.request.urlretrieve", "subprocess.run", "subprocess.call",
                      "subprocess.check_call", "subprocess.check_output", "subprocess.getoutput", "os.system",
                      "socket.create_connection", "socket.getaddrinfo", "socket.gethostbyname",
                      "shutil.copytree", "shutil.rmtree",})  # fmt: skip
_LOOSE = frozenset({"expression_statement", "assignment", "return_statement", "argument_list", "keyword_argument",
                    "parenthesized_expression", "named_expression", "augmented_assignment"})  # fmt: skip
_SLEEPERS = ("asyncio", "anyio", "trio")


def blocking(function: Function, node: Node) -> Iterator[Speedup]:
    """A blocking call in an `async def`."""
    if not function.is_async:
        return
    name = origin(node)
    if name == "time.sleep":
        message = (
            "`time.sleep` stops every task of the event loop; `await` of an asynchronous sleep stops only this one."
        )
        text = _asleep(function, node)
        yield speedup(function, BLOCKING, node, message, "Sleep without blocking", text, measure="together")
    elif name in _WAITING:
        message = f"`{name}` stops every task of the event loop until it is done."
        text = _in_thread(function, node)
        yield speedup(function, BLOCKING, node, message, f"Run `{name}` in a thread", text, measure="together")
    elif builtin(node) == "open":
        message = "`open`, and reading or writing after it, stops every task of the event loop."
        yield speedup(function, BLOCKING, node, message)


def _asleep(function: Function, node: Node) -> str:
    code = node.code
    library = next((one for one in _SLEEPERS if one in code.imports.values()), "asyncio")
    edits, module = imported_module(code, library)
    above = node.parent
    if not module or above is None or above.type != "expression_statement" or len(arguments(node)) != 1:
        return ""
    if "keyword" in arguments(node)[0].type or not _awaits_here(function, node):
        return ""
    edits.append(replace(node, f"await {module}.sleep({arguments(node)[0].text})"))
    return changed(code, [*edits, *_unused(code, node, edits)])


def _unused(code: Code, node: Node, edits: list[Edit]) -> list[Edit]:
    """Take the import of `time` out where this was its last use."""
    target = node.get("function")
    root = target
    while root is not None and root.type == "attribute":
        root = root.get("object")
    if root is None:
        return []
    imports = [one for one in code.root.children if one.type in {"import_statement", "import_from_statement"}]
    mine = [
        one for one in imports if any(use.text == root.text and one.holds(use) for use in code.uses.get(root.text, []))
    ]
    others = [
        use for use in code.uses.get(root.text, []) if use is not root and not any(one.holds(use) for one in mine)
    ]
    if others or len(mine) != 1 or "," in mine[0].text or "(" in mine[0].text or f'"{root.text}"' in code.text:
        return []
    edit = remove_lines(mine[0])
    return [] if any(edit.start < one.start < edit.end for one in edits) else [edit]


def _in_thread(function: Function, node: Node) -> str:
    """`await asyncio.to_thread(...)`, where the module works with asyncio already."""
    code, target, above = node.code, node.get("function"), node.parent
    local = next((local for local, source in code.imports.items() if source == "asyncio"), "")
    if not local or target is None or above is None or not _awaits_here(function, node):
        return ""
    if above.type in {"with_item", "as_pattern", "await"} or any("splat" in one.type for one in arguments(node)):
        return ""
    given = node.get("arguments")
    inside = given.text[1:-1].lstrip() if given is not None and given.type == "argument_list" else None
    if inside is None:
        return ""
    call = f"await {local}.to_thread({target.text}{', ' if inside.strip() else ''}{inside})"
    loose = above.type in _LOOSE
    return changed(code, [replace(node, call if loose else f"({call})")])


def _awaits_here(function: Function, node: Node) -> bool:
    """Return whether `await` may stand here: not in a lambda, and not where it would make a generator asynchronous."""
    for above in node.ancestors():
        if above is function.node:
            return True
        if above.type in SCOPES or above.type in {"generator_expression", "decorator", "parameters"}:
            return False
    return False
