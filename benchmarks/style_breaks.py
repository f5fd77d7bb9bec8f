"""Style breaks to plant in real files: each takes a file's text and returns it broken in one place, or None."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.styling.docstrings import described, habits, parameters
from ambient_lsp.analyzers.styling.misspellings import CORRECTIONS
from ambient_lsp.analyzers.styling.outline import outline
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from ambient_lsp.analyzers.styling.outline import Outline

WRONG = {right: wrong for wrong, right in CORRECTIONS.items() if len(wrong) >= len(right) - 1}
_CONVENTION = 8
"""Names of two words or more in a file from which on they are a convention."""
_LOCAL = re.compile(r"^    +([a-z]+_[a-z]+) = ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of break: its name, the rule that must find it, and how it is made. `fixed`: it can be put right."""

    name: str
    rule: str
    plant: Callable[[str, random.Random], str | None]
    fixed: bool = True


def _insert(text: str, line: int, added: str) -> str:
    at = Lines(text).start(line)
    return text[:at] + added + text[at:]


def _top_imports(text: str) -> list[tuple[int, str]]:
    """Return (line, code) of the one-line imports at the top of the module."""
    found = outline(text)
    lines = [
        (node.start_point[0], found.code(node))
        for node in found.imports
        if node.parent is not None and node.parent.type == "module" and node.start_point[0] == node.end_point[0]
    ]
    return [(line, code) for line, code in lines if found.lines.line(line) == code]  # fmt: skip


def unused_import(text: str, chance: random.Random) -> str | None:
    imports = [line for line, code in _top_imports(text) if code.startswith("import ")]
    return _insert(text, chance.choice(imports), "import zlib\n") if imports and "zlib" not in text else None


def repeated_import(text: str, chance: random.Random) -> str | None:
    imports = [one for one in _top_imports(text) if "__future__" not in one[1]]
    return _insert(text, imports[-1][0] + 1, f"{chance.choice(imports)[1]}\n") if imports else None


def unsorted_import(text: str, chance: random.Random) -> str | None:
    imports = [one for one in _top_imports(text) if one[1].startswith("import ")]
    runs = [(one, other) for one, other in pairwise(imports) if other[0] == one[0] + 1]
    in_order = [code for _, code in imports] == sorted(code for _, code in imports)
    if len(imports) < 5 or not in_order or not runs:
        return None
    (line, first), (_, second) = chance.choice(runs)
    lines = Lines(text)
    return text[: lines.start(line)] + f"{second}\n{first}\n" + text[lines.start(line + 2) :]


def blanks(text: str, chance: random.Random) -> str | None:
    found = outline(text)
    lines = [line for line, code in _top_imports(text)] or [one.line for one in found.comments]
    return None if not lines else _at_line_end(text, chance.choice(lines), "   ")


def blank_line(text: str, chance: random.Random) -> str | None:
    found = outline(text)
    below = [one.node.end_point[0] + 1 for one in found.definitions if one.in_class]
    lines = [line for line in below if line + 1 < len(found.lines) and not found.lines.line(line)]
    return _at_line_end(text, chance.choice(lines), "    ") if lines else None


def _at_line_end(text: str, line: int, added: str) -> str:
    at = Lines(text).start(line) + len(Lines(text).line(line))
    return text[:at] + added + text[at:]


def no_final_newline(text: str, chance: random.Random) -> str | None:
    return text.rstrip("\n") if text.endswith("\n") else None


def commented_statement(text: str, chance: random.Random) -> str | None:
    return _commented(text, chance, r"^( +)([\w.]+ = (?:[\w.]+)\([^\n#;]*\)|return [\w.]+\([^\n#;]+\))\n")


def commented_block(text: str, chance: random.Random) -> str | None:
    return _commented(
        text, chance, r"^( +)((?:if|for) [^\n#;]+:\n\1    [\w.]+ = [^\n#;]+|if [^\n#;]+:\n\1    return [^\n#;(]+)\n"
    )


def _commented(text: str, chance: random.Random, pattern: str) -> str | None:
    found = [match for match in re.finditer(pattern, text, re.MULTILINE) if outline(match[2]).broken is False]
    found = [match for match in found if _in_body(text, match.start())]
    if not found:
        return None
    match = chance.choice(found)
    lines = [line.removeprefix(match[1]) for line in match[2].split("\n")]
    comment = "".join(f"{match[1]}# {line}\n" for line in lines)
    return text[: match.end()] + comment + text[match.end() :]


def _in_body(text: str, at: int) -> bool:
    found = outline(text)
    inside = any(one.start <= at < one.end for one in found.docstrings)
    return found.innermost(at) is not None and not inside


def comment_typo(text: str, chance: random.Random) -> str | None:
    return _misspelled(text, chance, [(one.start, one.text) for one in outline(text).comments])


def docstring_typo(text: str, chance: random.Random) -> str | None:
    return _misspelled(text, chance, [(one.start, one.text) for one in outline(text).docstrings])


def _misspelled(text: str, chance: random.Random, pieces: list[tuple[int, str]]) -> str | None:
    words = [(start + match.start(), match[0]) for start, piece in pieces if ">>>" not in piece
             for match in re.finditer(r"(?<=[a-z,] )[a-z]+(?=[ .,\n])", piece) if match[0] in WRONG]  # fmt: skip
    if not words:
        return None
    at, word = chance.choice(words)
    return text[:at] + WRONG[word] + text[at + len(word) :]


def camel_variable(text: str, chance: random.Random) -> str | None:
    return _other_name(text, chance, lambda name: re.sub(r"_([a-z])", lambda match: match[1].upper(), name))


def misspelled_variable(text: str, chance: random.Random) -> str | None:
    def wrong(name: str) -> str:
        return "_".join(
            WRONG.get(part, part) if len(WRONG.get(part, "")) >= len(part) else part for part in name.split("_")
        )

    return _other_name(text, chance, wrong)


def _other_name(text: str, chance: random.Random, spell: Callable[[str], str]) -> str | None:
    names = [match[1] for match in _LOCAL.finditer(text) if _in_body(text, match.start())]
    held = outline(text)
    taken = {name.lstrip("*") for one in held.definitions if one.kind == "function"
             for name in parameters(held, one.node) or ()}  # fmt: skip
    outside = "".join(_outside_functions(held))  # what is assigned there is no variable of a function
    fit = [name for name in names if spell(name) != name and name not in taken
           and not re.search(rf"\b{name}\b", outside)
           and not re.search(rf"\.{name}\b|\b{name}=|[\"'{{]{name}\b", text)]  # fmt: skip
    if not fit or len(set(names)) < _CONVENTION:
        return None
    name = chance.choice(fit)
    return re.sub(rf"\b{name}\b", spell(name), text)


def _outside_functions(held: Outline) -> list[str]:
    """Return the pieces of a text that are in no function."""
    functions = [one.node for one in held.definitions if one.kind == "function"]
    spans = sorted((held.offset(node.start_byte), held.offset(node.end_byte)) for node in functions)
    pieces, at = [], 0
    for start, end in spans:
        pieces.append(held.text[at:start])
        at = max(at, end)
    return [*pieces, held.text[at:]]


def renamed_parameter(text: str, chance: random.Random) -> str | None:
    entries = [entry for _, entry in _entries(text) if "_" in entry.name]
    if not entries:
        return None
    entry = chance.choice(entries)
    return text[: entry.start] + f"old_{entry.name}" + text[entry.end :]


def parameter_that_is_gone(text: str, chance: random.Random) -> str | None:
    entries = [(told, entry) for told, entry in _entries(text) if entry.lines[1] - entry.lines[0] < 200]
    entries = [(told, entry) for told, entry in entries if text[entry.lines[1] - 1] == "\n"]
    if not entries:
        return None
    _, entry = chance.choice(entries)
    lines = text[entry.lines[0] : entry.lines[1]]
    again = lines[: entry.start - entry.lines[0]] + "frobnication" + lines[entry.end - entry.lines[0] :]
    return text[: entry.lines[1]] + re.sub(rf"\b{entry.name}\b", "frobnication", again) + text[entry.lines[1] :]


def _entries(text: str):
    found = outline(text)
    for one in found.definitions:
        if one.kind != "function" or one.docstring is None or one.decorators:
            continue
        names = [name for name in parameters(found, one.node) or () if name not in ("self", "cls")]
        told = described(one.docstring)
        if told and [entry.name for entry in told.entries] == names and len(names) > 1:
            yield from ((told, entry) for entry in told.entries)


def needless_f(text: str, chance: random.Random) -> str | None:
    found = [
        match for match in re.finditer(r"\braise \w+\((\"[^\"{}\\\n%]+\")\)", text) if _in_body(text, match.start())
    ]
    if not found:
        return None
    match = chance.choice(found)
    return text[: match.start(1)] + "f" + text[match.start(1) :]


def no_docstring(text: str, chance: random.Random) -> str | None:
    if habits(outline(text)).share < 1 or habits(outline(text)).count < 4 or "__all__" in text:
        return None  # nothing is missing where little is documented, or where what is public is listed
    name = chance.choice(["is_ready", "has_parts", "can_stop"])
    return text + f"\n\ndef {name}(count, limit):\n    return count < limit\n" if name not in text else None


def absolute_import(text: str, chance: random.Random) -> str | None:
    relative = [match for match in re.finditer(r"^from (\.\w+) import", text, re.MULTILINE)]
    if len(relative) < 4:
        return None
    match = chance.choice(relative)
    return text[: match.start(1)] + "PACKAGE" + text[match.start(1) :]


def star_import(text: str, chance: random.Random) -> str | None:
    # `import *` brings no name with an underscore: the program would not run any more.
    relative = list(re.finditer(r"^from \.\w+ import ([A-Za-z]\w*(?:, [A-Za-z]\w*)*)$", text, re.MULTILINE))
    if not relative or "__all__" in text:
        return None
    match = chance.choice(relative)
    return text[: match.start(1)] + "*" + text[match.end(1) :]


def stale_comment(text: str, chance: random.Random) -> str | None:
    found = outline(text)
    long = [
        one for one in found.definitions if len(one.name) > 10 and "_" in one.name.strip("_") and one.parent is None
    ]
    if not long:
        return None
    one = chance.choice(long)
    start = found.lines.start(one.node.start_point[0])
    if text[start - 2 : start] != "\n\n":
        return None
    return text[:start] + f"# see `{one.name}s()`\n" + text[start:]


def other_line_ending(text: str, chance: random.Random) -> str | None:
    lines = text.split("\n")
    at = chance.randrange(len(lines) // 2)
    return "\n".join((*lines[:at], lines[at] + "\r", *lines[at + 1 :]))


KINDS = (
    Kind("unused import", "AMB-STYLE-F401", unused_import),
    Kind("import made twice", "AMB-STYLE-DUPLICATE-IMPORT", repeated_import),
    Kind("import out of order", "AMB-STYLE-I001", unsorted_import),
    Kind("`import *`", "AMB-STYLE-STAR-IMPORT", star_import),
    Kind("absolute among relative", "AMB-STYLE-MIXED-IMPORTS", absolute_import),
    Kind("blanks at a line's end", "AMB-STYLE-W291", blanks),
    Kind("blanks in an empty line", "AMB-STYLE-W293", blank_line),
    Kind("no newline at the end", "AMB-STYLE-W292", no_final_newline),
    Kind("two line endings", "AMB-STYLE-MIXED-ENDINGS", other_line_ending, fixed=False),
    Kind("statement commented out", "AMB-STYLE-ERA001", commented_statement),
    Kind("block commented out", "AMB-STYLE-ERA001", commented_block),
    Kind("typo in a comment", "AMB-STYLE-TYPO", comment_typo),
    Kind("typo in a docstring", "AMB-STYLE-TYPO", docstring_typo),
    Kind("typo in a variable", "AMB-STYLE-NAME-TYPO", misspelled_variable),
    Kind("camelCase variable", "AMB-STYLE-NAMING", camel_variable),
    Kind("parameter renamed", "AMB-STYLE-STALE-PARAM", renamed_parameter),
    Kind("parameter gone", "AMB-STYLE-STALE-PARAM", parameter_that_is_gone),
    Kind("function renamed, comment not", "AMB-STYLE-STALE-COMMENT", stale_comment),
    Kind("needless f-string", "AMB-STYLE-F541", needless_f),
    Kind("docstring missing", "AMB-STYLE-D103", no_docstring),
)
