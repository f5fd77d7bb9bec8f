"""A secret in the code becomes a look-up in the environment."""

from __future__ import annotations

import re

import libcst as cst

from ambient_lsp.analyzers.fixes.site import Change, Source, dotted, literal
from ambient_lsp.model import RiskLevel, Span

_OF_CALLS = {"jwt": "JWT_KEY", "jose": "JWT_KEY", "hmac": "HMAC_KEY", "cryptography": "ENCRYPTION_KEY",
             "Crypto": "ENCRYPTION_KEY", "Cryptodome": "ENCRYPTION_KEY", "itsdangerous": "SECRET_KEY"}  # fmt: skip


_SHORTEST = 8
_GENERAL = {
    "PASSWORD": "PASSWORD", "PASSWD": "PASSWORD", "PWD": "PASSWORD", "TOKEN": "TOKEN", "SECRET": "SECRET", "KEY": "KEY",
    "API_KEY": "API_KEY", "AUTHORIZATION": "API_TOKEN", "AUTH": "TOKEN",
}  # fmt: skip
"""Names that say what it is, and not what it opens; and how they are called in the environment."""
_OPENS = {
    **dict.fromkeys("psycopg2 psycopg pymysql MySQLdb mysql asyncpg aiomysql mariadb pymongo pyodbc".split(), "DB"),
    "smtplib": "SMTP", "imaplib": "IMAP", "ftplib": "FTP", "redis": "REDIS", "ldap3": "LDAP", "paramiko": "SSH",
}  # fmt: skip


def from_environment(source: Source, span: Span) -> Change | None:
    """Return `os.environ[NAME]` for a string that is given to a name, a key or a parameter."""
    node = source.around(span, cst.SimpleString)
    if node is None:
        argument = source.around(span, cst.Arg)
        node = argument.value if isinstance(argument, cst.Arg) else None
    if not isinstance(node, cst.SimpleString):
        return None
    name = _name(source, node)
    if name in _OF_CALLS.values() and len(str(node.evaluated_value)) < _SHORTEST:
        return None  # given to measure a digest, or to try something
    variable = re.sub(r"\W", "_", name.rsplit(".", 1)[-1]).strip("_").upper()
    # A default is known to everybody, and taking it from the environment would make it no better.
    if not variable or set(variable.split("_")) & {"DEFAULT", "LEGACY", "EXAMPLE", "TEST", "DEMO"}:
        return None
    scheme = re.match(r"(Bearer|Token|Basic) (?=\S)", str(node.evaluated_value))
    if variable in _GENERAL:
        variable = f"{prefix}_{_GENERAL[variable]}" if (prefix := _owner(source, node)) else _GENERAL[variable]
    code = f'os.environ["{variable}"]'
    if scheme is not None:
        code = f'"{scheme[0]}" + {code}'
    if "b" in node.prefix.lower():
        code += ".encode()"
    return Change(
        f"Read {variable} from the environment",
        f"The program needs {variable} in its environment from now on. The old value is in the history: change it.",
        RiskLevel.HIGH,
        {node: cst.parse_expression(code)},
        (("os", ""),),
    )


def _name(source: Source, node: cst.SimpleString) -> str:
    """Return what the secret is called; empty where it has no name, or where it is a default for every caller."""
    parent = source.parents.get(node)
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
        target = parent.targets[0].target
        if isinstance(target, cst.Subscript) and len(target.slice) == 1:
            index = target.slice[0].slice
            return (literal(index.value) or "") if isinstance(index, cst.Index) else ""
        return dotted(target)
    if isinstance(parent, cst.AnnAssign):
        return dotted(parent.target)
    if isinstance(parent, cst.DictElement) and parent.value is node:
        return literal(parent.key) or ""
    if isinstance(parent, cst.Arg):
        call = source.parents.get(parent)
        if isinstance(call, cst.Call) and (parent.keyword is None or parent.keyword.value == "key"):
            head = dotted(call.func).partition(".")[0]
            return _OF_CALLS.get(source.imported.get(head, head).partition(".")[0], "")
        return parent.keyword.value if parent.keyword is not None else ""
    return ""


def _owner(source: Source, node: cst.SimpleString) -> str:
    """Return what a secret with a general name opens: the module called, the table's key or name, or the class."""
    parent = source.parents.get(node)
    if isinstance(parent, cst.Arg) and isinstance(call := source.parents.get(parent), cst.Call):
        module = source.resolve(call.func).partition(".")[0]
        return _OPENS.get(module, "") or (_upper(module) if module in source.modules else "")
    if isinstance(parent, cst.DictElement):
        table = source.parents.get(parent)
        holder = source.parents.get(table) if table is not None else None
        if isinstance(holder, cst.DictElement):
            return _upper(literal(holder.key) or "")
        target = holder.targets[0].target if isinstance(holder, cst.Assign) else None
        name = _upper(dotted(target)) if target is not None else ""
        return "" if name in _SAYS_NOTHING else name
    above = parent
    while above is not None and not isinstance(above, cst.ClassDef | cst.FunctionDef):
        above = source.parents.get(above)
    if not isinstance(above, cst.ClassDef):
        return ""
    name = re.sub(r"(Settings|Config|Configuration|Options)$", "", above.name.value)
    name = _upper(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name))
    return "" if name in _SAYS_NOTHING else name


_SAYS_NOTHING = frozenset("HEADERS OPTIONS SETTINGS CONFIG DEFAULTS KWARGS PARAMS DATA PAYLOAD BASE".split())


def _upper(name: str) -> str:
    return re.sub(r"\W", "_", name).strip("_").upper()
