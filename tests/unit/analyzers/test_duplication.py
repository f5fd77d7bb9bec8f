"""Repeated code is found under other names, and extracted only where the result does the same."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.analyzers.refactoring import duplication, extraction


def places(text, min_lines=5):
    return [clone.places for clone in duplication.clones({"a.py": duplication.index(text)}, ["a.py"], min_lines)]


def extracted(text, min_lines=5):
    made = [extraction.extract({"a.py": text}, group, {}, "a.py") for group in places(text, min_lines)]
    return [one.texts["a.py"] for one in made if one is not None]


BLOCK = """
def f(a, b):
    # the sum
    total = 0
    for item in a:
        if item["n"] > 10:
            total += item["n"] * 2
        else:
            total += item["n"]
    return [total, b]


def g(rows, c):
    s = 0
    for r in rows:
        if r["n"] > 20:
            s += r["n"] * 2
        else:
            s += r["n"]
    # after
    s += c
    return s
"""
EXTRACTED = """
def _compute_total(a, limit):
    total = 0
    for item in a:
        if item["n"] > limit:
            total += item["n"] * 2
        else:
            total += item["n"]
    return total


def f(a, b):
    # the sum
    total = _compute_total(a, 10)
    return [total, b]


def g(rows, c):
    s = _compute_total(rows, 20)
    # after
    s += c
    return s
"""


def test_a_repeated_block_becomes_a_function():
    (new,) = extracted(BLOCK)
    assert new.strip() == EXTRACTED.strip()
    assert duplication.duplicated_lines({"a.py": BLOCK}, 5) == 6
    assert duplication.duplicated_lines({"a.py": new}, 5) == 0
    assert extracted(new) == []


@given(rows=st.lists(st.fixed_dictionaries({"n": st.integers(-5, 40)})), other=st.integers())
def test_extraction_keeps_the_outcome(rows, other):
    old_names, new_names = run(BLOCK), run(EXTRACTED)
    for name in ("f", "g"):
        assert old_names[name](rows, other) == new_names[name](rows, other)


def test_methods_share_a_method():
    text = dedent("""
        class A:
            rate = 2

            def quiet_rates(self, xs):
                out = []
                for x in xs:
                    if x > self.rate:
                        out.append(x * self.rate)
                    else:
                        out.append(x + self.rate)
                return sorted(out)

            def loud_rates(self, ys):
                print("two")
                out = []
                for y in ys:
                    if y > self.rate:
                        out.append(y * self.rate)
                    else:
                        out.append(y + self.rate)
                return sorted(out)
    """)
    (new,) = extracted(text)
    assert new.count("self._shared_rates(") == 2
    assert run(new)["A"]().loud_rates([1, 5]) == run(text)["A"]().loud_rates([1, 5])


def test_a_function_without_a_name_that_says_something_is_not_made():
    loop = "    for x in a:\n        if x:\n            x.go(a)\n        else:\n            a.pop()\n"
    block = f"    a.sort()\n{loop}    print(a)\n"
    assert extracted(f"def up(a):\n{block}\n\ndef down(a):\n{block}    print(1)\n") == []
    (new,) = extracted(f"def go_up(a):\n{block}\n\ndef go_down(a):\n{block}    print(1)\n")
    assert new.count("_shared_go(a)") == 3


TYPED = """
def one_price(rows: list[Row], rate: float) -> float:
    total = 0.0
    for row in rows:
        if row.open:
            total += row.price * rate
        else:
            total -= row.price
    return total


def other_price(rows: list[Row], rate: float) -> float:
    print(rows)
    total = 0.0
    for row in rows:
        if row.open:
            total += row.price * rate
        else:
            total -= row.price
    return total
"""


def test_a_function_made_of_typed_code_is_typed():
    (new,) = extracted(TYPED)
    assert "def _shared_price(rows: list[Row], rate: float) -> float:\n" in new
    assert extracted(TYPED.replace("rate: float", "rate", 1)) == []
    silent = TYPED.replace("    return total\n", "    rows.append(total)\n").replace("-> float", "-> None")
    assert "def _shared_price(rows: list[Row], rate: float) -> None:\n" in extracted(silent)[0]


def test_a_second_function_of_one_name_is_not_made():
    assert extracted(BLOCK + "\n\ndef _compute_total(x):\n    return x\n") == []


def test_a_call_is_wrapped_to_the_line_length_or_not_made():
    (place,) = places(BLOCK)
    made = extraction.extract({"a.py": BLOCK}, place, {}, "a.py", line_length=30)
    assert made is not None
    assert "    total = _compute_total(\n        a, 10\n    )\n" in made.texts["a.py"]
    assert extraction.extract({"a.py": BLOCK}, place, {}, "a.py", line_length=20) is None


def test_two_places_in_one_function():
    text = dedent("""
        def f(a, b):
            low = 0
            for x in a:
                if x < 3 and x > 0:
                    low += x
                else:
                    low -= x
            high = 0
            for y in b:
                if y < 3 and y > 0:
                    high += y
                else:
                    high -= y
            return low, high
    """)
    (new,) = extracted(text)
    assert run(new)["f"]([1, 2, 9], [4]) == run(text)["f"]([1, 2, 9], [4])
    assert len(new) < len(text) + 40


def pair(block: str, before: str = "", after: str = "", parameters: str = "a, b") -> str:
    body = "\n".join("    " + line if line else "" for part in (before, block, after) for line in part.splitlines())
    return f"def one({parameters}):\n{body}\n\n\ndef two({parameters}):\n{body}\n"


LOOP = "for x in a:\n    if x > b:\n        b = x + 1\n    else:\n        b = x - 1\n"


@pytest.mark.parametrize(
    "text",
    [
        pair(LOOP + "    yield b\n"),
        pair(LOOP + "if b:\n    return a\n", after="return b"),
        pair(LOOP + "f = lambda: b\n", after="return f"),
        pair(LOOP + "G = b\n", before="global G\n", after="return G"),
        pair(LOOP + "print(b, g())\n", before="def g():\n    return b\n", after="return b"),
        pair(LOOP + "print(locals())\n", after="return b"),
        pair(LOOP + "del x\n", after="return b"),
        pair("for x in a:\n    if x > b:\n        new = x + 1\n    else:\n        print(x, b, a)\n", "", "return new"),
        pair(LOOP + "await_ = (y for y in a)\n", after="return await_"),
    ],
)
def test_refused_where_in_doubt(text):
    compile(text, "a.py", "exec")
    assert extracted(text, 5) == [] or all(same(text, new) for new in extracted(text, 5))
    if any(word in text for word in ("yield", "lambda", "global", "def g", "locals", "await_")):
        assert extracted(text, 5) == []


def same(text, new):
    return repr(run(text)["one"]([1, 2], 1)) == repr(run(new)["one"]([1, 2], 1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def f(",
        # A table, not logic.
        "def f(p):\n" + "".join(f"    p.add_argument('{n}', help='x', default={n})\n" for n in range(20)),
        # The same shape of other calls.
        pair(LOOP).split("\n\n\n")[0] + "\n\n\ndef two(a, b):\n    for x in a:\n        b.go(x)\n",
        # Module level and imports.
        "import a\nimport b\nx = 1\ny = 2\nz = 3\nw = 4\n" * 3,
    ],
)
def test_not_repeated(text):
    assert places(text) == []


def test_other_variables_in_other_roles_are_no_repetition():
    body = ("c = a.go(b)", "d = a.go(b)", "e = c.to(d)", "g = e.at(c)", "h = g.at(a)", "return h")
    one = "def f(a, b):\n" + "".join(f"    {line}\n" for line in body)
    two = one.replace("d = a.go(b)", "d = b.go(a)").replace("def f", "def g")
    assert places(one + "\n\n" + two) == []
    assert places(one + "\n\n" + one.replace("c", "z").replace("def f", "def g")) != []


def test_a_clone_in_another_file_is_evidence():
    texts = {"a.py": BLOCK.split("\n\n\n")[0], "b.py": BLOCK.split("\n\n\n")[1]}
    found = duplication.clones({path: duplication.index(text) for path, text in texts.items()}, ["b.py"], 5)
    (raw,) = duplication.found_in("b.py", found)
    assert raw.evidence[0].path == "a.py"
    assert "one other place" in raw.message
    assert raw.symbol == "g"


def run(text):
    names: dict[str, object] = {}
    exec(text, names)
    return names


STEPS = """
class A:
    def one(self, *names: str, **more: int) -> None:
        if not names:
            names = ("one",)
        more.setdefault("b", 1)
        more.setdefault("c", 2)
        more.setdefault("d", 3)
        more.setdefault("help", {0}"Show the one."{1})
        self.use(names, more)

    def two(self, *names: str, **more: int) -> None:
        if not names:
            names = ("two",)
        more.setdefault("b", 1)
        more.setdefault("c", 2)
        more.setdefault("d", 3)
        more.setdefault("help", {0}"Show the two."{1})
        self.take(names, more)
"""


def test_what_a_star_collects_is_annotated_as_what_it_is():
    (text,) = extracted(STEPS.format("", ""))
    assert (
        "def _compute_names(\n"
        "    names: tuple[str, ...],\n    more: dict[str, int],\n    label: str,\n    message: str,\n"
        ") -> tuple[str, ...]:\n"
    ) in text


def test_a_text_that_is_collected_for_translation_stays_where_it_is():
    assert extracted(STEPS.format("_(", ")")) == []
    assert extracted(STEPS.format("self.gettext(", ")")) == []


def test_a_literal_is_named_after_what_it_is_compared_with():
    block = """
def read_{0}(row):
    found = row.get("found")
    if not found:
        raise ValueError("none")
    if row.get("kty") != "{1}":
        raise ValueError("Not a {0} key")
    print(row)
    return found.{0}
"""
    (text,) = extracted(block.format("first", "RSA") + block.format("second", "EC"))
    assert "def _compute_found(row, expected_kty, message):" in text


def test_annotated_code_gets_no_function_without_annotations():
    plain = BLOCK.replace("return [total, b]", "return total")
    assert extracted(plain)
    typed = plain.replace("(a, b):", "(a: list, b: int) -> int:").replace("(rows, c):", "(rows: list, c: int) -> int:")
    assert extracted(typed.replace("return total", "return total + b").replace("return s", "return s + c")) == []
    (text,) = extracted(typed)
    assert "def _compute_total(a: list, limit: int) -> int:" in text
    known = typed.replace("total = 0", "total: int = 0").replace("    s = 0", "    s: int = 0")
    (text,) = extracted(known)
    assert "def _compute_total(a: list, limit: int) -> int:" in text


def test_what_tests_do_and_expect_stays_in_them():
    block = """
    def {0}_json_with_{1}(self, app):
        found = app.post(
            "/echo",
            kind="{2}",
        )
        assert found.status == 200
        assert found.json == {{}}
"""
    text = "class Common:" + block.format("{0}", "charset", "a/b") + block.format("{0}", "vendor", "a/c")
    assert extracted(text.replace("{0}", "test")) == []
    (new,) = extracted(text.replace("{0}", "check"))
    # "with" says nothing at the end of a name, and the label of an argument is no variable that is taken.
    assert "def _shared_check_json(app, kind):" in new


def test_what_only_refuses_is_called_a_check_and_a_key_is_called_key():
    block = """
def group_{0}(rows, depth, limit):
    if depth > limit:
        raise ValueError(f"too deep: {{depth}} levels")
    if len(rows) > limit:
        raise ValueError(f"too many: {{len(rows)}} rows")
    if not rows:
        raise ValueError("there is nothing to group")
    return {0}(rows)
"""
    (new,) = extracted(block.format("one") + block.format("other"))
    assert "def _check_group(" in new
    hooks = """
def take_{0}(hooks, r, log):
    r = r.text
    log.debug("hooks are called: %d", len(hooks["{0}"]))
    for hook in hooks["{0}"]:
        log.debug("calling a hook: %s", hook)
        r = hook(r)
        log.debug("it gave: %s", r)
    return r
"""
    (new,) = extracted(hooks.format("one") + hooks.format("other"))
    assert "key):" in new and "hooks[key]" in new


def test_many_alike_statements_in_a_row_are_one_repetition():
    months = "january february march april may".split()
    one = """    found["{0}"] = list(
        filter(
            is_name,
            [
                data["months"][first][second]["{1}"]
                for first in kinds
                for second in widths
            ],
        )
    )
"""
    text = "def read(data, kinds, widths):\n    found = {}\n" + "".join(
        one.format(month, number) for number, month in enumerate(months)
    )
    (found,) = duplication.find(text + "    return found\n", "a.py")
    assert found.message == "These 10 lines are repeated in 4 other places."
    assert [one.span.start_line for one in found.evidence] == [12, 22, 32, 42]


def test_packed_runs_tell_the_same() -> None:
    body = (
        "    total = 0\n" + "".join(f"    total += work_{n}(value, total)\n" for n in range(8)) + "    return total\n"
    )
    texts = {name: f"def {name}(value):\n{body}" for name in ("one", "two")}
    runs = {name: duplication.index(text) for name, text in texts.items()}
    packed = {name: tuple(map(duplication.packed, found)) for name, found in runs.items()}
    assert {name: tuple(map(duplication.unpacked, found)) for name, found in packed.items()} == runs
    assert duplication.packed_clones(packed, ["one"], 6) == duplication.clones(runs, ["one"], 6) != []
