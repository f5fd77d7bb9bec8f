"""SARIF 2.1.0: what code scanning services need, checked by hand so that no third-party schema is shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ambient_lsp.cli.sarif import MOST_RESULTS, MOST_TAGS, sarif
from ambient_lsp.model import Evidence, Finding, Severity, Span
from tests.terminal import ambient

FINDING = Finding(
    "0123", "4567", "Custom", "RULE", "a b/ä#.py", Span(2, 4, 2, 9), Severity.WARNING, "What is wrong", "sha",
    evidence=(Evidence("c.py", Span(0, 0, 1, 0), "seen here"),), tags=tuple(f"tag-{n}" for n in range(30)),
)  # fmt: skip


def check(log: Any) -> list[Any]:
    """Assert what section 3 of the standard asks of every log like ours, and return its results."""
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "ambient"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    for result in run["results"]:
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert all(isinstance(value, str) and value for value in result["partialFingerprints"].values())
        tags = result["properties"]["tags"]
        assert len(tags) == len(set(tags)) <= MOST_TAGS
        assert len(result["locations"]) == 1
        related = result.get("relatedLocations", [])
        assert [one["id"] for one in related] == list(range(len(related)))
        for location in (*result["locations"], *related):
            place = location["physicalLocation"]
            uri = place["artifactLocation"]["uri"]
            assert not uri.startswith("/")
            assert "\\" not in uri
            assert uri.isascii()
            assert not set(uri) & set(" #?")
            region = place["region"]
            assert 1 <= region["startLine"] <= region["endLine"]
            assert region["startColumn"] >= 1
            assert region["endColumn"] >= 1
            if region["startLine"] == region["endLine"]:
                assert region["startColumn"] <= region["endColumn"]
    return list(run["results"])


def test_a_review_is_a_valid_log(root: Path) -> None:
    done = ambient("review", "--no-verify", "--format", "sarif")
    assert done.code == 0
    results = check(done.json)
    assert {"AMB-SEC-WEAK-HASH", "AMB-STYLE-F401"} <= {one["ruleId"] for one in results}


def test_no_findings_make_a_valid_log_too() -> None:
    assert check(sarif([], [])) == []


def test_names_are_quoted_and_lines_count_from_one() -> None:
    [result] = check(sarif([FINDING], []))
    place = result["locations"][0]["physicalLocation"]
    assert unquote(place["artifactLocation"]["uri"]) == FINDING.path
    assert place["region"] == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 10}
    assert result["relatedLocations"][0]["message"]["text"] == "seen here"


def test_the_limits_of_code_scanning_are_kept() -> None:
    many = [replace(FINDING, id=str(number), evidence=()) for number in range(MOST_RESULTS + 1)]
    assert len(sarif(many, [])["runs"][0]["results"]) == MOST_RESULTS


def test_a_finding_keeps_its_fingerprint_when_lines_move() -> None:
    moved = replace(FINDING, span=Span(9, 4, 9, 9))
    before, after = check(sarif([FINDING], [])), check(sarif([moved], []))
    assert before[0]["partialFingerprints"] == after[0]["partialFingerprints"]
