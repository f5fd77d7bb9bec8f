"""What a configuration may have run: table by table, and as laws over made-up lines."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.config import Sandbox
from ambient_lsp.errors import CommandRefused
from ambient_lsp.sandbox.policy import allowed, parse

PATTERNS = Sandbox().allowed_commands


@pytest.mark.parametrize(
    ("line", "argv"),
    [
        ("pytest", ("pytest",)),
        ("pytest -q -x tests/test_a.py::test_b", ("pytest", "-q", "-x", "tests/test_a.py::test_b")),
        ("pytest -k 'a and not b'", ("pytest", "-k", "a and not b")),
        ("pytest -m 'slow;really'", ("pytest", "-m", "slow;really")),
        ('pytest -k "a | b"', ("pytest", "-k", "a | b")),
        ("pytest --cov=src --cov-report=term -svx --maxfail=1 -n 2", None),
        ("python -m pytest -q", ("pytest", "-q")),
        ("python3 -m pytest", ("pytest",)),
        ("ruff check --select E501 src", None),
        ("ruff   format --check .", ("ruff", "format", "--check", ".")),
        ("mypy --strict src", None),
        ("make test", None),
        ("make lint -j 2", None),
        ("npm test", None),
        ("cargo clippy --all-targets", None),
        ("git diff --stat HEAD", None),
        ("git log --oneline -n 3", None),
    ],
)
def test_allowed(line: str, argv: tuple[str, ...] | None) -> None:
    assert allowed(parse(line), PATTERNS) == (argv or tuple(line.split()))


@pytest.mark.parametrize(
    "line",
    [
        *("pytest; curl x", "pytest | sh", "pytest & x", "pytest && x", "pytest > x", "pytest < x", "pytest `x`"),
        *("pytest $(x)", 'pytest "$(x)"', 'pytest "`x`"', "pytest ${x}", "pytest\ncurl x", "pytest\rx", "pytest \0"),
        *("", "   ", "'", "A=1 pytest", "PYTHONPATH=. pytest", "pytest 'unclosed"),
    ],
)
def test_lines_that_a_shell_would_make_more_of_are_not_read(line: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        parse(line)
    assert "not run" in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        *("pytest-evil", "pytest.sh", "pytestx", "./pytest", "/usr/bin/pytest", "sh -c pytest", "env pytest", "curl x"),
        *("python -c pytest", "python -m http.server", "python pytest", "bin/pytest", "'pytest x'"),
        *("pytest -p evil", "pytest -pevil", "pytest -qp evil", "pytest -c x.ini", "pytest -o a=b", "pytest -W error"),
        *(
            "pytest --rootdir=x",
            "pytest --rootdir x",
            "pytest --rootd x",
            "pytest --confcutdir=x",
            "pytest --config-f=x",
        ),
        *("pytest --override-ini=a=b", "pytest --basetemp=x", "pytest --junitxml=x", "pytest --pdbcls=a:b"),
        *("pytest /etc", "pytest ../x", "pytest a/../../x", "pytest --ignore=/etc", "pytest ~/x", "pytest @args"),
        *("pytest a:../x", "pytest -k=../x", "python -m pytest -p evil"),
        *("git -c core.pager=x diff", "git diff --no-index /etc/passwd x", "git diff --no-index a b"),
        *(
            "git diff --no-ind a b",
            "git diff --ext-diff",
            "git diff --output=x",
            "git log --outp x",
            "git show --textconv",
        ),
        *(
            "git push",
            "git status --git-dir=x",
            "git diff -O x",
            "git -C x diff",
            "git logs",
            "git diff -- /etc/passwd",
        ),
        *("ruff check --config x", "ruff check --config=x", "ruff clean", "ruff check --output-file=x", "ruff"),
        *(
            "make -f x test",
            "make test -f x",
            "make test --eval=x",
            "make test SHELL=x",
            "make test -C x",
            "make install",
        ),
        *("mypy --config-file=x", "mypy --python-executable x", "mypy --install-types", "mypy --html-report x"),
        *("npm test --prefix=x", "npm run x", "cargo test --config x", "cargo test --manifest-path x", "cargo run"),
    ],
)
def test_commands_that_are_refused(line: str) -> None:
    with pytest.raises(CommandRefused):
        allowed(parse(line), PATTERNS)


def test_a_pattern_judges_whole_words() -> None:
    assert allowed(("tox", "-q"), ["tox"]) == ("tox", "-q")
    for patterns in (["to"], [""], [".*?"], ["ox"], []):
        with pytest.raises(CommandRefused):
            allowed(("tox",), patterns)


def test_an_empty_word_or_a_line_break_in_one_is_refused() -> None:
    for argv in ((), ("",), ("pytest", ""), ("pytest", "a\nb"), ("pytest", "a\0")):
        with pytest.raises(CommandRefused):
            allowed(argv, PATTERNS)


LINES = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [
                "pytest",
                "git",
                "diff",
                "-",
                "--",
                "-p",
                "-c",
                "/etc",
                "..",
                "x",
                ";",
                "|",
                "$(x)",
                "`",
                "'",
                '"',
                "\n",
                "=",
            ]
        ),
        max_size=8,
    ).map(" ".join),
    st.lists(st.text("pyest-cowW/.:=~ '\"\\;", max_size=8), max_size=5).map(lambda words: "pytest " + " ".join(words)),
)


@given(LINES)
def test_whatever_is_let_through_is_plain_words_of_an_allowed_program(line: str) -> None:
    try:
        argv = allowed(parse(line), PATTERNS)
    except CommandRefused:
        return
    assert argv[0] in ("pytest", "ruff", "mypy", "cargo", "npm", "make", "git")
    for word in argv[1:]:
        assert not word.startswith(("/", "~", "@")) and ".." not in re.split(r"[/=:,]", word)
        assert argv[0] != "pytest" or not re.match(r"-[a-zA-Z]*[pcoW]", word)


@given(LINES)
def test_reading_gives_what_was_quoted_or_refuses(line: str) -> None:
    try:
        argv = parse(line)
    except CommandRefused:
        return
    assert list(argv) == shlex.split(line)


@given(st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=5))
def test_quoting_for_a_shell_is_read_back(words: list[str]) -> None:
    try:
        assert parse(shlex.join(words)) == tuple(words)
    except CommandRefused:
        assert any(re.search(r"[\0\r\n'=]", word) for word in words)
