"""Tests that prove nothing or fail by chance are named; good ones are left in peace."""

from __future__ import annotations

from textwrap import dedent

import pytest

from ambient_lsp.agents.weak_tests import apply
from ambient_lsp.analyzers.testing import flaky, smells, void_tests


def rules(text):
    return [found.rule for found in smells.find(dedent(text), "test_a.py")]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("def test_a():\n    x = go()\n", smells.NO_ASSERT),
        (
            "C = []\n\ndef setup_module():\n    global C\n    C = []\n\n"
            "def test_a():\n    C.append(1)\n    assert go()\n\ndef test_b():\n    assert C == []\n",
            smells.ORDER,
        ),
        ("def test_a():\n    print(go())\n", smells.NO_ASSERT),
        ("def test_a():\n    go()\n    time.sleep(0.5)\n    assert done()\n", smells.SLEEP),
        ("def test_a():\n    assert make().at == datetime.now()\n", smells.CLOCK),
        ("def test_a():\n    assert requests.get('https://example.com/x').ok\n", smells.NETWORK),
        (
            "C = []\n\ndef test_a():\n    C.append(1)\n    assert go()\n\ndef test_b():\n    assert C == [1]\n",
            smells.ORDER,
        ),
    ],
)
def test_found(text, rule):
    assert rules(text) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def test_a(",
        "def test_a():\n    pass\n",
        "def test_a():\n    '''Later.'''\n    ...\n",
        "def test_a():\n    with pytest.raises(ValueError):\n        go()\n",
        "def test_a(mock):\n    go()\n    mock.assert_called_once()\n",
        "class TestA:\n    def test_a(self):\n        self.assertEqual(go(), 1)\n",
        "def looks_right(x):\n    assert x\n\ndef test_a():\n    looks_right(go())\n",
        "def test_a(benchmark):\n    benchmark(go)\n",
        "@pytest.mark.skip\ndef test_a():\n    go()\n",
        "def helper():\n    time.sleep(1)\n",
        "def test_a():\n    assert start < time.time()\n",
        "def test_a():\n    assert requests.get('http://localhost:80/x').ok\n",
        "def test_a(requests_mock):\n    assert requests.get('https://example.com/x').ok\n",
        "CACHE = []\n\ndef test_a():\n    CACHE.append(1)\n    assert CACHE\n",
        # It raises for what is wrong: a test that only calls it is meant so.
        "def test_valid_email_passes():\n    email()('ann@example.com')\n",
        "def test_old_token_works(jws):\n    token = 'a.b'\n    jws.decode(token)\n",
        "def test_file():\n    with click.open_file('a') as file:\n        file.read()\n",
        "def test_no_key():\n    class Model(Base):\n        key = Column(Integer)\n\n    add(Model)\n",
        # Threads that take their time, and not a test that waits.
        "def test_a():\n    def work():\n        time.sleep(0.02)\n\n    assert run(work)\n",
        # `monkeypatch` puts back what it was, whoever sets it afterwards.
        "def test_a(monkeypatch):\n    monkeypatch.setenv('A', '1')\n    os.environ['A'] = '2'\n    assert f()\n",
        "def test_a(runner):\n    def callback():\n        os.environ['A'] = '2'\n\n    assert runner(callback)\n",
        "NAMES = ['a']\n\ndef test_a():\n    assert go() == NAMES\n\ndef test_b():\n    assert NAMES\n",
        # Each test begins with a new one.
        "C = []\n\nclass TestA:\n    def setup_method(self):\n        global C\n        C = []\n\n"
        "    def test_a(self):\n        C.append(1)\n        assert C\n\n"
        "    def test_b(self):\n        assert C == []\n",
    ],
)
def test_left_in_peace(text):
    assert rules(text) == []


def test_the_other_test_is_evidence():
    text = "C = {}\n\ndef test_a():\n    C['x'] = 1\n    assert go()\n\ndef test_b():\n    assert C['x']\n"
    (found,) = smells.find(text, "test_a.py")
    assert found.evidence[0].span.start_line == 6


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("def test_a():\n    assert True\n", void_tests.CANNOT_FAIL),
        ("def test_a():\n    go()\n    assert 'never false'\n", void_tests.CANNOT_FAIL),
        ("def test_a():\n    try:\n        assert go()\n    except Exception:\n        pass\n", void_tests.CANNOT_FAIL),
        ("class TestA(TestCase):\n    def test_a(self):\n        self.assertEqual(x, x)\n", void_tests.CANNOT_FAIL),
        ("def test_a():\n    names = os.listdir(d)\n    assert os.listdir(d) == names + [x]\n", None),
        ("def test_a():\n    n = random.random()\n    assert go(n)\n", flaky.RANDOM),
        ("import random\nrandom.seed(3)\n\ndef test_a():\n    n = random.random()\n    assert go(n)\n", None),
        ("class TestA(TestCase):\n    def test_eq(self):\n        self.assertEqual(x, x)\n", None),
        (
            "def test_a():\n    try:\n        go()\n    except E:\n        assert 0\n    else:\n        assert 1\n",
            None,
        ),
        ("def test_a():\n    try:\n        assert go()\n    except KeyError:\n        pass\n", None),
        ("class TestA(TestCase):\n    def test_a(self):\n        self.assertIs(a.items, a.items)\n", None),
        ("def test_a():\n    assert go()\n    assert True\n", None),
        ("def test_a():\n    assert open('/tmp/x').read()\n", None),
        ("def test_a():\n    os.environ['A'] = 'b'\n    try:\n        assert go()\n    finally:\n        x()\n", None),
        ("@skip\ndef test_a():\n    assert 1 == x\n\n@skip\ndef test_a():\n    assert 2 == x\n", None),
    ],
)
def test_void_and_flaky_ones(text, rule):
    assert rules(text) == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("def test_a():\n    assert (go() == 1, 'not one')\n", "def test_a():\n    assert go() == 1, 'not one'\n"),
        ("def test_a():\n    assert(go(), 'nothing')\n", "def test_a():\n    assert go(), 'nothing'\n"),
        (
            "def test_a(m):\n    go(m)\n    m.assert_called_once\n",
            "def test_a(m):\n    go(m)\n    m.assert_called_once()\n",
        ),
        ("def test_a():\n    return go() == 1\n", "def test_a():\n    assert go() == 1\n"),
        (
            "class TestA(TestCase):\n    def test_a(self):\n        self.assertTrue(go(), 3)\n",
            "class TestA(TestCase):\n    def test_a(self):\n        self.assertEqual(go(), 3)\n",
        ),
        (
            "def test_a():\n    assert go(1)\n\n\ndef test_a():\n    assert go(2)\n",
            "def test_a():\n    assert go(1)\n\n\ndef test_a_2():\n    assert go(2)\n",
        ),
        (
            "import random\n\n\ndef test_a():\n    '''Doc.'''\n    n = random.randint(1, 9)\n    assert go(n)\n",
            "import random\n\n\ndef test_a():\n    '''Doc.'''\n    random.seed(0)\n    n = random.randint(1, 9)\n"
            "    assert go(n)\n",
        ),
        (
            "def test_a():\n    assert list(set(go())) == ['b', 'a']\n",
            "def test_a():\n    assert sorted(set(go())) == ['a', 'b']\n",
        ),
        (
            "def test_a():\n    assert os.listdir(path) == ['a', 'b']\n",
            "def test_a():\n    assert sorted(os.listdir(path)) == ['a', 'b']\n",
        ),
        (
            "def test_a():\n    with open('/tmp/out.txt', 'w') as file:\n        go(file)\n"
            "    assert Path('/tmp/out.txt').read_text()\n",
            "def test_a(tmp_path):\n    with open(str(tmp_path / \"out.txt\"), 'w') as file:\n        go(file)\n"
            '    assert Path(tmp_path / "out.txt").read_text()\n',
        ),
        (
            "def test_a(db):\n    os.environ['MODE'] = 'x'\n    os.environ['B'] = 'y'\n    assert go()\n",
            "def test_a(db, monkeypatch):\n    monkeypatch.setenv('MODE', 'x')\n    monkeypatch.setenv('B', 'y')\n"
            "    assert go()\n",
        ),
        (
            "def test_a():\n    os.chdir('x')\n    assert go()\n",
            "def test_a(monkeypatch):\n    monkeypatch.chdir('x')\n    assert go()\n",
        ),
    ],
)
def test_what_is_certain_is_fixed(text, fixed):
    found = [one for one in smells.find(text, "test_a.py") if one.data.get("edits")]
    assert apply(text, found)[1] == fixed
    assert not smells.find(fixed, "test_a.py")


def test_an_assertion_over_lines_keeps_its_brackets():
    (found,) = smells.find("def test_a():\n    assert (go()\n            == 1, 'not one')\n", "test_a.py")
    assert (found.rule, found.data["edits"]) == (void_tests.CANNOT_FAIL, [])


def test_a_unittest_class_takes_no_fixtures():
    text = "class TestA(TestCase):\n    def test_a(self):\n        os.chdir('x')\n        assert go()\n"
    (found,) = smells.find(text, "test_a.py")
    assert (found.rule, found.data["edits"]) == (flaky.LEFT_BEHIND, [])


@pytest.mark.parametrize(
    ("line", "fixes"),
    [("data = b'a' * size", 1), ("data = os.urandom(size)", 0), ("data = secrets.token_bytes(size)", 0)],
)
def test_one_seed_does_not_make_what_the_system_gives_the_same(line, fixes):
    text = f"import random\n\n\ndef test_a():\n    size = random.randint(1, 9)\n    {line}\n    assert go(data)\n"
    (found,) = smells.find(text, "test_a.py")
    assert found.rule == flaky.RANDOM
    assert len(found.data["edits"]) == fixes
