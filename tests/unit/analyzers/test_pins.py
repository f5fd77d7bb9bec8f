"""A pin is raised where it is simply a pin, and left to its tool or its author elsewhere."""

from __future__ import annotations

import json

import pytest

from ambient_lsp.analyzers.advisories import in_dependencies
from ambient_lsp.analyzers.pins import raised

ADVISORIES = json.dumps(
    [
        {"package": "foo-bar", "before": "1.4", "id": "A"},
        {
            "id": "B",
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "foo-bar"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.4"}, {"fixed": "2.1"}]}],
                }
            ],
        },
        {"id": "C", "affected": [{"package": {"ecosystem": "PyPI", "name": "lost"}, "versions": ["1.0"]}]},
    ]
)


def after(path, text):
    return [one.text for one in raised(path, text, list(in_dependencies(text, ADVISORIES)))]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("requirements.txt", "a==1\nfoo_bar == 1.3  # note\n", "a==1\nfoo_bar == 2.1  # note\n"),
        ("requirements-dev.txt", 'foo-bar[x]==1.3; python_version > "3"\n', 'foo-bar[x]==2.1; python_version > "3"\n'),
        ("pyproject.toml", 'dependencies = ["foo-bar==1.5"]\n', 'dependencies = ["foo-bar==2.1"]\n'),
        ("Pipfile", '[packages]\nfoo-bar = "==1.3"\n', '[packages]\nfoo-bar = "==2.1"\n'),
    ],
)
def test_a_simple_pin_is_raised_past_every_advisory(path, text, expected):
    assert after(path, text) == [expected]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "foo-bar==1.3 --hash=sha256:aa\n"),
        ("requirements.txt", "foo-bar==1.3 \\\n    --hash=sha256:aa\n"),
        ("requirements.txt", "foo-bar==1.3,>=1\n"),
        ("requirements.txt", "foo-bar===1.3\n"),
        ("requirements.txt", "lost==1.0\n"),  # no advisory says where it ends
        ("uv.lock", '[[package]]\nname = "foo-bar"\nversion = "1.3"\n'),
        ("pylock.toml", '[[packages]]\nname = "foo-bar"\nversion = "1.3"\n'),
    ],
)
def test_another_is_told_only(path, text):
    assert list(in_dependencies(text, ADVISORIES))
    assert after(path, text) == []
