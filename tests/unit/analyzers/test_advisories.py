"""Pinned dependencies are compared with advisories in the OSV format, as PEP 440 orders versions."""

from __future__ import annotations

import json

import pytest

from ambient_lsp.analyzers.advisories import in_dependencies
from ambient_lsp.errors import AmbientError

RANGES = [{"introduced": "0"}, {"fixed": "1.4"}, {"introduced": "2.0"}, {"last_affected": "2.3"}]


def record(**changes: object) -> dict[str, object]:
    affected = {
        "package": {"ecosystem": "PyPI", "name": "Foo.Bar"},
        "ranges": [{"type": "ECOSYSTEM", "events": RANGES}, {"type": "GIT", "events": [{"introduced": "0"}]}],
        "versions": ["3.0.1"],
    }
    return {"id": "OSV-1", "summary": "bad", "affected": [affected], **changes}


def weak(manifest: str, *records: dict[str, object]) -> list[str]:
    return [found.message for found in in_dependencies(manifest, json.dumps(records or [record()]))]


@pytest.mark.parametrize("version", ["1.3", "1.4rc1", "2.0", "2.3", "3.0.1", "1.3+local"])
def test_a_version_in_a_range_or_in_the_list_is_weak(version: str) -> None:
    assert weak(f"foo_bar=={version}\n")


@pytest.mark.parametrize("version", ["1.4", "1.4.post1", "1.10", "2.3.1", "3.0.2", "2.0.dev1"])
def test_other_versions_are_not(version: str) -> None:
    assert not weak(f"foo_bar=={version}\n")


@pytest.mark.parametrize(
    "manifest",
    [
        "foo-bar[extra] == 1.3  # pinned\n",
        'dependencies = ["Foo.Bar==1.3"]\n',
        '[[package]]\nname = "foo-bar"\nversion = "1.3"\n',
        '[packages]\nfoo-bar = "==1.3"\n',
        '{"default": {"foo-bar": {"hashes": ["x"], "version": "==1.3"}}}',
    ],
)
def test_each_kind_of_manifest_is_read(manifest: str) -> None:
    (message,) = weak(manifest)
    assert "OSV-1" in message and "before 1.4" in message


def test_withdrawn_advisories_and_other_ecosystems_say_nothing() -> None:
    assert not weak("foo-bar==1.3", record(withdrawn="2031-01-01T00:00:00Z"))
    elsewhere = {"package": {"ecosystem": "npm", "name": "foo-bar"}, "versions": ["1.3"]}
    assert not weak("foo-bar==1.3", record(affected=[elsewhere]))


@pytest.mark.parametrize("text", ["{", "[1]", '[{"id": "x", "affected": [{}]}]', '{"affected": []}'])
def test_what_cannot_be_read_is_an_error_and_no_all_clear(text: str) -> None:
    with pytest.raises(AmbientError, match="not checked"):
        list(in_dependencies("foo-bar==1.3", text))
