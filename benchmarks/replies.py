"""How many replies of models become the edits that they mean: every shape, spoiled in every way that models spoil.

    python -m benchmarks.replies > docs/reply-benchmark.md

A change of one to three places is made in a module of the standard library, written down in one of the shapes that
models use, and spoiled. What comes out must be exactly the change, or nothing: a wrong edit counts as the worst.
"""

from __future__ import annotations

import ast
import json
import random
import sysconfig
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import PatchError
from ambient_lsp.llm.reply.drafts import Draft, read_reply
from ambient_lsp.llm.reply.fitting import fit
from ambient_lsp.patching.edits import apply_edits, modify, render
from ambient_lsp.text import freeze

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20261120
PER_CELL = 12
MODULES = ("argparse", "textwrap", "bisect", "calendar", "cmd", "csv", "heapq", "shlex", "string", "netrc", "fnmatch")

PATHS = tuple(f"lib/{name}.py" for name in MODULES)

Change = tuple[str, str, str]
"""Path, text before, text after."""


# ------------------------------------------------------------------------------------------------------ the changes


def changes(chance: random.Random, number: int) -> list[Change]:
    """Return changes of real modules that leave them valid Python."""
    texts = _library()
    made: list[Change] = []
    while len(made) < number:
        path = chance.choice(sorted(texts))
        before = texts[path]
        lines = before.split("\n")
        places = chance.sample(_statements(before), chance.randint(1, 3))
        for at in sorted(places, reverse=True):
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
            lines[at : at + 1] = _instead(chance, indent, lines[at])
        after = "\n".join(lines)
        try:
            ast.parse(after)
        except SyntaxError:
            continue
        made.append((path, before, after))
    return made


@cache
def _library() -> dict[str, str]:
    library = Path(sysconfig.get_path("stdlib"))
    return {path: (library / path.removeprefix("lib/")).read_text(encoding="utf-8") for path in PATHS}


def _statements(text: str) -> list[int]:
    """Return the lines (from 0) that hold one simple statement each."""
    kinds = (ast.Assign, ast.Return, ast.Expr, ast.AugAssign, ast.Raise)
    return sorted(
        node.lineno - 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, kinds) and node.lineno == node.end_lineno and node.col_offset
    )


def _instead(chance: random.Random, indent: str, line: str) -> list[str]:
    number = chance.randint(100, 999)
    return chance.choice(
        [
            [line, f"{indent}changed_{number} = {number}"],
            [f"{indent}changed_{number} = {number}", line],
            [f"{indent}raise ValueError({number})"],
            [f"{indent}if changed_{number}():", f"{indent}    return {number}", line],
        ]
    )


# ------------------------------------------------------------------------------------------------------- the shapes


def blocks(change: Change, around: int) -> list[str]:
    """Return search/replace blocks with some lines of context."""
    path, before, after = change
    base = freeze(Path("/"), path, before)
    found = []
    for one in modify(base, after).replacements:
        start = before.count("\n", 0, one.start)
        end = start + before[one.start : one.end].count("\n")
        lines = before.split("\n")
        low, high = max(0, start - around), min(len(lines) - 1, end + around)
        while before.count("\n".join(lines[low:high])) > 1:  # as the prompt asks: enough to be found once
            low, high = max(0, low - 1), min(len(lines) - 1, high + 1)
        head, tail = lines[low:start], lines[end:high]
        new = one.text.split("\n")[:-1] if one.text else []
        search, replace = [*head, *lines[start:end], *tail], [*head, *new, *tail]
        found.append("\n".join(["<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"]))
    return found


def as_blocks(change: Change) -> str:
    body = "\n".join(f"{change[0]}\n```python\n{one}\n```\n" for one in blocks(change, 4))
    about = '```json\n{"risk_level": "low", "rule": "X"}\n```\n'
    return f"I looked at it.\n\n### Make it better\n\nIt is shorter then.\n\n{body}{about}"


def in_one_fence(change: Change) -> str:
    body = "\n".join(blocks(change, 3))
    return f"```python\n{change[0]}\n{body}\n```\n"


def without_fence(change: Change) -> str:
    body = "\n\n".join(blocks(change, 5))
    return f"{change[0]}\n{body}\n\nThat should do.\n"


def in_a_list(change: Change) -> str:
    body = "".join(f"   {line}\n" if line else "\n" for one in blocks(change, 4) for line in one.split("\n"))
    return f"1. **Change** it like this:\n\n   `{change[0]}`\n\n   ```python\n{body}   ```\n"


def as_a_file(change: Change) -> str:
    return f"The new file:\n\n**{change[0]}**\n\n````python\n{change[2]}````\n"


def as_a_diff(change: Change) -> str:
    path, before, after = change
    edit = modify(freeze(Path("/"), path, before), after)
    return f"Here is the patch:\n\n```diff\n{render([edit], {path: before})}```\n"


def as_the_array(change: Change) -> str:
    path, before, after = change
    edit = modify(freeze(Path("/"), path, before), after)
    diff = render([edit], {path: before})
    element = {"title": "Better", "risk_level": "low", "rationale": "Shorter.", "files_touched": [path], "diff": diff}
    return f"```json\n{json.dumps([element], indent=2)}\n```\n"


SHAPES: dict[str, Callable[[Change], str]] = {
    "blocks": as_blocks,
    "blocks in one fence": in_one_fence,
    "blocks without a fence": without_fence,
    "blocks in a list": in_a_list,
    "a whole file": as_a_file,
    "a diff": as_a_diff,
    "the array of seed 001": as_the_array,
}


# ------------------------------------------------------------------------------------------------------- the spoils


def nothing(chance: random.Random, reply: str) -> str:
    return reply


def carriage_returns(chance: random.Random, reply: str) -> str:
    return reply.replace("\n", "\r\n")


def no_trailing_space(chance: random.Random, reply: str) -> str:
    return "\n".join(line.rstrip() for line in reply.split("\n"))


def trailing_space(chance: random.Random, reply: str) -> str:
    marks = ("```", "<<<", "===", ">>>", "---", "+++", "@@", "diff", "lib/", "[", "{", "}", "]")
    return "\n".join(
        f"{line}  " if chance.random() < 0.3 and not line.lstrip().startswith(marks) else line
        for line in reply.split("\n")
    )


def thinking_first(chance: random.Random, reply: str) -> str:
    return f"<think>\nMaybe I could do this:\n{reply}\nBut no.\n</think>\n{reply}"


def longer_marks(chance: random.Random, reply: str) -> str:
    return reply.replace("<<<<<<< SEARCH", "<<<<<<<<< SEARCH").replace(">>>>>>> REPLACE", ">>>>>>>>> REPLACE")


def other_words(chance: random.Random, reply: str) -> str:
    return reply.replace("SEARCH", "ORIGINAL").replace("REPLACE", "UPDATED")


def shorter_path(chance: random.Random, reply: str) -> str:
    return reply.replace("lib/", "")


def talk_afterwards(chance: random.Random, reply: str) -> str:
    return f"{reply}\nLet me know if you want more. Some ideas:\n\n- `x = 1`\n- less code\n"


def _in_blocks(reply: str, change: Callable[[list[str]], list[str]]) -> str:
    """Change the two sides of each block; replies without blocks stay as they are."""
    lines, result, side = reply.split("\n"), list[str](), list[str]()
    inside = False
    for line in lines:
        mark = line.lstrip().startswith(("<<<<<", "=======", ">>>>>"))
        if mark and inside:
            result += change(side)
        if mark:
            inside = not line.lstrip().startswith(">>>>>")
            side = []
        if inside and not mark:
            side.append(line)
        else:
            result.append(line)
    return "\n".join(result)


def indentation_lost(chance: random.Random, reply: str) -> str:
    def off(side: list[str]) -> list[str]:
        least = min((len(line) - len(line.lstrip()) for line in side if line.strip()), default=0)
        return [line[least:] for line in side]

    return _in_blocks(reply, off)


def tabs(chance: random.Random, reply: str) -> str:
    margin = 3 if "\n   <<<<<<<" in reply else 0  # what the list itself is indented by

    def tabbed(line: str) -> str:
        size = (len(line) - len(line.lstrip(" ")) - margin) // 4
        return line[:margin] + "\t" * size + line[margin + size * 4 :]

    return _in_blocks(reply, lambda side: [tabbed(line) for line in side])


def curly_quotes(chance: random.Random, reply: str) -> str:
    def curly(side: list[str]) -> list[str]:
        return [line.replace("'", "\u2019") if line.lstrip().startswith("#") else line for line in side]

    return _in_blocks(reply, curly)


def no_path(chance: random.Random, reply: str) -> str:
    return "\n".join(line for line in reply.split("\n") if line.strip().strip("`") not in PATHS)


def said_twice(chance: random.Random, reply: str) -> str:
    return f"{reply}\n\nOnce more, in full:\n\n{reply}"


def no_last_fence(chance: random.Random, reply: str) -> str:
    return reply.rstrip().removesuffix("```") if reply.count("<<<<<") else reply


def cut(chance: random.Random, reply: str) -> str:
    return reply[: chance.randint(len(reply) // 3, len(reply) - 1)]


SPOILS: dict[str, Callable[[random.Random, str], str]] = {
    "as it is": nothing,
    "carriage returns": carriage_returns,
    "no trailing space": no_trailing_space,
    "trailing space added": trailing_space,
    "thinking first": thinking_first,
    "longer marks": longer_marks,
    "other words": other_words,
    "shorter path": shorter_path,
    "talk afterwards": talk_afterwards,
    "indentation lost": indentation_lost,
    "tabs": tabs,
    "curly quotes": curly_quotes,
    "no path": no_path,
    "said twice": said_twice,
    "last fence missing": no_last_fence,
    "cut off": cut,
}
DESTROYS = {"cut off"}
"""After these nobody can know what was meant: a refusal is right, and the change itself is no mistake."""


# ---------------------------------------------------------------------------------------------------- the measuring


def outcome(reply: str, change: Change, *, finished: bool = True) -> str:
    """Return "exact", "refused" or "wrong". The other modules are there too, and could be mistaken for it."""
    path, before, after = change
    files = {**_library(), path: before}
    drafts = [part for part in read_reply(reply, finished=finished) if isinstance(part, Draft)]
    text: str | None = before
    for draft in drafts:
        try:
            fitted = fit(draft, files.get, list(files))
        except PatchError:
            continue
        new = apply_edits(files, fitted.edits)
        if set(new) - {path}:
            return "wrong"
        text = new.get(path, text)
    return "exact" if text == after else "refused" if text == before else "wrong"


def measure(per_cell: int = PER_CELL, seed: int = SEED) -> dict[tuple[str, str], Counter[str]]:
    """Return the outcomes by shape and spoil."""
    chance = random.Random(seed)
    table: dict[tuple[str, str], Counter[str]] = {}
    for shape, write in SHAPES.items():
        for spoil, change_it in SPOILS.items():
            count = table[shape, spoil] = Counter()
            for change in changes(chance, per_cell):
                reply = change_it(chance, write(change))
                count[outcome(reply, change, finished=spoil not in DESTROYS)] += 1
    return table


def page(table: dict[tuple[str, str], Counter[str]]) -> str:
    """Return the results as a page."""
    meant = [count for (_, spoil), count in table.items() if spoil not in DESTROYS]
    exact, total = sum(one["exact"] for one in meant), sum(one.total() for one in meant)
    wrong, asked = sum(one["wrong"] for one in table.values()), sum(one.total() for one in table.values())
    rows = [
        f"| {shape} | "
        + " | ".join(f"{table[shape, spoil]['exact']}/{table[shape, spoil].total()}" for spoil in SPOILS)
        + " |"
        for shape in SHAPES
    ]
    return "\n".join(
        [
            "# Replies, read and fitted",
            "",
            "Changes of modules of the standard library, written in the shapes that models use and spoiled as models",
            "spoil them. `python -m benchmarks.replies` writes this page.",
            "",
            f"**{exact} of {total} replies that still say what is meant became exactly that change"
            f" ({100 * exact / total:.1f} %), and {wrong} of {asked} a wrong one.**",
            "The rest was refused, and would be asked for once more with the exact failure.",
            "",
            f"| shape | {' | '.join(SPOILS)} |",
            f"|---|{'---|' * len(SPOILS)}",
            *rows,
            "",
            "Where a reply was cut off, what was whole by then counts; a change that is not whole is refused.",
            "",
        ]
    )


if __name__ == "__main__":
    print(page(measure()), end="")
