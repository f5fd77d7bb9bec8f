"""Only the modules that a file imports are read, and only for a file in which data could be followed."""

from __future__ import annotations

from pathlib import Path

from ambient_lsp.agents.modules import reachable_modules
from ambient_lsp.model import Context, FileFacts
from ambient_lsp.text import freeze

TEXTS = {
    "src/pkg/views.py": "from flask import request\nfrom .shell import run\nfrom pkg import far\n"
    "run(request.args['x'])\n",
    "src/pkg/shell.py": "import os\nfrom .deep import go\n\n\ndef run(x):\n    os.system(x)\n",
    "src/pkg/deep.py": "from .deeper import x\n",
    "src/pkg/deeper.py": "x = 1\n",
    "src/pkg/far.py": "y = 2\n",
    "src/pkg/other.py": "z = 3\n",
}
IMPORTS = {
    "src/pkg/views.py": ("flask", "flask.request", ".shell", ".shell.run", "pkg", "pkg.far"),
    "src/pkg/shell.py": ("os", ".deep", ".deep.go"),
    "src/pkg/deep.py": (".deeper", ".deeper.x"),
}


class Bench:
    def __init__(self) -> None:
        self.read_paths: list[str] = []

    async def read(self, path: str):
        self.read_paths.append(path)
        return freeze(Path("/x"), path, TEXTS[path])


def context(path: str) -> Context:
    tree = {
        each: FileFacts(
            each, len(text), "", each.removeprefix("src/").removesuffix(".py").replace("/", "."), IMPORTS.get(each, ())
        )
        for each, text in TEXTS.items()
    }
    return Context(Path("/x"), "", (freeze(Path("/x"), path, TEXTS[path]),), tree)


async def test_modules_two_imports_deep_are_read():
    bench, here = Bench(), context("src/pkg/views.py")
    found = await reachable_modules(here.targets[0], here, bench)
    assert set(found) == {"pkg.shell", "pkg.far", "pkg.deep"}
    assert found["pkg.shell"] == ("src/pkg/shell.py", TEXTS["src/pkg/shell.py"])


async def test_a_file_without_the_words_of_a_sink_reads_nothing():
    bench, here = Bench(), context("src/pkg/deep.py")
    assert await reachable_modules(here.targets[0], here, bench) == {}
    assert bench.read_paths == []
