"""Anything, or anyone, plays the model: each question is written as a file, the answer read from one when it appears.

`0001.request.md` is for people, `0001.request.json` for programs. The answer is `0001.reply.md` (its text as it is) or
`0001.reply.json` (the fields of `Answer`, so also a fault). Write it under another name and rename it, or in one go.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

from ambient_lsp.errors import ConfigError
from ambient_lsp.llm.fake.script import Answer, Question, answer_of

if TYPE_CHECKING:
    from pathlib import Path

_LOOK_SECONDS = 0.1


class Directory:
    """Gives the replies of a script out of a folder, which is made where it is missing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        numbers = (path.name.partition(".")[0] for path in folder.glob("*.request.json"))
        self._before = max((int(name) for name in numbers if name.isdigit()), default=0)

    async def __call__(self, question: Question) -> Answer:
        """Write the question and wait for its answer, as long as it takes."""
        name = f"{self._before + question.number:04}"
        said = [f"## {role}\n\n{text}\n" for role, text in question.messages]
        self._write(f"{name}.request.json", json.dumps(question.body, indent=1, ensure_ascii=False) + "\n")
        self._write(f"{name}.request.md", f"# Question {name} to {question.model}\n\n" + "\n".join(said))
        text, plain = self._folder / f"{name}.reply.md", self._folder / f"{name}.reply.json"
        size = -1
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            found = next((path for path in (text, plain) if path.exists()), None)
            if found is None:
                continue
            now = found.stat().st_size
            if now != size:  # it may still be on its way; an empty answer is one too
                size = now
                continue
            content = found.read_text("utf-8", "replace")
            if found == text:
                return Answer(content)
            try:
                return answer_of(json.loads(content), self._folder)
            except (ValueError, ConfigError) as error:
                return Answer(fault="bad_request", message=f"{found.name}: {error}")

    def _write(self, name: str, content: str) -> None:
        temporary = self._folder / f".{name}.new"
        temporary.write_text(content, "utf-8", "replace")
        os.replace(temporary, self._folder / name)  # noqa: PTH105 - the same, and says what it does
