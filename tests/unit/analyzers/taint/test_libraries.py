"""The libraries that the rules know: each is found where data arrives in it, and left alone where it was made safe."""

from __future__ import annotations

import importlib.util
import textwrap
from pathlib import Path

import pytest

from ambient_lsp.analyzers.taint.engine import analyze

_spec = importlib.util.spec_from_file_location("taint_libraries", Path(__file__).with_name("libraries.py"))
assert _spec is not None and _spec.loader is not None
libraries = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(libraries)


def found(text: str) -> set[str]:
    report = analyze(text, "app.py")
    assert not report.unfinished
    return {hit.rule.removeprefix("AMB-SEC-") for hit in report.hits}


@pytest.mark.parametrize(("rule", "imports", "body"), libraries.VIEWS)
def test_a_library_called_by_a_view(rule, imports, body):
    way = "async def" if "await" in body or "async with" in body else "def"
    text = (
        f"from flask import Flask, jsonify, request\n{imports}\napp = Flask(__name__)\n\n\n@app.route('/x')\n"
        f"{way} view():\n    q = request.args.get('q', '')\n{textwrap.indent(body.strip(), '    ')}\n"
        "    return jsonify(ok=True)\n"
    )
    assert (rule in found(text)) if rule else not found(text)


@pytest.mark.parametrize(("rule", "text"), libraries.MODULES)
def test_a_way_in(rule, text):
    assert (rule in found(text)) if rule else not found(text)
