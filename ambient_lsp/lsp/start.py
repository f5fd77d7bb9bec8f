"""The way into the server that costs the least: an editor waits for nothing but pygls."""

from __future__ import annotations

import gc
from typing import Literal, NoReturn


def serve(
    transport: Literal["stdio", "tcp"] = "stdio", host: str = "127.0.0.1", port: int = 0, log_level: str = "WARNING"
) -> NoReturn:
    """Run the language server; see `server.main`."""
    # The protocol's types are hundreds of thousands of objects that stay; the collector would go through them again
    # with every import that follows. `initialized` turns it on.
    gc.disable()
    from ambient_lsp.lsp.server import main

    main(transport, host, port, log_level)
