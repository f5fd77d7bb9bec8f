"""What the flow says of the findings of others, the way it shows, other modules, and bounds."""

from __future__ import annotations

import time

import pytest

from ambient_lsp.analyzers import security
from ambient_lsp.analyzers.taint import report
from ambient_lsp.analyzers.taint.engine import analyze


def found(tmp_path, text, threshold="medium"):
    return [(raw.rule, raw.data["level"]) for raw in security.find(text, "app.py", str(tmp_path), threshold)]


@pytest.mark.parametrize(
    "text",
    [
        'import sqlite3\n\n\ndef f(db):\n    t = "users"\n    db.execute(f"SELECT * FROM {t} WHERE a = 1")\n',
        'import sqlite3\n\n\ndef f(db, n):\n    n = int(n)\n    db.execute(f"SELECT * FROM t WHERE a = {n}")\n',
        "import os\n\n\ndef f():\n    c = 'ls'\n    os.system(c + ' -l')\n",
        "import os\nimport shlex\n\n\ndef f(x):\n    os.system('ls ' + shlex.quote(x))\n",
        "def f(x):\n    if x not in ('1', '2'):\n        return None\n    return eval(x)\n",
    ],
)
def test_a_pattern_is_no_finding_where_the_values_are_harmless(tmp_path, text):
    assert found(tmp_path, text) == []


def test_a_pattern_counts_less_where_nothing_is_known_and_more_where_data_is_untrusted(tmp_path):
    unknown = "import os\nfrom a import get_command\n\n\ndef f():\n    os.system(get_command())\n"
    assert found(tmp_path, unknown) == []
    assert found(tmp_path, unknown, "low") == [("AMB-SEC-SHELL", "low")]
    given = "import os\n\n\ndef f(x):\n    os.system('ls ' + x)\n"
    assert found(tmp_path, given) == [("AMB-SEC-SHELL", "high")]
    untrusted = "import os\nfrom flask import request\n\n\ndef f():\n    os.system(request.args['x'])\n"
    assert found(tmp_path, untrusted) == [("AMB-SEC-SHELL", "critical")]


def test_what_a_test_does_to_itself_is_no_weakness(tmp_path):
    text = "import requests\nfrom flask import request\n\n\ndef f():\n    return open('/x/' + request.args['x'])\n"
    assert [raw.rule for raw in security.find(text, "app.py", str(tmp_path))] == ["AMB-SEC-PATH"]
    assert security.find(text, "tests/test_app.py", str(tmp_path)) == []


def test_one_weakness_is_told_once_where_text_and_call_are_apart(tmp_path):
    text = """\
from flask import request

def f(db):
    name = request.args["name"]
    query = "SELECT * FROM t WHERE name = '%s'" % name
    return db.execute(query)
"""
    raws = security.find(text, "app.py", str(tmp_path))
    assert [(raw.rule, raw.data["level"], raw.span.start_line) for raw in raws] == [("AMB-SEC-SQL", "critical", 4)]


def test_the_way_of_the_data_is_told_step_by_step():
    text = """\
import os
from flask import request

def run(command):
    os.system(command)

def f():
    name = "é" + request.args["name"]
    run(name)
"""
    (raw,) = report.find(text, "app.py")
    assert [(step.span.start_line, step.span.start_column) for step in raw.evidence] == [
        (7, 17),
        (7, 4),
        (3, 8),
        (4, 4),
    ]
    assert "request" in raw.message
    assert {"cwe-78", "taint"} <= set(raw.tags)


def test_data_is_followed_into_other_modules():
    view = "from flask import request\nfrom .shell import run\n\n\ndef f():\n    run(request.args['x'])\n"
    shell = "import os\n\n\ndef run(x):\n    os.system('ls ' + x)\n"
    quoted = "import os, shlex\n\n\ndef run(x):\n    os.system('ls ' + shlex.quote(x))\n"
    (hit,) = analyze(view, "src/pkg/views.py", {"pkg.shell": ("src/pkg/shell.py", shell)}).hits
    assert (hit.rule, hit.place.path, hit.place.line) == ("AMB-SEC-SHELL", "src/pkg/views.py", 6)
    assert hit.sink.place.path == "src/pkg/shell.py"
    assert not analyze(view, "src/pkg/views.py", {"pkg.shell": ("src/pkg/shell.py", quoted)}).hits


def test_modules_that_import_each_other_end():
    one = "from b import g\nimport os\n\n\ndef f(x):\n    return g(x)\n\n\nos.system(f(input()))\n"
    other = "from a import f\n\n\ndef g(x):\n    return f(x) + x\n"
    report = analyze(one, "a.py", {"b": ("b.py", other), "a": ("a.py", one)})
    assert not report.unfinished


VIEW = "from flask import request\n{imports}\n\n\ndef f():\n    {call}\n"
SHELL = "import os\n\n\ndef run(x):\n    os.system('ls ' + x)\n"
OTHER = "def run(x):\n    return len(x)\n"
OF_CLASS = "import os\n\n\nclass Base:\n    def run(self, x):\n        os.system('ls ' + x)\n"


@pytest.mark.parametrize(
    ("imports", "call", "lines"),
    [
        ("import shell", "shell.run(request.args['x'])", [6]),
        ("from shell import *", "run(request.args['x'])", [6]),
        ("from middle import run", "run(request.args['x'])", [6]),  # by way of another module
        ("from shell import run\nfrom other import run", "run(request.args['x'])", []),  # the last import counts
        ("from other import run\nfrom shell import run", "run(request.args['x'])", [7]),
        ("try:\n    from shell import run\nexcept ImportError:\n    run = None", "run(request.args['x'])", [9]),
        ("from shell import run\nrun = len", "run(request.args['x'])", []),
        ("from base import Child", "Child().run(request.args['x'])", [6]),  # a class whose base is imported
        ("from base import Later", "Later().run(request.args['x'])", []),
    ],
)
def test_a_module_is_run_for_what_is_asked_of_it(imports, call, lines):
    modules = {
        "shell": ("shell.py", SHELL),
        "other": ("other.py", OTHER),
        "middle": ("middle.py", "from shell import run\n"),
        "classes": ("classes.py", OF_CLASS),
        "base": (
            "base.py",
            "from classes import Base\n\n\nclass Child(Base):\n    pass\n\n\nclass Later(Base):\n    pass\n\n\n"
            "class Later:\n    def run(self, x):\n        return x\n",
        ),
    }
    report = analyze(VIEW.format(imports=imports, call=call), "views.py", modules)
    assert [hit.place.line for hit in report.hits] == lines


HOSTILE = {
    "deep": "import os\nos.system(" + "(" * 150 + "x" + ")" * 150 + ")\n",
    "nested": "import os\nx = " + "[" * 90 + "1" + "]" * 90 + "\nos.system(x)\n",
    "long sum": "import os\nos.system(" + " + ".join(["x"] * 4000) + ")\n",
    "calls": "import os\n"
    + "".join(f"def f{n}(x):\n    return f{n + 1}(x) + f{n + 1}(x) + f{n + 1}(x)\n" for n in range(40))
    + "os.system(f0(input()))\n",
    "loops": "import os\nx = input()\n"
    + "".join("    " * n + f"for a{n} in x:\n" for n in range(18))
    + "    " * 18
    + "os.system(a17)\n",
    "branches": "import os\nx = input()\n"
    + "if x:\n    x = x + 'a'\nelse:\n    x = x + 'b'\n" * 400
    + "os.system(x)\n",
    "memory": "import os\nx = 'a' * 10 ** 12\ny = '%0999999999d' % 1\nz = '{:{w}}'.format('x', w=10 ** 9)\n"
    "b = bytes(10 ** 10)\nn = 9 ** 9 ** 9\nos.system(x + y + z)\n",
    "data": "import os\nD = {" + ", ".join(f"'k{n}': {n}" for n in range(20000)) + "}\nos.system(D[input()])\n",
    "functions": "import os\n" + "".join(f"def f{n}(x):\n    os.system('ls ' + x)\n" for n in range(2500)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_takes_bounded_time(name):
    started = time.process_time()
    analyze(HOSTILE[name], "app.py", seconds=2)
    assert time.process_time() - started < 6


def test_what_was_not_followed_is_told():
    text = HOSTILE["functions"]
    raws = report.weigh(text, "app.py", [])
    assert not [raw for raw in raws if "not-checked" in raw.tags]
    cut = analyze(text, "app.py", steps=500)
    assert cut.unfinished


def test_a_file_without_the_words_of_a_sink_is_passed_over():
    text = "def f(a):\n    return a + 1\n" * 5000
    started = time.process_time()
    assert not analyze(text, "app.py").hits
    assert time.process_time() - started < 0.5
