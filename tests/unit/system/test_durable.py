from __future__ import annotations

import subprocess
import sys
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


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "there")
    write_atomically(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_bytes() == b"x"


def test_a_device_is_written_and_stays_one() -> None:
    write_atomically(Path("/dev/null"), b"x")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        write_atomically(Path("/dev/full"), b"x")


def test_a_long_name_is_one_of_a_file(tmp_path: Path) -> None:
    target = tmp_path / ("é" * 125 + ".json")
    write_atomically(target, b"x")
    assert list(tmp_path.iterdir()) == [target]


FULL = """
import pathlib, resource, sys
from tinyhost.system.durable import copy_file, write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
target = pathlib.Path(sys.argv[1])
try:
    if sys.argv[2] == "whole":
        write_atomically(target, bytes(5000))
    else:
        copy_file(pathlib.Path(sys.argv[3]), target)
except OSError as error:
    print(error.filename)
"""


@pytest.mark.parametrize("how", ["whole", "copy"])
def test_where_there_is_no_room_the_old_file_stays_and_the_error_names_it(tmp_path: Path, how: str) -> None:
    target, source = tmp_path / "a.bin", tmp_path / "source"
    target.write_bytes(b"old")
    source.write_bytes(bytes(5000))
    words = [sys.executable, "-c", FULL, str(target), how, str(source)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(target)
    assert target.read_bytes() == b"old"
    assert sorted(tmp_path.iterdir()) == [target, source]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        write_atomically(tmp_path / "file" / "a.bin", b"x")
