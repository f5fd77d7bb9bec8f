"""Evaluate expressions and say what they did. Runs inside the sandbox, with the project's own interpreter.

    python observe.py request.json result.json

The request is `{"setup": source, "calls": [expression, ...], "seconds": 2.0}`. The result is `{"error": "",
"observations": [...]}`, where each observation has the fields of `protocols.Observation`; `error` says why the setup
could not run, and then there are no observations.

Every expression is evaluated twice, in two interpreters with different hash seeds and in opposite orders, and each time
in a fork of its own, so that none sees what another one did. A function that did not end twice is not called again.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import zlib
from itertools import islice
from pathlib import Path
from typing import Any

MOST_CHARACTERS = 2000
MOST_ITEMS = 1000
MOST_STEPS = 300
_PATIENCE = 2
_UNENDED = ("Timeout", "Skipped")
_QUICK = 0.1


def main(request_path: str, result_path: str) -> None:
    """Run both passes and write the merged result."""
    first = _pass(request_path, seed="0", order="forward")
    second = _pass(request_path, seed="1", order="backward", skip=_hopeless(first.get("observations", ())))
    error = first.get("error") or second.get("error") or ""
    observations = []
    if not error:
        for one, other in zip(first["observations"], second["observations"]):  # noqa: B905 (Python 3.9 has no `strict`)
            same = _same(one, other)
            if not same and other["exception"] in _UNENDED:
                # It ended once, or was not tried twice: on a busy machine that says nothing.
                one = _observation(one["expression"], exception="Skipped")
            observations.append({**one, "deterministic": same and one["exception"] not in _UNENDED})
    Path(result_path).write_text(json.dumps({"error": error, "observations": observations}), encoding="utf-8")


def _hopeless(observations: list[dict[str, Any]]) -> list[str]:
    """Return what need not be tried a second time: all that did not end but the first of each function."""
    unended = [one["expression"] for one in observations if one["exception"] in _UNENDED]
    first = {_function(call): call for call in reversed(unended)}
    return [call for call in unended if first[_function(call)] != call]


def _function(call: str) -> str:
    return call.removeprefix("list(").split("(")[0]


def _pass(request_path: str, seed: str, order: str, skip: list[str] | None = None) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    environment["AMBIENT_SKIP"] = json.dumps(skip or [])
    done = subprocess.run(
        [sys.executable, __file__, "--pass", order, request_path],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    # The last line is ours; what the setup printed came before it.
    lines = done.stdout.decode("utf-8", "replace").strip().split("\n")
    try:
        answer: dict[str, Any] = json.loads(lines[-1])
    except ValueError:
        return {"error": done.stderr.decode("utf-8", "replace")[-500:] or "The interpreter ended early."}
    return answer


def _evaluate_all(request_path: str, order: str) -> dict[str, Any]:
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    for folder in ("src", "."):
        if Path(folder).is_dir():
            sys.path.insert(0, str(Path(folder).resolve()))
    names: dict[str, Any] = {"__name__": "observed"}
    try:
        # Running this is the script's whole purpose; the sandbox around it is what makes that safe.
        exec(compile(request["setup"], "<setup>", "exec"), names)  # noqa: S102
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}
    calls = list(enumerate(request["calls"]))
    if order == "backward":
        calls.reverse()
    results: dict[int, dict[str, Any]] = {}
    hung: dict[str, int] = {}
    skipped = frozenset(json.loads(os.environ.pop("AMBIENT_SKIP", "[]")))
    for index, call in calls:
        function = _function(call)
        if call in skipped or (function and hung.get(function, 0) >= _PATIENCE):
            results[index] = _observation(call, exception="Skipped")
            continue
        results[index] = _in_fork(call, names, float(request.get("seconds", 2.0)))
        hung[function] = hung.get(function, 0) + (results[index]["exception"] == "Timeout")
    return {"error": "", "observations": [results[index] for index in range(len(calls))]}


def _in_fork(call: str, names: dict[str, Any], seconds: float) -> dict[str, Any]:
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        answer = json.dumps(_evaluate(call, names)).encode()
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(writer)
    answer = _read(reader, time.monotonic() + seconds)
    os.close(reader)
    # The child leads its own session, so this ends what it started as well.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        told: dict[str, Any] = json.loads(answer)
    except ValueError:
        return _observation(call, exception="Timeout")
    return told


def _read(reader: int, deadline: float) -> bytes:
    chunks: list[bytes] = []
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            return b""
        chunk = os.read(reader, 65536)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def _evaluate(call: str, names: dict[str, Any]) -> dict[str, Any]:
    started = time.monotonic()
    steps = _Steps(str(Path.cwd()))
    try:
        value, changed, changed_at = _called(call, names, steps)
        text = repr(value)
        kind = type(value).__name__
    except BaseException as error:
        message = str(error)[:200] if isinstance(error, Exception) else ""
        return _observation(call, exception=type(error).__name__, message=message, steps=steps.seen)
    again = ""
    if time.monotonic() - started < _QUICK:
        with contextlib.suppress(BaseException):
            # What a call leaves behind (a default that grows, say) shows when it is made a second time.
            second = repr(_called(call, names, None)[0])
            again = second if second != text and len(second) <= MOST_CHARACTERS else ""
    shown = text if len(text) <= MOST_CHARACTERS else ""
    return {
        **_observation(call, value=shown, kind=kind, changed=changed, again=again, steps=steps.seen),
        "changed_at": changed_at,
    }


def _called(call: str, names: dict[str, Any], steps: _Steps | None) -> tuple[Any, str, int]:
    """Return the value of an expression and, of a plain call, the first argument that it changed, and its place."""
    tree = ast.parse(call, mode="eval")
    outer = tree.body
    lazy = isinstance(outer, ast.Call) and _name(outer) == "list" and len(outer.args) == 1
    plain = outer.args[0] if lazy and isinstance(outer, ast.Call) else outer
    if not isinstance(plain, ast.Call) or not _name(plain):
        return eval(compile(tree, "<call>", "eval"), names), "", 0  # noqa: S307 (the sandbox makes that safe)
    function = _value(plain.func, names)
    arguments = [_value(one, names) for one in plain.args]
    keywords = {str(one.arg): _value(one.value, names) for one in plain.keywords}
    before = [repr(one) for one in arguments]
    if steps is not None:
        sys.settrace(steps.called)
    try:
        value = function(*arguments, **keywords)
        if lazy:
            value = list(islice(value, MOST_ITEMS + 1))
    finally:
        sys.settrace(None)
    after = [repr(one) for one in arguments]
    for place, (old, new) in enumerate(zip(before, after)):  # noqa: B905 (Python 3.9 again)
        if old != new:
            return value, new[:MOST_CHARACTERS], place
    return value, "", 0


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(node), "<call>", "eval"), names)  # noqa: S307 (the sandbox makes that safe)


class _Steps:
    """Which line came after which in the tree's own files, as numbers that are the same in every run."""

    def __init__(self, tree: str) -> None:
        self._tree = tree
        self._last: dict[int, int] = {}
        self._seen: set[int] = set()

    @property
    def seen(self) -> list[int]:
        """The steps so far, in order."""
        return sorted(self._seen)[:MOST_STEPS]

    def called(self, frame: Any, _event: str, _argument: Any) -> Any:
        """Watch a frame of the tree's files, and none of what is installed."""
        name = frame.f_code.co_filename
        return self._ran if name.startswith(self._tree) and "site-packages" not in name else None

    def _ran(self, frame: Any, event: str, _argument: Any) -> Any:
        if event == "line":
            step = f"{frame.f_code.co_filename[len(self._tree) :]}:{self._last.get(id(frame), 0)}:{frame.f_lineno}"
            self._seen.add(zlib.crc32(step.encode("utf-8", "replace")))
            self._last[id(frame)] = frame.f_lineno
        elif event == "return":
            self._last.pop(id(frame), None)
        return self._ran


def _observation(
    call: str,
    value: str = "",
    kind: str = "",
    exception: str = "",
    message: str = "",
    changed: str = "",
    again: str = "",
    steps: list[int] | None = None,
) -> dict[str, Any]:
    return {
        "expression": call,
        "value_repr": value,
        "type_name": kind,
        "exception": exception,
        "deterministic": True,
        "message": message,
        "changed": changed,
        "again": again,
        "steps": steps or [],
    }


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if (one["type_name"], one["exception"]) != (other["type_name"], other["exception"]):
        return False
    if one["value_repr"] == other["value_repr"]:
        return True
    try:
        # A set may be printed in another order.
        return bool(ast.literal_eval(one["value_repr"]) == ast.literal_eval(other["value_repr"]))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


if __name__ == "__main__":
    if sys.argv[1] == "--pass":
        sys.stdout.write("\n" + json.dumps(_evaluate_all(sys.argv[3], sys.argv[2])) + "\n")
    else:
        main(sys.argv[1], sys.argv[2])
