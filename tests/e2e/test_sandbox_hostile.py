"""Programs that want out, or want everything: on both backends each has to fail, and the host has to be as it was.

A program prints ESCAPED when it got what it wanted. What the host can see for itself is looked at from the host.
With AMBIENT_WRITE_DOCS=1 the results are written to docs/sandbox-hostile.md.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.sandboxes import BACKENDS, LIMITS, Box, both, make, python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.protocols import CommandResult

pytestmark = [pytest.mark.real, pytest.mark.timeout(60)]

DOCS = Path(__file__).parents[2] / "docs" / "sandbox-hostile.md"
OUTCOMES: dict[str, dict[str, str]] = {}


@dataclass(frozen=True)
class Attack:
    """`code` runs inside. `ends` are the ways in which it may be stopped by force; "" means that it ends by itself."""

    name: str
    code: str
    ends: tuple[str, ...] = ("",)
    setup: str = field(default="")


READ = """
import os, pathlib
for name in {paths}:
    try:
        path = pathlib.Path(os.path.expandvars(name))
        found = sorted(path.iterdir()) if path.is_dir() else path.read_bytes()
    except OSError as error:
        print(name, error)
        continue
    if found and not {harmless}:
        print('ESCAPED', name, found)
"""
WRITE = """
import os
for name in {paths}:
    try:
        with open(os.path.expandvars(name), 'w') as file:
            file.write({text!r})
        print('ESCAPED', name)
    except OSError as error:
        print(error)
"""
CALL = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, *arguments):
    result = getattr(libc, name)(*arguments)
    print(name, result, os.strerror(ctypes.get_errno()))
    return result
"""


def reading(*paths: str, harmless: str = "False") -> str:
    return READ.format(paths=paths, harmless=harmless)


def writing(*paths: str, text: str = "x") -> str:
    return WRITE.format(paths=paths, text=text)


ATTACKS = [
    # network
    Attack(
        "TCP to a port of the host's loopback",
        """
import os, socket
for host in ('127.0.0.1', '::1', '0.0.0.0', 'localhost'):
    try:
        print('ESCAPED', socket.create_connection((host, int(os.environ['PORT'])), 2).recv(10))
    except OSError as error:
        print(error)
""",
    ),
    Attack(
        "TCP and UDP to the outside",
        """
import socket
for host in ('192.0.2.1', '1.1.1.1'):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(socket.AF_INET, kind) as s:
                s.settimeout(2)
                s.connect((host, 53))
                s.send(b'x')
            print('ESCAPED', host)
        except OSError as error:
            print(error)
""",
    ),
    Attack(
        "DNS",
        """
import socket
try:
    print('ESCAPED', socket.getaddrinfo('example.com', 80))
except OSError as error:
    print(error)
""",
    ),
    Attack(
        "raw and packet sockets",
        """
import socket
for family, kind, number in ((socket.AF_INET, socket.SOCK_RAW, 1), (socket.AF_PACKET, socket.SOCK_RAW, 3)):
    try:
        socket.socket(family, kind, number)
        print('ESCAPED')
    except OSError as error:
        print(error)
""",
    ),
    Attack(
        "abstract unix socket of the host",
        """
import os, socket
try:
    with socket.socket(socket.AF_UNIX) as s:
        s.connect('\\0' + os.environ['ABSTRACT'])
        print('ESCAPED')
except OSError as error:
    print(error)
""",
    ),
    Attack(
        "the Docker engine's socket",
        """
import os, socket
for path in ('/var/run/docker.sock', '/run/docker.sock', os.environ['ENGINE'], '/run/containerd/containerd.sock'):
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            print('ESCAPED', path)
    except OSError as error:
        print(path, error)
""",
    ),
    # reading
    Attack("read the keys in ~/.ssh", reading("$HOST_HOME/.ssh", "/root/.ssh", "/home", "~/.ssh")),
    Attack("read /root", reading("/root", harmless="[p.name for p in found] in (['.pyenv'], ['.bashrc', '.profile'])")),
    Attack("read /etc/shadow", reading("/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/ssl/private")),
    Attack("read a file beside the tree", reading("$SECRET", "/proc/1/root$SECRET", "/proc/self/root$SECRET")),
    Attack(
        "read the host's environment",
        """
import os, pathlib
texts = [repr(dict(os.environ))]
for path in pathlib.Path('/proc').glob('*/environ'):
    try:
        texts.append(path.read_text(errors='replace'))
    except OSError as error:
        print(error)
if any('CANARY' in text for text in texts):
    print('ESCAPED')
""",
    ),
    Attack(
        "see or read processes of the host",
        """
import os, pathlib
pid = os.environ['HOST_PID']
for line in pathlib.Path('/proc').glob('*/cmdline'):
    try:
        if 'ambient-host-' + 'process' in line.read_text():
            print('ESCAPED', line)
    except OSError as error:
        print(error)
print(len(list(pathlib.Path('/proc').glob('[0-9]*'))), 'processes seen')
""",
    ),
    Attack("read .git", reading("/repo/.git", "/repo/.git/config", "/repo/.git/HEAD")),
    Attack(
        "read devices of the host",
        reading("/dev/mem", "/dev/kmem", "/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/kmsg"),
    ),
    # writing
    Attack("write .git/hooks", writing("/repo/.git/hooks/post-checkout", "/repo/.git/config", "/repo/.git")),
    Attack(
        "replace .git",
        """
import os
for attempt in (lambda: os.rename('/repo/.git', '/repo/old'), lambda: os.rmdir('/repo/.git'),
                lambda: os.mkdir('/repo/.git/hooks'), lambda: os.symlink('/tmp', '/repo/.git/x')):
    try:
        attempt()
        print('ESCAPED')
    except OSError as error:
        print(error)
""",
    ),
    Attack(
        "write outside the tree",
        writing("/repo/../x", "/x", "/usr/x", "/etc/x", "/etc/passwd", "/home/x", "/dev/x", "/ambient/x"),
    ),
    Attack("write the harness", writing("/harness/x", "/harness/run.py", "/ambient/site/sitecustomize.py")),
    Attack(
        "write through a link that leads out",
        """
import os
os.symlink(os.environ['OUTSIDE'], '/repo/out')
os.symlink('/harness', '/repo/harness')
for path in ('/repo/out/x', '/repo/harness/x'):
    try:
        open(path, 'w').write('x')
        print('ESCAPED', path)
    except OSError as error:
        print(error)
""",
    ),
    Attack(
        "hard link to a file outside",
        """
import os
for source in ('/harness/run.py', '/etc/passwd', '/usr/bin/env', os.environ['SECRET']):
    try:
        os.link(source, '/repo/linked')
        print('ESCAPED', source)
    except OSError as error:
        print(error)
""",
    ),
    Attack(
        "write /proc/sys",
        writing(
            "/proc/sys/kernel/core_pattern",
            "/proc/sys/kernel/hostname",
            "/proc/sys/vm/overcommit_memory",
            text="|/bin/sh",
        ),
    ),
    Attack("press sysrq", writing("/proc/sysrq-trigger", text="h")),
    Attack("write to the kernel's log", writing("/dev/kmsg", "/proc/kmsg")),
    Attack(
        "write control groups",
        """
import os, pathlib
tried = 0
for folder, _, files in os.walk('/sys/fs/cgroup'):
    for name in files:
        if name in ('cgroup.procs', 'release_agent', 'memory.max', 'memory.limit_in_bytes', 'pids.max'):
            tried += 1
            try:
                pathlib.Path(folder, name).write_text('1')
                print('ESCAPED', folder, name)
            except OSError as error:
                print(error)
print(tried, 'tried')
""",
    ),
    # rights
    Attack(
        "mount",
        CALL
        + """
for arguments in ((b'none', b'/tmp', b'tmpfs', 0, None), (b'/', b'/tmp', None, 4096, None),
                  (b'proc', b'/repo', b'proc', 0, None), (None, b'/usr', None, 32 | 4096, None)):
    if attempt('mount', *arguments) == 0:
        print('ESCAPED')
if attempt('umount2', b'/repo/.git', 2) == 0:
    print('ESCAPED')
""",
    ),
    Attack(
        "break out with chroot",
        """
import os
os.makedirs('/tmp/jail', exist_ok=True)
try:
    os.chroot('/tmp/jail')
    print('ESCAPED')
except OSError as error:
    print(error)
""",
    ),
    Attack(
        "new user, mount and network namespaces",
        CALL
        + """
for flag in (0x10000000, 0x10000000 | 0x00020000, 0x00020000, 0x40000000, 0x20000000):
    if attempt('unshare', flag) == 0:
        print('ESCAPED', hex(flag))
        break
""",
    ),
    Attack(
        "join the namespaces of the first process",
        CALL
        + """
for name in ('user', 'mnt', 'net', 'pid'):
    try:
        handle = os.open(f'/proc/1/ns/{name}', os.O_RDONLY)
    except OSError as error:
        print(error)
        continue
    if attempt('setns', handle, 0) == 0:
        print('ESCAPED', name)
""",
    ),
    Attack(
        "ptrace a process that is not its own",
        CALL
        + """
for pid in (int(os.environ['HOST_PID']), os.getppid() if os.getppid() > 1 else 1):
    if attempt('ptrace', 0x4206, pid, None, None) == 0 and not os.path.exists(f'/proc/{pid}/root/repo'):
        print('ESCAPED', pid)
""",
    ),
    Attack(
        "become root",
        """
import os, subprocess
for attempt in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0])):
    try:
        attempt()
        print('ESCAPED')
    except OSError as error:
        print(error)
""",
    ),
    Attack(
        "setuid programs",
        """
import os, shutil, subprocess
shutil.copy('/usr/bin/id', '/repo/id')
os.chmod('/repo/id', 0o6755)
for argv in (['/repo/id', '-u'], ['su', '-c', 'id -u'], ['sudo', '-n', 'id', '-u']):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=5)
        print(argv[0], done.returncode, done.stdout, done.stderr)
        if done.stdout.strip() == '0':
            print('ESCAPED')
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error)
status = open('/proc/self/status').read()
if not all(line in status for line in ('NoNewPrivs:\\t1', 'CapEff:\\t0000000000000000', 'CapPrm:\\t0000000000000000')):
    print('ESCAPED', status)
""",
    ),
    Attack(
        "type into the terminal (TIOCSTI)",
        """
import fcntl, os, sys, termios
for path in (0, 1, 2, '/dev/tty', '/dev/console', '/proc/1/fd/0'):
    try:
        handle = os.open(path, os.O_RDWR) if isinstance(path, str) else path
        fcntl.ioctl(handle, termios.TIOCSTI, b'x')
        print('ESCAPED', path)
    except OSError as error:
        print(path, error)
""",
    ),
    Attack(
        "use open files of whoever started it",
        """
import os
for name in sorted(os.listdir('/proc/self/fd')):
    try:
        target = os.readlink(f'/proc/self/fd/{name}')
    except OSError:
        continue
    print(name, target)
    if int(name) > 2 and not target.startswith('/proc/'):
        print('ESCAPED', target)
try:
    os.listdir('/proc/1/fd') and [os.readlink(f'/proc/1/fd/{n}') for n in os.listdir('/proc/1/fd')]
except OSError as error:
    print(error)
""",
    ),
    Attack(
        "kill everything",
        """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for pid in (-1, int(os.environ['HOST_PID'])):
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError as error:
        print(error)
os.kill(-1, signal.SIGKILL)
""",
    ),
    # greed
    Attack(
        "fork bomb",
        """
import os, time
count, end = 0, time.monotonic() + 4
while time.monotonic() < end:
    try:
        if os.fork() == 0:
            time.sleep(30)
        count += 1
        if count > 300:
            print('ESCAPED', count)
            break
    except OSError as error:
        print(count, error)
        break
""",
        ("", "timeout", "pids"),
    ),
    Attack(
        "fork bomb that multiplies",
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        ("timeout", "pids"),
    ),
    Attack(
        "memory bomb",
        "held = []\nwhile True:\n    held.append(bytearray(10 << 20))\n    len(held) > 120 and print('ESCAPED')",
        ("memory", ""),
    ),
    Attack(
        "memory bomb in many processes",
        """
import os, time
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(os.urandom(1 << 20)) * 60
        time.sleep(6)
        os._exit(0)
well = sum(os.wait()[1] == 0 for _ in range(12))
print(well, 'processes had 60 MB')
if well > 5:
    print('ESCAPED')
""",
        ("memory",),
    ),
    Attack(
        "memory bomb in memory files that nothing maps",
        """
import os, time
held = []
for _ in range(40):
    held.append(os.memfd_create('x'))
    for _ in range(50):
        os.write(held[-1], bytes(1 << 20))
time.sleep(2)
print('ESCAPED')
""",
        ("memory",),
    ),
    Attack(
        "fill the tree's disk with one file",
        """
with open('/repo/big', 'wb') as file:
    for _ in range(400):
        file.write(bytes(1 << 20))
        file.flush()
print('ESCAPED')
""",
        ("", "disk"),
    ),
    Attack(
        "fill the tree's disk with many files",
        """
for number in range(100):
    with open(f'/repo/big{number}', 'wb') as file:
        for _ in range(30):
            file.write(bytes(1 << 20))
import time; time.sleep(2)
print('ESCAPED')
""",
        ("disk",),
    ),
    Attack(
        "fill the tree's disk with files that have no name",
        """
import os, time
held = []
for number in range(100):
    held.append(open('/repo/hidden', 'wb'))
    os.unlink('/repo/hidden')
    for _ in range(30):
        held[-1].write(bytes(1 << 20))
time.sleep(2)
print('ESCAPED')
""",
        ("disk",),
    ),
    Attack(
        "fill /tmp and /dev/shm",
        """
import os
for folder in ('/tmp', '/dev/shm'):
    written = 0
    try:
        for number in range(40):
            with open(f'{folder}/{number}', 'wb') as file:
                for _ in range(10):
                    file.write(bytes(1 << 20))
                    written += 1
        print('ESCAPED', folder)
    except OSError as error:
        print(folder, written, error)
        for number in range(40):
            if os.path.exists(f'{folder}/{number}'):
                os.unlink(f'{folder}/{number}')
""",
    ),
    Attack(
        "use up open files",
        """
held = []
try:
    for _ in range(5000):
        held.append(open('/dev/null'))
    print('ESCAPED')
except OSError as error:
    print(error)
""",
    ),
    Attack("print gigabytes", "import os\nwhile True:\n    os.write(1, b'x' * 65536)", ("timeout",)),
    Attack(
        "run for ever, deaf to signals",
        "import signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
        ("timeout",),
    ),
    Attack(
        "a daemon that outlives the session",
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for handle in range(3):
            os.close(handle)
        while True:
            with open('/results/alive', 'a') as file:
                file.write('x')
            time.sleep(0.05)
    os._exit(0)
time.sleep(0.3)
print('started')
""",
    ),
]


@dataclass
class Host:
    """What there is to be had outside."""

    secret: Path
    outside: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    secret, outside = tmp_path / "secret.txt", tmp_path / "outside"
    secret.write_text("CANARY")
    outside.mkdir()
    monkeypatch.setenv("AMBIENT_TEST_SECRET", "CANARY")
    name = f"ambient-test-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
        subprocess.Popen(["sh", "-c", "sleep 55; : ambient-host-process"], start_new_session=True) as process,
    ):
        abstract.bind(f"\0{name}")
        abstract.listen()
        environment = {
            "PORT": str(server.getsockname()[1]),
            "ABSTRACT": name,
            "ENGINE": os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://"),
            "HOST_HOME": str(Path.home()),
            "HOST_PID": str(process.pid),
            "SECRET": str(secret),
            "OUTSIDE": str(outside),
        }
        yield Host(secret, outside, process, environment)
        os.killpg(process.pid, 9)


def checkout(box: Box) -> None:
    """Something to attack: a tree with a `.git`, and a harness."""
    (box.tree / ".git" / "hooks").mkdir(parents=True)
    (box.tree / ".git" / "config").write_text("[core]\n")
    (box.tree / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (box.folder / "harness" / "run.py").write_text("print('harness')\n")


@both
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
async def test_no_hostile_program_gets_what_it_wants(name: str, attack: Attack, host: Host, tmp_path: Path) -> None:
    box = make(name, tmp_path / "box")
    checkout(box)
    free = shutil.disk_usage(tmp_path).free
    before = {path: path.read_bytes() for path in box.folder.rglob("*") if path.is_file()}
    memory = psutil.Process().memory_info().rss
    seconds = 1.5 if attack.ends[0] == "timeout" else 15
    try:
        async with box.session() as session:
            command = python(attack.code, limits=replace(LIMITS, seconds=seconds), env=host.environment)
            result = await session.run(command)
            # After what was stopped by force, the next command has to work again.
            again = await session.run(python("print('well')")) if attack.ends != ("",) else None
    finally:
        await box.backend.close()

    assert "ESCAPED" not in result.stdout, result
    assert "SyntaxError" not in result.stderr, result.stderr
    assert result.killed in attack.ends, result
    assert result.seconds < 20
    assert again is None or again.stdout == "well\n", again
    assert len(result.stdout) <= LIMITS.output
    assert psutil.Process().memory_info().rss - memory < 100 << 20
    # The host is as it was.
    assert host.process.poll() is None
    assert host.secret.read_text() == "CANARY" and not list(host.outside.iterdir())
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(path.name for path in (box.tree / ".git").rglob("*")) == ["HEAD", "config", "hooks"]
    assert free - shutil.disk_usage(tmp_path).free < 1 << 30
    if (alive := box.folder / "results" / "alive").exists():
        size = alive.stat().st_size
        time.sleep(0.3)
        assert alive.stat().st_size == size, "the daemon still runs"
    OUTCOMES.setdefault(attack.name, {})[name] = _outcome(result)
    shutil.rmtree(box.tree)


def test_the_results_are_written_down() -> None:
    if os.environ.get("AMBIENT_WRITE_DOCS") != "1":
        pytest.skip("AMBIENT_WRITE_DOCS=1 writes docs/sandbox-hostile.md")
    assert len(ATTACKS) >= 28
    rows = [
        "# Hostile programs in the sandbox",
        "",
        "Written by `AMBIENT_WRITE_DOCS=1 pytest tests/e2e/test_sandbox_hostile.py`; do not edit. Each program ran on",
        "both backends, none got what it wanted, and the host was as before. The cell says how it ended.",
        "",
        f"| program | {' | '.join(BACKENDS)} |",
        f"|---|{'---|' * len(BACKENDS)}",
    ]
    rows += [
        f"| {attack.name} | {' | '.join(OUTCOMES.get(attack.name, {}).get(name, 'not run') for name in BACKENDS)} |"
        for attack in ATTACKS
    ]
    DOCS.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _outcome(result: CommandResult) -> str:
    if result.killed:
        return f"killed: {result.killed}"
    lines = (result.stdout + result.stderr).strip().splitlines()
    # Without paths, which differ from run to run.
    last = re.sub(r":? '.*|^\S*/\S* |:\[\d+\]", "", lines[-1]).replace("|", "/") if lines else ""
    return f"exit {result.exit_code}" + (f": {last[:80]}" if last else "")
