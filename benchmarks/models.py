"""Streams from a model host: ours beside bare aiohttp and the openai SDK, the batch's wall clock, and memory.

    python benchmarks/models.py [--rounds 3] [--requests 10000] [--json FILE]

The host is `ambient fake-model` in a process of its own. "Unpaced" asks how much a client can do: the host answers at
once, so the client's own work is what is measured (as requests for a second of its processor time, which other work
on the machine does not change, and by the clock). "Paced" is like a real host: 300 ms to the first piece, then 19
pieces 20 ms apart; ideal is 680 ms times requests over streams. The clients take turns (A B C A B C).
Without the openai package its rows are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ambient_lsp.config import Kimi
from ambient_lsp.llm.client import ChatClient, Patience
from ambient_lsp.llm.messages import ChatRequest, Message

MODEL = "kimi-k2.6"
PROMPT = "def f(value):\n    return value + 1\n" * 130  # 4.5 KB
ANSWER = "Nothing is wrong here.\n" * 20
STREAMS = (5, 50, 500)
FIRST, BETWEEN, PIECES = 0.3, 0.02, 20
CALL = FIRST + BETWEEN * (PIECES - 1)

Ask = Callable[[], Awaitable[str]]


@asynccontextmanager
async def ours(url: str, streams: int):
    kimi = Kimi(provider="moonshot", base_url=url, model_id=MODEL, max_concurrency=min(streams, 1000))
    with tempfile.TemporaryDirectory() as state:
        client = ChatClient.from_settings(kimi, start=streams, state=Path(state), patience=Patience(attempts=2))
        request = ChatRequest((Message("user", PROMPT),), "benchmark")

        async def ask() -> str:
            parts = []
            async with client.stream(request) as stream:
                async for delta in stream:
                    parts.append(delta.text)
            return "".join(parts)

        yield ask
        await client.close()


@asynccontextmanager
async def bare_aiohttp(url: str, streams: int):
    """The least that does the job: one session, lines, JSON of each chunk."""
    import aiohttp

    body = {"model": MODEL, "messages": [{"role": "user", "content": PROMPT}], "stream": True, "max_tokens": 8192}

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=streams)) as session:

        async def ask() -> str:
            parts = []
            async with session.post(f"{url}/chat/completions", json=body) as response:
                async for line in response.content:
                    if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                        continue
                    choices = json.loads(line[6:])["choices"]
                    if choices and (text := choices[0]["delta"].get("content")):
                        parts.append(text)
            return "".join(parts)

        yield ask


@asynccontextmanager
async def openai_sdk(url: str, streams: int):
    from openai import AsyncOpenAI

    client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=600)

    async def ask() -> str:
        parts = []
        answer = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": PROMPT}], stream=True, max_tokens=8192
        )
        async for chunk in answer:
            if chunk.choices and (text := chunk.choices[0].delta.content):
                parts.append(text)
        return "".join(parts)

    yield ask
    await client.close()


CLIENTS = {"ours": ours, "aiohttp": bare_aiohttp, "openai": openai_sdk}


async def crowd(ask: Ask, requests: int, streams: int) -> tuple[float, float]:
    """Return seconds by the clock and of this process's processor time for so many requests."""
    left = iter(range(requests))

    async def worker() -> None:
        for _ in left:
            assert await ask() == ANSWER

    gc.collect()
    clock, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(streams)))
    return time.perf_counter() - clock, time.process_time() - processor


async def measured(name: str, url: str, requests: int, streams: int) -> tuple[float, float]:
    async with CLIENTS[name](url, streams) as ask:
        await crowd(ask, streams, streams)  # connections, imports
        return await crowd(ask, requests, streams)


def host(folder: Path, *, paced: bool) -> tuple[subprocess.Popen[str], str]:
    size = -(-len(ANSWER) // PIECES)
    pace = {"first": FIRST, "between": BETWEEN, "piece": size} if paced else {"piece": size}
    script = folder / f"{'paced' if paced else 'unpaced'}.json"
    script.write_text(json.dumps({"replies": [ANSWER], "models": [MODEL], "pace": pace}))
    argv = [sys.executable, "-m", "ambient_lsp", "fake-model", "--script", str(script)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[1])
    assert process.stdout is not None
    return process, process.stdout.readline().split()[2]


def compare(url: str, rounds: int, *, paced: bool) -> list[dict[str, object]]:
    rows = []
    names = [name for name in CLIENTS if name != "openai" or importlib.util.find_spec("openai")]
    for streams in STREAMS:
        requests = max(100, streams * 3) if paced else max(200, streams * 2)
        if paced and streams == 5:
            requests = 30
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                taken[name].append(asyncio.run(measured(name, url, requests, streams)))
        clock = {name: statistics.median(one[0] for one in found) for name, found in taken.items()}
        work = {name: statistics.median(one[1] for one in found) for name, found in taken.items()}
        for name in names:
            row = {"pace": "paced" if paced else "unpaced", "streams": streams, "client": name, "requests": requests}
            row["requests_per_second"] = round(requests / clock[name], 1)
            row["ms_processor"] = round(work[name] / requests * 1000, 2)
            row["ours_by_clock"] = round(clock[name] / clock["ours"], 2)
            row["ours_by_processor"] = round(work[name] / work["ours"], 2)
            if paced:
                row["wall_to_ideal"] = round(clock[name] / (requests / streams * CALL), 3)
            rows.append(row)
            print("  ".join(f"{key}={value}" for key, value in row.items()), flush=True)
    return rows


async def memory(url: str, requests: int) -> list[float]:
    """Return megabytes resident after each tenth of the requests."""
    sizes = []
    async with ours(url, 50) as ask:
        await crowd(ask, 500, 50)
        for _ in range(10):
            await crowd(ask, requests // 10, 50)
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            sizes.append(round(pages * resource.getpagesize() / 2**20, 1))
    return sizes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=10_000, help="for the memory")
    parser.add_argument("--only", choices=["unpaced", "paced", "memory"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.pop("HTTP_PROXY", None)
    os.environ.pop("http_proxy", None)
    rows: list[dict[str, object]] = []
    for paced in (False, True):
        if options.only not in (None, "paced" if paced else "unpaced") and not (options.only == "memory" and not paced):
            continue
        with tempfile.TemporaryDirectory() as folder:
            process, url = host(Path(folder), paced=paced)
            try:
                if options.only != "memory":
                    rows += compare(url, options.rounds, paced=paced)
                if not paced and options.only in (None, "memory"):
                    sizes = asyncio.run(memory(url, options.requests))
                    print(f"memory over {options.requests:,} requests, MB: {sizes}")
                    rows.append({"memory_mb": sizes})
            finally:
                process.terminate()
                process.wait()
    print(f"load average {os.getloadavg()[0]:.1f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
