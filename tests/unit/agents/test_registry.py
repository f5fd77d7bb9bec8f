"""The configured specialists, ours and others': in order, and none stops the rest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ambient_lsp.agents import custom, registry
from ambient_lsp.agents.style import StyleEnforcer
from ambient_lsp.config import Agents, Config
from ambient_lsp.errors import AmbientError, ConfigError, Untrusted
from ambient_lsp.model import RiskLevel
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.protocols import Proposer
from tests.unit.agents.bench import ask

DOCS = Path(__file__).parents[3] / "docs"


def configured(enabled, **custom):
    return Config(agents=Agents(enabled=enabled, custom=custom))


def load(root, source, *, trusted=True):
    (root / "mine.py").write_text(source)
    (specialist,) = registry.specialists(configured(["Mine"], Mine="mine.py:Mine"), root, trusted)
    return specialist


def test_they_come_in_the_order_of_the_configuration_and_once(tmp_path):
    names = ["StyleEnforcer", "SecurityGuardian", "StyleEnforcer"]
    found = registry.specialists(configured(names), tmp_path, trusted=False)
    assert [specialist.name for specialist in found] == ["StyleEnforcer", "SecurityGuardian"]
    assert all(isinstance(specialist, Proposer) for specialist in found)


def test_a_name_that_nobody_has_is_an_error_with_a_suggestion(tmp_path):
    with pytest.raises(ConfigError, match="Did you mean `SecurityGuardian`"):
        registry.specialists(configured(["SecurityGaurdian"]), tmp_path, trusted=True)
    with pytest.raises(ConfigError, match="Known ones are"):
        registry.specialists(configured(["Zzz"]), tmp_path, trusted=True)


async def test_the_example_in_the_documentation_works(tmp_path):
    source = re.search(r"```python\n(.*?)```", (DOCS / "custom-specialists.md").read_text(), re.DOTALL)[1]
    specialist = load(tmp_path, source.replace("NoPrint", "Mine"))
    text = "a = 1\nprint(a)\n"
    _, (proposal,) = await ask(specialist, tmp_path, {"x.py": text})
    assert proposal.agent == "Mine"
    assert proposal.risk_level is RiskLevel.LOW
    assert apply_edits({"x.py": text}, proposal.edits) == {"x.py": "a = 1\nlog.info(a)\n"}


PROPOSER = """
from ambient_lsp.analyzers.base import RawFinding, findings
from ambient_lsp.model import RiskLevel, Severity, Span
from ambient_lsp.patching.edits import modify, propose

class Mine:
    name = "SomethingElse"

    async def propose(self, context, bench):
        for file in context.targets:
            raw = RawFinding("MY-1", Span(0, 0, 0, 1), bench.settings("Mine")["word"], Severity.HINT)
            yield findings("x", file, [raw])[0]
            yield propose(agent="x", title="t", description="", rationale="", risk_level=RiskLevel.LOW,
                          edits=[modify(file, "y")], bases={file.path: file.text})
"""


async def test_findings_and_proposals_pass_under_the_configured_name(tmp_path):
    (finding,), (proposal,) = await ask(load(tmp_path, PROPOSER), tmp_path, {"x.py": "x"}, word="hello")
    assert (finding.agent, finding.message, proposal.agent) == ("Mine", "hello", "Mine")
    assert not (tmp_path / "__pycache__").exists()


async def test_code_of_a_folder_that_is_not_trusted_is_not_run_and_that_is_said(tmp_path):
    specialist = load(tmp_path, "raise SystemExit('was run')", trusted=False)
    assert specialist.name == "Mine"
    with pytest.raises(Untrusted, match="not trusted"):
        await ask(specialist, tmp_path, {"x.py": "x = 1\n"})
    assert await specialist.refine([], None) == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", "could not be loaded.*ZeroDivisionError"),
        ("class Other: ...", "could not be loaded.*AttributeError"),
        ("class Mine: ...", "has no `propose`"),
        ("class Mine:\n    async def propose(self, context):\n        return [1]", "gave a int"),
        ("class Mine:\n    async def propose(self, context):\n        raise KeyError('k')", "Mine failed: KeyError"),
        ("class Mine:\n    def propose(self, context):\n        return [][0]", "Mine failed: IndexError"),
        ("class Mine:\n    async def propose(self, context):\n        return 5", "Mine failed: TypeError"),
    ],
)
async def test_one_that_fails_says_so_under_its_name(tmp_path, source, message):
    with pytest.raises(AmbientError, match=message) as caught:
        await ask(load(tmp_path, source), tmp_path, {"x.py": "x = 1\n"})
    assert "Mine" in str(caught.value)


@pytest.mark.parametrize("place", ["../mine.py:Mine", "missing.py:Mine", "mine.py", "no.such.module:Mine"])
async def test_a_place_that_cannot_be_used_says_so(tmp_path, place):
    (tmp_path / "in").mkdir()
    (tmp_path / "mine.py").write_text("class Mine: ...\n")
    (specialist,) = registry.specialists(configured(["Mine"], Mine=place), tmp_path / "in", True)
    with pytest.raises(AmbientError, match="Mine"):
        await ask(specialist, tmp_path, {"x.py": "x = 1\n"})


async def test_an_installed_package_offers_its_specialist_by_name(tmp_path, monkeypatch):
    (tmp_path / "offering.py").write_text("class Offered:\n    async def propose(self, context):\n        return []\n")
    info = tmp_path / "offering-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offering\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[ambient.specialists]\nOffered = offering:Offered\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    (specialist,) = registry.specialists(configured(["Offered"]), tmp_path, trusted=False)
    assert await ask(specialist, tmp_path, {"x.py": "x = 1\n"}) == ([], [])
    with pytest.raises(ConfigError, match="Did you mean `Offered`"):
        registry.specialists(configured(["Ofered"]), tmp_path, trusted=False)


async def test_a_file_that_fails_does_not_stop_the_others(tmp_path):
    class Picky(StyleEnforcer):
        async def _look(self, reports, snapshot, context, bench, settings):
            if snapshot.path == "a.py":
                raise AmbientError("no luck")
            async for item in super()._look(reports, snapshot, context, bench, settings):
                yield item

    with pytest.raises(AmbientError, match="1 of 2 files") as caught:
        await ask(Picky(), tmp_path, {"a.py": "import os\n", "b.py": "import os\n"})
    assert "a.py: no luck" in str(caught.value)


async def test_a_diff_that_fits_nowhere_is_kept_for_its_author(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "class Mine:\n"
        "    async def propose(self, context):\n"
        "        return [{'title': 't', 'diff': '--- a/a.py\\n+++ b/a.py\\n@@ -1 +1 @@\\n-nothing alike\\n+x\\n',"
        " 'files_touched': ['a.py']}]\n"
    )
    specialist = custom.load("Mine", "mine.py:Mine", tmp_path, trusted=True)
    with pytest.raises(AmbientError):
        await ask(specialist, tmp_path, {"a.py": "value = 1\n"})
    [bundle] = (tmp_path / ".ambient" / "patch_debug").iterdir()
    assert "nothing alike" in (bundle / "change.diff").read_text()
    assert "a.py" in (bundle / "report.json").read_text()
