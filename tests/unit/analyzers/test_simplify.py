"""A function gets simpler, its comments stay, and it does what it did."""

from __future__ import annotations

import itertools
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ambient_lsp.analyzers.refactoring import complexity, simplify
from ambient_lsp.analyzers.syntax import parse

GUARD = '''
def f(a, b, log):
    """Doc."""
    total = 0
    if a:
        # why
        for i in b:  # trailing
            if i > 3:
                total += i
        log.append("""multi
  line""")
'''
GUARDED = '''
def f(a, b, log):
    """Doc."""
    total = 0
    if not a:
        return
    # why
    for i in b:  # trailing
        if i > 3:
            total += i
    log.append("""multi
  line""")
'''


def rewritten(text: str, rule: str) -> str | None:
    return next((one.text for one in simplify.rewrites(text, "a.py") if one.rule == rule), None)


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        (simplify.GUARD, GUARD, GUARDED),
        (
            simplify.GUARD,
            """
            def f(a):
                for x in a:
                    # head
                    if x != 2:
                        while x:
                            if x == 1:
                                print(x)
                            x -= 1
            """,
            """
            def f(a):
                for x in a:
                    # head
                    if x == 2:
                        continue
                    while x:
                        if x == 1:
                            print(x)
                        x -= 1
            """,
        ),
        (
            simplify.ELSE,
            """
            def f(a):
                if a:
                    return 1
                else:
                    # all of them
                    for x in range(3):
                        if x:
                            print(x)
            """,
            """
            def f(a):
                if a:
                    return 1
                # all of them
                for x in range(3):
                    if x:
                        print(x)
            """,
        ),
        (
            simplify.MERGE,
            """
            def f(a, b, c):
                # both
                if a or b:
                    if c:
                        print(a)  # yes
            """,
            """
            def f(a, b, c):
                # both
                if (a or b) and c:
                    print(a)  # yes
            """,
        ),
        (
            simplify.BOOLEAN,
            """
            def f(a):
                # sure?
                if isinstance(a, int):
                    return True
                else:
                    return False
            """,
            """
            def f(a):
                # sure?
                return isinstance(a, int)
            """,
        ),
        (
            simplify.BOOLEAN,
            """
            def f(a):
                if a:
                    return False
                return True
            """,
            """
            def f(a):
                return not a
            """,
        ),
        (
            simplify.BOOLEAN,
            """
            def f(a, b):
                if a.ready(b):
                    return True
                return False
            """,
            """
            def f(a, b):
                return bool(a.ready(b))
            """,
        ),
        (
            simplify.BOOLEAN,
            """
            def f(a):
                if not a:
                    return False
                if not good(a):
                    return False
                return True
            """,
            """
            def f(a):
                if not a:
                    return False
                return bool(good(a))
            """,
        ),
    ],
)
def test_before_and_after(rule, before, after):
    before, after = dedent(before), dedent(after)
    assert rewritten(before, rule) == after
    assert rewritten(after, rule) is None
    crlf = rewritten(before.replace("\n", "\r\n"), rule)
    assert crlf == after.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    if a:\n        print(a)\n",
        "def f(a):\n    if a:\n        return True\n    return None\n",
        "def f(a):\n    if a:\n        return True\n    # because\n    return False\n",
        "def f(a, b):\n    if a:\n        # only then\n        if b:\n            print(a)\n",
        "def f(a, b):\n    if a:\n        if b:\n            print(a)\n    else:\n        print(b)\n",
        "def f(a, b):\n    if a:\n        if b:\n            print(a)\n        print(b)\n",
        "def f(a):\n    if a:\n        return 1\n    else:\n        return 2\n",
        "def f(a):\n    with a:\n        if a:\n            for x in a:\n                if x: print(x)\n",
        # Seen in real packages: `bool(a and b)`, `not a > b` and `not (not a or b)` are no simpler.
        "def f(a, b):\n    if a and b:\n        return True\n    return False\n",
        "def f(a, b):\n    if a <= b:\n        return True\n    return False\n",
        "def f(a, b):\n    if a > b:\n        return False\n    return True\n",
        # The second line of the condition would stand askew.
        "def f(a, b):\n    if a:\n        for y in b:\n            if y and \\\n               b: print(y)\n",
        # The last of a row of checks reads like the rest.
        "def f(a, b):\n    if not good(a):\n        return False\n    if not good(b):\n        return False\n"
        "    return True\n",
        "def f(a):\n    for x in a:\n        if x > a:\n            for y in x:\n                if y: print(y)\n",
        "def f(a, b):\n    if not a or b:\n        for y in b:\n            if y: print(y)\n",
        # `python -O` takes it out as a whole, and a type checker knows the other.
        "def f(a):\n    if __debug__:\n        for y in a:\n            if y: print(y)\n",
        "def f(a):\n    if not TYPE_CHECKING:\n        for y in a:\n            if y: print(y)\n",
        # The last of several steps: whoever adds one more would add it behind the `return`.
        "def f(a):\n    one(a)\n    two(a)\n    three(a)\n    four(a)\n    five(a)\n    if a:\n        for y in a:\n"
        "            if y: print(y)\n",
        # Over the limit with its comment, and over several lines with brackets.
        f"def f(a, b):\n    if a.{'b' * 30}:\n        if b.{'c' * 30}:  # type: ignore[attr]\n            print(a)\n",
        "def f(a, b):\n    if a:\n        if b or a in (\n            1,\n        ):\n            print(a)\n",
        "class A:\n    if True:\n        for x in (1,):\n            if x:\n                y = 1\n",
        "def f(:\n",
        "",
    ],
)
def test_nothing_to_simplify(text):
    assert [one.rule for one in simplify.rewrites(text, "a.py")] == []
    assert simplify.find(text, "a.py") == []


def test_new_syntax_is_read():
    text = "def f[T](x: T) -> bool:\n    if isinstance(x, int):\n        return True\n    return False\n"
    assert rewritten(text, simplify.BOOLEAN) == "def f[T](x: T) -> bool:\n    return isinstance(x, int)\n"


def test_a_function_over_the_threshold_is_flattened_in_one_go():
    text = dedent("""
        def f(a, b):
            out = []
            if a:
                for x in b:
                    if x:
                        if x > 2:
                            while x > 3:
                                if x % 2:
                                    out.append(x)
                                x -= 1
            else:
                raise ValueError(a)
            return out
    """)
    made = simplify.rewrites(text, "a.py", complexity_threshold=10)
    whole = next(one for one in made if one.rule == simplify.FLATTEN)
    assert whole.before == complexity.cognitive(text)["f"] == 22
    assert whole.after == complexity.cognitive(whole.text)["f"] < 12
    for a, b in itertools.product((0, 1), ([], [1, 2, 3], [7, 0, 9])):
        assert outcome(text, a, b) == outcome(whole.text, a, b)
    assert parse(whole.text) is not None


@settings(deadline=None)
@given(
    a=st.sampled_from([0, 1, None, "x", float("nan")]),
    b=st.lists(st.integers(-2, 9), max_size=5),
    number=st.integers(0, 5),
)
def test_every_rewrite_keeps_the_outcome(a, b, number):
    text = PROGRAMS[number % len(PROGRAMS)]
    made = simplify.rewrites(text, "a.py", complexity_threshold=1)
    assert made
    for one in made:
        assert one.after < one.before
        assert outcome(one.text, a, b) == outcome(text, a, b)


PROGRAMS = [
    dedent("""
        def f(a, b):
            log = []
            for x in b:
                if x in (2, 3) or a:
                    for y in range(x):
                        if y > 1:
                            log.append(y)
                else:
                    raise ValueError(log)
            return log
    """),
    dedent("""
        def f(a, b):
            if a == 1:
                if len(b) > 2 or b[:1] == [3]:
                    return b
            if a in (None, "x"):
                return True
            return False
    """),
    dedent("""
        def f(a, b):
            for x in b:
                if x < 3:
                    continue
                elif x == 5:
                    return a
                else:
                    for y in b:
                        if y < x:
                            return [x, y]
            return repr(a)
    """),
]


def outcome(text, a, b):
    names: dict[str, object] = {}
    exec(text, names)
    try:
        return repr(names["f"](a, list(b)))
    except Exception as error:
        return repr(error)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b):\n    if a and b != int(a):\n        return False\n    return True\n",
        "def f(a, b, c):\n    if a and b:\n        if c or a > b:\n            print(a)\n",
        """
def f(a, b, c):
    for x in a:
        if x and b and c:
            if x > b:
                print(x)
        else:
            return x
        if c:
            print(c)
    """,
    ],
)
def test_a_condition_that_is_hard_to_read_the_other_way_round_stays(text):
    assert [one.rule for one in simplify.rewrites(text, "a.py")] == []


def test_a_function_that_gives_something_back_leaves_with_none():
    text = dedent("""
        def f(a):
            if a.ok:
                for x in a:
                    if x:
                        return x
    """)
    assert "    if not a.ok:\n        return None\n" in (rewritten(text, simplify.GUARD) or "")
    assert "        return\n" in (rewritten(text.replace("return x", "yield x"), simplify.GUARD) or "")


def test_brackets_that_nothing_needs_any_more_go():
    loop = "            for y in x:\n                if y: print(y)\n"
    text = f"def f(a):\n    for x in a:\n        if not (x in a):\n{loop}"
    assert "        if x in a:\n            continue\n" in (rewritten(text, simplify.GUARD) or "")


def test_a_call_over_several_lines_may_end_a_merged_condition():
    text = (
        "def f(a, b):\n    if a:\n        if b(\n            a=a,\n            c=1,\n        ):\n            print(a)\n"
    )
    assert rewritten(text, simplify.MERGE) == (
        "def f(a, b):\n    if a and b(\n        a=a,\n        c=1,\n    ):\n        print(a)\n"
    )


def test_a_comparison_over_several_lines_does_not_end_a_merged_condition():
    text = "def f(a, b):\n    if a:\n        if b.get(\n            a\n        ) != a.name:\n            print(a)\n"
    assert rewritten(text, simplify.MERGE) is None


def test_a_length_compared_is_a_bool():
    text = "def f(a):\n    if len(a) == 2:\n        return True\n    return False\n"
    assert rewritten(text, simplify.BOOLEAN) == "def f(a):\n    return len(a) == 2\n"


def test_much_moved_for_little_gain_is_not_worth_a_diff():
    branches = "".join(
        f"    if a == {n}:\n        for x in b:\n            if x:\n                g(x)\n" for n in range(8)
    )
    last = "    for x in b:\n        if x:\n            for y in x:\n                if y: g(y)\n"
    text = f"def f(a, b):\n{branches}{last}"
    assert [one.rule for one in simplify.rewrites(text, "a.py")] == []
    assert [one.rule for one in simplify.rewrites(f"def f(a, b):\n{last}", "a.py")] == [simplify.GUARD]


def test_a_few_lines_are_not_worth_a_condition_that_is_the_opposite_of_two():
    text = (
        "def f(a, b):\n    if a.parts and b:\n{}        wrong = [part for part in a.parts if part in b]\n"
        "        if wrong:\n            raise ValueError(wrong)\n"
    )
    assert rewritten(text.format(""), simplify.GUARD) is None
    assert "if not (a.parts and b):" in (rewritten(text.format("        g(a)\n" * 3), simplify.GUARD) or "")


def test_tests_keep_their_shape():
    text = "def f(a, b):\n    if a:\n        if b:\n            print(a)\n"
    assert simplify.rewrites(text, "a.py")
    assert simplify.rewrites(text, "tests/test_a.py") == []
