"""The rules that RefactorArchitect reports: why each matters, and what the fix does."""

from __future__ import annotations

from ambient_lsp.analyzers.refactoring import alike, complexity, deadcode, design, duplication
from ambient_lsp.analyzers.rules_shapes import SHAPES, rule

_SIZE = (
    rule(
        complexity.COMPLEX, "Function that is hard to follow",
        "Each nested branch is one more thing to keep in mind; such functions are where bugs hide. Told above"
        " `complexity_threshold`, as a hint up to five thirds of it, with the cyclomatic complexity and the length"
        " beside it, and with the place where most of it stands. Tests are not told.",
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
    rule(
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
    rule(
        complexity.LONG, "Long function", "What does not fit on a screen is read in pieces. Told above"
        " `max_function_lines`, where the function is not told for its complexity; the docstring does not count.",
        "", "size",
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
    rule(
        complexity.PARAMETERS, "Many parameters", "Callers mix them up; some of them belong together.", "", "size",
        """
        def draw(x, y, width, height, red, green, blue, alpha, label): ...
        """,
        """
        def draw(box: Box, color: Color, label: str): ...
        """,
        ruff="PLR0913 PLR0917",
    ),
    rule(
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
    rule(
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
    rule(
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
    rule(
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
    rule(
        design.NAME, "Name that says nothing", "A reader has to open it to know what it is for.", "", "naming",
        """
        def do_stuff(rows): ...
        """,
        """
        def without_duplicates(rows): ...
        """,
    ),
)  # fmt: skip

_REST = (
    rule(
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
    rule(
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
    rule(
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
    rule(
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

REFACTOR = (*_SIZE, *SHAPES, *_REST)
