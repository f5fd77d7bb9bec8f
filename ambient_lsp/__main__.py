"""`ambient`, and `python -m ambient_lsp`."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command line; the one place where an error becomes an exit code."""
    if sys.argv[1:] in (["server"], ["server", "--stdio"]):
        # As editors start it; the imports of the command line would make them wait half as long again.
        from ambient_lsp.lsp.start import serve

        serve()
    from ambient_lsp.cli.app import run

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file name need not be text, and a terminal need not know our characters; neither may end a review.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
