"""A check that looks like one is none: prefixes without an end, lists of what is bad, escapes for another place."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from ambient_lsp.analyzers import ruff, security

_BLOCK = re.compile(r"^## (\S+)\n\n```python (found|silent)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_HEAD = """\
from flask import Flask, abort, make_response, redirect, render_template_string, request, session
import ast, base64, html, ipaddress, json, logging, os, pickle, random, re, requests, shlex, socket, sqlite3
import subprocess, urllib.parse
from pathlib import Path
from urllib.parse import urlparse, urlsplit
from shop.models import User
app = Flask(__name__)
BASE = "/srv/files"
log = logging.getLogger(__name__)
"""


def _program(block: str) -> str:
    before, mark, body = block.rpartition("---\n")
    if not mark:
        return block
    view = textwrap.indent(f"p = request.args.get('p', '')\n{body}return 'ok'", "    ")
    return f"{_HEAD}{before}\n\n@app.route('/x', methods=['POST'])\ndef x():\n{view}\n"


_PAGE = Path(__file__).with_name("incomplete_checks.md").read_text(encoding="utf-8")
PROGRAMS = [(rule, kind == "found", _program(block)) for rule, kind, block in _BLOCK.findall(_PAGE)]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, ruff.Report]]:
    """What ruff says of all programs, asked once."""
    root = str(tmp_path_factory.mktemp("incomplete"))
    return root, ruff.check_many({f"{i}.py": text for i, (*_, text) in enumerate(PROGRAMS)}, root, security.SELECTION)


def test_there_are_many_programs() -> None:
    assert len(PROGRAMS) > 200


@pytest.mark.parametrize("index", range(len(PROGRAMS)), ids=[f"{rule}-{found}" for rule, found, _ in PROGRAMS])
def test_the_check_is_told_for_what_it_is(index: int, reports: tuple[str, dict[str, ruff.Report]]) -> None:
    rule, weak, text = PROGRAMS[index]
    root, said = reports
    found = {raw.rule.removeprefix("AMB-SEC-") for raw in security.judge(text, "app.py", root, said[f"{index}.py"])}
    assert (rule in found) is weak, text
