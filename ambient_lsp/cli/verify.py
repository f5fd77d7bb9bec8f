"""`ambient verify`: run the project's own checks in the sandbox, on the files as they are now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import BackendOption, RootArgument, find_root, opened, run_async
from ambient_lsp.errors import SandboxUnavailable


def verify(
    root: RootArgument = Path(),
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    backend: BackendOption = None,
) -> int:
    """Run the project's checks in the sandbox, uncommitted changes included, and show what they say."""
    from rich.markup import escape

    from ambient_lsp.cli import formats, render
    from ambient_lsp.model import VerdictOutcome

    async def work() -> int:
        async with opened(find_root(root), backend=backend) as engine:
            services = await engine.services()
            with render.waiting("Running the checks in the sandbox"):
                verdict = await services.check_tree()
            if verdict is None:
                reasons = [f"{one.backend}: {one.reason} {one.next_step}" for one in await engine.readiness()]
                raise SandboxUnavailable(
                    "No sandbox is ready. " + " ".join(reasons),
                    untouched="Nothing was run.",
                    next_step="`ambient doctor` says what is missing.",
                )
        if json:
            formats.print_value(formats.verdict_value(verdict))
        else:
            render.OUT.print(render.checks_table(verdict))
            for check in verdict.checks:
                for test in check.new_failures:
                    render.OUT.print(f"[red]failed[/] {escape(test)}", soft_wrap=True)
        return {
            VerdictOutcome.PASSED: Exit.OK,
            VerdictOutcome.FAILED: Exit.FOUND,
            VerdictOutcome.INCONCLUSIVE: Exit.NOT_PROVEN,
        }[verdict.outcome]

    return run_async(work())
