"""One weakness in its many spellings: aliases, instances, constants elsewhere in the file, tables, half-typed text."""

from __future__ import annotations

import time

import pytest

from ambient_lsp.analyzers.patterns.engine import find
from ambient_lsp.analyzers.patterns.regex import explodes


def told(text, path="shop/app.py"):
    return {raw.rule.removeprefix("AMB-SEC-") for raw in find(text, path) if raw.data["level"] != "low"}


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        # names
        ("NO-TLS-VERIFY", "import requests as r\n\nr.get(url, verify=False, timeout=1)\n"),
        ("NO-TLS-VERIFY", "from requests import get as fetch\n\nfetch(url, verify=False, timeout=1)\n"),
        ("NO-TLS-VERIFY", "import requests\n\nOFF = False\nrequests.get(url, verify=OFF, timeout=1)\n"),
        ("NO-TLS-VERIFY", "import requests\n\n\ndef f(s: requests.Session):\n    s.get(url, verify=False)\n"),
        ("NO-TLS-VERIFY", "import httpx\n\n\nasync def f():\n    async with httpx.AsyncClient(verify=False) as c:\n"
                          "        await c.get(url)\n"),
        ("NO-TLS-VERIFY", "import aiohttp\n\n\nasync def f():\n    async with aiohttp.ClientSession() as s:\n"
                          "        await s.get(url, ssl=False)\n"),
        ("NO-TLS-VERIFY", "import ssl, urllib3\n\nurllib3.PoolManager(cert_reqs=ssl.CERT_NONE)\n"),
        ("NO-TLS-VERIFY", "import requests\n\n\nclass A:\n    def __init__(self):\n        self.s = requests.Session()"
                          "\n\n    def go(self):\n        self.s.post(url, verify=not True)\n"),
        ("NO-TLS-VERIFY", "import os\n\nos.environ['PYTHONHTTPSVERIFY'] = '0'\n"),
        ("NO-TIMEOUT", "import requests\n\nOPTIONS = {'headers': {}}\nrequests.get(url, **OPTIONS)\n"),
        ("YAML-LOAD", "from yaml import load, Loader\n\nload(f, Loader)\n"),
        ("YAML-LOAD", "import yaml\n\nyaml.load(f, Loader=yaml.UnsafeLoader)\n"),
        # secrets
        ("SECRET", "AWS_SECRET_ACCESS_KEY = 'hV3x8Qw1Zr5Kt0Yb7Nc2Jm9Fd4Ls6Gp/+aEuTiOo'\n"),
        ("SECRET", "headers = {'Authorization': 'Bearer 7d1f0c93b2ae4486f5e0917c'}\n"),
        ("URL-SECRET", "DSN = 'postgresql://shop:Gx82-mQpa0@db.example.org/shop'\n"),
        ("FIXED-LOGIN", "def f(password):\n    if password != 'open-sesame-4711':\n        raise ValueError\n"),
        ("HARDCODED-KEY", "import jwt\n\nKEY = 'kX9!vQ2pL0zT'\njwt.decode(t, KEY, algorithms=['HS256'])\n"),
        ("HARDCODED-KEY", "from cryptography.fernet import Fernet\n\nf = Fernet(b'kX9vQ2pL0zT')\n"),
        # hashes and random
        ("WEAK-HASH", "import hashlib\n\nKINDS = {'signature': 'md5'}\n"
                      "signature = hashlib.new(KINDS['signature'], x)\n"),
        ("WEAK-HASH", "from cryptography.hazmat.primitives import hashes\n\nfingerprint = hashes.Hash(hashes.MD5())\n"),
        ("WEAK-HASH", "from hashlib import md5 as digest_of\n\n\ndef login(password, digest=digest_of):\n"
                      "    return digest(password)\n"),
        ("WEAK-CIPHER", "from Crypto.Cipher import AES, Blowfish\n\nKINDS = {'fast': Blowfish, 'good': AES}\n"
                        "kind = KINDS['fast']\nkind.new(key, Blowfish.MODE_CBC, iv)\n"),
        ("WEAK-RANDOM", "import numpy as np\n\n\ndef api_key():\n    rng = np.random.default_rng()\n"
                        "    return rng.bytes(24).hex()\n"),
        ("WEAK-RANDOM", "import random\n\n\ndef f(response):\n    value = str(random.random())[2:]\n"
                        "    response.set_cookie('remember_token', value)\n"),
        # files
        ("TEMP-PATH", "import os, tempfile\n\npath = os.path.join(tempfile.gettempdir(), f'w-{os.getpid()}.lock')\n"
                      "open(path, 'w')\n"),
        ("TEMP-PATH", "from pathlib import Path\n\n\nclass Spool:\n    path = Path('/var/tmp/spool.sql')\n\n"
                      "    def save(self):\n        self.path.write_text('x')\n"),
        ("EXTRACT", "import tarfile\n\n\ndef f(path, folder):\n    with tarfile.open(path) as tar:\n"
                    "        for member in tar:\n            tar.extract(member, folder)\n"),
        ("EXTRACT", "import shutil\n\nshutil.unpack_archive(x, y, format='tar')\n"),
        ("EXTRACT", "import os, zipfile\n\n\ndef f(z, folder):\n    for info in z.infolist():\n"
                    "        with open(os.path.join(folder, info.filename), 'wb') as out:\n"
                    "            out.write(b'')\n"),
        ("EXTRACT", "import tarfile\n\n\ndef only(tar):\n    for m in tar:\n        if m.name.endswith('.py'):\n"
                    "            yield m\n\n\ntar = tarfile.open(p)\ntar.extractall(f, members=only(tar))\n"),
        # web
        ("ASSERT-GUARD", "def f(request):\n    assert request.user.has_perm('x')\n"),
        ("ASSERT-GUARD", "import hmac\n\n\ndef f(a, b):\n    assert hmac.compare_digest(a, b)\n"),
        ("ASSERT-GUARD", "def f(request):\n    body = request.get_json()\n    assert body['amount'] > 0\n"),
        ("COOKIE-SECURE", "from http.cookies import SimpleCookie\n\nc = SimpleCookie()\nc['sid'] = x\n"
                          "c['sid']['secure'] = False\n"),
        ("COOKIE-HTTPONLY", "OPTIONS = dict(secure=True, httponly=False)\nr.set_cookie('session', v, **OPTIONS)\n"),
        ("CORS", "def f(request, response):\n"
                 "    response.headers['Access-Control-Allow-Origin'] = request.headers.get('Origin')\n"),
        ("CORS", "class H(RequestHandler):\n    def get(self):\n"
                 "        self.set_header('Access-Control-Allow-Origin', '*')\n"),
        ("CORS", "from flask_cors import CORS\n\nCORS(app)\n"),
        ("DEBUG", "import tornado.web\n\nsettings = {'debug': True}\ntornado.web.Application([], **settings)\n"),
        ("FLASK-DEBUG", "import bottle\n\nbottle.run(debug=True)\n"),
        ("DEBUG", "from flask import Flask\n\napp = Flask(__name__)\napp.config.update(DEBUG=True)\n"),
        ("JWT-CONFUSION", "import jwt\n\n\ndef f(t, key):\n    header = jwt.get_unverified_header(t)\n"
                          "    return jwt.decode(t, key, algorithms=[header['alg']])\n"),
        ("JWT-VERIFY", "from jwt import decode\n\ndecode(t, verify=False)\n"),
        ("COOKIE-SECURE", "resp.set_cookie('flavour', value, secure=False, httponly=True)\n"),
        ("SECRET", "PASSWORD = 'swordfish'\n"),
        ("SECRET", "import db\n\ndb.connect(user='shop', password='supersecret')\n"),
        ("WEAK-RANDOM", "import random\n\nremember_me = str(random.normalvariate())[2:]\n"),
        ("TLS-CONTEXT", "import ssl\n\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLS)\nconnect(context)\n"),
        ("MAIL-TLS", "import imaplib\n\nbox = imaplib.IMAP4_SSL(host, timeout=3)\n"),
        # constants through other doors
        ("FLASK-DEBUG", "from flask import Flask\n\nOPTIONS = dict(debug=True, port=1)\nFlask('x').run(**OPTIONS)\n"),
        ("NO-TLS-VERIFY", "import requests\n\nDEFAULTS = {'verify': False, 'timeout': 5}\n\n\ndef f(url, **options):\n"
                          "    merged = {**DEFAULTS, **options}\n    return requests.get(url, **merged)\n"),
        ("JWT-NONE", "import jwt\n\nALLOWED = ('HS256', 'none')\njwt.decode(t, key, algorithms=list(ALLOWED))\n"),
        ("JWT-VERIFY", "import jwt\n\njwt.decode(t, key=None, options=dict(verify_signature=False))\n"),
        ("CIPHER-MODE", "from Crypto.Cipher import AES\n\n\nclass Box:\n    MODE = AES.MODE_ECB\n\n"
                        "    def f(self, key):\n"
                        "        return AES.new(key, self.MODE)\n"),
        ("WEAK-KEY", "from cryptography.hazmat.primitives.asymmetric import rsa\n\n\nclass Keys:\n"
                     "    BITS = 512 * 2\n\n\n"
                     "rsa.generate_private_key(public_exponent=65537, key_size=Keys.BITS)\n"),
        ("NO-TLS-VERIFY", "import requests\n\nrequests.get(url, verify=bool(''), timeout=1)\n"),
        ("WEAK-HASH", "import hmac\n\nmac = hmac.new(key, body, digestmod='md5')\n"),
        ("WEAK-HASH", "import hashlib\n\nSCHEME = 'sha1'\n\n\ndef sign(x, scheme=SCHEME):\n"
                      "    return getattr(hashlib, scheme)(x)\n"),
        ("COOKIE-HTTPONLY", "class H:\n    def f(self):\n        self.set_signed_cookie('n', v, httponly=False)\n"),
        ("TEMP-PATH", "from pathlib import Path\n\n\nclass A:\n    target = Path('/tmp') / 'update.zip'\n\n"
                      "    def f(self):\n        self.target.write_bytes(b'')\n"),
        ("EXTRACT", "import tarfile\n\ntarfile.open(p).extractall(f, filter=tarfile.fully_trusted_filter)\n"),
        ("EXTRACT", "import shutil, zipfile\n\n\ndef f(z, target):\n    for name in z.namelist():\n"
                    "        place = target / name\n"
                    "        with z.open(name) as source, place.open('wb') as out:\n"
                    "            shutil.copyfileobj(source, out)\n"),
        ("FORM-FIELDS", "class S(serializers.ModelSerializer):\n    class Meta:\n        model = A\n"
                        "        fields = '__all__'\n"),
        ("CORS", "response.headers.add('Access-Control-Allow-Origin', '*')\n"),
        ("EXTRACT", "import tarfile\nfrom contextlib import closing\n\nwith closing(tarfile.TarFile.open(p)) as b:\n"
                    "    b.extractall('/srv', filter='fully_trusted')\n"),
        ("WEAK-HASH", "import hashlib\n\n\nclass V:\n    ALGORITHM = 'md5'\n\n    def f(self, x):\n"
                      "        return hashlib.new(self.ALGORITHM, x)\n"),
        ("MARKUP", "from django.utils.safestring import mark_safe\n\n\ndef f(x):\n    return mark_safe(x)\n"),
        ("MARKUP", "from markupsafe import Markup, escape\n\nx = Markup('<b>%s %s</b>' % (escape(a), b))\n"),
        # half-typed, newest syntax
        ("YAML-LOAD", "import yaml\n\nyaml.load(f)\n\ndef g(:\n"),
        ("YAML-LOAD", "import yaml\n\ntype A[T] = list[T]\nx = f'{yaml.load(f'{'a'}')}'\n"),
    ],
)  # fmt: skip
def test_it_is_found(rule, text):
    assert rule in told(text)


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"(\w+\s?)*;", r"^([^\\)]+|\\.)+x", r"(?:.*,)*$", r"^((ab)*|c+)*$"])
def test_an_expression_that_explodes(pattern):
    assert explodes(pattern, whole=False)


@pytest.mark.parametrize(
    "pattern",
    [r"^a+$", r"(a+)+", r"^(\w+,)*$", r"^(\d{1,3}\.){3}$", r"^(?:[a-z]+-)+x$", r"(", r"^(a|b)*$", r"(\s*\w)*$"],
)
def test_an_expression_that_does_not(pattern):
    assert not explodes(pattern, whole=False)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"a{n} = a{n + 1}\n" for n in range(3000)) + "a3000 = a0\na0.get(verify=False)\n",
        "x = x.y(x)\n" * 3000,
        "(" * 3000,
        "f(" * 1000 + ")" * 1000,
        "KEY = " + " + ".join(["'a'"] * 5000) + "\n",
        "KEY = " + "2 ** (" * 30 + "9" + ")" * 30 + "\n",
        "x = {" + ", ".join(f"'password{n}': 'kX9{n}vQ2pL'" for n in range(3000)) + "}\n",
        "import re\n\nre.compile('" + "(a|" * 150 + "b" + ")+" * 150 + "')\n",
        "\x00\ud800 = 1\n",
    ],
)
def test_a_hostile_file_takes_bounded_time(text):
    started = time.perf_counter()
    find(text, "app.py")
    assert time.perf_counter() - started < 5
