"""The code of a problem links to a page that is there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from ambient_lsp.analyzers import rule_pages
from ambient_lsp.lsp.diagnostics import rule_page


def file_of(link: str) -> Path:
    return Path(unquote(urlsplit(link).path))


def test_every_rule_links_to_its_page():
    for rule in rule_pages.every_rule():
        page = file_of(rule_page(rule.id.replace("<code>", "F401")))
        assert page.name == rule_pages.file_name(rule) and page.read_text("utf-8").startswith(f"# {rule.id}")


@pytest.mark.parametrize("rule", ["note", "", "OWN-RULE", "../AMB-STYLE", "AMB"])
def test_a_rule_without_a_page_has_no_link(rule):
    assert rule_page(rule) == ""
