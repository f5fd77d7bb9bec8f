"""Fixes that set, change or remove one argument or one assigned value, as a table: which rule, which name, what value.

An argument is only changed where it stands in the call by keyword; a value only where it is a plain constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.site import Change, Site, dotted, keyword, starred, with_keyword, without_argument
from ambient_lsp.model import RiskLevel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.analyzers.fixes.site import Source
    from ambient_lsp.model import Span

LOW, MEDIUM, HIGH = RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH


@dataclass(frozen=True, slots=True)
class Argument:
    """What to do with an argument: `value` is its new code, "" takes it out. `add`: also where it is missing.

    `bad` are the values that are changed; any, where there are none.
    """

    name: str
    value: str
    title: str
    reason: str
    risk: RiskLevel
    bad: tuple[str, ...] = ()
    add: bool = False
    imports: tuple[tuple[str, str], ...] = ()


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
            add=True,
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
    if isinstance(assign, cst.Assign) and not (isinstance(call, cst.Call) and _inside(source, call, assign)):
        return _of_value(rule, source, assign)
    if not isinstance(call, cst.Call):
        return None
    site = Site(source, call, words)
    return _of_argument(rule, site) or _of_number(rule, site, span)


def _of_argument(rule: str, site: Site) -> Change | None:
    call = site.call
    for fix in OF_RULES.get(rule, ()):
        present = keyword(call, fix.name)
        if present is None and not (fix.add and not starred(call)):
            continue
        if present is not None and fix.bad and _code(present.value) not in fix.bad:
            return None
        name = _context_name(site) if fix.name == "context" else fix.name
        if not name:
            return None
        new = with_keyword(call, name, fix.value) if fix.value else without_argument(call, _certain(present))
        return Change(fix.title, fix.reason, fix.risk, {call: new}, fix.imports)
    return None


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
    new = values.get(dotted(assign.value))
    return Change(title, reason, risk, {assign.value: cst.parse_expression(new)}) if new is not None else None


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
