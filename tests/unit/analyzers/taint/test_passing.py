"""Data that a helper reads: what is found in those who call it, though they hold no word of a source."""

from __future__ import annotations

from ambient_lsp.analyzers.taint.engine import analyze
from ambient_lsp.analyzers.taint.passing import givers

HELPER = """
from flask import request


def sent(name):
    if name.startswith("x"):
        return None
    return request.headers.get(name)
"""
CALLER = """
import logging

from flask import Flask
{imports}
log = logging.getLogger(__name__)


class Login:
    def user(self):
        return sent("user")

    def enter(self, form):
        name = self.user()
        log.warning("no such user: %s", name)
        return False


class Api:
    def __init__(self, db):
        self.db = db

    def find(self, db):
        db.session.execute("SELECT * FROM users WHERE name = '" + sent("name") + "'")
"""


def rules(text, **modules):
    found = analyze(text, "app/login.py", {name: (f"{name}.py", other) for name, other in modules.items()})
    return {(hit.rule, hit.kind) for hit in found.hits}


def test_a_helper_of_the_module_reads_and_its_caller_writes():
    assert ("AMB-SEC-LOG", "log") in rules(HELPER + CALLER.format(imports=""))


def test_a_helper_of_another_module_reads_and_its_caller_writes():
    text = CALLER.format(imports="from helpers import sent")
    assert ("AMB-SEC-LOG", "log") in rules(text, helpers=HELPER)


def test_a_long_function_between_them_is_followed():
    lines = "\n".join(f"        part{number} = {number}" for number in range(12))
    text = CALLER.format(imports="from helpers import sent").replace(
        'return sent("user")', f'pass\n{lines}\n        return sent("user")'
    )
    assert ("AMB-SEC-LOG", "log") in rules(text, helpers=HELPER)


def test_helpers_are_told_by_what_they_hold_and_by_whom_they_call():
    text = HELPER + "\n\ndef twice():\n    return sent('a') + sent('b')\n\n\ndef other():\n    return 1\n"
    assert givers(text, [], frozenset({"request"})) == {"sent", "twice"}


def test_words_in_comments_and_docstrings_make_no_helper():
    text = 'import request\n\n\ndef f():\n    """Look at the request."""\n    return 1  # no request\n'
    assert not givers(text, [], frozenset({"request"}))


def test_names_that_any_object_has_are_no_helpers():
    text = "from flask import request\n\n\nclass Form:\n    def get(self, name):\n        return request.form[name]\n"
    assert not givers(text, [], frozenset({"request"}))
