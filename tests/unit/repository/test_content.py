"""What `current` sees, and that it leaves everything of the user's as it was."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from ambient_lsp.errors import WorkspaceError
from ambient_lsp.model import RiskLevel
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.repository.content import escapes
from ambient_lsp.repository.secrets import is_secret
from ambient_lsp.text import freeze


def everything_of_the_user_s(repo) -> dict[str, object]:
    refs = repo.git("for-each-ref")
    return {
        "index": (repo.path / ".git/index").read_bytes(),
        "index time": (repo.path / ".git/index").stat().st_mtime_ns,
        "head": (repo.path / ".git/HEAD").read_text(),
        "refs": [line for line in refs.splitlines() if "refs/ambient/" not in line],
        "stash": repo.git("stash", "list"),
        "reflog": repo.git("reflog"),
        "files": {
            str(path.relative_to(repo.path)): path.lstat().st_mtime_ns
            for path in sorted(repo.path.rglob("*"))
            if ".git" not in path.relative_to(repo.path).parts and not path.is_dir()
        },
        "status": repo.git("--no-optional-locks", "status", "--porcelain=v2"),
        "git folder": sorted(path.name for path in (repo.path / ".git").iterdir() if path.name != "worktrees"),
    }


async def test_a_clean_tree_is_the_one_of_head(repo, opened):
    async with opened(repo.path) as checkouts:
        head = repo.git("rev-parse", "HEAD^{tree}").strip()
        assert await checkouts.current() == head
        assert await checkouts.current() == head
        assert checkouts.notes == ()


async def test_tracked_changes_new_files_and_buffers_are_in_it_and_ignored_ones_and_secrets_are_not(repo, opened):
    repo.write(
        {"app.py": "x = 2\n", "new.py": "n\n", "build/out.py": "no\n", ".env": "TOKEN=1\n", "sub/.env.local": "T"}
    )
    (repo.path / "lib/util.py").unlink()
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current(
            [
                freeze(repo.path, "app.py", "x = 3\n"),
                freeze(repo.path, "fresh/buffer.py", "unsaved\n"),
                freeze(repo.path, "build/other.py", "ignored\n"),
                freeze(repo.path, ".env", "TOKEN=2\n"),
                freeze(repo.path, "../outside.py", "no\n"),
            ]
        )
        assert repo.names(tree) == [".gitignore", "app.py", "fresh/buffer.py", "new.py"]
        assert repo.show(tree, "app.py") == "x = 3\n"
        assert repo.show(await checkouts.current(), "app.py") == "x = 2\n"


async def test_a_tracked_secret_stays_as_the_repository_has_it(repo, opened):
    repo.commit({".env": "PUBLIC=1\n"})
    async with opened(repo.path) as checkouts:
        assert ".env" in repo.names(await checkouts.current())


async def test_nothing_of_the_user_s_is_touched(repo, opened):
    repo.write({"app.py": "stashed\n"})
    repo.git("stash")
    repo.write({"app.py": "staged\n", "added.py": "a\n"})
    repo.git("add", "app.py", "added.py")
    repo.write({"app.py": "unstaged\n", "untracked.py": "u\n"})
    (repo.path / "lib/util.py").unlink()
    before = everything_of_the_user_s(repo)
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current([freeze(repo.path, "app.py", "unsaved\n")])
        async with checkouts.checkout(tree) as folder:
            (folder / "app.py").write_text("checked\n")
            repo.git("commit", "--quiet", "--all", "-m", "inside", cwd=folder)
        await checkouts.reap()
    assert everything_of_the_user_s(repo) == before
    assert repo.names(tree) == [".gitignore", "added.py", "app.py", "untracked.py"]


async def test_a_held_index_lock_does_not_matter_and_is_left_alone(repo, opened):
    lock = repo.path / ".git/index.lock"
    lock.write_bytes(b"the user's")
    repo.write({"app.py": "x = 2\n"})
    async with opened(repo.path) as checkouts:
        assert repo.show(await checkouts.current(), "app.py") == "x = 2\n"
    assert lock.read_bytes() == b"the user's"


async def test_it_follows_the_user_step_by_step(repo, opened):
    async with opened(repo.path) as checkouts:
        head = await checkouts.current()
        repo.write({"one.py": "1\n"})
        assert "one.py" in repo.names(await checkouts.current())
        repo.git("add", "one.py")
        assert "one.py" in repo.names(await checkouts.current())
        repo.git("reset", "--quiet", "--hard")
        assert await checkouts.current() == head
        repo.write({"two.py": "2\n"})
        assert "two.py" in repo.names(await checkouts.current())
        repo.write({".gitignore": "build/\ntwo.py\n"})
        assert "two.py" not in repo.names(await checkouts.current())
        repo.commit({"three.py": "3\n"})
        repo.git("checkout", "--quiet", "--detach", "HEAD~1")
        assert await checkouts.current() == head


async def test_a_change_of_the_same_size_in_the_same_second_is_seen(repo, opened):
    async with opened(repo.path) as checkouts:
        for number in range(8):
            repo.write({"app.py": f"x = {number}\n"})
            assert repo.show(await checkouts.current(), "app.py") == f"x = {number}\n"


async def test_a_flood_of_new_files_is_cut_with_a_note(repo, opened, monkeypatch):
    monkeypatch.setattr("ambient_lsp.repository.content.MAX_NEW_FILES", 5)
    repo.write({f"{number}.txt": "n\n" for number in range(9)} | {"app.py": "x = 2\n"})
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
        assert len(repo.names(tree)) == 3 + 5
        assert repo.show(tree, "app.py") == "x = 2\n"
        assert any("4 new files beyond 5" in note for note in checkouts.notes)


async def test_it_goes_on_when_its_resident_git_is_killed(repo, opened):
    async with opened(repo.path) as checkouts:
        edit = modify(freeze(repo.path, "app.py", "x = 1\n"), "x = 2\n")
        for _ in range(2):
            tree = await checkouts.current([freeze(repo.path, "app.py", "x = 5\n")])
            assert repo.show(tree, "app.py") == "x = 5\n"
            proposal = propose(
                agent="a",
                title="t",
                description="d",
                rationale="r",
                risk_level=RiskLevel.LOW,
                edits=[edit],
                bases={"app.py": "x = 1\n"},
            )
            await checkouts.record(proposal, repo.git("rev-parse", "HEAD^{tree}").strip())
            for child in psutil.Process().children():
                child.kill()
                child.wait()


async def test_odd_names(repo, opened):
    names = ["with space.py", "with\nnewline.py", 'quote".py', "tab\t.py", "-dash.py", ":(top)x.py", "*.py", "é.py"]
    repo.write({name: "odd\n" for name in names})
    raw = os.fsdecode(b"latin-\xe9.py")
    (repo.path / raw).write_bytes(b"bytes\n")
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
        assert {*names, raw} <= set(repo.names(tree))
        async with checkouts.checkout(tree) as folder:
            assert (folder / raw).read_bytes() == b"bytes\n"
            assert (folder / "with\nnewline.py").read_text() == "odd\n"


async def test_what_cannot_be_taken_in_is_left_out_with_a_note(repo, opened):
    repo.commit({"big.bin": "small\n"})
    repo.write({"big.bin": b"x" * 3000, "huge.bin": b"x" * 3000, "nested/file.py": "n\n"})
    repo.git("init", "--quiet", cwd=repo.path / "nested")
    os.mkfifo(repo.path / "pipe")
    (repo.path / "loop").symlink_to("loop")
    (repo.path / "away").symlink_to("/etc/passwd")
    (repo.path / "near").symlink_to("app.py")
    async with opened(repo.path, max_file_bytes=2000) as checkouts:
        tree = await checkouts.current()
        notes = "\n".join(checkouts.notes)
        assert repo.names(tree) == [".gitignore", "app.py", "big.bin", "lib/util.py", "loop", "near"]
        assert repo.show(tree, "big.bin") == "small\n"
        assert all(name in notes for name in ("big.bin", "huge.bin", "nested", "away"))
        async with checkouts.checkout(tree) as folder:
            assert (folder / "near").read_text() == "x = 1\n"


async def test_large_file_storage_is_neither_downloaded_nor_stored(repo, opened, tmp_path):
    """The filter writes a file when it runs: it must not."""
    ran = tmp_path / "filter-ran"
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    repo.commit({".gitattributes": "*.bin filter=lfs -text\n", "data.bin": pointer, "other.bin": pointer})
    for kind in ("clean", "smudge"):
        repo.git("config", f"filter.lfs.{kind}", f"touch {ran}; cat")
    repo.git("config", "filter.lfs.required", "true")
    repo.write({"data.bin": b"\0the real content", "other.bin": pointer.replace("00", "11"), "new.bin": b"\0new"})
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
        assert repo.show(tree, "data.bin") == pointer
        assert repo.show(tree, "other.bin") == pointer.replace("00", "11")
        assert "new.bin" not in repo.names(tree)
        async with checkouts.checkout(tree) as folder:
            assert (folder / "data.bin").read_text() == pointer
    assert not ran.exists()


async def test_no_hook_and_no_fsmonitor_runs(repo, opened, tmp_path):
    ran = tmp_path / "ran"
    script = repo.path / ".git/hooks/post-checkout"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f"#!/bin/sh\ntouch {ran}\n")
    script.chmod(0o755)
    for name in ("post-index-change", "reference-transaction", "post-commit"):
        (script.parent / name).symlink_to(script)
    repo.git("config", "core.fsmonitor", str(script))
    ran.unlink(missing_ok=True)
    repo.write({"app.py": "x = 2\n"})
    async with opened(repo.path) as checkouts, checkouts.checkout(await checkouts.current()):
        pass
    assert not ran.exists()


async def test_the_environment_of_a_hook_does_not_mislead(repo, opened, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere.git"))
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
    monkeypatch.undo()
    assert tree == repo.git("rev-parse", "HEAD^{tree}").strip()


async def test_a_submodule_keeps_its_recorded_commit(repo, opened, tmp_path):
    inner = type(repo)(tmp_path / "inner")
    inner.path.mkdir()
    inner.git("init", "--quiet")
    recorded = inner.commit({"inner.py": "1\n"})
    repo.git("submodule", "--quiet", "add", str(inner.path), "vendor")
    repo.git("commit", "--quiet", "-m", "with a submodule")
    (repo.path / "vendor/inner.py").write_text("dirty\n")
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
        assert f"160000 commit {recorded}" in repo.git("ls-tree", tree, "vendor")
        assert any("Submodules" in note for note in checkouts.notes)
        async with checkouts.checkout(tree) as folder:
            assert list((folder / "vendor").iterdir()) == []
    async with opened(repo.path / "vendor") as checkouts:  # and a submodule can be worked on itself
        tree = await checkouts.current()
        async with checkouts.checkout(tree) as folder:
            assert (folder / "inner.py").read_text() == "dirty\n"


async def test_a_merge_with_conflicts(repo, opened):
    repo.git("checkout", "--quiet", "-b", "other")
    repo.commit({"app.py": "x = 'other'\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"app.py": "x = 'main'\n"})
    subprocess.run(("git", "merge", "other"), cwd=repo.path, capture_output=True, check=False)
    async with opened(repo.path) as checkouts:
        assert "<<<<<<<" in repo.show(await checkouts.current(), "app.py")


@pytest.mark.parametrize("change", ["file to folder", "folder to file"])
async def test_a_file_and_a_folder_change_places(repo, opened, change):
    if change == "file to folder":
        (repo.path / "app.py").unlink()
        repo.write({"app.py/inside.py": "1\n"})
        expected = [".gitignore", "app.py/inside.py", "lib/util.py"]
    else:
        (repo.path / "lib/util.py").unlink()
        (repo.path / "lib").rmdir()
        repo.write({"lib": "1\n"})
        expected = [".gitignore", "app.py", "lib"]
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
        assert repo.names(tree) == expected
        async with checkouts.checkout(tree) as folder:
            assert sorted(
                str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != ".git"
            ) == (expected)


async def test_an_empty_repository(tmp_path, opened, repo):
    empty = type(repo)(tmp_path / "empty")
    empty.path.mkdir()
    empty.git("init", "--quiet")
    async with opened(empty.path) as checkouts:
        async with checkouts.checkout(await checkouts.current()) as folder:
            assert [path.name for path in folder.iterdir()] == [".git"]
        empty.write({"first.py": "1\n"})
        async with checkouts.checkout(await checkouts.current()) as folder:
            assert (folder / "first.py").read_text() == "1\n"
            assert empty.git("status", "--porcelain", cwd=folder) == ""


async def test_a_linked_worktree_has_its_own_content(repo, opened, tmp_path):
    linked = tmp_path / "linked"
    repo.git("worktree", "add", "--quiet", "-b", "side", str(linked))
    (linked / "app.py").write_text("x = 'linked'\n")
    async with opened(linked) as checkouts:
        tree = await checkouts.current()
        assert repo.show(tree, "app.py") == "x = 'linked'\n"
        async with checkouts.checkout(tree) as folder:
            assert repo.git("status", "--porcelain", cwd=folder) == ""
    assert repo.git("status", "--porcelain") == ""
    assert linked.is_dir() and str(linked) in repo.git("worktree", "list")


async def test_a_folder_inside_a_repository(repo, opened):
    repo.write({"lib/new.py": "n\n"})
    async with opened(repo.path / "lib") as checkouts:
        tree = await checkouts.current([freeze(repo.path / "lib", "util.py", "unsaved\n")])
        assert repo.show(tree, "lib/util.py") == "unsaved\n"
        assert "app.py" in repo.names(tree)
        async with checkouts.checkout(tree) as folder:
            assert sorted(path.name for path in folder.iterdir()) == ["new.py", "util.py"]


async def test_a_plain_folder_gets_nothing_written_in_it(tmp_path, opened, repo):
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "a.py").write_text("a\n")
    (plain / ".gitignore").write_text("skip.py\n")
    (plain / "skip.py").write_text("s\n")
    for _ in range(2):  # the second time with what the first one kept
        async with opened(plain) as checkouts:
            tree = await checkouts.current([freeze(plain, "a.py", "unsaved\n")])
            async with checkouts.checkout(tree) as folder:
                assert (folder / "a.py").read_text() == "unsaved\n"
                assert not (folder / "skip.py").exists()
                assert repo.git("status", "--porcelain", cwd=folder) == ""
    assert sorted(path.name for path in plain.iterdir()) == [".gitignore", "a.py", "skip.py"]
    (plain / ".gitignore").write_text("a.py\n")
    async with opened(plain) as checkouts:
        for _ in range(2):
            async with checkouts.checkout(await checkouts.current()) as folder:
                assert sorted(path.name for path in folder.iterdir()) == [".git", ".gitignore", "skip.py"]


async def test_a_folder_that_the_repository_around_it_ignores_is_a_plain_one(repo, opened):
    repo.write({"build/sub/gen.py": "g\n"})
    async with opened(repo.path / "build/sub") as checkouts:
        async with checkouts.checkout(await checkouts.current()) as folder:
            assert (folder / "gen.py").read_text() == "g\n"


async def test_bare_missing_and_inner_cache_folders_are_refused_in_words(repo, tmp_path, opened):
    bare = tmp_path / "bare.git"
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(bare))
    for root, cache, word in (
        (bare, None, "bare"),
        (tmp_path / "missing", None, "not a folder"),
        (repo.path, repo.path / "cache", "inside the repository"),
    ):
        with pytest.raises(WorkspaceError, match=word):
            async with opened(root, cache):
                pass


async def test_files_that_we_may_not_read_are_left_out(repo, tmp_path):
    """Root may read everything, so another user looks."""
    repo.write({"secret.py": "s\n", "app.py": "x = 2\n"})
    (repo.path / "secret.py").chmod(0)
    script = textwrap.dedent(
        """
        import asyncio, concurrent.futures.thread, os, pathlib, sys
        import git, gitdb  # while we may still read where Python is installed
        from ambient_lsp.repository.worktrees import open_checkouts
        if os.getuid() == 0:
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        async def main():
            checkouts = await open_checkouts(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
            tree = await checkouts.current()
            async with checkouts.checkout(tree) as folder:
                print(checkouts.strategy, sorted(os.listdir(folder)), checkouts.notes)
            await checkouts.close()
        asyncio.run(main())
        """
    )
    cache = tmp_path / "cache"
    cache.mkdir(exist_ok=True)
    if os.getuid() == 0:
        for path in (repo.path, *repo.path.rglob("*"), cache):
            os.chown(path, 65534, 65534, follow_symlinks=False)
        for parent in cache.parents[:-1]:
            if parent.stat().st_uid == 0 and parent != Path("/tmp"):
                parent.chmod(parent.stat().st_mode | 0o055)
    done = subprocess.run(
        (sys.executable, "-c", script, str(repo.path), str(cache)), capture_output=True, text=True, cwd=Path.cwd()
    )
    assert done.returncode == 0, done.stderr
    assert "secret.py: cannot be read" in done.stdout
    assert "'app.py'" in done.stdout


@pytest.mark.parametrize(
    ("path", "target", "out"),
    [
        ("a", "b", False),
        ("a/b", "../c", False),
        ("a/b", "../../c", True),
        ("a", "/etc/passwd", True),
        ("a", "..", True),
        ("a", ".git/config", True),
        ("a/b", "../.GIT/config", True),
        ("a", "x/../../y", True),
    ],
)
def test_links_that_lead_out(path, target, out):
    assert escapes(path, target) is out


def test_names_of_secrets():
    assert all(map(is_secret, (".env", "a/.ENV.local", ".ssh/config", "deploy/id_rsa", "server.PEM", ".npmrc")))
    assert not any(map(is_secret, ("env.py", ".env.example", "environment/.envrc.md", "src/keys.py", "a/ssh/x")))


async def test_a_reading_that_nobody_waits_for_does_not_disturb_the_next(repo, opened):
    async with opened(repo.path) as checkouts:
        for number in range(40):
            repo.write({"app.py": f"x = {number}\n", f"new/{number}.py": "n\n"})
            reading = asyncio.create_task(checkouts.current())
            await asyncio.sleep(number / 2000)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            repo.write({"app.py": f"x = {number} + 1\n"})
            tree = await checkouts.current()
            assert repo.show(tree, "app.py") == f"x = {number} + 1\n"
            assert checkouts.notes == ()
