"""`ambient verify`: run the project's own checks in the sandbox, on the files as they are now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ambient_lsp.cli import render
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root, opened, run_async
from ambient_lsp.errors import SandboxUnavailable
from ambient_lsp.model import VerdictOutcome


def verify(
    root: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    backend: Annotated[str, typer.Option(help="Use this sandbox: auto, docker or bubblewrap.")] = "",
) -> int:
    """Run the project's checks in the sandbox, uncommitted changes included, and show what they say."""

    async def work() -> int:
        async with opened(find_root(root), backend=backend) as engine:
            services = await engine.services()
            with render.ERR.status("Running the checks in the sandbox"):
                verdict = await services.check_tree()
            if verdict is None:
                reasons = " ".join(f"{one.backend}: {one.reason} {one.next_step}" for one in await engine.readiness())
                raise SandboxUnavailable(f"No sandbox is ready. {reasons}", untouched="Nothing was run.")
        if json:
            render.print_value(render.verdict_value(verdict))
        else:
            render.OUT.print(render.verdict_table(verdict))
            for check in verdict.checks:
                for test in check.new_failures:
                    render.OUT.print(f"[red]failed[/] {escape(test)}")
        return {
            VerdictOutcome.PASSED: Exit.OK,
            VerdictOutcome.FAILED: Exit.FOUND,
            VerdictOutcome.INCONCLUSIVE: Exit.NOT_PROVEN,
        }[verdict.outcome]

    return run_async(work())
