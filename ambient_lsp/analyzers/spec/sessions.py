"""What docstrings show as it is typed at Python's prompt: what is set up, and what each line gives.

A plain call with plain values needs none of this (`docs.examples`). Here is the rest: `>>> it = peekable([1, 2])` and
what follows it, calls that take a lambda or another function, classes in use, errors. A session is read up to the first
line that no test could have, such as one that opens a file.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.spec import signatures
from ambient_lsp.analyzers.spec.session_imports import Imports, is_standard
from ambient_lsp.analyzers.spec.signatures import Signature
from ambient_lsp.analyzers.spec.transcripts import Line, Transcript, loaded, plain
from ambient_lsp.analyzers.syntax import Function, Syntax, dotted, parse, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_MOST_LINES = 30
_MOST_CHECKS = 12
_LONGEST = 160
_UNCLEAR = frozenset({"l", "I", "O"})
"""Names that linters ask not to give."""
_LENIENT = frozenset({doctest.IGNORE_EXCEPTION_DETAIL, doctest.NORMALIZE_WHITESPACE, doctest.ELLIPSIS})
_U = re.compile(r"(?<![\w'\"])u(?=['\"])")
_FENCE = re.compile(r"^[ \t]*```\w*[ \t]*$", re.MULTILINE)
_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*doctest:[^\n]*")
_WANDERING = re.compile(r" at 0x|<BLANKLINE>|\.\.\.")
"""What is shown and not meant letter by letter, or other in every run."""


def transcripts(text: str, module: str = "", page: str = "") -> dict[str, list[Transcript]]:
    """Return what the docstrings show of each public function and class of a module, by its name.

    Of those whose docstrings show nothing so, what a `page` of the project, such as its README, shows.
    """
    syntax = parse(text) if ">>>" in text or ">>>" in page else None
    if syntax is None:
        return {}
    reader = _Reader(syntax, module)
    found: dict[str, list[Transcript]] = {}
    owners: set[str] = set()
    for owner, about, docstring in _docstrings(syntax, reader.refused | _imported(syntax.module)):
        owners.add(owner)
        if shown := reader.read(owner, about, _examples(docstring)):
            found.setdefault(owner, []).extend(shown)
    for section in _sections(page):
        shown = reader.read_page(owners - {*found}, section)
        if shown:
            found[shown[0].owner] = shown
    return found


def subject(text: str, name: str) -> Signature | None:
    """Return a bare signature of one of the module's functions and classes: enough to name it."""
    syntax = parse(text)
    for node in syntax.module.body if syntax is not None else ():
        if syntax is not None and isinstance(node, cst.FunctionDef | cst.ClassDef) and node.name.value == name:
            return Signature(name, syntax.header(node), (), None, _docstring(node), (), (), ())
    return None


def _imported(module: cst.Module) -> frozenset[str]:
    """Return all that a module imports: what it defines under one of these names may not be what it gives."""
    aliases = (node for node in walk(module) if isinstance(node, cst.ImportAlias))
    return frozenset(one.evaluated_alias or one.evaluated_name for one in aliases)


def _docstrings(syntax: Syntax, refused: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    for node in syntax.module.body:
        if not isinstance(node, cst.FunctionDef | cst.ClassDef):
            continue
        name = node.name.value
        if name.startswith("_") or name in refused or hasattr(builtins, name):
            continue
        if isinstance(node, cst.ClassDef) or node.asynchronous is None:
            yield name, name, _docstring(node)
    for function in syntax.functions:
        owner, _, method = function.qualname.rpartition(".")
        plain = function.in_class and "." not in owner and not function.nested and not owner.startswith("_")
        if plain and not (method.startswith("_") and not method.startswith("__")) and owner not in refused:
            yield owner, function.qualname, _docstring(function.node)


def _docstring(node: cst.FunctionDef | cst.ClassDef) -> str:
    try:
        return node.get_docstring() or ""
    except (SyntaxError, ValueError):
        return ""  # with a sign that no program may hold


def _examples(docstring: str) -> list[doctest.Example]:
    if ">>>" not in docstring:
        return []
    try:
        return doctest.DocTestParser().get_examples(_FENCE.sub("", docstring))
    except ValueError:
        return []


def _sections(page: str) -> Iterator[list[doctest.Example]]:
    """Yield what stands together on a page, without words in between, each with the page's imports up to there."""
    imports: list[doctest.Example] = []
    section: list[doctest.Example] = []
    following = 0
    for example in _examples(page):
        if example.lineno > following + 1 and section:
            yield [*imports, *section]
            section = []
        following = example.lineno + _height(example)
        (imports if isinstance(_statement(example.source), ast.Import | ast.ImportFrom) else section).append(example)
    if section:
        yield [*imports, *section]


class _Reader:
    """Reads the docstrings of one module, and knows what its names are."""

    def __init__(self, syntax: Syntax, module: str) -> None:
        self._module = module
        outside = signatures.outside_names(syntax)
        methods = [one for one in syntax.functions if one.in_class]
        touching = {one.qualname for one in methods if signatures.touches_outside(one, own=True)}
        making = {name.rpartition(".")[0] for name in touching if name.endswith(("__init__", "__new__"))}
        self.refused = frozenset(outside | making)
        self._methods = frozenset(name.rpartition(".")[2] for name in touching) - making
        self._own = frozenset(_defined(syntax.module))
        self._giving = frozenset(one.qualname for one in syntax.functions if not one.in_class and _returns(one))
        public = {name for name in self._own if not name.startswith("_")}
        self._imported = {name: source for name, source in _imports(syntax.module) if is_standard(source[0])}
        self._known = frozenset(public | {*self._imported} | {*dir(builtins)})

    def read_page(self, owners: set[str], shown: Sequence[doctest.Example]) -> list[Transcript]:
        """Return what a part of a page shows of the first of the `owners` that it names."""
        trees = filter(None, (_statement(one.source) for one in shown))
        named = [tree for tree in trees if not isinstance(tree, ast.Import | ast.ImportFrom)]
        words = (word for tree in named for word in re.findall(r"\w+", ast.unparse(tree)))
        owner = next((word for word in words if word in owners), "")
        return self.read(owner, owner, shown) if owner else []

    def read(self, owner: str, about: str, shown: Sequence[doctest.Example]) -> list[Transcript]:
        """Return what a docstring shows up to the first line that no test could have, in parts that stand alone."""
        lines: list[Line] = []
        bound: set[str] = set()
        imports = Imports(self._module, self._own)
        following = 0
        for example in shown[:_MOST_LINES]:
            apart, following = example.lineno > following, example.lineno + _height(example)
            tree = _statement(example.source)
            if isinstance(tree, ast.Import | ast.ImportFrom):
                imports.take(tree)
                continue
            tree = imports.plain(tree) if tree is not None else None
            line = _line(example, tree, self._giving & {owner}) if tree is not None else None
            if tree is None or line is None or "*" in imports.strange:
                break
            new = _bound(tree)
            local = bound | new
            here = local | {*imports.borrowed} | self._known - imports.strange
            if not self._is_known(tree, line, here, local) or new & (self._own | {*imports.borrowed} | _UNCLEAR):
                break
            bound |= new
            # A value that a test cannot name can still be told by its look.
            sort = "looks" if line.sort == "gives" and not loaded(line.want) <= here else line.sort
            lines.append(replace(line, sort=sort, apart=apart))
            if sum(one.sort != "does" for one in lines) >= _MOST_CHECKS:
                break
        names = tuple(sorted(self._own - bound - {owner}))
        asked = {name for one in lines for name in one.names}
        borrowed = dict(imports.borrowed)
        for name in asked & {*self._imported} - bound - self._own - {*borrowed}:
            borrowed[name] = self._imported[name]
        whole = Transcript(owner, about, (), names, tuple(sorted({*borrowed.values()})))
        return [one for part in _parts(lines) if (one := whole.only(part))]

    def _is_known(self, tree: ast.stmt, line: Line, here: set[str], local: set[str]) -> bool:
        names = loaded(line.source) | (loaded(line.want) if line.sort == "raises" else set())
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        outside = names & (self.refused | signatures.OUTSIDE) - local
        return names <= here and not outside and not attributes & (self._methods | signatures.CLOCKS)


def _returns(function: Function) -> bool:
    nodes = walk_scope(function.node.body)
    return any(isinstance(node, cst.Return) and node.value is not None for node in nodes)


def _parts(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Part a session where a name gets another meaning and nothing from before is asked for any more."""
    start = 0
    for place, line in enumerate(lines):
        before = lines[start:place]
        last = max((at for at, one in enumerate(before) if one.sort != "does"), default=None)
        if last is None or not _binds(line) & {name for one in before for name in _binds(one)}:
            continue
        setup = start + last + 1
        if not _asked(lines[setup:]) & {name for one in lines[start:setup] for name in _binds(one)}:
            yield lines[start:setup]
            start = setup
    yield lines[start:]


def _binds(line: Line) -> set[str]:
    tree = _statement(line.source)
    return _bound(tree) - _inner(line) if tree is not None and line.sort == "does" else set()


def _inner(line: Line) -> set[str]:
    """Return the names that only mean something inside a lambda or a comprehension."""
    tree = _statement(line.source)
    nodes = [*ast.walk(tree)] if tree is not None else []
    targets = [one.target for one in nodes if isinstance(one, ast.comprehension)]
    looped = {name.id for one in targets for name in ast.walk(one) if isinstance(name, ast.Name)}
    return looped | {one.arg for one in nodes if isinstance(one, ast.arg)}


def _asked(lines: Sequence[Line]) -> set[str]:
    """Return the names that lines ask for before they give them a meaning."""
    asked: set[str] = set()
    bound: set[str] = set()
    for line in lines:
        asked |= loaded(line.source) - bound - _inner(line)
        bound |= _binds(line)
    return asked


def _height(example: doctest.Example) -> int:
    return example.source.count("\n") + example.want.count("\n") + (2 if example.exc_msg is not None else 0)


def _line(example: doctest.Example, tree: ast.stmt, giving: Collection[str]) -> Line | None:
    """Return one line of a docstring; None for one that no test could have.

    Where nothing is shown of a function that is `giving` something, it gives None: the prompt shows all else.
    """
    source, want = _DIRECTIVE.sub("", example.source).strip(), example.want.rstrip("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.kind = None  # the `u` of old docstrings
    if ast.dump(ast.parse(source)) != ast.dump(ast.Module([tree], [])):
        source = ast.unparse(tree)  # the module's own names stand alone in it, too
    longest = max(map(len, (*source.split("\n"), " ".join(want.split()))))
    if longest > _LONGEST or '"""' in source or "'''" in source:
        return None
    if any(on and flag not in _LENIENT for flag, on in example.options.items()):
        return None  # it is not run
    if example.exc_msg is not None:
        return Line(source, "raises", example.exc_msg.split(":")[0].strip().rpartition(".")[2])
    if not want:
        called = tree.value.func if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call) else None
        given = isinstance(called, ast.Name) and called.id in giving
        return Line(source, "gives", "None") if given else Line(source)
    if not isinstance(tree, ast.Expr) or _WANDERING.search(want):
        return None
    printed = tree.value
    if isinstance(printed, ast.Call) and isinstance(printed.func, ast.Name) and printed.func.id == "print":
        only = printed.args[0] if len(printed.args) == 1 and not printed.keywords else None
        return Line(ast.unparse(only), "prints", want) if only and not isinstance(only, ast.Starred) else None
    want = _U.sub("", want.strip())
    # Whatever `Pair(1, 2)` is, it equals `Pair(1, 2)`.
    return Line(source, "looks" if plain(source) == plain(want) else "gives", want)


def _statement(source: str) -> ast.stmt | None:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    return body[0] if len(body) == 1 else None


def _bound(tree: ast.stmt) -> set[str]:
    """Return the names that a statement gives a meaning, those of its own functions and comprehensions too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return found


def _defined(module: cst.Module) -> Iterator[str]:
    """Yield the names that a module defines itself."""
    for node in module.body:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            yield node.name.value
        elif isinstance(node, cst.SimpleStatementLine):
            for small in node.body:
                targets = [one.target for one in small.targets] if isinstance(small, cst.Assign) else []
                targets += [small.target] if isinstance(small, cst.AnnAssign) else []
                yield from (one.value for one in targets if isinstance(one, cst.Name))


def _imports(module: cst.Module) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the names that a module imports under their own names, each with where from."""
    for line in module.body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar) and not small.relative:
                source = dotted(small.module) if small.module is not None else ""
                for alias in small.names:
                    if alias.asname is None:
                        yield alias.evaluated_name, (source, alias.evaluated_name)
            elif isinstance(small, cst.Import):
                for alias in small.names:
                    if alias.asname is None:
                        yield alias.evaluated_name.split(".")[0], (alias.evaluated_name, "")
