"""Weak calls whose callee or arguments stand elsewhere in the file."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ambient_lsp.analyzers.fixes.security import fix
from ambient_lsp.analyzers.patterns.engine import find


def rules(code: str) -> set[str]:
    return {raw.rule.removeprefix("AMB-SEC-") for raw in find(code, "shop/program.py")}


@pytest.mark.parametrize(
    ("rule", "weak", "sound"),
    [
        (
            "NO-TLS-VERIFY",
            "import requests\n\nOPTIONS = {'timeout': 5}\nOPTIONS['verify'] = False\n\n\ndef ask(url):\n"
            "    return requests.get(url, **OPTIONS)\n",
            "import requests\n\nOPTIONS = {'timeout': 5}\nOPTIONS['verify'] = False\nOPTIONS['verify'] = True\n\n\n"
            "def ask(url):\n    return requests.get(url, **OPTIONS)\n",
        ),
        (
            "NO-TLS-VERIFY",
            "import requests\n\ndef ask(url, verify=False):\n    return requests.get(url, verify=verify, timeout=9)\n",
            "import requests\n\ndef ask(url, verify=True):\n    return requests.get(url, verify=verify, timeout=9)\n",
        ),
        (
            "NO-TLS-VERIFY",
            "import requests\n\ndef ask(url, verify=True):\n    return requests.get(url, verify=verify, timeout=9)\n\n"
            "def news():\n    return ask('https://news.org', verify=False)\n",
            "import requests\n\ndef ask(url, verify=True):\n    return requests.get(url, verify=verify, timeout=9)\n\n"
            "def news():\n    return ask('https://news.org', verify='/etc/ca.pem')\n",
        ),
        (
            "NO-TLS-VERIFY",
            "import requests\n\n\nclass Client(requests.Session):\n    checks = False\n\n    def __init__(self):\n"
            "        super().__init__()\n        self.verify = self.checks\n",
            "import requests\n\n\nclass Client(requests.Session):\n    checks = True\n\n    def __init__(self):\n"
            "        super().__init__()\n        self.verify = self.checks\n",
        ),
        (
            "NO-TIMEOUT",
            "import requests\n\n\nclass Client:\n    usual = {'headers': {}}\n\n    def __init__(self, **more):\n"
            "        self.options = {**self.usual, **more}\n\n    def get(self, url):\n"
            "        return requests.get(url, **self.options)\n\n\ndef news():\n    return Client().get('https://news.org')\n",
            "import requests\n\n\nclass Client:\n    usual = {'timeout': 5}\n\n    def __init__(self, **more):\n"
            "        self.options = {**self.usual, **more}\n\n    def get(self, url):\n"
            "        return requests.get(url, **self.options)\n\n\ndef news():\n    return Client().get('https://news.org')\n",
        ),
        (
            "WEAK-KEY",
            "from functools import partial\n\nfrom cryptography.hazmat.primitives.asymmetric import rsa\nBITS = 1024\n"
            "make = partial(rsa.generate_private_key, public_exponent=65537, key_size=BITS)\nkey = make()\n",
            "from functools import partial\n\nfrom cryptography.hazmat.primitives.asymmetric import rsa\nBITS = 3072\n"
            "make = partial(rsa.generate_private_key, public_exponent=65537, key_size=BITS)\nkey = make()\n",
        ),
        (
            "WEAK-HASH",
            "from cryptography.hazmat.primitives import hashes\n\n\ndef pick(strict):\n"
            "    return hashes.SHA512 if strict else hashes.SHA1\n\n\ndef sign(key, text, strict=False):\n"
            "    algorithm = pick(strict)\n    return key.sign(text, algorithm())\n",
            "from cryptography.hazmat.primitives import hashes\n\n\ndef pick(strict):\n"
            "    return hashes.SHA512 if strict else hashes.SHA1\n\n\ndef sign(key, text, strict=True):\n"
            "    algorithm = pick(strict)\n    return key.sign(text, algorithm())\n",
        ),
        (
            "MKTEMP",
            "import tempfile as tf\n\nMAKERS = {'name': tf.mktemp, 'folder': tf.mkdtemp}\n\ndef stage(kind='name'):\n"
            "    return MAKERS[kind]()\n",
            "import tempfile as tf\n\nMAKERS = {'name': tf.mktemp, 'folder': tf.mkdtemp}\n\ndef stage(kind='folder'):\n"
            "    return MAKERS[kind]()\n",
        ),
        (
            "FLASK-DEBUG",
            "from flask import Flask\n\nDEVELOPMENT = {'debug': True}\n\n\ndef create():\n    return Flask('x')\n\n\n"
            "def main(profile=DEVELOPMENT):\n    create().run(port=80, **profile)\n",
            "from flask import Flask\n\nDEVELOPMENT = {'debug': False}\n\n\ndef create():\n    return Flask('x')\n\n\n"
            "def main(profile=DEVELOPMENT):\n    create().run(port=80, **profile)\n",
        ),
        (
            "WEAK-RANDOM",
            "import random\n\nclass Otp:\n    def __init__(self, rng=None):\n"
            "        self.rng = rng or random.Random()"
            "\n    def code(self):\n        return self.rng.randint(0, 999999)\n",
            "import random\n\nclass Otp:\n    def __init__(self, rng=None):\n"
            "        self.rng = rng or random.SystemRandom()\n\n    def code(self):\n"
            "        return self.rng.randint(0, 999999)\n",
        ),
        (
            "TEMP-PATH",
            "import os\n\n\ndef note(text):\n    with open(f'/tmp/note-{os.getpid()}', 'w') as file:\n"
            "        file.write(text)\n",
            "import uuid\n\n\ndef note(text):\n    with open(f'/tmp/note-{uuid.uuid4()}', 'w') as file:\n"
            "        file.write(text)\n",
        ),
    ],
)
def test_what_arrives_decides_and_not_how_the_call_is_written(rule: str, weak: str, sound: str) -> None:
    assert rule in rules(weak)
    assert rule not in rules(sound)


def test_the_finding_points_into_the_call() -> None:
    code = (
        "from django.http import HttpResponse\n\nFLAGS = {'secure': True, 'httponly': True}\n\n\n"
        "def login(request):\n    flags = dict(FLAGS, secure=False)\n    response = HttpResponse('ok')\n"
        "    response.set_cookie('session', request.token, **flags)\n    return response\n"
    )
    (found,) = [raw for raw in find(code, "shop/views.py") if raw.rule == "AMB-SEC-COOKIE-SECURE"]
    assert found.span.start_line == 8


def test_a_value_that_stands_elsewhere_is_not_changed_in_the_call(tmp_path: Path) -> None:
    code = (
        "import jwt\n\n\ndef read(token, key, verify=False):\n"
        "    return jwt.decode(token, key, algorithms=['HS256'], options={'verify_signature': verify})\n"
    )
    found = [raw for raw in find(code, "shop/tokens.py") if raw.rule == "AMB-SEC-JWT-VERIFY"]
    assert found
    assert fix(code, "shop/tokens.py", str(tmp_path), found) == []


def test_a_choice_of_the_user_from_a_table_is_no_weakness() -> None:
    code = (
        "import ssl\n\nimport ldap3\n\nMODES = {'none': ssl.CERT_NONE, 'optional': ssl.CERT_OPTIONAL, 'hard':"
        " ssl.CERT_REQUIRED}\n\n\ndef tls(mode):\n    return ldap3.Tls(validate=MODES[mode])\n"
    )
    assert "NO-TLS-VERIFY" not in rules(code)


def test_a_function_of_another_module_says_what_it_gives() -> None:
    code = "import requests\n\nfrom shop.settings import OPTIONS\n\nrequests.get('https://x.org', **OPTIONS)\n"
    bad = {"shop.settings": ("shop/settings.py", "OPTIONS = {'timeout': 5, 'verify': False}\n")}
    good = {"shop.settings": ("shop/settings.py", "OPTIONS = {'timeout': 5}\n")}
    assert "AMB-SEC-NO-TLS-VERIFY" in {raw.rule for raw in find(code, "shop/a.py", bad)}
    assert "AMB-SEC-NO-TLS-VERIFY" not in {raw.rule for raw in find(code, "shop/a.py", good)}


@pytest.mark.parametrize(
    "code",
    [
        "import requests\n\ndef a(x=a()):\n    return requests.get(**a(**x))\n\n\na(a)\n",
        "import requests\n\n" + "x = {**x, **x}\n" * 400 + "requests.get(**x)\n",
        "import requests\n\ndef f(u, **k):\n    requests.get(u, **k)\n    f(u, **k)\n    f(u, **k)\n",
        "import hashlib\n\nt = [hashlib.md5]\nfor x in t:\n    t.append(t)\n    t = [t[0], *t]\nt[0](",
    ],
)
def test_hostile_code_takes_bounded_time(code: str) -> None:
    start = time.thread_time()
    find(code, "shop/program.py")
    assert time.thread_time() - start < 3
