"""A secret in the code becomes a look-up in the environment."""

from __future__ import annotations

import re

import libcst as cst

from ambient_lsp.analyzers.fixes.site import Change, Source, dotted
from ambient_lsp.model import RiskLevel, Span


def from_environment(source: Source, span: Span) -> Change | None:
    """Return `os.environ[NAME]` for a string that is assigned to a name, or given by keyword."""
    node = source.around(span, cst.SimpleString)
    if node is None:
        argument = source.around(span, cst.Arg)
        node = argument.value if isinstance(argument, cst.Arg) else None
    if not isinstance(node, cst.SimpleString) or "b" in node.prefix.lower():
        return None
    parent = source.parents.get(node)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
        name = dotted(parent.targets[0].target)
    elif isinstance(parent, cst.AnnAssign):
        name = dotted(parent.target)
    elif isinstance(parent, cst.Arg) and parent.keyword is not None:
        name = parent.keyword.value
    else:
        return None
    variable = re.sub(r"\W", "_", name.rsplit(".", 1)[-1]).strip("_").upper()
    if not variable:
        return None
    return Change(
        f"Read {variable} from the environment",
        f"The program needs {variable} in its environment from now on. The old value is in the history: change it.",
        RiskLevel.HIGH,
        {node: cst.parse_expression(f'os.environ["{variable}"]')},
        (("os", ""),),
    )
