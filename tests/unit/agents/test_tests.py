"""TestEnhancer writes tests that pass, of what it saw twice; what looks odd it tells and does not keep."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from ambient_lsp.agents.tests import TestEnhancer
from ambient_lsp.model import ProofKind, RiskLevel
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.protocols import Coverage
from tests.unit.agents.observing import Bench, ask, context_of, observed, write

SOURCE = '''
"""Shop."""
import random


def discount(price: float, percent: int) -> float:
    """Take some off.

    >>> discount(100.0, 50)
    50.0
    """
    if percent < 0 or percent > 100:
        raise ValueError("percent must be from 0 to 100")
    return price * (100 - percent) / 100


def slug(text: str) -> str:
    return "-".join(text.lower().split())


def is_short(text: str):
    return text and len(text) < 5


def first(items: list[int]) -> int:
    return items[0]


def lucky(most: int) -> int:
    return len(str(object())) and id(object()) % (most + 2)


def parse(text: str) -> dict[str, int]:
    """Read.

    >>> parse("a=1")
    {'a': 2}
    """
    return {part.split("=")[0]: int(part.split("=")[1]) for part in text.split(",") if "=" in part}


def save(path: str) -> None:
    open(path, "w").close()


def _private(x: int) -> int:
    return x
'''.lstrip()
SMALL = SOURCE.split("def is_short")[0]
EMPTY = Coverage(executed={}, missing={})


def functions(proposal):
    return [name for _, name in proposal.proof.params["targets"]]


async def test_tests_of_what_was_observed(tmp_path):
    root = tmp_path / "repo"
    findings, proposals = await ask(TestEnhancer(), root, {"shop.py": SOURCE}, coverage=EMPTY, repeat=3)
    (proposal,) = proposals
    assert proposal.proof.kind is ProofKind.TESTS
    assert proposal.risk_level is RiskLevel.LOW
    assert proposal.proof.params["repeat"] == 3
    assert proposal.proof.params["test_path"] == "test_shop.py"
    assert "discount" in functions(proposal)
    text = apply_edits({}, proposal.edits)["test_shop.py"]
    for name in proposal.proof.params["tests"]:
        assert f"def {name}(" in text
    assert "pytest.raises(ValueError)" in text
    assert "pytest.approx(50.0)" in text
    assert run_pytest(root, {"test_shop.py": text}) == 0
    assert any(one.message.startswith("The test run recorded no line of `discount`.") for one in findings)
    assert not any("_private" in one or "save" in one for one in Bench(root).observed)


async def test_odd_behaviour_is_told_and_not_kept(tmp_path):
    root = tmp_path / "repo"
    odd = SOURCE.split("def is_short")[1].split("def lucky")[0]
    text = "def is_short" + odd + "def parse" + SOURCE.split("def parse")[1].split("def save")[0]
    text += "def ratio(a: float) -> float:\n    return a * float('inf') - float('inf')\n"
    findings, proposals = await ask(TestEnhancer(), root, {"odd.py": text}, coverage=EMPTY)
    told = [one.message for one in findings if one.rule in {"AMB-TEST-SUSPICIOUS", "AMB-TEST-DOCSTRING"}]
    assert "`is_short('')` asks a question and gives a str." in told
    assert "`first([])` raises IndexError on an ordinary value." in told
    assert "The docstring says that `parse(\"a=1\")` gives {'a': 2}, and it gives {'a': 1}." in told
    assert "`ratio(0.5)` gives nan." in told
    assert proposals == []


async def test_chance_is_never_pinned(tmp_path):
    root = tmp_path / "repo"
    text = "def lucky(most: int) -> int:\n    return ('a').__hash__() % (1000 if most else 1)\n"
    _, proposals = await ask(TestEnhancer(), root, {"luck.py": text}, coverage=EMPTY, snapshots=True)
    assert proposals == []


@pytest.mark.parametrize(
    "code",
    [
        "def on_signal(frame: int):\n    import signal\n    signal.signal(signal.SIGINT, print)\n    return\n",
        "def on_error(limit: int) -> int:\n    import sys\n    sys.excepthook = print\n    return limit\n",
        "SEEN = {}\n\n\ndef note(key: str) -> str:\n    SEEN[key] = 1\n    return key\n",
        "def check(value: int) -> None:\n    if value < 0:\n        return print(value)\n    return None\n",
        "def divmod(a: int, b: int) -> int:\n    return a + b\n",
    ],
)
async def test_what_is_done_outside_a_function_and_names_of_builtins_are_not_pinned(tmp_path, code):
    findings, proposals = await ask(TestEnhancer(), tmp_path / "repo", {"a.py": code}, coverage=EMPTY, snapshots=True)
    assert [one.rule for one in findings] == ["AMB-TEST-UNTESTED"]
    assert proposals == []


async def test_an_import_with_a_name_a_line_is_added_to_in_that_layout(tmp_path):
    tests = "from a import (other,\n               third)\n\n\ndef test_other():\n    assert other and third\n"
    source = "other = third = 1\n\n\ndef f(x: int) -> int:\n    return x\n\n\ndef g(x: int) -> int:\n    return -x\n"
    root = tmp_path / "repo"
    _, (proposal,) = await ask(
        TestEnhancer(), root, {"a.py": source, "test_a.py": tests}, ["a.py"], coverage=EMPTY, snapshots=True
    )
    new = apply_edits({"test_a.py": tests}, proposal.edits)["test_a.py"]
    indent = " " * 15
    assert f"from a import (other,\n{indent}third,\n{indent}f,\n{indent}g)\n" in new
    assert run_pytest(root, {"test_a.py": new}) == 0


async def test_without_a_run_of_the_suite_nothing_is_said(tmp_path):
    assert await ask(TestEnhancer(), tmp_path / "repo", {"shop.py": SMALL}, coverage=None) == ([], [])


async def test_what_a_test_ran_and_files_above_the_threshold_are_left_alone(tmp_path):
    root = tmp_path / "repo"
    lines = frozenset(range(1, SOURCE.count("\n") + 1))
    slug = frozenset({SOURCE.split("\n").index('    return "-".join(text.lower().split())') + 1})
    most = Coverage(executed={"shop.py": lines - slug}, missing={"shop.py": slug})
    assert await ask(TestEnhancer(), root, {"shop.py": SOURCE}, coverage=most) == ([], [])
    findings, proposals = await ask(TestEnhancer(), root, {"shop.py": SOURCE}, coverage=most, coverage_threshold=100)
    (told, asked) = findings
    assert told.message == "The test run recorded no line of `slug`."
    assert asked.rule == "AMB-TEST-UNCONFIRMED"
    assert asked.message.startswith("No test of `slug` is offered, since nothing but the code says what it should give")
    assert "`slug('Hello World')` gives 'hello-world'" in asked.message
    assert proposals == []


async def test_an_existing_test_file_is_added_to(tmp_path):
    root = tmp_path / "repo"
    tests = "import pytest\n\nfrom shop import discount\n\n\ndef test_slug_returns():\n    assert discount  # keep\n"
    tests = tests.replace("\n", "\r\n")
    texts = {"src/shop.py": SMALL, "tests/unit/test_shop.py": tests}
    _, (proposal,) = await ask(TestEnhancer(), root, texts, ["src/shop.py"], coverage=EMPTY, snapshots=True)
    assert proposal.files_touched == ("tests/unit/test_shop.py",)
    new = apply_edits({"tests/unit/test_shop.py": tests}, proposal.edits)["tests/unit/test_shop.py"]
    assert new.count("\n") == new.count("\r\n")
    assert new.count("from shop import ") == new.count("import pytest") == 1
    assert "def test_slug_returns():\r\n    assert discount  # keep" in new
    assert "def test_slug_returns_2(" in new
    assert run_pytest(root, {"tests/unit/test_shop.py": new}, "src") == 0


async def test_a_project_that_uses_unittest_gets_unittest(tmp_path):
    root = tmp_path / "repo"
    _, (proposal,) = await ask(
        TestEnhancer(), root, {"shop.py": SMALL}, coverage=EMPTY, conventions={"test-framework": "unittest"}
    )
    text = apply_edits({}, proposal.edits)["test_shop.py"]
    assert "class TestDiscount(unittest.TestCase):" in text
    assert "pytest" not in text
    assert "TestDiscount::test_returns" in proposal.proof.params["tests"]
    assert run_pytest(root, {"test_shop.py": text}) == 0


async def test_prioritised_paths_come_first(tmp_path):
    root = tmp_path / "repo"
    texts = {"a.py": "def f(x: int) -> int:\n    return x\n", "core/b.py": "def g(x: int) -> int:\n    return x\n"}
    _, proposals = await ask(TestEnhancer(), root, texts, coverage=EMPTY, snapshots=True, prioritize_paths=["core/"])
    assert [functions(one) for one in proposals] == [["g"], ["f"]]


async def test_a_setup_that_fails_means_no_proposal(tmp_path):
    root = tmp_path / "repo"
    text = "import nothing_like_this\n\n\ndef f(x: int) -> int:\n    return x\n"
    findings, proposals = await ask(TestEnhancer(), root, {"a.py": text}, coverage=EMPTY)
    assert [one.rule for one in findings] == ["AMB-TEST-UNTESTED"]
    assert proposals == []


def test_observing_is_isolated_and_limited(tmp_path):
    root = tmp_path / "repo"
    write(root, {"m.py": "seen = []\n\n\ndef add(x):\n    seen.append(x)\n    print(x)\n    return len(seen)\n"})
    calls = ["add(1)", "add(2)", "{'b', 'a', 'c'}", "hash('a')", "1/0", "exit(3)", "'x' * 5000", "[1][5"]
    made = {one.expression: one for one in observed(root, calls, "from m import add") or ()}
    assert made["add(1)"].value_repr == made["add(2)"].value_repr == "1"
    assert made["{'b', 'a', 'c'}"].deterministic
    assert not made["hash('a')"].deterministic
    assert made["1/0"].exception == "ZeroDivisionError"
    assert made["exit(3)"].exception == "SystemExit"
    assert made["'x' * 5000"].value_repr == ""
    assert made["[1][5"].exception == "SyntaxError"
    (slow,) = observed(root, ["[x for x in iter(int, 1)]"], "", seconds=0.3) or ()
    assert (slow.exception, slow.deterministic) == ("Timeout", False)
    assert observed(root, ["1"], "import nothing_like_this") is None


@pytest.mark.parametrize("text", ["", "def f(", "x = 1\n", "async def f(x: int):\n    return x\n"])
async def test_nothing_to_test(tmp_path, text):
    _, proposals = await ask(TestEnhancer(), tmp_path / "repo", {"a.py": text}, coverage=EMPTY)
    assert proposals == []


def run_pytest(root, texts, *folders):
    write(root, texts)
    path = ":".join(str(root / folder) for folder in folders or (".",))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir=.", *texts]
    done = subprocess.run(command, cwd=root, env={"PYTHONPATH": path, "PATH": ""}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    return done.returncode


async def test_tests_that_only_pass_in_one_order_are_told(tmp_path):
    tests = "import shop\n\n\ndef test_a():\n    shop.fill()\n\n\ndef test_b():\n    assert shop.full()\n"
    findings, _ = await ask(
        TestEnhancer(), tmp_path / "repo", {"test_shop.py": tests}, moody={"test_shop.py::test_b": "assert False"}
    )
    (found,) = [one for one in findings if one.rule == "AMB-TEST-ORDER"]
    assert found.message == "`test_b` passes in the file's order, and fails in a random one: assert False"
    assert found.span.start_line == 7


async def test_what_tests_that_cannot_be_loaded_would_run_is_not_known(tmp_path):
    blind = Coverage(executed={}, missing={}, unloaded=frozenset({"test_shop.py"}))
    texts = {"shop.py": SMALL, "test_shop.py": "import freezegun\nfrom shop import slug\n"}
    root = tmp_path / "repo"
    write(root, texts)
    bench = Bench(root, coverage=blind)
    context = await context_of(bench, root, texts, ["shop.py"])
    context = replace(context, impact={"shop.py": ("test_shop.py",)})
    assert [item async for item in TestEnhancer().propose(context, bench)] == []


async def test_examples_and_what_the_tests_share_need_no_tests_unless_asked_for(tmp_path):
    texts = {"examples/shop.py": SMALL, "tests/keys/__init__.py": SMALL}
    root = tmp_path / "repo"
    assert await ask(TestEnhancer(), root, texts, coverage=EMPTY) == ([], [])
    findings, _ = await ask(
        TestEnhancer(), root, texts, ["examples/shop.py"], coverage=EMPTY, prioritize_paths=["examples"]
    )
    assert findings


async def test_of_a_whole_project_only_what_matters_most_is_told(tmp_path):
    plain = "class A{0}:\n    def a(self, other):\n        return other.b\n\n    def b(self, x):\n        return x.c\n"
    texts = {f"m{number}.py": plain.format(number) for number in range(20)}
    texts["z.py"] = "def verify_token(other):\n    return other.b\n"
    texts["y.py"] = SMALL
    findings, proposals = await ask(TestEnhancer(), tmp_path / "repo", texts, coverage=EMPTY)
    told = [one.path for one in findings]
    assert len([path for path in told if path != "y.py"]) == 12
    assert "z.py" in told
    covered = {one for proposal in proposals for one in proposal.finding_ids}
    assert covered and covered <= {one.id for one in findings}


async def test_what_changes_its_argument_and_gives_something_is_held_to_both(tmp_path):
    source = (
        "def bump(items: list[int]) -> bool:\n"
        '    """Move the items on in place; tell whether there were any."""\n'
        "    for place, item in enumerate(items):\n        items[place] = item + 1\n    return bool(items)\n"
    )
    root = tmp_path / "repo"
    _, (proposal,) = await ask(TestEnhancer(), root, {"a.py": source}, coverage=EMPTY, snapshots=True)
    (new,) = apply_edits({}, proposal.edits).values()
    assert "    items = [3, 1, 2]\n    assert bump(items) is True\n    assert items == [4, 2, 3]\n" in new
    assert run_pytest(root, {"test_a.py": new}) == 0


async def test_an_error_of_the_module_s_own_is_expected_by_its_name(tmp_path):
    source = (
        "class Empty(ValueError):\n    pass\n\n\n"
        "def first(items: list[int]) -> int:\n    if not items:\n        raise Empty('nothing')\n    return items[0]\n"
    )
    root = tmp_path / "repo"
    _, (proposal,) = await ask(TestEnhancer(), root, {"a.py": source}, coverage=EMPTY)
    (new,) = apply_edits({}, proposal.edits).values()
    assert "from a import Empty, first\n" in new
    assert "with pytest.raises(Empty):\n        first([])" in new
    assert run_pytest(root, {"test_a.py": new}) == 0


async def test_rows_that_come_back_as_they_were_are_few_and_never_all(tmp_path):
    source = (
        "def home(path: str) -> str:\n    return '/home/ann' + path[1:] if path.startswith('~/') else path\n\n\n"
        "def plain(text: str) -> str:\n    return text.replace('\\x07', '')\n"
    )
    root = tmp_path / "repo"
    _, proposals = await ask(TestEnhancer(), root, {"a.py": source}, coverage=EMPTY, snapshots=True)
    new = "".join(text for one in proposals for text in apply_edits({}, one.edits).values())
    assert "plain(" not in new
    rows = [line for line in new.splitlines() if line.strip().startswith('("')]
    assert sum(one.strip("(), ").split('", "')[0].strip('"') == one.strip("(), ").split('", "')[-1].strip('"')
               for one in rows) <= 3  # fmt: skip


@pytest.mark.parametrize(
    "beginning",
    [
        {"shop/__main__.py": "from .cli import main\n\nmain()\n"},
        {"shop/__main__.py": "from shop.cli import main\n\nmain()\n"},
        {"pyproject.toml": '[project.scripts]\nshop = "shop.cli:main"\n'},
    ],
)
async def test_what_a_program_runs_that_tests_start_is_not_known(tmp_path, beginning):
    starts = "from subprocess import run\n\n\ndef test_cli():\n    assert run(['shop']).returncode == 0\n"
    texts = {"shop/__init__.py": "", "shop/cli.py": SMALL, "test_cli.py": starts, **beginning}
    findings, proposals = await ask(TestEnhancer(), tmp_path / "1", texts, ["shop/cli.py"], coverage=EMPTY)
    assert (findings, proposals) == ([], [])
    texts["test_cli.py"] = "import shop.cli\n\n\ndef test_cli():\n    assert shop.cli\n"
    findings, _ = await ask(TestEnhancer(), tmp_path / "2", texts, ["shop/cli.py"], coverage=EMPTY)
    assert "AMB-TEST-UNTESTED" in {one.rule for one in findings}


@pytest.mark.parametrize(("docstring", "told"), [('    """Test it."""\n', True), ("", False)])
async def test_a_new_test_has_a_docstring_where_the_others_have_one(tmp_path, docstring, told):
    other = f"from shop import slug\n\n\ndef test_slug():\n{docstring}    assert slug('A b') == 'a-b'\n"
    _, (proposal,) = await ask(
        TestEnhancer(), tmp_path / "repo", {"shop.py": SMALL, "test_shop.py": other}, coverage=EMPTY, repeat=3
    )
    new = proposal.diff.partition("+def test_discount")[2]
    assert ('"""Test discount' in new) is told
