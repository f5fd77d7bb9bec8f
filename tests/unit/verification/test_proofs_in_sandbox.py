"""Proofs by running code: faster, and tests that are worth having."""

from __future__ import annotations

import pytest

from ambient_lsp.model import ProofKind, VerdictOutcome
from ambient_lsp.verification.mutants import mutants
from ambient_lsp.verification.proof.faster import judge, module_name
from tests.unit.verification.project import make_project

PASSED, FAILED, INCONCLUSIVE = VerdictOutcome.PASSED, VerdictOutcome.FAILED, VerdictOutcome.INCONCLUSIVE

SLOW = (
    "def common(left, right):\n    result = []\n    for item in left:\n        if item in right:\n"
    "            result.append(item)\n    return result\n"
)
FAST = (
    "def common(left, right):\n    known = set(right)\n    result = []\n    for item in left:\n"
    "        if item in known:\n"
    "            result.append(item)\n    return result\n"
)
SLOW_TESTS = "from pkg.lists import common\n\n\ndef test_common():\n    assert common([1, 2, 3], [2, 3, 4]) == [2, 3]\n"
LISTS = {"pkg/__init__.py": "", "pkg/lists.py": SLOW, "tests/test_lists.py": SLOW_TESTS}
WHAT = {"path": "pkg/lists.py", "function": "common"}


async def test_a_faster_function_is_proven_on_the_tests_own_input(tmp_path):
    project = make_project(tmp_path, LISTS)
    verdict = await project.judge({"pkg/lists.py": FAST}, ProofKind.FASTER, **WHAT)
    assert verdict.outcome is PASSED, verdict.reason
    assert "less time and returns the same" in verdict.reason
    time = verdict.measurements[0]
    assert (time.unit, time.before > time.after > 0) == ("seconds", True)


async def test_a_function_that_is_not_faster_fails(tmp_path):
    project = make_project(tmp_path, LISTS)
    verdict = await project.judge({"pkg/lists.py": SLOW.replace("result", "found")}, ProofKind.FASTER, **WHAT)
    assert verdict.outcome is FAILED
    assert "faster" in verdict.reason


async def test_unequal_results_fail_though_the_tests_pass(tmp_path):
    project = make_project(tmp_path, LISTS)
    # The same on the test's small input; on the enlarged one, doubles are gone and the order is another.
    wrong = "def common(left, right):\n    return sorted(set(left) & set(right))[:50]\n"
    verdict = await project.judge({"pkg/lists.py": wrong}, ProofKind.FASTER, **WHAT)
    assert verdict.outcome is FAILED
    assert "does not return the same" in verdict.reason


@pytest.mark.parametrize(
    ("slow", "fast"),
    [
        (
            "    out = {}\n    for i in items:\n        if i not in list(out):\n            out[i] = 1\n"
            "    return out\n",
            "    return dict.fromkeys(sorted(items), 1)\n",
        ),
        (
            "    out = []\n    for item in items:\n        out = out + [item]\n    print(len(out))\n    return out\n",
            "    return list(items)\n",
        ),
    ],
    ids=["the order of a dict", "what is printed"],
)
async def test_what_only_a_loop_or_a_reader_would_notice_is_a_difference(tmp_path, slow, fast):
    tests = "from a import f\n\n\ndef test_f():\n    assert len(f([3, 1, 2] * 30)) in (3, 90)\n"
    project = make_project(tmp_path, {"a.py": "def f(items):\n" + slow, "test_a.py": tests})
    patch = {"a.py": "def f(items):\n" + fast}
    verdict = await project.judge(patch, ProofKind.FASTER, path="a.py", function="f")
    assert verdict.outcome is FAILED, verdict.reason
    assert "does not return the same" in verdict.reason


async def test_another_exception_is_another_result(tmp_path):
    tests = (
        SLOW_TESTS + "\n\ndef test_wrong():\n    try:\n        common([1], None)\n    except Exception:\n        pass\n"
    )
    project = make_project(tmp_path, {**LISTS, "tests/test_lists.py": tests})
    other = FAST.replace("    known", "    if right is None:\n        return []\n    known")
    verdict = await project.judge({"pkg/lists.py": other}, ProofKind.FASTER, **WHAT)
    assert verdict.outcome is FAILED
    assert "does not return the same" in verdict.reason


async def test_methods_and_own_classes_are_timed(tmp_path):
    source = "class Bag:\n    def __init__(self, items):\n        self.items = items\n\n    def unique(self):\n"
    slow = (
        source
        + "        out = []\n        for i in self.items:\n"
        + "            if i not in out:\n                out.append(i)\n        return Bag(out)\n"
    )
    fast = source + "        return Bag(list(dict.fromkeys(self.items)))\n"
    tests = "from bag import Bag\n\n\ndef test_unique():\n    assert len(Bag(list(range(900))).unique().items) == 900\n"
    project = make_project(tmp_path, {"src/bag.py": slow, "tests/test_bag.py": tests})
    verdict = await project.judge({"src/bag.py": fast}, ProofKind.FASTER, path="src/bag.py", function="Bag.unique")
    assert verdict.outcome is PASSED, verdict.reason


async def test_what_is_never_the_same_cannot_be_timed(tmp_path):
    source = "import random\n\n\ndef pick(n):\n    return random.random()\n"
    tests = "from pick import pick\n\n\ndef test_pick():\n    assert pick(3) < 1\n"
    project = make_project(tmp_path, {"pick.py": source, "test_pick.py": tests})
    patch = {"pick.py": source.replace("return random", "return 1 * random")}
    verdict = await project.judge(patch, ProofKind.FASTER, path="pick.py", function="pick")
    assert verdict.outcome is INCONCLUSIVE
    assert "`pick` could not be timed: the calls that its tests make cannot be repeated." in verdict.reason


def test_small_gains_and_noise_are_refused():
    assert judge("f", [1.0] * 9, [0.5] * 9, 10).outcome is PASSED
    small = judge("f", [1.0] * 9, [0.96] * 9, 10)
    assert (small.outcome, small.reason) == (FAILED, "`f` is only 4 % faster; 10 % is asked for")
    assert judge("f", [1.0] * 9, [0.902] * 9, 10).reason == "`f` is only 9.7 % faster; 10 % is asked for"
    assert judge("f", [1.0] * 9, [0.96] * 9, 3).outcome is PASSED
    assert (
        judge("f", [1.0, 1.0, 0.4, 1.0, 0.4, 1.0, 0.4], [0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8], 10).outcome is INCONCLUSIVE
    )
    assert judge("f", [1.0], [1.5], 10).reason == "`f` is not faster (50 % slower)"


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.py", "a"), ("src/a/b.py", "a.b"), ("a/__init__.py", "a"), ("src.py", "src"), ("src/a/__init__.py", "a")],
)
def test_module_names(path, name):
    assert module_name(path) == name


CODE = (
    "def grade(points):\n    if points >= 50:\n        return 'pass'\n    return 'fail'\n\n\n"
    "def other(x):\n    return x + 1\n"
)
OLD = "from grade import other\n\n\ndef test_other():\n    assert other(1) == 2\n"
GOOD = (
    "from grade import grade\n\n\ndef test_grade():\n    assert grade(50) == 'pass'\n    assert grade(49) == 'fail'\n"
)
GRADES = {"grade.py": CODE, "test_other.py": OLD}
UNDER_TEST = {"targets": [["grade.py", "grade"]]}


async def test_good_new_tests_pass(tmp_path):
    project = make_project(tmp_path, GRADES)
    verdict = await project.judge({"test_grade.py": GOOD}, ProofKind.TESTS, **UNDER_TEST)
    assert verdict.outcome is PASSED, verdict.reason
    covered, noticed = verdict.measurements
    assert (covered.before, covered.after) == (1, 4)
    assert noticed.after >= 3
    assert verdict.reason.startswith("1 test passes as before; 1 new test runs 3 more lines and notices ")
    assert (project.root / "grade.py").read_text() == CODE


@pytest.mark.parametrize(
    ("tests", "says"),
    [
        ("from grade import grade\n\n\ndef test_grade():\n    grade(50)\n    grade(1)\n", "notice none of"),
        (
            "from grade import other\n\n\ndef test_more():\n    assert other(2) == 3\n",
            "no line or branch of grade.py that was not",
        ),
        ("import grade\n\n\ndef helper():\n    pass\n", "adds no test that passes"),
        (
            "from grade import grade\n\nseen = []\n\n\ndef test_once():\n    seen.append(1)\n"
            "    assert grade(50) == 'pass'\n"
            "    assert len(seen) == 1\n",
            "does not pass every time",
        ),
    ],
    ids=["weak", "covers-nothing-new", "no-test", "passes-once"],
)
async def test_weak_new_tests_fail(tmp_path, tests, says):
    project = make_project(tmp_path, GRADES)
    verdict = await project.judge({"test_grade.py": tests}, ProofKind.TESTS, **UNDER_TEST)
    assert verdict.outcome is FAILED, verdict.reason
    assert says in verdict.reason


async def test_a_failing_new_test_fails(tmp_path):
    project = make_project(tmp_path, GRADES)
    verdict = await project.judge({"test_grade.py": GOOD.replace("49", "51")}, ProofKind.TESTS, **UNDER_TEST)
    assert verdict.outcome is FAILED
    assert verdict.checks[0].new_failures == ("test_grade.py::test_grade",)


def test_mutants_are_of_many_kinds_and_in_the_named_functions_only():
    found = mutants(CODE, ["grade"], 8)
    assert 3 <= len(found) <= 8
    assert all("return x + 1" in mutant and mutant != CODE for mutant in found)
    assert any("points < 50" in mutant for mutant in found)
    assert any("return None" in mutant for mutant in found)
    assert mutants("x = 1\n", [], 8) == []


async def test_each_new_test_must_notice_something(tmp_path):
    project = make_project(tmp_path, GRADES)
    blind = GOOD + "\n\ndef test_grade_is_there():\n    assert grade\n"
    verdict = await project.judge({"test_grade.py": blind}, ProofKind.TESTS, **UNDER_TEST)
    assert verdict.outcome is FAILED
    assert "test_grade_is_there notices none of" in verdict.reason


async def test_a_new_way_through_old_lines_counts(tmp_path):
    code = "def grade(points):\n    word = 'fail'\n    if points >= 50:\n        word = 'pass'\n    return word\n"
    old = "from grade import grade\n\n\ndef test_pass():\n    assert grade(50) == 'pass'\n"
    new = "from grade import grade\n\n\ndef test_fail():\n    assert grade(49) == 'fail'\n"
    project = make_project(tmp_path, {"grade.py": code, "test_other.py": old})
    verdict = await project.judge({"test_grade.py": new}, ProofKind.TESTS, **UNDER_TEST)
    assert verdict.outcome is PASSED, verdict.reason
    assert "more way" in verdict.reason


def test_mutants_of_one_method_leave_the_rest_alone():
    text = "class A:\n    def a(self, x):\n        if x < 0:\n            raise ValueError\n        return x + 1\n"
    text += "\n\ndef b(x):\n    return x\n"
    found = mutants(text, ["A.a"], 6)
    assert len(found) == 6
    assert all(
        one.endswith("\n\n\ndef b(x):\n    return x\n") and one.startswith("class A:\n    def a") for one in found
    )
    assert any("            pass\n" in one for one in found)
    assert any("return None" in one for one in found)
    assert mutants(text, ["A"], 6) == found
