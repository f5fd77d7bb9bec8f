"""What the flow analysis finds is fixed where it points, and found no more afterwards."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.fixes.security import fix
from ambient_lsp.analyzers.security import find

FLASK = "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef view():\n"


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("XSS", FLASK + "    name = request.args['name']\n    return f'<p>{name}</p>'\n", "f'<p>{escape(name)}</p>'"),
        (
            "PATH",
            "import os\n" + FLASK + "    path = os.path.join('/srv', request.args['n'])\n"
            "    return open(path).read()\n",
            "    path = safe_join('/srv', request.args['n'])\n    if path is None:\n        abort(404)\n",
        ),
        (
            "LDAP",
            "from ldap3 import Connection\n" + FLASK
            + "    name = request.args['n']\n    conn = Connection('x')\n    conn.search('dc=x', f'(uid={name})')\n"
            "    return ''\n",
            "conn.search('dc=x', f'(uid={escape_filter_chars(name)})')",
        ),
        (
            "XPATH",
            "from lxml import etree\n" + FLASK
            + "    name = request.args['n']\n    tree = etree.parse('x.xml')\n"
            "    return str(tree.xpath(f\"//user[name='{name}']\"))\n",
            "tree.xpath('//user[name=$name]', name=name)",
        ),
        (
            "TEMPLATE",
            FLASK.replace("request\n", "render_template_string, request\n")
            + "    name = request.args['n']\n    return render_template_string('Hello ' + name)\n",
            "render_template_string('Hello {{ name }}', name=name)",
        ),
        (
            "LOG",
            "import logging\n" + FLASK + "    logging.info('login of %s', request.args['n'])\n    return ''\n",
            "logging.info('login of %r', request.args['n'])",
        ),
        (
            "LOG",
            "import logging\n" + FLASK + "    logging.info(f\"login of {request.args['n']}\")\n    return ''\n",
            "login of {request.args['n']!r}",
        ),
        (
            "SQL",
            "import sqlite3\n" + FLASK
            + "    name = request.args['n']\n    query = \"SELECT * FROM users WHERE name = '\" + name + \"'\"\n"
            "    return str(sqlite3.connect('x').execute(query).fetchall())\n",
            'query = "SELECT * FROM users WHERE name = ?"\n'
            "    return str(sqlite3.connect('x').execute(query, (name,)).fetchall())",
        ),
    ],
)  # fmt: skip
def test_what_flows_is_fixed(rule, before, after, tmp_path):
    raws = [raw for raw in find(before, "app.py", str(tmp_path)) if raw.rule == f"AMB-SEC-{rule}"]
    assert raws
    texts = [one.text for one in fix(before, "app.py", str(tmp_path), raws)]
    assert len(texts) == 1
    assert after in texts[0]
    assert not [raw for raw in find(texts[0], "app.py", str(tmp_path)) if raw.rule == f"AMB-SEC-{rule}"]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("XPATH", "from lxml import etree\n" + FLASK + "    n = request.args['n']\n    tree = etree.parse('x.xml')\n"
                  "    return str(tree.xpath(f'//{n}'))\n"),
        ("LDAP", "from ldap3 import Connection\n" + FLASK + "    n = request.args['n']\n    conn = Connection('x')\n"
                 "    conn.search(f'{n},dc=x', '(a=b)')\n    return ''\n"),
        ("TEMPLATE", FLASK.replace("request\n", "render_template_string, request\n")
                     + "    return render_template_string(request.args['n'])\n"),
    ],
)  # fmt: skip
def test_what_is_not_sure_is_told_only(rule, text, tmp_path):
    raws = [raw for raw in find(text, "app.py", str(tmp_path)) if raw.rule == f"AMB-SEC-{rule}"]
    assert raws
    assert fix(text, "app.py", str(tmp_path), raws) == []
