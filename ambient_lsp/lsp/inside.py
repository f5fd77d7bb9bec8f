"""What this process holds at this moment: tasks, threads, sessions. For bug reports, and to look for leaks."""

from __future__ import annotations

import asyncio
import gc
import re
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ambient_lsp.lsp.session import Session

_MOST_TYPES = 60
_NUMBER = re.compile(r"[-_]?\d+|(?<=ambient-run)-.*")


def look(session: Session, options: dict[str, Any]) -> dict[str, Any]:
    """Return counts by name, none of them a user's text; `blocks` are the pieces of memory that Python has given out.

    With `objects`, also how many objects of each type live.
    """
    found: dict[str, Any] = {
        "tasks": dict(Counter(map(_task, asyncio.all_tasks()))),
        "threads": dict(Counter(_NUMBER.sub("", thread.name) for thread in threading.enumerate())),
        "documents": sum(1 for _ in session.documents),
        "runs": len(session.runs),
        "blocks": sys.getallocatedblocks(),
    }
    if options.get("objects"):
        gc.collect()
        # One step of the interpreter: whoever holds a tuple that another thread is filling makes that thread fail.
        types = Counter(list(map(type, gc.get_objects()))).most_common(_MOST_TYPES)
        found["objects"] = {f"{kind.__module__}.{kind.__qualname__}": count for kind, count in types}
    return found


def _task(task: asyncio.Task[Any]) -> str:
    """Return the name that was given to a task, else the name of its coroutine."""
    if not task.get_name().startswith("Task-"):
        return _NUMBER.sub("", task.get_name())
    return str(getattr(task.get_coro(), "__qualname__", "?"))
