"""Fixes that a reader of all fixes for the benchmark's programs called wrong: now right, or no longer made."""
# ruff: noqa: E501  # programs as one line each

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.fixes.security import fix
from ambient_lsp.analyzers.security import find

FLASK = "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef view():\n"
CONTEXT = (
    "import ssl\n\n\ndef connect(sock, host):\n    context = ssl.create_default_context()\n"
    "    context.check_hostname = False\n    context.verify_mode = ssl.CERT_NONE\n"
)


def fixed(rule, text, tmp_path):
    raws = [raw for raw in find(text, "app.py", str(tmp_path)) if raw.rule == f"AMB-SEC-{rule}"]
    assert raws
    return [one.text for one in fix(text, "app.py", str(tmp_path), raws)]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        # `open` and `os.path.join` take no filter, and neither does a zip
        ("EXTRACT", "import os\nimport zipfile\n\n\ndef unzip(archive, folder):\n    with zipfile.ZipFile(archive) as z:\n"
                    "        for info in z.infolist():\n            with open(os.path.join(folder, info.filename), 'wb') as out:\n"
                    "                out.write(z.read(info))\n"),
        # expressions are no literals
        ("EVAL", FLASK + "    expression = request.args['e']\n    return str(eval(expression))\n"),
        ("EVAL", FLASK + "    name = request.args['e']\n    return str(eval('shop.handlers.' + name))\n"),
        ("EVAL", "import ast\n" + FLASK + "    text = request.args['e']\n    try:\n        return str(ast.literal_eval(text))\n"
                 "    except ValueError:\n        return str(eval(text))\n"),
        # a folder cannot be made where a file is
        ("MKTEMP", "import shutil\nimport tempfile\n\n\ndef mirror(source):\n    folder = tempfile.mktemp()\n"
                   "    shutil.copytree(source, folder)\n    return folder\n"),
        ("MKTEMP", "import tempfile\n\n\ndef new():\n    path = tempfile.mktemp()\n    return open(path, 'x')\n"),
        # a loader of the project's own knows more kinds of values
        ("YAML-LOAD", "import yaml\n\nLOADER = yaml.UnsafeLoader\n\n\ndef parse(stream, loader=LOADER):\n"
                      "    return yaml.load(stream, Loader=loader)\n"),
        # another fast hash of a password is no better
        ("WEAK-HASH", "import hashlib\n\n\ndef store_password(password):\n"
                      "    return hashlib.md5(password.encode()).hexdigest()\n"),
        # what is escaped here was a page already
        ("XSS", FLASK + "    tag = request.args['t']\n    items = '<li>' + tag + '</li>'\n    extra = items\n"
                "    return '<ul>' + extra + '</ul>'\n"),
        ("XSS", "from fastapi import FastAPI, Form\nfrom fastapi.responses import HTMLResponse\n\napp = FastAPI()\n\n\n"
                "def lines(who):\n    return ['<dd>' + who + '</dd>']\n\n\n@app.post('/')\ndef sign(who: str = Form(...)):\n"
                "    items = ''.join(lines(who))\n    return HTMLResponse('<h1>Guests</h1>%s' % items)\n"),
        # the value is a filter that was put together before
        ("LDAP", "from ldap3 import Connection\n" + FLASK
                 + "    term = request.args['t']\n    either = ''.join(f'({n}=*{term}*)' for n in ('cn', 'sn'))\n"
                 "    conn = Connection('x')\n    conn.search('dc=x', f'(|{either})')\n    return ''\n"),
        # options that others use too
        ("JWT-VERIFY", "import jwt\n\nOPTIONS = {'verify_signature': False, 'verify_aud': False}\n\n\ndef read(token, key):\n"
                       "    return jwt.decode(token, key, algorithms=['HS256'], options=OPTIONS)\n"),
        # an `OSError` is waited for, and `PermissionError` is one
        ("ASSERT-GUARD", "def read(user, path):\n    try:\n        assert user.is_admin\n        return open(path).read()\n"
                         "    except OSError:\n        return ''\n"),
        # somebody else in the file waits for the AssertionError
        ("ASSERT-GUARD", "def check(user):\n    assert user.is_admin\n\n\ndef view(user):\n    try:\n        check(user)\n"
                         "    except AssertionError:\n        return 403\n    return 200\n"),
        # quotes and dollars of the shell, the program itself, and several words are left to a person
        ("SHELL", "import os\n\n\ndef show(name):\n    return os.system('echo \"' + name + '\"')\n"),
        ("SHELL", "import os\n\n\ndef run(program, word):\n    return os.system(program + ' ' + word)\n"),
        ("SHELL", "import os\n\n\ndef run(args):\n    return os.system('ls ' + args + ' | wc')\n"),
        # real code: what a digest is for is not said, or said far from it
        ("WEAK-HASH", "import hashlib\n\n\ndef md5_hex(s):\n    return hashlib.md5(s.encode()).hexdigest()\n"),
        ("WEAK-HASH", "import hashlib\n\n\ndef hash_columns(*args):\n    return hashlib.sha1(b'|'.join(args)).hexdigest()\n"),
        ("WEAK-HASH", "from hashlib import sha1\n\n\ndef encrypt(passwd, salt):\n    token = sha1()\n"
                      "    token.update(passwd + salt)\n    return token.hexdigest()\n"),
        # real code: what the program takes for granted is no permission
        ("ASSERT-GUARD", "def claim(owner, access):\n    assert owner is not None\n    return access\n"),
        # real code: mails are plain text
        ("AUTOESCAPE", "import jinja2\n\n\ndef mail_subject(loader):\n    return jinja2.Environment(loader=loader)\n"),
        # a text in the function shows that sums are meant
        ("EVAL", FLASK + "    text = request.args.get('e', '2 + 2')\n    return str(eval(text))\n"),
        # what the parser does with entities is said elsewhere
        ("XML", "from lxml import etree\n\n\ndef read(data, entities=True):\n"
                "    parser = etree.XMLParser(resolve_entities=entities, no_network=False)\n    return etree.XML(data, parser)\n"),
        # the name would then say something else
        ("NO-TIMEOUT", "import httpx\n\nNO_LIMIT = None\n\n\ndef get(url):\n    return httpx.get(url, timeout=NO_LIMIT)\n"),
    ],
)  # fmt: skip
def test_what_would_be_wrong_is_not_made(rule, text, tmp_path):
    assert fixed(rule, text, tmp_path) == []


@pytest.mark.parametrize(
    ("rule", "text", "after"),
    [
        ("ASSERT-GUARD", "def drop(actor, user, users):\n    assert 'admin' in actor.roles\n    users.remove(user)\n",
         "    if 'admin' not in actor.roles:\n        raise PermissionError\n"),
        ("ASSERT-GUARD", "def take(user, account, amount):\n    assert user == account.owner\n    account.take(amount)\n",
         "    if user != account.owner:\n        raise PermissionError\n"),
        ("ASSERT-GUARD", "from django.http import HttpResponse\n\n\ndef view(request):\n"
                         "    assert request.user.is_staff\n    return HttpResponse('')\n",
         "from django.core.exceptions import PermissionDenied\n"),
        ("ASSERT-GUARD", "def close(user, account):\n    try:\n        assert user.is_admin\n    except AssertionError:\n"
                         "        return 403\n    account.close()\n    return 204\n",
         "        if not user.is_admin:\n            raise PermissionError\n    except PermissionError:\n        return 403\n"),
        ("MKTEMP", "import tempfile\n\n\ndef save(text):\n    path = tempfile.mktemp(suffix='.t')\n"
                   "    with open(path, 'w', encoding='utf-8') as file:\n        file.write(text)\n    return path\n",
         "    fd, path = tempfile.mkstemp(suffix='.t')\n    with os.fdopen(fd, 'w', encoding='utf-8') as file:\n"),
        ("YAML-LOAD", "from yaml import UnsafeLoader, load_all\n\n\ndef read(stream):\n"
                      "    return list(load_all(stream, UnsafeLoader))\n",
         "from yaml import safe_load_all\n\n\ndef read(stream):\n    return list(safe_load_all(stream))\n"),
        ("NO-TLS-VERIFY", CONTEXT + "    return context.wrap_socket(sock, server_hostname=host)\n",
         "    context = ssl.create_default_context()\n    return context.wrap_socket(sock, server_hostname=host)\n"),
        ("XML", "from lxml import etree\n\nparser = etree.XMLParser(resolve_entities=True, no_network=False)\n",
         "etree.XMLParser(resolve_entities=False, no_network=True)"),
        ("JWT-VERIFY", "import jwt\n\n\ndef read(token, key):\n    options = {'verify_signature': False, 'verify_aud': False}\n"
                       "    return jwt.decode(token, key, algorithms=['HS256'], options=options)\n",
         "    options = {'verify_aud': False}\n    return jwt.decode(token, key, algorithms=['HS256'], options=options)\n"),
        ("SECRET", "import psycopg2\n\n\ndef connect():\n    return psycopg2.connect(host='db', password='tR7!kQ2vLw9z')\n",
         "password=os.environ['DB_PASSWORD']"),
        ("SECRET", "import httpx\n\nHEADERS = {'Authorization': 'Bearer 7d1f0c93b2ae4486f5e0917c'}\n",
         "{'Authorization': 'Bearer ' + os.environ['API_TOKEN']}"),
        ("XSS", "from django.http import HttpResponse\n\n\ndef view(request):\n    html = '<p>%s</p>' % request.GET['n']\n"
                "    return HttpResponse(html)\n", "html = '<p>%s</p>' % escape(request.GET['n'])"),
        ("XSS", "from fastapi import FastAPI\nfrom fastapi.responses import HTMLResponse\n\napp = FastAPI()\n\n\n@app.get('/')\n"
                "def view(q: str):\n    items = ''.join(f'<li>{a}</li>' for a in 'ab')\n"
                "    return HTMLResponse(f'<h1>{q}</h1><ul>{items}</ul>')\n", "f'<h1>{html.escape(q)}</h1><ul>{items}</ul>'"),
        ("SHELL", "import os\n" + FLASK + "    host = request.args['h']\n    return os.popen('ping ' + host + ' | tail').read()\n",
         "os.popen('ping ' + shlex.quote(host) + ' | tail')"),
        ("SHELL", "import asyncio\n\nfrom aiohttp import web\n\n\nasync def trace(request):\n    host = request.query['h']\n"
                  "    return await asyncio.create_subprocess_shell(f'traceroute {host}', stdout=1)\n",
         "asyncio.create_subprocess_exec('traceroute', host, stdout=1)"),
        ("SQL", "from sqlalchemy import text\n\n\ndef find(session, author):\n"
                "    query = text(\"SELECT id FROM books WHERE author = '\" + author + \"'\")\n    return session.execute(query)\n",
         'text("SELECT id FROM books WHERE author = :author")\n    return session.execute(query, {"author": author})\n'),
        ("NOSQL", FLASK + "    body = request.get_json()\n    return str(db.users.find_one({'name': body['name'], 'active': True}))\n",
         "find_one({'name': {'$eq': body['name']}, 'active': True})"),
        ("REDIRECT", "from django.shortcuts import redirect\n\n\ndef login(request):\n    target = request.GET.get('next', '/')\n"
                     "    return redirect(target)\n",
         "    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):\n        target = '/'\n"),
        # real code: quotes around a value, which `!r` has too, and an error, whose text is its own
        ("LOG", "import logging\n" + FLASK + "    name = request.args['n']\n    try:\n        return open('x').read()\n"
                "    except OSError as error:\n        logging.error(f\"no '{name}': {error}\")\n        return ''\n",
         "logging.error(f\"no {name!r}: {error}\")"),
        ("LOG", "import logging\n" + FLASK + "    logging.info(\"user '%s' from %s\", request.args['u'], request.args['f'])\n"
                "    return ''\n", "logging.info(\"user %r from %r\", request.args['u'], request.args['f'])"),
        ("WEAK-RANDOM", "from random import choices\n\n\ndef new_token():\n    return ''.join(choices('abcdef', k=20))\n",
         "secrets.SystemRandom().choices('abcdef', k=20)"),
        ("COOKIE-SECURE", "from flask import Flask\n\napp = Flask(__name__)\napp.config.update(SESSION_COOKIE_SECURE=False)\n",
         "SESSION_COOKIE_SECURE=True"),
    ],
)  # fmt: skip
def test_what_was_wrong_or_missing_is_right(rule, text, after, tmp_path):
    (new,) = fixed(rule, text, tmp_path)
    assert after in new
    assert not [raw for raw in find(new, "app.py", str(tmp_path)) if raw.rule == f"AMB-SEC-{rule}"]


def test_a_name_that_is_something_else_in_the_file_is_not_imported(tmp_path):
    text = FLASK + "    html = request.args['n']\n    return '<p>' + html + '</p>'\n"
    (new,) = fixed("XSS", text, tmp_path)
    assert new.startswith("from html import escape\n\nfrom flask import Flask, request\n")
    assert "return '<p>' + escape(html) + '</p>'" in new


def test_a_line_that_became_long_is_laid_out_as_the_file_is(tmp_path):
    (tmp_path / "ruff.toml").write_text("line-length = 100\n")
    text = (
        "from flask import Flask\n\napp = Flask(__name__)\n\n\ndef login(response, value):\n"
        '    response.set_cookie("session_id", value, max_age=3600, domain="example.org", httponly=True)\n'
    )
    (new,) = fixed("COOKIE-SECURE", text, tmp_path)
    assert max(map(len, new.splitlines())) <= 100
    assert "secure=True" in new
