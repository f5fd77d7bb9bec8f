"""A check that refuses makes data safe; one that only looks does not."""

from __future__ import annotations

import importlib.util
import textwrap
from pathlib import Path

import pytest

from ambient_lsp.analyzers import ruff, security

_spec = importlib.util.spec_from_file_location("taint_checks", Path(__file__).with_name("checks.py"))
assert _spec is not None and _spec.loader is not None
checks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(checks)

HEAD = """\
from flask import Flask, abort, make_response, redirect, render_template_string, request, session
import ast, base64, collections, contextlib, functools, hashlib, html, io, itertools, json, logging, operator, os
import pickle, random, re, shlex, sqlite3, string, subprocess, types, urllib.parse, yaml
app = Flask(__name__)
BASE = "/srv/files"
log = logging.getLogger(__name__)
"""


def text(before: str, body: str) -> str:
    view = textwrap.indent(f"p = request.form.get('p', '')\n{body.strip()}\nreturn 'ok'", "    ")
    return f"{HEAD}{before}\n\n@app.route('/x', methods=['POST'])\ndef x():\n{view}\n"


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """What ruff says of all texts, asked once."""
    root = str(tmp_path_factory.mktemp("checks"))
    texts = {text(*one[-2:]) for one in (*checks.VULNERABLE, *checks.SAFE)}
    names = {f"{index}.py": one for index, one in enumerate(sorted(texts))}
    said = ruff.check_many(names, root, security.SELECTION)
    return root, {one: said[name] for name, one in names.items()}


def found(program: str, reports) -> set[str]:
    root, said = reports
    return {raw.rule.removeprefix("AMB-SEC-") for raw in security.judge(program, "app.py", root, said[program])}


@pytest.mark.parametrize(("rule", "before", "body"), checks.VULNERABLE)
def test_it_is_found_all_the_same(rule, before, body, reports):
    assert rule in found(text(before, body), reports)


@pytest.mark.parametrize(("before", "body"), checks.SAFE)
def test_it_is_left_alone(before, body, reports):
    assert found(text(before, body), reports) == set()
