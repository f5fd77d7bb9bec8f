"""Access: routes without a login among routes with one, passwords changed without asking, and races over money."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import Area, Hit, Setting, names
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness
from ambient_lsp.analyzers.vocabulary import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_ROUTE = re.compile(r"@\w+(\.\w+)*\.(route|get|post|put|patch|delete)\(")
_GUARDED = re.compile(
    r"(?i)login_required|auth\w*_required|jwt_required|requires?_\w+|permission|roles?_(required|accepted)"
    r"|token_required|admin_required|admin_only|staff_member|user_passes_test|secured|protected|\bauth\w*\b|check_\w+"
)
_INSIDE = re.compile(
    r"(?i)current_user|request\.user|\bg\.user|session(\.get\(|\[)|Depends\(|Security\(|abort\(40[13]|authoriz"
    r"|authentic|api_?key|verify|check_\w+|require|permission|token|is_admin|PermissionError|Forbidden"
)
_SENSITIVE = frozenset("admin delete remove users user export backup settings config upload secrets keys".split())

NO_LOGIN = weakness(
    "NO-LOGIN", "medium", "306 862 425 285", "a01", "Sensitive route without a login",
    "Its neighbours ask who is there; this one does not.", "",
    example="from flask_login import login_required\n\n\n@app.route('/admin')\n@login_required\ndef admin():\n"
            "    return page()\n\n\n@app.route('/admin/delete', methods=['POST'])\ndef delete():\n"
            "    return remove_all()\n",
    better="from flask_login import login_required\n\n\n@app.route('/admin')\n@login_required\ndef admin():\n"
           "    return page()\n\n\n@app.route('/admin/delete', methods=['POST'])\n@login_required\ndef delete():\n"
           "    return remove_all()\n",
)  # fmt: skip
OPEN_API = weakness(
    "OPEN-API", "medium", "862 276", "a01", "API open to everybody unless a view says otherwise",
    "A view that forgets to ask is open.", "",
    example="REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.AllowAny']}\n",
    better="REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated']}\n",
)  # fmt: skip
NOTEBOOK = weakness(
    "NOTEBOOK-OPEN", "high", "306 1188", "a07", "Notebook without a password", "Whoever reaches it runs any code.", "",
    example="c.NotebookApp.token = ''\n", better="c.NotebookApp.port = 9999\n",
)  # fmt: skip
UNVERIFIED = weakness(
    "PASSWORD-CHANGE", "medium", "620", "a07", "Password changed without asking for the old one",
    "Who sits down at an open session takes the account.", "",
    example="def change_password(request):\n    request.user.set_password(request.POST['new'])\n"
            "    request.user.save()\n",
    better="def change_password(request):\n    if request.user.check_password(request.POST['old']):\n"
           "        request.user.set_password(request.POST['new'])\n        request.user.save()\n",
)  # fmt: skip
RACE = weakness(
    "LOST-UPDATE", "medium", "362 366", "a04", "Balance read, changed and written without a lock",
    "Two requests at the same time read the same value, and one change is lost.", "",
    example="from django.db import models\n\n\ndef pay(account, amount):\n    account.balance -= amount\n"
            "    account.save()\n",
    better="from django.db import models\n\n\ndef pay(account, amount):\n"
           "    account.balance = models.F('balance') - amount\n    account.save()\n",
)  # fmt: skip
MUTABLE = weakness(
    "SHARED-RIGHTS", "high", "1188 665", "a04", "Rights that leak from one call to the next",
    "The default is made once; what one call adds, all later calls have.", "",
    example="def roles_of(user, roles=[]):\n    if user.is_staff:\n        roles.append('staff')\n    return roles\n",
    better="def roles_of(user, roles=None):\n    roles = list(roles or [])\n    if user.is_staff:\n"
           "        roles.append('staff')\n    return roles\n",
)  # fmt: skip


def _unguarded(module: Module) -> Iterator[Hit]:
    """Find a sensitive view without a guard, in a file where another view has a guard by decorator."""
    views = [node for node in module.nodes("decorated_definition") if _ROUTE.search(_decorators(node))]
    if not any(_has_guard(node) for node in views):
        return
    for node in views:
        route = next(one for one in node.named_children if _ROUTE.match(code(one)))
        function = node.child_by_field_name("definition")
        name = code(function.child_by_field_name("name")) if function is not None else ""
        path = re.search(r"['\"]([^'\"]*)['\"]", code(route))
        about = words(name) | words((path[1] if path else "").replace("/", " ").replace("-", "_"))
        changes = re.search(r"(?i)POST|PUT|PATCH|DELETE|\.(post|put|patch|delete)\(", code(route)) is not None
        sensitive = "admin" in about or (changes and bool(about & _SENSITIVE))
        public = about & {"login", "logout", "register", "signup", "reset", "forgot", "webhook", "health", "public"}
        if sensitive and not public and not _has_guard(node) and not _INSIDE.search(code(function)):
            yield Hit(NO_LOGIN, route)


def _decorators(node: Node) -> str:
    return "\n".join(code(one) for one in node.named_children if one.type == "decorator")


def _has_guard(node: Node) -> bool:
    decorators = [code(one) for one in node.named_children if one.type == "decorator"]
    return any(_GUARDED.search(one.split("(", 1)[0]) for one in decorators if not _ROUTE.match(one))


def _notebooks(module: Module) -> Iterator[Hit]:
    if "App." not in module.text and "IdentityProvider" not in module.text:
        return
    for node in module.nodes("assignment"):
        name = code(node.child_by_field_name("left"))
        if re.fullmatch(r"c\.(NotebookApp|ServerApp|IdentityProvider)\.(token|password)", name):
            right = node.child_by_field_name("right")
            if right is not None and module.value(right) == "":
                yield Hit(NOTEBOOK, right)


def _changes(module: Module) -> Iterator[Hit]:
    if "set_password" not in module.text:
        return
    for node in module.nodes("call"):
        function = module.function(node)
        if function is None or not code(node.child_by_field_name("function")).endswith(".set_password"):
            continue
        name = words(code(function.child_by_field_name("name")))
        asks = re.search(r"(?i)check_password|authenticate|verify|old_?password|current_?password|token"
                         r"|PasswordChangeForm|create|is_valid|commit|raw_password|input\(|getpass",
                         code(function))  # fmt: skip
        answers = re.search(r"\b(request|current_user|g\.user)\b", code(function))  # what helps a view is asked by it
        if {"change", "password"} <= name and asks is None and answers:
            yield Hit(UNVERIFIED, node)


_MONEY = frozenset("balance stock credit credits funds points inventory".split())


def _lost_updates(module: Module) -> Iterator[Hit]:
    """Find `account.balance -= amount` with a `save()` of Django's, and no lock around it."""
    if "django" not in module.imported:
        return
    for node in module.nodes("augmented_assignment"):
        left = node.child_by_field_name("left")
        function = module.function(node)
        if left is None or left.type != "attribute" or function is None:
            continue
        owner, _, field = code(left).rpartition(".")
        body = code(function)
        saved = f"{owner}.save(" in body and "select_for_update" not in body and "F(" not in body
        if words(field) & _MONEY and saved and "lock" not in body.lower():
            yield Hit(RACE, node)


_RIGHTS = frozenset("roles role permissions permission rights privileges scopes groups acl grants".split())


def _shared_rights(module: Module) -> Iterator[Hit]:
    for node in module.nodes("function_definition"):
        parameters = node.child_by_field_name("parameters")
        for parameter in parameters.named_children if parameters is not None else ():
            name, value = parameter.child_by_field_name("name"), parameter.child_by_field_name("value")
            if name is None or value is None or code(value) not in ("[]", "{}", "set()", "list()", "dict()"):
                continue
            changed = re.search(rf"\b{re.escape(code(name))}(\.(append|add|extend|update|insert)\(|\[[^\]]*\]\s*=[^=])",
                                code(node.child_by_field_name("body")))  # fmt: skip
            if words(code(name)) & _RIGHTS and changed:
                yield Hit(MUTABLE, parameter)


def _allows_any(module: Module, node: Node) -> bool:
    value = module.value(node)
    classes = value.get("DEFAULT_PERMISSION_CLASSES") if isinstance(value, dict) else None
    return isinstance(classes, list | tuple) and any(str(one).endswith("AllowAny") for one in classes)


AREA = Area(
    (NO_LOGIN, OPEN_API, NOTEBOOK, UNVERIFIED, RACE, MUTABLE),
    settings=(Setting(OPEN_API, names("REST_FRAMEWORK"), _allows_any),),
    finders=(_unguarded, _notebooks, _changes, _lost_updates, _shared_rights),
)
