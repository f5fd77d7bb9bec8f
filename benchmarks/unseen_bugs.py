"""Thirty more small algorithms with one bug each, written before anybody looked at the generator for them.

    python -m benchmarks.bugs --unseen > result.md

The thirty of `benchmarks.bugs` were at hand while the generator was written, so it may fit them too well. These were
written afterwards, by somebody who had not read it, and its first run on them is kept in docs/test-benchmark.md.
"""

from __future__ import annotations

import json
from pathlib import Path

ALGORITHMS = Path(__file__).parent / "unseen"
SECOND = Path(__file__).parent / "unseen_two"
"""Thirty more, by a stranger, for the policy that only what is confirmed becomes a test."""

BUGS = {
    "bisect_right": ("if value < items[middle]", "if value <= items[middle]"),
    "from_roman": ("if value < before:", "if value <= before:"),
    "luhn": ("if place % 2 == 1:", "if place % 2 == 0:"),
    "hamming": ("    if len(left) != len(right):\n", "    if len(left) > len(right):\n"),
    "lfu_cache": ("        self._uses[key] += 1\n        return", "        return"),
    "insert_interval": ("if last < start:", "if last <= start:"),
    "rotate_matrix": ("matrix[size - 1 - row][column]", "matrix[row][size - 1 - column]"),
    "rle": (
        '            parts.append(f"{count}{previous}")\n            count = 1\n',
        '            parts.append(f"{count}{previous}")\n            count = 0\n',
    ),
    "from_base": ("if digit >= base:", "if digit > base:"),
    "kahn": ("if len(order) < len(dependencies):", "if not order and dependencies:"),
    "kadane": ("current = max(number, current + number)", "current = max(0, current + number)"),
    "next_permutation": ("while items[other] <= items[pivot]:", "while items[other] < items[pivot]:"),
    "flood_fill": ("(y, x + 1), (y, x - 1)]", "(y, x + 1)]"),
    "spiral": ("if top < bottom and left < right:", "if top <= bottom and left <= right:"),
    "lcm": ("return reduce(lcm, numbers, 1)", "return reduce(lcm, numbers, 0)"),
    "prime_factors": ("while divisor * divisor <= number:", "while divisor * divisor < number:"),
    "gray_code": ("        number ^= code\n        code >>= 1\n", "        code >>= 1\n        number ^= code\n"),
    "bracket_pairs": ("    if open_places:\n        raise", "    if len(open_places) > 1:\n        raise"),
    "priority_queue": ("parent = (child - 1) // 2", "parent = child // 2 - 1"),
    "add_months": ("min(day.day, last)", "min(day.day, 28)"),
    "wrap_text": ("len(line) + 1 + len(word) <= width", "len(line) + len(word) <= width"),
    "parse_csv": ("    fields.append(field)\n    return", "    if field:\n        fields.append(field)\n    return"),
    "compare_versions": (
        "        if int(a) != int(b):\n            return -1 if int(a) < int(b) else 1\n",
        "        if int(a) != int(b):\n            return -1 if a < b else 1\n",
    ),
    "parse_ipv4": ("int(part) > 255", "int(part) > 256"),
    "histogram": ("counts[min(int((value - low) / width), bins - 1)]", "counts[int(value / width) % bins]"),
    "coin_change": ("for total in range(1, amount + 1):", "for total in range(1, amount):"),
    "trie": ("return node is not None and None in node", "return node is not None"),
    "caesar": ('ord("A") + shift) % 26 + ord("A")', 'ord("A") + shift) % 25 + ord("A")'),
    "median": ("(ordered[middle - 1] + ordered[middle]) / 2", "(ordered[middle] + ordered[middle + 1]) / 2"),
    "format_duration": ('return f"{hours}h {minutes:02d}m {seconds:02d}s"', 'return f"{hours}h {minutes}m {seconds}s"'),
}


def second() -> dict[str, tuple[str, str]]:
    """Return the bugs of the second thirty: the text, and what stands there in its place."""
    told = json.loads((SECOND / "bugs.json").read_text(encoding="utf-8"))
    return {name: (old, new) for name, (old, new, *_) in told.items()}
