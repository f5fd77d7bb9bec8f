"""Functions that are handed to a library, which will call them with what others choose."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.machine import marks
from ambient_lsp.analyzers.taint.syntax import place
from ambient_lsp.analyzers.taint.values import UNTRUSTED, Function, Opaque, Value, options

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
