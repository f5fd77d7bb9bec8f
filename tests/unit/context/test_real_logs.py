"""Hot paths from logs that the tools themselves have just written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ambient_lsp.context.logs import hot_paths

FILES = {
    "src/shop/__init__.py": "",
    "src/shop/money.py": "import os\n\n\ndef half(amount: int) -> str:\n    return amount / 0\n",
    "src/shop/fine.py": "X = 1\n",
    "tests/test_money.py": "from shop.money import half\n\n\ndef test_half() -> None:\n    assert half(2) == 1\n",
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
}
PYTHON = (sys.executable, "-m")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "hot"),
    [
        ((*PYTHON, "pytest", "-p", "no:cacheprovider"), {"src/shop/money.py", "tests/test_money.py"}),
        ((*PYTHON, "pytest", "-p", "no:cacheprovider", "--tb=native"), {"src/shop/money.py", "tests/test_money.py"}),
        ((*PYTHON, "pytest", "-pno:cacheprovider", "-q", "--tb=line"), {"src/shop/money.py", "tests/test_money.py"}),
        ((*PYTHON, "ruff", "check", "--no-cache", "--output-format=full", "."), {"src/shop/money.py"}),
        ((*PYTHON, "ruff", "check", "--no-cache", "--output-format=concise", "."), {"src/shop/money.py"}),
        ((*PYTHON, "mypy", "--cache-dir=/dev/null", "src/shop/money.py"), {"src/shop/money.py"}),
        ((sys.executable, "-c", "import sys; sys.path.insert(0, 'src'); import shop.money as m; m.half(1)"),
         {"src/shop/money.py"}),
    ],
)  # fmt: skip
def test_a_real_log_names_the_files_that_it_is_about(root: Path, argv: tuple[str, ...], hot: set[str]) -> None:
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=50)
    assert done.returncode != 0, done.stdout + done.stderr
    assert set(hot_paths(done.stdout + done.stderr, root, FILES)) == hot
