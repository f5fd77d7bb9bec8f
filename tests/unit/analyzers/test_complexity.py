"""Functions that are hard to follow are told with their numbers."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.refactoring import complexity, metrics
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import Severity

NESTED = """
class A:
    def f(self, x):
        for a in x:
            if a:
                for b in a:
                    if b:
                        while b:
                            b -= 1
    @property
    def p(self): return 1
    @p.setter
    def p(self, v):
        if v: self.v = v
"""


def rules(text, **more):
    return {found.rule for found in complexity.find(text, "a.py", **more)}


def test_complexity_is_named_with_its_number():
    found = [one for one in complexity.find(NESTED, "a.py", 10) if one.rule == complexity.COMPLEX]
    assert [one.symbol for one in found] == ["A.f"]
    assert "15" in found[0].message
    assert found[0].span.start_line == 2
    assert not [one for one in complexity.find(NESTED, "a.py", 15) if one.rule == complexity.COMPLEX]


def test_nesting_counts_an_elif_chain_once():
    chain = "def f(x):\n" + "".join(f"    {'el' if n else ''}if x == {n}:\n        print(x)\n" for n in range(9))
    assert complexity.NESTING not in rules(chain)
    assert complexity.NESTING in rules(NESTED)


def test_one_function_is_one_finding():
    assert rules(NESTED, complexity_threshold=10, max_function_lines=3) == {complexity.COMPLEX}
    assert rules(NESTED, max_function_lines=3) == {complexity.LONG, complexity.NESTING}


def test_what_is_a_little_over_the_limit_is_a_hint():
    severities = [
        next(one.severity for one in complexity.find(NESTED, "a.py", limit) if one.rule == complexity.COMPLEX)
        for limit in (14, 8)
    ]
    assert severities == [Severity.HINT, Severity.INFORMATION]


def test_the_heaviest_part_is_shown():
    loop = "    for x in a:\n        if x:\n            while x:\n                x -= 1\n"
    text = f"def f(a):\n    if a:\n        g()\n{loop}"
    (found,) = complexity.find(text, "a.py", 5)
    assert [(one.span.start_line, one.message) for one in found.evidence] == [(4, "71% of it stands here.")]
    spread = "def f(a):\n" + "    if a:\n        g()\n" * 6
    assert complexity.find(spread, "a.py", 5)[0].evidence == ()


def test_tests_may_be_long():
    assert complexity.find(NESTED, "tests/test_a.py", 3) == []


def test_length_leaves_the_docstring_out():
    body = "\n".join(f"    x = {n}" for n in range(20))
    doc = '    """One.\n' + "\n" * 50 + '    """\n'
    assert complexity.LONG in rules(f"def f():\n{body}\n", max_function_lines=20)
    assert complexity.LONG not in rules(f"def f():\n{doc}{body}\n", max_function_lines=21)


def test_parameters_with_defaults_and_self_do_not_count():
    assert complexity.PARAMETERS in rules("def f(a, b, c, d, e, g, h, i, j): pass\n")
    assert complexity.PARAMETERS not in rules("def f(a, b, c, d, e, g, h, i, j=1, *, k): pass\n")
    assert complexity.PARAMETERS not in rules("class A:\n    def f(self, a, b, c, d, e, g, h, i): pass\n")


def test_parameters_that_a_framework_fills_in_cannot_be_grouped():
    """Seen in Flask: each option of the command `run` is a parameter."""
    function = "def f(a, b, c, d, e, g, h, i, j): pass\n"
    assert complexity.PARAMETERS in rules(f"@contextmanager\n{function}")
    assert complexity.PARAMETERS not in rules(f"@click.option('--a')\n@click.command()\n{function}")


@pytest.mark.parametrize(
    "text",
    ["", "def f(", "x = t'{y}'\n", "try:\n    pass\nexcept A, B:\n    pass\n", "\ud800", "if x:\n\t  x\n\ty\n"],
)
def test_nothing_crashes_on_new_or_broken_text(text):
    assert complexity.find(text, "a.py") == []
    for metric in metrics.METRICS:
        assert metrics.measure(metric, {}, {"a.py": text}) == 0


def test_the_metrics_can_be_narrowed():
    texts = {"a.py": NESTED, "b.py": NESTED, "c.txt": NESTED}
    assert metrics.measure("cognitive-complexity", {"symbol": "A.f"}, texts) == 30
    assert metrics.measure("cognitive-complexity", {"symbol": "A.f", "path": "a.py"}, texts) == 15
    assert metrics.measure("function-lines", {"symbol": "A.f", "path": "a.py"}, texts) == 7
    assert metrics.measure("duplicated-lines", {"min_lines": 6}, texts) == 6
    with pytest.raises(AmbientError, match="no metric called beauty"):
        metrics.measure("beauty", {}, texts)


def test_a_file_that_the_library_cannot_read_is_measured_all_the_same():
    broken = NESTED + "\n\ndef g(:\n"
    assert complexity.cognitive(NESTED)["A.f"] == complexity.cognitive(broken)["A.f"] == 15
    assert complexity.COMPLEX in rules(broken, complexity_threshold=10)


@pytest.mark.parametrize(
    "text",
    [
        "def f[T](x: T):\n    if x:\n        return f'{x['a']}'\n",
        "def f(x):\n    try:\n        g()\n    except A, B:\n        pass\n",
        "def f(x):\n    if x:\n        return t'{x!r:>{4}}'\n",
        "type X[**P, *T] = list[T]\n\n\ndef f(x):\n    if x:\n        pass\n",
        "def f(x):\n    match x:\n        case {'a': [1, *_]} if x:\n            pass\n",
        "def f(x):\n    try:\n        g()\n    except* E:\n        pass\n",
    ],
)
def test_newer_syntax_is_measured(text):
    assert complexity.cognitive(text)["f"] >= 1
    assert complexity.COMPLEX in rules(text, complexity_threshold=0)


def test_flat_branches_are_told_apart_from_hard_ones():
    flat = "def f(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(12))
    assert rules(flat, complexity_threshold=12) == set()
    assert rules(flat, complexity_threshold=6) == {complexity.COMPLEX}
    match = "def f(x):\n    match x:\n" + "".join(f"        case {n}:\n            return {n}\n" for n in range(40))
    (found,) = complexity.find(match, "a.py")
    assert found.rule == complexity.BRANCHES
    assert "41 ways through `f`" in found.message


def test_an_overload_is_not_told_for_what_stands_below_it():
    stub = "    @overload\n    def f(self, x: int) -> int: ...\n"
    text = NESTED.replace("class A:\n", f"class A:\n{stub}{stub}")
    assert [(one.rule, one.span.start_line) for one in complexity.find(text, "a.py", 14)] == [(complexity.COMPLEX, 6)]
