"""Single tests as source: a table of cases, an error that is raised, a law, for pytest and for unittest."""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.spec.calls import Arguments, passed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ambient_lsp.analyzers.spec.laws import Law
    from ambient_lsp.analyzers.spec.scenarios import Story
    from ambient_lsp.analyzers.spec.signatures import Signature
    from ambient_lsp.analyzers.spec.transcripts import Transcript
    from ambient_lsp.analyzers.testing.pinning import Case

_LETTERS = "abcdef"
_MOST_LAW_ROWS = 8
_WIDE = 88


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be tested: a function with its cases and laws, or a class with a story of its use.

    `drawn` are the Hypothesis strategies of a law's arguments, by the law's name, where it is to be a property test.
    `unconfirmed` says what else was seen, and is not tested since nothing confirms it. `shown` is what docstrings show
    line by line.
    """

    signature: Signature
    cases: tuple[Case, ...] = ()
    laws: tuple[tuple[Law, tuple[Arguments, ...]], ...] = ()
    story: Story | None = None
    drawn: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unconfirmed: tuple[str, ...] = ()
    shown: tuple[Transcript, ...] = ()

    @property
    def name(self) -> str:
        """The name that a test imports."""
        return self.signature.name


@dataclass(frozen=True, slots=True)
class Block:
    """A new piece of a test file. `tests` are the tests in it (`test_f`, `TestF::test_f`); `imports` modules that it
    uses, `names` what it needs of the module under test, `borrowed` names of other modules, each with its module."""

    code: str
    tests: tuple[str, ...]
    imports: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    borrowed: tuple[tuple[str, str], ...] = ()


def pytest_blocks(subject: Subject, taken: set[str]) -> Iterator[Block]:
    """Yield a subject's tests as functions; names in `taken` are avoided, and new ones are added to it."""
    stem = f"test_{snake(subject.name)}"
    for names, cases in _grouped(case for case in subject.cases if not case.raises and not case.changed):
        name = free(f"{stem}_returns{_options(subject.signature, names)}", taken)
        yield _values(name, subject.signature, cases)
    if effects := [case for case in subject.cases if case.changed]:
        name = free(f"{stem}_changes_its_argument", taken)
        code = f"def {name}():\n" + "".join(f"    {line}\n" for line in _effects(subject.signature, effects, "assert"))
        yield Block(code, (name,), (), (subject.name,))
    for exception in dict.fromkeys(case.raises for case in subject.cases if case.raises):
        for names, cases in _grouped(case for case in subject.cases if case.raises == exception):
            ending = f"raises_{snake(exception)}{_options(subject.signature, names)}"
            yield _raising(free(f"{stem}_{ending}", taken), subject.signature, cases, exception)
    for law, rows in subject.laws:
        name = free(f"{stem}_{_law_name(law, subject)}", taken)
        strategies = subject.drawn.get(law.name)
        yield (
            drawn_law(name, subject.signature, law, strategies)
            if strategies
            else _law(name, subject.signature, law, _spread(rows))
        )
    if subject.story is not None:
        name = free(f"{stem}_in_use", taken)
        body = "".join(f"    {line}\n" for line in subject.story.lines("assert"))
        yield Block(f"def {name}():\n{body}", (name,), _needs(body), (subject.name,))
    for typed in subject.shown:
        name = free(f"test_{snake(typed.about)}_as_documented", taken)
        body = _indented(typed.written("assert"), 4)
        modules, borrowed = _split(typed.borrowed)
        needed = (subject.name, *typed.names)
        yield Block(f"def {name}():\n{body}", (name,), (*_needs(body), *modules), needed, borrowed)


def unittest_blocks(subject: Subject, taken: set[str]) -> Iterator[Block]:
    """Yield a subject's tests as one class."""
    owner = free("Test" + "".join(word.capitalize() for word in snake(subject.name).split("_")), taken)
    inside: set[str] = set()
    methods: list[tuple[str, str]] = []
    signature = subject.signature
    if effects := [case for case in subject.cases if case.changed]:
        lines = "".join(f"        {line}\n" for line in _effects(signature, effects, "unittest"))
        methods.append((f"    def test_changes_its_argument(self):\n{lines}", f"{owner}::test_changes_its_argument"))
    for names, cases in _grouped(case for case in subject.cases if not case.raises and not case.changed):
        name = free(f"test_returns{_options(signature, names)}", inside)
        rows = [(*case.arguments.values, case.expected) for case in cases]
        approximate = any(case.approximate for case in cases)
        if approximate and not all(_is_number(case.expected) for case in cases):
            continue
        equal = f"self.assert{'AlmostEqual' if approximate else 'Equal'}"
        if any(case.fresh for case in cases):
            checks = [f"{equal}({_written(signature, case.arguments)}, {case.expected})" for case in cases]
            methods.append((_method(name, (), [], checks), f"{owner}::{name}"))
            continue
        check = f"{equal}({_shown_call(signature, names)}, expected)"
        methods.append((_method(name, (*names, "expected"), rows, [check]), f"{owner}::{name}"))
    for exception in dict.fromkeys(case.raises for case in subject.cases if case.raises):
        for names, cases in _grouped(case for case in subject.cases if case.raises == exception):
            name = free(f"test_raises_{snake(exception)}{_options(signature, names)}", inside)
            checks = [f"with self.assertRaises({exception}):", f"    {_shown_call(signature, names)}"]
            given = [case.arguments.values for case in cases]
            methods.append((_method(name, names, given, checks), f"{owner}::{name}"))
    imports: list[str] = []
    for law, lawful in subject.laws:
        name = free(f"test_{_law_name(law, subject)}", inside)
        names = lawful[0].names
        checks = [_unittest_check(line) for line in _law_lines(signature, law, names)]
        methods.append((_method(name, names, [one.values for one in _spread(lawful)], checks), f"{owner}::{name}"))
        imports += law.imports
    if subject.story is not None:
        lines = "".join(f"        {line}\n" for line in subject.story.lines("unittest"))
        methods.append((f"    def test_in_use(self):\n{lines}", f"{owner}::test_in_use"))
    borrowed: list[tuple[str, str]] = []
    for typed in subject.shown:
        method = typed.about.removeprefix(subject.name).strip(".")
        name = free(f"test_{snake(method)}_as_documented" if method else "test_as_documented", inside)
        lines = _indented(typed.written("unittest"), 8)
        methods.append((f"    def {name}(self):\n{lines}", f"{owner}::{name}"))
        modules, others = _split(typed.borrowed)
        imports += modules
        borrowed += others
    if methods:
        code = f"class {owner}(unittest.TestCase):\n" + "\n".join(code for code, _ in methods)
        raised = {case.raises for case in subject.cases}
        own = (name for name in signature.own_errors if name in raised)
        used = (subject.name, *own, *(name for law, _ in subject.laws for name in law.functions))
        used = (*used, *(name for typed in subject.shown for name in typed.names))
        yield Block(code, tuple(test for _, test in methods), ("unittest", *imports), used, tuple(borrowed))


def drawn_law(name: str, signature: Signature, law: Law, strategies: Sequence[str]) -> Block:
    """Return a law as a Hypothesis test."""
    names = [one.name for one in signature.required]
    given = _filled(law, law.given, names, signature)
    needs_result = "$result" in law.given
    lines = _law_lines(signature, law, names, inline=not needs_result)
    assume = [f"assume({given})"] if given else []
    body = [lines[0], *assume, *lines[1:]] if needs_result else [*assume, *lines]
    code = f"@given({', '.join(strategies)})\ndef {name}({', '.join(names)}):\n" + "".join(
        f"    {line}\n" for line in body
    )
    return Block(code, (name,), ("hypothesis", *law.imports), (signature.name, *law.functions))


def _effects(signature: Signature, cases: Sequence[Case], style: str) -> list[str]:
    """Return lines that call the function on values of their own, and look at what became of them."""
    lines: list[str] = []
    for case in cases:
        names, values = case.arguments.names, case.arguments.values
        given = [case.changed if name == case.changed else value for name, value in zip(names, values, strict=True)]
        lines.append(f"{case.changed} = {values[names.index(case.changed)]}")
        call = _written(signature, Arguments(names, tuple(given)))
        lines.append(_gives(call, case.gives, style) if case.gives else call)
        equal = f"self.assertEqual({case.changed}, {case.expected})"
        lines.append(equal if style == "unittest" else f"assert {case.changed} == {case.expected}")
    return lines


def _gives(call: str, value: str, style: str) -> str:
    if style == "unittest":
        return f"self.assertEqual({call}, {value})"
    return f"assert {call} {'is' if value in {'True', 'False'} else '=='} {value}"


def _values(name: str, signature: Signature, cases: Sequence[Case]) -> Block:
    names = cases[0].arguments.names
    if len(cases) == 1 or not names or "expected" in names or any(case.fresh for case in cases):
        code = f"def {name}():\n" + "".join(f"    {_assertion(signature, case)}\n" for case in cases)
        return Block(code, (name,), _needs(code), (signature.name,))
    rows = "".join(f"        ({', '.join((*case.arguments.values, _expected(case)))}),\n" for case in cases)
    labels = ", ".join(f'"{one}"' for one in (*names, "expected"))
    same = "is" if all(case.expected in {"True", "False", "None"} for case in cases) else "=="
    code = (
        f"@pytest.mark.parametrize(\n    ({labels}),\n    [\n{rows}    ],\n)\n"
        f"def {name}({', '.join((*names, 'expected'))}):\n"
        f"    assert {_shown_call(signature, names)} {same} expected\n"
    )
    return Block(code, (name,), ("pytest",), (signature.name,))


def _raising(name: str, signature: Signature, cases: Sequence[Case], exception: str) -> Block:
    names = cases[0].arguments.names
    if len(cases) == 1 or not names:
        call = _written(signature, cases[0].arguments)
        code = f"def {name}():\n    with pytest.raises({exception}):\n        {call}\n"
    else:
        body = f"    with pytest.raises({exception}):\n        {_shown_call(signature, names)}\n"
        code = f"{_table(names, [case.arguments.values for case in cases])}def {name}({', '.join(names)}):\n{body}"
    own = (exception,) if exception in signature.own_errors else ()
    return Block(code, (name,), ("pytest",), (signature.name, *own))


def _law(name: str, signature: Signature, law: Law, rows: Sequence[Arguments]) -> Block:
    names = rows[0].names
    body = "".join(f"    {line}\n" for line in _law_lines(signature, law, names))
    code = f"{_table(names, [one.values for one in rows])}def {name}({', '.join(names)}):\n{body}"
    return Block(code, (name,), ("pytest", *law.imports), (signature.name, *law.functions))


def _law_lines(signature: Signature, law: Law, names: Sequence[str], *, inline: bool = True) -> list[str]:
    """Return a law's assertions; the result has a name where it is used more than once."""
    call = _shown_call(signature, names)
    # What is yielded is made a list by the call already.
    checks = [check.replace("list($result)", "$result") if signature.lazy else check for check in law.checks]
    if inline and sum(check.count("$result") for check in checks) == 1:
        return [_asserted(_filled(law, check, names, signature, call)) for check in checks]
    return [f"result = {call}", *(_asserted(_filled(law, check, names, signature)) for check in checks)]


def _asserted(check: str) -> str:
    line = f"assert {check}"
    return line if len(line) <= _WIDE else f"assert (\n        {check}\n    )"


def _filled(law: Law, template: str, names: Sequence[str], signature: Signature, result: str = "result") -> str:
    # `strict` would not do: a law knows more letters than this function has arguments.
    return law.filled(template, dict(zip(_LETTERS, names, strict=False)), result, signature) if template else ""


def _law_name(law: Law, subject: Subject) -> str:
    return law.name if law.name not in snake(subject.name) else "keeps_its_promise"


def _unittest_check(line: str) -> str:
    check = " ".join(line.removeprefix("assert ").split())
    if line == check:
        return line
    check = check.removeprefix("( ").removesuffix(" )")
    try:
        node = ast.parse(check, mode="eval").body
    except SyntaxError:
        return f"self.assertTrue({check})"
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        return f"self.assertEqual({ast.unparse(node.left)}, {ast.unparse(node.comparators[0])})"
    return f"self.assertTrue({check})"


def _method(name: str, names: Sequence[str], rows: Sequence[Sequence[str]], checks: Sequence[str]) -> str:
    if not names or (rows and not rows[0]):
        return f"    def {name}(self):\n" + "".join(f"        {check}\n" for check in checks)
    table = "".join(f"            ({', '.join(row)}{',' if len(row) == 1 else ''}),\n" for row in rows)
    targets = ", ".join(names) + ("," if len(names) == 1 else "")
    shown = ", ".join(f"{one}={one}" for one in names if one != "expected")
    sub = f"            with self.subTest({shown}):\n" if shown else ""
    indent = " " * (16 if sub else 12)
    lines = "".join(f"{indent}{check}\n" for check in checks)
    return f"    def {name}(self):\n        cases = [\n{table}        ]\n        for {targets} in cases:\n{sub}{lines}"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    single = len(names) == 1
    shown = "".join(f"        {row[0] if single else '(' + ', '.join(row) + ')'},\n" for row in rows)
    labels = f'"{names[0]}"' if single else "(" + ", ".join(f'"{one}"' for one in names) + ")"
    return f"@pytest.mark.parametrize(\n    {labels},\n    [\n{shown}    ],\n)\n"


def _spread(rows: Sequence[Arguments]) -> Sequence[Arguments]:
    """Return a few of the rows, from everywhere among them: neighbours are alike."""
    short = [row for row in rows if len(", ".join(row.values)) <= _WIDE] or rows
    return short[:: max(1, -(-len(short) // _MOST_LAW_ROWS))]


def _grouped(cases: Iterable[Case]) -> list[tuple[tuple[str, ...], list[Case]]]:
    """Put cases together that give the same parameters, so that each table has one set of columns."""
    groups: dict[tuple[str, ...], list[Case]] = {}
    for case in cases:
        groups.setdefault(case.arguments.names, []).append(case)
    return list(groups.items())


def _options(signature: Signature, names: Sequence[str]) -> str:
    required = {one.name for one in signature.required}
    optional = [name.strip("_").removeprefix("with_") for name in names if name not in required]
    return f"_with_{'_and_'.join(optional)}" if optional else ""


def _assertion(signature: Signature, case: Case) -> str:
    call = _written(signature, case.arguments)
    if case.expected in {"True", "False", "None"}:
        return f"assert {call} is {case.expected}"
    return f"assert {call} == {_expected(case)}"


def _expected(case: Case) -> str:
    return f"pytest.approx({case.expected})" if case.approximate else case.expected


def _written(signature: Signature, arguments: Arguments) -> str:
    call = f"{signature.name}({', '.join(passed(signature, arguments))})"
    return f"list({call})" if signature.lazy else call


def _shown_call(signature: Signature, names: Sequence[str]) -> str:
    return _written(signature, Arguments(tuple(names), tuple(names)))


def _indented(lines: Iterable[str], width: int) -> str:
    return textwrap.indent("".join(f"{line}\n" for line in lines), " " * width)


def _split(borrowed: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Part whole modules from names that are taken of one."""
    named = tuple(borrowed)
    return tuple(module for module, name in named if not name), tuple(one for one in named if one[1])


def _needs(code: str) -> tuple[str, ...]:
    return ("pytest",) if "pytest." in code else ()


def _is_number(source: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e[-+]?\d+)?", source) is not None


def free(name: str, taken: set[str]) -> str:
    """Return the name, or it with a number where it is taken, and take it."""
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    taken.add(candidate)
    return candidate


def snake(name: str) -> str:
    """Return a name as a part of a test's name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().replace(".", "_").strip("_")


def requoted(code: str, quote: str) -> str:
    """Return the code with this quote around every plain string in it that holds neither quote nor backslash."""
    other = "'" if quote == '"' else '"'
    rows = code.splitlines(keepends=True)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return code
    for token in reversed(tokens):
        text = token.string.lstrip("bB")
        plain = token.type == tokenize.STRING and text.startswith(other) and not text.startswith(other * 3)
        if plain and quote not in text and "\\" not in text and token.start[0] == token.end[0]:
            row, start, end = token.start[0] - 1, token.start[1], token.end[1]
            prefix = token.string[: len(token.string) - len(text)]
            rows[row] = f"{rows[row][:start]}{prefix}{quote}{text[1:-1]}{quote}{rows[row][end:]}"
    return "".join(rows)
