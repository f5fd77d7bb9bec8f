"""`ambient server`: the language server. Its imports are slow, so they happen only here."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer


def server(
    stdio: Annotated[bool, typer.Option("--stdio", help="Speak over stdin and stdout (the default).")] = False,
    tcp: Annotated[str, typer.Option(metavar="HOST:PORT", help="Listen here instead; for one editor.")] = "",
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error; logs go to stderr.")] = "warning",
) -> NoReturn:
    """Start the language server; editors do this by themselves."""
    if stdio and tcp:
        raise typer.BadParameter("--stdio and --tcp exclude each other.")
    host, _, port = tcp.rpartition(":")
    if tcp and not (host and port.isdigit()):
        raise typer.BadParameter("--tcp takes HOST:PORT, such as 127.0.0.1:2087.")
    from ambient_lsp.lsp.start import serve

    serve("tcp" if tcp else "stdio", host or "127.0.0.1", int(port or 0), log_level)
