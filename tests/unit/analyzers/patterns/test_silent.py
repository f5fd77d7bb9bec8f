"""Right code of real packages, and twins of weaknesses that are none, are left alone."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.patterns.engine import find


def told(text, path="shop/app.py"):
    return {raw.rule.removeprefix("AMB-SEC-") for raw in find(text, path) if raw.data["level"] != "low"}


@pytest.mark.parametrize(
    "text",
    [
        # seen in real packages
        "if self.update_password == 'always':\n    change()\n",
        "if password_mechanism == 'sshpass':\n    run()\n",
        "next_page_token = 'eyJpbmRleCI6IDExfQ=='\nPAD_TOKEN = '<pad-1>'\nsep_token = 'a1b2c3d4'\n",
        "import os\n\nif not os.access(path, os.R_OK):\n    os.remove(path)\n",
        "import hashlib, os\n\nsession['csrf'] = hashlib.sha1(os.urandom(64)).hexdigest()\n",
        "from hashlib import sha1\n\nsalt = os.urandom(sha1().digest_size)\n",
        "from hashlib import md5\n\n\ndef safe_md5(data, usedforsecurity=True):\n"
        "    return md5(data, usedforsecurity=usedforsecurity)\n",
        "import hashlib\n\nreply = hashlib.sha1(key.encode() + WS_KEY).digest()\n",
        "URL = 'clickhousedb://demo:demo@db.shop.org'\nLOCAL = 'postgresql://shop:kX9vQ2pL@127.0.0.1:5432/x'\n"
        "MASKED = 'mysql://user:******@shop.org/x'\n",
        "from jinja2 import Template\n\nprompt = Template(PROMPT)\n",
        "from ftplib import FTP_TLS\n\nftp = FTP_TLS(context=context)\nftp.connect(host, timeout=5)\n",
        "from fastapi import HTTPException\n\n\ndef f(body):\n    try:\n        return load(body)\n"
        "    except Exception as error:\n        raise HTTPException(400, detail=f'Not valid: {error}')\n",
        "from django.views.decorators.csrf import csrf_exempt\n\n\ndef as_view(view):\n    return csrf_exempt(view)\n",
        "import tarfile\n\n\nclass Bundle:\n    def open(self, path):\n        self.tar = tarfile.open(path)\n"
        "        self.tar.extraction_filter = tarfile.data_filter\n\n    def unpack(self, folder):\n"
        "        self.tar.extractall(path=folder)\n",
        "def f(request):\n    assert request.args is not None\n",
        "def f(handler, options):\n    more = {'path': '/'}\n    more.setdefault('httponly', True)\n"
        "    more['secure'] = True\n    handler.set_secure_cookie('session', v, **more)\n",
        "from django.utils.html import escape\nfrom django.utils.safestring import mark_safe\n\n\ndef f(text):\n"
        "    return mark_safe(escape(text).replace('\\n', '<br>'))\n",
        "from markupsafe import Markup, escape\n\nx = Markup('<b>%s</b>' % escape(name))\ny = Markup('<hr>')\n",
        "from django.utils.safestring import mark_safe\n\nPARTS = ['<a>', '<b>']\nx = mark_safe(''.join(PARTS))\n",
        "def f(status):\n    assert is_body_allowed_for_status_code(status)\n",
        "class A:\n    def f(self, handler, token):\n        self.auth.set_cookie(handler, token)\n",
        "from markupsafe import Markup\nfrom wtforms.widgets import html_params\n\n\ndef f(ok, **more):\n"
        "    kind = 'good' if ok else 'bad'\n    return Markup(f'<i class=\"{kind}\" {html_params(**more)}>')\n",
        "import secrets\n\ndata = secrets.token_bytes(4)\n",
        "from cryptography.hazmat.primitives import hashes\n"
        "from cryptography.hazmat.primitives.asymmetric import padding\n\n"
        "kind = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)\n",
        "import hashlib\n\n\ndef pwned(password):\n    return hashlib.sha1(password.encode()).hexdigest() in leaked\n",
        "from django.utils.safestring import mark_safe\n\n\ndef f(x):\n    return mark_safe(x)\n",
        "from django.utils.safestring import mark_safe\n\nlabel = mark_safe(_('Some <b>text</b>'))\n",
        "from markupsafe import Markup\n\n\ndef f(self):\n    return Markup(self.text) + Markup(draw(self))\n",
        # twins
        "import tarfile\n\ntar = tarfile.open(p)\n"
        "good = [m for m in tar.getmembers() if (target / m.name).resolve().is_relative_to(target)]\n"
        "tar.extractall(target, members=good)\n",
        "import requests\n\nrequests.get(url, auth=('user', token), timeout=3)\n",
        "import smtplib\n\nserver = smtplib.SMTP_SSL(host, context=c, timeout=3)\nserver.login('me', password)\n",
        "import ssl\n\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLS)\ncontext.load_cert_chain('x.pem')\n",
        "import ssl\n\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLS)\ncontext.verify_mode = ssl.CERT_REQUIRED\n",
        "LABELS = {'password': 'passphrase'}\npassword = 'password'\nautocomplete_password = 'new-password'\n",
        "def f(kind):\n    return {'login': 'swordfish', 'password': 'swordfish'}[kind]\n",
        "import requests\n\nOPTIONS = {'timeout': 5}\nrequests.get(url, **OPTIONS)\nrequests.get(url, **more())\n",
        "import os, tempfile\n\nwith open(os.path.join(tempfile.mkdtemp(), 'x'), 'w') as f:\n    f.write('')\n",
        "def cors(response, request):\n    origin = request.headers.get('Origin')\n    if origin in ALLOWED:\n"
        "        response.headers['Access-Control-Allow-Origin'] = origin\n",
        "PATH = '/usr/share/Keys2/default'\nSECRET_PATH = 'conf/Secrets/v2/production'\n",
        "headers = {'Authorization': 'Bearer <token>'}\n",
        "def f(amount):\n    assert amount > 0\n",
        "import requests\n\nVERIFY = '/etc/ssl/own.pem'\nrequests.get(url, verify=VERIFY, timeout=3)\n",
        "def f(requests):\n    return requests.get(url, verify=False)\n",
        "class Client:\n    def get(self, url, verify):\n        ...\n\n\nClient().get(url, verify=False)\n",
        "import httpx\n\nhttpx.get(url)\n",  # it has a timeout of its own
        "import pickle\n\ncopy = pickle.loads(pickle.dumps(value))\n",
        "import hmac, pickle\n\n\ndef load(key, mac, body):\n"
        "    if not hmac.compare_digest(hmac.new(key, body, 'sha256').digest(), mac):\n        raise ValueError\n"
        "    return pickle.loads(body)\n",
        "import os\n\nold = os.umask(0)\nos.umask(old)\n",
        "import tarfile\n\nwith tarfile.open(path) as archive:\n    for member in archive.getmembers():\n"
        "        check(member)\n    archive.extractall(folder)\n",
        "import zipfile\n\nzipfile.ZipFile(path).extractall(folder)\n",
        "import re\n\nre.compile(r'^(\\w+\\s)*$')\nre.compile(r'(a+)+')\nre.compile(r'^\\d{1,3}(,\\d{3})*$')\n",
        "response.set_cookie('theme', 'dark')\nresponse.set_cookie('session', '', max_age=0)\n",
        "response.set_cookie('session', token, secure=settings.SECURE, httponly=True)\n",
        "import jwt\n\njwt.decode(token, key, algorithms=['RS256', 'ES256'])\n",
        "import jwt\n\nheader = jwt.get_unverified_header(token)\n",
        "import random\n\ncolour = random.choice(colours)\ntoken = random.choice(tokens)\nrandom.shuffle(cards)\n",
        "import uuid\n\nrow_id = uuid.uuid1()\n",
        "import hashlib\n\netag = hashlib.sha256(body).hexdigest()\n",
        "import hashlib\n\n\ndef key(password, salt):\n"
        "    return hashlib.pbkdf2_hmac('sha256', password, salt, 600_000)\n",
        "from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=os.environ.get('DEBUG') == '1')\n",
        "DEBUG = True\n",  # of some script, not among settings
        "class DevelopmentConfig:\n    DEBUG = True\n    SESSION_COOKIE_SECURE = False\n",
        "import logging\n\nlogging.info('password of %s changed', user)\n"
        "logging.info('reset %s', password_reset_url)\n",
        "import logging\n\nlogging.info('has password: %s', bool(password))\nlogging.info(len(token))\n",
        "def verify(token):\n    try:\n        return check(token)\n    except ValueError:\n        return False\n",
        "def is_cached(key):\n    try:\n        return lookup(key)\n    except KeyError:\n        return True\n",
        "import hmac\n\nok = hmac.compare_digest(a, b)\n",
        "if token == other.token.type:\n    pass\nif signature == 'x':\n    pass\n",
        "from urllib.parse import urlsplit\n\nif urlsplit(url).hostname in ('shop.org', 'www.shop.org'):\n    go()\n",
        "if url.startswith('https://shop.org/'):\n    go()\nif host.endswith('.shop.org'):\n    go()\n",
        "name = value == 'x' or 'default' in names\nx = kind or 'default'\n",
        "def f(role=None, roles=()):\n    return roles\n",
        "import subprocess\n\nsubprocess.run(['/usr/bin/git', 'status'], check=True)\n",
        "import yaml\n\nyaml.load(f, Loader=yaml.SafeLoader)\nyaml.load(f, yaml.CSafeLoader)\n",
        "import numpy, torch\n\nnumpy.load(path)\ntorch.load(path, weights_only=True)\n",
        "from Crypto.Cipher import AES\n\nAES.new(key, AES.MODE_CBC, iv)\nAES.new(key, AES.MODE_CBC, data[:16])\n",
        "import bcrypt\n\nbcrypt.hashpw(password, bcrypt.gensalt())\nbcrypt.hashpw(password, stored)\n",
        "import ssl\n\ncontext = ssl.create_default_context()\ncontext.minimum_version = ssl.TLSVersion.TLSv1_2\n",
        "if user.password == user.password_confirmation:\n    pass\n"
        "if form.password.data == form.confirm.data:\n    pass\n",
    ],
)  # fmt: skip
def test_it_is_silent(text):
    assert told(text) == set()
