from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from ambient_lsp import trust
from ambient_lsp.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "trusted.json"


def test_nothing_is_trusted_at_first(tmp_path: Path, file: Path) -> None:
    assert not trust.is_trusted(tmp_path, file)
    assert not file.exists()


def test_trust_covers_the_folder_and_what_is_below_but_no_neighbour_and_no_parent(tmp_path: Path, file: Path) -> None:
    repo = tmp_path / "repo"
    (repo / "sub").mkdir(parents=True)
    (tmp_path / "repo-evil").mkdir()
    trust.trust(repo, file)
    assert trust.is_trusted(repo, file)
    assert trust.is_trusted(repo / "sub", file)
    assert not trust.is_trusted(tmp_path / "repo-evil", file)
    assert not trust.is_trusted(tmp_path, file)
    trust.untrust(repo, file)
    assert not trust.is_trusted(repo, file)


def test_a_link_is_judged_by_where_it_leads(tmp_path: Path, file: Path) -> None:
    real, trusted = tmp_path / "real", tmp_path / "trusted"
    real.mkdir()
    trusted.mkdir()
    (trusted / "link").symlink_to(real)
    trust.trust(trusted, file)
    assert not trust.is_trusted(trusted / "link", file)


@pytest.mark.parametrize("text", ["{", "[]", '{"folders": [1]}', '{"folders": 3}', "\xff"])
def test_a_damaged_list_trusts_nothing_and_is_not_overwritten(tmp_path: Path, file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text, "latin-1")
    assert not trust.is_trusted(tmp_path, file)
    with pytest.raises(StoreError, match="cannot be read"):
        trust.trust(tmp_path, file)
    assert file.read_text("latin-1") == text


def test_many_writers_lose_nothing(tmp_path: Path, file: Path) -> None:
    folders = [tmp_path / str(n) for n in range(20)]
    threads = [threading.Thread(target=trust.trust, args=(folder, file)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(trust.trusted_folders(file)) == set(folders)
    assert json.loads(file.read_text())["version"] == 1
    assert sorted(p.name for p in file.parent.iterdir()) == ["trusted.json", "trusted.lock"]
