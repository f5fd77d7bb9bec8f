"""Repeated code: of copies that are planted in real packages, how many are found, and how many pairs are wrong.

    python -m benchmarks.duplicates                                   # fetches the packages by name
    python -m benchmarks.duplicates --folder FOLDER boltons tabulate  # archives in FOLDER are used again
    python -m benchmarks.duplicates --pylint VENV/bin/pylint --write docs/duplicates.md

Of each kind 60 functions are copied into other files: exactly, with every variable renamed, with about 15 % of the
simple statements changed, left out or added, and both at once. A copy counts as found when a report joins at least half
of the original with at least half of the copy. A pair is wrong when it joins a copy with anything but its original (and
what was reported as a repetition of the original before anything was planted), or when it appears only because of the
planting. Repetitions that the packages have anyway are counted apart.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ambient_lsp.analyzers.refactoring import alike, duplication
from benchmarks.planting import Original, edited, originals, packages, renamed

PACKAGES = ["boltons", "tabulate", "humanize", "more-itertools", "tomlkit", "click", "flask", "bottle"]
KINDS = {"exact": 58, "renamed": 55, "edited": 50, "edited and renamed": 0}
COUNT = 60
MIN_LINES = 6

Where = tuple[str, int, int]
"""A path and its first and last line, from 0, the last one included."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A copy and what it was made of."""

    original: Original
    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Score:
    """What one tool made of one kind."""

    found: int
    pairs: int
    wrong: int
    before: int
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=PACKAGES, help="names for pip, or folders")
    parser.add_argument("--folder", type=Path, default=Path("build/sdists"), help="where archives are kept")
    parser.add_argument("--pylint", help="a pylint to measure beside ours, run as a process of its own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print each copy that was missed and each wrong pair")
    parser.add_argument("--write", type=Path, help="write the page there too")
    options = parser.parse_args()
    texts = packages(options.packages, options.folder)
    tools = {"Ambient": ours} | ({"pylint": lambda given: pylint(options.pylint, given)} if options.pylint else {})
    known = {name: tool(texts) for name, tool in tools.items()}
    rows = []
    for kind, target in KINDS.items():
        planted, changed = plant(texts, kind, random.Random(f"{options.seed} {kind}"))
        for name, tool in tools.items():
            score = judge(planted, changed, known[name], tool, show=options.show)
            rows.append((kind, name, target if name == "Ambient" else 0, score))
    page = report(texts, rows, options.seed)
    print(page)
    if options.write:
        options.write.write_text(page, encoding="utf-8")


def plant(texts: dict[str, str], kind: str, chance: random.Random) -> tuple[list[Planted], dict[str, str]]:
    """Return the copies and the texts with each copy at the end of another file of the same package."""
    changed, planted = dict(texts), []
    for original in chance.sample(originals(texts), COUNT):
        text = original.text
        if "edited" in kind:
            text = edited(text, chance)
        if "renamed" in kind:
            text = renamed(text)
        root = original.path.partition("/")[0]
        others = [path for path in texts if path.startswith(f"{root}/") and path != original.path] or [original.path]
        path = chance.choice(others)
        before = changed[path].rstrip("\n") + "\n\n\n"
        changed[path] = f"{before}{text}\n"
        start = before.count("\n")
        planted.append(Planted(original, path, start, start + text.rstrip("\n").count("\n")))
    return planted, changed


def ours(texts: dict[str, str]) -> tuple[set[tuple[Where, Where]], float]:
    """Return the pairs that the analyzers report, and the seconds it took."""
    started = time.perf_counter()
    runs = {path: duplication.index(text) for path, text in texts.items()}
    known = {path: alike.outlines(text) for path, text in texts.items()}
    repeated = duplication.clones(runs, sorted(texts), MIN_LINES)
    similar = alike.pairs(known, sorted(texts), MIN_LINES)
    found = {
        tuple(sorted(((one.path, one.start_line, one.end_line), (two.path, two.start_line, two.end_line))))
        for clone in repeated
        for one, two in combinations(clone.places, 2)
    }
    found |= {
        tuple(
            sorted(
                (
                    (pair.path, pair.one.start_line, pair.one.end_line),
                    (pair.other_path, pair.other.start_line, pair.other.end_line),
                )
            )
        )
        for pair in similar
    }
    return found, time.perf_counter() - started  # type: ignore[return-value]


def pylint(command: str, texts: dict[str, str]) -> tuple[set[tuple[Where, Where]], float]:
    """Return the pairs that pylint's `duplicate-code` reports with the same number of lines."""
    with tempfile.TemporaryDirectory() as folder:
        modules = {}
        for path, text in texts.items():
            name = path.replace("/", "__").replace("-", "_").replace(".", "_").removesuffix("_py")
            modules[name] = path
            (Path(folder) / f"{name}.py").write_text(text, encoding="utf-8")
        started = time.perf_counter()
        done = subprocess.run(
            [command, "--disable=all", "--enable=duplicate-code", f"--min-similarity-lines={MIN_LINES}",
             "--output-format=json", "--persistent=n", "."],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - started
    found: set[tuple[Where, Where]] = set()
    for message in json.loads(done.stdout or "[]"):
        places = []
        for line in message["message"].split("\n"):
            if line.startswith("==") and ":[" in line:
                name, _, rest = line.removeprefix("==").partition(":[")
                start, _, end = rest.rstrip("]").partition(":")
                places.append((modules.get(name, name), int(start), int(end) - 1))
        found |= {tuple(sorted(pair)) for pair in combinations(places, 2)}  # type: ignore[misc]
    return found, seconds


def judge(planted, changed, known, tool, *, show: bool) -> Score:
    """Count what a tool found of the copies, and what it got wrong."""
    pairs, seconds = tool(changed)
    found, wrong, before = set(), [], 0
    for pair in pairs:
        mine = [(one, side) for one in planted for side in (0, 1) if lies_in(pair[side], place(one))]
        if not mine:
            before += pair in known[0]
            wrong += [pair] if pair not in known[0] else []
            continue
        right = False
        for one, side in mine:
            here, other = pair[side], pair[1 - side]
            right |= is_related(other, origin(one), known[0], planted)
            if covers(here, place(one)) and covers(other, origin(one)):
                found.add(one)
        wrong += [] if right else [pair]
    if show:
        for one in planted:
            if one not in found:
                print("missed", one.original.path, one.original.symbol, "->", one.path, one.start_line)
        for pair in wrong:
            print("wrong", *pair)
    return Score(len(found), len(pairs) - before, len(wrong), before, seconds)


def is_related(other: Where, source: Where, known: set[tuple[Where, Where]], planted: list[Planted]) -> bool:
    """Return whether a place is in the original, repeated it before, or is in a copy of such a place."""
    relatives = [source]
    for one, two in known:
        if lies_in(one, source) or lies_in(two, source):
            relatives += [one, two]
    copies = [place(one) for one in planted if any(lies_in(part, origin(one)) for part in relatives)]
    return any(lies_in(other, relative) for relative in [*relatives, *copies])


def origin(one: Planted) -> Where:
    return one.original.path, one.original.start_line, one.original.end_line


def place(one: Planted) -> Where:
    return one.path, one.start_line, one.end_line


def covers(side: Where, whole: Where) -> bool:
    """Return whether a place covers at least half of another one."""
    return side[0] == whole[0] and shared(side, whole) * 2 >= whole[2] - whole[1] + 1


def lies_in(side: Where, whole: Where) -> bool:
    """Return whether at least half of a place lies in another one."""
    return side[0] == whole[0] and shared(side, whole) * 2 >= side[2] - side[1] + 1


def shared(one: Where, other: Where) -> int:
    return max(min(one[2], other[2]) - max(one[1], other[1]) + 1, 0)


def report(texts: dict[str, str], rows: list[tuple[str, str, int, Score]], seed: int) -> str:
    lines = sum(text.count("\n") for text in texts.values())
    roots = ", ".join(sorted({path.partition("/")[0] for path in texts}))
    head = __doc__ or ""
    parts = [
        "# Repeated code",
        "",
        "Made by `python -m benchmarks.duplicates --write docs/duplicates.md`; do not edit by hand.",
        "",
        head.rpartition("\n\n")[2].strip(),
        "",
        f"{len(texts)} files with {lines} lines of {roots}; seed {seed}.",
        "",
        f"| {COUNT} copies | tool | found | asked | pairs | wrong pairs | there before | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind, name, target, score in rows:
        share = f"{score.wrong / score.pairs:.0%}" if score.pairs else "-"
        parts.append(
            f"| {kind} | {name} | {score.found} | {target or '-'} | {score.pairs} | {score.wrong} ({share})"
            f" | {score.before} | {score.seconds:.1f} |"
        )
    return "\n".join([*parts, ""])


if __name__ == "__main__":
    main()
