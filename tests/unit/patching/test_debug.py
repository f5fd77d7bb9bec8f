from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ambient_lsp.errors import PatchError
from ambient_lsp.patching.debug import write_bundle
from ambient_lsp.patching.repair import read_diff

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "".join(f"line {n}\n" for n in range(1, 100)).replace("line 50\n", "token = 'hunter2'\n")
DIFF = "--- a/a.py\n+++ b/a.py\n@@ -48,3 +48,3 @@\n line 48\n-line 49 gone\n+x\n token = 'hunter2'\n"


def fail(diff: str) -> PatchError:
    with pytest.raises(PatchError) as caught:
        read_diff(diff, {"a.py": TEXT}.get, ("a.py",))
    return caught.value


def bundle(folder: Path, number: int = 0, diff: str = DIFF) -> Path:
    return write_bundle(
        folder,
        diff,
        fail(diff),
        {"a.py": TEXT}.get,
        id=f"id{number}",
        redact=lambda text: text.replace("hunter2", "***"),
        now=lambda: 1_800_000_000.0 + number,
    )


def test_a_bundle_tells_what_was_tried_and_holds_no_secret_nor_far_line(tmp_path: Path) -> None:
    place = bundle(tmp_path / "patch_debug")
    assert place.name == "20270115T080000-id0"
    report = json.loads((place / "report.json").read_text())
    assert report["error"] == "PatchConflict"
    assert any("as it is: 0 places" in step for step in report["tried"])
    assert len(report["sha256"]["a.py"]) == 64
    whole = "".join(file.read_text() for file in place.iterdir())
    assert "line 49" in whole
    assert "hunter2" not in whole
    assert "line 20" not in whole
    assert "line 80" not in whole


def test_only_the_last_twenty_are_kept(tmp_path: Path) -> None:
    for number in range(25):
        bundle(tmp_path, number)
    assert len(list(tmp_path.iterdir())) == 20
    assert not (tmp_path / "20270115T080000-id0").exists()


@pytest.mark.parametrize("diff", ["no diff at all", "--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-a\n+b\n"])
def test_a_hopeless_diff_gets_a_bundle_too(tmp_path: Path, diff: str) -> None:
    assert (bundle(tmp_path, diff=diff) / "change.diff").read_text() == diff
