"""Real packages for benchmarks: fetched by pip or read from a folder, and functions of theirs to plant copies of."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import is_test_path
from ambient_lsp.analyzers.refactoring.alike import outlines
from ambient_lsp.analyzers.source import Edit, code, is_bound_here, is_label, read, walk

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Original:
    """A function of a package: lines count from 0, the last one included; `text` is at column 0."""

    path: str
    symbol: str
    start_line: int
    end_line: int
    text: str


def packages(names: list[str], folder: Path) -> dict[str, str]:
    """Return path -> text of the Python files, without tests, of packages by name (or of folders, by path)."""
    texts: dict[str, str] = {}
    for name in names:
        root = Path(name) if Path(name).is_dir() else unpacked(name, folder)
        for file in sorted(root.rglob("*.py")):
            path = f"{root.name}/{file.relative_to(root).as_posix()}"
            if not is_test_path(path) and not {"docs", "examples", ".venv", "build"} & set(
                file.relative_to(root).parts
            ):
                texts[path] = file.read_text("utf-8", "replace")
    return texts


def unpacked(name: str, folder: Path) -> Path:
    """Return the folder of a source distribution, fetched by pip unless its archive is in `folder` already."""
    stem = name.partition("==")[0].replace("-", "_").lower()
    archives = [one for one in folder.glob("*.tar.gz") if one.name.lower().replace("-", "_").startswith(f"{stem}_")]
    if not archives:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest",
             str(folder), name],
            check=True,
        )  # fmt: skip
        archives = [one for one in folder.glob("*.tar.gz") if one.name.lower().replace("-", "_").startswith(f"{stem}_")]
    root = folder / "unpacked" / archives[0].name.removesuffix(".tar.gz")
    if not root.exists():
        with tarfile.open(archives[0]) as packed:
            packed.extractall(root.parent, filter="data")
    return root


def originals(texts: dict[str, str], least_lines: int = 8, most_lines: int = 60) -> list[Original]:
    """Return the functions that are long enough to be worth a copy."""
    found = []
    for path, text in texts.items():
        source = read(text)
        lines = text.split("\n")
        long_enough = {one.start_line for one in outlines(text) if least_lines <= one.code_lines <= most_lines}
        for function in source.functions:
            if function.node.start_point[0] in long_enough and not function.nested:
                start, end = function.node.start_point[0], function.node.end_point[0]
                found.append(Original(path, function.qualname, start, end, dedent("\n".join(lines[start : end + 1]))))
    return found


def renamed(text: str) -> str:
    """Return a function with another name for itself and for each of its variables."""
    source = read(text)
    own = {code(one) for one in walk(source.root) if one.type == "identifier" and is_bound_here(one)}
    names = {name: f"other_{number}" for number, name in enumerate(sorted(own))}
    return source.changed(
        Edit(one.start_byte, one.end_byte, names[code(one)])
        for one in walk(source.root)
        if one.type == "identifier" and code(one) in own and not is_label(one)
    )


def edited(text: str, chance: random.Random, share: float = 0.15) -> str:
    """Return a function of which about this share of the simple statements is changed, left out or has one more."""
    source = read(text)
    simple = [
        one
        for one in walk(source.functions[0].body)
        if one.type in {"expression_statement", "return_statement", "raise_statement", "assert_statement"}
        and not (one.named_children and one.named_children[0].type == "string")
        and one.parent is not None
        and one.parent.type == "block"
    ]
    changes: list[Edit] = []
    for one in chance.sample(simple, min(len(simple), max(1, round(len(simple) * share)))):
        margin = source.line(one.start_point[0])[: one.start_point[1]]
        kind = chance.choice(("change", "leave out", "insert"))
        if kind == "insert":
            changes.append(Edit(one.start_byte, one.start_byte, f"note_progress({len(changes)})\n{margin}"))
        elif kind == "leave out":
            changes.append(Edit(one.start_byte, one.end_byte, "pass"))
        else:
            changes.append(Edit(one.start_byte, one.end_byte, f"value = adjusted(value, {len(changes)})"))
    return source.changed(changes)
