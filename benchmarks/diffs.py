"""How well spoiled diffs are repaired: ours, git and GNU patch, on changes between releases of real packages.

    python -m benchmarks.diffs --cache FOLDER [--cases 50]

downloads two releases of each package with pip (wheels, kept in FOLDER), pairs their files, spoils the diffs in every
way of `spoil.py` and prints one table of "right % / wrong %". Right is the exact text, or a refusal where the diff
does not say enough; wrong is any other text that was written. The rest was refused.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from random import Random

from ambient_lsp.errors import PatchError
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.patching.repair import read_diff
from benchmarks.spoil import MUST_REFUSE, SPOILERS, Change, Spoiled, plain_diff

RELEASES = [
    ("click", "8.1.8", "8.2.0"),
    ("flask", "3.0.3", "3.1.0"),
    ("werkzeug", "3.0.6", "3.1.0"),
    ("httpx", "0.27.2", "0.28.0"),
    ("requests", "2.31.0", "2.32.0"),
    ("rich", "13.8.1", "13.9.0"),
    ("attrs", "23.2.0", "24.1.0"),
]
MOST_CHANGED_LINES = 300


def wheel(name: str, version: str, cache: Path) -> dict[str, str]:
    folder = cache / f"{name}=={version}"
    if not list(folder.glob("*.whl")):
        argv = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(folder)]
        subprocess.run([*argv, f"{name}=={version}"], check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        return {item: archive.read(item).decode("utf-8") for item in archive.namelist() if item.endswith(".py")}


def changes(cache: Path) -> list[Change]:
    found = []
    for name, old, new in RELEASES:
        before, after = wheel(name, old, cache), wheel(name, new, cache)
        for path in sorted(before.keys() & after.keys()):
            change = Change(path, before[path], after[path])
            if change.before and change.after and change.before != change.after:
                size = plain_diff(change).count("\n")
                if size <= MOST_CHANGED_LINES:
                    found.append(change)
    return found


def ours(spoiled: Spoiled) -> dict[str, str] | None:
    try:
        repaired = read_diff(spoiled.diff, spoiled.files.get, tuple(spoiled.files))
    except PatchError:
        return None
    files = {**spoiled.files, **apply_edits(spoiled.files, repaired.edits)}
    return {path: text for path, text in files.items() if text is not None}


def tool(argv: list[str], spoiled: Spoiled) -> dict[str, str] | None:
    with tempfile.TemporaryDirectory() as folder:
        for path, text in spoiled.files.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        if "--3way" in argv:
            for command in (["init", "-q"], ["add", "-A"]):
                subprocess.run(["git", *command], cwd=folder, check=True)
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(Path(folder).parent)}
        done = subprocess.run(argv, cwd=folder, input=spoiled.diff.encode(), capture_output=True, env=environment)
        if done.returncode != 0:
            return None
        return {
            str(file.relative_to(folder)): file.read_bytes().decode("utf-8", "replace")
            for file in Path(folder).rglob("*")
            if file.is_file() and ".git" not in file.parts and file.suffix not in (".orig", ".rej")
        }


TOOLS = {
    "git apply": ["git", "apply"],
    "git apply --recount": ["git", "apply", "--recount"],
    "git apply --3way --recount": ["git", "apply", "--3way", "--recount"],
    "patch -F3 -l": ["patch", "-p1", "-F3", "-l", "-s", "--no-backup-if-mismatch", "--batch"],
}


def judge(got: dict[str, str] | None, spoiled: Spoiled) -> str:
    if got is None:
        return "right" if spoiled.expected is None else "refused"
    if spoiled.expected is None:
        return "wrong"
    wanted = {**spoiled.expected}
    others = {path: text for path, text in spoiled.files.items() if path.startswith("other/")}
    return "right" if got == {**wanted, **others} else "wrong"


def cases(name: str, pool: list[Change], wanted: int, seed: int = 7) -> list[Spoiled]:
    random = Random(f"{name}{seed}")
    found: list[Spoiled] = []
    for _ in range(8):
        for change in random.sample(pool, len(pool)):
            if len(found) < wanted and (spoiled := SPOILERS[name](random, change)):
                found.append(spoiled)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--ours", action="store_true", help="leave the other tools out")
    parser.add_argument("--show", action="store_true", help="show what ours gets wrong or refuses")
    options = parser.parse_args()
    pool = changes(options.cache)
    tools = [] if options.ours else list(TOOLS)
    print(f"{len(pool)} changed files of {len(RELEASES)} packages\n")
    print("| class | cases | ours | " + " | ".join(tools) + " |")
    print("|---" * (3 + len(tools)) + "|")
    totals: dict[str, Counter[str]] = {name: Counter() for name in ("ours", *tools)}
    recoverable: Counter[str] = Counter()
    seconds = 0.0
    for name in SPOILERS:
        row = {tool_name: Counter[str]() for tool_name in ("ours", *tools)}
        spoiled_cases = cases(name, pool, options.cases, options.seed)
        for number, spoiled in enumerate(spoiled_cases):
            started = time.perf_counter()
            verdict = judge(ours(spoiled), spoiled)
            seconds += time.perf_counter() - started
            row["ours"][verdict] += 1
            if spoiled.expected is not None:
                recoverable[verdict] += 1
            if options.show and verdict != "right":
                print(f"   {verdict}: {name} #{number} {', '.join(spoiled.files)}")
            for tool_name in tools:
                row[tool_name][judge(tool(TOOLS[tool_name], spoiled), spoiled)] += 1
        for tool_name, counts in row.items():
            totals[tool_name].update(counts)
        title = f"{name} (must refuse)" if name in MUST_REFUSE else name
        print(f"| {title} | {len(spoiled_cases)} | " + " | ".join(map(percent, row.values())) + " |", flush=True)
    print(f"| **all** | {totals['ours'].total()} | " + " | ".join(map(percent, totals.values())) + " |")
    print(
        f"\nours, recoverable only: {100 * recoverable['right'] / recoverable.total():.2f} % of {recoverable.total()}; "
        f"wrong: {totals['ours']['wrong']}; {1000 * seconds / totals['ours'].total():.1f} ms a diff"
    )


def percent(counts: Counter[str]) -> str:
    if not counts.total():
        return "-"
    right, wrong = (100 * counts[name] / counts.total() for name in ("right", "wrong"))
    return f"{right:.0f} / {wrong:.0f}" if wrong else f"{right:.0f}"


if __name__ == "__main__":
    main()
