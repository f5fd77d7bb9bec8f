"""Soak two real servers, and say what is left behind: `python -m benchmarks.soak --minutes 30`."""

from __future__ import annotations

import argparse
import asyncio
import os
import pickle
import random
import tempfile
from pathlib import Path

from benchmarks.soak import page
from benchmarks.soak.run import soak


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 16))
    parser.add_argument("--every", type=float, default=30, help="seconds between two looks")
    parser.add_argument("--keep", type=Path, help="work in this folder, which must not exist, and keep it")
    parser.add_argument("--page", type=Path, help="write the page there, and its picture beside it")
    options = parser.parse_args()
    for name in [name for name in os.environ if name.startswith(("KIMI_", "MOONSHOT_", "AMBIENT_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        base = options.keep or Path(folder)
        base.mkdir(exist_ok=base == Path(folder), parents=True)
        print(f"seed {options.seed}", flush=True)
        result = asyncio.run(
            soak(
                base.resolve(),
                minutes=options.minutes,
                seed=options.seed,
                every=options.every,
                say=lambda words: print(words, flush=True),
            )
        )
        if options.keep:
            (base / "result.pickle").write_bytes(pickle.dumps(result))
    if options.page:
        page.write(options.page, result)
    for name in ("deeds", "refusals", "faults", "runs", "swarms", "tokens"):
        print(f"{name}: {getattr(result, name)}")
    print(f"kills: {result.kills}; slowest answer: {result.slowest:.1f} s")
    for sentence in result.broken:
        print(f"BROKEN: {sentence}")
    raise SystemExit(1 if result.broken else 0)


if __name__ == "__main__":
    main()
