"""Proofs that need no running code: findings gone, the same program, simpler."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ambient_lsp.analyzers.base import RawFinding, findings
from ambient_lsp.model import ProofKind, ProofPlan, RiskLevel, Severity, Span, VerdictOutcome
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.text import freeze
from ambient_lsp.verification.proof import findings_gone, same_tree, simpler
from ambient_lsp.verification.proof.base import Case
from ambient_lsp.verification.proof.normal_form import Unparsable, same_program
from tests.unit.verification.project import finding, make_project, nothing_found

PASSED, FAILED, INCONCLUSIVE = VerdictOutcome.PASSED, VerdictOutcome.FAILED, VerdictOutcome.INCONCLUSIVE


def case(before, after, recheck=nothing_found, found=(), **params):
    proposal = propose(
        agent="a",
        title="t",
        description="d",
        rationale="r",
        risk_level=RiskLevel.LOW,
        edits=[],
        bases={},
        findings=found,
        proof=ProofPlan(ProofKind.CHECKS, params),
    )
    return Case(proposal, {"a.py": before}, {"a.py": after}, recheck, {})


def finds(before, after):
    async def recheck(agent, texts):
        return list(before if texts["a.py"] == "before" else after)

    return recheck


ONE, TWO = finding("a.py", name="f1"), finding("a.py", "other", name="f2")


@pytest.mark.parametrize(
    ("before", "after", "outcome", "says"),
    [
        ([ONE], [], PASSED, "the finding is gone"),
        ([ONE], [ONE], FAILED, "still there"),
        ([ONE], [replace(ONE, id="f1b")], FAILED, "still there in another form"),
        ([ONE], [TWO], FAILED, "brings a new finding: other"),
        ([ONE, TWO], [TWO], PASSED, "gone"),
        ([ONE, TWO], [replace(TWO, id="moved")], PASSED, "gone"),
        ([ONE, TWO], [TWO, replace(TWO, id="copy")], FAILED, "brings a new finding"),
        ([ONE, replace(ONE, id="twin")], [replace(ONE, id="twin")], PASSED, "gone"),
        ([ONE, replace(ONE, id="twin")], [replace(ONE, id="renumbered")], PASSED, "gone"),
    ],
)
async def test_findings_gone(before, after, outcome, says):
    proof = await findings_gone.prove(case("before", "after", finds(before, after), [ONE]))
    assert (proof.outcome, says in proof.reason) == (outcome, True), proof


ALIKE = "x = 1\nbad()\ny = 2\nbad()\nz = 3\nbad()\n"


async def bad_calls(agent, texts):
    """Find each `bad()`: all of them have the same code, so their ids tell only which one in the file they are."""
    found = []
    for path, text in texts.items():
        spans = [Span(n, 0, n, 5) for n, line in enumerate(text.splitlines()) if line.startswith("bad()")]
        raws = [RawFinding("R1", span, "It is bad.", Severity.WARNING) for span in spans]
        found += findings(agent, freeze(Path("/"), path, text), raws)
    return found


async def proof_of(after, *fixed):
    base = freeze(Path("/"), "a.py", ALIKE)
    before = await bad_calls("a", {"a.py": ALIKE})
    made = replace(
        case(ALIKE, after, bad_calls).proposal,
        edits=(modify(base, after),),
        finding_ids=tuple(before[number].id for number in fixed),
    )
    return await findings_gone.prove(replace(case(ALIKE, after, bad_calls), proposal=made))


@pytest.mark.parametrize("fixed", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
async def test_some_of_several_findings_with_equal_code_are_fixed(fixed):
    lines = ALIKE.splitlines(keepends=True)
    for number in fixed:
        lines[number * 2 + 1] = "good()\n"
    proof = await proof_of("".join(lines), *fixed)
    assert proof.outcome is PASSED, proof


async def test_one_of_several_findings_with_equal_code_is_fixed_in_place_of_another():
    proof = await proof_of(ALIKE.replace("y = 2\nbad()", "y = 2\ngood()"), 0)
    assert (proof.outcome, "still there" in proof.reason) == (FAILED, True), proof


async def test_a_fix_brings_what_was_there_elsewhere():
    proof = await proof_of(ALIKE.replace("x = 1\nbad()", "x = 1\ngood()\nif x:\n    pass\nbad()"), 0)
    assert proof.outcome is FAILED, proof


BASE = '''"""Doc."""
import os
import sys
from a import (b, c)

def f(x, y=1):
    """Doc."""
    z = 1
    if (x == 'a') and y:
        return {'k': 1_000, "v": f"{x!r}"}
    return "a" "b"
'''


@pytest.mark.parametrize(
    ("change", "removed"),
    [
        (("Doc.", "Another, longer one."), ()),
        (('    """Doc."""\n', ""), ()),
        (('"""Doc."""\nimport', "import"), ()),
        (("'a'", '"a"'), ()),
        (("(x == 'a') and y", "x=='a' and(y)"), ()),
        (("1_000", "1000"), ()),
        (('"a" "b"', "'ab'"), ()),
        (("import os\nimport sys\nfrom a import (b, c)\n", "from a import c, b\nimport sys, os\n"), ()),
        (("import os\n", ""), ("os",)),
        (("import os\nimport sys\nfrom a import (b, c)\n", ""), ("os", "sys", "b", "c")),
        (("    z = 1\n", ""), ("z",)),
        (("def f(x, y=1):", "def f(\n    x,\n    y=1,\n):"), ()),
        (("    z = 1\n", "    z = 1;\n    pass\n"), ()),
    ],
)
def test_a_change_of_style_leaves_the_program_the_same(change, removed):
    assert change[0] in BASE
    assert same_program(BASE, BASE.replace(*change), frozenset(removed))


@pytest.mark.parametrize(
    ("change", "removed"),
    [
        (("y=1", "y=2"), ()),
        (("and", "or"), ()),
        (("'a'", "'b'"), ()),
        (("'a'", "b'a'"), ()),
        (("1_000", "1000.0"), ()),
        (("!r", ""), ()),
        (("{x!r}", "{x=!r}"), ()),
        (("import os\n", ""), ()),
        (("import os\n", ""), ("sys",)),
        (("import os\n", "import os as o\n"), ()),
        (("import os\n", "import os\nimport re\n"), ()),
        (("    z = 1\n", ""), ()),
        (("x == 'a'", "'a' == x"), ()),
        (("(x, y=1)", "(x, *, y=1)"), ()),
        (("(x, y=1)", "(x, /, y=1)"), ()),
        (("def f", "async def f"), ()),
        (('    return "a"', '        return "a"'), ()),
    ],
)
def test_a_change_of_meaning_is_seen(change, removed):
    assert change[0] in BASE
    assert not same_program(BASE, BASE.replace(*change), frozenset(removed))


@pytest.mark.parametrize(
    ("before", "after", "removed"),
    [
        ('f"{x = }"', 'f"{x=}"', ()),
        ("f\"{d['a']=}\"", "f'{d[\"a\"]=}'", ()),
        ("a[1,]", "a[1]", ()),
        ("from y import f\nfrom x import f", "from x import f\nfrom y import f", ()),
        ("from x import *\nfrom y import f", "from y import f\nfrom x import *", ()),
        ("def g():\n x = 1\n return x\ndef h(x): return x", "def g():\n return x\ndef h(x): return x", ("x",)),
        ("class A:\n x = 1\n y = 2", "class A:\n y = 2", ("x",)),
        ("x = 1\ny = 2", "y = 2", ("x",)),
        ("import os\n__all__ = []\n__all__ += ['os']", "__all__ = []\n__all__ += ['os']", ("os",)),
        ("import os\n__all__: list = ['os']", "__all__: list = ['os']", ("os",)),
        ("import os\n__all__.extend(['os'])", "__all__.extend(['os'])", ("os",)),
        ("def f():\n x = 1\n return eval('x')", "def f():\n return eval('x')", ("x",)),
        ("def f():\n x = 1\n return locals()", "def f():\n return locals()", ("x",)),
        ("from __future__ import annotations\nimport a", "import a", ("annotations",)),
    ],
)
def test_what_only_looks_like_style_is_seen(before, after, removed):
    assert not same_program(before + "\n", after + "\n", frozenset(removed))
    assert same_program(before + "\n", before + "\n", frozenset(removed))


@pytest.mark.parametrize(
    ("before", "after", "removed"),
    [
        ("import b.d\nimport b.c\nb.c", "import b.c\nimport b.d\nb.c", ()),
        ("from x import f\nfrom y import g", "from y import g\nfrom x import f", ()),
        ("import path\ndef f(path): return path", "def f(path): return path", ("path",)),
        (
            "class A:\n def f(self):\n  import os\n  z = 1\n  return 2",
            "class A:\n def f(self):\n  return 2",
            ("os", "z"),
        ),
    ],
)
def test_what_is_style_is_let_through(before, after, removed):
    assert same_program(before + "\n", after + "\n", frozenset(removed))


def test_an_import_that_is_still_used_may_not_go():
    assert same_program("x = f'a{{}}' 'b'\n", "x = 'a{}' 'b'\n")
    assert not same_program("x = f'a{{}}'\n", "x = 'a{{}}'\n")
    assert not same_program("x = f'a{b}'\n", "x = 'a{b}'\n")
    assert same_program("x = rf'\\d'\n", "x = r'\\d'\n")
    assert not same_program("def f():\n    f'a'\n", "def f():\n    'a'\n")  # a docstring only now
    assert not same_program("import os\nprint(os.sep)\n", "print(os.sep)\n", frozenset({"os"}))
    assert not same_program("from a import b\n__all__ = ['b']\n", "__all__ = ['b']\n", frozenset({"b"}))
    probe = "try:\n    import os\n    OK = True\nexcept Exception:\n    OK = False\n"
    assert not same_program(probe, probe.replace("    import os\n", ""), frozenset({"os"}))
    assert same_program("import os\nprint(self.os)\n", "print(self.os)\n", frozenset({"os"}))


def test_what_an_unused_variable_is_given_must_still_happen():
    assert same_program("def h():\n x = f()\n g()\n", "def h():\n f()\n g()\n", frozenset({"x"}))
    assert not same_program("def h():\n x = f()\n g()\n", "def h():\n g()\n", frozenset({"x"}))


def test_newer_syntax_is_read():
    new = "type A[T] = list[T]\n\n\ndef f[T](x: T) -> T:\n    return f'{f'{x}'}'\n"
    assert same_program(new, new.replace("'{", "'{ "))
    assert not same_program(new, new.replace("list[T]", "set[T]"))
    with pytest.raises(Unparsable):
        same_program("def f(:\n", "def f(:\n")


@given(
    st.lists(st.sampled_from(["x = 1", "y = x + 2", "def f(a): return a", "import os", "if x: y = 3"]), max_size=6),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_layout_never_matters_and_a_dropped_line_always_does(lines, data):
    text = "".join(line + "\n" for line in lines)
    spread = "".join(line.replace(" = ", "  =  ") + "  # c\n\n" * data.draw(st.integers(1, 3)) + "\n" for line in lines)
    assert same_program(text, spread)
    if lines:
        index = data.draw(st.integers(0, len(lines) - 1))
        shorter = "".join(line + "\n" for number, line in enumerate(lines) if number != index)
        # Import runs are compared as sets: a second import of the same thing adds nothing.
        again = lines[index] == "import os" and "import os" in (lines[index - 1 : index] + lines[index + 1 : index + 2])
        assert same_program(text, shorter) == again


async def test_same_tree_needs_python_and_the_same_files(tmp_path):
    assert (await same_tree.prove(case("x = 1\n", "x = 1  # c\n"))).outcome is PASSED
    assert (await same_tree.prove(case("x = 1\n", "x = 2\n"))).outcome is FAILED
    assert (await same_tree.prove(case(None, "x = 2\n"))).outcome is FAILED
    assert (await same_tree.prove(case("x = (\n", "x = (\n"))).outcome is INCONCLUSIVE


async def test_same_tree_needs_no_tests_but_a_compiling_text(tmp_path):
    project = make_project(tmp_path, {"a.py": "import os\nx =  1\n"})
    verdict = await project.judge({"a.py": "x = 1\n"}, ProofKind.SAME_TREE, removed_names=["os"])
    assert (verdict.outcome, verdict.reason) == (PASSED, "The syntax tree is unchanged.")
    verdict = await project.judge({"a.py": "import os\nx = 2\n"}, ProofKind.SAME_TREE)
    assert (verdict.outcome, verdict.reason) == (FAILED, "The patch changes what a.py does, not only its style.")


async def test_simpler_must_be_lower():
    def lines(metric, params, texts):
        return float(sum(text.count("\n") for text in texts.values()))

    better = await simpler.prove(case("a\nb\n", "a\n", metric="dead-lines"), lines)
    same = await simpler.prove(case("a\nb\n", "c\nd\n", metric="dead-lines"), lines)
    assert (better.outcome, better.reason) == (PASSED, "dead lines 2 before, 1 after")
    assert (better.measurements[0].before, better.measurements[0].after) == (2, 1)
    assert same.outcome is FAILED

    def unknown(metric, params, texts):
        raise ValueError("no such metric")

    assert (await simpler.prove(case("a", "b", metric="x"), unknown)).outcome is INCONCLUSIVE


async def test_findings_gone_in_a_whole_verdict(tmp_path):
    source, tests = "def f(x):\n    return eval(x)\n", "from a import f\n\n\ndef test_f():\n    assert f('1') == 1\n"
    project = make_project(tmp_path, {"a.py": source, "test_a.py": tests})
    found = finding("a.py", "eval runs anything")

    async def recheck(agent, texts):
        return [found] if "return eval" in (texts["a.py"] or "") else []

    fixed = project.proposal({"a.py": source.replace("eval(x)", "int(x)")}, ProofKind.FINDINGS_GONE, findings=[found])
    moved = project.proposal({"a.py": "# x\n" + source}, ProofKind.FINDINGS_GONE, findings=[found])
    verdict = await project.verify(fixed, recheck)
    assert (verdict.outcome, verdict.reason) == (PASSED, "1 test passes as before; the finding is gone.")
    verdict = await project.verify(moved, recheck)
    assert (verdict.outcome, verdict.reason) == (FAILED, "The finding is still there: eval runs anything.")
