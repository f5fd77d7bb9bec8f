"""The work of `ambient sandbox build`: the image for checks, and one with the project's own dependencies.

Only here does anything of the sandbox use the network. Installing a dependency can run code of it (a package without
a wheel), in a build container that has the network: that is why the user has to allow it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import SandboxUnavailable
from ambient_lsp.sandbox import dependencies

if TYPE_CHECKING:
    from ambient_lsp.config import Sandbox as Settings
    from ambient_lsp.sandbox.docker import Docker

Progress = Callable[[str], None]

BASE = "debian:bookworm-slim"
OWN_BASE = "ambient-base:latest"
_DERIVED = """\
ARG BASE
FROM ${BASE}
COPY requirements.txt constraints.txt ca.pe[m] /etc/ambient/
RUN if [ -f /etc/ambient/ca.pem ]; then export PIP_CERT=/etc/ambient/ca.pem; fi \\
    && /opt/venv/bin/pip install --no-cache-dir --no-compile --prefer-binary \\
        -r /etc/ambient/requirements.txt -c /etc/ambient/constraints.txt
# It fails for templates that only look like Python, which some packages hold.
RUN /opt/venv/bin/python -m compileall -q -j 0 /opt/venv/lib || true
RUN /opt/venv/bin/python -c "import pytest, coverage, hypothesis"
"""


async def build(
    backend: Docker, settings: Settings, project: Path, progress: Progress, *, allow_network: bool, renew: bool = False
) -> str:
    """Build what is missing and return the name of the image that `project` will be checked in.

    `allow_network` is the user's word that the project's dependencies may be fetched; without it only Ambient's own
    image is built. `renew` builds that one again. Raises `SandboxUnavailable` with the end of the build's output.
    """
    if renew or not await backend.call(lambda: _exists(backend, settings.image)):
        await _build_base(backend, settings.image, progress)
    recipe = await asyncio.to_thread(dependencies.read, project)
    if recipe is None:
        progress("The project names no dependencies.")
        return settings.image
    if not allow_network:
        progress(f"Dependencies of {', '.join(recipe.sources)} were not installed: that needs the network.")
        return settings.image
    base_id = await backend.call(lambda: str(backend.client().images.get(settings.image).id))
    tag = recipe.tag(base_id)
    if await backend.call(lambda: _exists(backend, tag)):
        progress(f"{tag} is up to date.")
        return tag
    progress(f"Installing the dependencies of {', '.join(recipe.sources)}.")
    files = {
        "Dockerfile": _DERIVED,
        "requirements.txt": "\n".join(recipe.requirements) + "\n",
        "constraints.txt": "\n".join(recipe.constraints) + "\n",
    }
    with _context(files) as folder:
        await backend.call(lambda: _run(backend, folder, tag, settings.image, progress))
    return tag


def recipes() -> Path:
    """Return the folder with `Dockerfile` and `base-image.sh`: in the package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "recipes"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "docker"


async def _build_base(backend: Docker, tag: str, progress: Progress) -> None:
    base = await _base(backend, progress)
    progress(f"Building {tag} on {base}.")
    dockerfile = await asyncio.to_thread((recipes() / "Dockerfile").read_text, encoding="utf-8")
    with _context({"Dockerfile": dockerfile}) as folder:
        await backend.call(lambda: _run(backend, folder, tag, base, progress))


async def _base(backend: Docker, progress: Progress) -> str:
    """Return a base image that is there: one we made, Debian's pulled one, or one made from packages just now."""
    for name in (OWN_BASE, BASE):
        if await backend.call(lambda name=name: _exists(backend, name)):  # type: ignore[misc]
            return name
    progress(f"Pulling {BASE}.")
    try:
        await backend.call(lambda: backend.client().images.pull(BASE))
        return BASE
    except SandboxUnavailable as error:
        if os.geteuid() != 0 or shutil.which("debootstrap") is None:
            raise SandboxUnavailable(
                f"The base image {BASE} cannot be pulled: {error.what}",
                untouched="No image was changed.",
                next_step="Connect to the network, or install debootstrap and run this as root to make one.",
            ) from error
    progress("It cannot be pulled; making one from Debian packages.")
    await _stream(["sh", str(recipes() / "base-image.sh"), "bookworm", OWN_BASE], progress)
    return OWN_BASE


async def _stream(argv: list[str], progress: Progress) -> None:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    last = ""
    try:
        async for line in process.stdout:
            last = line.decode(errors="replace").strip() or last
            progress(last)
        code = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if code != 0:
        raise SandboxUnavailable(
            f"The base image could not be made: {last}",
            untouched="No image was changed.",
            next_step="Look at the lines above for the reason.",
        )


def _exists(backend: Docker, name: str) -> bool:
    import docker.errors

    with contextlib.suppress(docker.errors.ImageNotFound):
        backend.client().images.get(name)
        return True
    return False


def _run(backend: Docker, folder: Path, tag: str, base: str, progress: Progress) -> None:
    last: list[str] = []
    api = backend.client().api
    events = api.build(
        path=str(folder), tag=tag, buildargs={"BASE": base}, network_mode="host", rm=True, forcerm=True, decode=True
    )
    for event in events:
        for line in str(event.get("stream") or event.get("error") or "").splitlines():
            if line.strip():
                last = [*last[-9:], line.strip()]
                progress(line.rstrip())
        if "error" in event:
            raise SandboxUnavailable(
                "The image could not be built: " + " / ".join(last[-3:]),
                untouched="The image that was there before is as it was.",
                next_step="Look at the lines above for the reason; then run `ambient sandbox build` again.",
            )


@contextlib.contextmanager
def _context(files: dict[str, str]) -> Iterator[Path]:
    """Yield a folder with `files` and the certificates that this machine trusts: its network may need its own."""
    with tempfile.TemporaryDirectory(prefix="ambient-build-") as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        bundle = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
        for source in (bundle, "/etc/ssl/certs/ca-certificates.crt"):
            if source and Path(source).is_file():
                shutil.copyfile(source, folder / "ca.pem")
                break
        yield folder
