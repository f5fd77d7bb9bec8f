"""What real packages showed to be no weakness, and its counterpart that is one."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers import security

_FLASK = (
    "from urllib.parse import urljoin, urlparse\nfrom flask import Flask, redirect, request\n\napp = Flask(__name__)\n"
)

_OWN_HOST = """import re

_spaces = re.compile(r"[\\s]+").sub


def is_safe(target):
    target = _spaces("", target.replace("\\\\", "/"))
    scheme = urlparse(target).scheme
    if scheme and scheme not in ("http", "https"):
        return False
    here = urlparse(request.host_url)
    there = urlparse(urljoin(request.host_url, target))
    return here.netloc == there.netloc


@app.route("/go")
def go():
    target = request.values.get("next")
    if target and is_safe(target):
        return redirect(target)
    return "no"
"""

_WSGI = """def app(environ, start_response):
    with open("/srv/" + environ.get({key!r}, "")) as file:
        start_response("200 OK", [])
        return [file.read().encode()]
"""

_LOG = """import logging
from flask import request

logger = logging.getLogger(__name__)


def view(kind):
    user = request.args["user"]
    logger.info("a" + user)
    logger.info("b" + user)
    logger.warning(kind + ": %r", user)
"""


def found(tmp_path, text, path="app.py", modules=None):
    report = security.check(text, path, str(tmp_path), security.SELECTION)
    return [raw.rule for raw in security.judge(text, path, str(tmp_path), report, "medium", modules)]


def test_a_function_that_compares_hosts_guards_a_redirect_even_where_it_changes_its_copy(tmp_path):
    assert found(tmp_path, _FLASK + _OWN_HOST) == []
    unguarded = (_FLASK + _OWN_HOST).replace("return here.netloc == there.netloc", "return True")
    assert found(tmp_path, unguarded) == ["AMB-SEC-REDIRECT"]


@pytest.mark.parametrize(
    ("key", "rules"), [("PATH_INFO", ["AMB-SEC-PATH"]), ("HTTP_X", ["AMB-SEC-PATH"]), ("APP_CONFIG", [])]
)
def test_of_the_environ_of_wsgi_only_what_the_client_sends_is_untrusted(tmp_path, key, rules):
    assert found(tmp_path, _WSGI.format(key=key)) == rules


def test_one_value_that_can_forge_many_log_entries_is_told_once(tmp_path):
    assert found(tmp_path, _LOG) == ["AMB-SEC-LOG"]


def test_what_is_written_with_repr_forges_no_log_entry_whatever_stands_before_it(tmp_path):
    text = _LOG.replace('    logger.info("a" + user)\n    logger.info("b" + user)\n', "")
    assert found(tmp_path, text) == []


def test_what_another_module_does_with_a_parameter_is_told_there(tmp_path):
    text = "from helper import search\n\n\ndef find(name):\n    return search(name)\n"
    helper = 'import os\n\n\ndef search(name):\n    os.system(f"grep {name} names.txt")\n'
    assert found(tmp_path, text, modules={"helper": ("helper.py", helper)}) == []
    assert found(tmp_path, helper, "helper.py") == ["AMB-SEC-SHELL"]


@pytest.mark.parametrize(
    "text",
    [
        'def same(db, table):\n    return None if db.last == f"select count(*) from {table}" else db.count\n',
        'class Facet:\n    def __init__(self, table):\n        self.sql = f"select * from {table}"\n',
        'def escape(name):\n    return "[" + name.replace("]", "") + "]"\n\n\n'
        'def columns(conn, table):\n    return conn.execute(f"PRAGMA table_info({escape(table)})")\n',
    ],
)
def test_a_query_that_is_not_sent_or_whose_names_are_escaped_is_no_finding(tmp_path, text):
    assert found(tmp_path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        'def rows(conn, table):\n    sql = f"select * from {table}"\n    return conn.execute(sql)\n',
        'def query_of(table):\n    return f"SELECT * FROM {table} WHERE a = 1"\n',
    ],
)
def test_a_query_that_is_sent_or_given_to_others_is_one(tmp_path, text):
    assert found(tmp_path, text) == ["AMB-SEC-SQL"]


def test_code_that_is_only_compiled_or_names_of_python_2_are_no_guess(tmp_path):
    assert found(tmp_path, 'def build(tree):\n    return compile("x = " + tree, "<made>", "exec")\n') == []
    assert found(tmp_path, 'def f(db):\n    db.execute("select " + unicode("a"))\n') == []


def test_a_few_characters_of_a_digest_name_a_version(tmp_path):
    text = "import hashlib\n\n\ndef suffix(css):\n    return hashlib.sha1(css).hexdigest(){}\n"
    assert found(tmp_path, text.format("[:6]")) == []
    assert found(tmp_path, text.format("")) == ["AMB-SEC-WEAK-HASH"]
    assert found(tmp_path, text.format("[:32]")) == ["AMB-SEC-WEAK-HASH"]


def test_a_lock_that_is_handed_on_may_be_given_back_elsewhere(tmp_path):
    text = "import threading\n\nlock = threading.Lock()\nlock.acquire()\n"
    assert found(tmp_path, text) == ["AMB-SEC-LOCK-KEPT"]
    assert found(tmp_path, text + "waiters.append(lock)\n") == []


def test_a_call_that_a_test_expects_runs_no_shell(tmp_path):
    text = "def test_it(run, tag):\n    run.assert_has_calls([mock.call(f'a {tag}', shell=True)])\n"
    assert found(tmp_path, text, "tests/test_run.py") == []


@pytest.mark.parametrize(("check", "rules"), [("is_safe_url", []), ("is_valid_url", ["AMB-SEC-REDIRECT"])])
def test_a_check_that_nobody_can_look_into_is_believed_by_its_name(tmp_path, check, rules):
    body = f"""from adapters import adapter, {check}


@app.route("/go")
def go():
    target = request.args.get("next")
    if not {check}(target):
        target = "/"
    return redirect(target)
"""
    assert found(tmp_path, _FLASK + body) == rules
    assert found(tmp_path, (_FLASK + body).replace(f"not {check}(", f"not adapter().{check}(")) == rules


def test_the_address_of_this_site_is_no_place_that_a_request_chooses(tmp_path):
    text = """from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse


def view(request: HttpRequest):
    return HttpResponseRedirect(request.build_absolute_uri(%s))
"""
    assert found(tmp_path, text % 'reverse("done")') == []
    assert found(tmp_path, text % 'request.GET["next"]') == ["AMB-SEC-REDIRECT"]


def test_a_file_of_gridfs_is_found_by_its_id_and_no_path(tmp_path):
    body = """import gridfs
from flask import send_file


@app.route("/file")
def file():
    return send_file(gridfs.GridFS(db).get(request.args["id"]))
"""
    assert found(tmp_path, _FLASK + body) == []
    by_name = body.replace('gridfs.GridFS(db).get(request.args["id"])', 'request.args["id"]')
    assert found(tmp_path, _FLASK + by_name) == ["AMB-SEC-PATH"]


@pytest.mark.parametrize(
    "line",
    [
        'assert "/" not in value, "May not contain path separators"',
        'assert value, "permission should be a text"',
        'assert not value, "Can\'t use value= with permissions="',
    ],
)
def test_a_message_with_a_word_about_permissions_makes_an_assert_no_guard(tmp_path, line):
    assert found(tmp_path, f"def convert(value):\n    {line}\n    return value\n") == []


def test_a_form_of_the_admin_and_a_helper_of_a_view_are_left_alone(tmp_path):
    form = "from django import forms\n\n\nclass AppForm(forms.ModelForm):\n    class Meta:\n        exclude = []\n"
    assert found(tmp_path, form) == ["AMB-SEC-FORM-FIELDS"]
    assert found(tmp_path, "from django.contrib.admin import ModelAdmin\n" + form) == []
    view = "def change_password(request, user, password):\n    set_up(request)\n    user.set_password(password)\n"
    assert found(tmp_path, view) == ["AMB-SEC-PASSWORD-CHANGE"]
    assert found(tmp_path, view.replace("request, ", "").replace("    set_up(request)\n", "")) == []


def test_what_a_library_says_went_wrong_is_in_its_own_words(tmp_path):
    text = """import logging
from flask import request
from saml import Auth


def view():
    auth = Auth(request.form)
    logging.error("failed: %s", auth.{method}())
"""
    assert found(tmp_path, text.format(method="get_last_error_reason")) == []
    assert found(tmp_path, text.format(method="get_answer")) == ["AMB-SEC-LOG"]


def test_of_a_function_that_takes_an_environ_only_that_is_untrusted(tmp_path):
    text = """def write(environ, *parts):
    with open("/srv/" + {name}) as file:
        return file.read()
"""
    assert found(tmp_path, text.format(name="parts[0]")) == []
    assert found(tmp_path, text.format(name='environ["PATH_INFO"]')) == ["AMB-SEC-PATH"]


def test_random_numbers_are_followed_within_a_file(tmp_path):
    text = "import random\n\nfrom store import keep\n\n\ndef boundary():\n    keep(str(random.random()))\n"
    store = "def keep(text):\n    password = text\n    return password\n"
    assert found(tmp_path, text, modules={"store": ("store.py", store)}) == []
    assert found(tmp_path, text.replace("keep(str(random.random()))", "password = str(random.random())")) == [
        "AMB-SEC-WEAK-RANDOM"
    ]


@pytest.mark.parametrize("value", ["request.headers['Origin']", "value=request.headers['Origin']"])
def test_an_origin_that_is_sent_back_is_seen_by_position_and_by_name(tmp_path, value):
    text = "from flask import request\n\n\ndef view(response):\n"
    text += f"    response.set_header('Access-Control-Allow-Origin', {value})\n"
    assert found(tmp_path, text) == ["AMB-SEC-CORS"]


def test_columns_of_rows_that_a_loop_collects_stay_apart(tmp_path):
    text = (
        "import sys\n\nrows = []\nfor name in sys.argv[1:]:\n    rows.append((name, len(name)))\n"
        "for name, size in rows:\n    eval({})\n"
    )
    assert found(tmp_path, text.format("size")) == []
    assert found(tmp_path, text.format("name")) == ["AMB-SEC-EVAL"]


@pytest.mark.parametrize(
    ("status", "rules"),
    [("falcon.HTTP_201", []), ("HTTPStatus.FOUND", ["AMB-SEC-REDIRECT"]), ("'302 Found'", ["AMB-SEC-REDIRECT"])],
)
def test_what_was_created_has_a_location_and_sends_nobody_there(tmp_path, status, rules):
    lines = [f"        resp.status = {status}\n", "        resp.location = req.get_param('next')\n"]
    begin = "from http import HTTPStatus\nimport falcon\n\n\nclass R:\n    def on_post(self, req, resp):\n"
    assert found(tmp_path, begin + "".join(lines)) == rules
    assert found(tmp_path, begin + "".join(lines[::-1])) == rules


_KEY_LINE = "-----BEGIN EC PRIVATE KEY-----"
_PIECES = {
    "a fallback for Pythons that have no secrets": (
        "try:\n    from {0} import randbits\nexcept ImportError:\n    from random import getrandbits as randbits\n\n\n"
        "def make_token():\n    return str(randbits(64))\n",
        "secrets", "fast_secrets", "WEAK-RANDOM",
    ),
    "the pattern of a token of a grammar": ("token = r'{0}'\n", "[-!#$%&*+.^_|~0-9a-zA-Z]+", "kX9!vQ2pL-zT", "SECRET"),
    "the scheme of a login": (
        "make(default_token='{0}', kind=1)\n", "Bearer", "kX9vQ2pLzT81", "SECRET",
    ),
    "the kind of a token of a language": ("token = '{0}'\n", "Normal", "kX9vQ2pLzT81", "SECRET"),
    "the name of a way to log in": ("PASSWORD = '{0}'\n", "urn:oasis:names:ac:Password", "kX9vQ2pLzT81", "SECRET"),
    "the line at which a key begins": (
        "start = text.find('{0}')\n", _KEY_LINE, f"{_KEY_LINE}\\nMHcCAQEEIIGLlam", "SECRET",
    ),
    "a docstring about keys": (
        'def load(text):\n    """Loads what begins with {0} from a file."""\n',
        _KEY_LINE, f"{_KEY_LINE}\n    Proc-Type: 4,ENCRYPTED\n\n    MHcCAQEEIIGLlam\n", "SECRET",
    ),
    "a digest of the protocol in Base64": (
        "import base64, hashlib\n\n\ndef keep(nonce, password):\n    return base64.b64encode({0})\n",
        "hashlib.sha256(nonce).digest() if password else b''", "password.encode()", "PASSWORD-ENCODED",
    ),
    "a name cut short in the next line": (
        "import hashlib\n\n\ndef short(text):\n    digest = hashlib.md5(text).hexdigest()\n    return text[:9] + {0}\n",
        "digest[:7]", "digest", "WEAK-HASH",
    ),
    "the handshake of WebSocket": (
        "import hashlib\n\n\ndef reply(key):\n    text = key + '{0}'\n"
        "    return hashlib.sha1(text.encode()).digest()\n",
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", "pepper", "WEAK-HASH",
    ),
    "how long a signature is": (
        "import hmac\n\nsize = {0}(hmac.new(b'x9', b'x9', 'sha256').digest())\n", "len", "bytes", "HARDCODED-KEY",
    ),
    "the constructor of an unpickler that lets few classes in": (
        "import pickle\n\n\nclass Own(pickle.Unpickler):\n    def __init__(self, file):\n        {0}\n\n"
        "    def find_class(self, module, name):\n        raise pickle.UnpicklingError(name)\n",
        "super().__init__(file)", "self.first = pickle.load(file)", "PICKLE",
    ),
    "all sockets of the file have a timeout": (
        "import socket\nfrom urllib.request import urlopen\n\nsocket.setdefaulttimeout({0})\nurlopen(url)\n",
        "5", "None", "NO-TIMEOUT",
    ),
    "a timeout that is kept elsewhere": (
        "import socket\n\n\nclass Line:\n    def __init__(self, wait=None):\n        self.wait = wait\n\n"
        "    def open(self, host):\n        line = socket.socket()\n        line.settimeout({0})\n"
        "        line.connect((host, 1))\n",
        "self.wait", "None", "NO-TIMEOUT",
    ),
    "a timeout that callers choose": (
        "import httpx\n\n\ndef make(wait=None):\n    return httpx.Client(timeout=wait)\n{0}",
        "", "\n\nclient = make()\n", "NO-TIMEOUT",
    ),
    "a session that passes on what it is given": (
        "import requests\n\n\nclass Own(requests.Session):\n    def request(self, method, url, **more):\n"
        "        return super().request(method, url, {0})\n\n    def fetch(self, url, timeout=None):\n"
        "        return self.request('GET', url, timeout=timeout)\n",
        "**more", "timeout=None", "NO-TIMEOUT",
    ),
    "a password that is empty unless it is given": (
        "import ldap\n\n\ndef bind(uri, password=''):\n    line = ldap.initialize(uri)\n"
        "    line.simple_bind_s('cn=root', {0})\n",
        "password", "''", "LDAP-ANONYMOUS",
    ),
    "an algorithm that nobody checks": (
        "import jwt\n\n\ndef read(token, key):\n    return jwt.decode(token, key, algorithms="
        "[jwt.get_unverified_header(token)['alg']], options={{'verify_signature': {0}}})\n",
        "False", "True", "JWT-CONFUSION",
    ),
    "a digest for one-time codes": (
        "from cryptography.hazmat.primitives.hashes import SHA1\n\n\ndef check(key, data):\n"
        "    return {0}(key, algorithm=SHA1())\n",
        "TOTP", "sign", "WEAK-HASH",
    ),
    "a server, which knows no name of its clients": (
        "import ssl\n\ncontext = ssl.SSLContext(ssl.{0})\ncontext.check_hostname = False\n",
        "PROTOCOL_TLS_SERVER", "PROTOCOL_TLS_CLIENT", "TLS-HOSTNAME",
    ),
    "what a setting was read as": (
        "def check(settings, password):\n    assert {0} == 'sikrit-4711'\n",
        "settings.password", "password", "FIXED-LOGIN",
    ),
    "what kind of value it is": (
        "def f(lock):\n    assert {0}(lock['owner'])\n", "util.is_bytes", "me.owns", "ASSERT-GUARD",
    ),
    "which word it is": ("def f({0}):\n    assert {0} in (None, 'type', 'owner')\n", "key", "role", "ASSERT-GUARD"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "innocent", "guilty", "rule"), _PIECES.values(), ids=_PIECES.keys())
def test_what_looks_like_a_weakness_and_its_twin_that_is_one(tmp_path, text, innocent, guilty, rule):
    assert f"AMB-SEC-{rule}" not in found(tmp_path, text.format(innocent))
    assert f"AMB-SEC-{rule}" in found(tmp_path, text.format(guilty))


_START = "def app(environ, start_response):\n    environ['own.key'] = 1\n    start_response('200 OK', [('X-A', {})])\n"
_SCHEMA = """def doubled(text, mark='"'):
    return text.replace({})


def rows(cursor, name):
    cursor.execute(f'SELECT a FROM "{{doubled(name)}}"')
"""


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ("environ['SERVER_NAME']", []),
        ("environ.get('HTTP_HOST', '')", []),
        ("'/?' + environ['QUERY_STRING']", []),
        ("environ['PATH_INFO']", ["AMB-SEC-HEADER"]),
        ("parse_qs(environ['QUERY_STRING'])['a'][0]", ["AMB-SEC-HEADER"]),
        ("unquote(environ['HTTP_X_NEXT'])", ["AMB-SEC-HEADER"]),
    ],
)
def test_a_line_of_the_request_forges_no_header_until_it_is_decoded(tmp_path, value, rules):
    assert found(tmp_path, "from urllib.parse import parse_qs, unquote\n\n\n" + _START.format(value)) == rules


@pytest.mark.parametrize(
    ("call", "rules"),
    [
        ("other(environ, start_response)", []),
        ("Response('ready')(environ, start_response)", []),
        ("Response(environ['PATH_INFO'])(environ, start_response)", ["AMB-SEC-XSS"]),
        ("[environ['PATH_INFO'].encode()]", ["AMB-SEC-XSS"]),
    ],
)
def test_what_another_application_answers_is_its_own(tmp_path, call, rules):
    text = "from webob import Response\n\n\ndef app(environ, start_response):\n    body = {}\n"
    text += "    start_response('200 OK', [('Content-Type', 'text/html')])\n    return body\n"
    assert found(tmp_path, text.format(call)) == rules


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        ("""'"', '""'""", []),
        ("mark, mark + mark", []),
        ("'x', 'xx'", ["AMB-SEC-SQL"]),
        ("mark, ''", ["AMB-SEC-SQL"]),
    ],
)
def test_a_name_whose_quotes_are_doubled_ends_no_statement(tmp_path, arguments, rules):
    assert found(tmp_path, _SCHEMA.format(arguments)) == rules


@pytest.mark.parametrize(
    ("value", "rules"), [("-1000 * size", []), ("size", ["AMB-SEC-SQL"]), ("2 * size", ["AMB-SEC-SQL"])]
)
def test_what_is_taken_times_a_negative_number_is_a_number(tmp_path, value, rules):
    text = f"def f(connection, size):\n    connection.execute('pragma cache_size=%s' % ({value}))\n"
    assert found(tmp_path, text) == rules


@pytest.mark.parametrize(
    ("value", "rules"), [("[user]", []), ("parse_qs(user)", []), ("{'user': user}", []), ("user", ["AMB-SEC-LOG"])]
)
def test_a_container_is_logged_with_its_line_breaks_spelled_out(tmp_path, value, rules):
    text = "import logging\nfrom urllib.parse import parse_qs\nfrom flask import request\n\n\n"
    text += "def view():\n    user = request.args['user']\n    logging.info('asked by {}', {})\n"
    assert found(tmp_path, text.format("%s", value)) == rules
    assert found(tmp_path, text.format("%(user)s", "{'user': user}")) == ["AMB-SEC-LOG"]


@pytest.mark.parametrize(("asked", "rules"), [("error", []), ("value", ["AMB-SEC-LOG"])])
def test_the_error_of_a_message_is_in_the_words_of_the_library(tmp_path, asked, rules):
    text = "import logging\nfrom confluent_kafka import Consumer\n\nconsumer = Consumer({{}})\n\n\ndef take():\n"
    text += "    message = consumer.poll(1)\n    logging.error(message.{}())\n"
    assert found(tmp_path, text.format(asked)) == rules


def test_one_name_of_a_file_that_another_can_take_is_told_once(tmp_path):
    assert found(tmp_path, "import os\n\nname = os.tempnam()\n") == ["AMB-SEC-MKTEMP"]


@pytest.mark.parametrize(
    ("path", "rules"), [("test.py", []), ("shop/tests.py", []), ("shop/app.py", ["AMB-SEC-SECRET"])]
)
def test_what_a_test_expects_is_no_secret(tmp_path, path, rules):
    assert found(tmp_path, "expected = {'secret': 'wrn3pqx5uqxqvnqrwrn3pqx5'}\n", path) == rules
