from __future__ import annotations

import asyncio
import os
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from ambient_lsp import text
from ambient_lsp.config import Config
from ambient_lsp.context import files
from ambient_lsp.context.files import read_bytes
from ambient_lsp.context.pack import Repository
from ambient_lsp.errors import WorkspaceError
from ambient_lsp.model import Context, Snapshot, Trigger, TriggerKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FILES = {
    "pyproject.toml": "[tool.ruff]\nline-length = 99\n",
    ".gitignore": "build/\n*.log\n",
    "README.md": "# Shop\n",
    "src/shop/__init__.py": "",
    "src/shop/money.py": "def total(x):\n    return x\n",
    "src/shop/cart.py": "from .money import total\n",
    "tests/test_cart.py": "from shop.cart import total\n",
    "build/made.py": "import nothing\n",
    "out.log": "x",
}


def git(root: Path, *args: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main", *args]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def fill(root: Path, contents: dict[str, str]) -> None:
    for path, content in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    fill(root, FILES)
    return root


@pytest.fixture
def root(plain: Path) -> Path:
    git(plain, "init", "-q")
    git(plain, "add", "-A")
    git(plain, "commit", "-qm", "base")
    return plain


class Reads(list[str]):
    """Counts what is read."""

    def __call__(self, root: Path, path: str, limit: int) -> bytes:
        self.append(path)
        return read_bytes(root, path, limit)

    def since(self) -> list[str]:
        seen = list(self)
        self.clear()
        return seen


@asynccontextmanager
async def opened(root: Path, config: Config | None = None, reads: Reads | None = None) -> AsyncIterator[Repository]:
    repository = Repository(
        root, config or Config(), cache=root.parent / "cache", read=read_bytes if reads is None else reads
    )
    await repository.open()
    try:
        yield repository
    finally:
        await repository.close()


def trigger(*paths: str, snapshots: tuple[Snapshot, ...] = (), log: str = "") -> Trigger:
    return Trigger("t", TriggerKind.SAVE, paths, snapshots, log)


def config(**monitoring: object) -> Config:
    return Config.model_validate({"monitoring": monitoring})


async def packed(root: Path, *paths: str, settings: Config | None = None) -> Context:
    async with opened(root, settings) as repository:
        return await repository.pack(trigger(*paths))


async def test_a_context_tells_what_a_specialist_needs(root: Path) -> None:
    (root / "src/shop/money.py").write_text("def total(y):\n    return y\n")
    async with opened(root) as repository:
        context = await repository.pack(trigger("src/shop/money.py", log="src/shop/cart.py:1: boom\n"))
    assert context.head == git(root, "rev-parse", "HEAD").strip()
    assert [target.text for target in context.targets] == ["def total(y):\n    return y\n"]
    assert context.impact == {"src/shop/money.py": ("src/shop/cart.py", "tests/test_cart.py")}
    assert context.tests == {"src/shop/money.py": ("tests/test_cart.py",)}
    assert context.conventions["line-length"] == 99
    assert context.hot_paths == ("src/shop/cart.py",)
    assert set(context.important_files) == {"pyproject.toml", "README.md"}
    assert "-def total(x):\n" in context.diff and "+def total(y):\n" in context.diff
    facts = context.tree["src/shop/money.py"]
    assert (facts.module, facts.symbols) == ("shop.money", (("total", "function", 0),))
    assert facts.blob == git(root, "hash-object", "src/shop/money.py").strip()
    assert context.tree["src/shop/cart.py"].blob == git(root, "rev-parse", "HEAD:src/shop/cart.py").strip()
    assert context.tree["tests/test_cart.py"].is_test
    assert "build/made.py" not in context.tree and "out.log" not in context.tree


async def test_after_one_save_only_that_file_is_read_again(root: Path) -> None:
    reads = Reads()
    async with opened(root, reads=reads) as repository:
        assert set(reads.since()) == {path for path in FILES if path.endswith(".py") and "build" not in path}
        await repository.pack(trigger("src/shop/money.py"))
        reads.clear()
        for content in ("import shop.cart\n", "import os\n"):
            (root / "src/shop/money.py").write_text(content)
            repository.update(["src/shop/money.py"])
            context = await repository.pack(trigger("src/shop/money.py"))
            assert reads.since() == ["src/shop/money.py"]
            assert context.targets[0].text == content
        await repository.pack(trigger("src/shop/money.py"))
        assert reads.since() == []
    assert context.tree["src/shop/money.py"].imports == ("os",)


async def test_a_warm_start_reads_nothing_that_is_committed(root: Path) -> None:
    async with opened(root):
        pass
    (root / "src/shop/new.py").write_text("import shop\n")
    reads = Reads()
    async with opened(root, reads=reads) as repository:
        assert reads == ["src/shop/new.py"]
        assert repository.graph.dependents("src/shop/__init__.py", 1) == ("src/shop/new.py",)
    for damage in ("{", '{"version":1,"blobs":{"a":[1]}}', '{"version":1,"blobs":3}'):
        (file,) = (root.parent / "cache" / "facts").iterdir()
        file.write_text(damage)
        async with opened(root) as repository:
            assert repository.graph.tests_for(["src/shop/cart.py"]) == ("tests/test_cart.py",)


async def test_unsaved_buffers_win_over_the_disk(root: Path) -> None:
    buffer = text.freeze(root, "src/shop/cart.py", "from .money import other\nclass Unsaved: ...\n", version=3)
    async with opened(root) as repository:
        wake = trigger("src/shop/cart.py", snapshots=(buffer,))
        context = await repository.pack(wake)
        assert context.targets == (buffer,)
        assert context.tree["src/shop/cart.py"].symbols == (("Unsaved", "class", 1),)
        assert "+class Unsaved: ...\n" in context.diff
        assert await repository.read("src/shop/cart.py", wake) is buffer
        on_disk = await repository.read("src/shop/cart.py")
        assert on_disk is not None and on_disk.text == FILES["src/shop/cart.py"]
        assert (await repository.pack(trigger("src/shop/cart.py"))).diff == ""


async def test_no_paths_means_all_python_files_under_the_watched_folders(root: Path) -> None:
    assert [target.path for target in (await packed(root)).targets] == [
        "src/shop/__init__.py",
        "src/shop/cart.py",
        "src/shop/money.py",
        "tests/test_cart.py",
    ]
    context = await packed(root, settings=config(watch_paths=["tests/"]))
    assert [target.path for target in context.targets] == ["tests/test_cart.py"]
    assert [target.path for target in (await packed(root, "src")).targets] == [
        "src/shop/__init__.py",
        "src/shop/cart.py",
        "src/shop/money.py",
    ]


async def test_files_nobody_wants_looked_at_are_left_alone(root: Path) -> None:
    (root / ".ambientignore").write_text("money.py\n")
    context = await packed(root, "src/shop/money.py", "src/shop/cart.py", settings=config(ignore_patterns=["tests/"]))
    assert [target.path for target in context.targets] == ["src/shop/cart.py"]
    assert "left alone" in context.skipped["src/shop/money.py"]
    assert not {"src/shop/money.py", "tests/test_cart.py"} & set(context.tree)
    (root / ".ambientignore").write_text("*.py\n!cart.py\n")
    assert [path for path in (await packed(root)).tree if path.endswith(".py")] == ["src/shop/cart.py"]


async def test_what_cannot_be_read_is_skipped_with_a_reason(root: Path, tmp_path: Path) -> None:
    (root / "latin.py").write_bytes(b"x = '\xe9'\n")
    (root / "binary.py").write_bytes(b"\0\1\2" * 100)
    (root / "lfs.py").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n")
    with (root / "huge.py").open("wb") as stream:
        stream.truncate(50_000_000)
    os.mkfifo(root / "pipe.py")
    (root / "loop").symlink_to(root)
    (root / "self.py").symlink_to("self.py")
    (tmp_path / "outside.py").write_text("secret = 1\n")
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    (root / ".env").write_text("KEY=1\n")
    git(root, "add", "-A", "--", "latin.py", "binary.py", "loop")
    names = [
        "latin.py",
        "binary.py",
        "lfs.py",
        "huge.py",
        "pipe.py",
        "self.py",
        "link.py",
        ".env",
        "gone.py",
        "../x.py",
        "/etc/passwd",
        ".git/config",
    ]
    async with opened(root) as repository:
        context = await asyncio.wait_for(repository.pack(trigger(*names)), 10)
        assert context.targets == ()
        assert set(names) <= set(context.skipped), set(names) - set(context.skipped)
        assert "utf-8" in context.skipped["latin.py"]
        assert "binary" in context.skipped["binary.py"]
        assert "LFS" in context.skipped["lfs.py"]
        assert "50,000,000 bytes" in context.skipped["huge.py"]
        assert "secrets" in context.skipped[".env"]
        assert "outside" in context.skipped["../x.py"]
        assert "no such file" in context.skipped["gone.py"]
        assert "link" in context.skipped["loop"]
        assert await repository.read("link.py") is None
        assert await repository.read("../x.py") is None
        whole = await repository.pack(trigger())
        assert len(whole.targets) == 4


async def test_a_file_that_root_may_read_but_its_user_may_not(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object, *args: object, **kwargs: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(files.Skipped, match="Permission denied"):
        read_bytes(root, "README.md", 100)


async def test_head_index_and_new_files_are_noticed(root: Path) -> None:
    async with opened(root) as repository:
        await repository.pack(trigger())
        git(root, "checkout", "-qb", "other")
        fill(root, {"src/shop/extra.py": "from . import cart\n"})
        (root / "tests/test_cart.py").unlink()
        git(root, "add", "-A")
        git(root, "commit", "-qm", "more")
        context = await repository.pack(trigger("src/shop/cart.py"))
        assert context.head == git(root, "rev-parse", "HEAD").strip()
        assert context.impact["src/shop/cart.py"] == ("src/shop/extra.py",)
        assert "tests/test_cart.py" not in context.tree
        fill(root, {"src/shop/later.py": "from shop import cart\n", "build/more.py": "from shop import cart\n"})
        repository.update(["src/shop/later.py", "build/more.py", "src/shop/never.py"])
        context = await repository.pack(trigger("src/shop/cart.py"))
        assert context.impact["src/shop/cart.py"] == ("src/shop/extra.py", "src/shop/later.py")
        assert "build/more.py" not in context.tree  # git ignores it
        (root / "src/shop/later.py").unlink()
        repository.update(["src/shop/later.py"])
        assert "src/shop/later.py" not in (await repository.pack(trigger("src/shop/cart.py"))).tree


async def test_a_context_does_not_change_under_the_run_that_holds_it(root: Path) -> None:
    async with opened(root) as repository:
        held = await repository.pack(trigger())
        (root / "src/shop/cart.py").unlink()
        repository.update(["src/shop/cart.py"])
        assert "src/shop/cart.py" not in (await repository.pack(trigger())).tree
        assert "src/shop/cart.py" in held.tree
        with pytest.raises(TypeError):
            held.tree["x"] = held.tree["README.md"]  # type: ignore[index]


async def test_secrets_leave_neither_in_the_diff_nor_in_files_nor_in_logs(root: Path) -> None:
    token = "ghp" + "_" + "Ab1" * 12
    (root / "README.md").write_text(f"token {token}\n")
    (root / "src/shop/cart.py").write_text(f"T = '{token}'\n")
    fill(root, {".env": "A=1\n"})
    git(root, "add", "-f", ".env")
    async with opened(root) as repository:
        context = await repository.pack(trigger("src/shop/cart.py", log=f"failed with {token}"))
    for part in (context.diff, *context.important_files.values(), context.failing_log):
        assert token not in part
    assert context.diff.count("[redacted:github-token]") == 2
    assert ".env" not in context.diff
    assert token in context.targets[0].text  # a fix must fit the text as it is


async def test_the_diff_is_bounded(root: Path) -> None:
    for number in range(30):
        (root / f"f{number}.txt").write_text("a\n" * 20_000)
    git(root, "add", "-A")
    context = await packed(root, "src/shop/cart.py")
    assert len(context.diff) < 300_000
    assert "more changed files are not shown" in context.diff


@pytest.mark.parametrize("setup", [(), ("init", "-q")])
async def test_folders_without_git_or_without_a_commit_work(plain: Path, setup: tuple[str, ...]) -> None:
    if setup:
        git(plain, *setup)
    (plain / "loop").symlink_to(plain)
    (plain / "src/again").symlink_to("again")
    context = await packed(plain, "src/shop/money.py")
    assert context.head == "" and context.diff == ""
    assert context.tests["src/shop/money.py"] == ("tests/test_cart.py",)
    assert "build/made.py" not in context.tree and "out.log" not in context.tree
    assert "link" in context.skipped["loop"]
    assert setup or "link" in context.skipped["src/again"]


async def test_nested_gitignores_count_without_git(plain: Path) -> None:
    fill(
        plain,
        {
            "src/.gitignore": "*.py\n!keep.py\n",
            "src/keep.py": "",
            "src/drop.py": "",
            "venv/pyvenv.cfg": "",
            "venv/lib.py": "",
        },
    )
    assert {path for path in (await packed(plain)).tree if path.endswith(".py")} == {
        "src/keep.py",
        "tests/test_cart.py",
    }


async def test_a_folder_inside_a_repository_is_a_root_of_its_own(root: Path) -> None:
    (root / "src/shop/money.py").write_text("changed = 1\n")
    context = await packed(root / "src", "shop/money.py")
    assert "shop/cart.py" in context.tree and "tests/test_cart.py" not in context.tree
    assert "+changed = 1\n" in context.diff


async def test_a_linked_worktree_and_a_detached_head_work(root: Path, tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", "--detach", str(tmp_path / "wt"))
    async with opened(tmp_path / "wt") as repository:
        assert repository.git_folder == root / ".git" / "worktrees" / "wt"
        assert (await repository.pack(trigger())).head


async def test_folders_that_cannot_be_used_say_so(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    for folder, words in (("bare.git", "bare"), ("none", "no folder")):
        with pytest.raises(WorkspaceError, match=words):
            await Repository(tmp_path / folder, Config(), cache=tmp_path).open()
    (tmp_path / "empty").mkdir()
    assert (await packed(tmp_path / "empty")).tree == {}


async def test_nothing_is_written_into_the_repository(root: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))}
    await packed(root, "src/shop/cart.py")
    assert {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))} == before


async def test_no_process_is_left_behind(root: Path) -> None:
    import psutil

    (root / "src/shop/cart.py").write_text("x = 1\n")
    await packed(root, "src/shop/cart.py")
    assert not [child for child in psutil.Process().children() if child.name() == "git"]


async def test_many_packs_at_once_agree(root: Path) -> None:
    async with opened(root) as repository:
        contexts = await asyncio.gather(*(repository.pack(trigger("src/shop/cart.py")) for _ in range(20)))
        assert all(context == contexts[0] for context in contexts)


async def test_of_tests_in_several_folders_those_that_pytest_looks_into_count(root: Path) -> None:
    fill(root, {"examples/tests/test_shop.py": "import fakeredis\nfrom shop.cart import total\n"})
    both = ("examples/tests/test_shop.py", "tests/test_cart.py")
    async with opened(root) as repository:
        assert repository.tests_for(["src/shop/cart.py"]) == both
    fill(root, {"pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["./tests/"]\n'})
    async with opened(root) as repository:
        await repository.pack(trigger("src/shop/cart.py"))
        assert repository.tests_for(["src/shop/cart.py"]) == ("tests/test_cart.py",)
        assert repository.tests_for(["examples/tests/test_shop.py"]) == both[:1]
