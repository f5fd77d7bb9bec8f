"""`ambient trust` and `ambient untrust`: which folders may run code of their own in Ambient's process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ambient_lsp.cli import render
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root

Root = Annotated[Path, typer.Argument(help="The project's folder.")]


def trust(root: Root = Path()) -> int:
    """Trust a folder: its custom specialists and gates may run, outside any sandbox."""
    from ambient_lsp import trust as store

    folder = find_root(root)
    store.trust(folder)
    render.OUT.print(f"Trusted {escape(str(folder))}. `ambient untrust` takes it back.")
    return Exit.OK


def untrust(root: Root = Path()) -> int:
    """Stop trusting a folder."""
    from ambient_lsp import trust as store

    folder = find_root(root)
    store.untrust(folder)
    render.OUT.print(f"{escape(str(folder))} is not trusted.")
    return Exit.OK
