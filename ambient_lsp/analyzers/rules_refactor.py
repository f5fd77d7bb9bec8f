"""The rules that RefactorArchitect reports: why each matters, and what the fix does."""

from __future__ import annotations

from textwrap import dedent

from ambient_lsp.analyzers import (
    alike,
    branches,
    complexity,
    conditions,
    deadcode,
    design,
    duplication,
    loop_forms,
    resources,
    simplify,
)  # fmt: skip
from ambient_lsp.analyzers.rules import Rule

_TAGS = ("refactor",)


def _rule(id: str, title: str, why: str, fix: str, tag: str, example: str, better: str = "", *, ruff: str = "") -> Rule:
    level = "medium" if id == duplication.DUPLICATE else "low"
    shown = (dedent(text).strip("\n") for text in (example, better))
    return Rule(id, title, why, fix, level, (*_TAGS, tag), tuple(ruff.split()), *shown)  # type: ignore[arg-type]


_SIZE = (
    _rule(
        complexity.COMPLEX, "Function that is hard to follow",
        "Each nested branch is one more thing to keep in mind; such functions are where bugs hide. Told above"
        " `complexity_threshold`, with the cyclomatic complexity beside it.",
        "Guard clauses and merged conditions, where they lower the number; the rest is a person's design.",
        "complexity",
        """
        def total(orders, rate):
            if orders:
                for order in orders:
                    if order.paid:
                        while order.left:
                            if order.kind == "a":
                                order.take(rate)
                            else:
                                order.take(1)
        """,
        """
        def total(orders, rate):
            if not orders:
                return
            for order in orders:
                if not order.paid:
                    continue
                while order.left:
                    order.take(rate if order.kind == "a" else 1)
        """,
        ruff="C901",
    ),
    _rule(
        complexity.BRANCHES, "Many ways through a function",
        "Flat branches are easy to read, and yet each of them wants a test. Told above twice `complexity_threshold`"
        " (cyclomatic complexity), where the function is not hard to follow otherwise.",
        "", "complexity",
        """
        def name_of(code):
            if code == 1:
                return "one"
            if code == 2:
                return "two"
            ...  # and thirty more
        """,
        """
        NAMES = {1: "one", 2: "two"}


        def name_of(code):
            return NAMES[code]
        """,
        ruff="PLR0912",
    ),
    _rule(
        complexity.LONG, "Long function", "What does not fit on a screen is read in pieces. Told above"
        " `max_function_lines`; the docstring does not count.", "", "size",
        """
        def report(rows):
            ...  # 120 lines that read, compute and print
        """,
        """
        def report(rows):
            print(table(summary(valid(rows))))
        """,
        ruff="PLR0915",
    ),
    _rule(
        complexity.PARAMETERS, "Many parameters", "Callers mix them up; some of them belong together.", "", "size",
        """
        def draw(x, y, width, height, red, green, blue, alpha, label): ...
        """,
        """
        def draw(box: Box, color: Color, label: str): ...
        """,
        ruff="PLR0913 PLR0917",
    ),
    _rule(
        complexity.NESTING, "Deep nesting", "The reader has to keep every condition above in mind.", "", "complexity",
        """
        for user in users:
            if user.active:
                for order in user.orders:
                    if order.open:
                        for item in order.items:
                            ship(item)
        """,
        """
        for order in open_orders(users):
            for item in order.items:
                ship(item)
        """,
        ruff="PLR1702",
    ),
    _rule(
        design.GOD_CLASS, "Class that does many things",
        "Whoever changes one of them has to read all. Told where methods, attributes, decisions and lack of cohesion"
        " all say so.", "", "size",
        """
        class Application:
            ...  # 40 methods: windows, files, printing, the network
        """,
        """
        class Application:
            def __init__(self, windows: Windows, files: Files, printer: Printer): ...
        """,
        ruff="PLR0904",
    ),
    _rule(
        design.ENVY, "Method that works on another class", "What changes together should stand together.", "",
        "coupling",
        """
        class Shop:
            def label(self, item: Item):
                return f"{item.name} {item.size} {item.color} {item.price} {item.unit} {item.maker}"
        """,
        """
        class Item:
            def label(self):
                return f"{self.name} {self.size} {self.color} {self.price} {self.unit} {self.maker}"
        """,
    ),
    _rule(
        design.CLUMP, "Values that always travel together", "They are one thing that has no name yet.",
        "A dataclass, where the functions are private to their module, only called, annotated alike, and named after"
        " one thing.", "coupling",
        """
        def _box_area(left: int, top: int, right: int, bottom: int): ...
        def _moved_box(left: int, top: int, right: int, bottom: int, by: int): ...
        def _in_box(left: int, top: int, right: int, bottom: int, point: Point): ...
        """,
        """
        @dataclass(frozen=True)
        class _Box:
            left: int
            top: int
            right: int
            bottom: int


        def _box_area(box: _Box): ...
        def _moved_box(box: _Box, by: int): ...
        def _in_box(box: _Box, point: Point): ...
        """,
    ),
    _rule(
        design.NAME, "Name that says nothing", "A reader has to open it to know what it is for.", "", "naming",
        """
        def do_stuff(rows): ...
        """,
        """
        def without_duplicates(rows): ...
        """,
    ),
)  # fmt: skip

_FLOW = (
    _rule(
        simplify.GUARD, "Body wrapped in one `if`", "A guard clause says the exception first and keeps the rest flat.",
        "The condition is turned round and leaves early.", "complexity",
        """
        def send(user, items):
            if user.active:
                for item in items:
                    if item.ready:
                        deliver(item)
        """,
        """
        def send(user, items):
            if not user.active:
                return
            for item in items:
                if item.ready:
                    deliver(item)
        """,
    ),
    _rule(
        simplify.ELSE, "`else` after branches that all leave", "The `else` adds a level and says nothing.",
        "Its code moves one level out.", "complexity",
        """
        if not rows:
            return None
        else:
            for row in rows:
                show(row)
        """,
        """
        if not rows:
            return None
        for row in rows:
            show(row)
        """,
        ruff="RET505 RET506 RET507 RET508",
    ),
    _rule(
        simplify.MERGE, "`if` that only holds an `if`", "It is one condition.", "The two are joined with `and`.",
        "complexity",
        """
        if user:
            if user.active:
                send(user)
        """,
        """
        if user and user.active:
            send(user)
        """,
        ruff="SIM102",
    ),
    _rule(
        simplify.BOOLEAN, "Branch that returns True or False", "The condition is the answer.",
        "It is returned itself, as a bool.", "complexity",
        """
        if kind in KINDS:
            return True
        return False
        """,
        """
        return kind in KINDS
        """,
        ruff="SIM103",
    ),
    _rule(
        branches.TERNARY, "The same name set in both branches", "Four lines say what one line can.",
        "One conditional expression, where it is short and has no comment.", "complexity",
        """
        if wide:
            size = 120
        else:
            size = 80
        """,
        """
        size = 120 if wide else 80
        """,
        ruff="SIM108",
    ),
    _rule(
        branches.TRUTH, "True or False picked by a condition", "The condition is the answer.",
        "The condition, as a bool.", "complexity",
        """
        found = True if name in names else False
        """,
        """
        found = name in names
        """,
        ruff="SIM210 SIM211",
    ),
    _rule(
        branches.GET, "Dictionary asked twice", "`get` asks once and has the default.",
        "`get`, where it is surely a dict and the default is a plain value.", "complexity",
        """
        def size(**options):
            return options["size"] if "size" in options else 10
        """,
        """
        def size(**options):
            return options.get("size", 10)
        """,
        ruff="SIM401",
    ),
    _rule(
        branches.SAME, "Two cases that do the same", "A change to one is forgotten in the other.",
        "The conditions are joined with `or`.", "complexity",
        """
        if not path:
            return None
        elif path == "-":
            return None
        """,
        """
        if not path or path == "-":
            return None
        """,
        ruff="SIM114",
    ),
)  # fmt: skip

_CONDITIONS = (
    _rule(
        conditions.NOT, "`not` in front of a comparison", "The comparison has a negative form of its own.",
        "`not in`, `is not` or, where only the truth counts, `!=`.", "complexity",
        "if not name in names: ...", "if name not in names: ...", ruff="E713 E714 SIM201 SIM202",
    ),
    _rule(
        conditions.BOOL_COMPARE, "Comparison with True or False", "It is True or False already.",
        "The comparison goes, where the value is surely a bool.", "complexity",
        "if isinstance(x, int) == True: ...", "if isinstance(x, int): ...", ruff="E712",
    ),
    _rule(
        conditions.CHAIN, "Two comparisons that are one range", "The middle is said twice.",
        "Chained, where the middle is a name.", "complexity",
        "if low <= x and x < high: ...", "if low <= x < high: ...", ruff="PLR1716",
    ),
    _rule(
        conditions.MEMBER, "Compared with one value after another", "The name is said again and again.",
        "`in`, for numbers or texts and where only the truth counts.", "complexity",
        'if kind == "a" or kind == "b": ...', 'if kind in ("a", "b"): ...', ruff="PLR1714",
    ),
    _rule(
        conditions.ISINSTANCE, "`isinstance` asked again and again", "One call takes several classes.",
        "One call, where each class surely exists.", "complexity",
        "if isinstance(x, int) or isinstance(x, float): ...", "if isinstance(x, (int, float)): ...", ruff="SIM101",
    ),
    _rule(
        conditions.EMPTY, "Length compared with 0", "An empty container is false by itself.",
        "The container itself, where it is surely a list, tuple, dict, set or text.", "complexity",
        """
        parts = sorted(rows)
        if len(parts) == 0:
            return None
        """,
        """
        parts = sorted(rows)
        if not parts:
            return None
        """,
        ruff="PLC1802",
    ),
)  # fmt: skip

_LOOPS = (
    _rule(
        loop_forms.ANY_ALL, "Loop that asks whether any or all", "`any` and `all` say what is asked.",
        "`any` or `all`, where the loop has no other effect.", "complexity",
        """
        for row in rows:
            if row.bad:
                return True
        return False
        """,
        """
        return any(row.bad for row in rows)
        """,
        ruff="SIM110",
    ),
    _rule(
        loop_forms.COMPREHENSION, "Loop that only builds a collection", "A comprehension says so from the start.",
        "A comprehension, where nobody sees the collection half built.", "complexity",
        """
        names = []
        for row in rows:
            if row.name:
                names.append(row.name)
        """,
        """
        names = [row.name for row in rows if row.name]
        """,
        ruff="PERF401 PERF403",
    ),
    _rule(
        loop_forms.ENUMERATE, "Loop over numbers to reach the items", "The items are what is meant.",
        "The items, or `enumerate`, where it is surely a list, tuple or text that does not change.", "complexity",
        """
        rows = sorted(found)
        for i in range(len(rows)):
            print(i, rows[i])
        """,
        """
        rows = sorted(found)
        for i, row in enumerate(rows):
            print(i, row)
        """,
        ruff="PLR1736",
    ),
    _rule(
        loop_forms.ITEMS, "Loop over keys that looks each one up", "`items` gives both.",
        "`items`, where it is surely a dict that does not change.", "complexity",
        """
        def show(**options):
            for key in options:
                print(key, options[key])
        """,
        """
        def show(**options):
            for key, value in options.items():
                print(key, value)
        """,
        ruff="PLC0206",
    ),
    _rule(
        resources.WITH, "File closed by hand", "If anything in between raises, it stays open.",
        "`with`, where the file is used nowhere else.", "complexity",
        """
        file = open(path)
        text = file.read()
        file.close()
        """,
        """
        with open(path) as file:
            text = file.read()
        """,
        ruff="SIM115",
    ),
)  # fmt: skip

_REST = (
    _rule(
        duplication.DUPLICATE, "Repeated code", "A change to one copy is forgotten in the others.",
        "One function in their place, where what goes in and out is certain; a function that two modules have word for"
        " word is imported from one of them.", "duplication",
        """
        def one(rows):
            total = 0
            for row in rows:
                if row.open:
                    total += row.price
            return total


        def two(rows, rate):
            total = 0
            for row in rows:
                if row.open:
                    total += row.price
            return total * rate
        """,
        """
        def _compute_total(rows):
            total = 0
            for row in rows:
                if row.open:
                    total += row.price
            return total


        def one(rows):
            return _compute_total(rows)


        def two(rows, rate):
            return _compute_total(rows) * rate
        """,
    ),
    _rule(
        alike.SIMILAR, "Functions that are alike",
        "One is a copy of the other that was edited; a change to one is forgotten in the other. Told where at least"
        " 70 % of their code is the same, in much the same order.", "", "duplication",
        """
        def split_before(items, test):
            group = []
            for item in items:
                if test(item) and group:
                    yield group
                    group = []
                group.append(item)
            yield group


        def split_after(items, test):
            group = []
            for item in items:
                group.append(item)
                if test(item) and group:
                    yield group
                    group = []
            if group:
                yield group
        """,
        """
        def split(items, test, *, before): ...
        """,
    ),
    _rule(
        deadcode.UNREACHABLE, "Code that nothing reaches", "It looks as if it mattered.", "It is removed.",
        "unnecessary",
        """
        return total
        print("done")
        """,
        """
        return total
        """,
    ),
    _rule(
        deadcode.UNUSED, "Private code that nothing uses", "It is read, kept working and never run.",
        "It is removed where its name stands nowhere else in the repository, be it in a text, a comment or a"
        " configuration file.", "unnecessary",
        """
        def _old_total(rows):  # no other place in the repository says `_old_total`
            return sum(rows)
        """,
        """
        """,
    ),
)  # fmt: skip

REFACTOR = (*_SIZE, *_FLOW, *_CONDITIONS, *_LOOPS, *_REST)
