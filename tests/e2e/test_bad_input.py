"""What people really have on their disks: odd repositories, odd files, suites that misbehave, and disks that are full.

Each gives a clear sentence, shows the findings that can be shown, and leaves the user's things and the machine alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ambient_lsp import config_file, owner
from ambient_lsp.engine.engine import Engine
from ambient_lsp.errors import ConfigError, StoreError
from ambient_lsp.model import Finding, Proposal, ProposalState, RunRecord, TriggerKind, VerdictOutcome
from tests.e2e import project
from tests.real import require

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

WEAK = project.FILES["app.py"]


@dataclass
class Seen:
    """What one review showed."""

    record: RunRecord
    findings: list[Finding]
    proposals: list[Proposal]
    notes: str

    @property
    def rules(self) -> set[str]:
        return {finding.rule for finding in self.findings}

    @property
    def reasons(self) -> str:
        return " ".join(one.verdict.reason for one in self.proposals if one.verdict is not None)

    @property
    def offered(self) -> list[Proposal]:
        return [one for one in self.proposals if one.state is ProposalState.OFFERED]


@pytest.fixture(autouse=True)
def nothing_left(own_user_folders: Path) -> Iterator[None]:
    """Assert that no process, mount, checkout or scratch folder outlives a test."""
    require(shutil.which("bwrap") is not None, "bubblewrap is not installed.")
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    scratch = set(Path(tempfile.gettempdir()).glob("ambient-*"))
    yield
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    _, alive = psutil.wait_procs([one for one in left if "resource_tracker" not in " ".join(words(one))], timeout=3)
    assert not alive, [words(one) for one in alive]
    cache = own_user_folders / "xdg_cache_home"
    assert str(cache) not in Path("/proc/self/mounts").read_text()
    assert not [*cache.glob("ambient/*/live/*"), *cache.glob("ambient/baselines/results-*")]
    assert set(Path(tempfile.gettempdir()).glob(f"ambient-*{os.getpid()}*")) <= scratch


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@contextlib.asynccontextmanager
async def opened(root: Path, **options: object) -> AsyncIterator[Engine]:
    config = options.pop("config", None)
    if config is None and not (root / ".ambient.yml").exists():
        config = config_file.load(root)
        config = config.model_copy(update={"sandbox": config.sandbox.model_copy(update={"backend": "bubblewrap"})})
    engine = await Engine.open(root, config, **options)
    try:
        yield engine
    finally:
        await engine.close()


async def review(root: Path, *paths: str, verify: bool = False) -> Seen:
    """Review paths (everything when there are none), and see to it that nothing of the user's has changed."""
    before = state_of(root)
    async with opened(root) as engine:
        notes = []
        run = engine.submit(engine.trigger(TriggerKind.COMMAND, paths, verify=verify))
        record = await asyncio.wait_for(run.wait(), 90)
        notes += [f"{error.where}: {error.message}" for error in record.errors]
        seen = Seen(record, engine.findings(), engine.proposals(run_id=run.id), "\n".join(notes))
    assert state_of(root) == before
    return seen


def state_of(root: Path) -> dict[str, object]:
    """Return what is the user's: the bytes and modes of files and links, HEAD, index and branches."""
    found: dict[str, object] = {}
    for folder, folders, files in os.walk(root):
        if Path(folder) == root:
            folders[:] = [name for name in folders if name not in (".git", ".ambient")]
        for name in (*files, *folders):
            path = Path(folder, name)
            if path.is_symlink():
                found[str(path)] = path.readlink()
            elif path.is_file():
                found[str(path)] = (path.stat().st_mode, path.stat().st_size, path.stat().st_mtime_ns)
    for name in ("HEAD", "index", "config", "packed-refs"):
        with contextlib.suppress(OSError):
            found[name] = (root / ".git" / name).read_bytes()
    if (root / ".git").is_dir():
        found["worktrees"] = project.git(root, "worktree", "list")
        found["branches"] = project.git(root, "for-each-ref", "refs/heads", "refs/stash")
    return found


def plain(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Make files in no repository."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


# ------------------------------------------------------------------------------------------------- repositories


async def test_a_folder_without_git_gets_findings_and_proven_fixes(tmp_path: Path) -> None:
    root = plain(tmp_path / "loose", dict(project.FILES))
    seen = await review(root, "app.py", verify=True)
    assert "AMB-SEC-WEAK-HASH" in seen.rules
    assert seen.offered
    assert not (root / ".git").exists()


async def test_an_empty_folder_has_nothing_to_say(tmp_path: Path) -> None:
    root = tmp_path / "empty"
    root.mkdir()
    seen = await review(root, verify=True)
    assert (seen.record.state, seen.findings, seen.notes) == ("done", [], "")


async def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    root = plain(tmp_path / "unborn", dict(project.FILES))
    project.git(root, "init", "-q")
    seen = await review(root, "app.py", verify=True)
    assert "AMB-SEC-WEAK-HASH" in seen.rules
    assert seen.offered, seen.reasons


async def test_a_detached_head_stays_detached(tmp_path: Path) -> None:
    root = project.make(tmp_path / "detached")
    project.git(root, "checkout", "-q", "--detach")
    seen = await review(root, "app.py", verify=True)
    assert seen.offered, seen.reasons
    assert project.git(root, "branch", "--show-current") == ""


async def test_a_bare_repository_is_refused_with_a_sentence(tmp_path: Path) -> None:
    root = tmp_path / "bare.git"
    project.git(tmp_path, "init", "-q", "--bare", str(root))
    seen = await review(root, verify=True)
    said = seen.notes
    assert "bare git repository" in said and "Open a work tree of it" in said, said


async def test_a_submodule_is_left_alone(tmp_path: Path) -> None:
    inner = project.make(tmp_path / "inner", {"lib.py": WEAK})
    root = project.make(tmp_path / "outer")
    project.git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "vendor")
    project.git(root, "commit", "-qm", "vendor")
    before = project.git(root / "vendor", "status", "--porcelain")
    seen = await review(root, "app.py", verify=True)
    assert seen.offered, seen.reasons
    assert project.git(root / "vendor", "status", "--porcelain") == before


async def test_an_lfs_pointer_and_a_loop_of_links_do_not_disturb(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n"
    root = project.make(
        tmp_path / "odd", {**project.FILES, "model.bin": pointer, ".gitattributes": "*.bin filter=lfs\n"}
    )
    (root / "loop").symlink_to("loop")
    (root / "up").symlink_to("..")
    (root / "gone.py").symlink_to("nowhere.py")
    seen = await review(root, verify=True)
    assert seen.record.state == "done"
    assert "AMB-SEC-WEAK-HASH" in seen.rules
    assert seen.offered, seen.reasons


# -------------------------------------------------------------------------------------------------------- files


async def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    text = '# -*- coding: latin-1 -*-\n"""Caf\xe9."""\n\n' + WEAK
    files: dict[str, str | bytes] = {
        "latin.py": text.encode("latin-1"),
        "broken.py": b'X = "\xff\xfe\xe9"\n' + WEAK.encode(),
    }
    root = project.make(tmp_path / "bytes")
    plain(root, files)
    seen = await review(root)
    assert {"latin.py", "app.py"} <= {one.path for one in seen.findings if one.rule == "AMB-SEC-WEAK-HASH"}
    named = await review(root, "broken.py")
    assert "broken.py" in named.notes and "not valid utf-8" in named.notes, named.notes


async def test_a_file_that_does_not_parse_is_said_to_be_so(tmp_path: Path) -> None:
    root = project.make(tmp_path / "syntax", {**project.FILES, "half.py": "def f(:\n    return hashlib.md5(b'')\n"})
    seen = await review(root, verify=True)
    assert seen.record.state == "done"
    assert "AMB-SEC-WEAK-HASH" in {one.rule for one in seen.findings if one.path == "app.py"}
    assert {one.rule for one in seen.findings if one.path == "half.py"} >= {"AMB-SEC-UNREADABLE"}


async def test_fifty_megabytes_of_python_are_skipped_with_a_reason(tmp_path: Path) -> None:
    root = project.make(tmp_path / "large")
    (root / "large.py").write_text("X = 1  # a line like many others\n" * 1_600_000)
    seen = await review(root, "app.py", "large.py")
    assert "AMB-SEC-WEAK-HASH" in seen.rules
    assert "large.py" in seen.notes and "max_file_bytes" in seen.notes, seen.notes


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    root = project.make(tmp_path / "secret")
    (root / "secret.py").write_text(WEAK)
    (root / "secret.py").chmod(0)
    output = as_somebody("review", "--no-verify", "--backend", "none", cwd=root)
    assert "app.py" in output and "weak" in output.lower(), output
    output = as_somebody("review", "secret.py", "--no-verify", "--backend", "none", cwd=root)
    assert "secret.py" in output and "not readable" in output, output
    assert (root / "secret.py").stat().st_mode & 0o777 == 0


async def test_settings_that_are_wrong_name_the_line(tmp_path: Path) -> None:
    root = project.make(tmp_path / "settings", {**project.FILES, ".ambient.yml": "sandbox:\n  backend: dokcer\n"})
    with pytest.raises(ConfigError, match=r"backend|docker") as caught:
        await Engine.open(root)
    assert caught.value.details["line"] == 2
    assert not (root / ".ambient").exists()


# ------------------------------------------------------------------------------------------------------- suites


async def test_a_suite_that_is_red_already_is_not_the_fix_s_fault(tmp_path: Path) -> None:
    red = project.FILES["test_app.py"] + "\n\ndef test_red() -> None:\n    assert False\n"
    seen = await review(project.make(tmp_path / "red", {**project.FILES, "test_app.py": red}), "app.py", verify=True)
    assert seen.offered, seen.reasons
    [tests] = [check for check in seen.offered[0].verdict.checks if check.name == "tests"]
    assert dict(tests.base)["test_app.py::test_red"] == "failed"


SUITES = {
    "hangs": "    time.sleep(600)\n",
    "fills the disk": "    with open('fill', 'wb') as f:\n        while True:\n            f.write(b'x' * (1 << 20))\n",
    "prints gigabytes": "    while True:\n        sys.__stdout__.write('x' * (1 << 20))\n",
    "eats memory": "    kept = []\n    while True:\n        kept.append(bytearray(1 << 26))\n",
}


@pytest.mark.parametrize("kind", SUITES)
async def test_a_suite_that_misbehaves_is_stopped_and_nothing_is_offered(tmp_path: Path, kind: str) -> None:
    limits = "sandbox:\n  backend: bubblewrap\n  resources:\n    timeout_seconds: 5\n    memory: 512m\n"
    files = {
        **project.FILES,
        ".ambient.yml": limits,
        "test_app.py": "import sys, time\nimport app\n\n\ndef test_bad():\n" + SUITES[kind],
    }
    seen = await review(project.make(tmp_path / "bad", files), "app.py", verify=True)
    assert "AMB-SEC-WEAK-HASH" in seen.rules
    [guardian] = [one for one in seen.proposals if one.agent == "SecurityGuardian"]
    assert guardian.verdict is not None
    assert guardian.verdict.outcome is VerdictOutcome.INCONCLUSIVE
    # On a busy machine the time may be up before the disk is full.
    stopped = "within their time" if kind == "hangs" else "within their time|a limit of the sandbox"
    if kind == "fills the disk":
        # A quota that stops one write leaves a failed test on both trees, which runs none of the lines in question.
        stopped += "|No test runs these lines|there already|None of the tests passes here.*File too large"
    why = re.compile(stopped)
    assert why.search(guardian.verdict.reason)
    # What does not change the syntax tree needs no test; but its proof must say that there was none.
    assert all(why.search(one.verdict.reason) for one in seen.offered if one.verdict)


async def test_children_that_stay_and_sockets_that_open_change_nothing(tmp_path: Path) -> None:
    test = (
        "import os, socket, subprocess, sys\nfrom app import token\n\n\n"
        "def test_leaves_somebody():\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(617)'], start_new_session=True)\n"
        "    assert token('a')\n\n\n"
        "def test_listens():\n"
        "    server = socket.create_server(('127.0.0.1', 0))\n"
        "    assert server.getsockname()[1]\n\n\n"
        "def test_reaches_nobody():\n"
        "    try:\n        socket.create_connection(('192.0.2.1', 80), 1)\n    except OSError:\n        return\n"
        "    raise AssertionError\n"
    )
    seen = await review(
        project.make(tmp_path / "social", {**project.FILES, "test_app.py": test}), "app.py", verify=True
    )
    assert seen.offered, seen.reasons
    assert not [
        one for one in psutil.process_iter(["cmdline"]) if "time.sleep(617)" in " ".join(one.info["cmdline"] or ())
    ]


# ------------------------------------------------------------------------------------------- the machine's limits


@contextlib.contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    require(os.geteuid() == 0, "Only root can mount a small disk.")
    place.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True)
    require(done.returncode == 0, "A small disk cannot be mounted here.")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


async def test_a_full_disk_below_the_cache_is_said_and_findings_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project.make(tmp_path / "shop", {**project.FILES, "data.txt": "some text\n" * 50_000})
    with small_disk(tmp_path / "small", "256k"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "small"))
        seen = await review(root, "app.py", verify=True)
        assert "AMB-SEC-WEAK-HASH" in seen.rules
        assert not seen.offered
        assert "space" in seen.reasons + seen.notes, (seen.reasons, seen.notes)


async def test_a_full_disk_below_the_state_is_said(tmp_path: Path) -> None:
    root = project.make(tmp_path / "shop")
    with small_disk(root / ".ambient", "1m"):
        async with opened(root) as engine:
            fill(root / ".ambient" / "filler")
            try:
                run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"], verify=False))
            except StoreError as error:
                said = str(error)
            else:
                record = await asyncio.wait_for(run.wait(), 60)
                assert record.state == "failed"
                said = " ".join(problem.message for problem in record.errors)
            assert "disk" in said, said
            (root / ".ambient" / "filler").unlink()
            record = await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"], verify=False)).wait()
            assert record.state == "done", "it works again as soon as there is room"
            assert engine.findings("app.py")
    assert project.git(root, "status", "--porcelain") == ""


async def test_a_state_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    root = project.make(tmp_path / "shop")
    (root / ".ambient").write_text("a file in the way\n")
    with pytest.raises(StoreError, match="cannot be opened"):
        await Engine.open(root)


async def test_a_state_that_is_damaged_is_said(tmp_path: Path) -> None:
    root = project.make(tmp_path / "shop")
    async with opened(root):
        pass
    (root / ".ambient" / "state.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        await Engine.open(root)


def test_two_at_once_on_a_new_folder_both_work(tmp_path: Path) -> None:
    root = project.make(tmp_path / "shop")
    argv = [
        sys.executable,
        "-m",
        "ambient_lsp",
        "review",
        "app.py",
        "--no-verify",
        "--backend",
        "none",
        "--format",
        "json",
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    both = [
        subprocess.Popen(
            argv, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        for _ in range(3)
    ]
    for process in both:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert b"AMB-SEC-WEAK-HASH" in out


async def test_no_sandbox_and_a_missing_image_are_two_sentences(tmp_path: Path) -> None:
    yml = "sandbox:\n  backend: docker\n  image: ambient/no-such-image:1\n"
    seen = await review(project.make(tmp_path / "shop", {**project.FILES, ".ambient.yml": yml}), "app.py", verify=True)
    assert "AMB-SEC-WEAK-HASH" in seen.rules
    assert not seen.offered
    there = "no-such-image:1 is not there" in seen.reasons and "ambient sandbox build" in seen.reasons
    assert there or "Docker does not answer" in seen.reasons, seen.reasons


async def test_a_container_that_is_taken_away_makes_the_check_inconclusive(tmp_path: Path) -> None:
    import docker

    try:
        client = docker.from_env(timeout=5)
        client.images.get("ambient-sandbox:latest")
    except Exception as error:
        require(False, f"Docker or its image is not there: {error}")
    slow = "import time\nfrom app import token\n\n\ndef test_token():\n    time.sleep(6)\n    assert token('a')\n"
    yml = "sandbox:\n  backend: docker\n"
    root = project.make(tmp_path / "shop", {**project.FILES, ".ambient.yml": yml, "test_app.py": slow})
    ours = {"label": f"ambient.owner={owner.current()}"}

    async def take_away() -> None:
        while True:
            for container in await asyncio.to_thread(client.containers.list, filters=ours, ignore_removed=True):
                await asyncio.sleep(1)
                with contextlib.suppress(docker.errors.APIError):
                    await asyncio.to_thread(container.remove, force=True)
            await asyncio.sleep(0.1)

    thief = asyncio.create_task(take_away())
    try:
        seen = await review(root, "app.py", verify=True)
    finally:
        thief.cancel()
        await asyncio.gather(thief, return_exceptions=True)
    async with asyncio.timeout(10):  # the engine takes its time for two who remove the same
        while client.containers.list(all=True, filters=ours, ignore_removed=True):
            await asyncio.sleep(0.2)
    client.close()
    assert "AMB-SEC-WEAK-HASH" in seen.rules
    [guardian] = [one for one in seen.proposals if one.agent == "SecurityGuardian"]
    assert guardian.verdict is not None, (guardian.state, seen.record, seen.notes)
    assert guardian.verdict.outcome is VerdictOutcome.INCONCLUSIVE, guardian.verdict.reason


async def test_an_engine_that_accepts_and_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project.make(tmp_path / "shop", {**project.FILES, ".ambient.yml": "sandbox:\n  backend: docker\n"})
    place = tempfile.mkdtemp(prefix="mute-")
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(f"{place}/socket")
        mute.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{place}/socket")
        seen = await review(root, "app.py", verify=True)
    shutil.rmtree(place)
    assert "AMB-SEC-WEAK-HASH" in seen.rules
    assert not seen.offered
    assert "Docker does not answer" in seen.reasons


async def test_a_clock_that_goes_backwards_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    root, real = project.make(tmp_path / "shop"), time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600)
    async with opened(root) as engine:
        await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"], verify=False)).wait()
        finding = next(one for one in engine.findings("app.py") if one.rule == "AMB-SEC-WEAK-HASH")
        engine.dismiss(finding.id, "me", "known")
    monkeypatch.setattr(time, "time", lambda: real() - 86400 * 400)
    async with opened(root) as engine:
        assert engine.leader
        record = await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"], verify=False)).wait()
        assert record.state == "done"
        assert engine.findings()
        assert "AMB-SEC-WEAK-HASH" not in {one.rule for one in engine.findings("app.py")}


def fill(file: Path) -> None:
    """Take all the room that there is."""
    with file.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(b"x" * 512)


def as_somebody(*argv: str, cwd: Path) -> str:
    """Run `ambient` as somebody for whom files can be unreadable, as they cannot for root."""
    rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*rights, sys.executable, "-m", "ambient_lsp", *argv],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr
