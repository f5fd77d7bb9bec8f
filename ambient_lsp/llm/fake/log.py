"""The fake host's own record of every question and every byte of the answers, for others to compare theirs with."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import IO, Any


@dataclass(slots=True)
class Entry:
    """One question. `completion` counts the tokens that were sent, `sent` the bytes of the whole body.

    `finished` tells that the answer was sent to its end, `left` that the client went away before; `in_flight` is how
    many questions were under way when this one came. Tokens are those that the host charges for; `told` says whether it
    has reported them as its usage. `received` is the size of the question's body in bytes.
    """

    number: int
    at: float
    path: str
    model: str
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0
    status: int = 200
    fault: str = ""
    sent: int = 0
    received: int = 0
    told: bool = False
    text: str = ""
    seconds: float = 0.0
    first_seconds: float = 0.0
    finished: bool = False
    left: bool = False
    in_flight: int = 0
    body: Any = None


@dataclass(slots=True)
class Log:
    """All questions in the order in which they came. `file` gets each as a line of JSON when it has ended.

    Without `keep` only the sums stay in memory.
    """

    file: IO[str] | None = None
    keep: bool = True
    entries: list[Entry] = field(default_factory=list)
    questions: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    other_requests: int = 0

    def began(self, entry: Entry) -> None:
        """Take down a question that has come."""
        self.questions += 1
        if self.keep:
            self.entries.append(entry)

    def ended(self, entry: Entry) -> None:
        """Take down how it ended."""
        self.prompt += entry.prompt
        self.cached += entry.cached
        self.completion += entry.completion
        if self.file is not None:
            self.file.write(json.dumps(dataclasses.asdict(entry), ensure_ascii=False) + "\n")
            self.file.flush()
