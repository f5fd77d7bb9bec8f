"""Fixes that set, change or remove one argument or one assigned value, as a table: which rule, which name, what value.

An argument is only changed where it stands in the call by keyword; a value only where it is a plain constant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.scopes import is_bound, names, scope_of
from ambient_lsp.analyzers.fixes.site import (
    Change,
    Site,
    dotted,
    keyword,
    literal,
    starred,
    with_keyword,
    without_argument,
)
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ambient_lsp.analyzers.fixes.site import Source
    from ambient_lsp.model import Span

LOW, MEDIUM, HIGH = RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH


@dataclass(frozen=True, slots=True)
class Argument:
    """What to do with an argument: `value` is its new code, "" takes it out. `add`: also where it is missing.

    `bad` are the values that are changed; any, where there are none. `calls` are the last names of what may be called;
    any, where there are none.
    """

    name: str
    value: str
    title: str
    reason: str
    risk: RiskLevel
    bad: tuple[str, ...] = ()
    add: bool = False
    imports: tuple[tuple[str, str], ...] = ()
    calls: tuple[str, ...] = ()


_WITHOUT_NETWORK = "Checks have no network, so no check can show this: a person decides."
_CERTIFICATE = "A server with a certificate of its own making will be refused. " + _WITHOUT_NETWORK
_OVER_HTTP = "The browser no longer sends it over plain HTTP, so logging in there stops working."


def _certificate(name: str, *bad: str) -> Argument:
    return Argument(name, "", "Check the server's certificate", _CERTIFICATE, HIGH, bad)


OF_RULES: Mapping[str, tuple[Argument, ...]] = {
    "AMB-SEC-NO-TIMEOUT": (
        Argument(
            "timeout", "30", "Give the request a timeout of 30 seconds",
            "A server that does not answer within 30 seconds is an error, in place of a wait without end.",
            MEDIUM, ("None",), add=True,
        ),
    ),
    "AMB-SEC-NO-TLS-VERIFY": (
        Argument(
            "verify", "", "Check the server's certificate",
            "A server with a certificate of its own making will be refused; give its authority with `verify=<path>`. "
            + _WITHOUT_NETWORK, HIGH, ("False",),
        ),
        _certificate("ssl", "False"), _certificate("verify_ssl", "False"), _certificate("verify_certs", "False"),
        _certificate("validate_cert", "False"), _certificate("cert_reqs"), _certificate("ssl_cert_reqs"),
        _certificate("tlsAllowInvalidCertificates", "True"),
    ),
    "AMB-SEC-MAIL-TLS": (
        Argument("context", "ssl.create_default_context()", "Check the server's certificate", _CERTIFICATE, HIGH,
                 add=True, imports=(("ssl", ""),)),
    ),
    "AMB-SEC-TLS-HOSTNAME": (
        _certificate("assert_hostname", "False"), _certificate("tlsAllowInvalidHostnames", "True"),
    ),
    "AMB-SEC-FLASK-DEBUG": (
        Argument(
            "debug", "", "Switch Flask's debugger off", "For work on your own machine there is `flask run --debug`.",
            MEDIUM, ("True",),
        ),
    ),
    "AMB-SEC-DEBUG": (
        Argument("debug", "", "Switch debug mode off", "Visitors see a plain error page from now on.", MEDIUM,
                 ("True",)),
    ),
    "AMB-SEC-COOKIE-SECURE": (
        Argument("secure", "True", "Send the cookie over HTTPS only", _OVER_HTTP, MEDIUM, ("False", "None"), add=True),
    ),
    "AMB-SEC-COOKIE-HTTPONLY": (
        Argument(
            "httponly", "True", "Keep the cookie from scripts",
            "The page's own JavaScript cannot read it any more either.", MEDIUM, ("False", "None"), add=True,
        ),
    ),
    "AMB-SEC-COOKIE-SAMESITE": (
        Argument(
            "samesite", '"Lax"', "Send the cookie to its own site only",
            "Forms and frames on other sites no longer carry it.", HIGH,
        ),
    ),
    "AMB-SEC-EXTRACT": (
        Argument(
            "filter", '"data"', "Refuse members that lead outside the folder",
            "Members with absolute names, `..`, links that lead out, or devices raise an error. Needs Python 3.12, or "
            "a 3.8 to 3.11 with the security release of June 2023.", MEDIUM, ('"fully_trusted"', "'fully_trusted'"),
            add=True, calls=("extract", "extractall", "unpack_archive"),
        ),
    ),
    "AMB-SEC-XML": (
        Argument("resolve_entities", "False", "Leave entities as they are", "A document cannot read files any more.",
                 MEDIUM, ("True",)),
        Argument("no_network", "True", "Keep the parser off the network", "A document cannot call addresses any more.",
                 MEDIUM, ("False",)),
        Argument("load_dtd", "False", "Do not load document types", "A document cannot read files any more.", MEDIUM,
                 ("True",)),
    ),
    "AMB-SEC-XML-BOMB": (
        Argument("huge_tree", "", "Keep the parser's limits", "Very deep or large documents are refused.", MEDIUM,
                 ("True",)),
    ),
    "AMB-SEC-LOAD-OBJECTS": (
        Argument("allow_pickle", "", "Load plain arrays only", "A file with objects in it is refused.", HIGH,
                 ("True",)),
        Argument("weights_only", "True", "Load the weights only", "A file with other objects in it is refused.", HIGH,
                 ("False",), add=True),
    ),
    "AMB-SEC-RPC-EXPOSED": (
        Argument("allow_dotted_names", "", "Let callers reach the object's own methods only",
                 "Calls of `a.b` by name are refused.", MEDIUM, ("True",)),
    ),
    "AMB-SEC-AUTOESCAPE": (
        Argument(
            "autoescape", "True", "Escape values in templates",
            "Right for pages. Templates of plain text would come out escaped too, so a person decides.", HIGH,
            ("False",), add=True,
        ),
    ),
}  # fmt: skip
_NUMBERS = {
    "AMB-SEC-WEAK-KEY": ("2048", "Make the key 2048 bits long", "Keys that exist stay as they are.", MEDIUM),
    "AMB-SEC-SHORT-SECRET": (
        "16", "Make the secret 16 bytes long", "It becomes longer; look whether it still fits where it is kept.", MEDIUM
    ),
}  # fmt: skip
_VALUES: Mapping[str, tuple[Mapping[str, str], str, str, RiskLevel]] = {
    "AMB-SEC-NO-TLS-VERIFY": (
        {"False": "True", "ssl.CERT_NONE": "ssl.CERT_REQUIRED", "CERT_NONE": "CERT_REQUIRED",
         "ssl._create_unverified_context": "ssl.create_default_context"},
        "Check the server's certificate", _CERTIFICATE, HIGH,
    ),
    "AMB-SEC-TLS-HOSTNAME": ({"False": "True"}, "Check the host name of the certificate", _CERTIFICATE, HIGH),
    "AMB-SEC-OLD-TLS": (
        {f"ssl.TLSVersion.{old}": "ssl.TLSVersion.TLSv1_2" for old in ("SSLv3", "TLSv1", "TLSv1_1")},
        "Ask for TLS 1.2 at least", "Very old peers are refused. " + _WITHOUT_NETWORK, MEDIUM,
    ),
    "AMB-SEC-COOKIE-SECURE": ({"False": "True"}, "Send the cookie over HTTPS only", _OVER_HTTP, MEDIUM),
    "AMB-SEC-COOKIE-HTTPONLY": (
        {"False": "True"}, "Keep the cookie from scripts", "The page's own JavaScript cannot read it any more either.",
        MEDIUM,
    ),
    "AMB-SEC-FLASK-DEBUG": ({"True": "False"}, "Switch Flask's debugger off",
                            "For work on your own machine there is `flask run --debug`.", MEDIUM),
    "AMB-SEC-DEBUG": ({"True": "False"}, "Switch debug mode off", "Visitors see a plain error page from now on.",
                      MEDIUM),
}  # fmt: skip


def changed(rule: str, source: Source, span: Span, words: frozenset[str]) -> Change | None:
    """Return the change of an argument or a value at `span` that takes the weakness away; None where it is not sure."""
    call = source.around(span, cst.Call)
    assign = source.around(span, cst.Assign)
    entry = of_entry(rule, source, span)
    if entry is not None:
        return entry
    if isinstance(assign, cst.Assign) and not (isinstance(call, cst.Call) and _inside(source, call, assign)):
        return _of_value(rule, source, assign)
    if not isinstance(call, cst.Call):
        return None
    if rule == "AMB-SEC-AUTOESCAPE" and words & _PLAIN:
        return None
    site = Site(source, call, words)
    return _of_arguments(rule, site) or _of_variable(rule, site) or _of_number(rule, site, span)


_PLAIN = frozenset("mail email subject message text txt plain body config sql yaml toml json latex tex code script "
                   "markdown comment commit filename path command changelog".split())  # fmt: skip
"""Words of a template that makes no page, where what is escaped would be shown with its `&amp;`."""


def _of_arguments(rule: str, site: Site) -> Change | None:
    """Return the call with its argument set right: the first that is wrong, or for XML parsers each of them."""
    first: Argument | None = None
    unused: list[tuple[str, str]] = []
    new = site.call
    for fix in OF_RULES.get(rule, ()):
        present = keyword(new, fix.name)
        if fix.calls and (dotted(site.call.func).rpartition(".")[2] not in fix.calls or not _takes_filter(site)):
            return None
        if present is None and not (fix.add and not starred(new)):
            continue
        if present is not None and fix.bad and _code(present.value) not in fix.bad:
            if rule in _TOGETHER and _code(present.value) in ("True", "False"):
                continue
            return None  # what it is, is said elsewhere
        name = _context_name(site) if fix.name == "context" else fix.name
        if not name:
            return None
        unused += _imports_of(site, present)
        new = with_keyword(new, name, fix.value) if fix.value else without_argument(new, _certain(present))
        first = first or fix
        if rule not in _TOGETHER:
            break
    if first is None:
        return None
    return Change(first.title, first.reason, first.risk, {site.call: new}, first.imports, tuple(unused))


def _imports_of(site: Site, argument: cst.Arg | None) -> Iterator[tuple[str, str]]:
    """Yield the import that an argument names, as `Change.unused` has it: `ssl` of `cert_reqs=ssl.CERT_NONE`."""
    local = dotted(argument.value).partition(".")[0] if argument is not None else ""
    module, _, name = site.source.imported.get(local, "").rpartition(".")
    if name == local:
        yield (module, name) if module else (name, "")


_TOGETHER = frozenset({"AMB-SEC-XML"})
"""Rules whose weakness is gone only when every one of its arguments is set right."""


def _takes_filter(site: Site) -> bool:
    """Whether what is unpacked is known to be a tar: `shutil.unpack_archive` takes no filter for a zip."""
    if not dotted(site.call.func).endswith("unpack_archive"):
        return True
    kind = keyword(site.call, "format") or (site.call.args[2] if len(site.call.args) > 2 else None)
    told = literal(kind.value) if kind is not None else literal(site.call.args[0].value) if site.call.args else None
    return told is not None and re.search(r"(tar|\btgz)(\.\w+)?$", told) is not None


def _of_variable(rule: str, site: Site) -> Change | None:
    """Return the change of a variable that is only there to hold the argument: `verify = False`."""
    for fix in OF_RULES.get(rule, ()):
        present = keyword(site.call, fix.name)
        if present is None or not isinstance(present.value, cst.Name) or not fix.bad:
            continue
        scope: cst.CSTNode = scope_of(site.source, site.call)
        name = present.value.value
        if set(name.lower().split("_")) & {"no", "never", "not", "without", "unlimited", "forever", "insecure"}:
            return None  # it says what it is, and would then say something else
        if not any(is_bound(site.source, one) for one in names(scope, name)):
            scope = site.source.module
        uses = [one for one in names(site.source.module, name) if not isinstance(site.source.parents.get(one), cst.Arg)
                or one is present.value]  # fmt: skip
        bound = [one for one in uses if is_bound(site.source, one)]
        target = site.source.parents.get(bound[0]) if len(bound) == 1 else None
        assign = site.source.parents.get(target) if isinstance(target, cst.AssignTarget) else None
        if len(uses) != 2 or not isinstance(assign, cst.Assign) or _code(assign.value) not in fix.bad:
            return None
        new = cst.parse_expression(_OPPOSITE[_code(assign.value)])
        return Change(fix.title, fix.reason, fix.risk, {assign.value: new})
    return None


_OPPOSITE = {"True": "False", "False": "True", "None": "30"}


def of_entry(rule: str, source: Source, span: Span) -> Change | None:
    """Return the change of an entry of a table of options: `{"verify": False}`, `update(SESSION_COOKIE_SECURE=False)`.

    The span may be that of the table. More than one wrong entry is none.
    """
    known = {fix.name: fix for fix in OF_RULES.get(rule, ()) if fix.bad}
    table = source.around(span, cst.Dict)
    wrong = [
        (one, fix)
        for one in (table.elements if isinstance(table, cst.Dict) else ())
        if isinstance(one, cst.DictElement)
        and (fix := known.get(literal(one.key) or "")) is not None
        and _code(one.value) in fix.bad and _code(one.value) in _OPPOSITE
    ]  # fmt: skip
    if len(wrong) == 1 or (wrong and rule in _TOGETHER):
        fix = wrong[0][1]
        nodes: dict[cst.CSTNode, cst.CSTNode] = {
            one.value: cst.parse_expression(_OPPOSITE[_code(one.value)]) for one, _ in wrong
        }
        return Change(fix.title, fix.reason, fix.risk, nodes)
    argument = source.around(span, cst.Arg)
    if not isinstance(argument, cst.Arg) or argument.keyword is None or not argument.keyword.value.isupper():
        return None
    values, title, reason, risk = _VALUES.get(rule, ({}, "", "", MEDIUM))
    new = values.get(dotted(argument.value))
    return Change(title, reason, risk, {argument.value: cst.parse_expression(new)}) if new is not None else None


def _context_name(site: Site) -> str:
    """Return how the file's mail module calls the context; empty where it has modules of both kinds."""
    packages = {name.partition(".")[0] for name in site.source.imported.values()}
    other, plain = packages & {"imaplib", "poplib"}, packages & {"smtplib", "ftplib"}
    return "" if other and plain else "ssl_context" if other else "context"


def _of_number(rule: str, site: Site, span: Span) -> Change | None:
    """Return a longer size for a short one that stands in the call."""
    known = _NUMBERS.get(rule)
    node = site.source.around(span, cst.Integer)
    if known is None or node is None:
        return None
    value, title, reason, risk = known
    return Change(title, reason, risk, {node: cst.Integer(value)})


def _of_value(rule: str, source: Source, assign: cst.Assign) -> Change | None:
    known = _VALUES.get(rule)
    if known is None or len(assign.targets) != 1:
        return None
    values, title, reason, risk = known
    if rule in _OPTIONAL and on_condition(source, assign):
        return None
    if rule == "AMB-SEC-TLS-HOSTNAME" and "CERT_NONE" in source.module.code:
        return None  # `ssl` refuses to check the name of a certificate that it does not check
    new = values.get(dotted(assign.value))
    return Change(title, reason, risk, {assign.value: cst.parse_expression(new)}) if new is not None else None


_OPTIONAL = frozenset({"AMB-SEC-NO-TLS-VERIFY", "AMB-SEC-TLS-HOSTNAME", "AMB-SEC-OLD-TLS"})
"""Rules whose weakness is often an option that a user asks for; then a condition stands around it."""


def on_condition(source: Source, node: cst.CSTNode) -> bool:
    """Whether a condition of its function stands around a place."""
    above = source.parents.get(node)
    while above is not None and not isinstance(above, cst.FunctionDef | cst.If | cst.Else):
        above = source.parents.get(above)
    return isinstance(above, cst.If | cst.Else)


def _inside(source: Source, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
    above: cst.CSTNode | None = node
    while above is not None and above is not outer:
        above = source.parents.get(above)
    return above is outer


def _certain(argument: cst.Arg | None) -> cst.Arg:
    assert argument is not None  # noqa: S101  # what is not there is only ever added
    return argument


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)
