from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tinyhost.system.durable import new_file, write_atomically


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "er" / "a.bin"
    write_atomically(target, b"old")
    with pytest.raises(KeyboardInterrupt), new_file(target) as file:
        file.write(b"new")
        raise KeyboardInterrupt
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def test_of_many_writers_at_once_one_wins_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    contents = [bytes([number]) * 100_000 for number in range(8)]

    def write_often(content: bytes) -> None:
        for _ in range(50):
            write_atomically(target, content, sync=False)

    threads = [threading.Thread(target=write_often, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        write_atomically(tmp_path / "file" / "a.bin", b"x")
