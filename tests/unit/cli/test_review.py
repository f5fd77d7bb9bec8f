"""`ambient review`: what it writes in each format, which files it takes, and how it ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ambient_lsp.cli import formats
from ambient_lsp.cli.exits import Exit
from ambient_lsp.model import Finding, Severity, Span
from tests.e2e import project
from tests.terminal import ambient

WEAK_HASH = "AMB-SEC-WEAK-HASH"
UNUSED = "AMB-STYLE-F401"


def rules(*arguments: str | Path) -> set[tuple[str, str]]:
    done = ambient("review", "--no-verify", "--format", "json", *arguments)
    assert done.code == Exit.OK, done.err
    return {(one["path"], one["rule"]) for one in done.json["findings"]}


def test_text_is_one_line_for_each_finding_as_compilers_write_them(root: Path) -> None:
    done = ambient("review", "--no-verify")
    assert done.code == Exit.OK
    what = "Weak hash: `md5`."
    assert f"app.py:9:12: warning: {what} [{WEAK_HASH}]" in done.out.splitlines()
    assert "0 proven fixes" in done.out
    assert done.err == ""


def test_json_is_exactly_one_object_with_the_promised_keys(root: Path) -> None:
    alone = ambient("review", "--no-verify", "--format", "json").json
    done = ambient("review", "--backend", "none", "--format", "json")
    assert set(done.json) == set(alone) == {"findings", "proposals", "errors", "hidden"}
    assert (alone["findings"], alone["proposals"]) == (done.json["findings"], [])
    assert done.json["errors"] == []
    finding = next(one for one in done.json["findings"] if one["rule"] == WEAK_HASH)
    assert (finding["path"], finding["line"], finding["severity"]) == ("app.py", 9, "warning")
    proposal = next(one for one in done.json["proposals"] if one["agent"] == "SecurityGuardian")
    asked_for = "id agent title risk_level state files_touched estimated_loc_change diff tags verdict".split()
    assert set(asked_for) <= set(proposal)
    assert {"outcome", "checks", "sandbox"} <= set(proposal["verdict"])
    assert proposal["state"] == proposal["verdict"]["outcome"] == "inconclusive"
    assert proposal["files_touched"] == ["app.py"]
    assert proposal["diff"].startswith("diff --git a/app.py b/app.py\n")


def test_github_annotations_name_the_lines(root: Path) -> None:
    lines = ambient("review", "--no-verify", "--format", "github").out.splitlines()
    assert lines[0].startswith(f"::warning file=app.py,line=9,endLine=9,col=12,title={WEAK_HASH}::Weak hash")
    assert all(re.match(r"::(notice|warning|error) file=[^,]+,line=\d+,", line) for line in lines)


def test_github_annotations_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Finding(
        "id", "fp", "Custom", "A,B:C", "a%,b:c.py", Span(0, 0, 0, 1), Severity.ERROR, "100 %\nnext: ::error::", "sha"
    )
    formats.print_github([finding], [])
    written = capsys.readouterr().out
    assert written.count("\n") == 1
    assert "file=a%25%2Cb%3Ac.py," in written
    assert written.endswith("title=A%2CB%3AC::100 %25%0Anext: ::error::\n")


@pytest.mark.parametrize(("level", "code"), [("never", 0), ("warning", 1), ("error", 0)])
def test_the_exit_code_follows_fail_on(root: Path, level: str, code: int) -> None:
    assert ambient("review", "--no-verify", "--fail-on", level).code == code


def test_paths_name_what_is_looked_at(root: Path) -> None:
    (root / "more").mkdir()
    (root / "more" / "b.py").write_text("import sys\n")
    assert rules("more") == {("more/b.py", UNUSED)}
    assert rules("more/b.py", "app.py") >= {("more/b.py", UNUSED), ("app.py", WEAK_HASH)}
    assert rules(root) >= {("more/b.py", UNUSED), ("app.py", WEAK_HASH)}


def test_only_what_git_says_differs(root: Path) -> None:
    assert ambient("review", "--changed").out == "No changed Python file to review.\n"
    (root / "new file.py").write_text("import sys\n")
    (root / "test_app.py").write_text("import json\n" + (root / "test_app.py").read_text())
    (root / "notes.md").write_text("import sys\n")
    assert rules("--changed") == {("new file.py", UNUSED), ("test_app.py", UNUSED)}
    assert rules("--since", "HEAD") == {("test_app.py", UNUSED)}
    assert rules("--staged") == set()
    project.git(root, "add", "new file.py")
    assert rules("--staged") == {("new file.py", UNUSED)}


def test_changed_files_of_a_folder_inside_a_repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = root / "inner"
    inner.mkdir()
    (inner / ".ambient.yml").write_text("")
    (inner / "a.py").write_text("import sys\n")
    (root / "b.py").write_text("import sys\n")
    monkeypatch.chdir(inner)
    assert rules("--changed") == {("a.py", UNUSED)}


def test_before_the_first_commit_everything_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("import sys\n")
    monkeypatch.chdir(tmp_path)
    assert rules("--changed") == {("a.py", UNUSED)}


@pytest.mark.parametrize("output", ["json", "sarif", "github", "text"])
def test_nothing_to_review_is_said_in_every_format(root: Path, output: str) -> None:
    done = ambient("review", "--changed", "--format", output)
    assert done.code == Exit.OK
    if output == "json":
        assert done.json == {"findings": [], "proposals": [], "errors": [], "hidden": {}}
    if output == "sarif":
        assert done.json["runs"][0]["results"] == []


def test_a_failing_log_is_taken(root: Path) -> None:
    (root / "log.txt").write_bytes(b"FAILED test_app.py::test_token - \xff\n")
    assert ambient("review", "--no-verify", "--log", "log.txt").code == Exit.OK


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope.py"], "does not exist"),
        (["app.py", "/"], "is not inside"),
        (["--since", "nope"], "git knows no commit 'nope'"),
        (["--since=--output=evil"], "git knows no commit"),
        (["--changed", "--staged"], "exclude each other"),
        (["--format", "xml"], "'xml'"),
        (["--fail-on", "sometimes"], "'sometimes'"),
        (["--backend", "kubernetes"], "'kubernetes'"),
        (["--log", "nope.txt"], "cannot be read"),
        (["--log", "."], "cannot be read"),
    ],
)
def test_bad_input_is_told_in_words_and_ends_with_two(root: Path, arguments: list[str], says: str) -> None:
    done = ambient("review", *arguments)
    assert done.code == Exit.USAGE
    assert says in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not (root / "evil").exists()


def test_a_folder_without_git_is_reviewed_but_has_nothing_to_compare_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("import sys\n")
    monkeypatch.chdir(tmp_path)
    assert rules() == {("a.py", UNUSED)}
    done = ambient("review", "--changed")
    assert done.code == Exit.FAILED
    assert "not in a git repository" in done.err


def test_a_bare_repository_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.git(tmp_path, "init", "-q", "--bare")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    done = ambient("review")
    assert done.code == Exit.FAILED
    assert "bare git repository" in done.err
    assert sorted(tmp_path.iterdir()) == before


def test_files_that_cannot_be_looked_at_do_not_stop_the_rest(root: Path) -> None:
    (root / "latin.py").write_bytes(b"# caf\xe9\nimport sys\n")
    (root / "broken.py").write_text("def f(:\n")
    (root / "gone.py").symlink_to("nowhere.py")
    (root / "large.py").write_bytes(b"x = 1\n" * 10_000_000)
    found = rules()
    assert ("app.py", WEAK_HASH) in found
    assert ("broken.py", "AMB-STYLE-UNREADABLE") in found
    for name, reason in (("latin.py", "not valid utf-8"), ("large.py", "60,000,000 bytes")):
        assert reason in ambient("review", "--no-verify", name).err


def test_settings_that_are_wrong_name_the_line(root: Path) -> None:
    (root / ".ambient.yml").write_text("sandbox:\n  bakend: none\n")
    done = ambient("review", "--format", "json")
    assert done.code == Exit.USAGE
    assert ".ambient.yml:2:3" in done.err
    assert "Did you mean `backend`?" in done.err
    assert done.out == ""


def test_state_that_cannot_be_written_is_told(root: Path) -> None:
    (root / ".ambient").write_text("a file, where Ambient keeps a folder")
    done = ambient("review", "--no-verify")
    assert done.code == Exit.FAILED
    assert "cannot be opened" in done.err
    assert "Check that the folder can be written" in done.err


def test_a_syntax_error_is_told_as_one_with_its_line(root: Path) -> None:
    (root / "broken.py").write_text("import os\n\ndef f(:\n")
    done = ambient("review", "--no-verify", "broken.py")
    assert re.search(r"^broken\.py:3:7: syntax error: Expected .+\.$", done.out, re.MULTILINE)
    assert done.out.count("broken.py:3:7") == 1
    assert "1 file could be checked only in part, because of the syntax error." in done.out
    assert "0 findings" in done.out
    done = ambient("review", "--no-verify", "broken.py", "--format", "json")
    assert {one["line"] for one in done.json["findings"]} == {3}
    assert "note: broken.py:3:7: syntax error: Expected" in done.err


def test_named_files_that_nobody_looks_at_are_told_with_the_reason(root: Path) -> None:
    (root / "notes.md").write_text("# Notes\n")
    (root / "latin.py").write_bytes(b"# caf\xe9\n")
    (root / "pictures").mkdir()
    named = ("notes.md", "latin.py", "pictures", "app.py", "pyproject.toml")
    said = ["notes.md was not looked at: it is not a Python file.",
            "pictures was not looked at: there is no Python file in it.",
            "latin.py was skipped: latin.py is not valid utf-8 text."]  # fmt: skip
    text = ambient("review", "--no-verify", *named).out
    assert all(f"note: {one}" in text for one in said)
    assert text.count("note:") == 3
    json = ambient("review", "--no-verify", "--format", "json", *named)
    assert all(f"note: {one}" in json.err for one in said)
    assert json.err.count("note:") == 3
    assert "note:" not in ambient("review", "--no-verify").out  # a whole project has many files of other kinds
