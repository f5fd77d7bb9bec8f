"""What a docstring shows line by line, to be played in the sandbox; and the test that keeps it so.

Only what comes out as the docstring shows it becomes a test. What follows a line that does not is left: it may stand on
something else than was meant.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ambient_lsp.protocols import Observation

_WIDE = 84
_LOW = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.UnaryOp, ast.Compare, ast.Starred)
"""What needs parentheses beside `==`."""
_BLOCKS = ("def ", "class ", "@", "for ", "while ", "if ", "try:")
"""How lines begin that have blank lines around them."""
_VALUES = ("gives", "looks", "prints")
_SINGLE = frozenset({"True", "False", "None"})
_METHODS: dict[type[ast.cmpop], tuple[str, str]] = {ast.Eq: ("Equal", "NotEqual"), ast.In: ("In", "NotIn")}
"""What unittest calls it that a comparison holds, and that it does not."""

SETUP = """
def _play(lines, name, subject):
    import contextlib, io, sys
    names = {**vars(sys.modules[_PLAYED]), "__name__": "played", name: subject}
    told = ""
    for source, sort, want in lines:
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out):
                value = eval(source, names) if sort in ("gives", "looks", "prints") else exec(source, names)
        except BaseException as error:
            told += "+" if sort == "raises" and type(error).__name__ == want else "!"
            continue
        if sort == "gives":
            try:
                meant = eval("(" + want + ")", names)
                told += "=" if type(value) is type(meant) and value == meant else "-"
            except BaseException:
                told += "-"
            told = told[:-1] + "+" if told[-1] == "-" and repr(value) == want else told
        elif sort == "looks":
            told += "+" if repr(value) == want else "-"
        elif sort == "prints":
            told += "-" if str(value) != want else "=" if type(value) is str else "+"
        else:
            told += "+"
    return told


class _Player:
    def __getattr__(self, label):
        return _play


_played = _Player()
"""
"""What a transcript's expression needs: for each line `=` where it gives an equal value, `+` where what it gives looks
the same or it does what it should, `-` and `!` where not. `_PLAYED` must be the name of the module. The label behind
`_played` tells one from the other where some of them do not end."""


@dataclass(frozen=True, slots=True)
class Line:
    """One statement. `sort`: whether it "does" something, "gives" the value `want`, "looks" so, "prints" or "raises"
    it.

    `alike`: what it gives is no equal value and only looks as it is shown, such as an object without an equality of its
    own. `apart`: there
    are words between it and the line before.
    """

    source: str
    sort: str = "does"
    want: str = ""
    alike: bool = False
    apart: bool = False

    @property
    def names(self) -> set[str]:
        """The names that it asks for."""
        shown = self.sort == "raises" or (self.sort == "gives" and not self.alike)
        return loaded(self.source) | (loaded(self.want) if shown else set())

    def written(self, style: str) -> list[str]:
        """Return it as lines of a test, for plain assertions or for unittest's."""
        if self.sort == "does":
            return _statement(self.source)
        call = _one_line(self.source)
        if self.sort == "raises":
            raising = "self.assertRaises" if style == "unittest" else "pytest.raises"
            return [f"with {raising}({self.want}):", *(f"    {one}" for one in self.source.split("\n"))]
        wanted = repr(self.want) if self.sort == "prints" or self.alike else _one_line(self.want)
        if self.alike:
            call = f"{'str' if self.sort == 'prints' else 'repr'}({call})"
        if style == "unittest":
            return [_as_method(call, wanted)]
        return _asserted(call, wanted)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Lines that one docstring shows. `owner` is the function or class that a test imports, `about` whose docstring it
    is ("f", "C.method"), `names` what else it needs of the module, `borrowed` what of other modules."""

    owner: str
    about: str
    lines: tuple[Line, ...]
    names: tuple[str, ...] = ()
    borrowed: tuple[tuple[str, str], ...] = ()

    @property
    def checks(self) -> int:
        """How many of its lines are held to something."""
        return sum(line.sort != "does" for line in self.lines)

    @property
    def expression(self) -> str:
        """What plays it in the sandbox, and gives a letter for each line."""
        known = [(f"from {source} import {name}" if name else f"import {source}") for source, name in self.borrowed]
        lines = [(one, "does", "") for one in known]
        lines += [(line.source, line.sort, line.want) for line in self.lines]
        return f"_played.{self.owner}({lines!r}, {self.owner!r}, {self.owner})"

    @property
    def letters(self) -> str:
        """What playing it gives, where all of it comes out as shown."""
        own = "".join("=" if line.sort in _VALUES and not line.alike else "+" for line in self.lines)
        return "+" * len(self.borrowed) + own

    def written(self, style: str) -> list[str]:
        """Return the test's lines, for plain assertions or for unittest's."""
        rows: list[str] = []
        for line in self.lines:
            new = line.written(style)
            block = new[0].startswith(_BLOCKS)
            rows += [""] if rows and rows[-1] and (block or line.apart) else []
            rows += [*new, *([""] if block else [])]
        return rows

    def told(self, seen: Observation | None) -> Transcript | None:
        """Return it up to the first line that came out otherwise than shown; None where nothing is left to hold."""
        if seen is None or not seen.deterministic or seen.exception or seen.again:
            return None
        letters = seen.value_repr.strip("'")
        before, own = letters[: len(self.borrowed)], letters[len(self.borrowed) :]
        if set(before) - {"+"}:
            return None
        kept: list[Line] = []
        for line, letter in zip(self.lines, own, strict=False):
            if letter in "-!":
                break
            kept.append(replace(line, alike=line.sort in _VALUES and letter == "+"))
        return self.only(kept)

    def without(self, calls: Iterable[str]) -> Transcript | None:
        """Return it without the lines that another test of the same examples has."""
        known = {plain(one) for one in calls}
        return self.only([one for one in self.lines if one.sort == "does" or plain(one.source) not in known])

    def says_more_than(self, others: Iterable[Transcript]) -> bool:
        """Return whether one of its checks is in none of the others."""
        known = {(plain(line.source), line.want) for one in others for line in one.lines}
        return any(line.sort != "does" and (plain(line.source), line.want) not in known for line in self.lines)

    def only(self, lines: Sequence[Line]) -> Transcript | None:
        """Return it with some of its lines, and the names that they need; None where they hold nothing."""
        kept = [*lines]
        while kept and kept[-1].sort == "does":
            kept.pop()
        kept = [one for line in kept if (one := _useful(line, kept))]
        kept = [line for place, line in enumerate(kept) if not _is_said(line, kept[:place])]
        used = {name for line in kept for name in line.names}
        if not any(line.sort != "does" and loaded(line.source) for line in kept) or self.owner not in used:
            return None
        return replace(
            self,
            lines=tuple(kept),
            names=tuple(name for name in self.names if name in used),
            borrowed=tuple(one for one in self.borrowed if (one[1] or one[0].split(".")[0]) in used),
        )


def _asserted(call: str, wanted: str) -> list[str]:
    tree = ast.parse(call, mode="eval").body
    if wanted in {"True", "False"} and isinstance(tree, ast.Compare):
        return [f"assert {call if wanted == 'True' else _denied(call, tree)}"]
    left = f"({call})" if isinstance(tree, _LOW) or (isinstance(tree, ast.Tuple) and call[0] != "(") else call
    same, right = "is" if wanted in _SINGLE else "==", f"pytest.approx({wanted})" if _is_float(wanted) else wanted
    whole = f"assert {left} {same} {right}"
    return [whole] if len(whole) <= _WIDE else ["assert (", f"    {left}", f"    {same} {right}", ")"]


def _as_method(call: str, wanted: str) -> str:
    """Return unittest's check: what is compared in the call is compared by the method, which then tells both sides."""
    tree = ast.parse(call, mode="eval").body
    if wanted in {"True", "False"} and isinstance(tree, ast.Compare) and len(tree.ops) == 1:
        yes, no = _METHODS.get(type(tree.ops[0]), ("", ""))
        left, right = (ast.get_source_segment(call, side) for side in (tree.left, tree.comparators[0]))
        if yes:
            return f"self.assert{yes if wanted == 'True' else no}({left}, {right})"
    return f"self.assert{'AlmostEqual' if _is_float(wanted) else 'Equal'}({call}, {wanted})"


def _denied(call: str, tree: ast.Compare) -> str:
    if len(tree.ops) == 1 and isinstance(tree.ops[0], ast.In):
        return f"{ast.unparse(tree.left)} not in {ast.unparse(tree.comparators[0])}"
    return f"not ({call})"


def _statement(source: str) -> list[str]:
    """Return a statement as one writes it: a function instead of a lambda with a name."""
    tree = ast.parse(source).body[0]
    if isinstance(tree, ast.Assign) and isinstance(tree.value, ast.Lambda) and isinstance(tree.targets[0], ast.Name):
        head = f"def {tree.targets[0].id}({ast.unparse(tree.value.args)}):"
        return [head, f"    return {ast.unparse(tree.value.body)}"]
    return (source if "\n" in source or "#" in source else _spaced(source, ast.unparse(tree))).split("\n")


def _is_said(line: Line, before: Sequence[Line]) -> bool:
    """Return whether a line gives a function its name once more, without another meaning in between."""
    tree = ast.parse(line.source).body[0] if line.sort == "does" else None
    if not isinstance(tree, ast.Assign) or not isinstance(tree.value, ast.Lambda):
        return False
    name = ast.unparse(tree.targets[0])
    named = (one.source for one in reversed(before) if re.match(rf"(?:def )?{re.escape(name)}\b\s*[=(]", one.source))
    return next(named, "") == line.source


def _useful(line: Line, lines: Sequence[Line]) -> Line | None:
    """Return a line without a name that no other line asks for; None for one that does nothing else."""
    tree = ast.parse(line.source).body[0] if line.sort == "does" else None
    if not isinstance(tree, ast.Assign) or not all(isinstance(one, ast.Name) for one in tree.targets):
        return line
    if {ast.unparse(one) for one in tree.targets} & {name for one in lines for name in one.names}:
        return line
    others = {name for one in lines if one is not line for name in _bound(one)}
    return replace(line, source=ast.unparse(tree.value)) if loaded(ast.unparse(tree.value)) & others else None


def _bound(line: Line) -> set[str]:
    nodes = ast.walk(ast.parse(line.source)) if line.sort == "does" else ()
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _is_float(source: str) -> bool:
    """Return whether it is a number with a fraction, or a row of numbers with one among them."""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    row = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(one, float) for one in row) and all(type(one) in {int, float} for one in row)


def plain(source: str) -> str:
    """Return an expression as Python itself writes it, without the `u` of old docstrings."""
    try:
        tree = ast.parse(f"({source}\n)", mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return " ".join(source.split())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.kind = None
    return ast.unparse(tree)


def _one_line(source: str) -> str:
    """Return an expression on one line, without a comment."""
    usual = plain(source)
    return usual if "\n" in source or "#" in source or "  " in source else _spaced(source, usual)


def _spaced(source: str, usual: str) -> str:
    """Return the source with blanks where Python's own writing has them; as it is where that would change more."""
    return usual if "".join(usual.split()) == "".join(source.split()) else source


def loaded(source: str) -> set[str]:
    """Return the names that a piece of code asks for; none where it is no code."""
    try:
        nodes = ast.walk(ast.parse(source.strip()))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
