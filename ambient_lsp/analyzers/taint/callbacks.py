"""Functions that are handed to a library, which will call them: with what others choose, or later, or elsewhere."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.containers import items_of
from ambient_lsp.analyzers.taint.machine import marks
from ambient_lsp.analyzers.taint.state import Object
from ambient_lsp.analyzers.taint.syntax import place
from ambient_lsp.analyzers.taint.values import UNKNOWN, UNTRUSTED, Function, Opaque, Partial, Value, options

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.site import Site

    Model = Callable[[Machine, Site], Value | None]


def _handed(position: int, name: str, label: str, what: str) -> Model:
    """Return a model of a call that takes a function, which is run with untrusted arguments."""

    def model(machine: Machine, site: Site) -> Value | None:
        given = site.first(position, name)
        where = place(site.state.frame.scope.path, site.node)
        for option in () if given is None else options(given):
            if type(option) is Function and isinstance(
                option.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
            ):
                wanted = len(option.node.args.args) - (option.receiver is not None)
                chosen = Opaque(marks(label, what, where))
                machine.call(option, [chosen] * max(wanted, 0), site.state.copy(), site.node)
        return None

    return model


def _thread(machine: Machine, site: Site) -> Value | None:
    target = site.first(1, "target")
    args = site.keywords.get("args")
    values = items_of(args, site.state) if args is not None else []
    if target is not None:
        named = site.state.object(site.keywords.get("kwargs", UNKNOWN))
        keywords = {} if named is None else {key: value for key, value in named.items.items() if isinstance(key, str)}
        machine.call(Partial(target, (), tuple(keywords.items())), values or [], site.state, site.node)
    return Opaque(type="threading.Thread")


def _submit(machine: Machine, site: Site) -> Value | None:
    if not site.args:
        return None
    value = machine.call(Partial(site.args[0], (), tuple(site.keywords.items())), site.args[1:], site.state, site.node)
    return machine.new(Object("instance", {}, value), site.state)


def _called(machine: Machine, site: Site) -> Value | None:
    return machine.call(site.args[0], site.args[1:], site.state, site.node) if site.args else None


def _called_later(machine: Machine, site: Site) -> Value | None:
    """`tasks.add_task(function, *args, **names)`: run once the answer is sent."""
    if site.args:
        _submit(machine, site)
    return Opaque()


def _sent_to_worker(machine: Machine, site: Site) -> Value | None:
    """`task.delay(*args, **names)`, `task.apply_async(args, names)`: run by a worker, elsewhere."""
    if type(site.receiver) is not Function:
        return None
    args, names = site.args, dict(site.keywords)
    if site.names[0].endswith("apply_async"):
        given = site.first(0, "args")
        named = site.state.object(site.first(1, "kwargs") or UNKNOWN)
        args = tuple(items_of(given, site.state) or ()) if given is not None else ()
        names = {key: value for key, value in named.items.items() if isinstance(key, str)} if named is not None else {}
    machine.call(Partial(site.receiver, (), tuple(names.items())), args, site.state, site.node)
    return Opaque()


_VISITOR = "what a visitor enters"
_PAGES = (
    "gradio.Interface", "gradio.ChatInterface", "gradio.interface.Interface", "gradio.Button.click",
    "gradio.Textbox.submit", "gradio.Textbox.change",
)  # fmt: skip
MODELS: dict[str, Model] = {
    **dict.fromkeys(_PAGES, _handed(0, "fn", UNTRUSTED, _VISITOR)),
    **dict.fromkeys(
        ("xmlrpc.server.SimpleXMLRPCServer.register_function", "*.register_function"),
        _handed(0, "function", UNTRUSTED, "an argument of a remote call"),
    ),
    "fire.Fire": _handed(0, "component", "cli", "an argument of the command line"),
}
"""Calls by which untrusted data comes in."""
LATER: dict[str, Model] = {
    **dict.fromkeys(("threading.Thread", "threading.Timer", "multiprocessing.Process"), _thread),
    "*.submit": _submit, "concurrent.futures.ThreadPoolExecutor.submit": _submit,
    "concurrent.futures.ProcessPoolExecutor.submit": _submit, "*.add_task": _called_later, "*.enqueue": _called_later,
    "*.delay": _sent_to_worker, "*.apply_async": _sent_to_worker, "asyncio.to_thread": _called,
    "starlette.concurrency.run_in_threadpool": _called, "fastapi.concurrency.run_in_threadpool": _called,
    "anyio.to_thread.run_sync": _called,
}  # fmt: skip
