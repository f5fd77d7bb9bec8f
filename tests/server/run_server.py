"""The real server over stdio (or TCP) with an engine that only knows `md5`. Started by the tests as a process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ambient_lsp.lsp.server import main
from tests.fakes.engine import FakeEngine


async def open_fake(root: Path, trusted: bool) -> FakeEngine:
    FakeEngine.leads = os.environ.get("FAKE_LEADER", "1") == "1"
    return await FakeEngine.open(root, trusted=trusted)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main("tcp", "127.0.0.1", int(sys.argv[1]), engine_factory=open_fake)  # type: ignore[arg-type]
    main(engine_factory=open_fake)  # type: ignore[arg-type]
