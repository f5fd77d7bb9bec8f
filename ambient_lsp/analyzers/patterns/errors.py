"""Errors: guards that an error opens, results nobody looks at, and what visitors are told when something fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.helpers import returned
from ambient_lsp.analyzers.patterns.match import Area, Call, CallPattern, Hit, always, names
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness
from ambient_lsp.analyzers.vocabulary import GUARD_WORDS, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_GUARDS = re.compile(
    r"(?i)^(is_|has_|can_|check_|verify_?|validate_|authenticate|authorize|login)?\w*"
    r"(auth|permission|allowed|access|admin|signature|token|password|credential|login|verified|certificate|captcha)"
)
_CHECKING = re.compile(
    r"(?i)\b(verify\w*|check_?(password|signature|permission|token|auth)\w*|authenticate|authorize|validate_"
    r"(token|signature|certificate|permission)\w*|compare_digest|checkpw|full_clean|require_\w*(login|auth)\w*)\("
)

ASSERT_GUARD = weakness(
    "ASSERT-GUARD", "medium", "617 670", "a04", "Access guarded by `assert`", "`python -O` leaves every assert out.",
    "`if not ...: raise PermissionError`.", "S101",
    example="def delete(user):\n    assert user.is_admin\n    remove()\n",
    better="def delete(user):\n    if not user.is_admin:\n        raise PermissionError\n    remove()\n",
)  # fmt: skip
FAIL_OPEN = weakness(
    "FAIL-OPEN", "high", "636 280", "a04", "Check that an error passes",
    "Who can make the check fail gets through it.", "",
    example="def is_allowed(user):\n    try:\n        return service.check(user)\n    except Exception:\n"
            "        return True\n",
    better="def is_allowed(user):\n    try:\n        return service.check(user)\n    except Exception:\n"
           "        return False\n",
)  # fmt: skip
SWALLOWED = weakness(
    "CHECK-IGNORED", "high", "390 391 703", "a04", "Failed check that is passed over",
    "The check says no by an error, and the program goes on.", "",
    example="def pay(token):\n    try:\n        verify_token(token)\n    except Exception:\n        pass\n"
            "    transfer()\n",
    better="def pay(token):\n    verify_token(token)\n    transfer()\n",
)  # fmt: skip
UNUSED = weakness(
    "CHECK-UNUSED", "high", "252", "a04", "Result of a check that nobody looks at", "Whatever it says, all go through.",
    example="import hmac\n\n\ndef pay(mac, given):\n    hmac.compare_digest(mac, given)\n    transfer()\n",
    better="import hmac\n\n\ndef pay(mac, given):\n    if hmac.compare_digest(mac, given):\n        transfer()\n",
)  # fmt: skip
SHOWN = weakness(
    "ERROR-SHOWN", "medium", "209 215 497", "a05", "Inside of the program shown to visitors",
    "Paths, statements and versions help who looks for a way in.", "",
    example="import traceback\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n@app.errorhandler(500)\n"
            "def failed(error):\n    return traceback.format_exc(), 500\n",
    better="import logging\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n@app.errorhandler(500)\n"
           'def failed(error):\n    logging.exception("failed")\n    return "Something went wrong.", 500\n',
)  # fmt: skip
ENVIRONMENT = weakness(
    "ENVIRONMENT-SHOWN", "high", "497 526", "a05", "Environment shown to visitors", "Keys and passwords live there.",
    example="import os\nfrom flask import jsonify\n\n\ndef info():\n    return jsonify(dict(os.environ))\n",
    better="from flask import jsonify\n\n\ndef info():\n    return jsonify(version=VERSION)\n",
)  # fmt: skip
SILENT = weakness(
    "LOG-OFF", "low", "778", "a09", "Logging switched off", "Nobody sees what happened, or that it happened.", "",
    example="import logging\n\nlogging.disable()\n",
    better='import logging\n\nlogging.getLogger("x").disabled = False\n',
)  # fmt: skip


_ACTOR = re.compile(
    r"\b(actor|current_user|principal|requester|viewer|(self\.)?request\.user|g\.user|user)\.\w*(id|role|tenant\w*|org\w*"
    r"|team\w*|group\w*|scopes?|email|account\w*|pk)\b\s*(==|!=|in\b|not in\b)"
    r"|(==|!=|\bin)\s*\(?(actor|current_user|principal|requester|viewer|(self\.)?request\.user|g\.user)\b"
)
_REFUSED = re.compile(
    r"except\s+\(?[\w., ]*\bAssertionError\b[^\n]*\n(?:[^\n]*\n){0,3}[^\n]*\b(40[0139]|422|abort|Forbidden)"
)
_REFUSING = re.compile(
    r"(?i)may not|not permitted|denied|forbidden|permission|unauthori[sz]ed|missing (scope|role|right)"
)
_RIGHTS = re.compile(
    r"(?i)\b(\w*user|client|principal|identity|claims|caller|actor|account|member|token|session)"
    r"(\.|\[['\"]|\.get\(['\"])(scopes?|roles?|permissions?|perms|groups?|grants?|privileges)\b"
)
"""What somebody is allowed, wherever it was read."""
_DECISIONS = frozenset({"comparison_operator", "boolean_operator", "not_operator", "call", "attribute", "identifier"})


def _asserts(module: Module) -> Iterator[Hit]:
    # Who answers a visitor with the error of an assert takes it for a guard.
    handled = "AssertionError" in module.text and _REFUSED.search(module.text) is not None
    for node in module.nodes("assert_statement"):
        condition = node.named_children[0] if node.named_children else None
        # Only the condition itself counts: most asserts state what must be true anyhow, and guard nothing.
        about = words(code(condition))
        named = about & GUARD_WORDS
        said = code(node.named_children[1]) if len(node.named_children) > 1 else ""
        refused = not code(condition).startswith("isinstance(") and _REFUSING.search(said) is not None
        if named == {"allowed"} and not refused and not about & {"user", "access", "request", "actor", "role", "roles"}:
            continue  # a body, a method or a file may be allowed too
        if _TYPED.match(code(condition)) is not None or _is_choice(condition):
            continue
        if (
            named
            or _CHECKING.search(code(condition))
            or _GUARD.search(code(condition))
            or _of_request(module, condition)
            or _of_caller(module, node, condition)
            or _ACTOR.search(code(condition)) is not None
            or _of_owner(condition)
            or _of_rights(module, condition)
            or _of_somebody(condition)
            or (handled and condition is not None and condition.type in _DECISIONS and not _is_size(condition))
        ):
            yield Hit(ASSERT_GUARD, node)


_TYPED = re.compile(r"(?:\w+\.)*is_?(?:bytes|str|string|text|int|bool|list|dict|callable|basestring|unicode)\(")
"""`is_bytes(lock["owner"])`: what kind of value it is, and not whose."""


def _is_choice(condition: Node | None) -> bool:
    """Whether `key in (None, "type", "owner")` says which word it is, and not whose something is."""
    if condition is None or condition.type != "comparison_operator" or len(condition.named_children) != 2:
        return False
    left, right = condition.named_children
    listed = right.type in ("tuple", "list", "set") and all(
        one.type in ("string", "none") for one in right.named_children
    )
    return listed and code(left) in ("key", "name", "field", "attribute", "attr", "column", "option", "kind", "mode")


_OWNED = re.compile(
    r"(?<![\w.])(?!self\.)\w+(?:\.\w+)*\.(?P<what>tenant|owner|author|organi[sz]ation|org|workspace|account|customer)(?:_id|_pk)?"
    r"\s*(?:==|!=|is)\s*(?!None\b)(?:[\w.]*\b)?(?P=what)(?:_id|_pk)?\b"
    r"|\b(?P<other>tenant|owner|author|organi[sz]ation|org|workspace|account|customer)(?:_id|_pk)?"
    r"\s*==\s*(?!self\.)\w+(?:\.\w+)*\.(?P=other)(?:_id|_pk)?\b"
    r"|(?!self\.)\b\w+(?:\.\w+)*\.(?:owner|author|user|tenant|account|customer)(?:_id|_pk)?\s*==\s*(?:[\w.]*\.)?"
    r"(?:user|user_id|current_user|principal|viewer|caller|requester|member)(?:\.(?:id|pk|tenant\w*))?\s*$"
)
"""`document.tenant == tenant`, `note.owner_id == user.id`: whose it is, held against who asks."""


def _of_owner(condition: Node | None) -> bool:
    return condition is not None and _OWNED.search(code(condition)) is not None


def _of_rights(module: Module, condition: Node | None) -> bool:
    """Whether a comparison is with the rights of who asks: `scope in granted`, which are `set(client.scopes)`."""
    if condition is None or condition.type != "comparison_operator":
        return False
    texts = (code(condition), *(code(module.origin(one)) for one in _names(condition)))
    return any(_RIGHTS.search(text) for text in texts)


_ASKED = re.compile(
    r"\b(?:\w*user|operator|actor|principal|caller|viewer|requester|identity|member|account|employee|staff|worker)"
    r"\.(?:may|can|has_(?:role|right|scope|perms?|access)|is_(?:admin|owner|member|manager|granted)|allows?|holds)\w*\("
)
"""`operator.may(role)`: asks somebody whether they are allowed to."""


def _of_somebody(condition: Node | None) -> bool:
    return condition is not None and _ASKED.search(code(condition)) is not None


def _is_size(condition: Node) -> bool:
    """Whether a condition is about how long something is, which is what it must be."""
    return re.fullmatch(r"len\([\w.]+\)\s*==\s*\w+|isinstance\(.*\)|.* is not None", code(condition)) is not None


_SESSION = re.compile(
    r"""['"](\w*user\w*|logged_in|authenticated|role|uid|account\w*)['"]\s+in\s+(\w+\.)?session\b"""
    r"""|\b(request|self|flask|g)?\.?session(\.get\(|\[)['"](\w*user\w*|logged_in|role|uid|account\w*)['"]"""
)
_INSIDE = re.compile(r"(\.startswith\(|\.is_relative_to\(|\bcommonpath\(|['\"]\.\.[/\"'])")
_LOOKS = re.compile(
    r"\.(isdigit|isalnum|isdecimal|isidentifier|isnumeric|startswith|endswith)\(|\bre\.\w*match\(|\blen\("
)
_ROUTE = re.compile(r"@[\w.]*\.?(route|get|post|put|patch|delete|websocket|api_view|view)\(")


def _of_caller(module: Module, node: Node, condition: Node | None) -> bool:
    """Whether an assert checks a session, a path, or what a visitor sent, in whatever way."""
    text = code(condition)
    if _SESSION.search(text):
        return True
    if (
        condition is None
        or text.startswith("isinstance(")
        or any(one.type == "none" for one in condition.named_children)
    ):
        return False
    origins = " ".join(code(module.origin(one)) for one in _names(condition) if one.type == "identifier")
    if _LOOKS.search(text) and _REQUESTED.search(origins):
        return True
    if _INSIDE.search(text) and re.search(r"realpath|abspath|\.resolve\(|normpath", origins + text):
        return True
    function = module.function(node)
    outer = function.parent if function is not None else None
    if (
        function is None
        or outer is None
        or outer.type != "decorated_definition"
        or not _ROUTE.search(code(outer)[:400])
    ):
        return False
    parameters = function.child_by_field_name("parameters")
    given = {code(one.child_by_field_name("name") or next(iter(one.named_children), one))
             for one in (parameters.named_children if parameters is not None else ())}  # fmt: skip
    if _was_loaded_by(module, condition):
        return False
    compared = condition.type in ("comparison_operator", "boolean_operator") or _LOOKS.search(text) is not None
    return compared and any(
        code(one).partition(".")[0] in given - {"self", "request", "db"} for one in _names(condition)
    )


def _was_loaded_by(module: Module, condition: Node) -> bool:
    """Whether `post.id == post_id` only says again by what the post was loaded."""
    found = re.fullmatch(r"(\w+)\.(?:id|pk|key|slug|name|uuid)\s*==\s*(\w+)", code(condition))
    if found is None:
        return False
    owners = [one for one in _names(condition) if code(one) == found[1]]
    return any(re.search(rf"\b{found[2]}\b", code(module.origin(one))) is not None for one in owners)


_REQUESTED = re.compile(
    r"\b(self\.)?request\.(args|form|GET|POST|values|json|data|body|get_json|get_data|query_params|files|headers|cookies"
    r"|META|stream|query|match_info|get_argument)\b|\bself\.get_(query_|body_)?argument\("
)
_CONVERSION = re.compile(r"^(?:(?:int|float|str|bool|(?:decimal\.)?Decimal|json\.loads)\(|await |\()+")
_GUARD = re.compile(r"\b(has_perms?|has_permission|is_staff|is_superuser|is_valid)\b")
_REQUEST = re.compile(
    r"(await )?\(?\b(self\.)?request\.(args|form|GET|POST|values|json|data|body|get_json|query_params|files"
    r"|headers|cookies|META|get_data|match_info)\b"
)


def _of_request(module: Module, condition: Node | None) -> bool:
    """Whether a comparison is of what the visitor sent."""
    if condition is None or condition.type not in ("comparison_operator", "boolean_operator"):
        return False
    if any(one.type == "none" for one in condition.named_children):
        return False
    names = _names(condition)
    if any(_REQUEST.match(code(module.origin(one))) for one in names) or _REQUEST.search(code(condition)):
        return True
    return any(_is_converted(module, one) and not _was_looked_at(module, one) for one in names)


def _is_converted(module: Module, name: Node) -> bool:
    """Whether a name holds what a visitor sent, as a number: `int(self.get_argument("n"))`, `int(body["n"])`."""
    origin = module.origin(name)
    text = _CONVERSION.sub("", code(origin))
    if _REQUEST.match(text) or _REQUESTED.match(text):
        return True
    whole = re.match(r"(\w+)(\[|\.get\()", text)
    return whole is not None and any(
        code(one) == whole[1] and _REQUEST.match(code(module.origin(one))) is not None for one in _names(origin)
    )


def _was_looked_at(module: Module, name: Node) -> bool:
    """Whether an `if` before has asked about it already, so that an assert behind it only says it again."""
    function = module.function(name)
    before = _before(function, name) if function is not None else ""
    return re.search(rf"(?m)^\s*(?:if|elif|while)\b[^\n]*\b{re.escape(code(name))}\b", before) is not None


def _open(module: Module) -> Iterator[Hit]:
    """Find a guard that answers yes when it fails."""
    for node in module.nodes("except_clause"):
        function = module.function(node)
        if function is None or not _GUARDS.match(code(function.child_by_field_name("name"))):
            continue
        last = _block(node)
        if last and code(last[-1]) == "return True" and not re.search(r"(?i)return True", _before(function, node)):
            yield Hit(FAIL_OPEN, last[-1])
        elif last and code(last[-1]) == "return True" and _is_broad(node):
            yield Hit(FAIL_OPEN, last[-1])


def _before(function: Node, node: Node) -> str:
    return code(function).encode()[: node.start_byte - function.start_byte].decode("utf-8", "replace")


def _is_broad(node: Node) -> bool:
    caught = [child for child in node.named_children if child.type != "block"]
    return not caught or code(caught[0]).split(" ")[0] in ("Exception", "BaseException")


def _block(node: Node) -> list[Node]:
    block = next((child for child in node.named_children if child.type == "block"), None)
    return [child for child in block.named_children if child.type != "comment"] if block is not None else []


def _swallowed(module: Module) -> Iterator[Hit]:
    """Find `try: verify(...) except: pass`, where the result of the check is in the error alone."""
    for node in module.nodes("except_clause"):
        inside = _block(node)
        if not inside or any(child.type not in ("pass_statement", "expression_statement") for child in inside):
            continue
        if any(child.type == "expression_statement" and not _only_logs(child) for child in inside):
            continue
        body = node.parent.child_by_field_name("body") if node.parent is not None else None
        checks = [
            one for one in (body.named_children if body is not None else ())
            if one.type == "expression_statement" and one.named_children
            and one.named_children[0].type in ("call", "await") and _CHECKING.search(code(one))
        ]  # fmt: skip
        if checks and _is_broad(node):
            yield Hit(SWALLOWED, checks[0])


def _only_logs(node: Node) -> bool:
    return re.match(r"(logging|logger|log|self\.log\w*|print|warnings)\b", code(node)) is not None


_RESULTS = names("hmac.compare_digest secrets.compare_digest bcrypt.checkpw werkzeug.security.check_password_hash "
                 "django.contrib.auth.hashers.check_password django.utils.crypto.constant_time_compare "
                 "django.contrib.auth.authenticate *.check_password *.has_permission "
                 "*.has_perm *.is_authenticated")  # fmt: skip


def _ignored(call: Call) -> Node | None:
    parent = call.node.parent
    return call.node if parent is not None and parent.type == "expression_statement" else None


_ANSWERS = names("flask.jsonify flask.make_response flask.Response django.http.HttpResponse django.http.JsonResponse "
                 "django.http.HttpResponseServerError fastapi.HTTPException fastapi.responses.JSONResponse "
                 "fastapi.Response starlette.responses.JSONResponse starlette.responses.PlainTextResponse "
                 "starlette.exceptions.HTTPException fastapi.responses.PlainTextResponse "
                 "rest_framework.response.Response aiohttp.web.Response aiohttp.web.json_response flask.abort "
                 "django.http.HttpResponseBadRequest")  # fmt: skip
_TRACE = re.compile(r"\btraceback\.(format_exc|format_exception|format_tb)\(|\bsys\.exc_info\(")


def _reveals(call: Call) -> Node | None:
    """Find an answer to the visitor that is made of a traceback, or of the text of any error."""
    status = call.value("status_code", 0)
    # What was wrong with the visitor's own data may be told.
    blamed = isinstance(status, int) and 400 <= status < 500
    for argument in (*call.positional, *call.keywords.values()):
        if _tells(call.module, argument) and not (blamed and not _TRACE.search(code(argument))):
            return argument
    return None


def _tells(module: Module, node: Node) -> bool:
    source = module.origin(node)
    if source is not None and source.type == "string" and not any(c.type == "interpolation" for c in source.children):
        return False
    for told in (source, returned(module, source)):
        if _TRACE.search(code(told)) or any(_TRACE.search(code(module.origin(one))) for one in _names(told)):
            return True
    clause = _enclosing_except(node)
    if clause is None or not _is_broad(clause):
        return False
    alias = re.search(r"\bas\s+(\w+)\s*:", code(clause).split("\n", 1)[0])
    return alias is not None and re.search(
        rf"(str|repr)\(\s*{alias[1]}\s*\)|\{{\s*{alias[1]}\s*(!\w)?\}}|%\s*\(?{alias[1]}\b|\+\s*{alias[1]}\b"
        rf"|\.format\(\s*{alias[1]}\s*\)|\b{alias[1]}\.args", code(node)) is not None  # fmt: skip


def _names(node: Node | None) -> list[Node]:
    found: list[Node] = []
    waiting = [node] if node is not None else []
    while waiting and len(found) < 20:
        current = waiting.pop()
        found += [current] if current.type == "identifier" else []
        waiting += current.named_children
    return found


def _enclosing_except(node: Node) -> Node | None:
    current: Node | None = node
    while current is not None and current.type not in ("except_clause", "function_definition"):
        current = current.parent
    return current if current is not None and current.type == "except_clause" else None


_ROUTES = re.compile(r"\.(route|get|post|put|patch|delete|errorhandler|exception_handler|app_errorhandler)\(|api_view")


def _returned(module: Module) -> Iterator[Hit]:
    """Find a view that returns a traceback, or the text of any error, by itself."""
    for node in module.nodes("return_statement"):
        function = module.function(node)
        decorated = function.parent if function is not None else None
        if decorated is None or decorated.type != "decorated_definition" or not node.named_children:
            continue
        if not any(_ROUTES.search(code(one)) for one in decorated.named_children if one.type == "decorator"):
            continue
        value = node.named_children[0]
        first = (
            value.named_children[0] if value.type in ("expression_list", "tuple") and value.named_children else value
        )
        parts = [first] if first.type != "call" or _TRACE.match(code(first)) or code(first)[:4] in ("str(", "repr") \
            else []  # fmt: skip
        if any(_tells(module, part) for part in parts):
            yield Hit(SHOWN, first)


def _environment(call: Call) -> Node | None:
    for argument in (*call.positional, *call.keywords.values()):
        if re.fullmatch(r"(dict|str|repr)?\(?os\.environ(\.copy\(\))?\)?", code(argument)):
            return argument
    return None


AREA = Area(
    (ASSERT_GUARD, FAIL_OPEN, SWALLOWED, UNUSED, SHOWN, ENVIRONMENT, SILENT),
    (
        CallPattern(UNUSED, _RESULTS, _ignored),
        CallPattern(SHOWN, _ANSWERS, _reveals),
        CallPattern(ENVIRONMENT, _ANSWERS, _environment),
        CallPattern(SILENT, names("logging.disable"), always),
    ),
    finders=(_asserts, _open, _swallowed, _returned),
)
