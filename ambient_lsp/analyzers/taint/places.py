"""Paths and addresses: what is put together, resolved, taken apart and joined, and where it may lead after that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import folding
from ambient_lsp.analyzers.taint.beginnings import NO_DOTS, NO_ROOT
from ambient_lsp.analyzers.taint.containers import items_of
from ambient_lsp.analyzers.taint.knowledge import RESOLVED
from ambient_lsp.analyzers.taint.values import (
    PARSED_URL,
    UNKNOWN,
    Const,
    Opaque,
    Taint,
    Value,
    clean,
    cleaned,
    either,
    merged,
    options,
)

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.site import Site


def _path_join(machine: Machine, site: Site) -> Value | None:
    """A part that begins with a slash makes all before it void."""
    parts: list[Value] = []
    for arg in site.args:
        if type(arg) is Const and isinstance(arg.value, str) and arg.value.startswith("/"):
            parts = []
        arg = _maybe_absolute(arg) if parts else arg
        parts += [Const("/"), arg] if parts and not _ends_in_slash(parts[-1]) else [arg]
    made = folding.concatenated(parts, site.state.taints) if parts else UNKNOWN
    if site.star is not None:
        made = Opaque(merged((site.state.taints(made), site.state.taints(site.star))), "str", folding.prefix_of([made]))
    return _as_path(made) if site.names[0].startswith("pathlib.") else made


def _maybe_absolute(part: Value) -> Value:
    """Return a part of a path, which needs no `..` to lead away if it may begin with a slash."""
    if type(part) is not Opaque or part.prefix or part.built:
        return part
    taints = frozenset(
        taint if NO_ROOT in taint.cleaned or NO_DOTS not in taint.cleaned
        else Taint(taint.label, taint.source, taint.cleaned - {NO_DOTS}, taint.trail)
        for taint in part.taints
    )  # fmt: skip
    return part if taints == part.taints else replace(part, taints=taints)


def _ends_in_slash(value: Value) -> bool:
    return type(value) is Const and isinstance(value.value, str) and value.value.endswith("/")


def _as_path(value: Value) -> Value:
    if type(value) is Const:
        return Opaque(type="pathlib.Path", prefix=str(value.value))
    if type(value) is Opaque:
        return replace(value, type="pathlib.Path")
    return either(_as_path(option) for option in options(value))


def _below(machine: Machine, site: Site) -> Value | None:
    """`path.joinpath(name)`, `path.with_name(name)`."""
    owner = site.receiver if site.receiver is not None else UNKNOWN
    parts: list[Value] = [owner]
    for arg in site.args:
        parts += [Const("/"), arg]
    return _as_path(folding.concatenated(parts, site.state.taints))


def _resolved(machine: Machine, site: Site) -> Value | None:
    value = site.args[0] if site.args else site.receiver
    if value is None:
        return None
    kind = "pathlib.Path" if site.names[0].startswith("pathlib.") else "str"
    if type(value) is Const:
        end = isinstance(value.value, str) and len(value.value) > 1  # a resolved path does not end in a separator
        return Const(value.value.rstrip("/") if end else value.value) if kind == "str" else _as_path(value)
    held = site.state.whole(value)
    return Opaque(clean(held.taints, frozenset({RESOLVED})), kind, held.prefix, held.built)


def _in_address(machine: Machine, site: Site) -> Value | None:
    """`quote(name, safe="")` leaves no separator."""
    if not site.args or (site.names[0].endswith(".quote") and site.first(1, "safe") != Const("")):
        return None
    return Opaque(clean(site.state.taints(site.args[0]), frozenset({"path"})), "str")


def _url(machine: Machine, site: Site) -> Value | None:
    value = site.args[0] if site.args else site.keywords.get("url", UNKNOWN)
    held = site.state.whole(value)
    return Opaque(held.taints, "urllib.parse.ParseResult")


def _url_of_parts(machine: Machine, site: Site) -> Value | None:
    """`urlunsplit((scheme, host, path, query, fragment))`."""
    parts = items_of(site.args[0], site.state) if site.args else None
    if parts is None or len(parts) < 3:
        return None
    scheme, host, *others = parts
    return folding.concatenated([scheme, Const("://"), host, Const("/"), *others], site.state.taints)


def _url_changed(machine: Machine, site: Site) -> Value | None:
    """`parts._replace(netloc="shop.example")`, which leads to no other host."""
    host = site.keywords.get("netloc")
    if site.receiver is None or host is None or site.state.taints(host):
        return site.receiver
    return cleaned(site.receiver, frozenset({"ssrf", "redirect"}))


def _url_join(machine: Machine, site: Site) -> Value | None:
    """A second part with a host of its own takes the place of the first."""
    return Opaque(merged(site.state.taints(each) for each in site.every()), "str")


_RESOLVING = (
    "os.path.realpath", "os.path.abspath", "os.path.normpath", "pathlib.Path.resolve", "pathlib.Path.absolute",
    "pathlib.PurePath.resolve",
)  # fmt: skip
MODELS = {
    **dict.fromkeys(_RESOLVING, _resolved),
    "os.path.join": _path_join, "posixpath.join": _path_join,
    "pathlib.Path": _path_join, "pathlib.PurePath": _path_join, "pathlib.PosixPath": _path_join,
    "pathlib.PurePosixPath": _path_join, "pathlib.Path.joinpath": _below, "pathlib.Path.with_name": _below,
    "urllib.parse.quote": _in_address, "urllib.parse.quote_plus": _in_address,
    "urllib.parse.urlparse": _url, "urllib.parse.urlsplit": _url, "urllib.parse.urljoin": _url_join,
    "urllib.parse.urlunsplit": _url_of_parts, "urllib.parse.urlunparse": _url_of_parts,
    f"{PARSED_URL}._replace": _url_changed,
}  # fmt: skip
