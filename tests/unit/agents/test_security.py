"""SecurityGuardian: every fix is the one a reviewer would write, and right code is left alone."""

from __future__ import annotations

import pytest

from ambient_lsp.agents.security import SecurityGuardian
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import ProofKind, RiskLevel, Severity
from ambient_lsp.patching.edits import apply_edits
from tests.unit.agents.bench import ask

LOW, MEDIUM, HIGH = RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH


async def look(root, text, path="app.py", **settings):
    return await ask(SecurityGuardian(), root, {path: text}, **settings)


def patched(proposal, text, path="app.py"):
    return apply_edits({path: text}, proposal.edits)[path]


FIXES = [
    # weak hashes
    (
        "WEAK-HASH",
        MEDIUM,
        "import hashlib\n\n\ndef sign_token(data):  # note\n    return hashlib.md5(data).hexdigest()\n",
        "import hashlib\n\n\ndef sign_token(data):  # note\n    return hashlib.sha256(data).hexdigest()\n",
    ),
    (
        "WEAK-HASH",
        MEDIUM,
        "from hashlib import sha1\n\ntoken_hash = sha1(b'x' + b'y').hexdigest()\n",
        "from hashlib import sha256\n\ntoken_hash = sha256(b'x' + b'y').hexdigest()\n",
    ),
    (
        "WEAK-HASH",
        MEDIUM,
        "import hashlib\n\nsignature = hashlib.new('md5', data)\n",
        "import hashlib\n\nsignature = hashlib.new('sha256', data)\n",
    ),
    (
        "WEAK-HASH",
        LOW,
        "import hashlib\n\ndigest = hashlib.md5(\n    data,\n).hexdigest()\n",
        "import hashlib\n\ndigest = hashlib.md5(\n    data,\n    usedforsecurity=False,\n).hexdigest()\n",
    ),
    (
        "WEAK-HASH",
        HIGH,
        "from cryptography.hazmat.primitives import hashes\n\nkind = hashes.Hash(hashes.SHA1())\n",
        "from cryptography.hazmat.primitives import hashes\n\nkind = hashes.Hash(hashes.SHA256())\n",
    ),
    # YAML
    ("YAML-LOAD", MEDIUM, "import yaml\n\nyaml.load(f)  # note\n", "import yaml\n\nyaml.safe_load(f)  # note\n"),
    ("YAML-LOAD", MEDIUM, "import yaml as y\ny.load(f, Loader=y.Loader)\n", "import yaml as y\ny.safe_load(f)\n"),
    ("YAML-LOAD", MEDIUM, "from yaml import load\n\nload(f)\n", "from yaml import safe_load\n\nsafe_load(f)\n"),
    # shells
    (
        "SHELL",
        MEDIUM,
        'import subprocess\n\n\ndef f(name: str):\n    subprocess.run(f"ls -l {name}", shell=True, check=True)\n',
        'import subprocess\n\n\ndef f(name: str):\n    subprocess.run(["ls", "-l", name], check=True)\n',
    ),
    (
        "SHELL",
        MEDIUM,
        "import subprocess\n\nsubprocess.check_output('tar xf \"%s\" -C /x/%s' % (name, place), shell=True)\n",
        "import subprocess\n\nsubprocess.check_output(['tar', 'xf', str(name), '-C', f\"/x/{place}\"])\n",
    ),
    (
        "SHELL",
        MEDIUM,
        'import os\n\nos.system("rm " + path)\nprint(os.name)\n',
        'import os\nimport subprocess\n\nsubprocess.run(["rm", path], check=False)\nprint(os.name)\n',
    ),
    (
        "SHELL",
        MEDIUM,
        'import shlex\nimport subprocess\n\nsubprocess.run(f"ls {shlex.quote(x)} {y}", shell=True)\n',
        'import subprocess\n\nsubprocess.run(["ls", str(x), str(y)])\n',
    ),
    # a shell is needed: its values are quoted
    *(
        (
            "SHELL",
            MEDIUM,
            f"import {module}\n\n{before.replace('QUOTED', '{x}')}\n",
            f"import {imports}\n\n{before.replace('QUOTED', '{shlex.quote(str(x))}')}\n",
        )
        for module, imports, before in (
            ("subprocess", "shlex\nimport subprocess", 'subprocess.run(f"ls QUOTED | wc", shell=True)'),
            ("subprocess", "shlex\nimport subprocess", 'subprocess.run(f"ls QUOTED > out", shell=True)'),
            ("subprocess", "shlex\nimport subprocess", 'subprocess.run(f"cd QUOTED", shell=True)'),
            ("subprocess", "shlex\nimport subprocess", 'subprocess.run(f"A=1 ls QUOTED", shell=True)'),
            ("os", "os\nimport shlex", 'status = os.system(f"ls QUOTED")'),
        )
    ),
    # requests
    (
        "NO-TIMEOUT",
        MEDIUM,
        'import requests\n\nrequests.get("https://x", headers={})  # 😀\n',
        'import requests\n\nrequests.get("https://x", headers={}, timeout=30)  # 😀\n',
    ),
    (
        "NO-TIMEOUT",
        MEDIUM,
        "import httpx\r\n\r\nhttpx.get(\r\n    url,\r\n    timeout=None,\r\n)\r\n",
        "import httpx\r\n\r\nhttpx.get(\r\n    url,\r\n    timeout=30,\r\n)\r\n",
    ),
    (
        "NO-TLS-VERIFY",
        HIGH,
        "import ssl\n\nimport urllib3\n\nhttp = urllib3.PoolManager(4, cert_reqs=ssl.CERT_NONE)\n",
        "import urllib3\n\nhttp = urllib3.PoolManager(4)\n",
    ),
    (
        "NO-TLS-VERIFY",
        HIGH,
        "import requests\n\nrequests.get(url, verify=False, timeout=5)\n",
        "import requests\n\nrequests.get(url, timeout=5)\n",
    ),
    (
        "TLS-CONTEXT",
        HIGH,
        "import ssl\n\ncontext = ssl._create_unverified_context()\n",
        "import ssl\n\ncontext = ssl.create_default_context()\n",
    ),
    # random
    (
        "WEAK-RANDOM",
        MEDIUM,
        "import random\nimport string\n\ntoken = ''.join(random.choice(string.ascii_letters) for _ in range(9))\n",
        "import secrets\nimport string\n\ntoken = ''.join(secrets.choice(string.ascii_letters) for _ in range(9))\n",
    ),
    (
        "WEAK-RANDOM",
        MEDIUM,
        "import random\n\n\ndef make_otp():\n    return random.randint(0, 999999)\n\n\nx = random.random()\n",
        "import random\nimport secrets\n\n\ndef make_otp():\n    return secrets.SystemRandom().randint(0, 999999)\n\n\n"
        "x = random.random()\n",
    ),
    (
        "ASSERT-GUARD",
        MEDIUM,
        "def delete(user):\n    # note\n    assert user.is_admin, 'no'\n    go()\n",
        "def delete(user):\n    # note\n    if not user.is_admin:\n        raise PermissionError('no')\n    go()\n",
    ),
    (
        "TIMING",
        MEDIUM,
        "import hmac\n\n\ndef ok(key, body, mac):\n    if hmac.new(key, body, 'sha256').digest() != mac:\n"
        "        return False\n",
        "import hmac\n\n\ndef ok(key, body, mac):\n"
        "    if not hmac.compare_digest(hmac.new(key, body, 'sha256').digest(), mac):\n        return False\n",
    ),
    (
        "NO-TIMEOUT",
        MEDIUM,
        "import requests as r\n\nwith r.Session() as s:\n    s.post(url, json=x)\n",
        "import requests as r\n\nwith r.Session() as s:\n    s.post(url, json=x, timeout=30)\n",
    ),
    (
        "NO-TIMEOUT",
        MEDIUM,
        "from urllib.request import urlopen\n\nurlopen(url)\n",
        "from urllib.request import urlopen\n\nurlopen(url, timeout=30)\n",
    ),
    (
        "NO-TIMEOUT",
        MEDIUM,
        "import smtplib\n\nserver = smtplib.SMTP(host, 587)\n",
        "import smtplib\n\nserver = smtplib.SMTP(host, 587, timeout=30)\n",
    ),
    (
        "NO-TLS-VERIFY",
        HIGH,
        "import requests\n\ns = requests.Session()\ns.verify = False  # note\n",
        "import requests\n\ns = requests.Session()\ns.verify = True  # note\n",
    ),
    (
        "NO-TLS-VERIFY",
        HIGH,
        "import ssl\n\ncontext = ssl.create_default_context()\ncontext.verify_mode = ssl.CERT_NONE\n",
        "import ssl\n\ncontext = ssl.create_default_context()\n",
    ),
    (
        "NO-TLS-VERIFY",
        HIGH,
        "import aiohttp\n\nconnector = aiohttp.TCPConnector(limit=3, ssl=False)\n",
        "import aiohttp\n\nconnector = aiohttp.TCPConnector(limit=3)\n",
    ),
    (
        "JWT-VERIFY",
        HIGH,
        "import jwt\n\nx = jwt.decode(t, key, algorithms=['HS256'], options={'verify_signature': False, 'a': 1})\n",
        "import jwt\n\nx = jwt.decode(t, key, algorithms=['HS256'], options={'a': 1})\n",
    ),
    (
        "HARDCODED-KEY",
        HIGH,
        'import jwt\n\n\ndef make(claims):\n    return jwt.encode(claims, "kX9!vQ2pL0zT")\n',
        'import os\n\nimport jwt\n\n\ndef make(claims):\n    return jwt.encode(claims, os.environ["JWT_KEY"])\n',
    ),
    (
        "HARDCODED-KEY",
        HIGH,
        'import hmac\n\nmac = hmac.new(b"kX9!vQ2pL0zT", body, "sha256")\n',
        'import hmac\nimport os\n\nmac = hmac.new(os.environ["HMAC_KEY"].encode(), body, "sha256")\n',
    ),
    (
        "SECRET",
        HIGH,
        'app.config["SECRET_KEY"] = "kX9!vQ2pL"\n',
        'import os\n\napp.config["SECRET_KEY"] = os.environ["SECRET_KEY"]\n',
    ),
    (
        "SECRET",
        HIGH,
        'SETTINGS = {"password": "kX9!vQ2pL"}\n',
        'import os\n\nSETTINGS = {"password": os.environ["PASSWORD"]}\n',
    ),
    # one more each
    (
        "MKTEMP",
        MEDIUM,
        "import tempfile\n\n\ndef f():\n    path = tempfile.mktemp(suffix='.x')  # note\n    return path\n",
        "import os\nimport tempfile\n\n\ndef f():\n    fd, path = tempfile.mkstemp(suffix='.x')  # note\n"
        "    os.close(fd)\n    return path\n",
    ),
    (
        "EVAL",
        HIGH,
        '"""Doc."""\nfrom __future__ import annotations\n\nx = eval(value)\n',
        '"""Doc."""\nfrom __future__ import annotations\n\nimport ast\n\nx = ast.literal_eval(value)\n',
    ),
    ("EVAL", HIGH, "import ast\n\nx = eval(value)\n", "import ast\n\nx = ast.literal_eval(value)\n"),
    (
        "FLASK-DEBUG",
        MEDIUM,
        "from flask import Flask\n\napp = Flask(__name__)\napp.run(host='x', debug=True)\n",
        "from flask import Flask\n\napp = Flask(__name__)\napp.run(host='x')\n",
    ),
    (
        "AUTOESCAPE",
        HIGH,
        "import jinja2\n\ne = jinja2.Environment(loader=loader)\n",
        "import jinja2\n\ne = jinja2.Environment(loader=loader, autoescape=True)\n",
    ),
    # SQL
    (
        "SQL",
        MEDIUM,
        "import sqlite3\n\ncur.execute(f\"SELECT * FROM t WHERE a = '{a}' AND b > {b} LIMIT {n}\")\n",
        'import sqlite3\n\ncur.execute("SELECT * FROM t WHERE a = ? AND b > ? LIMIT ?", (a, b, n))\n',
    ),
    (
        "SQL",
        MEDIUM,
        "import psycopg2\n\n\ndef f(cur, a):\n    sql = \"SELECT x FROM t WHERE y LIKE 'a%%' AND z = '%s'\" % a\n"
        "    cur.execute(sql)\n",
        "import psycopg2\n\n\ndef f(cur, a):\n    sql = \"SELECT x FROM t WHERE y LIKE 'a%%' AND z = %s\"\n"
        "    cur.execute(sql, (a,))\n",
    ),
    (
        "SQL",
        MEDIUM,
        "import sqlite3\n\ndb.execute(\"INSERT INTO t VALUES ('{}', {})\".format(a, b))\n",
        'import sqlite3\n\ndb.execute("INSERT INTO t VALUES (?, ?)", (a, b))\n',
    ),
    (
        "SQL",
        MEDIUM,
        'import sqlite3\n\ndb.execute("DELETE FROM t WHERE a = \'" + a.name + "\'")\n',
        'import sqlite3\n\ndb.execute("DELETE FROM t WHERE a = ?", (a.name,))\n',
    ),
    (
        "SQL",
        MEDIUM,
        'import sqlite3\n\ndb.execute(\n    f"""\n    SELECT *\n    FROM t WHERE a = {a}\n    """\n)\n',
        'import sqlite3\n\ndb.execute(\n    """\n    SELECT *\n    FROM t WHERE a = ?\n    """,\n    (a,)\n)\n',
    ),
    (
        "SQL",
        MEDIUM,
        "import sqlite3\n\ncur.execute(f\"SELECT * FROM t WHERE a LIKE '%{a}%' AND b = '{b}'\")\n",
        'import sqlite3\n\ncur.execute("SELECT * FROM t WHERE a LIKE ? AND b = ?", (f"%{a}%", b))\n',
    ),
    (
        "SQL",
        MEDIUM,
        "import oracledb\n\ncur.execute(f\"SELECT * FROM t WHERE a = '{a}' AND b = {b}\")\n",
        'import oracledb\n\ncur.execute("SELECT * FROM t WHERE a = :1 AND b = :2", (a, b))\n',
    ),
    (
        "SQL",
        MEDIUM,
        "import asyncpg\n\n\nasync def f(c, a):\n    return await c.fetch(f\"SELECT * FROM t WHERE a = '{a}'\")\n",
        'import asyncpg\n\n\nasync def f(c, a):\n    return await c.fetch("SELECT * FROM t WHERE a = $1", a)\n',
    ),
    (
        "SQL",
        MEDIUM,
        "from django.db import connection\n\n\ndef f(cursor, a):\n"
        "    cursor.execute(\"SELECT * FROM t WHERE a = '%s'\" % a)\n",
        "from django.db import connection\n\n\ndef f(cursor, a):\n"
        '    cursor.execute("SELECT * FROM t WHERE a = %s", [a])\n',
    ),
    (
        "SQL",
        MEDIUM,
        "from sqlalchemy import text\n\n\ndef f(c, a, user):\n"
        "    return c.execute(text(f\"SELECT * FROM t WHERE a = '{a}' AND b = {user.id}\"))\n",
        "from sqlalchemy import text\n\n\ndef f(c, a, user):\n"
        '    return c.execute(text("SELECT * FROM t WHERE a = :a AND b = :id"), {"a": a, "id": user.id})\n',
    ),
    (
        "SQL",
        MEDIUM,
        'import pymysql\n\ncur.execute("DELETE FROM t WHERE a = " + str(a) + " AND b = \'" + b + "\'")\n',
        'import pymysql\n\ncur.execute("DELETE FROM t WHERE a = %s AND b = %s", (a, b))\n',
    ),
    (
        "SQL",
        MEDIUM,
        'import psycopg\n\ncur.execute("SELECT * FROM t WHERE a = \'%(a)s\'" % {"a": x})\n',
        'import psycopg\n\ncur.execute("SELECT * FROM t WHERE a = %s", (x,))\n',
    ),
    (
        "MARKUP",
        MEDIUM,
        "from django.utils.safestring import mark_safe\n\n\ndef f(x):\n    return mark_safe('<b>' + x + '</b>')\n",
        "from django.utils.html import format_html\n\n\ndef f(x):\n    return format_html('<b>{}</b>', x)\n",
    ),
    (
        "MARKUP",
        MEDIUM,
        'from markupsafe import Markup\n\nx = Markup(f"<b>{name}</b>")  # note\n',
        'from markupsafe import Markup\n\nx = Markup("<b>{}</b>").format(name)  # note\n',
    ),
    # secrets
    (
        "SECRET",
        HIGH,
        'DB_PASSWORD = "kX9!vQ2pL"  # note\n',
        'import os\n\nDB_PASSWORD = os.environ["DB_PASSWORD"]  # note\n',
    ),
    (
        "SECRET",
        HIGH,
        'import os\n\nclient = connect(password="kX9!vQ2pL")\n',
        'import os\n\nclient = connect(password=os.environ["PASSWORD"])\n',
    ),
    (
        "SECRET",
        HIGH,
        'KEY = "ghp_' + "a1" * 20 + '"\n',
        'import os\n\nKEY = os.environ["KEY"]\n',
    ),
]


@pytest.mark.parametrize(("rule", "risk", "before", "after"), FIXES)
async def test_the_fix(tmp_path, rule, risk, before, after):
    findings, proposals = await look(tmp_path, before)
    assert [finding.rule for finding in findings] == [f"AMB-SEC-{rule}"]
    assert [patched(proposal, before) for proposal in proposals] == [after]
    (proposal,) = proposals
    assert proposal.risk_level is risk
    assert proposal.proof.kind is ProofKind.FINDINGS_GONE
    assert proposal.finding_ids == (findings[0].id,)
    assert "CWE-" in proposal.rationale
    assert "OWASP A" in proposal.rationale
    assert findings[0].evidence
    assert await look(tmp_path, after) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "import hashlib\n\netag = hashlib.md5(body).hexdigest()\n",
        "import hashlib\n\nx = hashlib.md5(body, usedforsecurity=False)\n",
        "import yaml\n\nyaml.safe_load(f)\nyaml.load(f, Loader=yaml.SafeLoader)\n",
        'import subprocess\n\nsubprocess.run(["ls", name], check=True)\n',
        "import requests\n\nrequests.get(url, timeout=3)\n",
        "import random\n\ncolour = random.choice(colours)\ntoken = random.choice(tokens)\n",
        "import random\n\nrandom.shuffle(cards)\n",
        'import ast\n\nast.literal_eval("1")\n',
        'cur.execute("SELECT * FROM t WHERE a = ?", (a,))\n',
        'PASSWORD = ""\nPASSWORD = "changeme"\nPASSWORD_FIELD = "password"\nTOKEN_URL = "https://x/token"\n',
        'password = "your-password-here"\nsecret = "<secret>"\ntoken = "{token}"\nPASSWORD_KEY = "user.password"\n',
        "from jinja2 import Environment\n\nEnvironment(autoescape=True)\n",
        "def login(user, token):\n    assert token is not None\n    assert isinstance(user, int), 'no permission'\n",
        'def query(x):\n    raise ValueError(f"Cannot select {x} from the table where it is")\n',
        'log(f"select a file from {x} where you can")\n',
        "",
    ],
)
async def test_right_code_is_left_alone(tmp_path, text):
    assert await look(tmp_path, text) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        # the split is not sure
        # code that is put together is no literal
        'import sys\n\napp = eval("make.{0}(BODY)".format(sys.argv[1]))\n',
        'import sys\n\napp = eval(f"{sys.argv[1]} + 1")\n',
        'import subprocess\n\nsubprocess.run(f"git {args}", shell=True)\n',
        'import subprocess\n\nsubprocess.run(f"{program} -l", shell=True)\n',
        'import subprocess\n\nsubprocess.run(f"ls \\"{x}\\" | wc", shell=True)\n',
        "import subprocess\n\nsubprocess.run(command, shell=True)\n",
        # nothing says what the digest is for; a password needs a slow one
        "import hashlib\n\nx = hashlib.md5(data).hexdigest()\n",
        # no plain value, or no known way to write parameters
        'import sqlite3\n\ncur.execute(f"SELECT * FROM {table} WHERE a = 1")\n',
        'import sqlite3\n\ncur.execute(f"SELECT * FROM t WHERE a = 1 ORDER BY {column}")\n',
        'import sqlite3\n\ncur.execute(f"SELECT * FROM t WHERE {condition}")\n',
        'import sqlite3\n\ncur.execute(f"SELECT * FROM t WHERE a IN ({ids})")\n',
        'import sqlite3\n\ncur.execute(f"SELECT * FROM t WHERE a = {schema}.name")\n',
        'import sqlite3\n\nq = f"SELECT * FROM t WHERE a = {a}"\ncur.execute(q)\nlog(q)\n',
        'cur.execute(f"SELECT * FROM t WHERE a = {a}")\n',
        'import sqlite3, psycopg2\n\ncur.execute(f"SELECT * FROM t WHERE a = {a}")\n',
        # an option that somebody asks for, a default that is known, a check that another switch needs
        "import ssl\n\nif insecure:\n    context.verify_mode = ssl.CERT_NONE\n",
        'DEFAULT_PASSWORD = "kX9!vQ2pL"\n',
        "import hashlib\n\n\ndef f(x, kind='md5'):\n    return hashlib.new(kind, x)\n",
        # the rest
        "import random\n\nrandom.seed(1)\ntoken = random.randint(1, 9)\n",
        "import tempfile\n\nopen(tempfile.mktemp())\n",
        "x = eval(a, {})\n",
        "import pickle\n\npickle.loads(x)\n",
        'def f(password="kX9!vQ2pL"): ...\n',
    ],
)
async def test_a_weakness_with_no_sure_fix_is_told_only(tmp_path, text):
    findings, proposals = await look(tmp_path, text)
    assert len(findings) == 1
    assert proposals == []


async def test_what_tests_do_on_purpose_is_no_weakness(tmp_path):
    text = 'import hashlib\n\npassword = "kX9!vQ2pL"\nassert user.is_admin\nhashlib.md5(password)\n'
    assert await look(tmp_path, text, path="tests/test_x.py") == ([], [])


async def test_one_weakness_is_fixed_without_renaming_another_of_the_same_call(tmp_path):
    text = "import requests\n\nrequests.get(url, verify=False)\n"
    before, proposals = await look(tmp_path, text)
    assert len(before) == len(proposals) == 2
    for proposal in proposals:
        after, _ = await look(tmp_path, patched(proposal, text))
        assert {finding.id for finding in after} == {finding.id for finding in before} - set(proposal.finding_ids)


async def test_alike_weaknesses_are_one_proposal(tmp_path):
    text = "import requests\n\nrequests.get(url)\nrequests.get(url)\n"
    findings, (proposal,) = await look(tmp_path, text)
    assert set(proposal.finding_ids) == {finding.id for finding in findings}
    assert patched(proposal, text).count("timeout=30") == 2
    many = "import requests\n\n" + "".join(f"requests.get(url{n})\n" for n in range(4))
    assert [p.title for p in (await look(tmp_path, many))[1]] == [
        "Give the request a timeout of 30 seconds (4 places) (app.py:3, 4, 5, 6)"
    ]


async def test_one_inside_another_is_fixed_by_itself_and_never_lost(tmp_path):
    text = "import yaml\n\nyaml.load(yaml.load(x))\n"
    _, proposals = await look(tmp_path, text)
    assert {patched(proposal, text).split("\n")[2] for proposal in proposals} == {
        "yaml.safe_load(yaml.load(x))",
        "yaml.load(yaml.safe_load(x))",
    }
    deeper = "import yaml\n\nyaml.load(yaml.load(yaml.load(x)))\n"
    findings, proposals = await look(tmp_path, deeper)
    for proposal in proposals:
        assert patched(proposal, deeper).count("safe_load") == len(proposal.finding_ids)
    assert len(findings) == 3


async def test_levels_below_the_threshold_are_not_told(tmp_path):
    text = "import hashlib\n\netag = hashlib.md5(b'')\ntoken = hashlib.md5(b'')\n"
    levels = {
        threshold: [f.severity for f in (await look(tmp_path, text, severity_threshold=threshold))[0]]
        for threshold in ("low", "high", "critical")
    }
    assert levels == {"low": [Severity.HINT, Severity.WARNING], "high": [Severity.WARNING], "critical": []}


async def test_what_the_project_turned_off_is_not_told(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nignore = ["S506"]\n')
    assert await look(tmp_path, "import yaml\n\nyaml.load(f)\n") == ([], [])


async def test_text_that_cannot_be_parsed_is_not_checked_and_not_called_safe(tmp_path):
    findings, proposals = await look(tmp_path, "import yaml\ndef f(:\n    yaml.load(\n")
    assert [finding.rule for finding in findings] == ["AMB-SEC-UNREADABLE"]
    assert "not checked" in findings[0].message
    assert proposals == []


async def test_newer_syntax_than_this_interpreters_is_checked(tmp_path):
    text = "import yaml\n\ntype Pair[T] = tuple[T, T]\nx = f'{yaml.load(f'{x['a']}')}'\nz = t'{x}'\n"
    findings, _ = await look(tmp_path, text)
    assert [finding.rule for finding in findings] == ["AMB-SEC-YAML-LOAD"]


async def test_dependencies_are_checked_against_the_repositorys_own_advisories(tmp_path):
    manifest = {"requirements.txt": "Foo_Bar==1.2.0\nbaz==2.0  # fine\n"}
    (unchecked,), proposals = await ask(SecurityGuardian(), tmp_path, manifest)
    assert "not checked" in unchecked.message and unchecked.severity is Severity.HINT
    assert proposals == []
    (tmp_path / ".ambient").mkdir()
    advisories = tmp_path / ".ambient/advisories.json"
    advisories.write_text(
        '[{"package": "foo-bar", "before": "1.10", "id": "CVE-2026-1"},'
        ' {"package": "foo-bar", "before": "1.11", "id": "CVE-2026-3"},'
        ' {"package": "baz", "before": "2", "id": "CVE-2026-2"}]'
    )
    findings, (proposal,) = await ask(SecurityGuardian(), tmp_path, manifest)
    assert ["CVE-2026-1" in findings[0].message, "CVE-2026-3" in findings[1].message] == [True, True]
    assert patched(proposal, manifest["requirements.txt"], "requirements.txt") == "Foo_Bar==1.11\nbaz==2.0  # fine\n"
    assert set(proposal.finding_ids) == {finding.id for finding in findings}
    assert (await ask(SecurityGuardian(), tmp_path, manifest, scan_dependencies=False))[0] == []
    advisories.write_text("{")
    with pytest.raises(AmbientError, match="cannot be read"):
        await ask(SecurityGuardian(), tmp_path, manifest)


async def test_a_manifest_without_pins_has_nothing_to_check(tmp_path):
    assert await ask(SecurityGuardian(), tmp_path, {"requirements.txt": "foo>=1\n"}) == ([], [])
