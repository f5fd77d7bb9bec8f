"""A copy that was edited is found, and two functions that only look alike are not."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.refactoring import alike, duplication

ONE = """
def load(path, log):
    log.start(path)
    rows = []
    for line in open_text(path):
        if line.startswith("#"):
            continue
        rows.append(parse_row(line, strict=True))
    rows.sort(key=row_key)
    log.done(len(rows))
    return rows
"""
EDITED = """
def load_all(file, logger):
    logger.start(file)
    found = []
    for text in open_text(file):
        if text.startswith(";"):
            continue
        check(text)
        found.append(parse_row(text, strict=True))
    found.sort(key=row_key)
    return found
"""
OTHER = """
def load_other(path, log):
    log.begin(path)
    total = 0
    for line in read_lines(path):
        if line.endswith("#"):
            break
        total += count_row(line)
    log.end(total)
    return total
"""


def pairs(*texts, targets=("0.py",), min_lines=6):
    known = {f"{number}.py": alike.outlines(text) for number, text in enumerate(texts)}
    return alike.pairs(known, targets, min_lines)


def test_an_edited_and_renamed_copy_is_found_from_either_side():
    (pair,) = pairs(ONE, EDITED)
    assert (pair.one.symbol, pair.other.symbol) == ("load", "load_all")
    assert 0.75 < pair.share < 1
    (back,) = pairs(ONE, EDITED, targets=("1.py",))
    assert (back.one.symbol, back.path, back.share) == ("load_all", "1.py", pair.share)
    (found,) = alike.found_in("1.py", [pair], [])
    assert found.rule == alike.SIMILAR
    assert found.symbol == "load_all"
    assert "`load_all` and `load` are the same in" in found.message
    assert found.evidence[0].path == "0.py"


def test_in_one_file_the_later_one_is_told():
    text = EDITED + "\n" + ONE
    (found,) = alike.found_in("0.py", pairs(text), [])
    assert found.symbol == "load"
    assert found.evidence[0].span.start_line == 1


@pytest.mark.parametrize(
    "other", [ONE.replace("def load", "async def load"), OTHER, "", "def f(", "def f():\n    return 1\n"]
)
def test_what_is_not_alike(other):
    assert pairs(ONE, other) == []


def test_the_least_number_of_lines_holds():
    assert pairs(ONE, EDITED, min_lines=9)
    assert pairs(ONE, EDITED, min_lines=20) == []


def test_what_a_run_of_equal_statements_tells_is_not_told_again():
    texts = {"0.py": ONE, "1.py": ONE.replace("rows", "found")}
    repeated = duplication.clones({path: duplication.index(text) for path, text in texts.items()}, ["1.py"], 6)
    similar = pairs(*texts.values())
    assert repeated
    assert similar
    assert alike.found_in("1.py", similar, repeated) == []


def test_a_name_from_elsewhere_is_part_of_what_a_function_says():
    assert pairs(ONE, ONE)[0].share == 1
    assert pairs(ONE, ONE.replace("open_text", "read").replace("parse_row", "go").replace("row_key", "k")) == []


def test_a_method_called_like_a_builtin_is_not_that_builtin():
    method = """
class Query:
    def {0}(self, wanted):
        if callable(wanted):
            def test(value):
                return is_sequence(value) and {0}(wanted(one) for one in value)
        else:
            def test(value):
                return is_sequence(value) and {0}(one in wanted for one in value)
        return self.made(test, ("{0}", self.path, freeze(wanted)))
"""
    assert pairs(method.format("any"), method.format("all")) == []


def test_opposites_are_not_told_to_be_the_same_code():
    # What a name stands for is swapped in the second one.
    text = """
def may_open(text, at, size):
    before = text[at - 1] if at > 0 else "-"
    behind = text[at + size] if at + size < len(text) else "-"
    if behind.isspace():
        return False
    if is_mark(behind) and not before.isspace() and not is_mark(before):
        return False
    return True
"""
    tail = text.partition("    if behind")[2]
    swapped = tail.replace("behind", "=").replace("before", "behind").replace("=", "before")
    first = text.partition("    if behind")[0].replace("may_open", "may_close") + "    if before" + swapped
    (found,) = alike.found_in("0.py", pairs(text + first), [])
    assert found.message == "`may_close` and `may_open` are the same but for names and values."


def test_functions_of_one_name_are_told_apart_by_their_files():
    (found,) = alike.found_in("0.py", pairs(ONE, EDITED.replace("load_all", "load")), [])
    assert "`load` and `load` of 1.py are the same in" in found.message


def test_what_a_module_must_define_itself_is_no_copy():
    assert not pairs(ONE.replace("load", "__getattr__"), EDITED.replace("load_all", "__getattr__"))
