"""A model host that knows the right answer to one task, and fails on the way to it in every way that hosts do.

The task is a docstring for every function that has none. Each fault meets each question with the same chance, drawn
by the question alone: whichever order the questions come in, and however often a batch is killed, it is the same play.
"""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.llm.fake import Answer, Pace, Question, Script

if TYPE_CHECKING:
    from collections.abc import Callable

TASK = "Add a docstring to every function that has none"
MODEL = "coder-1"
PRICE = (0.1, 1.0, 4.0)
REFUSED = ("rate_limit", "overloaded", "quota", "bad_gateway", "unavailable", "gateway_timeout", "server_error")
BROKEN = ("cut at once", "cut", "error at once", "error", "stall", "empty", "page", "huge", "misfit")
ODD = ("drip", "no end mark", "usage in choices", "no usage", "thoughts", "not streamed")
FAULTS = (*REFUSED, *BROKEN, *ODD)
_ASKED = re.compile(r"(?:lines (\d+) to (\d+) of the )?file to work on: (\S+)\]")
_MOST_FUNCTIONS = 12


@dataclass(frozen=True, slots=True)
class Change:
    """A docstring that goes in before line `at` (from 1) of a text."""

    at: int
    search: str
    replace: str
    docstring: str


def asked_about(told: str) -> tuple[str, str, str]:
    """Return the first and the last line that a question is about, empty for all, and the file."""
    found: tuple[str, str, str] = _ASKED.findall(told)[-1]
    return found


def changes(text: str) -> list[Change]:
    """Return what the task comes to: one change for each function whose beginning is found once in the text."""
    lines = text.split("\n")
    try:
        functions = [
            one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
    except (SyntaxError, ValueError):
        return []
    made: list[Change] = []
    taken = 0
    for function in sorted(functions, key=lambda one: one.lineno):
        body = function.body[0]
        first = min(body.lineno, *(one.lineno for one in [body, *getattr(body, "decorator_list", ())]))
        head, rest = lines[function.lineno - 1 : first - 1], lines[first - 1 : body.end_lineno]
        if ast.get_docstring(function) is not None or function.lineno <= taken or not head:
            continue
        if lines[body.lineno - 1].encode()[: body.col_offset].strip():  # on the line of the colon
            continue
        if any(not line.strip() or line.strip().startswith("#") for line in head):
            continue
        indent = rest[0][: len(rest[0]) - len(rest[0].lstrip())]
        docstring = f'{indent}"""Do what `{function.name}` says."""'
        search = "\n".join([*head, *rest])
        if text.count(search) == 1 and "\t" not in indent:
            made.append(Change(first, search, "\n".join([*head, docstring, *rest]), docstring))
            taken = body.end_lineno or first
    return made[:_MOST_FUNCTIONS]


def expected(text: str) -> str:
    """Return the whole text as it is to be in the end."""
    lines = text.split("\n")
    for change in reversed(changes(text)):
        lines.insert(change.at - 1, change.docstring)
    return "\n".join(lines)


class Faulty:
    """Answers about files that `read` gives. `rate` is the chance of each fault for each question."""

    def __init__(
        self, read: Callable[[str], str], *, rate: float = 0.1, seed: int = 1, pace: Pace | None = None
    ) -> None:
        self.met: Counter[str] = Counter()
        """How often each fault was played."""
        self._read = read
        self._rate = rate
        self._seed = seed
        self._sent: Counter[str] = Counter()
        self.script = Script(self._answer, models=(MODEL,), kind="vllm", refuses=("temperature",), pace=pace or Pace())

    def _answer(self, question: Question) -> Answer:
        first, last, path = asked_about(question.messages[1][1])
        key = f"{path}:{first}"
        faults = self._faults(key)
        number = self._sent[key]
        if "temperature" in question.body:  # is refused before it is looked at
            return Answer()
        self._sent[key] += 1
        good = self._good(path, int(first or 1), int(last or 10**9))
        broken = [fault for fault in faults if fault not in ODD]
        if number < len(broken):
            self.met[broken[number]] += 1
            return _spoilt(good, broken[number], path)
        odd = [fault for fault in faults if fault in ODD]
        self.met.update(odd)
        return Answer(
            good,
            fault="drip" if "drip" in odd else "",
            done="no end mark" not in odd,
            usage="none" if "no usage" in odd else "choices" if "usage in choices" in odd else "top",
            reasoning="Let me look at the functions. " * 8 if "thoughts" in odd else "",
            stream="not streamed" not in odd,
        )

    def _faults(self, key: str) -> list[str]:
        drawn = random.Random(f"{self._seed}:{key}")
        return drawn.sample(faults := [one for one in FAULTS if drawn.random() < self._rate], len(faults))

    def _good(self, path: str, first: int, last: int) -> str:
        found = [one for one in changes(self._read(path)) if first <= one.at <= last]
        if not found:
            return "NOTHING TO DO: every function says what it does."
        blocks = "\n".join(f"<<<<<<< SEARCH\n{one.search}\n=======\n{one.replace}\n>>>>>>> REPLACE\n" for one in found)
        return f"Docstrings where there were none.\n\n{path}\n````python\n{blocks}````\n"


def _spoilt(good: str, fault: str, path: str) -> Answer:
    if fault == "misfit":
        block = "<<<<<<< SEARCH\nthis line is nowhere in the file\n=======\npass\n>>>>>>> REPLACE\n"
        return Answer(f"Done.\n\n{path}\n````python\n{block}````\n")
    name, _, at_once = fault.partition(" at ")
    # Slow enough that the host sees when nobody listens any more, as one that has to think does.
    pace = Pace(between=0.02) if fault == "huge" else None
    return Answer(good, fault=name, after=0 if at_once else 2, pace=pace)
