"""What the fake host is to say: scripts from YAML, JSON or Python, and faults by chance that are the same every time.

A script's `replies` are tried in their order. One with `match` answers every question that holds this text (a regular
expression), one without answers once, and the last of these from then on; `times` says otherwise.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ambient_lsp.errors import ConfigError
from ambient_lsp.llm.fake.cache import BLOCK_TOKENS, SECONDS

# Status, type and words of each refusal, as hosts really write them.
REFUSALS: dict[str, tuple[int, str, str]] = {
    "bad_request": (400, "invalid_request_error", "Invalid request: it could not be understood"),
    "too_long": (400, "invalid_request_error", "Your request exceeded the model's maximum context length"),
    "content_filter": (400, "content_filter", "The request was rejected by the content_filter"),
    "unauthorized": (401, "invalid_authentication_error", "Invalid Authentication"),
    "forbidden": (403, "permission_denied_error", "The API you are accessing is not open"),
    "no_model": (404, "resource_not_found_error", "Not found the model, or permission denied"),
    "rate_limit": (429, "rate_limit_reached_error", "Your account reached max request concurrency, try again later"),
    "overloaded": (429, "engine_overloaded_error", "The engine is currently overloaded, please try again later"),
    "quota": (429, "exceeded_current_quota_error", "You exceeded your current quota, please check your billing"),
    "server_error": (500, "server_error", "Internal error"),
    "bad_gateway": (502, "", "Bad Gateway"),
    "unavailable": (503, "", "server busy, please try again. maximum pending requests exceeded"),
    "gateway_timeout": (504, "", "Gateway Timeout"),
    "redirect": (307, "", "Moved"),
}
SPOILED = ("cut", "error", "stall", "empty", "drip", "huge", "page")
FAULTS = (*REFUSALS, *SPOILED)
_MARK = re.compile(r"\[part ([0-9a-f]{10}): ")  # another in each process that asks
HUGE = 10_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How an answer is sent: seconds before the first piece and between pieces, and characters in a piece."""

    first: float = 0.0
    between: float = 0.0
    piece: int = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply and how it goes wrong. `after` is how many pieces come before a fault in the middle.

    With `digest`, as recordings have it, it answers only the question that has this digest. With `tool`, it wants that
    tool used.
    """

    reply: str = ""
    reasoning: str = ""
    match: str = ""
    digest: str = ""
    model: str = ""
    times: int = 0
    fault: str = ""
    message: str = ""
    retry_after: float | None = None
    after: int = 2
    answers_as: str = ""
    usage: Literal["top", "choices", "none"] = "top"
    done: bool = True
    finish: str = "stop"
    reasoning_field: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    stream: bool = True
    pace: Pace | None = None
    tool: str = ""


@dataclass(frozen=True)
class Question:
    """What the host was asked."""

    number: int
    path: str
    body: Mapping[str, Any]

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return str(self.body.get("model", ""))

    @property
    def text(self) -> str:
        """The last message."""
        messages = self.messages
        return messages[-1][1] if messages else ""

    @cached_property
    def messages(self) -> list[tuple[str, str]]:
        """Role and text of every message."""
        found = self.body.get("messages")
        listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return [(str(one.get("role", "")), str(one.get("content", ""))) for one in listed]

    @cached_property
    def digest(self) -> str:
        """What tells this question from others, whichever model it goes to, and whatever marks its parts have."""
        told = repr(self.messages)
        for mark in set(_MARK.findall(told)):
            told = told.replace(mark, "MARK")
        return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()

    @cached_property
    def prompt(self) -> str:
        """All messages, and what else counts as the beginning of a prompt, as one text."""
        settings = [str(self.body[name]) for name in ("tools", "thinking", "think") if name in self.body]
        return "\x1e".join([self.model, *settings, *(f"{role}\x1f{text}" for role, text in self.messages)])


Reply = Answer | str
Replies = Sequence[Answer] | Callable[[Question], Reply | Awaitable[Reply]]


@dataclass
class Script:
    """Everything that the fake host does. `replies` may be a function of the question, no `models` means any.

    A host of the kind "ollama" reads no more than `context` tokens, or `num_ctx` of them, and says nothing about it.
    `faults` are rates by name (`{rate_limit: 0.1}`), drawn with `seed`; `refuses` are fields answered with 400. The
    `cache` keeps beginnings of prompts in blocks of `cache_block` tokens, for `cache_seconds` after their last use.
    """

    replies: Replies = (Answer("OK"),)
    models: Sequence[str] = ("kimi-k2.6", "kimi-k2.7-code", "kimi-k3")
    retired: Mapping[str, str] = field(default_factory=lambda: {"kimi-k2.5": "kimi-k2.6"})
    kind: Literal["moonshot", "ollama", "vllm", "openrouter", "plain"] = "moonshot"
    key: str = ""
    concurrency: int = 0
    context: int = 262_144
    fixed_sampling: bool = True
    refuses: Sequence[str] = ()
    pace: Pace = Pace()
    faults: Mapping[str, float] = field(default_factory=dict)
    seed: int = 1
    retry_after: float | None = None
    cache: bool = True
    cache_block: int = BLOCK_TOKENS
    cache_seconds: float = SECONDS

    def __post_init__(self) -> None:
        wrong = [name for name in self.faults if name not in FAULTS]
        if not callable(self.replies):
            wrong += [one.fault for one in self.replies if one.fault and one.fault not in FAULTS]
        if wrong:
            raise ConfigError(f"There is no fault `{wrong[0]}`.", next_step=f"There are {', '.join(FAULTS)}.")
        self._used: Counter[int] = Counter()
        self._asked: Counter[bytes] = Counter()

    @classmethod
    def read(cls, path: Path) -> Script:
        """Read a script from a YAML or JSON file. Raises `ConfigError`."""
        import json

        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        try:
            text = path.read_text("utf-8")
            recorded = path.suffix == ".jsonl"
            values = [json.loads(line) for line in text.splitlines()] if recorded else YAML(typ="safe").load(text) or {}
        except (OSError, ValueError, YAMLError) as error:
            raise ConfigError(f"{path} cannot be read: {error}.", next_step="A script is YAML or JSON.") from error
        return cls.of(values, path.parent)

    @classmethod
    def of(cls, values: Any, folder: Path | None = None) -> Script:
        """Make a script of plain values; `file` of a reply is read from `folder`. Raises `ConfigError`."""
        if isinstance(values, list):
            values = {"replies": values}
        if not isinstance(values, dict):
            raise ConfigError("A script is a mapping, or a list of replies.")
        values = dict(values)
        if "pace" in values:
            values["pace"] = _made(Pace, values["pace"])
        if "replies" in values:
            values["replies"] = [answer_of(one, folder) for one in values["replies"]]
        script: Script = _made(cls, values)
        return script

    async def answer(self, question: Question) -> Answer:
        """Return what to say to a question; a chance fault takes the place of the fault that a reply has not."""
        if callable(self.replies):
            found = self.replies(question)
            if not isinstance(found, Answer | str):
                found = await found
            answer = Answer(found) if isinstance(found, str) else found
        else:
            answer = self._next(self.replies, question)
        if not answer.fault and (fault := self._by_chance(question)):
            answer = dataclasses.replace(answer, fault=fault)
        return answer

    def _next(self, replies: Sequence[Answer], question: Question) -> Answer:
        last = max((index for index, one in enumerate(replies) if not one.match), default=-1)
        for index, one in enumerate(replies):
            times = one.times or (0 if one.match or one.digest or index == last else 1)
            fits = (not one.match or re.search(one.match, question.prompt)) and one.digest in ("", question.digest)
            if fits and one.model in ("", question.model) and (not times or self._used[index] < times):
                self._used[index] += 1
                return one
        return Answer(fault="bad_request", message="The script has no reply for this question")

    def _by_chance(self, question: Question) -> str:
        """Draw a fault. It depends on the question and how often it was asked, not on the order of the questions."""
        if not self.faults:
            return ""
        digest = hashlib.sha256(question.prompt.encode("utf-8", "replace")).digest()
        self._asked[digest] += 1
        drawn = random.Random(f"{self.seed}:{digest.hex()}:{self._asked[digest]}").random()  # noqa: S311
        for name, rate in self.faults.items():
            if drawn < rate:
                return name
            drawn -= rate
        return ""


def answer_of(value: Any, folder: Path | None = None) -> Answer:
    """Make an answer of plain values: a text, or a mapping with the names of `Answer` and `file` or `size`."""
    if isinstance(value, str):
        return Answer(value)
    if not isinstance(value, dict):
        raise ConfigError("A reply is a text or a mapping.")
    value = dict(value)
    if "file" in value:
        value["reply"] = ((folder or Path()) / value.pop("file")).read_text("utf-8")
    if "size" in value:
        value["reply"] = filler(int(value.pop("size")))
    if isinstance(value.get("pace"), dict):
        value["pace"] = _made(Pace, value["pace"])
    answer: Answer = _made(Answer, value)
    return answer


def filler(size: int) -> str:
    """Return a text of so many characters."""
    line = "The quick brown fox jumps over the lazy dog, again and again.\n"
    return (line * (size // len(line) + 1))[:size]


def _made(kind: Any, values: Any) -> Any:
    names = [one.name for one in dataclasses.fields(kind)]
    wrong = [name for name in values if name not in names]
    if wrong:
        raise ConfigError(f"There is no `{wrong[0]}` in `{kind.__name__}`.", next_step=f"It has {', '.join(names)}.")
    return kind(**values)
