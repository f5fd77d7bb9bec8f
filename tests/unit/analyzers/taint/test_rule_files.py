"""The rule files say nothing that the engine would not understand: a misspelt key is a rule that never works."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import Any

import pytest

from ambient_lsp.analyzers.taint.contexts import WRITTEN

FOLDER = resources.files("ambient_lsp.analyzers.taint").joinpath("rules")
FILES = {file.name: tomllib.loads(file.read_text("utf-8")) for file in FOLDER.iterdir() if file.name.endswith(".toml")}
KINDS = FILES.pop("kinds.toml")
KEYS = {
    "alias": "name is",
    "exit": "call",
    "source": "value call label type what",
    "handler": "decorator base methods function first parameters types attributes annotations converters returns"
    " returns_where label",
    "propagator": "call from type keeps_prefix label what",
    "sanitizer": "call value cleans type",
    "guard": "call argument cleans when",
    "type": "call value item key type",
    "sink": "kind call store assign argument where unless part rule labels which message",
    "misuse": "rule call argument values where unless require default level message",
}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_names_its_library_and_says_only_what_is_known(name: str) -> None:
    file = FILES[name]
    assert file["library"]
    assert set(file) <= {"library", "imports", *KEYS}
    for table, rule in _rules(file):
        assert set(rule) <= {*KEYS[table].split(), "imports", "receiver"}, rule


@pytest.mark.parametrize("name", sorted(FILES))
def test_kinds_and_patterns_exist(name: str) -> None:
    for table, rule in _rules(FILES[name]):
        kinds = {rule["kind"]} if table == "sink" else set(rule.get("cleans", ()))
        assert kinds <= {*KINDS, "all", *WRITTEN}, rule
        for key in ("receiver", "first", "function", "values"):
            re.compile(rule.get(key, ""))
        if table == "sink" and "call" in rule:
            assert rule["argument"], rule


def _rules(file: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(table, rule) for table in KEYS for rule in file.get(table, ())]
