"""What is passed over without being run: only what could not show anything."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers import security
from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.ruff import Report as Checked
from ambient_lsp.analyzers.ruff_settings import RuffSettings
from ambient_lsp.analyzers.taint import engine, report
from ambient_lsp.analyzers.taint.engine import analyze, imports_of
from ambient_lsp.analyzers.taint.prescan import Words
from ambient_lsp.engine.memo import key_of
from ambient_lsp.model import Severity, Span
from benchmarks.security import corpus

SAMPLE = [case for index, case in enumerate(corpus.read()) if index % 9 < 2]


def shows(text, path="app/views.py", **others):
    texts = [(path, text), *((f"{name}.py", other) for name, other in others.items())]
    return Words(texts, imports_of(text)).may_show()


def test_programs_give_the_same_with_and_without_it(monkeypatch):
    passed_over = 0
    for case in SAMPLE:
        texts = {path: text for path, text in case.files.items() if path.endswith(".py")}
        for path, text in texts.items():
            others = {
                name.removesuffix(".py").replace("/", "."): (name, other)
                for name, other in texts.items()
                if name != path
            }
            with monkeypatch.context() as patch:
                patch.setattr(Words, "may_show", lambda words: True)
                whole = analyze(text, path, others)
            assert list(analyze(text, path, others).hits) == list(whole.hits), (case.name, path)
            passed_over += not Words([(path, text), *others.values()], imports_of(text)).may_show()
    assert passed_over  # so that something was tried


@pytest.mark.parametrize(
    "text",
    [
        "# conn.execute(sql)\ndef f(conn, x):\n    return x\n",
        'def f(x):\n    """Give it to `os.system`.\n\n    execute(x) is another way.\n    """\n    return x\n',
        "class Query:\n    def execute(self, sql):\n        return sql\n",
        "import re\n\nFORM = re.compile('a')\n",
        "def f(pool):\n    return pool.cursor()\n",
        "def f(request):\n    return request.GET['a']\n",
        "def f(name):\n    return open(name)\n",
    ],
)
def test_nothing_is_run_where_no_rule_could_speak(text):
    assert not shows(text)


@pytest.mark.parametrize(
    "text",
    [
        "def f(conn, x):\n    conn.execute('SELECT ' + x)\n",
        "def f(conn, x):\n    run = conn.execute\n    run('SELECT ' + x)\n",
        "def f(conn, x):\n    getattr(conn, 'execute')('SELECT ' + x)\n",
        "from os import *\n\n\ndef f(x):\n    system('ls ' + x)\n",
        "from os import (\n    path,\n    system as run,\n)\n\n\ndef f(x):\n    run('ls ' + x)\n",
        "def f(pool, x):\n    return pool.cursor(f'SELECT {x}')\n",
        "def f(conn, x):\n    return f'{conn.execute(x)}'\n",
        "import django\n\n\ndef f(request):\n    return open(request.GET['a'])\n",
        "def f(x):\n    return f'{eval(x)}'\n",
        'def f(x):\n    return "it\'s " + eval(x) + " don\'t"\n',
        "import sys\n\nopen(sys.argv[1])\n",
        "import random\n\ntoken = random.random()\n",
        "import hashlib\n\nhashlib.new('md5')\n",
    ],
)
def test_what_could_be_found_is_looked_for(text):
    assert shows(text)


def test_a_sink_in_another_module_counts():
    text = "from store import run\n\n\ndef f(x):\n    run('SELECT ' + x)\n"
    assert not shows(text)
    assert shows(text, store="def run(sql):\n    DB.execute(sql)\n")


def test_a_test_is_run_only_where_a_finding_of_another_tool_is_to_be_weighed(monkeypatch):
    ran = []
    monkeypatch.setattr(report, "analyze", lambda *args, **more: ran.append(args) or engine.Report())
    text = "import os\n\n\ndef test_it(x):\n    os.system('ls ' + x)\n"
    weighed = RawFinding(
        "AMB-SEC-SHELL", Span(4, 4, 4, 26), "m", Severity.WARNING, data={"level": "high", "code": "S605"}
    )
    other = RawFinding("AMB-SEC-TLS", Span(4, 4, 4, 26), "m", Severity.WARNING, data={"level": "high", "code": "S501"})
    assert report.weigh(text, "tests/test_a.py", [other]) == [other]
    assert not ran
    report.weigh(text, "tests/test_a.py", [weighed])
    assert len(ran) == 1


def test_what_was_judged_is_kept_until_the_text_or_a_module_changes():
    def key(text, module="def run(x):\n    return x\n"):
        return key_of(security.weaknesses, (text, "a.py", Checked(), RuffSettings(), "medium", {"b": ("b.py", module)}))

    assert key("import b\n") is not None
    assert key("import b\n") == key("import b\n")
    assert len({key("import b\n"), key("import b \n"), key("import b\n", "run = eval\n")}) == 3
