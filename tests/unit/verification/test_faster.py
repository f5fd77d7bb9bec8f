"""What is measured beside the time of calls that tests make: made up inputs, memory, coroutines at once, queries."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from ambient_lsp.model import ProofKind, VerdictOutcome
from ambient_lsp.verification.proof import faster
from ambient_lsp.verification.proof.faster import judge_memory
from tests.real import require
from tests.unit.verification.project import make_project

PASSED, FAILED, INCONCLUSIVE = VerdictOutcome.PASSED, VerdictOutcome.FAILED, VerdictOutcome.INCONCLUSIVE


def timed(folder, before, after, function="f", calls=(), module="code_", **job):
    """Run the script that times both texts of one module, by itself; return its records by kind."""
    tree = folder / "tree"
    file = tree / f"{module.replace('.', '/')}.py"
    file.parent.mkdir(parents=True)
    file.write_text(after)
    (folder / "base.py").write_text(before)
    (folder / "calls.jsonl").write_text("".join(json.dumps(base64.b64encode(one).decode()) + "\n" for one in calls))
    out = folder / "out.jsonl"
    told = {"module": module, "function": function, "base": {module: str(folder / "base.py")}, "rounds": 5,
            "calls": str(folder / "calls.jsonl"), "seconds": 0.5, "out": str(out), **job}  # fmt: skip
    (folder / "job.json").write_text(json.dumps(told))
    script = Path(faster.__file__).parents[1] / "harness" / "ambient_time.py"
    environment = {**os.environ, "AMBIENT_JOB": str(folder / "job.json")}
    subprocess.run([sys.executable, str(script)], cwd=tree, env=environment, check=True, timeout=60)
    return {record["kind"]: record for record in map(json.loads, out.read_text().splitlines())}


def gain(records):
    times = records["times"]
    return 1 - median(times["after"]) / median(times["before"])


async def judge(folder, before, after, *, tests="", function="f", files=(), settings=None, **params):
    """Judge the change of `code.py` from one text to the other."""
    texts = {"code_.py": before, **dict(files)}
    if tests:
        texts["tests/test_code.py"] = f"from code_ import *\n\n\n{tests}"
    project = make_project(folder, texts)
    plan = {"path": "code_.py", "function": function, **params}
    return await project.verify(project.proposal({"code_.py": after}, ProofKind.FASTER, plan), settings=settings)


TYPED = "def f(left: list[str], right: list[str]) -> list[str]:\n{}    return [word for word in left if word in {}]\n"
SLOW, FAST = TYPED.format("", "right"), TYPED.format("    known = set(right)\n", "known")


async def test_without_a_test_the_input_is_made_up_from_type_hints(tmp_path):
    verdict = await judge(tmp_path, SLOW, FAST)
    assert verdict.outcome is PASSED, verdict.reason
    assert "made up from type hints" in verdict.reason


def test_a_call_that_a_busy_machine_held_up_is_not_taken_for_a_long_one(tmp_path):
    held_up = "import time\n\nstalls = [0.05]\n\n\n" + TYPED.replace(
        "{}", "    if stalls:\n        time.sleep(stalls.pop())\n{}", 1
    )
    slow, fast = held_up.format("", "right"), held_up.format("    known = set(right)\n", "known")
    records = timed(tmp_path, slow, fast, calls=[pickle.dumps(((["a", "b"], ["a", "c"]), {}))])
    assert records["times"]["source"] == "recorded from the tests" and gain(records) > 0.5


def test_without_type_hints_it_is_guessed(tmp_path):
    hints = (": list[str]", "")
    # Lists of lists are among the guesses, and those are no items of a set.
    assert "unequal" in timed(tmp_path / "1", SLOW.replace(*hints), FAST.replace(*hints))
    slow = "def f(items):\n    out = []\n    for item in items:\n        out = out + [item]\n    return out\n"
    records = timed(tmp_path / "2", slow, slow.replace("out = out + [item]", "out.append(item)"))
    assert (records["times"]["source"], gain(records) > 0.5) == ("guessed", True)


def test_what_the_tests_call_it_with_may_take_too_long(tmp_path):
    code = "def f(n: int) -> int:\n    return sum(1 for _ in range(n))\n"
    call = pickle.dumps(((10**9,), {}))
    records = timed(tmp_path, code, code.replace("sum(1 for _ in range(n))", "max(n, 0)"), calls=[call])
    assert records["times"]["source"] == "made up from type hints"


@pytest.mark.parametrize(("least", "outcome"), [(None, PASSED), (99.999, FAILED)])
async def test_what_must_be_gained_can_be_set(tmp_path, least, outcome):
    settings = None if least is None else {"min_speedup_percent": least}
    verdict = await judge(tmp_path, SLOW, FAST, settings=settings)
    assert verdict.outcome is outcome, verdict.reason
    assert least is None or "99.999 % is asked for" in verdict.reason


DATACLASSES = """from dataclasses import dataclass


@dataclass
class Row:
    key: int
    name: str


class Table:
    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def f(self, keys: list[int]) -> int:
        return sum(key in {} for key in keys)
"""


def test_objects_of_the_modules_own_classes_are_made_up(tmp_path):
    slow, fast = DATACLASSES.format("[row.key for row in self.rows]"), DATACLASSES.format("known")
    fast = fast.replace("        return", "        known = {row.key for row in self.rows}\n        return")
    assert gain(timed(tmp_path, slow, fast, "Table.f")) > 0.5


RECURSIVE = "def f(n: int) -> int:\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
CACHE = "from functools import lru_cache\n\n\n@lru_cache(maxsize=None)\n"


def test_a_cache_counts_from_the_first_call_on(tmp_path):
    assert gain(timed(tmp_path / "1", RECURSIVE, CACHE + RECURSIVE)) > 0.9
    plain = "def f(n: int) -> int:\n    return sum(range(n * 1000))\n"
    assert gain(timed(tmp_path / "2", plain, CACHE + plain)) < 0.3


def test_exceptions_that_count_as_the_same(tmp_path):
    code = "def f(items: list[int]) -> int:\n    return {}\n"
    slow, fast = code.format("sorted(items)[0]"), code.format("min(items)")
    assert "IndexError" in timed(tmp_path / "1", slow, fast)["unequal"]["message"]
    assert "times" in timed(tmp_path / "2", slow, fast, allowed=[["IndexError", "ValueError"]])


def test_memory_is_measured_where_a_list_is_saved(tmp_path):
    code = "def f(items: list[int]) -> int:\n    return sum({})\n"
    slow, fast = code.format("[item * 1000 for item in items]"), code.format("item * 1000 for item in items")
    peaks = timed(tmp_path, slow, fast, measure="memory")["peaks"]
    assert peaks["before"] > 10 * peaks["after"]


def test_memory_may_cost_a_little_time_only():
    peaks = {"before": 1000, "after": 100}
    assert judge_memory("f", peaks, [1.0] * 3, [1.2] * 3, 10).outcome is PASSED
    dear = judge_memory("f", peaks, [1.0] * 3, [1.5] * 3, 10)
    assert (dear.outcome, dear.reason) == (FAILED, "`f` needs less memory, but 50 % more time")
    assert judge_memory("f", {"before": 1000, "after": 950}, [1.0], [1.0], 10).outcome is FAILED
    more = judge_memory("f", {"before": 1000, "after": 1100}, [1.0], [1.0], 10)
    assert (more.outcome, more.reason) == (FAILED, "`f` does not need less memory")


SLEEPING = "import asyncio\nimport time\n\n\nasync def f(n: int) -> int:\n    {}\n    return n\n"


def test_coroutines_that_no_longer_block_are_run_at_once(tmp_path):
    slow, fast = SLEEPING.format("time.sleep(0.01)"), SLEEPING.format("await asyncio.sleep(0.01)")
    assert gain(timed(tmp_path, slow, fast, measure="together")) > 0.5


async def test_where_no_call_can_be_repeated_the_blocking_calls_are_counted(tmp_path):
    code = "import asyncio\nimport time\n\n\nasync def f(lock: object) -> bool:\n    {}\n    return lock.locked()\n"
    slow, fast = code.format("time.sleep(0.001)"), code.format("await asyncio.sleep(0.001)")
    tests = "import threading\n\n\ndef test_f():\n    assert not asyncio.run(f(threading.Lock()))\n"
    verdict = await judge(tmp_path, slow, fast, tests=tests, measure="together")
    assert verdict.outcome is PASSED, verdict.reason
    assert "the blocking call is gone" in verdict.reason
    verdict = await judge(tmp_path / "2", slow, fast, measure="together")
    assert (verdict.outcome, "No test runs" in verdict.reason) == (INCONCLUSIVE, True)


def test_a_call_without_end_does_not_hold_up_the_proof(tmp_path):
    before = (
        "def f(n: int) -> int:\n    while n > 50:\n        pass\n"
        "    return sum(range(n * 1000)) + sum(range(n * 1000))\n"
    )
    assert gain(timed(tmp_path, before, before.replace("sum(range(n * 1000)) + sum", "2 * sum"))) > 0.1


DATABASE = """from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped["Author"] = relationship()


def f(session):
    return [book.author.name for book in session.scalars(select(Book))]
"""
ROWS = """def test_f():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Book(author=Author(name=str(n))) for n in range(5)])
        session.commit()
        assert sorted(f(session)) == list("01234")
"""


@pytest.mark.real
async def test_queries_are_counted_in_the_projects_own_tests(tmp_path):
    require(importlib.util.find_spec("sqlalchemy") is not None, "SQLAlchemy is not installed")
    fast = DATABASE.replace("select(Book))", "select(Book).options(joinedload(Book.author)))")
    fast = fast.replace("mapped_column, rel", "joinedload, mapped_column, rel")
    verdict = await judge(tmp_path, DATABASE, fast, tests=ROWS, measure="queries")
    assert verdict.outcome is PASSED, verdict.reason
    (queries,) = verdict.measurements
    assert (queries.before, queries.after, queries.unit) == (6, 1, "queries")


async def test_without_a_test_queries_cannot_be_counted(tmp_path):
    verdict = await judge(tmp_path, SLOW, FAST, measure="queries")
    assert verdict.outcome is INCONCLUSIVE
    assert "No test asks the database through f" in verdict.reason


# As much of Django as counting needs.
UTILS = """class CursorWrapper:
    def execute(self, sql):
        return sql

    def executemany(self, sql):
        return sql
"""
DJANGO = {"django/__init__.py": "", "django/db/__init__.py": "", "django/db/backends/__init__.py": "",
          "django/db/backends/utils.py": UTILS}  # fmt: skip


async def test_djangos_queries_are_counted_too(tmp_path):
    slow = (
        "import django\nfrom django.db.backends.utils import CursorWrapper\n\n\ndef f(n):\n"
        "    return [CursorWrapper().execute(str(i)) for i in range(n)]\n"
    )
    fast = slow.replace("[Cur", 'CursorWrapper().execute(",".join(map(str, range(n)))).split(",") or [Cur')
    tests = "def test_f():\n    assert f(3) == ['0', '1', '2']\n"
    verdict = await judge(tmp_path, slow, fast, tests=tests, files=DJANGO.items(), measure="queries")
    assert verdict.outcome is PASSED, verdict.reason
    assert (verdict.measurements[0].before, verdict.measurements[0].after) == (3, 1)
    same = slow.replace("str(i)", "f'{i}'")
    verdict = await judge(tmp_path / "2", slow, same, tests=tests, files=DJANGO.items(), measure="queries")
    assert (verdict.outcome, "3 times, as before" in verdict.reason) == (FAILED, True)


async def test_the_tests_that_call_it_are_found_among_many(tmp_path):
    others = "".join(f"def test_a{n}():\n    assert g({n}) == {n}\n\n\n" for n in range(20))
    slow = "def g(x):\n    return x\n\n\ndef f(items):\n    return sorted(list(items))\n"
    tests = (
        others
        + "def test_f():\n    assert f(x * 7 % 5 for x in range(9))\n\n\ndef test_g():\n    assert f([3] * 9999)\n"
    )
    verdict = await judge(tmp_path, slow, slow.replace("list(items)", "items"), tests=tests)
    assert "input recorded from the tests" in verdict.reason


SHOP = {
    "conftest.py": """import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()
""",
    "shop/__init__.py": "",
    "shop/models.py": """from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=9)


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)
""",
}
BOOKS = """def test_f():
    from django.core.management import call_command

    from shop.models import Author, Book

    call_command("migrate", run_syncdb=True, verbosity=0)
    for n in range(5):
        Book.objects.create(author=Author.objects.create(name=str(n)))
    assert sorted(f()) == list("01234")
"""


@pytest.mark.real
async def test_a_real_django_asks_once(tmp_path):
    require(importlib.util.find_spec("django") is not None, "Django is not installed")
    slow = "from shop.models import Book\n\n\ndef f():\n    return [book.author.name for book in Book.objects.all()]\n"
    fast = slow.replace("all()", 'select_related("author")')
    verdict = await judge(tmp_path, slow, fast, tests=BOOKS, files=SHOP.items(), measure="queries")
    assert verdict.outcome is PASSED, verdict.reason
    assert (verdict.measurements[0].before, verdict.measurements[0].after) == (6, 1)


def test_a_folder_with_the_name_of_a_package_of_python_itself_is_the_projects(tmp_path):
    code = "def f(n: int):\n    return {}\n"
    calls = [pickle.dumps(((2000,), {}))]
    records = timed(
        tmp_path,
        code.format("sum([i for i in range(n)])"),
        code.format("sum(range(n))"),
        calls=calls,
        module="test.common",
    )
    assert "times" in records


def test_a_warning_is_compared_and_not_printed(tmp_path):
    code = (
        "import warnings\n\n\ndef f(items: list[int]) -> int:\n    warnings.warn('slow', stacklevel=1)\n    return {}\n"
    )
    slow, fast = code.format("sorted(items)[-1]"), code.format("max(items)")
    same = [["IndexError", "ValueError"]]
    assert "times" in timed(tmp_path / "1", slow, fast, allowed=same)
    assert (
        "in another way"
        in timed(tmp_path / "2", slow, fast.replace("slow", "fast"), allowed=same)["unequal"]["message"]
    )
