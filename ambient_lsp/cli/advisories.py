"""`ambient advisories`: fetch what is publicly known about the dependencies that a project pins.

Only this command uses the network, and it sends nothing about the project: it downloads the advisories on all Python
packages and keeps those on the project's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootArgument, find_root
from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OSV = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
_MOST_BYTES = 1_000_000_000
_SECONDS = 60

app = typer.Typer(no_args_is_help=True)
SourceOption = Annotated[
    str,
    typer.Option(
        "--from", metavar="FILE|FOLDER|URL", help="OSV records: a zip or a folder of JSON files, or one JSON file."
    ),
]


@app.callback()
def advisories() -> None:
    """Keep the advisories that dependencies are checked against."""


@app.command("update")
def update(root: RootArgument = Path(), source: SourceOption = OSV) -> int:
    """Write the advisories on the project's pinned packages to .ambient/advisories.json."""
    import json

    from ambient_lsp.analyzers.advisories import ADVISORIES
    from ambient_lsp.cli import render

    folder = find_root(root)
    names = _pinned(folder)
    kept = sorted(
        (record for record in _records(source) if _is_about(record, names)), key=lambda one: str(one.get("id"))
    )
    target = folder / ADVISORIES
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_suffix(".new")
    unfinished.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(target)  # a run that is cut off leaves the old file
    render.OUT.print(f"{len(kept)} advisories on {len(names)} pinned packages are in {ADVISORIES}.")
    return Exit.OK


def _pinned(folder: Path) -> set[str]:
    from ambient_lsp.analyzers.advisories import is_manifest, pinned
    from ambient_lsp.context.tree import Ignore, walk

    found: set[str] = set()
    for path in filter(is_manifest, walk(folder, Ignore(folder, ()), {})):
        found |= pinned((folder / path).read_text("utf-8", "replace"))
    return found


def _records(source: str) -> Iterator[Any]:
    import io
    import json
    import zipfile

    try:
        if Path(source).is_dir():
            for file in sorted(Path(source).rglob("*.json")):
                yield json.loads(file.read_bytes())
            return
        data = _read(source)
        if not zipfile.is_zipfile(io.BytesIO(data)):
            content = json.loads(data)
            yield from content.get("vulns", [content]) if isinstance(content, dict) else content
            return
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                if entry.filename.endswith(".json") and entry.file_size < _MOST_BYTES // 100:
                    yield json.loads(archive.read(entry))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise AmbientError(
            f"The advisories cannot be read from {source}: {error}.",
            untouched="The advisories that were there were left alone.",
            next_step="Try again later, or download the file and name it with --from.",
        ) from error


def _read(source: str) -> bytes:
    if not source.startswith("https://"):
        return Path(source).read_bytes()
    from urllib.request import urlopen

    with urlopen(source, timeout=_SECONDS) as answer:  # noqa: S310 - the scheme was looked at above
        data: bytes = answer.read(_MOST_BYTES)
    return data


def _is_about(record: Any, names: Iterable[str]) -> bool:
    from packaging.utils import canonicalize_name

    if not isinstance(record, dict):
        return False
    packages = (affected.get("package", {}) for affected in record.get("affected", ()))
    return not record.get("withdrawn") and any(
        package.get("ecosystem") == "PyPI" and canonicalize_name(package.get("name", "")) in names
        for package in packages
    )
