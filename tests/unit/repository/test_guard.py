"""Looking at a repository runs none of the programs that its own `.git/config` names."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from ambient_lsp.context import git as context_git
from ambient_lsp.engine import services
from ambient_lsp.errors import WorkspaceError
from ambient_lsp.repository.git import GitFailed
from ambient_lsp.repository.guard import environment, require


@pytest.fixture
def trapped(repo, tmp_path):
    """A repository whose settings name a program at every place that we know of; `ran` says which were run."""
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\ncat\n')
    program.chmod(0o755)
    repo.commit({".gitattributes": "*.py filter=evil diff=evil\n*.txt filter=a=b\n", "note.txt": "one\n"})
    for kind in ("clean", "smudge"):
        repo.git("config", f"filter.evil.{kind}", f"{program} {kind}")
        repo.git("config", f"filter.a=b.{kind}", f"{program} {kind}")
    repo.git("config", "filter.a=b.required", "true")
    for key in ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.sshCommand", "gpg.program"):
        repo.git("config", key, str(program))
    included = tmp_path / "included"
    included.write_text(f'[filter "evil"]\n\tprocess = {program} process\n[core]\n\tfsmonitor = {program}\n')
    repo.git("config", "include.path", str(included))
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"):
        shutil.copy(program, hooks / name)
    repo.git("config", "core.hooksPath", str(hooks))
    repo.write({"app.py": "x = 2\n", "note.txt": "two\n", "new.py": "n = 1\n"})
    ran.unlink(missing_ok=True)
    return repo, ran


async def test_no_program_of_the_repository_is_run_wherever_git_is_asked(trapped, opened):
    repo, ran = trapped
    index = (repo.path / ".git/index").read_bytes()

    def ask_all() -> None:
        context_git.ask(repo.path).listing()
        context_git.ignored(repo.path, ["app.py"])
        assert services._differing(repo.path) == ["app.py", "new.py"]
        assert services._not_ignored(repo.path, ["app.py", "build/x.py"]) == ["app.py"]
        assert context_git.differing(repo.path, "HEAD~1") == [".gitattributes", "app.py", "note.txt"]

    await asyncio.to_thread(ask_all)
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
        assert repo.show(tree, "app.py") == "x = 2\n"
        async with checkouts.checkout(tree) as folder:
            assert (folder / "note.txt").read_text() == "two\n"
    assert not ran.exists(), ran.read_text()
    assert (repo.path / ".git/index").read_bytes() == index


def test_a_filter_that_is_set_later_does_not_run_either(repo, tmp_path):
    assert "filter.late.clean" not in environment(repo.path).values()
    repo.git("config", "filter.late.clean", "cat")
    assert "filter.late.clean" in environment(repo.path).values()


def test_a_filter_of_the_user_s_own_settings_is_kept(repo, monkeypatch, tmp_path):
    repo.git("config", "--global", "filter.mine.clean", "cat")
    assert "filter.mine.clean" not in environment(repo.path).values()
    repo.git("config", "filter.mine.clean", "evil")
    assert "filter.mine.clean" in environment(repo.path).values()


def test_what_differs_is_told_without_a_commit_in_a_subfolder_and_never_by_an_option(repo, tmp_path):
    repo.write({"lib/util.py": "changed = 1\n", "staged.py": "s\n"})
    repo.git("add", "staged.py")
    assert context_git.differing(repo.path, staged=True) == ["staged.py"]
    assert context_git.differing(repo.path / "lib") == ["util.py"]
    with pytest.raises(GitFailed):
        context_git.differing(repo.path, f"--output={tmp_path / 'written'}")
    assert not (tmp_path / "written").exists()
    fresh = tmp_path / "fresh"
    repo.git("init", "--quiet", str(fresh), cwd=tmp_path)
    (fresh / "one.py").write_text("1\n")
    assert context_git.differing(fresh, untracked=True) == ["one.py"]


def test_a_git_that_would_pass_over_our_settings_is_refused():
    require((2, 31))
    require(None)
    with pytest.raises(WorkspaceError, match="too old"):
        require((2, 25))
