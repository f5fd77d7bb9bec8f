"""Untrusted data is found where it arrives in a sink, and only there."""

from __future__ import annotations

import importlib.util
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from ambient_lsp.analyzers.taint.engine import analyze


def beside(name: str) -> ModuleType:
    """Load a file of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"taint_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


programs, whole_modules = beside("programs"), beside("whole_modules")

HEAD = """\
from flask import Flask, request, redirect, session, make_response, render_template_string, abort, send_file
import os, subprocess, sqlite3, shlex, html, re, pickle, yaml, json, base64, configparser, io, queue, threading
import urllib.parse, hashlib, random, secrets, logging
from pathlib import Path
from types import ModuleType
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


@pytest.mark.parametrize(("rule", "text"), whole_modules.MODULES)
def test_whole_modules(rule, text):
    report = analyze(text, "pkg/app.py")
    assert not report.unfinished
    found = {hit.rule.removeprefix("AMB-SEC-") for hit in report.hits}
    assert (rule in found) if rule else not found


def test_what_cpython_cannot_read_is_followed_all_the_same():
    text = """\
from flask import Flask, request
import os
app = Flask(__name__)
type Name = str

@app.route("/x")
def view[T](x: T) -> str:
    os.system(f"ls {request.args["x"]}")
    os.system(f"ls {"fixed"}")
    return ""

def half(typed
"""
    assert [(hit.rule, hit.place.line) for hit in analyze(text, "app.py").hits] == [("AMB-SEC-SHELL", 8)]
