"""Proposals kept as commits, and the trees that are made for them in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ambient_lsp.errors import StalePatch, UnsafePath
from ambient_lsp.model import CheckResult, FileEdit, Measurement, RiskLevel, Verdict, VerdictOutcome
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.repository.objects import Entry, Objects
from ambient_lsp.text import freeze, sha256


def proposal_of(*edits: FileEdit, bases: dict[str, str], agent: str = "security"):
    return propose(
        agent=agent,
        title="Use a safe call",
        description="What it does.",
        rationale="Because it is safer.",
        risk_level=RiskLevel.LOW,
        edits=edits,
        bases=bases,
    )


def app_edit(repo, text: str, base: str = "x = 1\n") -> FileEdit:
    return modify(freeze(repo.path, "app.py", base), text)


async def test_it_is_a_commit_on_the_current_content_with_who_and_why(repo, opened):
    repo.write({"app.py": "x = 2\n", "untracked.py": "u\n"})
    verdict = Verdict(
        VerdictOutcome.PASSED,
        "All checks pass.",
        checks=(CheckResult("pytest", ("pytest",), VerdictOutcome.PASSED),),
        measurements=(Measurement("complexity", 9, 4, "points"),),
        sandbox="docker",
        image="sha256:abc",
        selection="3 of 41 test files",
    )
    edits = (app_edit(repo, "x = 3\n", "x = 2\n"), FileEdit("deep/er/new.py", "create", text="n\n"))
    proposal = replace(proposal_of(*edits, bases={"app.py": "x = 2\n"}), verdict=verdict)
    before = repo.git("status", "--porcelain")
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
        commit = await checkouts.record(proposal, tree)
        again = await checkouts.record(proposal, tree)
    assert repo.git("rev-parse", f"refs/ambient/proposals/{proposal.id}").strip() == again
    assert repo.git("rev-parse", f"{commit}^{{tree}}") == repo.git("rev-parse", f"{again}^{{tree}}")
    shown = repo.git("show", "--format=%an%n%B", commit)
    assert shown.startswith("Ambient security\nUse a safe call\n")
    for part in ("Because it is safer.", "Passed: All checks pass.", "- pytest: passed", "complexity: 9 -> 4 points"):
        assert part in shown
    assert repo.git("show", "--format=", "--name-only", commit).split() == ["app.py", "deep/er/new.py"]
    assert repo.git("rev-parse", f"{commit}~2") == repo.git("rev-parse", "HEAD")
    assert repo.git("status", "--porcelain") == before
    repo.git("fsck", "--strict")


async def test_renames_deletions_modes_and_empty_folders(repo, opened):
    (repo.path / "app.py").chmod(0o755)
    repo.commit({"app.py": "x = 1\n"})
    util = "def f():\n    return 1\n"
    edits = (
        FileEdit("app.py", "rename", sha256("x = 1\n"), new_path="pkg/main.py"),
        FileEdit("lib/util.py", "delete", sha256(util)),
    )
    proposal = proposal_of(*edits, bases={"app.py": "x = 1\n", "lib/util.py": util})
    async with opened(repo.path) as checkouts:
        commit = await checkouts.record(proposal, await checkouts.current())
    assert repo.names(commit) == [".gitignore", "pkg/main.py"]
    assert repo.git("ls-tree", commit, "pkg/main.py").startswith("100755")
    repo.git("fsck", "--strict")


async def test_line_endings_that_git_converts(repo, opened):
    repo.git("config", "core.autocrlf", "true")
    repo.write({"app.py": b"x = 1\r\n"})
    proposal = proposal_of(app_edit(repo, "x = 2\r\n", "x = 1\r\n"), bases={"app.py": "x = 1\r\n"})
    async with opened(repo.path) as checkouts:
        commit = await checkouts.record(proposal, await checkouts.current())
    assert repo.show(commit, "app.py") == "x = 2\n"


async def test_an_edit_for_another_text_or_outside_is_refused_and_nothing_is_kept(repo, opened):
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
        stale = proposal_of(app_edit(repo, "x = 3\n", "x = 2\n"), bases={"app.py": "x = 2\n"})
        with pytest.raises(StalePatch):
            await checkouts.record(stale, tree)
        with pytest.raises(UnsafePath):
            await checkouts.record(proposal_of(FileEdit(".git/config", "create", text="x"), bases={}), tree)
    assert "ambient" not in repo.git("for-each-ref")


async def test_forgetting(repo, opened):
    proposals = [proposal_of(app_edit(repo, f"x = {n}\n"), bases={"app.py": "x = 1\n"}) for n in range(2, 6)]
    async with opened(repo.path) as checkouts:
        tree = await checkouts.current()
        await asyncio.gather(*(checkouts.record(proposal, tree) for proposal in proposals))
        repo.git("pack-refs", "--all")
        await checkouts.forget([proposal.id for proposal in proposals[1:]])
        await checkouts.forget([proposals[1].id, "never-there"])
        await checkouts.forget([])
    assert repo.git("for-each-ref", "--format=%(refname:lstrip=3)", "refs/ambient").split() == [proposals[0].id]


async def test_in_a_plain_folder_and_in_an_inner_folder(repo, opened, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "app.py").write_text("x = 1\n")
    proposal = proposal_of(app_edit(repo, "x = 2\n"), bases={"app.py": "x = 1\n"})
    async with opened(plain) as checkouts:
        commit = await checkouts.record(proposal, await checkouts.current())
        shadow = checkouts.place.common_dir
        assert repo.git("cat-file", "blob", f"{commit}:app.py", cwd=shadow) == "x = 2\n"
    repo.commit({"inner/app.py": "x = 1\n"})
    async with opened(repo.path / "inner") as checkouts:
        commit = await checkouts.record(proposal, await checkouts.current())
        assert repo.git("show", "--format=", "--name-only", commit).split() == ["inner/app.py"]


async def test_an_agent_s_name_cannot_break_the_commit(repo, opened):
    proposal = proposal_of(app_edit(repo, "x = 2\n"), bases={"app.py": "x = 1\n"}, agent="a<b>\n\0c")
    async with opened(repo.path) as checkouts:
        await checkouts.record(proposal, await checkouts.current())
    repo.git("fsck", "--strict")


names = st.lists(st.sampled_from(["a", "b", "c", "é", "d.py"]), min_size=1, max_size=3).map("/".join)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(names, st.sampled_from(["one", "two", None]), max_size=6), max_size=4))
def test_editing_a_tree_in_memory_is_what_git_does_with_an_index(repo, steps):
    """Law: a sequence of edits gives the same tree as adding and removing the same paths with git itself."""
    objects = Objects(repo.path)
    try:
        tree = objects.write("tree", b"")
        model: dict[str, str] = {}
        for step in steps:
            changes = {path: text for path, text in step.items() if fits(path, text, step, model)}
            entries = {p.encode(): t and Entry("100644", objects.write("blob", t.encode())) for p, t in changes.items()}
            tree = objects.edit(tree, entries)
            model |= {path: text for path, text in changes.items() if text is not None}
            for path, text in changes.items():
                if text is None:
                    model.pop(path, None)
        listed = repo.git("ls-tree", "-r", "-z", tree).split("\0")
        assert {line.partition("\t")[2] for line in listed if line} == set(model)
        lines = "".join(f"100644 {objects.write('blob', t.encode())}\t{p}\0" for p, t in model.items())
        index = repo.path / ".git/model-index"
        index.unlink(missing_ok=True)
        env = f"GIT_INDEX_FILE={index}"
        repo_git = ("-c", f"alias.x=!f() {{ {env} git update-index -z --index-info && {env} git write-tree; }}; f", "x")
        assert repo.git(*repo_git, data=lines.encode()).strip() == tree
    finally:
        objects.close()


def fits(path: str, text: str | None, step: dict[str, str | None], model: dict[str, str]) -> bool:
    """Leave out what is no tree: a name that is a file and a folder at once."""
    others = {*model, *step} - {path}
    return not any(other.startswith(path + "/") or path.startswith(other + "/") for other in others)
