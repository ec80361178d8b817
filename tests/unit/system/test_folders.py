"""Users' files in a folder, and the files that systems and programs leave there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from tinyhost.system.folders import files_below, is_hidden, is_side_file, visible


@pytest.mark.parametrize(
    "name",
    [".DS_Store", "._a.png", ".lock", "__MACOSX", "Thumbs.db", "THUMBS.DB", "Desktop.ini", "a.png:Zone.Identifier"],
)
def test_what_systems_leave_is_hidden(name: str) -> None:
    assert is_hidden(name)


@pytest.mark.parametrize("name", ["a.png", "_background_noise_", "_a.wav", "thumbs.db.png", "MACOSX"])
def test_what_people_name_is_not(name: str) -> None:
    assert not is_hidden(name)


@pytest.mark.parametrize("name", ["README.md", "readme", "LICENSE", "a.txt", "labels.CSV", "info.labels", "IMG_1.AAE"])
def test_text_beside_samples_is_no_sample(name: str) -> None:
    assert is_side_file(name)
    assert not is_side_file("a.docx")


def test_hidden_files_and_folders_are_not_looked_into(tmp_path: Path) -> None:
    for name in ("b/2.png", "a.png", "b/.x/3.png", "__MACOSX/b/2.png", "b/._2.png", ".git/config"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "b" / "round").symlink_to(tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)) == ["a.png", "b/2.png"]
    assert [path.name for path in visible(tmp_path)] == ["a.png", "b"]


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    monkeypatch.setattr("os.scandir", scandir)
    with pytest.raises(PermissionError):
        list(files_below(tmp_path))
