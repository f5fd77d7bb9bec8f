"""The rules that PerformanceOptimizer reports: why each matters, and what the fix does.

Every fix is offered only after the sandbox has measured both versions and found them equal.
"""

from __future__ import annotations

from textwrap import dedent

from ambient_lsp.analyzers.rules import Level, Rule
from ambient_lsp.analyzers.speed import speedup


def _rule(name: str, level: Level, title: str, why: str, fix: str, example: str, better: str = "", *tags: str) -> Rule:
    return Rule(
        name,
        title,
        why,
        fix,
        level,
        ("performance", *tags),
        (),
        dedent(example).strip("\n"),
        dedent(better).strip("\n"),
    )


PERFORMANCE = (
    _rule(
        speedup.MEMBERSHIP, "medium", "Membership test on a list inside a loop",
        "Each test walks the list: O(n²) altogether.",
        "A set is made once before the loop, where all that is looked up is surely hashable.",
        """
        def common(left: list[str], right: list[str]) -> list[str]:
            return [word for word in left if word in right]
        """,
        """
        def common(left: list[str], right: list[str]) -> list[str]:
            right_set = set(right)
            return [word for word in left if word in right_set]
        """, "algorithm",
    ),
    _rule(
        speedup.SEEN, "medium", "List that remembers",
        "Each test walks all that was seen before.",
        "A set in its place; a set beside it where the list is wanted too; `dict.fromkeys` where that is all there is.",
        """
        found = []
        for word in text.split():
            if word not in found:
                found.append(word)
        """,
        """
        found = list(dict.fromkeys(text.split()))
        """, "algorithm",
    ),
    _rule(
        speedup.LITERAL, "low", "Membership test on a long literal",
        "The items are compared one after the other.", "A set literal, which Python makes once.",
        """
        kept = [word for word in line.split() if word not in ("the", "a", "an", "of")]
        """,
        """
        kept = [word for word in line.split() if word not in {"the", "a", "an", "of"}]
        """,
    ),
    _rule(
        speedup.KEYS, "low", "Membership test on a view or a copy",
        "A view or a whole copy is made for each test.", "`in d`, which asks the same.",
        """
        known = [name for name in names if name in list(table)]
        """,
        """
        known = [name for name in names if name in table]
        """,
    ),
    _rule(
        speedup.CONCAT, "low", "Text or tuple that grows in a loop",
        "Each step may copy all that there is so far. CPython spares a plain `+=` on a local text the copy, so it is "
        "measured whether joining gains anything.",
        "The parts are collected in a list and joined behind the loop.",
        """
        line = ""
        for word in words:
            line = word + " " + line
        """,
        """
        line_parts = []
        for word in words:
            line_parts.append(word + " ")
        line = "".join(reversed(line_parts))
        """,
    ),
    _rule(
        speedup.REBUILD, "medium", "Collection made anew in each turn",
        "Each turn copies all that there is so far: O(n²) altogether.",
        "It grows in place, where nobody else can have got hold of it.",
        """
        rows = []
        for line in lines:
            rows = rows + [line.split()]
        """,
        """
        rows = []
        for line in lines:
            rows.append(line.split())
        """, "algorithm",
    ),
    _rule(
        speedup.FLATTEN, "medium", "Lists that are added up",
        "Each sum copies all that was added before: O(n²) altogether.", "One comprehension over all items.",
        """
        words = sum([line.split() for line in lines], [])
        """,
        """
        words = [item for line in lines for item in line.split()]
        """, "algorithm",
    ),
    _rule(
        speedup.FRONT, "medium", "List used from its front",
        "Each `insert(0, ...)` or `pop(0)` moves every item.",
        "A `collections.deque`, or appending and one `reverse`, where no use of the list speaks against it.",
        """
        queue = [start]
        while queue:
            node = queue.pop(0)
            queue.extend(children(node))
        """,
        """
        queue = deque([start])
        while queue:
            node = queue.popleft()
            queue.extend(children(node))
        """, "algorithm",
    ),
    _rule(
        speedup.SORTED, "low", "Sorting to take a few items", "Sorting is O(n log n), one pass is O(n).",
        "`min` or `max`; `heapq.nsmallest` or `nlargest` for a few, which keep the order of equal items. On an empty "
        "input `min` raises ValueError where it was IndexError; inside a `try` nothing is changed.",
        """
        shortest = sorted(names, key=len)[0]
        """,
        """
        shortest = min(names, key=len)
        """, "algorithm",
    ),
    _rule(
        speedup.RESORT, "medium", "Sorted again in each turn", "All is sorted again, though only one item is new.",
        "`bisect.insort`, or one sort behind the loop where the loop does not look at the order.",
        """
        kept = []
        for value in values:
            kept.append(value)
            kept.sort()
            print(kept[0])
        """,
        """
        kept = []
        for value in values:
            insort(kept, value)
            print(kept[0])
        """, "algorithm",
    ),
    _rule(
        speedup.ANY_ALL, "low", "List built for `any` or `all`",
        "The whole list is made before the first item is looked at.",
        "A generator, where nothing in it has an effect.",
        """
        found = any([name.startswith("_") for name in names])
        """,
        """
        found = any(name.startswith("_") for name in names)
        """,
    ),
    _rule(
        speedup.GENERATOR, "low", "List that is only summed or counted",
        "All of it is in memory at once, only to be added up.",
        "A generator. What is measured is memory; it may cost up to a quarter more time.",
        """
        total = sum([order.price * order.count for order in orders])
        """,
        """
        total = sum(order.price * order.count for order in orders)
        """, "memory",
    ),
    _rule(
        speedup.COPY, "low", "Needless copy", "A list is made only to be taken apart.",
        "Whoever takes it gets what it was made of; in a loop only where nothing can change that meanwhile.",
        """
        ordered = sorted(list(names))
        squares = dict([(n, n * n) for n in numbers])
        """,
        """
        ordered = sorted(names)
        squares = {n: n * n for n in numbers}
        """,
    ),
    _rule(
        speedup.HOIST, "medium", "Same computation in each turn", "It is done n times for one result.",
        "It is done once, before the loop, where it surely has no effect and cannot raise.",
        """
        def shares(values: list[float]) -> list[float]:
            return [value / sum(values) for value in values]
        """,
        """
        def shares(values: list[float]) -> list[float]:
            values_sum = sum(values)
            return [value / values_sum for value in values]
        """,
    ),
    _rule(
        speedup.REGEX, "low", "Pattern looked up in each call or turn",
        "`re` finds its compiled pattern in a cache, which takes as long as a short match.",
        "It is compiled once: before the loop, or as a constant of the module.",
        """
        for line in lines:
            if re.search(r"^\\d+:", line):
                numbered.append(line)
        """,
        """
        pattern = re.compile(r"^\\d+:")
        for line in lines:
            if pattern.search(line):
                numbered.append(line)
        """,
    ),
    _rule(
        speedup.COUNT, "medium", "`count`, `index` or `remove` in a loop", "Each call walks through the list.",
        "A `Counter`, or a dict of the places, made once; where an item could be missing, `index` stays.",
        """
        def often(words: list[str]) -> list[str]:
            return [word for word in words if words.count(word) > 3]
        """,
        """
        def often(words: list[str]) -> list[str]:
            words_counts = Counter(words)
            return [word for word in words if words_counts[word] > 3]
        """, "algorithm",
    ),
    _rule(
        speedup.COUNTER, "low", "Counting by hand", "Two or three look-ups for each item.",
        "`collections.Counter`, kept as a plain dict.",
        """
        counts = {}
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        """,
        """
        counts = dict(Counter(words))
        """,
    ),
    _rule(
        speedup.LOOKUP, "medium", "Search for a row in each turn",
        "Joining two lists by walking through one for each row of the other is O(n·m).",
        "A dict of the rows by their key, made once, where keys are surely hashable and rows stay as they are.",
        """
        for order in orders:
            for user in users:
                if user["id"] == order["user"]:
                    pairs.append((order["no"], user["id"]))
        """,
        """
        users_by_id = {}
        for user in users:
            users_by_id.setdefault(user["id"], []).append(user)
        for order in orders:
            for user in users_by_id.get(order["user"], ()):
                pairs.append((order["no"], user["id"]))
        """, "algorithm",
    ),
    _rule(
        speedup.ITEMS, "low", "Same key looked up again and again", "The loop could bring the value along.",
        "`items()`.",
        """
        for name in table:
            if table[name] > 0:
                total += table[name]
        """,
        """
        for name, value in table.items():
            if value > 0:
                total += value
        """,
    ),
    _rule(
        speedup.CACHE, "medium", "Recursion that repeats itself",
        "A function without effects that calls itself twice does the same work exponentially often.",
        "`functools.lru_cache`, where arguments are surely hashable and results cannot be changed.",
        """
        def ways(n: int) -> int:
            return 1 if n < 2 else ways(n - 1) + ways(n - 2)
        """,
        """
        @lru_cache(maxsize=None)
        def ways(n: int) -> int:
            return 1 if n < 2 else ways(n - 1) + ways(n - 2)
        """, "algorithm",
    ),
    _rule(
        speedup.BLOCKING, "medium", "Blocking call in a coroutine",
        "While it waits, no other task of the event loop runs.",
        "The asynchronous sleep, or `asyncio.to_thread` where the module works with asyncio.",
        """
        async def poll(url: str) -> None:
            time.sleep(1)
        """,
        """
        async def poll(url: str) -> None:
            await asyncio.sleep(1)
        """, "async",
    ),
    _rule(
        speedup.QUERY, "medium", "Database query inside a loop",
        "One round trip for each turn, where one or two could do.",
        "`select_related`, `prefetch_related`, `joinedload` or `selectinload`, where the model's relation is in the "
        "repository. Queries are counted while the project's tests run.",
        """
        for book in Book.objects.filter(year=2020):
            print(book.author.name)
        """,
        """
        for book in Book.objects.select_related("author").filter(year=2020):
            print(book.author.name)
        """, "database",
    ),
    _rule(
        speedup.ROWS, "low", "Rows of a data frame one by one", "`iterrows` makes a Series of each row.", "",
        """
        for _, row in frame.iterrows():
            total += row["price"] * row["count"]
        """,
        """
        total = (frame["price"] * frame["count"]).sum()
        """,
    ),
)  # fmt: skip
