"""Evaluate expressions and say what they did. Runs inside the sandbox, with the project's own interpreter.

    python observe.py request.json result.json

The request is `{"setup": source, "calls": [expression, ...], "seconds": 2.0}`. The result is
`{"error": "", "observations": [{"expression", "value_repr", "type_name", "exception", "deterministic"}, ...]}`; `error`
says why the setup could not run, and then there are no observations.

Every expression is evaluated twice, in two interpreters with different hash seeds and in opposite orders, and each time
in a fork of its own, so that none sees what another one did.
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
from pathlib import Path
from typing import Any

MOST_CHARACTERS = 2000


def main(request_path: str, result_path: str) -> None:
    """Run both passes and write the merged result."""
    first = _pass(request_path, seed="0", order="forward")
    second = _pass(request_path, seed="1", order="backward")
    error = first.get("error") or second.get("error") or ""
    observations = []
    if not error:
        for one, other in zip(first["observations"], second["observations"]):  # noqa: B905 (Python 3.9 has no `strict`)
            one["deterministic"] = _same(one, other)
            observations.append(one)
    Path(result_path).write_text(json.dumps({"error": error, "observations": observations}), encoding="utf-8")


def _pass(request_path: str, seed: str, order: str) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
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
    results = {index: _in_fork(call, names, float(request.get("seconds", 2.0))) for index, call in calls}
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
    try:
        value = eval(compile(call, "<call>", "eval"), names)  # noqa: S307 (see above)
        text = repr(value)
        kind = type(value).__name__
    except BaseException as error:
        return _observation(call, exception=type(error).__name__)
    return _observation(call, value=text if len(text) <= MOST_CHARACTERS else "", kind=kind)


def _observation(call: str, value: str = "", kind: str = "", exception: str = "") -> dict[str, Any]:
    return {
        "expression": call,
        "value_repr": value,
        "type_name": kind,
        "exception": exception,
        "deterministic": True,
    }


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if (one["type_name"], one["exception"]) != (other["type_name"], other["exception"]):
        return False
    if one["exception"] == "Timeout":
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
