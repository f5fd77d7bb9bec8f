"""What must not arrive where: sinks and misuses, held against the values of a call or an assignment."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import files
from ambient_lsp.analyzers.taint.beginnings import NO_DOTS, NO_ROOT
from ambient_lsp.analyzers.taint.catalogue import lookup
from ambient_lsp.analyzers.taint.conditions import holds
from ambient_lsp.analyzers.taint.containers import ENVIRON
from ambient_lsp.analyzers.taint.folding import NAME
from ambient_lsp.analyzers.taint.machine import LEVELS, Hit, Verdict
from ambient_lsp.analyzers.taint.site import Site
from ambient_lsp.analyzers.taint.syntax import place
from ambient_lsp.analyzers.taint.values import (
    HARMLESS_TYPES,
    NO_HOST,
    NO_TAINTS,
    ONE_LINE,
    PARAMETER,
    QUOTED,
    RANDOM,
    SOMETHING,
    Const,
    Opaque,
    Step,
    Symbol,
    Taint,
    Value,
    options,
    taints_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.analyzers.taint.catalogue import Condition, Kind, Misuse, Sink
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import Object, State

_SHELLS = re.compile(r"(.*/)?(ba|z|k|da|c|tc|a)?sh(\.exe)?|cmd(\.exe)?|powershell(\.exe)?|pwsh")
_RUNS_ITS_OPTIONS = frozenset({"git", "hg", "ssh", "svn"})
_OF_CONTENTS = frozenset({"archive", "deserialization", "yaml", "xxe"})
"""Kinds for which what is in a file matters, not what it is called."""
_MARKUP = re.compile(r"(?i)html|svg|xml")
_PAGE = "start_response of a page"
"""The name under which a state notes that the headers of a WSGI response say that a page follows."""
_CONTAINERS = frozenset({"dict", "list", "tuple", "set"})
_SHELL_FLAGS = frozenset({"-c", "/c", "-Command", "-command", "/C"})
_FIXED_HOST = re.compile(
    rf"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#\\]+[/?#]|/(?![/\\])|[?#]|[a-zA-Z0-9_.-]+/|{SOMETHING}(?!://)[^/?#\\]*[/?#]"
)
_SECRET = re.compile(
    r"(?i)(^|_)(tokens?|passwords?|passwd|passphrase|secret|otp|nonce|salt|csrf|api_?key|session_?id|session_?key|session_?token"
    r"|reset_?code|auth_?code|verification_?code|pin|remember_?me|cookie)s?($|_)"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SPECIFIER = re.compile(r"%(?!%)[-#0 +]*\d*(?:\.\d+)?([a-zA-Z])")
_PRINTED = re.compile(r"(?:\A|\n)(Set-Cookie|Location|Refresh|Link|Status|Content-\w+|X-[\w-]+|Access-Control-[\w-]+):")
"""How a line begins that can only be a header which a script writes out."""
_EMPTY_LINE = re.compile(r"\r?\n\r?\n")
_FIXED_FOLDER = re.compile(rf"(/|[A-Za-z]:)[^{SOMETHING}]*$")
_ESCAPING = re.compile(r"comes back from `\w*(escape|quote|sanit|clean)")
"""What the program's own escaping gave: enough to doubt a guess, not enough to trust what a request sends."""
_OF_ONE_FILE = frozenset({PARAMETER, RANDOM})
"""Marks that are a guess: in another file nobody can tell any more, and its own analysis sees its own parameters."""
_LOOK = re.compile(r"(?i)(ui_)?(theme|dark(_?mode)?|colou?r_?scheme|font(_?size)?|layout|density)")
"""What a visitor may set as they like: it changes nothing but how things look to themselves."""
_COUNTING = re.compile(
    r"(?i)(count|max|min|num|len|size|limit|index|type|name|field|header|prefix|file|path|pattern)s?$"
)


def check(machine: Machine, site: Site) -> None:
    """Hold a call against the sinks and misuses of its name."""
    if not machine.rules.knows_calls(site.names):
        return
    if site.names[0] == "wsgi.start_response":
        site.state.names[_PAGE] = Const(_of_page(site))
    applies = machine.applies(site.receiver_name)
    for sink in lookup(machine.rules.sinks, site.names, applies):
        if _applies(machine, sink.conditions, sink.exceptions, site):
            values = [value for spec in sink.arguments for value in site.argument(spec)]
            if sink.kind == "log":
                values = _without_spelled(site, values)
            _arrives(machine, sink, values, site.node, site.state, site.names[0])
    for misuse in lookup(machine.rules.misuses, site.names, applies):
        if _applies(machine, misuse.conditions, misuse.exceptions, site):
            _misused(machine, misuse, site)


def _of_page(site: Site) -> bool:
    """Whether the headers of `start_response(status, headers)` say that a page follows."""
    headers = [leaf for arg in site.args[1:2] for leaf in site.state.leaves(arg)]
    return any(map(_says_html, headers))


def _says_html(value: Value) -> bool:
    return type(value) is Const and isinstance(value.value, str) and "html" in value.value


def _without_spelled(site: Site, values: list[Value]) -> list[Value]:
    """Leave out what a log call writes as a number or with `%r`, as all in a container is: no line break is left."""
    values = [value for value in values if value is not site.keywords.get("extra")]
    text = site.args[0] if site.args else None
    if type(text) is Const and isinstance(text.value, str):
        kinds = _SPECIFIER.findall(text.value)
        if "%(" not in text.value:
            values = [value for value in values if not _is_container(value, site.state)]
    elif isinstance(site.node, ast.Call) and site.node.args and isinstance(site.node.args[0], ast.BinOp):
        kinds = _SPECIFIER.findall(_constant_parts(site.node.args[0]))  # `logger.info(prefix + ": %r", value)`
    else:
        return values
    harmless = [value for value, kind in zip(site.args[1:], kinds, strict=False) if kind not in "sc"]
    return [value for value in values if not any(value is other for other in harmless)]


def _is_container(value: Value, state: State) -> bool:
    held = state.object(value)
    return (held is not None and held.kind in _CONTAINERS) or (
        type(value) is Opaque and value.type in (ENVIRON, "dict")
    )


def _constant_parts(node: ast.expr) -> str:
    """Return the constants of a sum of texts, in their order."""
    if isinstance(node, ast.BinOp):
        return _constant_parts(node.left) + _constant_parts(node.right)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def stored(machine: Machine, target: ast.Subscript, owner: Value, key: Value, value: Value, state: State) -> None:
    """Hold `owner[key] = value` against the sinks."""
    names = _names_of(machine, owner, state)
    if isinstance(target.value, ast.Attribute):
        names = (*names, f"*.{target.value.attr}")
    site = Site(target, state, (), {"key": key, "value": value})
    sinks = [
        sink
        for sink in lookup(machine.rules.stores, names, machine.applies())
        if _applies(machine, sink.conditions, sink.exceptions, site)
    ]
    exact = [sink for sink in sinks if sink.conditions]
    for sink in exact or sinks:
        if sink.kind == "trust" and type(key) is Const and _LOOK.fullmatch(str(key.value)):
            continue
        values = {"value": [value], "key": [key], "both": [key, value]}[sink.which]
        _arrives(machine, sink, values, target, state, names[0])
    if type(key) is Const and str(key.value).lower() == "content-type":
        _typed(machine, target, value, state)
    if type(key) is Const and isinstance(key.value, str):
        _secret(machine, key.value, value, target, state)


def assigned(machine: Machine, target: ast.Attribute, owner: Value, value: Value, state: State) -> None:
    """Hold `owner.name = value` against the sinks."""
    names = (*(f"{name}.{target.attr}" for name in _names_of(machine, owner, state)), f"*.{target.attr}")
    machine.meet_attribute(target, owner, value, state)
    if target.attr in ("mimetype", "content_type"):
        _typed(machine, target, value, state)
    held = state.object(owner)
    known = {} if held is None else {key: item for key, item in held.items.items() if isinstance(key, str)}
    site = Site(target, state, (), {**known, target.attr: value})
    for sink in lookup(machine.rules.assigns, names, machine.applies()):
        if _applies(machine, sink.conditions, sink.exceptions, site):
            values = [item for spec in sink.arguments for item in site.argument(spec)] if sink.arguments else [value]
            _arrives(machine, sink, values, target, state, names[0])


def returned(machine: Machine, node: ast.expr, value: Value, state: State) -> None:
    """Hold what a handler returns against the kind of sink that its caller is. Only text is shown as it is."""
    if state.frame.returns == "page" and state.names.get(_PAGE) != Const(True):
        return
    for option in options(value):
        held = state.object(option)
        if held is not None and held.kind == "list" and state.frame.returns == "page":
            option = state.whole(held.all())
        if held is not None and held.kind == "tuple" and held.items:
            parts = list(held.items.values())
            if any(_says_plain(state.object(part)) for part in parts[1:]):
                continue
            option = parts[0]
        if type(option) is Opaque and option.type in ("", "str", "bytes"):
            _hit(machine, state.frame.returns, "", frozenset(), option, node, state, "the response", "")


def _says_plain(headers: Object | None) -> bool:
    """Whether headers say that a response is no page."""
    for key, value in headers.items.items() if headers is not None and headers.kind == "dict" else ():
        if str(key).lower() == "content-type" and _is_plain(value):
            return True
    return False


def _is_plain(value: Value) -> bool:
    return type(value) is Const and isinstance(value.value, str) and _MARKUP.search(value.value) is None


def answered(machine: Machine, target: ast.expr, made: ast.expr, state: State) -> None:
    """Note which response a variable holds, in case its type is set afterwards."""
    key = ("AMB-SEC-XSS", machine.here(place(state.frame.scope.path, made)))
    if isinstance(target, ast.Name) and key in machine.hits:
        machine.responses[id(state.frame.node), target.id] = key


def _typed(machine: Machine, target: ast.expr, value: Value, state: State) -> None:
    """Take back what was said of a response that turns out to be no page."""
    owner = target.value if isinstance(target, ast.Attribute | ast.Subscript) else target
    owner = owner.value if isinstance(owner, ast.Attribute) else owner
    if isinstance(owner, ast.Name) and _is_plain(value):
        key = machine.responses.pop((id(state.frame.node), owner.id), None)
        if key is not None:
            machine.hits.pop(key, None)


def named(machine: Machine, target: ast.expr, value: Value, state: State) -> None:
    """Notice predictable numbers that become a secret by the name they are given."""
    if isinstance(target, ast.Name | ast.Attribute):
        _secret(machine, target.id if isinstance(target, ast.Name) else target.attr, value, target, state)


def made_secret(machine: Machine, name: str, node: ast.expr, value: Value, state: State) -> None:
    """Notice predictable numbers that a function returns as the secret it is named after."""
    _secret(machine, name, value, node, state)


def _secret(machine: Machine, name: str, value: Value, node: ast.expr, state: State) -> None:
    snake = _CAMEL.sub("_", name)
    if _SECRET.search(snake) is None or _COUNTING.search(snake) is not None:
        return
    if any(taint.label == RANDOM for taint in state.taints(value)):
        _hit(machine, "secret", "", frozenset(), value, node, state, f"`{name}`", "")


def _names_of(machine: Machine, owner: Value, state: State) -> tuple[str, ...]:
    held = state.object(owner)
    if held is not None:
        return (held.type,) if held.type else ("",)
    if type(owner) is Symbol:
        return (machine.rules.name(owner.name),)
    return (owner.type,) if type(owner) is Opaque and owner.type else ("",)


# --------------------------------------------------------------------------------------------------- conditions


def _applies(
    machine: Machine, conditions: Mapping[str, Condition], exceptions: Mapping[str, Condition], site: Site
) -> bool:
    if not fulfilled(machine, conditions, site):
        return False
    return not any(_fulfilled(machine, key, wanted, site) for key, wanted in exceptions.items())


def fulfilled(machine: Machine, conditions: Mapping[str, Condition], site: Site) -> bool:
    """Whether the arguments of a call fulfil all conditions."""
    return all(_fulfilled(machine, key, wanted, site) for key, wanted in conditions.items())


def _fulfilled(machine: Machine, key: str, wanted: Condition, site: Site) -> bool:
    values = site.argument(int(key) if key.isdigit() else key)
    if wanted in ("given", "missing"):
        return bool(values) is (wanted == "given")
    if not values:
        return False
    return all(_is(option, wanted, site.state) for option in options(values[0]))


def _is(value: Value, wanted: Condition, state: State) -> bool:
    if isinstance(wanted, bool):
        return holds(value, state) is wanted
    found = _spelled(value, state).lower()
    choices = (wanted,) if isinstance(wanted, str) else wanted
    return any(found == choice.lower() for choice in choices)


def _spelled(value: Value, state: State) -> str:
    if type(value) is Const:
        return str(value.value)
    if type(value) is Symbol:
        return value.name
    if type(value) is Opaque:
        return value.type
    held = state.object(value)
    return held.type if held is not None else ""


# -------------------------------------------------------------------------------------------------------- sinks


def _arrives(machine: Machine, sink: Sink, values: list[Value], node: ast.expr, state: State, name: str) -> None:
    if sink.kind == "trust":
        values = [part for value in values for part in _deciding(value, state)]
    for step in sink.part.split("/") if sink.part else ():
        values = [part for value in values for part in _part(step, value, state)]
    for value in values:
        _hit(
            machine, sink.kind, sink.rule, sink.labels, value, node, state, f"`{name.removeprefix('*.')}`", sink.message
        )


def _deciding(value: Value, state: State) -> list[Value]:
    """Return what of a session's new items can decide about anything: how a page looks to its own visitor cannot."""
    held = state.object(value)
    if held is None or held.kind != "dict" or not any(_LOOK.fullmatch(str(key)) for key in held.items):
        return [value]
    kept = [item for key, item in held.items.items() if not _LOOK.fullmatch(str(key))]
    return kept if held.rest is None else [*kept, held.rest]


def _part(part: str, value: Value, state: State) -> list[Value]:
    """Return the part of an argument that a sink is about."""
    held = state.object(value)
    if part == "first":
        if held is None:
            return [value]
        return list(held.items.values())[:1] or ([] if held.rest is None else [held.rest])
    if part == "built":  # a folder of our own with a name in it
        return [value for value in options(value) if type(value) is Opaque and value.built]
    if part == "address":
        return [value for value in options(value) if type(value) is Opaque and value.type != "file" and not value.built]
    if part == "line":
        return [value] if held is None else _part("shell-line", value, state)
    if part == "options":
        return _options_of(held.sequence() if held is not None else None)
    if part == "shell-line":
        items = held.sequence() if held is not None else None
        if items and len(items) > 2 and type(items[0]) is Const and _SHELLS.fullmatch(str(items[0].value)):
            flags = [index for index, item in enumerate(items) if type(item) is Const and item.value in _SHELL_FLAGS]
            rest = items[flags[0] + 1 :] if flags else []
            return rest[:1] if str(items[0].value).endswith("sh") else rest  # what follows are `$0`, `$1`
        return []
    if part == "keys":
        return [held.rest] if held is not None and held.rest is not None else [value] if held is None else []
    return [held.items[part]] if held is not None and part in held.items else []


def _options_of(items: list[Value] | None) -> list[Value]:
    """Return the arguments of a program that runs what its options name, as far as nothing ends the options."""
    if not items or type(items[0]) is not Const or str(items[0].value).rpartition("/")[2] not in _RUNS_ITS_OPTIONS:
        return []
    ends = next((index for index, item in enumerate(items) if item in (Const("--"), Const("--end-of-options"))), None)
    return items[1:ends]


def _hit(
    machine: Machine,
    kind_name: str,
    rule: str,
    labels: frozenset[str],
    value: Value,
    node: ast.expr,
    state: State,
    what: str,
    message: str,
) -> None:
    kind = machine.rules.kinds.get(kind_name)
    if kind is None:
        return
    where = place(state.frame.scope.path, node)
    worst: tuple[int, Taint] | None = None
    given = False
    for option in state.leaves(value):
        marked = taints_of(option) | (
            files.contents(machine, option, state) if kind.name in _OF_CONTENTS else NO_TAINTS
        )
        for taint in sorted(marked, key=_first_to_come):
            if not _is_dangerous(kind, taint, option) or (taint.label in _OF_ONE_FILE and where.path != machine.path):
                continue
            given = given or taint.label == PARAMETER
            level = kind.levels.get(taint.label)
            if level is None or (labels and taint.label not in labels):
                continue
            if taint.label == PARAMETER and not (type(option) is Opaque and option.built):
                continue  # what a function passes on as it is, its callers answer for
            if taint.label == PARAMETER and kind.name == "sql" and taint.cleaned & {NAME, QUOTED}:
                continue
            if taint.label == PARAMETER and any(_ESCAPING.search(step.text) for step in taint.trail):
                continue
            if worst is None or LEVELS.index(level) > worst[0]:
                worst = (LEVELS.index(level), taint)
    if where.path == machine.path:
        _judge(machine, kind, node, value, state, worst, given)
    if worst is not None:
        taker = f"{what} takes it" if what.strip("`") else "it is kept"
        sink = Step(where, taker if what != "the response" else "it becomes the response")
        level = LEVELS[worst[0]]
        machine.report(Hit(rule or kind.rule, kind.name, level, machine.here(where), sink, worst[1], message))


def _first_to_come(taint: Taint) -> tuple[int, int, str]:
    """Sort marks by where they come in; those of one place by their words, since a set has no order of its own."""
    return taint.source.place.line, taint.source.place.column, taint.source.text


def _is_dangerous(kind: Kind, taint: Taint, value: Value) -> bool:
    if taint.is_clean_for(kind.name) or (kind.like and kind.like in taint.cleaned):
        return False
    if type(value) is Opaque and value.type in kind.ignores:
        return False
    if ONE_LINE in taint.cleaned and kind.rule == "AMB-SEC-HEADER":  # another header takes a line break
        return False
    built = type(value) is Opaque and value.built
    prefix = value.prefix if type(value) is Opaque else ""
    if taint.label in kind.built and not built:
        return False
    if kind.prefix == "url":
        if kind.name == "redirect" and prefix == "/":  # of which the rest may make `//evil.example`
            return NO_HOST not in taint.cleaned
        return _FIXED_HOST.match(prefix) is None
    if kind.prefix == "option":
        return not prefix and not built and not taint.cleaned & {"command", "ssrf", "log"}
    if kind.prefix == "printed" and _PRINTED.search(prefix) is None:
        return False
    if kind.prefix == "lines" and "\r\n" not in prefix:
        return False
    if kind.prefix in ("body", "lines", "printed"):
        return _EMPTY_LINE.search(prefix) is None
    if kind.prefix == "path":
        if taint.label == "cli" and not (built and _FIXED_FOLDER.match(prefix)):
            return False  # who starts a program may name any file
        return not (NO_DOTS in taint.cleaned and (built or NO_ROOT in taint.cleaned))
    return True


def _judge(
    machine: Machine,
    kind: Kind,
    node: ast.expr,
    value: Value,
    state: State,
    worst: tuple[int, Taint] | None,
    given: bool,
) -> None:
    """Note what is known of the values at this place, for the rules of other tools that find the same place."""
    if worst is not None:
        verdict = Verdict.PARAMETER if worst[1].label == PARAMETER else Verdict.TAINTED
    elif given:
        verdict = Verdict.PARAMETER
    else:
        verdict = Verdict.SAFE if is_known(value, kind.name, state) else Verdict.UNKNOWN
    where = place(machine.path, node)
    machine.verdicts[where] = max(verdict, machine.verdicts.get(where, Verdict.SAFE))


def is_known(value: Value, kind: str, state: State | None, depth: int = 0) -> bool:
    """Whether a value surely does no harm in a sink of this kind: constants, numbers, and what was made safe.

    Without a state, what is in containers is not known.
    """
    if depth > 4:
        return False
    for option in options(value):
        held = state.object(option) if state is not None else None
        if held is not None:
            inside = [*held.items.values(), *(() if held.rest is None else (held.rest,))]
            if not all(is_known(item, kind, state, depth + 1) for item in inside):
                return False
        elif type(option) is Opaque:
            cleaned = bool(option.taints) and all(taint.is_clean_for(kind) for taint in option.taints)
            if option.type not in HARMLESS_TYPES and not cleaned:
                return False
        elif type(option) is not Const:
            return False
    return True


# ------------------------------------------------------------------------------------------------------- misuse


def _misused(machine: Machine, misuse: Misuse, site: Site) -> None:
    values = [value for spec in misuse.arguments for value in site.argument(spec)]
    if misuse.values is not None:
        weak = any(
            misuse.values.fullmatch(_spelled(option, site.state)) is not None
            for value in values
            for option in options(value)
        )
        if not weak:
            _note_misuse(
                machine, site, known=bool(values) and all(type(o) is Const for v in values for o in options(v))
            )
            return
    missing = [key for key, wanted in misuse.require.items() if _lacks(machine, key, wanted, misuse, site)]
    if misuse.require and not missing:
        _note_misuse(machine, site, known=True)
        return
    where = place(site.state.frame.scope.path, site.node)
    detail = f"`{' and '.join(missing)}` not set" if missing else misuse.message
    sink = Step(where, detail or "a weak choice")
    machine.report(Hit(misuse.rule, "", misuse.level or "medium", machine.here(where), sink, None, detail))


def _note_misuse(machine: Machine, site: Site, *, known: bool) -> None:
    where = place(site.state.frame.scope.path, site.node)
    verdict = Verdict.SAFE if known else Verdict.UNKNOWN
    if where.path == machine.path:
        machine.verdicts[where] = max(verdict, machine.verdicts.get(where, Verdict.SAFE))


def _lacks(machine: Machine, key: str, wanted: Condition, misuse: Misuse, site: Site) -> bool:
    """Whether a call surely lacks what it should have. A value that nobody knows may be the right one."""
    values = site.argument(int(key) if key.isdigit() else key)
    if not values:
        return site.double is None and key in misuse.default
    found = [holds(option, site.state) if isinstance(wanted, bool) else None for option in options(values[0])]
    if isinstance(wanted, bool):
        return all(outcome is (not wanted) for outcome in found)
    return not _fulfilled(machine, key, wanted, site) and all(type(o) is Const for o in options(values[0]))
