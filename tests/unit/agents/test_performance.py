"""PerformanceOptimizer proposes one change at a time, to be timed; in tests it has no say."""

from __future__ import annotations

from ambient_lsp.agents.performance import PerformanceOptimizer
from ambient_lsp.analyzers import ruff
from ambient_lsp.model import Context, FileFacts, ProofKind, Proposal, RiskLevel
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.text import freeze
from tests.unit.agents.bench import Bench
from tests.unit.agents.bench import ask as ask_bench
from tests.unit.agents.observing import ask

TEXT = '''class A:
    def common(self, a: list[str], b: list[str]):
        """Doc."""
        return [x for x in a if x in b], min(a)


def front(a):
    q = []
    for x in a:
        q.insert(0, x)
        print(q)
'''


async def test_one_proposal_for_each_faster_version(tmp_path):
    findings, proposals = await ask(PerformanceOptimizer(), tmp_path, {"a.py": TEXT}, min_speedup_percent=25)
    assert [one.rule for one in findings] == ["AMB-PERF-MEMBERSHIP", "AMB-PERF-FRONT"]
    assert all(one.evidence for one in findings)
    (proposal,) = proposals
    assert proposal.title == "Look up `b` in a set in `A.common`"
    assert proposal.finding_ids == (findings[0].id,)
    assert proposal.risk_level is RiskLevel.MEDIUM
    assert proposal.proof.kind is ProofKind.FASTER
    assert proposal.proof.params == {"path": "a.py", "function": "A.common", "min_speedup_percent": 25}
    new = apply_edits({"a.py": TEXT}, proposal.edits)["a.py"]
    again, none = await ask(PerformanceOptimizer(), tmp_path, {"a.py": new})
    assert not none
    assert [one.rule for one in again] == ["AMB-PERF-FRONT"]


async def test_a_formatted_file_stays_formatted(tmp_path):
    text = TEXT.replace(
        "    def common", "    def a_name_that_is_as_long_as_names_can_be_in_a_line_that_is_full_common"
    )
    text = ruff.formatted(text, "a.py", str(tmp_path)) or text
    _, (proposal,) = await ask(PerformanceOptimizer(), tmp_path, {"a.py": text})
    new = apply_edits({"a.py": text}, proposal.edits)["a.py"]
    assert ruff.formatted(new, "a.py", str(tmp_path)) == new


async def test_tests_and_broken_files_are_left_alone(tmp_path):
    for texts in (
        {"tests/test_a.py": TEXT},
        {"tests/helpers/a.py": TEXT},
        {"shop/_vendor/lists/a.py": TEXT},
        {"a.py": TEXT + "def f("},
        {"a.py": "# @generated\n" + TEXT},
    ):
        assert await ask(PerformanceOptimizer(), tmp_path, texts) == ([], [])


MODELS = """
from django.db import models


class Author(models.Model):
    pass


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)
"""
VIEWS = """
def names():
    return [book.author.name for book in Book.objects.all()]
"""


async def test_relations_come_from_the_models_of_the_repository(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "models.py").write_text(MODELS)
    tree = {"shop/models.py": FileFacts("shop/models.py", len(MODELS), "1", imports=("django.db.models",))}
    findings, proposals = await ask_bench(PerformanceOptimizer(), tmp_path, {"shop/views.py": VIEWS}, tree=tree)
    assert [one.rule for one in findings] == ["AMB-PERF-QUERY"]
    assert "(a relation to `Author`)" in findings[0].message
    assert proposals[0].proof.params["measure"] == "queries"
    assert 'Book.objects.select_related("author")' in proposals[0].diff
    assert await ask(PerformanceOptimizer(), tmp_path, {"shop/views.py": VIEWS}) == ([], [])


async def test_tests_tell_what_parameters_without_hints_are(tmp_path):
    code = "def common(a, b):\n    return [x for x in a if x in b]\n"
    test = "from lists import common\n\n\ndef test_common():\n    assert common([1, 2], [2, 3]) == [2]\n"
    (tmp_path / "test_lists.py").write_text(test)
    bench = Bench(tmp_path)
    for tests, count in (((), 0), (("test_lists.py",), 1)):
        context = Context(tmp_path, "", (freeze(tmp_path, "lists.py", code),), tests={"lists.py": tests})
        items = [item async for item in PerformanceOptimizer().propose(context, bench)]
        assert [item.title for item in items if isinstance(item, Proposal)] == [
            "Look up `b` in a set in `common`"
        ] * count
