"""The command line: which commands there are, and how errors end them. Each group of commands has its own file.

Imports at the top of these files are light, so that `ambient --help` and completion answer at once; a test says which
libraries must not be among them.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from ambient_lsp import __version__
from ambient_lsp.cli import (
    advisories,
    baseline,
    config,
    cost,
    debug,
    demo,
    dismiss,
    health,
    models,
    proposals,
    review,
    rules,
    sandbox,
    server,
    swarm,
    telemetry,
    trusting,
    verify,
    watch,
)
from ambient_lsp.cli.exits import Exit, ReaderGone, code_of
from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    name="ambient",
    help="Keep a code base healthy: find problems, prove the fixes, offer them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command("review")(review.review)
app.add_typer(proposals.app, name="proposals", help="List, look at, apply, dismiss, approve and undo proposals.")
app.command("dismiss")(dismiss.dismiss)
app.add_typer(rules.app, name="rules", help="See how each rule does here; mute one, or bring it back.")
app.add_typer(baseline.app, name="baseline", help="Keep quiet about what an old repository had from the start.")
app.command("swarm")(swarm.swarm)
app.command("watch")(watch.watch)
app.command("server")(server.server)
app.command("verify")(verify.verify)
app.command("init")(config.init)
app.add_typer(config.app, name="config", help="Check and explain .ambient.yml.")
app.add_typer(sandbox.app, name="sandbox", help="Build and examine the place where checks run.")
app.command("doctor")(health.doctor)
app.command("status")(health.status)
app.command("cost")(cost.cost)
app.add_typer(advisories.app, name="advisories", help="Keep the advisories that dependencies are checked against.")
app.add_typer(telemetry.app, name="telemetry", help="Look at the local log; nothing of it is ever sent.")
app.add_typer(debug.app, name="debug", help="See what Ambient sees.")
app.command("trust")(trusting.trust)
app.command("untrust")(trusting.untrust)
app.command("demo")(demo.demo)
app.command("fake-model")(models.fake_model)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"ambient {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Print the version."),
) -> None:
    """Keep a code base healthy: find problems, prove the fixes, offer them."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code (see `exits.py`)."""
    try:
        result = app(list(arguments), prog_name="ambient", standalone_mode=False)
        sys.stdout.flush()  # now, so that a reader who has gone is noticed here and not while Python exits
        return int(result) if isinstance(result, int) else Exit.OK
    except typer.TyperException as error:
        message, context = error.format_message(), getattr(error, "ctx", None)
        if message:  # none where no arguments were given: then the help has been printed
            _complain(message, f"`{context.command_path if context else 'ambient'} --help` says what can be given.")
        return Exit.USAGE
    except (typer.Abort, KeyboardInterrupt):
        _complain("Stopped.", "What was found so far is kept; your files were left alone.")
        return Exit.CANCELLED
    except AmbientError as error:
        _complain(error.what, error.untouched, error.next_step)
        return code_of(error)
    except (BrokenPipeError, ReaderGone):
        # Python would complain once more while it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except OSError as error:
        about = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        _complain(f"{about}.", "Your files were left alone.", "Check the folder's permissions and the free space.")
        return Exit.FAILED
    except Exception as error:  # the border of the program: a mistake of ours ends in words, not in a traceback
        if os.environ.get("AMBIENT_TRACEBACK"):
            raise
        _complain(
            f"This is a mistake in Ambient: {type(error).__name__}: {error}.",
            "No file of yours is written but by `ambient proposals apply`, all of it or nothing.",
            "Set AMBIENT_TRACEBACK=1 and run it again to see where, and please report it.",
        )
        return Exit.FAILED


def _complain(*sentences: str) -> None:
    from rich.markup import escape

    from ambient_lsp.cli.render import ERR

    what, *more = [escape(sentence.rstrip()) for sentence in sentences if sentence]
    ERR.print(f"[bold red]error:[/] {what}", *more, sep="\n  ", soft_wrap=True)
