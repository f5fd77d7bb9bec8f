"""A secret in the code becomes a look-up in the environment."""

from __future__ import annotations

import re

import libcst as cst

from ambient_lsp.analyzers.fixes.site import Change, Source, dotted, literal
from ambient_lsp.model import RiskLevel, Span

_OF_CALLS = {"jwt": "JWT_KEY", "jose": "JWT_KEY", "hmac": "HMAC_KEY", "cryptography": "ENCRYPTION_KEY",
             "Crypto": "ENCRYPTION_KEY", "Cryptodome": "ENCRYPTION_KEY", "itsdangerous": "SECRET_KEY"}  # fmt: skip


def from_environment(source: Source, span: Span) -> Change | None:
    """Return `os.environ[NAME]` for a string that is given to a name, a key or a parameter."""
    node = source.around(span, cst.SimpleString)
    if node is None:
        argument = source.around(span, cst.Arg)
        node = argument.value if isinstance(argument, cst.Arg) else None
    if not isinstance(node, cst.SimpleString):
        return None
    name = _name(source, node)
    variable = re.sub(r"\W", "_", name.rsplit(".", 1)[-1]).strip("_").upper()
    if not variable:
        return None
    code = f'os.environ["{variable}"]'
    if "b" in node.prefix.lower():
        code += ".encode()"
    return Change(
        f"Read {variable} from the environment",
        f"The program needs {variable} in its environment from now on. The old value is in the history: change it.",
        RiskLevel.HIGH,
        {node: cst.parse_expression(code)},
        (("os", ""),),
    )


def _name(source: Source, node: cst.SimpleString) -> str:
    """Return what the secret is called; empty where it has no name, or where it is a default for every caller."""
    parent = source.parents.get(node)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
        target = parent.targets[0].target
        if isinstance(target, cst.Subscript) and len(target.slice) == 1:
            index = target.slice[0].slice
            return (literal(index.value) or "") if isinstance(index, cst.Index) else ""
        return dotted(target)
    if isinstance(parent, cst.AnnAssign):
        return dotted(parent.target)
    if isinstance(parent, cst.DictElement) and parent.value is node:
        return literal(parent.key) or ""
    if isinstance(parent, cst.Arg):
        call = source.parents.get(parent)
        if isinstance(call, cst.Call) and (parent.keyword is None or parent.keyword.value == "key"):
            head = dotted(call.func).partition(".")[0]
            return _OF_CALLS.get(source.imported.get(head, head).partition(".")[0], "")
        return parent.keyword.value if parent.keyword is not None else ""
    return ""
