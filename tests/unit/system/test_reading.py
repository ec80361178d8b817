"""Files named by a user must be regular, bounded and complete."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tinyhost.errors import ConfigError, DatasetError
from tinyhost.system.reading import read_file, read_text


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 10)
    assert read_file(path, max_bytes=10) == b"x" * 10


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (os.mkfifo, "a named pipe"),
        (Path.mkdir, "a folder"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
        (make_socket, "No such device or address"),
        (lambda path: path.write_bytes(b"x" * 11), "11 bytes, expected at most 10"),
        (lambda path: None, "No such file"),
        (lambda path: path.symlink_to(path), "Too many levels"),
    ],
)
def test_what_is_no_file_of_that_size_is_named_at_once(make: Callable[[Path], None], told: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    make(path)
    with pytest.raises(ConfigError, match=told) as error:
        read_file(path, max_bytes=10, error=ConfigError)
    assert str(path) in error.value.message


def test_a_path_with_a_zero_byte_is_an_error() -> None:
    with pytest.raises(DatasetError, match="zero byte"):
        read_file(Path("a\0b"), max_bytes=10)


def test_text_is_utf_8_without_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(b"\xef\xbb\xbfs\xc3\xad\n")
    assert read_text(path, max_bytes=100) == "sí\n"
    path.write_bytes(b"ja\xe4")
    with pytest.raises(DatasetError, match="0xe4 at byte 2"):
        read_text(path, max_bytes=100)
