"""Untrusted data is found where it arrives in a sink, and only there."""

from __future__ import annotations

import importlib.util
import textwrap
from pathlib import Path

import pytest

from ambient_lsp.analyzers.taint.engine import analyze

_SPEC = importlib.util.spec_from_file_location("taint_programs", Path(__file__).with_name("programs.py"))
assert _SPEC is not None and _SPEC.loader is not None
programs = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(programs)

HEAD = """\
from flask import Flask, request, redirect, session, make_response, render_template_string, abort, send_file
import os, subprocess, sqlite3, shlex, html, re, pickle, yaml, json, base64, configparser, io, queue, threading
import urllib.parse, hashlib, random, secrets, logging
from pathlib import Path
app = Flask(__name__)
BASE = "/srv/files"
ALLOWED = {"a", "b"}
log = logging.getLogger(__name__)
"""


def found(before: str, body: str) -> set[str]:
    view = textwrap.indent(body.strip("\n"), "    ")
    text = f'{HEAD}{before}\n@app.route("/x")\ndef view():\n    cur = sqlite3.connect("x").cursor()\n{view}\n'
    report = analyze(text, "app.py")
    assert not report.unfinished
    return {hit.rule.removeprefix("AMB-SEC-") for hit in report.hits}


@pytest.mark.parametrize(("rule", "before", "body"), programs.VULNERABLE)
def test_the_weakness_is_found(rule, before, body):
    assert rule in found(before, body)


@pytest.mark.parametrize(("before", "body"), programs.SAFE)
def test_the_safe_twin_is_left_alone(before, body):
    assert found(before, body) == set()
