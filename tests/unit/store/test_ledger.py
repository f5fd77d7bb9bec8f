"""The ledger holds before it spends, never lets two spend the same, and knows what came of every call."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from ambient_lsp.cli.app import run as ambient
from ambient_lsp.config import Budget
from ambient_lsp.errors import BudgetExhausted
from ambient_lsp.llm.messages import Usage
from ambient_lsp.llm.prices import FREE, Price
from ambient_lsp.store.ledger import Spent, SqliteLedger
from ambient_lsp.store.store import open_store
from ambient_lsp.swarm import report
from ambient_lsp.swarm.batch import BatchResult
from ambient_lsp.swarm.journal import BatchRecord

KIMI = Price(cached=0.16, prompt=0.95, completion=4.0)


def opened(folder: Path, clock=lambda: 1_800_000_000.0, **limits: float) -> SqliteLedger:
    open_store(folder).close()
    return SqliteLedger(folder / "state.db", Budget(**limits), clock)


def test_a_call_is_reserved_at_its_most_and_settled_at_what_the_host_counted(tmp_path):
    ledger = opened(tmp_path)
    held = ledger.reserve("r1", "StyleEnforcer", "kimi-k2.6", prompt=1000, completion=500, price=KIMI)
    assert ledger.spent("run", "r1") == Spent(1500, 950 + 2000)
    ledger.settle(held, Usage(prompt=900, completion=100, cached=800), "kimi-k2.6", KIMI)
    assert ledger.spent("run", "r1") == Spent(1000, 95 + 128 + 400)
    ledger.settle(held, Usage(prompt=5, completion=5), "kimi-k2.6", KIMI)
    assert ledger.spent("repo") == Spent(1000, 623), "a second settling counted again"


@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        ({"tokens_per_run": 1000}, "budget.tokens_per_run"),
        ({"tokens_per_day": 1000}, "budget.tokens_per_day"),
        ({"tokens_per_repo": 1000}, "budget.tokens_per_repo"),
        ({"cost_per_run": 0.001}, "budget.cost_per_run"),
        ({"cost_per_day": 0.001}, "budget.cost_per_day"),
        ({"cost_per_repo": 0.001}, "budget.cost_per_repo"),
    ],
)
def test_every_limit_stops_the_next_call_and_names_itself(tmp_path, limits, setting):
    ledger = opened(tmp_path, **limits)
    ledger.reserve("r1", "a", "m", prompt=300, completion=100, price=KIMI)
    with pytest.raises(BudgetExhausted, match="Nothing was sent") as caught:
        ledger.reserve("r1", "a", "m", prompt=500, completion=300, price=KIMI)
    assert caught.value.details["setting"] == setting
    assert ledger.spent("repo").tokens == 400, "a refused call holds something"


def test_what_a_call_gives_back_can_be_used_again(tmp_path):
    ledger = opened(tmp_path, tokens_per_day=1000)
    held = ledger.reserve("r1", "a", "m", prompt=800, completion=100, price=FREE)
    ledger.release(held)
    ledger.reserve("r2", "a", "m", prompt=800, completion=100, price=FREE)


def test_tomorrow_has_an_allowance_of_its_own(tmp_path):
    now = [1_800_000_000.0]
    ledger = opened(tmp_path, lambda: now[0], tokens_per_day=1000)
    held = ledger.reserve("r1", "a", "m", prompt=800, completion=100, price=FREE)
    now[0] += 86400
    ledger.reserve("r1", "a", "m", prompt=800, completion=100, price=FREE)
    ledger.settle(held, Usage(prompt=10, completion=0), "m", FREE)  # of yesterday, and counted there
    assert ledger.spent("day").tokens == 900
    assert ledger.spent("day", "2027-01-15").tokens == 10


def test_an_unknown_price_is_refused_only_where_money_is_limited(tmp_path):
    with pytest.raises(BudgetExhausted, match="is not known"):
        opened(tmp_path).reserve("r1", "a", "new-model", prompt=1, completion=1, price=None)
    no_money = {"cost_per_run": 0, "cost_per_day": 0, "cost_per_repo": 0}
    ledger = opened(tmp_path, **no_money)
    held = ledger.reserve("r1", "a", "new-model", prompt=1, completion=1, price=None)
    ledger.reserve("r1", "a", "new-model", prompt=1, completion=1, price=FREE)
    assert [one.unpriced for one in ledger.used("model")] == [1]
    ledger.settle(held, Usage(1, 1), "known-model", FREE)
    assert [one.unpriced for one in ledger.used("model")] == [0, 0], "the model that answered is known"


RESERVE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tests.unit.store.test_ledger import FREE, opened
opened(Path(sys.argv[1])).reserve("r1", "a", "m", prompt=70, completion=7, price=FREE)
os.kill(os.getpid(), signal.SIGKILL)
"""
RESERVE_OFTEN = """
import sys
from pathlib import Path
from tests.unit.store.test_ledger import FREE, BudgetExhausted, opened
ledger, given = opened(Path(sys.argv[1]), tokens_per_repo=1000), 0
for _ in range(60):
    try:
        ledger.reserve("r", "a", "m", prompt=9, completion=1, price=FREE)
        given += 1
    except BudgetExhausted:
        pass
print(given)
"""
ROOT = Path(__file__).parents[3]


def test_the_reservation_of_a_killed_process_counts_as_used(tmp_path):
    ledger = opened(tmp_path)
    mine = ledger.reserve("r2", "a", "m", prompt=5, completion=5, price=FREE)
    dead = subprocess.run([sys.executable, "-c", RESERVE_AND_DIE, str(tmp_path)], cwd=ROOT, timeout=60)
    assert dead.returncode == -signal.SIGKILL
    assert ledger.recover() == 1
    assert {(one.run_id, one.state, one.tokens) for one in ledger.exchanges()} == {
        ("r2", "open", 10),
        ("r1", "lost", 77),
    }
    assert ledger.spent("repo").tokens == 87
    ledger.settle(mine, Usage(prompt=1, completion=1), "m", FREE)
    assert ledger.recover() == 0


def test_two_processes_never_spend_the_same_allowance(tmp_path):
    opened(tmp_path)
    command = [sys.executable, "-c", RESERVE_OFTEN, str(tmp_path)]
    two = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sum(int(one.communicate(timeout=60)[0]) for one in two) == 100


@pytest.mark.parametrize("by", ["day", "run", "purpose", "model"])
def test_the_command_shows_what_was_used(tmp_path, capsys, by):
    (tmp_path / ".git").mkdir()
    import time

    ledger = opened(tmp_path / ".ambient", time.time)
    held = ledger.reserve("r1", "StyleEnforcer", "kimi-k2.6", prompt=1000, completion=500, price=KIMI)
    ledger.settle(held, Usage(prompt=900, completion=100, cached=800), "kimi-k2.6", KIMI)
    ledger.close()
    assert ambient(["cost", "--root", str(tmp_path), "--by", by, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [(one["calls"], one["tokens"], one["cost"]) for one in shown["used"]] == [(1, 1000, 623)]
    assert ambient(["cost", "--root", str(tmp_path), "--by", by]) == 0
    assert "1,000 tokens of 20,000,000, $0.0006 of $10.00" in capsys.readouterr().out


def test_a_price_that_nobody_knows_is_not_told_as_nothing(tmp_path, capsys):
    (tmp_path / ".git").mkdir()
    import time

    no_money = {"cost_per_run": 0, "cost_per_day": 0, "cost_per_repo": 0}
    ledger = opened(tmp_path / ".ambient", time.time, **no_money)
    ledger.reserve("r1", "a", "new-model", prompt=10, completion=5, price=None)
    ledger.close()
    assert ambient(["cost", "--root", str(tmp_path)]) == 0
    assert "1 of unknown price" in " ".join(capsys.readouterr().out.split())
    words = report.summary(report.as_data(BatchResult(BatchRecord("b", "task", 0.0), (), unpriced=2)))
    assert "$" not in words
    assert "What 2 of the calls cost is not known" in words


def test_where_no_model_was_asked_the_command_says_so(tmp_path, capsys):
    (tmp_path / ".git").mkdir()
    assert ambient(["cost", "--root", str(tmp_path)]) == 0
    assert "No model was asked here" in capsys.readouterr().out


class LedgerMachine(RuleBasedStateMachine):
    """Whatever is reserved, settled, given back or lost: the totals are the sum of the calls, and limits hold."""

    held = Bundle("held")

    @initialize()
    def start(self):
        self.folder = TemporaryDirectory()
        self.ledger = opened(Path(self.folder.name), tokens_per_run=5000, tokens_per_repo=12_000)
        self.most = 0

    @rule(
        target=held,
        run=st.sampled_from(["r1", "r2", "r3"]),
        prompt=st.integers(0, 3000),
        completion=st.integers(0, 1000),
    )
    def reserve(self, run, prompt, completion):
        before = self.ledger.spent("repo").tokens, self.ledger.spent("run", run).tokens
        wanted = prompt + completion
        fits = before[0] + wanted <= 12_000 and before[1] + wanted <= 5000
        try:
            made = self.ledger.reserve(run, "a", "m", prompt=prompt, completion=completion, price=KIMI)
        except BudgetExhausted:
            assert not fits
            return None
        assert fits
        return made, prompt, completion

    @rule(one=consumes(held), part=st.floats(0, 1))
    def settle(self, one, part):
        if one is not None:
            made, prompt, completion = one
            usage = Usage(prompt=int(prompt * part), completion=int(completion * part))
            self.ledger.settle(made, usage, "m", KIMI)

    @rule(one=consumes(held))
    def release(self, one):
        if one is not None:
            self.ledger.release(one[0])

    @invariant()
    def totals_are_the_sum_of_the_calls(self):
        if not hasattr(self, "ledger"):
            return
        calls = self.ledger.exchanges()
        assert self.ledger.spent("repo") == Spent(sum(one.tokens for one in calls), sum(one.cost for one in calls))
        for run in ("r1", "r2", "r3"):
            assert self.ledger.spent("run", run).tokens == sum(one.tokens for one in calls if one.run_id == run)
            assert self.ledger.spent("run", run).tokens <= 5000

    def teardown(self):
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=30, stateful_step_count=25)
