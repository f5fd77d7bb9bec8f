"""Ways in which people, models and tools spoil a diff, each with the result that would be right.

A spoiler takes a random generator and a change, and returns a `Spoiled` case, or None where it does not apply to that
change. `expected` None means that the information needed is gone (or contradicts the file): only a refusal is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from ambient_lsp.model import FileEdit
from ambient_lsp.patching.compare import changed_blocks
from ambient_lsp.patching.edits import render, replacements_between
from ambient_lsp.text import sha256


@dataclass(frozen=True)
class Change:
    """A real change of one file."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Spoiled:
    """A diff, the files it meets, and the files that should result (None: it must be refused)."""

    diff: str
    files: Mapping[str, str]
    expected: Mapping[str, str] | None


@dataclass
class Hunk:
    old: int
    new: int
    lines: list[str]
    counts: tuple[int, int] | None = None
    header: str | None = None

    def text(self) -> str:
        old, new = self.counts or (self.count("-"), self.count("+"))
        header = self.header if self.header is not None else f"@@ -{self.old},{old} +{self.new},{new} @@"
        return "\n".join([header, *self.lines]) + "\n"

    def count(self, mark: str) -> int:
        return sum(line[:1] in (" ", "", mark) for line in self.lines)

    def old_lines(self) -> list[str]:
        return [line[1:] for line in self.lines if line[:1] in " -"]

    def copy(self) -> Hunk:
        return replace(self, lines=list(self.lines))


@dataclass
class Diff:
    head: str
    hunks: list[Hunk] = field(default_factory=list)

    def text(self) -> str:
        return self.head + "".join(hunk.text() for hunk in self.hunks)


Spoiler = Callable[[Random, Change], Spoiled | None]
SPOILERS: dict[str, Spoiler] = {}
MUST_REFUSE: set[str] = set()


def spoiler(name: str, *, must_refuse: bool = False) -> Callable[[Spoiler], Spoiler]:
    def register(function: Spoiler) -> Spoiler:
        SPOILERS[name] = function
        if must_refuse:
            MUST_REFUSE.add(name)
        return function

    return register


def plain_diff(change: Change) -> str:
    edit = FileEdit(change.path, "modify", sha256(change.before), replacements_between(change.before, change.after))
    return render([edit], {change.path: change.before})


def read(change: Change) -> Diff:
    text = plain_diff(change)
    head, *bodies = re.split(r"(?m)^(?=@@ )", text)
    diff = Diff(head)
    for body in bodies:
        header, *lines = body.removesuffix("\n").split("\n")
        match = re.match(r"@@ -(\d+)(?:,\d+)? \+(\d+)", header)
        assert match
        hunk = Hunk(int(match[1]), int(match[2]), [line for line in lines if not line.startswith("\\")])
        hunk.lines = lines
        diff.hunks.append(hunk)
    return diff


def result(change: Change, diff: Diff | str, files: Mapping[str, str] | None = None) -> Spoiled:
    text = diff if isinstance(diff, str) else diff.text()
    return Spoiled(text, files or {change.path: change.before}, {change.path: change.after})


def refusal(change: Change, diff: Diff | str, files: Mapping[str, str] | None = None) -> Spoiled:
    return replace(result(change, diff, files), expected=None)


def with_lines(change: Change, rewrite: Callable[[str], str]) -> Spoiled:
    diff = read(change)
    for hunk in diff.hunks:
        hunk.lines = [line if line.startswith("\\") else line[:1] + rewrite(line[1:]) for line in hunk.lines]
    return result(change, diff)


def places(change: Change, hunk: Hunk) -> int:
    """How often a hunk's old side occurs in the file, white space aside."""
    wanted = [line.strip() for line in hunk.old_lines()]
    lines = [line.strip() for line in change.before.split("\n")]
    return sum(lines[n : n + len(wanted)] == wanted for n in range(len(lines) - len(wanted) + 1))


def unique(change: Change) -> bool:
    return all(places(change, hunk) == 1 for hunk in read(change).hunks)


def whole(change: Change) -> bool:
    return change.before.endswith("\n") and change.after.endswith("\n")


def fenced(text: str) -> str:
    return f"Here is the fix you asked for:\n\n```diff\n{text}```\n\nIt makes the code\n- shorter\n- safer\n"


@spoiler("clean")
def _clean(random: Random, change: Change) -> Spoiled:
    return result(change, read(change))


@spoiler("no git header")
def _no_git_header(random: Random, change: Change) -> Spoiled:
    diff = read(change)
    diff.head = "".join(line for line in diff.head.splitlines(True) if line.startswith(("--- ", "+++ ")))
    return result(change, diff)


@spoiler("fences, prose around")
def _fences(random: Random, change: Change) -> Spoiled:
    return result(change, fenced(read(change).text()))


@spoiler("prose around, no fences")
def _prose(random: Random, change: Change) -> Spoiled:
    return result(change, f"Sure! I changed it like this:\n\n{read(change).text()}\nThis keeps the tests green.\n")


@spoiler("whole diff indented")
def _indented(random: Random, change: Change) -> Spoiled:
    text = read(change).text()
    return result(change, "Apply:\n\n" + "".join(f"    {line}\n" for line in text.removesuffix("\n").split("\n")))


@spoiler("no final line end")
def _stripped(random: Random, change: Change) -> Spoiled:
    return result(change, read(change).text().rstrip("\n"))


@spoiler("wrong hunk counts, in a fence")
def _counts_fenced(random: Random, change: Change) -> Spoiled:
    diff = read(change)
    for hunk in diff.hunks:
        hunk.counts = tuple(max(0, hunk.count(mark) + random.choice([-3, -2, -1, 1, 2, 3])) for mark in "-+")  # type: ignore[assignment]
    return result(change, fenced(diff.text()))


@spoiler("wrong hunk counts, bare")
def _counts(random: Random, change: Change) -> Spoiled:
    diff = read(change)
    for hunk in diff.hunks:
        old, new = (max(0, hunk.count(mark) + random.choice([-2, -1, 1, 2])) for mark in "-+")
        hunk.counts = (min(old, hunk.count("-") - 1), new)
    return result(change, diff)


@spoiler("wrong line numbers")
def _numbers(random: Random, change: Change) -> Spoiled | None:
    if not unique(change):
        return None
    diff = read(change)
    for hunk in diff.hunks:
        by = random.randint(-40, 40)
        hunk.old, hunk.new = max(1, hunk.old + by), max(1, hunk.new + by)
    return result(change, diff)


@spoiler("drifted line numbers")
def _drifted(random: Random, change: Change) -> Spoiled | None:
    diff = read(change)
    if not any(places(change, hunk) == 1 for hunk in diff.hunks):
        return None
    by = random.randint(1, 60)
    for hunk in diff.hunks:
        hunk.old, hunk.new = hunk.old + by, hunk.new + by
    return result(change, diff)


@spoiler("no line numbers")
def _no_numbers(random: Random, change: Change) -> Spoiled | None:
    if not unique(change):
        return None
    diff = read(change)
    for hunk in diff.hunks:
        hunk.header = random.choice(["@@", "@@ @@", "@@ ... @@"])
    return result(change, diff)


@spoiler("no a/ b/ prefixes")
def _no_prefixes(random: Random, change: Change) -> Spoiled:
    diff = read(change)
    diff.head = f"--- {change.path}\n+++ {change.path}\n"
    return result(change, diff)


@spoiler("wrong path prefix")
def _wrong_prefix(random: Random, change: Change) -> Spoiled:
    diff = read(change)
    prefix = random.choice(["repo/", "home/user/project/", "/srv/app/"])
    diff.head = f"--- {prefix}{change.path}\n+++ {prefix}{change.path}\n"
    return result(change, diff, {change.path: change.before, "other/readme.txt": "hello\n"})


@spoiler("path without its first folder")
def _short_path(random: Random, change: Change) -> Spoiled | None:
    if "/" not in change.path:
        return None
    diff = read(change)
    short = change.path.split("/", 1)[1]
    diff.head = f"--- a/{short}\n+++ b/{short}\n"
    return result(change, diff, {change.path: change.before, "other/readme.txt": "hello\n"})


@spoiler("trailing white space added")
def _trailing(random: Random, change: Change) -> Spoiled | None:
    if any(line != line.rstrip() for line in change.after.split("\n")):
        return None
    return with_lines(change, lambda line: line + " " * random.randint(1, 3))


@spoiler("trailing white space lost")
def _trailing_lost(random: Random, change: Change) -> Spoiled | None:
    if any(line != line.rstrip() for text in (change.before, change.after) for line in text.split("\n")):
        return None
    before, after = change.before.split("\n"), change.after.split("\n")
    blocks = changed_blocks(before, after)
    tails = [" " * random.choice([0, 0, 2]) for _ in before]
    dirty = [line + tails[n] if line else line for n, line in enumerate(before)]
    new, at = [], 0
    for i1, i2, j1, j2 in blocks:
        new += [*dirty[at:i1], *after[j1:j2]]
        at = i2
    new += dirty[at:]
    return Spoiled(read(change).text(), {change.path: "\n".join(dirty)}, {change.path: "\n".join(new)})


@spoiler("uniform indent shift")
def _shift(random: Random, change: Change) -> Spoiled | None:
    diff = read(change)
    if not unique(change):
        return None
    for hunk in diff.hunks:
        texts = [line[1:] for line in hunk.lines if line[1:].strip() and not line.startswith("\\")]
        least = min(len(text) - len(text.lstrip(" ")) for text in texts)
        by = random.choice([-least, -least, 4, 2])
        hunk.lines = [
            line
            if not line[1:].strip() or line.startswith("\\")
            else line[:1] + (line[1 - by :] if by < 0 else " " * by + line[1:])
            for line in hunk.lines
        ]
    return result(change, diff)


def _tabbed(text: str, width: int) -> str:
    size = len(text) - len(text.lstrip(" "))
    return "\t" * (size // width) + " " * (size % width) + text[size:]


@spoiler("tabs for spaces")
def _tabs(random: Random, change: Change) -> Spoiled | None:
    if "\t" in change.before + change.after:
        return None
    return with_lines(change, lambda line: _tabbed(line, 4))


@spoiler("spaces for tabs")
def _spaces(random: Random, change: Change) -> Spoiled | None:
    if "\t" in change.before + change.after:
        return None
    tabbed = ["\n".join(_tabbed(line, 4) for line in text.split("\n")) for text in (change.before, change.after)]
    if any("\t " in text for text in tabbed) or "\n\t" not in tabbed[0]:
        return None  # which of the spaces are tabs is neither in the diff nor in the file
    return Spoiled(read(change).text(), {change.path: tabbed[0]}, {change.path: tabbed[1]})


def _kept(hunk: Hunk, near_additions: bool | None = None) -> list[int]:
    """Kept lines that say something; next to added lines or not."""
    found = []
    for n, line in enumerate(hunk.lines):
        if line.startswith(" ") and line.strip() and len(line.strip()) > 3:
            near = [hunk.lines[m][:1] for m in (n - 1, n + 1) if 0 <= m < len(hunk.lines)]
            if near_additions is None or near_additions == ("+" in near):
                found.append(n)
    return found


@spoiler("elided kept lines (...)")
def _elided(random: Random, change: Change) -> Spoiled | None:
    if not unique(change):
        return None
    diff = read(change)
    hit = False
    for hunk in diff.hunks:
        options = [
            n
            for n in range(1, len(hunk.lines) - 1)
            if all(hunk.lines[m][:1] == " " and hunk.lines[m].strip() for m in (n - 1, n, n + 1))
        ]
        if options:
            n = random.choice(options)
            hunk.counts = (hunk.count("-"), hunk.count("+"))
            hunk.lines[n] = random.choice([" ...", " # ...", " …"])
            if random.random() < 0.5:
                hunk.counts = None
            hit = True
    return result(change, fenced(diff.text())) if hit else None


@spoiler("kept line dropped")
def _dropped(random: Random, change: Change) -> Spoiled | None:
    return _without_kept(random, change, near_additions=False)


@spoiler("kept line dropped beside an addition", must_refuse=True)
def _dropped_near(random: Random, change: Change) -> Spoiled | None:
    spoiled = _without_kept(random, change, near_additions=True)
    return replace(spoiled, expected=None) if spoiled else None


def _without_kept(random: Random, change: Change, *, near_additions: bool) -> Spoiled | None:
    if not unique(change):
        return None
    diff = read(change)
    hunks = [hunk for hunk in diff.hunks if _kept(hunk, near_additions)]
    if not hunks:
        return None
    hunk = random.choice(hunks)
    hunk.counts = (hunk.count("-"), hunk.count("+"))
    del hunk.lines[random.choice(_kept(hunk, near_additions))]
    if len([line for line in hunk.lines if line[:1] in " -" and line.strip(" -")]) < 3:
        return None
    return result(change, fenced(diff.text()))


@spoiler("kept line paraphrased")
def _paraphrased(random: Random, change: Change) -> Spoiled | None:
    if not unique(change):
        return None
    diff = read(change)
    hunk = random.choice(diff.hunks)
    options = _kept(hunk)
    if len(options) < 2:
        return None
    n = random.choice(options)
    words = hunk.lines[n].split(" ")
    at = max(range(len(words)), key=lambda m: len(words[m]))
    words[at] = words[at][: len(words[at]) // 2] + random.choice(["_value", "other", "()", "  # note"])
    hunk.lines[n] = " ".join(words)
    return result(change, diff)


@spoiler("kept line invented")
def _invented(random: Random, change: Change) -> Spoiled | None:
    if not unique(change):
        return None
    diff = read(change)
    hunk = random.choice(diff.hunks)
    options = _kept(hunk)
    if len(options) < 2:
        return None
    hunk.lines.insert(random.choice(options), "     # as described in the issue")
    return result(change, diff)


@spoiler("kept lines without their space")
def _no_space(random: Random, change: Change) -> Spoiled | None:
    if not unique(change):
        return None
    diff = read(change)
    for hunk in diff.hunks:
        hunk.counts = (hunk.count("-"), hunk.count("+"))
        hunk.lines = [line[1:] if line.startswith(" ") else line for line in hunk.lines]
        if any(line[:1] and line[0] in "+-" and "@@" in line for line in hunk.lines):
            return None
    return result(change, fenced(diff.text()))


@spoiler("empty lines without their space")
def _empty(random: Random, change: Change) -> Spoiled:
    diff = read(change)
    for hunk in diff.hunks:
        hunk.lines = [line.rstrip() if line == " " else line for line in hunk.lines]
    return result(change, diff)


@spoiler("CRLF file, LF diff")
def _crlf_file(random: Random, change: Change) -> Spoiled | None:
    if "\r" in change.before + change.after:
        return None
    crlf = [text.replace("\n", "\r\n") for text in (change.before, change.after)]
    return Spoiled(read(change).text(), {change.path: crlf[0]}, {change.path: crlf[1]})


@spoiler("LF file, CRLF diff")
def _crlf_diff(random: Random, change: Change) -> Spoiled | None:
    if "\r" in change.before + change.after:
        return None
    return result(change, read(change).text().replace("\n", "\r\n"))


@spoiler("typographic quotes")
def _quotes(random: Random, change: Change) -> Spoiled | None:
    diff = read(change)
    old = "".join(line for hunk in diff.hunks for line in hunk.old_lines())
    if not (change.before + change.after).isascii() or not ('"' in old and "'" in old):
        return None
    return with_lines(change, lambda line: line.replace('"', "”").replace("'", "’"))


@spoiler("typographic file, plain diff")
def _plain_quotes(random: Random, change: Change) -> Spoiled | None:
    """The file has curly apostrophes in its comments; the diff shows straight ones in its kept lines."""
    if not change.before.isascii():
        return None
    diff = read(change)
    lines = change.before.split("\n")
    kept = {
        line[1:] for hunk in diff.hunks for line in hunk.lines if line.startswith(" ") and "#" in line and "'" in line
    }
    if (
        not kept
        or not any(line in kept for line in lines)
        or any(line.startswith("+") and line[1:] in kept for h in diff.hunks for line in h.lines)
    ):
        return None
    texts = [
        "\n".join(line.replace("'", "’") if line in kept else line for line in text.split("\n"))
        for text in (change.before, change.after)
    ]
    return Spoiled(diff.text(), {change.path: texts[0]}, {change.path: texts[1]})


@spoiler("no-break spaces")
def _nbsp(random: Random, change: Change) -> Spoiled | None:
    if not (change.before + change.after).isascii():
        return None
    return with_lines(change, lambda line: re.sub(r"(?<=\S) (?=\S)", "\u00a0", line))


@spoiler("truncated", must_refuse=True)
def _truncated(random: Random, change: Change) -> Spoiled | None:
    diff = read(change)
    last = diff.hunks[-1]
    changed = [n for n, line in enumerate(last.lines) if line[:1] in "+-"]
    last.counts = (last.count("-"), last.count("+"))
    cut = random.randint(0, changed[-1])
    rest = last.lines[cut]
    last.lines = last.lines[:cut]
    # A cut within the very last line that is added cannot be told from a diff that lost its final newline.
    if random.random() < 0.5 and len(rest) > 2 and cut < changed[-1]:
        return refusal(change, diff.text() + rest[: random.randint(1, len(rest) - 1)])
    return refusal(change, diff)


@spoiler("hunks out of order")
def _order(random: Random, change: Change) -> Spoiled | None:
    diff = read(change)
    if len(diff.hunks) < 2:
        return None
    diff.hunks.reverse()
    return result(change, diff)


@spoiler("already applied")
def _applied(random: Random, change: Change) -> Spoiled:
    return result(change, read(change), {change.path: change.after})


@spoiler("partly applied")
def _partly(random: Random, change: Change) -> Spoiled | None:
    diff = read(change)
    if len(diff.hunks) < 2:
        return None
    blocks = replacements_between(change.before, change.after)
    chosen = random.randint(1, len(diff.hunks) - 1)
    done = diff.hunks[:chosen]
    limit = sum(len(line) + 1 for line in change.before.split("\n")[: done[-1].old - 1 + len(done[-1].old_lines())])
    text, at = [], 0
    for block in blocks:
        if block.end <= limit:
            text += [change.before[at : block.start], block.text]
            at = block.end
    return result(change, diff, {change.path: "".join(text) + change.before[at:]})


def _bare(change: Change) -> Diff:
    diff = read(change)
    bare = Diff(diff.head)
    old, new = change.before.split("\n"), change.after.split("\n")
    for i1, i2, j1, j2 in changed_blocks(old, new):
        lines = [f"-{line}" for line in old[i1:i2]] + [f"+{line}" for line in new[j1:j2]]
        bare.hunks.append(Hunk(i1 + (i2 > i1), j1 + (j2 > j1), lines))
    return bare


@spoiler("zero context")
def _zero(random: Random, change: Change) -> Spoiled | None:
    diff = _bare(change)
    if not whole(change) or not any(hunk.old_lines() and places(change, hunk) == 1 for hunk in diff.hunks):
        return None
    return result(change, diff)


@spoiler("zero context, added lines only", must_refuse=True)
def _zero_insertion(random: Random, change: Change) -> Spoiled | None:
    diff = _bare(change)
    diff.hunks = [hunk for hunk in diff.hunks if not hunk.old_lines() and 0 < hunk.old < change.before.count("\n")][:1]
    return refusal(change, diff) if whole(change) and diff.hunks else None


@spoiler("file has moved on a little")
def _moved(random: Random, change: Change) -> Spoiled | None:
    if not unique(change):
        return None
    old, new = change.before.split("\n"), change.after.split("\n")
    blocks = changed_blocks(old, new)
    safe = [n for n in range(len(old) - 1) if old[n].strip() and all(n < i1 - 1 or n > i2 for i1, i2, _, _ in blocks)]
    if len(safe) < 6:
        return None
    touched = {n: old[n] + "  # moved on" for n in random.sample(safe, 3) if not old[n].endswith("\\")}
    near = [n for n in safe if any(0 < i1 - n <= 3 or 0 <= n - i2 < 3 for i1, i2, _, _ in blocks)]
    if near:
        n = random.choice(near)
        touched[n] = old[n] + "  # and here"
    head = [f"# line {n}" for n in range(random.randint(1, 5))]
    moved = [touched.get(n, line) for n, line in enumerate(old)]
    after, at = [], 0
    for i1, i2, j1, j2 in blocks:
        after += [*moved[at:i1], *new[j1:j2]]
        at = i2
    after += moved[at:]
    return Spoiled(
        read(change).text(),
        {change.path: "\n".join([*head, *moved])},
        {change.path: "\n".join([*head, *after])},
    )


@spoiler("removed line has changed since", must_refuse=True)
def _conflict(random: Random, change: Change) -> Spoiled | None:
    diff = read(change)
    lines = change.before.split("\n")
    blocks = [
        block
        for block in changed_blocks(lines, change.after.split("\n"))
        if block[1] > block[0] and lines[block[0]].strip()
    ]
    if not blocks:
        return None
    n = random.choice(blocks)[0]
    lines[n] += "  # somebody's work"
    return refusal(change, diff, {change.path: "\n".join(lines)})


@spoiler("fits in two places, no numbers", must_refuse=True)
def _twice(random: Random, change: Change) -> Spoiled | None:
    diff = read(change)
    hunk = diff.hunks[0].copy()
    lines = change.before.split("\n")
    start = hunk.old - 1
    block = lines[start : start + len(hunk.old_lines())]
    if not whole(change) or start + len(block) >= len(lines) or hunk.lines[0][:1] != " " or hunk.lines[-1][:1] != " ":
        return None
    middle = [f"# between {n}" for n in range(3)]
    doubled = [*lines[: start + len(block)], *middle, *block, *lines[start + len(block) :]]
    hunk.header = "@@"
    return refusal(change, Diff(diff.head, [hunk]), {change.path: "\n".join(doubled)})


@spoiler("end-of-file marker lost")
def _marker(random: Random, change: Change) -> Spoiled | None:
    if not whole(change):
        return None
    change = Change(change.path, change.before.rstrip("\n"), change.after.rstrip("\n"))
    diff = read(change)
    if not any("\\" in "".join(line[:1] for line in hunk.lines) for hunk in diff.hunks):
        lines = change.after.split("\n")
        lines[-1] += "  # last"
        change = Change(change.path, change.before, "\n".join(lines))
        diff = read(change)
    for hunk in diff.hunks:
        hunk.lines = [line for line in hunk.lines if not line.startswith("\\")]
    return result(change, diff)


@spoiler("no newline at the end of the file")
def _no_newline(random: Random, change: Change) -> Spoiled:
    change = Change(change.path, change.before.rstrip("\n"), change.after.rstrip("\n") + random.choice(["", "\n"]))
    return result(change, plain_diff(change))


@spoiler("create")
def _create(random: Random, change: Change) -> Spoiled:
    diff = render([FileEdit(change.path, "create", text=change.after)], {})
    diff = random.choice([diff, diff.split("\n", 2)[2], fenced(diff)])
    return Spoiled(diff, {}, {change.path: change.after})


@spoiler("delete")
def _delete(random: Random, change: Change) -> Spoiled:
    diff = render([FileEdit(change.path, "delete", sha256(change.before))], {change.path: change.before})
    diff = random.choice([diff, diff.split("\n", 2)[2], fenced(diff)])
    return Spoiled(diff, {change.path: change.before}, {})


@spoiler("rename and change")
def _rename(random: Random, change: Change) -> Spoiled:
    target = change.path.removesuffix(".py") + "_new.py"
    edit = FileEdit(
        change.path,
        "rename",
        sha256(change.before),
        replacements_between(change.before, change.after),
        new_path=target,
    )
    return Spoiled(
        fenced(render([edit], {change.path: change.before})), {change.path: change.before}, {target: change.after}
    )


@spoiler("two files in one diff, counts wrong")
def _two_files(random: Random, change: Change) -> Spoiled:
    other = Change("pkg/second.py", change.before, change.after)
    texts = []
    for one in (change, other):
        diff = read(one)
        for hunk in diff.hunks:
            hunk.counts = (
                hunk.count("-") + random.choice([-2, -1, 0, 1]),
                hunk.count("+") + random.choice([-1, 0, 1, 2]),
            )
        diff.head = f"--- a/{one.path}\n+++ b/{one.path}\n"
        texts.append(diff.text())
    return Spoiled(
        fenced("".join(texts)),
        {change.path: change.before, other.path: other.before},
        {change.path: change.after, other.path: other.after},
    )


_COMBINED = ("trailing white space added", "tabs for spaces", "no-break spaces", "typographic quotes")


@spoiler("two at once: characters and numbers")
def _two(random: Random, change: Change) -> Spoiled | None:
    if not unique(change):
        return None
    spoiled = SPOILERS[random.choice(_COMBINED)](random, change)
    if spoiled is None:
        return None
    text = re.sub(r"(?m)^@@ -(\d+),(\d+) \+(\d+),(\d+) @@", r"@@ -1\1,\2 +1\3,\4 @@", spoiled.diff)
    return replace(spoiled, diff=fenced(text))
