from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.errors import UnsafePath
from ambient_lsp.patching import paths

FORBIDDEN = [
    *(".git", ".ssh", ".aws", ".ambient", ".netrc", ".npmrc", ".pypirc", ".env", ".env.local", ".envrc", "git~1"),
    *("id_rsa", "id_rsa.pub", "server.pem", "tls.key", ".git-credentials", "id_ed25519", "SSH~1", "gi7eba~1"),
]
IGNORABLE = "\u200c\u200d\u200e\u202e\u2060\ufeff\u00ad\u034f\u180e\ufe0f\U000e0020"
plain = st.text("abcdefgh_é漢", min_size=1, max_size=8)


@pytest.mark.parametrize(
    "path",
    [
        *("src/app.py", "a b/ü 漢😀.py", ".github/workflows/ci.yml", ".gitignore", ".ambient.yml", "environment.py"),
        *("keys.py", "git/x", "pem", "docs/key", "...a/b", "👩\u200d💻.md", "..a", "a..b"),
    ],
)
def test_ordinary_paths_are_fine(path: str, tmp_path: Path) -> None:
    paths.check(path)
    assert paths.resolve(tmp_path, path) == (tmp_path / path).resolve()


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/passwd", "C:/x", "c:x", "..", "../x", "a/../b", "a/./b", "./a", "a//b", "a/", "//host/share"),
        *("a\\b", "..\\x", "a\0b", "a\nb", "a/\x7f", ".git ./config", "..\u200d/x", "．．/x", "…/x", "\ud800.py"),
        *(".git::$INDEX_ALLOCATION/config", ".env:stream", "x" * 300, "a/" * 3000 + "b", "...", " ", ".GIT/config"),
    ],
)
def test_tricks_are_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafePath):
        paths.check(path)
    with pytest.raises(UnsafePath):
        paths.resolve(tmp_path, path)


@given(st.sampled_from(FORBIDDEN), st.lists(plain, max_size=3), st.lists(plain, max_size=3), st.data())
def test_a_forbidden_part_is_refused_however_it_is_dressed(
    name: str, before: list[str], after: list[str], data: st.DataObject
) -> None:
    dressed = "".join(
        data.draw(st.sampled_from([char, char.upper()])) + data.draw(st.sampled_from(["", "", *IGNORABLE]))
        for char in name
    )
    dressed += data.draw(st.sampled_from(["", ".", " ", " . ", "...", "::$DATA", ":x"]))
    with pytest.raises(UnsafePath):
        paths.check("/".join([*before, dressed, *after]))


@given(st.text(max_size=40))
def test_what_passes_stays_inside(path: str) -> None:
    root = Path("/nowhere/root")
    try:
        paths.check(path)
    except UnsafePath:
        return
    assert Path("/nowhere/root") in (root / path).parents
    assert ".." not in (root / path).parts


def test_links_may_not_leave_nor_lead_to_machinery(tmp_path: Path) -> None:
    root = tmp_path / ".ssh" / "project"  # only the path below the root is judged
    (root / ".git").mkdir(parents=True)
    (root / "src").mkdir()
    for name, target in {"out": "..", "etc": "/etc", "machinery": ".git", "fine": "src", "loop": "loop"}.items():
        (root / name).symlink_to(target)
    for path in ("out/x", "etc/passwd", "machinery/config", "loop", "loop/x"):
        with pytest.raises(UnsafePath):
            paths.resolve(root, path)
    assert paths.resolve(root, "fine/x.py") == (root / "src/x.py").resolve()
    assert paths.resolve(root, "src/new/x.py") == (root / "src/new/x.py").resolve()
