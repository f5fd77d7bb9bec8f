"""Writable checkouts, made in each of the three ways."""

from __future__ import annotations

import asyncio
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from ambient_lsp.errors import StalePatch, UnsafePath, WorkspaceError
from ambient_lsp.model import FileEdit
from ambient_lsp.patching.edits import modify
from ambient_lsp.repository import overlay
from ambient_lsp.repository.worktrees import STRATEGIES
from ambient_lsp.text import freeze, sha256
from tests.real import require

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=STRATEGIES)
def way(request, tmp_path) -> str:
    if request.param == "overlay":
        require(overlay.probe(tmp_path / "probe") is not None, "Overlay mounts need the right to mount.")
    return request.param


def listing(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir() and p.name != ".git")


def left_behind(cache: Path) -> list[str]:
    """Return what checkouts occupy that nobody uses; bases and pooled checkouts are kept on purpose."""
    mounts = [str(point) for point, _ in overlay.mounts_below(cache) if point != cache]
    return mounts + [str(p) for pattern in ("*/live/*", "*/bases/*-*") for p in cache.glob(pattern)]


def change_app(repo, text: str = "x = 9\n") -> FileEdit:
    return modify(freeze(repo.path, "app.py", (repo.path / "app.py").read_text()), text)


async def test_it_has_the_tree_and_the_edits_and_is_a_real_worktree(repo, opened, tmp_path, way):
    repo.write({"app.py": "x = 2\n", "new.py": "n\n"})
    (repo.path / "lib/util.py").unlink()
    edits = [
        change_app(repo),
        FileEdit("made/here.py", "create", text="made\n"),
        FileEdit("new.py", "rename", sha256("n\n"), new_path="renamed.py"),
        FileEdit(".gitignore", "delete", sha256("build/\n")),
    ]
    async with opened(repo.path, strategies=[way]) as checkouts:
        tree = await checkouts.current()
        async with checkouts.checkout(tree, edits) as folder:
            assert checkouts.strategy == way
            assert not folder.is_relative_to(repo.path)
            assert listing(folder) == ["app.py", "made/here.py", "renamed.py"]
            assert (folder / "app.py").read_text() == "x = 9\n"
            status = repo.git("status", "--porcelain", cwd=folder).splitlines()
            assert sorted(status) == [" D .gitignore", " D new.py", " M app.py", "?? made/", "?? renamed.py"]
            assert "-x = 2\n+x = 9\n" in repo.git("diff", cwd=folder)
            repo.git("commit", "--quiet", "--all", "-m", "inside", cwd=folder)
            assert repo.git("log", "--format=%s", "-1", cwd=folder) == "inside\n"
            assert str(folder) in repo.git("worktree", "list")
            repo.git("worktree", "prune", "--expire=now")
            assert str(folder) in repo.git("worktree", "list")
        assert len(repo.git("worktree", "list").splitlines()) == 1
    assert repo.git("log", "--format=%s") == "a commit\n"
    assert (repo.path / "app.py").read_text() == "x = 2\n"
    assert left_behind(tmp_path / "cache") == []


async def test_what_happened_in_one_checkout_is_not_in_the_next(repo, opened, way):
    async with opened(repo.path, strategies=[way]) as checkouts:
        tree = await checkouts.current()
        for _ in range(3):
            async with checkouts.checkout(tree) as folder:
                assert listing(folder) == [".gitignore", "app.py", "lib/util.py"]
                assert (folder / "app.py").read_text() == "x = 1\n"
                assert repo.git("status", "--porcelain", "--ignored", cwd=folder) == ""
                (folder / "app.py").write_text("broken")
                (folder / "lib/util.py").unlink()
                (folder / "lib").rename(folder / "moved")
                (folder / "build").mkdir()
                (folder / "build/cache").write_text("ignored")
                (folder / ".gitignore").write_text("*")
                repo.git("add", "--all", "--force", cwd=folder)
                (folder / "build").chmod(0o500)
    assert (repo.path / "app.py").read_text() == "x = 1\n"


async def test_it_follows_from_tree_to_tree(repo, opened, way):
    async with opened(repo.path, strategies=[way]) as checkouts:
        for number in range(4):
            repo.write({"app.py": f"x = {number}\n", f"only{number}.py": "o\n"})
            (repo.path / f"only{number - 1}.py").unlink(missing_ok=True)
            if number == 2:
                repo.commit({}, "moved on")
            async with checkouts.checkout(await checkouts.current()) as folder:
                assert (folder / "app.py").read_text() == f"x = {number}\n"
                assert listing(folder) == [".gitignore", "app.py", "lib/util.py", f"only{number}.py"]
                assert repo.git("status", "--porcelain", cwd=folder) == ""


async def test_many_at_once_do_not_see_each_other(repo, opened, way):
    async with opened(repo.path, strategies=[way, "plain"]) as checkouts:
        tree = await checkouts.current()

        async def one(number: int) -> str:
            async with checkouts.checkout(tree, [change_app(repo, f"x = {number}\n")]) as folder:
                await asyncio.sleep(0.01)
                assert (folder / "app.py").read_text() == f"x = {number}\n"
                return str(folder)

        assert len(set(await asyncio.gather(*(one(number) for number in range(12))))) > 1


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (FileEdit("app.py", "modify", sha256("other"), ()), StalePatch),
        (FileEdit("app.py", "create", text="there is one\n"), StalePatch),
        (FileEdit("../out.py", "create", text="x"), UnsafePath),
        (FileEdit("/etc/out.py", "create", text="x"), UnsafePath),
        (FileEdit("a/.GIT/hooks/x", "create", text="x"), UnsafePath),
        (FileEdit("link/out.py", "create", text="x"), UnsafePath),
    ],
)
async def test_an_edit_that_does_not_fit_gives_the_checkout_back(repo, opened, tmp_path, way, edit, error):
    (repo.path / "link").symlink_to("lib")
    async with opened(repo.path, strategies=[way]) as checkouts:
        tree = await checkouts.current()
        with pytest.raises(error):
            async with checkouts.checkout(tree, [change_app(repo), edit]):
                pass
        assert len(repo.git("worktree", "list").splitlines()) == 1
    assert left_behind(tmp_path / "cache") == []
    assert not list(tmp_path.rglob("out.py"))


async def test_encoding_and_line_endings_are_kept(repo, opened, way):
    repo.git("config", "core.autocrlf", "true")
    latin = "# -*- coding: latin-1 -*-\r\nname = 'é'\r\n"
    repo.write({"latin.py": latin.encode("latin-1"), "marked.py": b"\xef\xbb\xbfa = 1\r\n"})
    async with opened(repo.path, strategies=[way]) as checkouts:
        tree = await checkouts.current()
        base = freeze(repo.path, "latin.py", latin)
        marked = freeze(repo.path, "marked.py", "a = 1\r\n")
        edits = [modify(base, latin.replace("é", "ü")), modify(marked, "a = 2\r\n")]
        async with checkouts.checkout(tree, edits) as folder:
            assert (folder / "latin.py").read_bytes() == latin.replace("é", "ü").encode("latin-1")
            assert (folder / "marked.py").read_bytes() == b"\xef\xbb\xbfa = 2\r\n"
            assert repo.git("diff", "--stat", cwd=folder).count("|") == 2


async def test_links_out_of_the_tree_are_not_there_but_git_does_not_miss_them(repo, opened, tmp_path, way):
    (tmp_path / "private").write_text("secret")
    for name, target in (("up", "../private"), ("abs", str(tmp_path / "private")), ("ok", "app.py"), ("loop", "loop")):
        (repo.path / name).symlink_to(target)
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "-m", "links")
    async with opened(repo.path, strategies=[way]) as checkouts:
        for _ in range(2):
            async with checkouts.checkout(await checkouts.current()) as folder:
                assert sorted(p.name for p in folder.iterdir() if p.is_symlink()) == ["loop", "ok"]
                assert repo.git("status", "--porcelain", cwd=folder) == ""
                (folder / "ok").unlink()


async def test_modes_and_names_that_differ_in_case_only(repo, opened, way):
    repo.commit({"Case.py": "upper\n", "case.py": "lower\n", "run.sh": "#!/bin/sh\n"})
    (repo.path / "run.sh").chmod(0o755)
    edits = [modify(freeze(repo.path, "run.sh", "#!/bin/sh\n"), "#!/bin/sh\ntrue\n")]
    edits.append(FileEdit("CASE.py", "create", text="loud\n"))
    async with opened(repo.path, strategies=[way]) as checkouts:
        async with checkouts.checkout(await checkouts.current(), edits) as folder:
            assert [(folder / name).read_text() for name in ("Case.py", "case.py", "CASE.py")] == [
                "upper\n",
                "lower\n",
                "loud\n",
            ]
            assert os.access(folder / "run.sh", os.X_OK)


async def test_files_that_checks_need_are_copied_but_never_secrets(repo, opened, tmp_path, way):
    repo.commit({".gitignore": "local/\n.env*\n", ".worktreeinclude": "local/*.cfg\n.env\n*.link\n"})
    repo.write({"local/test.cfg": "a = 1\n", "local/other.txt": "no\n", ".env": "TOKEN=1\n"})
    (repo.path / "x.link").symlink_to("/etc/passwd")
    async with opened(repo.path, strategies=[way]) as checkouts:
        for _ in range(2):
            async with checkouts.checkout(await checkouts.current()) as folder:
                assert (folder / "local/test.cfg").read_text() == "a = 1\n"
                assert listing(folder / "local") == ["test.cfg"]
                assert not (folder / ".env").exists() and not (folder / "x.link").is_symlink()
                assert any(".env" in note for note in checkouts.notes)
                (folder / "local/test.cfg").write_text("changed by a check")


async def test_the_module_that_the_build_writes_the_version_to_is_there(repo, opened, tmp_path, way):
    hatch = '[tool.hatch]\nbuild.hooks.vcs.version-file = "src/shop/_version.py"\n'
    scm = '[tool.setuptools_scm]\nwrite_to = "tools/_version.py"\nversion_file = "../out.py"\n'
    repo.commit({".gitignore": "_version.py\n", "src/shop/__init__.py": "", "pyproject.toml": hatch + scm})
    repo.write({"src/shop/_version.py": "a = 1\n", "src/other/_version.py": "a = 2\n"})
    (tmp_path / "out").mkdir()
    (tmp_path / "out/_version.py").write_text("a = 3\n")
    (repo.path / "tools").symlink_to(tmp_path / "out")
    async with opened(repo.path, strategies=[way]) as checkouts:
        async with checkouts.checkout(await checkouts.current()) as folder:
            assert (folder / "src/shop/_version.py").read_text() == "a = 1\n"
            assert not (folder / "src/other").exists() and not (folder / "tools/_version.py").exists()


async def test_one_that_nobody_waits_for_is_given_back(repo, opened, tmp_path, way):
    async with opened(repo.path, strategies=[way]) as checkouts:
        tree = await checkouts.current()

        async def use() -> None:
            async with checkouts.checkout(tree):
                await asyncio.sleep(30)

        for delay in (0, 0.001, 0.005, 0.02, 0.2):
            task = asyncio.create_task(use())
            await asyncio.sleep(delay)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert len(repo.git("worktree", "list").splitlines()) == 1
    assert left_behind(tmp_path / "cache") == []


async def test_closing_takes_open_ones_back(repo, opened, tmp_path, way):
    async with opened(repo.path, strategies=[way]) as checkouts:
        context = checkouts.checkout(await checkouts.current())
        folder = await context.__aenter__()
        assert folder.exists()
    assert left_behind(tmp_path / "cache") == []
    assert len(repo.git("worktree", "list").splitlines()) == 1
    await context.__aexit__(None, None, None)


async def test_old_bases_go(repo, opened, tmp_path):
    require(overlay.probe(tmp_path / "probe") is not None, "Overlay mounts need the right to mount.")
    async with opened(repo.path, strategies=["overlay"]) as checkouts:
        for number in range(5):
            repo.commit({"app.py": f"x = {number}\n"})
            async with checkouts.checkout(await checkouts.current()):
                pass
        assert len([p for p in (tmp_path / "cache").glob("*/bases/*") if p.is_dir()]) == 2
        assert len(list((tmp_path / "cache").glob("*/bases/*.lock"))) == 2


async def test_a_tree_far_from_head_gets_a_base_of_its_own(repo, opened, tmp_path):
    require(overlay.probe(tmp_path / "probe") is not None, "Overlay mounts need the right to mount.")
    repo.write({f"many/{number}.py": "m\n" for number in range(600)})
    async with opened(repo.path, strategies=["overlay"]) as checkouts:
        tree = await checkouts.current()
        async with checkouts.checkout(tree) as folder:
            assert len(list((folder / "many").iterdir())) == 600
            assert repo.git("status", "--porcelain", cwd=folder) == ""
        assert (next((tmp_path / "cache").glob("*/bases")) / tree).is_dir()


async def test_a_full_pool_hands_over_to_plain_checkouts(repo, opened, monkeypatch):
    async with opened(repo.path, strategies=["pool", "plain"]) as checkouts:
        monkeypatch.setattr(checkouts._pool, "_size", 2)
        tree = await checkouts.current()
        async with checkouts.checkout(tree) as a, checkouts.checkout(tree) as b, checkouts.checkout(tree) as c:
            assert [folder.parent.parent.name for folder in (a, b)] == ["pool", "pool"]
            assert c.parent.parent.parent.name == "live"


async def test_where_overlays_cannot_be_mounted_the_pool_is_used(repo, opened, tmp_path):
    async with opened(repo.path, tmp_path / "a,comma") as checkouts:  # the kernel's options are split at commas
        assert checkouts.strategy == "pool"
        async with checkouts.checkout(await checkouts.current()) as folder:
            assert (folder / "app.py").exists()


@pytest.mark.real
async def test_a_full_disk_is_said_clearly_and_nothing_stays(repo, opened, tmp_path, way):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(("mount", "-t", "tmpfs", "-o", "size=3m", "none", str(small)), capture_output=True)
    require(mounted.returncode == 0, "A small file system needs the right to mount.")
    try:
        repo.commit({f"data/{number}.bin": os.urandom(100_000) for number in range(60)})
        async with opened(repo.path, small, strategies=[way]) as checkouts:
            tree = await checkouts.current()
            with pytest.raises(WorkspaceError, match=r"No space left on device.*were left alone.*free space"):
                async with checkouts.checkout(tree):
                    pass
            used = sum(p.stat().st_size for p in small.rglob("*") if p.is_file())
            assert used < 100_000
            assert len(repo.git("worktree", "list").splitlines()) == 1
        assert left_behind(small) == []
    finally:
        subprocess.run(("umount", str(small)), check=True)
