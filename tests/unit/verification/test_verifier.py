"""Every outcome of a verdict, with real pytest runs on small projects."""

from __future__ import annotations

import pytest

from ambient_lsp.model import CheckResult, ProofKind, VerdictOutcome
from ambient_lsp.verification.compare import judge, newly_bad, sentence
from ambient_lsp.verification.testrun import TestRun
from tests.unit.verification.project import make_project

PASSED, FAILED, INCONCLUSIVE = VerdictOutcome.PASSED, VerdictOutcome.FAILED, VerdictOutcome.INCONCLUSIVE

CALC = "def add(a, b):\n    return a + b\n\n\ndef twice(a):\n    return a * 2\n"
TESTS = (
    "from calc import add, twice\n\n\ndef test_add():\n    assert add(1, 2) == 3\n\n\n"
    "def test_twice():\n    assert twice(4) == 8\n"
)
FILES = {"calc.py": CALC, "test_calc.py": TESTS}


async def test_a_harmless_patch_passes_and_says_what_ran(tmp_path):
    project = make_project(tmp_path, FILES)
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is PASSED
    assert verdict.reason == "2 tests pass as before."
    assert verdict.selection == "1 of 1 test files, reached by imports"
    assert verdict.checks[0].patched == {"test_calc.py::test_add": "passed", "test_calc.py::test_twice": "passed"}
    assert verdict.sandbox == "host" and verdict.image and verdict.seconds > 0


def test_a_file_without_tests_is_not_said_to_pass_some():
    assert sentence(CheckResult(name="tests", argv=("pytest",), outcome=PASSED)) == "no test was found to run"


async def test_no_sandbox_is_never_a_pass(tmp_path):
    project = make_project(tmp_path, FILES, without_sandbox=True)
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is INCONCLUSIVE
    assert "No sandbox is ready" in verdict.reason
    assert await project.verifier.coverage("x") is None


async def test_one_of_two_tests_broken(tmp_path):
    project = make_project(tmp_path, FILES)
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a * 3")})
    assert verdict.outcome is FAILED
    assert verdict.checks[0].new_failures == ("test_calc.py::test_twice",)
    assert verdict.reason == "test_calc.py::test_twice passed before and not with the patch."


def test_cases_that_only_have_other_numbers_are_still_there():
    base = TestRun(outcomes={f"t.py::test_day[{one}]": "passed" for one in ("4-None-day0", "4-day1-x", "2")})
    moved = TestRun(outcomes={f"t.py::test_day[{one}]": "passed" for one in ("4-None-day1", "4-day0-x", "2")})
    assert newly_bad(base, moved, ()) == ()
    # One of them fails now, one is another value, and one is gone.
    for name, outcome in (("4-None-day1", "failed"), ("4-None-night1", "passed"), ("4-day7-x", "skipped")):
        worse = TestRun(outcomes={**base.outcomes, f"t.py::test_day[{name}]": outcome})
        del worse.outcomes["t.py::test_day[4-None-day0]"]
        assert "t.py::test_day[4-None-day0]" in newly_bad(base, worse, ())
    fewer = TestRun(outcomes={one: outcome for one, outcome in base.outcomes.items() if "2" not in one})
    assert newly_bad(base, fewer, ()) == ("t.py::test_day[2]",)


async def test_a_red_base_is_not_charged_to_the_patch(tmp_path):
    project = make_project(tmp_path, {**FILES, "test_red.py": "def test_red():\n    assert False\n"})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is PASSED
    assert verdict.reason == "2 tests pass as before, 1 failure was there already."


async def test_a_broken_test_file_in_the_base_does_not_hide_the_others(tmp_path):
    project = make_project(tmp_path, {**FILES, "test_broken.py": "import no_such_module\n"})
    good = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    bad = await project.judge({"calc.py": CALC.replace("a * 2", "a * 3")})
    assert (good.outcome, bad.outcome) == (PASSED, FAILED)


async def test_a_fixed_test_is_told(tmp_path):
    project = make_project(tmp_path, {**FILES, "calc.py": CALC.replace("a * 2", "a * 3")})
    verdict = await project.judge({"calc.py": CALC})
    assert verdict.outcome is PASSED
    assert verdict.reason == "2 tests pass, 1 of them failed before."


async def test_a_flaky_test_counts_neither_way(tmp_path):
    flaky = (
        "from pathlib import Path\nimport calc\n\n\ndef test_flaky():\n    mark = Path(__file__).with_name('mark')\n"
    )
    flaky += (
        "    first = not mark.exists()\n    mark.touch()\n    assert calc.twice(1) != 2.0 or not first or not NEW\n"
    )
    flaky = flaky.replace("NEW", "calc.__dict__.get('NEW')")
    project = make_project(tmp_path, {**FILES, "test_flaky.py": flaky})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a") + "\n\nNEW = 1\n"})
    assert verdict.outcome is PASSED
    assert verdict.checks[0].flaky == ("test_flaky.py::test_flaky",)
    assert verdict.reason == "2 tests pass as before, 1 flaky test left out."


async def test_a_syntax_error_is_named(tmp_path):
    verdict = await make_project(tmp_path, FILES).judge({"calc.py": CALC.replace("return a * 2", "return (a *")})
    assert verdict.outcome is FAILED
    assert verdict.reason.startswith("calc.py does not compile with the patch:")


async def test_an_import_error_fails_by_the_test_file(tmp_path):
    verdict = await make_project(tmp_path, FILES).judge({"calc.py": "import no_such_module\n" + CALC})
    assert verdict.outcome is FAILED
    assert verdict.checks[0].new_failures == ("test_calc.py",)
    assert "no_such_module" in verdict.checks[0].detail


async def test_a_patch_that_no_test_reaches_is_inconclusive(tmp_path):
    source = CALC + "\n\ndef lonely(a):\n    return a - 1\n"
    project = make_project(tmp_path, {**FILES, "calc.py": source})
    verdict = await project.judge({"calc.py": source.replace("a - 1", "a - 2")})
    assert verdict.outcome is INCONCLUSIVE
    assert verdict.reason == "No test runs these lines (calc.py, line 10)."


async def test_a_project_without_tests_is_inconclusive(tmp_path):
    project = make_project(tmp_path, {"calc.py": CALC})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is INCONCLUSIVE
    assert "no test" in verdict.reason.lower()
    assert verdict.selection == "no test file reaches this code"


async def test_only_failing_tests_run_the_lines(tmp_path):
    red = "from calc import twice\n\n\ndef test_twice():\n    assert twice(4) == 9\n"
    project = make_project(tmp_path, {"calc.py": CALC, "test_calc.py": red})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is INCONCLUSIVE


async def test_a_patch_that_hangs_fails_and_names_the_test(tmp_path):
    project = make_project(tmp_path, FILES, seconds=12)
    verdict = await project.judge({"calc.py": CALC.replace("return a * 2", "while True: pass")})
    assert verdict.outcome is FAILED
    assert "did not end within their time in test_calc.py::test_twice" in verdict.reason


@pytest.mark.parametrize(("before", "outcome"), [(118.0, INCONCLUSIVE), (2.0, FAILED)])
def test_a_long_suite_that_does_not_end_while_it_is_measured_is_not_blamed(before, outcome):
    base = TestRun(outcomes={"t.py::a": "passed"}, seconds=before)
    patched = TestRun(problem="the tests did not end within their time", hung=True, seconds=300.0)
    assert judge(base, patched, (), (), ()).outcome is outcome


async def test_a_suite_that_hangs_anyway_is_inconclusive(tmp_path):
    project = make_project(tmp_path, {**FILES, "test_hang.py": "def test_hang():\n    while True: pass\n"}, seconds=2)
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is INCONCLUSIVE
    assert "without the patch, the tests did not end" in verdict.reason.lower()


async def test_a_fork_does_not_report_twice(tmp_path):
    fork = "import os\n\n\ndef test_fork():\n    os.fork()\n\n\ndef test_after():\n    pass\n"
    project = make_project(tmp_path, {**FILES, "test_fork.py": fork})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is PASSED
    assert len(verdict.checks[0].patched) == 4


async def test_a_dying_process_is_named(tmp_path):
    project = make_project(tmp_path, FILES)
    verdict = await project.judge({"calc.py": "import os\n" + CALC.replace("return a * 2", "os._exit(0)")})
    assert verdict.outcome is FAILED
    assert "the test process died in test_calc.py::test_twice" in verdict.reason


async def test_an_output_flood_does_no_harm(tmp_path):
    flood = "import sys\n\n\ndef test_flood(capfd):\n    with capfd.disabled():\n        for _ in range(200):\n"
    flood += "            sys.stdout.write('x' * 1_000_000)\n"
    project = make_project(tmp_path, {**FILES, "test_flood.py": flood})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is PASSED


async def test_a_missing_pytest_is_said(tmp_path):
    import venv

    project = make_project(tmp_path, FILES)
    venv.create(tmp_path / "bare", with_pip=False)
    project.sandbox.python = str(tmp_path / "bare/bin/python")
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is INCONCLUSIVE
    assert "pytest is not installed in the project's environment" in verdict.reason


async def test_unittest_projects_and_src_layouts_work(tmp_path):
    tests = "import unittest\nfrom calc import twice\n\n\nclass T(unittest.TestCase):\n    def test_twice(self):\n"
    tests += "        self.assertEqual(twice(2), 4)\n"
    project = make_project(tmp_path, {"src/calc.py": CALC, "tests/test_calc.py": tests})
    good = await project.judge({"src/calc.py": CALC.replace("a * 2", "a + a")})
    bad = await project.judge({"src/calc.py": CALC.replace("a * 2", "a * 3")})
    assert (good.outcome, bad.outcome) == (PASSED, FAILED)
    assert bad.checks[0].new_failures == ("tests/test_calc.py::T::test_twice",)


async def test_the_baseline_runs_once(tmp_path):
    project = make_project(tmp_path, FILES)
    for new in ("a + a", "2 * a", "a * 3"):
        await project.judge({"calc.py": CALC.replace("a * 2", new)})
    # one base, three patched; the third is run again for its failure, in the same session
    assert len(project.sandbox.sessions) == 4


async def test_deleting_a_passing_test_elsewhere_is_a_failure(tmp_path):
    conftest = "def pytest_collection_modifyitems(items):\n    items[:] = items[:1]\n"
    project = make_project(tmp_path, {**FILES, "conftest.py": ""})
    verdict = await project.judge({"calc.py": CALC.replace("a + b", "b + a"), "conftest.py": conftest})
    assert verdict.outcome is FAILED
    assert verdict.checks[0].new_failures == ("test_calc.py::test_twice",)


async def test_the_projects_own_pytest_options_do_not_disturb(tmp_path):
    ini = "[pytest]\naddopts = -x -n 2 --strict-markers\n"
    declared = {"requirements.txt": "pytest-xdist\npytest-randomly\n"}
    project = make_project(tmp_path / "one", {**FILES, "pytest.ini": ini, **declared})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is PASSED, verdict
    project = make_project(tmp_path / "two", {**FILES, "pytest.ini": ini})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is PASSED, verdict


async def test_cancelling_gives_everything_back(tmp_path):
    import asyncio

    import psutil

    project = make_project(tmp_path, FILES)
    proposal = project.proposal({"calc.py": CALC.replace("return a * 2", "while True: pass")})
    before = set(psutil.Process().children(recursive=True))  # multiprocessing keeps a tracker of its own
    task = asyncio.create_task(project.verify(proposal))
    await asyncio.sleep(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    new = set(psutil.Process().children(recursive=True)) - before
    assert not [child for child in new if child.status() != "zombie"]
    assert not list((tmp_path / "cache").glob("results-*"))


async def test_custom_checks_in_python_are_compared_too(tmp_path):
    project = make_project(tmp_path, FILES)

    async def no_todo(session):
        from ambient_lsp.protocols import Command

        found = await session.run(Command(("grep", "-c", "TODO", "calc.py"), trusted=True))
        outcome = FAILED if found.exit_code == 0 else PASSED
        return CheckResult("x", (), outcome, detail="a TODO is left")

    project.verifier.register("no-todo", no_todo)
    assert (await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})).outcome is PASSED
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a  # TODO")})
    assert verdict.outcome is FAILED
    assert verdict.reason == "No-todo complains: a TODO is left."


async def test_ruff_counts_only_new_diagnostics(tmp_path):
    config = "[tool.ruff.lint]\nselect = ['F']\n"
    source = "import os\n" + CALC
    project = make_project(tmp_path, {**FILES, "calc.py": source, "pyproject.toml": config})
    same = await project.judge({"calc.py": source.replace("a * 2", "a + a")})
    worse = await project.judge({"calc.py": source.replace("a * 2", "a + a").replace("import os", "import os, re")})
    assert same.outcome is PASSED, same
    assert worse.outcome is FAILED
    assert "`re` imported but unused" in worse.reason


async def test_coverage_tells_lines_and_tests(tmp_path):
    project = make_project(tmp_path, FILES)
    tree = await project.checkouts.current()
    coverage = await project.verifier.coverage(tree)
    assert coverage is not None
    assert coverage.executed["calc.py"] == {1, 2, 5, 6}
    assert coverage.tests_by_line["calc.py", 6] == ("test_calc.py::test_twice",)
    sessions = len(project.sandbox.sessions)
    assert await project.verifier.coverage(tree) == coverage
    assert len(project.sandbox.sessions) == sessions


@pytest.mark.parametrize("kind", [ProofKind.CHECKS, ProofKind.SAME_TREE])
async def test_text_that_has_changed_is_not_judged(tmp_path, kind):
    project = make_project(tmp_path, FILES)
    proposal = project.proposal({"calc.py": CALC + "\n"}, kind)
    (project.root / "calc.py").write_text(CALC + "# typed\n")
    verdict = await project.verify(proposal)
    assert verdict.outcome is INCONCLUSIVE
    assert "changed since" in verdict.reason


async def test_a_configured_check_that_is_not_allowed_makes_it_inconclusive(tmp_path):
    project = make_project(tmp_path, FILES, checks={"all": "pytest && curl example.org"})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is INCONCLUSIVE
    assert "shell syntax" in verdict.reason


async def test_a_configured_check_that_is_missing_makes_it_inconclusive(tmp_path):
    project = make_project(tmp_path, FILES, checks={"odd": "no-such-tool check"})
    verdict = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert verdict.outcome is INCONCLUSIVE
    assert verdict.reason == "odd: `no-such-tool` could not be run in the sandbox." or "no-such-tool" in verdict.reason


async def test_a_check_that_complained_before_may_complain_again(tmp_path):
    check = "import sys\nfor n, line in enumerate(open('calc.py')):\n    if 'a' in line:\n"
    check += "        print(f'calc.py:{n}:1: {line.strip()}')\nsys.exit(1)\n"
    project = make_project(tmp_path, {**FILES, "check.py": check}, checks={"own": "python check.py"})
    moved = await project.judge({"calc.py": "\n\n" + CALC})
    worse = await project.judge({"calc.py": CALC.replace("a * 2", "a + a")})
    assert moved.outcome is PASSED, moved
    assert (worse.outcome, worse.checks[-1].new_failures) == (FAILED, ("calc.py: return a + a",))


@pytest.mark.parametrize("text", ["import os\nos.kill(os.getpid(), 9)\n", "raise SystemExit(3)\n"])
async def test_a_patch_that_ends_the_process_at_import_fails(tmp_path, text):
    verdict = await make_project(tmp_path, FILES).judge({"calc.py": text + CALC})
    assert verdict.outcome is FAILED, verdict


@pytest.mark.parametrize("change", [{"test_calc.py": None}, {"test_new.py": "x = 1\n"}, {"test_calc.py": "x = 1\n"}])
async def test_a_change_of_tests_that_leaves_none_to_pass_is_never_a_pass(tmp_path, change):
    project = make_project(tmp_path, FILES)
    project.verifier._tests_for = lambda paths: ()
    verdict = await project.judge(change)
    assert verdict.outcome is not PASSED, verdict.reason


BRANCHES = "def size(n):\n    if n > 9:\n        word = 'big'\n    else:\n        word = 'small'\n    return word\n"


async def test_coverage_tells_which_way_no_test_takes(tmp_path):
    tests = "from size import size\n\n\ndef test_small():\n    assert size(1) == 'small'\n"
    project = make_project(tmp_path, {"size.py": BRANCHES, "test_size.py": tests})
    tree = await project.checkouts.current()
    coverage = await project.verifier.coverage(tree)
    assert coverage is not None
    assert coverage.branches["size.py"] == {2: (1, 2)}
    assert coverage.tests_by_branch == {("size.py", 2, 5): ("test_size.py::test_small",)}
    assert await project.verifier.coverage(tree) == coverage  # as it comes back from the disk


async def test_a_project_without_tests_has_nothing_covered(tmp_path):
    project = make_project(tmp_path, {"size.py": BRANCHES})
    coverage = await project.verifier.coverage(await project.checkouts.current())
    assert coverage is not None
    assert not coverage.executed.get("size.py")


async def test_tests_that_need_their_order_are_found_by_shuffling(tmp_path):
    tests = (
        "seen = {}\n\n\ndef test_a():\n    seen.update(x=1)\n\n\ndef test_b():\n    assert seen.pop('x')\n\n\n"
        "def test_c():\n    assert True\n"
    )
    project = make_project(tmp_path, {"size.py": BRANCHES, "test_order.py": tests})
    moody = await project.verifier.moody(["test_order.py", "nowhere.py"], await project.checkouts.current())
    assert moody is not None
    assert list(moody) == ["test_order.py::test_b"]
    assert "KeyError" in moody["test_order.py::test_b"]


async def test_an_order_that_a_plugin_asks_for_is_kept_where_tests_are_shuffled(tmp_path):
    # pytest-django does so: what empties the database comes last.
    plugin = "def pytest_collection_modifyitems(items):\n    items.sort(key=lambda item: 'last' in item.name)\n"
    tests = (
        "here = [1]\n\n\ndef test_one():\n    assert here\n\n\ndef test_last():\n    here.clear()\n\n\n"
        "def test_two():\n    assert here\n"
    )
    project = make_project(tmp_path, {"size.py": BRANCHES, "conftest.py": plugin, "test_order.py": tests})
    assert await project.verifier.moody(["test_order.py"], await project.checkouts.current()) == {}


async def test_a_suite_that_does_not_end_well_is_run_once_for_all_files_that_ask(tmp_path):
    stops = "import pytest\n\n\ndef test_a():\n    pass\n\n\ndef test_b():\n    pytest.exit('enough', 3)\n"
    project = make_project(tmp_path, {"size.py": BRANCHES, "test_stop.py": stops})
    tree = await project.checkouts.current()
    assert await project.verifier.coverage(tree) is None
    sessions = len(project.sandbox.sessions)
    assert await project.verifier.coverage(tree) is None
    assert len(project.sandbox.sessions) == sessions


async def test_a_template_that_is_compiled_is_not_measured_and_stops_nothing(tmp_path):
    test = (
        "from pathlib import Path\n\nfrom size import size\n\n\ndef test_page():\n"
        "    exec(compile('done = 1\\n', str(Path('page.html').resolve()), 'exec'))\n    assert size\n"
    )
    files = {"size.py": BRANCHES, "test_page.py": test, "page.html": "<p>{{ name }}</p>\n"}
    project = make_project(tmp_path, files)
    coverage = await project.verifier.coverage(await project.checkouts.current())
    assert coverage is not None
    assert "size.py" in coverage.executed
    assert "page.html" not in coverage.executed


async def test_a_saved_test_file_is_shuffled_by_itself_and_once_for_each_tree(tmp_path):
    mark = tmp_path / "ran"
    other = f"from pathlib import Path\n\n\ndef test_other():\n    Path({str(mark)!r}).touch()\n"
    project = make_project(tmp_path, {"test_a.py": "def test_a():\n    assert True\n", "test_other.py": other})
    tree = await project.checkouts.current()
    assert await project.verifier.moody(["test_a.py"], tree) == {}
    assert not mark.exists()
    sessions = len(project.sandbox.sessions)
    assert await project.verifier.moody(["test_a.py"], tree) == {}
    assert len(project.sandbox.sessions) == sessions
