"""What no test runs is told once for each function or class, the few that are worth most, with how many more."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.testing.testplaces import is_aside, places
from ambient_lsp.analyzers.testing.untested import BRANCH, UNTESTED, Importance, Lines, find, untested

BRANCHY = "    if x > 1:\n        for y in range(x):\n            if y % 2:\n                return y\n    return x\n"


def function(name, body=BRANCHY):
    return f"def {name}(x):\n{body}\n\n"


def test_few_are_told_and_how_many_more():
    text = "".join(function(f"f{number}") for number in range(8))
    found = find(text, "a.py", Lines())
    assert len(found) == 3
    assert found[0].message.endswith("5 more in this file are not told one by one.")
    assert "more in this file" not in found[1].message


def test_risk_decides_which():
    text = (
        "__all__ = ['listed']\n\n\n"
        + function("plain")
        + function("verify_token")
        + function("listed")
        + function("new")
    )
    changed = frozenset(range(text[: text.index("def new")].count("\n") + 1, text.count("\n")))
    found = untested(text, "a.py", Lines(), 80, Importance(imported_by=4, changed=changed))
    assert [one.name for one in found] == ["new", "verify_token", "listed", "plain"]
    assert "changed since the last commit" in found[0].why
    assert "security depends on it" in found[1].why
    assert "public" in found[2].why
    assert "4 files depend on it" in found[3].why


def test_one_finding_for_a_class():
    text = "class A:\n    def a(self):\n        return 1\n\n    def b(self):\n        return 2\n"
    (found,) = find(text, "a.py", Lines())
    assert found.message.startswith("The test run recorded no line of the 2 methods of `A`")
    half = Lines(executed=frozenset({1, 2, 3, 5}), missing=frozenset({6}))
    assert [one.symbol for one in find(text, "a.py", half, 100)] == ["A.b"]


def test_private_one_liners_and_dunders_are_left_alone():
    text = "def _a():\n    return 1\n\n\nclass B:\n    def __repr__(self):\n        return 'B'\n"
    assert find(text, "a.py", Lines()) == []


def test_ways_that_no_test_takes():
    text = function("f")
    lines = Lines(executed=frozenset(range(1, 7)), branches={2: (1, 2), 3: (2, 2), 4: (1, 2)})
    (found,) = find(text, "a.py", lines, 100)
    assert found.rule == BRANCH
    assert "not every way through it (lines 2, 4)" in found.message
    assert find(text, "a.py", lines, 70) == []


def test_the_threshold_counts_branches_too():
    lines = Lines(executed=frozenset({1, 2, 3, 4}), missing=frozenset(), branches={2: (0, 4)})
    assert lines.percent == 50
    assert Lines().percent == 0


def test_a_file_above_the_threshold_is_left_alone():
    text = function("f") + function("g")
    run, rest = frozenset({*range(1, 7), 9}), frozenset(range(10, 15))
    assert find(text, "a.py", Lines(run, rest), 40) == []
    assert [one.rule for one in find(text, "a.py", Lines(run, rest), 90)] == [UNTESTED]


def test_where_tests_are():
    assert places("pkg/shop.py", "pkg.shop", []) == ([], "tests/test_shop.py")
    assert places("shop.py", "shop", []) == ([], "tests/test_shop.py")
    assert places("shop.py", "shop", [], installed=False) == ([], "test_shop.py")
    mirrored = ["tests/unit/api/test_views.py", "tests/unit/db/test_models.py", "tests/conftest.py"]
    assert places("pkg/api/forms.py", "pkg.api.forms", mirrored)[1] == "tests/unit/api/test_forms.py"
    assert places("src/pkg/db/models.py", "pkg.db.models", mirrored)[0] == ["tests/unit/db/test_models.py"]
    beside = ["pkg/api/views_test.py", "pkg/api/forms_test.py"]
    assert places("pkg/api/models.py", "pkg.api.models", beside)[1] == "pkg/api/models_test.py"
    assert places("pkg/a/views.py", "pkg.a.views", ["tests/test_views.py"])[1] == "tests/test_pkg_a_views.py"
    assert places("pkg/__init__.py", "pkg", ["test/test_other.py"])[1] == "test/test_pkg.py"


@pytest.mark.parametrize(
    ("path", "aside"),
    [
        ("examples/tables.py", True),
        ("src/shop/benchmarks/grouping.py", True),
        ("docs/conf.py", True),
        ("scripts/release.py", True),
        ("setup.py", True),
        ("src/shop/scripts/run.py", False),
        ("shop/setup.py", False),
        ("shop/documents.py", False),
    ],
)
def test_what_is_shown_or_measured_beside_the_code_is_told_apart(path, aside):
    assert is_aside(path) is aside


def test_a_signature_is_not_always_one_that_security_depends_on():
    (found,) = find(function("get_signature"), "a.py", Lines(), 80, Importance(imported_by=50))
    assert "security" not in found.message
    assert "many files depend on it" in found.message


def test_what_is_defined_for_another_python_is_left_alone():
    text = (
        "import sys\n\nif sys.version_info >= (3, 14):\n\n    def get(x):\n        return x.a\n\n"
        "else:\n\n    def get(x):\n        return x.b\n"
    )
    seen = Lines(executed=frozenset({1, 3, 10, 11}), missing=frozenset({5, 6}))
    assert find(text, "a.py", seen, 100) == []


def test_a_module_that_only_windows_can_load_is_left_alone():
    text = "def write(text, handle, flags):\n    if not text:\n        return 0\n    return handle.write(text, flags)\n"
    assert find(text, "a.py", Lines(), 100)
    for line in ("import msvcrt\n\n\n", "from ctypes import byref, windll\n\n\n"):
        assert find(line + text, "a.py", Lines(), 100) == []


def test_what_only_heirs_write_needs_no_test():
    text = "class Store:\n    def read(self):\n        {}\n\n    def load(self):\n        return self.read()\n"
    seen = Lines(executed=frozenset({1, 2, 5, 6}), missing=frozenset({3}))
    for line in ("raise NotImplementedError", "raise NotImplementedError('To be overridden!')"):
        assert untested(text.format(line), "a.py", seen, 100) == []
    (found,) = untested(text.format("raise ValueError"), "a.py", seen, 100)
    assert found.name == "Store.read"
