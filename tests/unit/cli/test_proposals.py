"""`ambient proposals`, `verify` and the sandbox commands; the ones that prove something with bubblewrap."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ambient_lsp.cli.exits import Exit
from tests.e2e import project
from tests.sandboxes import ready_backend
from tests.terminal import ambient

BUBBLEWRAP = ("--backend", "bubblewrap")


@pytest.mark.real
@pytest.mark.timeout(180)
def test_a_proposal_is_proven_shown_approved_applied_and_taken_back(root: Path) -> None:
    ready_backend("bubblewrap")
    before = (root / "app.py").read_text()
    done = ambient("review", "app.py", "--format", "json", *BUBBLEWRAP)
    assert done.code == Exit.OK
    [weak] = [one for one in done.json["proposals"] if one["agent"] == "SecurityGuardian"]
    assert (weak["state"], weak["decision"]) == ("offered", "confirm")
    assert weak["verdict"]["sandbox"]["backend"] == "bubblewrap"
    assert weak["verdict"]["checks"][0]["patched"] == {"test_app.py::test_token": "passed"}
    short = weak["id"][:8]

    assert [one["id"] for one in ambient("proposals", "list", "--json").json if one["id"] == weak["id"]]
    assert short in ambient("proposals", "list").out
    assert "the finding is gone" in ambient("proposals", "show", short).out
    patch = ambient("proposals", "diff", short).out
    subprocess.run(["git", "apply", "--check"], cwd=root, input=patch, text=True, check=True, timeout=20)

    refused = ambient("proposals", "apply", short)
    assert refused.code == Exit.NOT_PROVEN
    assert "needs your approval" in refused.err
    assert "Nothing was written." in refused.err
    assert (root / "app.py").read_text() == before
    assert ambient("proposals", "approve", short, "--reason", "no digest is stored").code == Exit.OK
    assert ambient("proposals", "apply", short).code == Exit.OK
    assert "sha256" in (root / "app.py").read_text()
    assert ambient("proposals", "apply", short).code == Exit.NOT_PROVEN
    assert ambient("proposals", "undo", short).code == Exit.OK
    assert (root / "app.py").read_text() == before
    history = ambient("proposals", "history", short).out
    head, *rows = history.splitlines()
    assert head.split() == ["when", "what", "proposal", "who", "content", "why"]
    assert [line.split()[1] for line in rows] == ["approved", "applied", "reverted"]
    assert "no digest is stored" in history

    seen = ambient("review", "--no-verify", "app.py", "--format", "github").out
    assert "A proven fix is ready: ambient proposals apply" in seen  # the one for style still is


@pytest.mark.real
@pytest.mark.timeout(120)
def test_verify_runs_the_projects_own_tests(root: Path) -> None:
    ready_backend("bubblewrap")
    done = ambient("verify", "--json", *BUBBLEWRAP)
    assert done.code == Exit.OK
    assert done.json["checks"][0]["patched"] == {"test_app.py::test_token": "passed"}
    (root / "test_app.py").write_text("def test_red() -> None:\n    assert False\n")
    done = ambient("verify", *BUBBLEWRAP)
    assert done.code == Exit.FOUND
    assert "failed test_app.py::test_red" in done.out


def test_dismissing_keeps_a_finding_away(root: Path) -> None:
    findings = ambient("review", "--no-verify", "--format", "json").json["findings"]
    weak = next(one for one in findings if one["rule"] == "AMB-SEC-WEAK-HASH")
    assert ambient("proposals", "dismiss", weak["id"], "--reason", "only a name").code == Exit.OK
    left = ambient("review", "--no-verify", "--format", "json").json["findings"]
    assert weak["rule"] not in {one["rule"] for one in left}


def test_there_is_nothing_to_list_at_first(root: Path) -> None:
    assert "There is no proposal that is offered." in ambient("proposals", "list").out
    assert ambient("proposals", "list", "--state", "all", "--json").json == []
    assert ambient("proposals", "history").out == "Nothing has been decided about any proposal here yet.\n"


@pytest.mark.parametrize("command", ["show", "diff", "apply", "approve", "undo", "history"])
@pytest.mark.parametrize("name", ["abc", "abcdef"])
def test_an_id_that_does_not_exist(root: Path, command: str, name: str) -> None:
    done = ambient("proposals", command, name)
    assert done.code == Exit.USAGE
    assert name in done.err


def test_bad_input_is_told_in_words(root: Path) -> None:
    done = ambient("proposals", "list", "--state", "great")
    assert done.code == Exit.USAGE
    assert "There is no state 'great'" in done.err
    assert ambient("proposals", "dismiss", "abcdef").code == Exit.USAGE  # there is no such thing
    assert ambient("proposals", "frobnicate").code == Exit.USAGE


def test_nothing_is_verified_without_a_sandbox(root: Path) -> None:
    done = ambient("verify")
    assert done.code == Exit.FAILED
    assert "No sandbox is ready" in done.err
    assert "Nothing was run." in done.err


@pytest.mark.real
@pytest.mark.timeout(120)
def test_the_sandbox_doctor_tries_every_promise(root: Path) -> None:
    ready_backend("bubblewrap")
    done = ambient("sandbox", "doctor", "--json")
    [found] = [one for one in done.json if one["backend"] == "bubblewrap"]
    assert found["ready"]
    assert {check["name"] for check in found["checks"] if check["ok"]} >= {"there is no network", "memory is limited"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # docker leaves its socket open
def test_building_an_image_without_an_engine_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    done = ambient("sandbox", "build")
    assert done.code == Exit.FAILED
    assert "Docker" in done.err
    assert "Traceback" not in done.err


@pytest.mark.real
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("backend", "kept"), [("bubblewrap", True), ("docker", False)])
def test_the_demo_proves_a_fix_of_every_kind(tmp_path: Path, backend: str, kept: bool) -> None:
    ready_backend(backend)
    folder = tmp_path / "demo"
    done = ambient("demo", *(["--folder", folder] if kept else []), "--backend", backend)
    assert done.code == Exit.OK, done.out
    assert done.err == ""
    assert "What `git diff` says now" in done.out
    assert done.out.count("\n+") > 1
    assert folder.exists() is kept
    if kept:
        assert project.git(folder, "diff", "--stat")
        again = ambient("demo", "--folder", folder)
        assert again.code == Exit.FAILED
        assert "It was left alone." in again.err


def test_the_demo_needs_a_sandbox(tmp_path: Path) -> None:
    done = ambient("demo", "--backend", "none")
    assert done.code == Exit.FAILED
    assert "No sandbox is ready" in done.err
