"""Files by what was written into them: who fills a file decides what is in it, whatever its name is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.state import Object, sequence
from ambient_lsp.analyzers.taint.values import (
    NO_TAINTS,
    PARAMETER,
    SOMETHING,
    UNKNOWN,
    Const,
    Opaque,
    Taints,
    Value,
    merged,
    options,
    taints_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.site import Site
    from ambient_lsp.analyzers.taint.state import State

    Model = Callable[[Machine, Site], Value | None]

_WRITES = frozenset("wax+")
_LOG = re.compile(r"(?i)\.log\b|(^|[/_.-])(logs?|audit|journal)([/_.-]|$)")
_LOG_CLASS = re.compile(r"Log(?!in|out|ic)|Audit|Journal")


def contents(machine: Machine, value: Value, state: State) -> Taints:
    """Return the marks of what was written into a file, given by its path or as it was opened."""
    if not machine.contents:
        return NO_TAINTS
    found = []
    for option in options(value):
        held = state.object(option)
        name = held.items.get("name", UNKNOWN) if held is not None and held.kind == "file" else option
        if _is_known(name):
            found.append(machine.contents.get(name, NO_TAINTS))
    return merged(found)


def _is_known(name: Value) -> bool:
    """Whether a path is known well enough to tell it from others."""
    if type(name) is Const:
        return isinstance(name.value, str) and bool(name.value)
    return type(name) is Opaque and (bool(name.prefix) or bool(name.taints))


def _filled(machine: Machine, path: Value, data: Value | None, state: State) -> None:
    taints = frozenset(t for t in (NO_TAINTS if data is None else state.taints(data)) if t.label != PARAMETER)
    for option in options(path):
        held = state.object(option)
        name = held.items.get("name", UNKNOWN) if held is not None and held.kind == "file" else option
        if taints and _is_known(name):
            machine.contents[name] = merged((machine.contents.get(name, NO_TAINTS), taints))


def _opened(machine: Machine, site: Site) -> Value | None:
    """`open(path, mode)`, `path.open(mode)`."""
    is_method = site.receiver is not None
    path = site.receiver if is_method else site.first(0, "file")
    mode = site.first(0 if is_method else 1, "mode")
    if path is None:
        return None
    if type(mode) is Const and isinstance(mode.value, str) and not _WRITES.isdisjoint(mode.value):
        return machine.new(Object("file", {"name": path}, None, None, _kind(path, site)), site.state)
    found = contents(machine, path, site.state)
    return Opaque(found, "file") if found else None


def _kind(path: Value, site: Site) -> str:
    """Tell a log from other files: by its name or, where any caller chooses that, by what the class is called."""
    owner, mode = site.state.frame.owner, site.first(1, "mode")
    appends = type(mode) is Const and str(mode.value).startswith("a")
    if appends and owner is not None and _is_given(path) and _LOG_CLASS.search(owner.name):
        return "log.file"
    texts = [
        each.value if type(each) is Const else each.prefix if type(each) is Opaque else "" for each in options(path)
    ]
    return "log.file" if any(isinstance(text, str) and _LOG.search(text) for text in texts) else "io.file"


def _is_given(path: Value) -> bool:
    taints = taints_of(path)
    return bool(taints) and all(taint.label == PARAMETER for taint in taints)


def _temporary_name(machine: Machine) -> Opaque:
    return Opaque(type="str", prefix=f"/tmp/{machine.serial()}{SOMETHING}")  # noqa: S108 - a name, not a file


def _temporary(machine: Machine, site: Site) -> Value | None:
    return machine.new(Object("file", {"name": _temporary_name(machine)}, None, None, "io.file"), site.state)


def _made(machine: Machine, site: Site) -> Value | None:
    """`handle, name = tempfile.mkstemp()`."""
    name = _temporary_name(machine)
    handle = machine.new(Object("file", {"name": name}, None, None, "io.file"), site.state)
    return machine.new(sequence("tuple", [handle, name]), site.state)


def _same(machine: Machine, site: Site) -> Value | None:
    held = site.state.object(site.args[0]) if site.args else None
    return site.args[0] if held is not None and held.kind == "file" else None


def _written(machine: Machine, site: Site) -> Value | None:
    """`file.write(data)`, `path.write_bytes(data)`."""
    if site.receiver is not None and site.args:
        _filled(machine, site.receiver, site.args[0], site.state)
    return UNKNOWN


def _written_to(machine: Machine, site: Site) -> Value | None:
    """`os.write(handle, data)`."""
    if len(site.args) > 1:
        _filled(machine, site.args[0], site.args[1], site.state)
    return UNKNOWN


def _copied(machine: Machine, site: Site) -> Value | None:
    """`shutil.copyfileobj(source, target)`, `urlretrieve(address, path)`."""
    target = site.first(1, "filename")
    if target is not None and site.args:
        held = site.state.object(target)
        if held is not None and held.kind == "buffer":
            machine.call(
                machine.attribute(target, "write", site.node, site.state), site.args[:1], site.state, site.node
            )
        else:
            _filled(machine, target, site.args[0], site.state)
    return None


def _saved(machine: Machine, site: Site) -> Value | None:
    """`upload.save(path)`."""
    if site.receiver is not None and taints_of(site.receiver) and site.args:
        _filled(machine, site.args[0], site.receiver, site.state)
    return None


def _read(machine: Machine, site: Site) -> Value | None:
    found = contents(machine, site.receiver, site.state) if site.receiver is not None else NO_TAINTS
    return Opaque(found) if found else None


MODELS: dict[str, Model] = {
    **dict.fromkeys(("open", "io.open", "aiofiles.open", "pathlib.Path.open"), _opened),
    **dict.fromkeys(
        (
            "tempfile.NamedTemporaryFile", "tempfile.TemporaryFile", "tempfile.SpooledTemporaryFile",
            "aiofiles.tempfile.NamedTemporaryFile",
        ),
        _temporary,
    ),
    **dict.fromkeys(
        (
            "io.file.write", "io.file.writelines", "log.file.write", "log.file.writelines", "pathlib.Path.write_bytes",
            "pathlib.Path.write_text",
        ),
        _written,
    ),
    **dict.fromkeys(("io.file.read", "io.file.readline", "pathlib.Path.read_bytes", "pathlib.Path.read_text"), _read),
    **dict.fromkeys(("file.save", "*.save"), _saved),
    **dict.fromkeys(("shutil.copyfileobj", "urllib.request.urlretrieve", "wget.download"), _copied),
    "tempfile.mkstemp": _made, "os.fdopen": _same, "os.write": _written_to,
}  # fmt: skip
