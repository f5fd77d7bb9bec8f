"""The rules about code that can be said more simply: conditions, branches and loops, and what replaces each."""

from __future__ import annotations

from textwrap import dedent

from ambient_lsp.analyzers.refactoring import branches, conditions, loop_forms, resources, simplify
from ambient_lsp.analyzers.refactoring.duplication import DUPLICATE
from ambient_lsp.analyzers.rules import Rule

_TAGS = ("refactor",)


def rule(id: str, title: str, why: str, fix: str, tag: str, example: str, better: str = "", *, ruff: str = "") -> Rule:
    """Return a rule of RefactorArchitect; `example` and `better` are dedented."""
    level = "medium" if id == DUPLICATE else "low"
    shown = (dedent(text).strip("\n") for text in (example, better))
    return Rule(id, title, why, fix, level, (*_TAGS, tag), tuple(ruff.split()), *shown)  # type: ignore[arg-type]


_FLOW = (
    rule(
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
    rule(
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
    rule(
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
    rule(
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
    rule(
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
    rule(
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
    rule(
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
    rule(
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
    rule(
        conditions.NOT, "`not` in front of a comparison", "The comparison has a negative form of its own.",
        "`not in`, `is not` or, where only the truth counts, `!=`.", "complexity",
        "if not name in names: ...", "if name not in names: ...", ruff="E713 E714 SIM201 SIM202",
    ),
    rule(
        conditions.BOOL_COMPARE, "Comparison with True or False", "It is True or False already.",
        "The comparison goes, where the value is surely a bool.", "complexity",
        "if isinstance(x, int) == True: ...", "if isinstance(x, int): ...", ruff="E712",
    ),
    rule(
        conditions.CHAIN, "Two comparisons that are one range", "The middle is said twice.",
        "Chained, where the middle is a name.", "complexity",
        "if low <= x and x < high: ...", "if low <= x < high: ...", ruff="PLR1716",
    ),
    rule(
        conditions.MEMBER, "Compared with one value after another", "The name is said again and again.",
        "`in`, for numbers or texts and where only the truth counts.", "complexity",
        'if kind == "a" or kind == "b": ...', 'if kind in ("a", "b"): ...', ruff="PLR1714",
    ),
    rule(
        conditions.ISINSTANCE, "`isinstance` asked again and again", "One call takes several classes.",
        "One call, where each class surely exists.", "complexity",
        "if isinstance(x, int) or isinstance(x, float): ...", "if isinstance(x, (int, float)): ...", ruff="SIM101",
    ),
    rule(
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
    rule(
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
    rule(
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
    rule(
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
    rule(
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
    rule(
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

SHAPES = (*_FLOW, *_CONDITIONS, *_LOOPS)
