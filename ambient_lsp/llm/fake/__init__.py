"""A model host on this machine that plays a script, for tests, demonstrations and trying out; it needs `[server]`."""

from __future__ import annotations

from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.log import Entry
from ambient_lsp.llm.fake.script import Answer, Pace, Question, Script

__all__ = ["Answer", "Entry", "FakeHost", "Pace", "Question", "Script"]
