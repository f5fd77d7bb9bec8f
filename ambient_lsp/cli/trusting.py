"""`ambient trust` and `ambient untrust`: which folders may run code of their own in Ambient's process."""

from __future__ import annotations

from pathlib import Path

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootArgument, find_root


def trust(root: RootArgument = Path()) -> int:
    """Trust a folder: its custom specialists and gates may run, outside any sandbox."""
    from rich.markup import escape

    from ambient_lsp import trust as store
    from ambient_lsp.cli import render

    folder = find_root(root)
    store.trust(folder)
    render.OUT.print(f"Trusted {escape(str(folder))}. `ambient untrust` takes it back.", soft_wrap=True)
    return Exit.OK


def untrust(root: RootArgument = Path()) -> int:
    """Stop trusting a folder."""
    from rich.markup import escape

    from ambient_lsp import trust as store
    from ambient_lsp.cli import render

    folder = find_root(root)
    store.untrust(folder)
    still = " A folder above it still is, and so it is too." if store.is_trusted(folder) else ""
    render.OUT.print(f"{escape(str(folder))} is not trusted by itself any more.{still}", soft_wrap=True)
    return Exit.OK
