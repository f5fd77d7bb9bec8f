"""What confirms a value: references that agree, words of an error, and models of well-known classes."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.spec import references
from ambient_lsp.analyzers.spec.calls import Arguments, arguments_of
from ambient_lsp.analyzers.spec.docs import is_literal_call
from ambient_lsp.analyzers.spec.references import registry
from ambient_lsp.analyzers.spec.signatures import signatures
from ambient_lsp.analyzers.testing import confirming
from ambient_lsp.protocols import Observation


def signature(code: str):
    (found,) = signatures(code).values()
    return found


@pytest.fixture(scope="module", name="there")
def known() -> dict:
    names: dict = {}
    exec(references.setup([*registry.REFERENCES, *registry.MODELS]), names)
    return names["_known"]


def test_every_reference_and_model_stands_alone(there):
    assert all(one.key in there for one in (*registry.REFERENCES, *registry.MODELS))


@pytest.mark.parametrize(
    ("key", "arguments", "expected"),
    [
        ("counting_fibonacci", (10,), 55),
        ("digits_collatz_steps", (6,), 8),
        ("codes_luhn", ("4539 1488 0343 6467",), True),
        ("codes_caesar", ("xyz Ab", 3), "abc De"),
        ("codes_rail_fence", ("WEAREDISCOVERED", 3), "WECRERDSOEEAIVD"),
        ("codes_rail_fence_back", ("WECRERDSOEEAIVD", 3), "WEAREDISCOVERED"),
        ("codes_isbn10", ("0-306-40615-2",), True),
        ("codes_isbn13", ("978-0-306-40615-7",), True),
        ("codes_soundex", ("Robert",), "R163"),
        ("codes_adler32", (b"Wikipedia",), 0x11E60398),
        ("codes_crc32", (b"123456789",), 0xCBF43926),
        ("notations_to_roman", (1994,), "MCMXCIV"),
        ("notations_from_roman", ("MCMXCIV",), 1994),
        ("notations_column_name", (28,), "AB"),
        ("notations_column_number", ("AB",), 28),
        ("notations_in_words", (1215,), "one thousand two hundred fifteen"),
        ("notations_ipv4", ("1.2.3.4",), 16909060),
        ("notations_csv_fields", ('a,"b,""c""",',), ["a", 'b,"c"', ""]),
        ("texts_to_postfix", ("(1 + 2) * 3 - 4",), "1 2 + 3 * 4 -"),
        ("texts_levenshtein", ("kitten", "sitting"), 3),
        ("texts_damerau", ("ca", "ac"), 1),
        ("texts_prefix_function", ("ababaca",), [0, 0, 1, 2, 3, 0, 1]),
        ("texts_z_function", ("aabaab",), [0, 1, 0, 3, 1, 0]),
        ("statistic_easter", (2024,), (3, 31)),
        ("numbers_extended_gcd", (240, 46), (2, -9, 47)),
        ("numbers_totient", (36,), 12),
        ("sums_max_subarray", ([-2, 1, -3, 4, -1, 2, 1, -5, 4],), 6),
        ("sums_trapped_water", ([0, 1, 0, 2, 1, 0, 1, 3, 2, 1, 2, 1],), 6),
        ("sums_matrix_chain", ([40, 20, 30, 10, 30],), 26000),
        ("texts_bowling", ([10] * 12,), 300),
        ("grids_spiral", ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],), [1, 2, 3, 6, 9, 8, 7, 4, 5]),
        ("grids_spiral_of_size", (3,), [[1, 2, 3], [8, 9, 4], [7, 6, 5]]),
        ("grids_determinant", ([[2, 0, 1], [1, 3, 2], [1, 1, 1]],), 0),
        ("grids_queens", (6,), 4),
        ("graphs_has_cycle", ({"a": ["b"], "b": ["a"]},), True),
    ],
)
def test_references_give_what_books_say(there, key, arguments, expected):
    assert there[key](*arguments) == expected


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("def bisect_right(items: list[int], value: int) -> int:\n    return 0\n", "searching_bisect_right"),
        ("def toRoman(n: int) -> str:\n    '''A Roman numeral.'''\n    return ''\n", "notations_to_roman"),
        ("def encrypt(text: str, shift: int) -> str:\n    '''Shift the letters.'''\n    return text\n", "codes_caesar"),
    ],
)
def test_a_name_and_words_lead_to_the_reference(code, key):
    assert [one.key for one in references.matching(signature(code))] == [key]


def test_words_decide_between_the_meanings_of_a_name():
    code = "def flatten(items: list) -> list:\n    '''Flatten lists at any depth.'''\n    return items\n"
    assert [one.key for one in references.matching(signature(code))] == ["groups_flatten"]


@pytest.mark.parametrize(
    ("function", "letters"),
    [
        ("lambda a, b: a + b", "+++?"),
        ("lambda a, b: a - b", "--+?"),
        ("lambda a, b: str(a + b)", "????"),
    ],
)
def test_comparing_gives_a_letter_for_each_call(there, function, letters):
    rows = [((1, 2), {}), ((3, 4), {}), ((5, 0), {}), (("x", 1), {})]
    assert there["compared"](eval(function), lambda a, b: a + b, lambda: rows) == letters


def test_what_both_refuse_and_what_hangs_is_told_apart(there):
    def refuse(_):
        raise ValueError

    assert there["compared"](refuse, refuse, lambda: [((1,), {})]) == "!"
    assert there["compared"](lambda x: [x for _ in iter(int, 1)], abs, lambda: [((1,), {}), ((2,), {})]) == "??"


FACTOR = signature("def factor(n: int) -> int:\n    if n < 1:\n        raise ValueError\n    return n\n")


@pytest.mark.parametrize(
    ("message", "value", "meant"),
    [
        ("n must be positive", "0", True),
        ("n must be positive", "1", False),
        ("n must not be negative", "0", False),
        ("n must not be negative", "-1", True),
        ("n must be from 2 to 36", "37", True),
        ("n must be from 2 to 36", "36", False),
        ("at least 3, please", "2", True),
        ("wrong", "2", False),
        ("n cannot be 0", "0", True),
        ("pow() 3rd argument cannot be 0", "0", False),  # nobody meant that
        ("", "2", False),
    ],
)
def test_an_error_is_confirmed_where_its_message_is_about_the_arguments(message, value, meant):
    seen = Observation("factor()", "", "", exception="ValueError", message=message)
    assert confirming.is_meant_error(FACTOR, Arguments(("n",), (value,)), seen) is meant


def test_an_example_of_what_is_made_of_the_result_is_not_taken_for_a_call():
    pack = signature("def pack(value: int) -> bytes:\n    return bytes([value])\n")
    assert arguments_of(pack, "pack(3).hex()") is None
    assert arguments_of(pack, "list(pack(3))") == Arguments(("value",), ("3",))


def test_an_example_may_say_how_often_a_value_is_there():
    said = "    '''Count.\n\n    >>> score([10] * 12 + [1])\n    9\n    '''\n"
    score = signature(f"def score(rolls: list[int]) -> int:\n{said}    return 0\n")
    assert [one.call for one in score.examples] == ["score([10] * 12 + [1])"]
    assert not is_literal_call("score([10] * 10 ** 9)")


class Meant:
    """A plain implementation that gives the letters it is told to."""

    def __init__(self, letters: str) -> None:
        self._letters = letters

    def asked(self, *_) -> str:
        return "asked"

    def is_meant_by(self, _) -> bool:
        return True

    def on(self, code: str, values: list[str]) -> confirming.Confirmed:
        found = signature(code)
        rows = [Arguments(("items",), (one,)) for one in values]
        seen = {f"pick({one})": Observation(f"pick({one})", repr(at), "int") for at, one in enumerate(values)}
        seen["asked"] = Observation("asked", repr(self._letters), "str")
        return confirming.compared(found, [self], rows, seen)


PICK = "def pick(items: list[int]) -> int:\n    '''Pick.{}'''\n    return 1\n"
PICKED = ["[1]", "[2]", "[3]", "[4]", "[]"]


def test_a_plain_implementation_that_disagrees_with_the_docstrings_own_example_means_something_else():
    odd = Meant("-++++").on(PICK.format(""), PICKED)
    assert [one.rule for one in odd.findings] == ["AMB-TEST-SUSPICIOUS"]
    assert Meant("-++++").on(PICK.format("\n\n    >>> pick([1])\n    0\n    "), PICKED) == confirming.Confirmed()


def test_what_comes_of_nothing_is_a_matter_of_taste():
    assert Meant("++++-").on(PICK.format(""), PICKED) == confirming.Confirmed()
    assert Meant("+++-+").on(PICK.format(""), PICKED).findings
