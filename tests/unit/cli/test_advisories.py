"""`ambient advisories update` keeps what is about the pinned packages, and leaves all alone when it fails."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from ambient_lsp.analyzers.advisories import ADVISORIES
from ambient_lsp.cli.exits import Exit
from tests.terminal import ambient


def record(identifier: str, package: str, **more: object) -> dict[str, object]:
    affected = {"package": {"ecosystem": "PyPI", "name": package}, "versions": ["1.0"]}
    return {"id": identifier, "affected": [affected], **more}


def archive(path: Path, *records: dict[str, object]) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for one in records:
            out.writestr(f"{one['id']}.json", json.dumps(one))
    return path


def test_only_advisories_on_pinned_packages_are_kept(root: Path, tmp_path: Path) -> None:
    (root / "requirements.txt").write_text("Foo_Bar==1.0\nother>=2\n")
    source = archive(
        tmp_path / "all.zip", record("B", "foo-bar"), record("A", "Foo.Bar"), record("C", "other"),
        record("D", "foo-bar", withdrawn="2031-01-01T00:00:00Z"),
    )  # fmt: skip
    done = ambient("advisories", "update", "--from", source)
    assert (done.code, done.err) == (Exit.OK, "")
    assert "2 advisories on 1 pinned packages" in done.out
    assert [one["id"] for one in json.loads((root / ADVISORIES).read_text())] == ["A", "B"]


def test_a_source_that_cannot_be_read_leaves_the_old_file(root: Path, tmp_path: Path) -> None:
    (root / ADVISORIES).parent.mkdir(exist_ok=True)
    (root / ADVISORIES).write_text("[]")
    (tmp_path / "bad.json").write_text("{")
    for source in (tmp_path / "bad.json", tmp_path / "nothing.zip"):
        done = ambient("advisories", "update", "--from", source)
        assert done.code == Exit.FAILED
        assert "were left alone" in done.err
    assert (root / ADVISORIES).read_text() == "[]"


def test_a_folder_of_records_is_read(root: Path, tmp_path: Path) -> None:
    (root / "requirements.txt").write_text("foo-bar==1.0\n")
    (tmp_path / "osv" / "2031").mkdir(parents=True)
    (tmp_path / "osv" / "2031" / "A.json").write_text(json.dumps(record("A", "foo-bar")))
    assert ambient("advisories", "update", "--from", tmp_path / "osv").code == Exit.OK
    assert [one["id"] for one in json.loads((root / ADVISORIES).read_text())] == ["A"]
