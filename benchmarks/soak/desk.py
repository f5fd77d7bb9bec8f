"""The project that is worked on: two repositories and a plain folder, with settings that ask the fake host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

PACKAGE = Path(__file__).parents[2]
MODULES = 6
MODULE = '''"""Module {0}: orders."""

import hashlib


def total_{0}(prices: list[int], rebate: int) -> int:
    """Return the sum of all prices, less the rebate."""
    amount = 0
    for price in prices:
        amount += price
    return amount - rebate


def first_{0}(names: list[str]) -> str:
    return names[0]


def token_{0}(user: str) -> str:
    """Return a token."""
    return hashlib.sha256(user.encode()).hexdigest()
'''
TEST = """from shop.m{0} import first_{0}, token_{0}, total_{0}


def test_total() -> None:
    assert total_{0}([1, 2], 1) == 2


def test_first() -> None:
    assert first_{0}(["a", "b"]) == "a"


def test_token() -> None:
    assert token_{0}("a") != token_{0}("b")
"""
DEFECTS = (
    lambda text: text.replace("import hashlib\n", "import hashlib\nimport os\n", 1),
    lambda text: text.replace("sha256(", "md5(", 1),
    lambda text: (
        text + "\n\ndef add(item: int, items: list[int] = []) -> list[int]:\n    items.append(item)\n    return items\n"
    ),
    lambda text: text + "\n\ndef is_none(value: object) -> bool:\n    return value == None\n",
    lambda text: text + "\n\ndef run(command: str) -> int:\n    import os\n    return os.system('ls ' + command)\n",
    lambda text: (
        text + "\n\ndef common(one: list[int], two: list[int]) -> list[int]:\n    found = []\n    for value in one:\n"
        "        if value in two:\n            found.append(value)\n    return found\n"
    ),
    lambda text: text + '\nPASSWORD = "correct horse battery staple"\n',
    lambda text: text + "\n\ndef evaluate(words: str) -> object:\n    return eval(words)\n",
)
HALF = (
    "\ndef broken(",
    "\nif True",
    "\n    return (",
    "\nx = [1, 2,",
    '\ns = """no end',
    "\nclass \u00e9t\u00e9:\n    def",
    "\nfor i in range(",
)


class Desk:
    """Everything below one folder: repositories, cache, state, and nothing of the user's own."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.shop, self.other, self.plain = base / "shop", base / "other", base / "plain"
        self.cache = base / "cache"
        for name in ("cache", "state", "config"):
            (base / name).mkdir()
        (base / "gitconfig").write_text("[user]\n\tname = S\n\temail = s@localhost\n[gc]\n\tauto = 0\n")

    @property
    def environment(self) -> dict[str, str]:
        """What the processes see. By the last name whatever is left of them is found."""
        return {
            **os.environ,
            "XDG_CACHE_HOME": str(self.cache),
            "XDG_STATE_HOME": str(self.base / "state"),
            "XDG_CONFIG_HOME": str(self.base / "config"),
            "GIT_CONFIG_GLOBAL": str(self.base / "gitconfig"),
            "PYTHONPATH": str(PACKAGE),
            "AMBIENT_SOAK": str(self.base),
        }

    def make(self, host: str, docker: bool) -> None:
        """Make the repositories, each with a second branch; `host` is where the model answers."""
        for root, backend in ((self.shop, "bubblewrap"), (self.other, "docker" if docker else "bubblewrap")):
            (root / "shop").mkdir(parents=True)
            (root / "tests").mkdir()
            (root / "shop/__init__.py").write_text("")
            (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
            for number in range(MODULES):
                self.module(root, number).write_text(MODULE.format(number))
                (root / f"tests/test_m{number}.py").write_text(TEST.format(number))
            self.settings(root, host, backend)
            self.git(root, "init", "-q", "-b", "main")
            self.git(root, "add", "-A")
            self.git(root, "commit", "-qm", "first")
            self.git(root, "checkout", "-q", "-b", "branch")
            self.module(root, 1).write_text(MODULE.format(1).replace("amount", "sum_of_prices"))
            (root / "shop/branch.py").write_text("import os\n\nONLY = 1\n")
            self.git(root, "add", "-A")
            self.git(root, "commit", "-qm", "second")
            self.git(root, "checkout", "-q", "main")
        self.plain.mkdir()
        (self.plain / "alone.py").write_text("import os\n\n\ndef one() -> int:\n    return 1\n")
        (self.plain / ".ambient.yml").write_text(
            json.dumps({"sandbox": {"backend": "bubblewrap"}, "swarm": {"triggers": []}})
        )
        for root in (self.shop, self.other):
            self.run("trust", str(root))

    def settings(self, root: Path, host: str, backend: str, **more: object) -> None:
        """Write the settings of a repository; JSON is YAML too."""
        values: dict[str, object] = {
            "kimi": {"provider": "moonshot", "base_url": host, "model_id": "kimi-k2.6", "timeout_seconds": 20},
            "sandbox": {"backend": backend},
            "budget": dict.fromkeys(
                ("tokens_per_run", "tokens_per_day", "tokens_per_repo", "cost_per_run", "cost_per_day"), 0
            ),
            **more,
        }
        (root / ".ambient.yml").write_text(json.dumps(values, indent=1))

    def module(self, root: Path, number: int) -> Path:
        """Return one of the modules."""
        return root / f"shop/m{number}.py"

    def git(self, root: Path, *argv: str) -> str:
        """Run git and return what it prints; what does not work (a checkout over changes) changes nothing."""
        done = subprocess.run(["git", *argv], cwd=root, env=self.environment, capture_output=True, text=True)
        return done.stdout

    def run(self, *argv: str) -> str:
        """Run `ambient` to its end and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "ambient_lsp", *argv],
            cwd=self.base,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
        )
        return done.stdout + done.stderr


def spoiled(text: str, rng: random.Random) -> str:
    """Return the text with one to three defects."""
    for defect in rng.sample(DEFECTS, rng.randint(1, 3)):
        text = defect(text)
    return text
