"""The command line: which commands there are, and how errors end them. Each group of commands has its own file."""

from __future__ import annotations

import asyncio
import os
import sys

import click
import typer
from rich.console import Console
from rich.markup import escape

from ambient_lsp import __version__
from ambient_lsp.cli import (
    config,
    debug,
    demo,
    health,
    proposals,
    review,
    sandbox,
    server,
    telemetry,
    trusting,
    verify,
    watch,
)
from ambient_lsp.cli.exits import Exit
from ambient_lsp.errors import AmbientError, ConfigError, NotAllowed, NotFound

app = typer.Typer(
    name="ambient",
    help="Keep a code base healthy: find problems, prove the fixes, offer them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command("review")(review.review)
app.add_typer(proposals.app, name="proposals", help="List, look at, apply, dismiss, approve and undo proposals.")
app.command("watch")(watch.watch)
app.command("server")(server.server)
app.command("verify")(verify.verify)
app.command("init")(config.init)
app.add_typer(config.app, name="config", help="Check and explain `.ambient.yml`.")
app.add_typer(sandbox.app, name="sandbox", help="Build and examine the place where checks run.")
app.command("doctor")(health.doctor)
app.command("status")(health.status)
app.add_typer(telemetry.app, name="telemetry", help="Look at the local log.")
app.add_typer(debug.app, name="debug", help="See what Ambient sees.")
app.command("trust")(trusting.trust)
app.command("untrust")(trusting.untrust)
app.command("demo")(demo.demo)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"ambient {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Print the version."),
) -> None:
    """Keep a code base healthy: find problems, prove the fixes, offer them."""


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code (see `exits.py`)."""
    try:
        result = app(arguments, standalone_mode=False)
        return int(result) if isinstance(result, int) else Exit.OK
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.UsageError as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt, asyncio.CancelledError):
        _complain("Stopped.")
        return Exit.CANCELLED
    except (ConfigError, NotFound) as error:
        _complain(str(error))
        return Exit.USAGE
    except NotAllowed as error:
        _complain(str(error))
        return Exit.NOT_PROVEN
    except AmbientError as error:
        _complain(str(error))
        return Exit.FAILED
    except BrokenPipeError:
        # The reader (`head`, say) has gone. Python would complain once more while it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK


def _complain(message: str) -> None:
    Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {escape(message)}", markup=True)
