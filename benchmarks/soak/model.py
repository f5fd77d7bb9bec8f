"""The model: our fake host with every fault by chance, which can be away for a while and come back where it was."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass

from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.log import Entry, Log
from ambient_lsp.llm.fake.script import FAULTS, Answer, Pace, Question, Script

RATE = 0.025
"""Of each fault; together they spoil about half of the answers."""

MODULE = re.compile(r"shop/m(\d)\.py")
FILE = re.compile(r"file to work on: (\S+)\]")
NOTHING = '```json\n{"findings": []}\n```\n'
SUM = """### Sum the prices with `sum`

`amount += price` is what `sum` does.

shop/m{0}.py
```python
<<<<<<< SEARCH
    amount = 0
    for price in prices:
        amount += price
    return amount - rebate
=======
    return {1}
>>>>>>> REPLACE
```
```json
{{"risk_level": "low", "rule": "use-sum", "path": "shop/m{0}.py", "quote": "        amount += price"}}
```
"""
TELL = """```json
{{"findings": [{{"path": "shop/m{0}.py", "quote": "    return names[0]", "rule": "empty", "message": "It may fail."}}]}}
```
"""
DOCSTRING = """A docstring.

{0}
````python
<<<<<<< SEARCH
def first_{1}(names: list[str]) -> str:
    return names[0]
=======
def first_{1}(names: list[str]) -> str:
    \"\"\"Return the first name.\"\"\"
    return names[0]
>>>>>>> REPLACE
````
"""


def reply(question: Question) -> Answer:
    """Answer as models do: often nothing, sometimes something good, sometimes nonsense."""
    rng = random.Random(question.digest)
    pace = Pace(first=rng.uniform(0, 0.4), between=rng.choice((0, 0.005, 0.02)), piece=64)
    usage = rng.choice(("top", "top", "top", "choices"))
    if files := FILE.findall(question.prompt):
        number = MODULE.search(files[-1])
        words = DOCSTRING.format(files[-1], number[1]) if number else "Nothing to do."
    else:
        modules = MODULE.findall(question.prompt)
        number = modules[-1] if modules else "0"
        good, wrong = SUM.format(number, "sum(prices) - rebate"), SUM.format(number, "sum(prices)")
        words = rng.choice((NOTHING, NOTHING, good, good, wrong, TELL.format(number), "I am sure that all is well."))
    return Answer(words, usage=usage, reasoning=rng.choice(("", "Let me think about it. " * 20)), pace=pace)


@dataclass(slots=True)
class Numbers(Log):
    """The host's log without the texts, which would be gigabytes."""

    def ended(self, entry: Entry) -> None:
        """Take down how it ended."""
        entry.body, entry.text = None, ""
        Log.ended(self, entry)


class Host:
    """The fake host, here or away."""

    def __init__(self, seed: int) -> None:
        self.log = Numbers()
        self._seed = seed
        self._port = 0
        self._host: FakeHost | None = None
        self._coming: asyncio.Task[None] | None = None
        self._script = Script(reply, seed=seed, retry_after=0.2)

    @property
    def url(self) -> str:
        """Its address, the same all the time."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._host.connections if self._host is not None else 0

    def spoil(self, rate: float = RATE) -> None:
        """From now on, let each fault happen at that rate."""
        self._script.faults = dict.fromkeys(FAULTS, rate)

    async def come(self) -> None:
        """Answer."""
        if self._host is None:
            host = FakeHost(self._script, port=self._port)
            host.sums = host.model.log = self.log
            await host.__aenter__()
            self._host, self._port = host, int(host.address.rpartition(":")[2])

    async def leave(self) -> None:
        """Answer no more: connections are refused."""
        host, self._host = self._host, None
        if host is not None:
            await host.__aexit__()

    async def be_away(self, seconds: float) -> None:
        """Leave, and come back after that many seconds."""
        if self._coming is None or self._coming.done():
            await self.leave()
            self._coming = asyncio.create_task(self._come_back(seconds))

    async def end(self) -> None:
        """Leave for good."""
        if self._coming is not None:
            await asyncio.gather(self._coming)
        await self.leave()

    async def _come_back(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.come()
