"""Escaping and safe joins are written as the file's own framework has them, and not where that is not sure."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.fixes.security import fix
from ambient_lsp.model import Severity
from ambient_lsp.text import Lines


def fixed(rule, text, at, tmp_path):
    start = text.index(at)
    span = Lines(text).span(start, start + len(at))
    raw = RawFinding(f"AMB-SEC-{rule}", span, "", Severity.WARNING, data={"level": "high"})
    return [one.text for one in fix(text, "app.py", str(tmp_path), [raw])]


VIEW = "from flask import Flask, request\n\n\ndef view(name):\n    return "


@pytest.mark.parametrize(
    ("text", "at", "after"),
    [
        (
            VIEW + 'f"<h1>{name}</h1>"\n',
            "name}",
            VIEW.replace("\n\n\n", "\nfrom markupsafe import escape\n\n\n", 1) + 'f"<h1>{escape(name)}</h1>"\n',
        ),
        (
            VIEW + '"<h1>" + name + "</h1>"\n',
            '"<h1>" + name + "</h1>"',
            "import html\n" + VIEW + '"<h1>" + html.escape(name) + "</h1>"\n',
        ),
        (
            "from html import escape\n\n\ndef view(a, b):\n    return '<p>%s %s</p>' % (escape(a), b)\n",
            "'<p>%s %s</p>' % (escape(a), b)",
            "from html import escape\n\n\ndef view(a, b):\n    return '<p>%s %s</p>' % (escape(a), escape(b))\n",
        ),
        (
            "from django.http import HttpResponse\n\n\ndef view(request, a):\n    return HttpResponse(f'<p>{a}</p>')\n",
            "f'<p>{a}</p>'",
            "from django.http import HttpResponse\nfrom django.utils.html import escape\n\n\ndef view(request, a):\n"
            "    return HttpResponse(f'<p>{escape(a)}</p>')\n",
        ),
    ],
)
def test_values_in_a_page_are_escaped(text, at, after, tmp_path):
    assert [one.replace("import html\n\n", "import html\n") for one in fixed("XSS", text, at, tmp_path)] == [after]


@pytest.mark.parametrize(
    "text",
    [
        VIEW + 'f"plain {name}"\n',
        VIEW + 'f"<h1>{name!r}</h1>"\n',
        "def view(name):\n    return f'<p>{name}</p>'\n",  # nothing tells what escapes here
        "from markupsafe import escape\n\n\ndef view(name):\n    return '<p>' + name\n",  # would escape the page too
    ],
)
def test_a_page_that_is_not_sure_is_left_alone(text, tmp_path):
    assert fixed("XSS", text, "name", tmp_path) == [] or fixed("XSS", text, "return", tmp_path) == []


FILES = "import os\n\nfrom flask import Flask, send_file\n\n\ndef get(name):\n"


def test_a_file_is_sent_from_its_folder(tmp_path):
    text = FILES + "    return send_file(os.path.join(FOLDER, name), as_attachment=True)\n"
    (after,) = fixed("PATH", text, "os.path.join(FOLDER, name)", tmp_path)
    assert after == (
        "from flask import Flask, send_from_directory\n\n\ndef get(name):\n"
        "    return send_from_directory(FOLDER, name, as_attachment=True)\n"
    )


def test_a_path_is_joined_safely(tmp_path):
    text = (
        FILES
        + "    path = os.path.join(FOLDER, name)  # note\n    with open(path) as file:\n        return file.read()\n"
    )
    (after,) = fixed("PATH", text, "open(path)", tmp_path)
    assert "    path = safe_join(FOLDER, name)  # note\n    if path is None:\n        abort(404)\n" in after
    assert "from werkzeug.utils import safe_join" in after
    assert "abort" in after.split("\n\n\n")[0]


def test_a_path_that_is_not_plainly_joined_is_left_alone(tmp_path):
    text = FILES + "    return open(FOLDER + name).read()\n"
    assert fixed("PATH", text, "FOLDER + name", tmp_path) == []
