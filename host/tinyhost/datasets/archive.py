"""Safe unpacking of foreign archives: names, links and sizes are not trusted."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from tinyhost.errors import DatasetError
from tinyhost.system.wording import counted

__all__ = ["Limits", "unpack"]

_CHUNK_BYTES = 1 << 16
_END_BYTES = 1024
_MEMBER_BYTES = 4096
"""Overhead of a member beside its content: headers, and its last block."""
_MAX_DEPTH = 64
_MAX_HEADER_BYTES = 1 << 20
_HEADER_TYPES = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits for unpacking an archive."""

    total_bytes: int = 16 << 30
    file_bytes: int = 4 << 30
    n_files: int = 1_000_000


@dataclass(frozen=True, kw_only=True)
class _Member:
    name: str
    is_folder: bool
    is_file: bool
    open: Callable[[], IO[bytes] | None]


def unpack(
    archive: Path,
    target: Path,
    *,
    limits: Limits | None = None,
    on_bytes: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Unpack a .tar, .tar.gz, .tar.bz2, .tar.xz or .zip into a new folder; return the number of files.

    The folder appears when everything is in it. on_bytes: called with unpacked bytes; the total is 0, not known.
    Only files and folders are taken: a link, a device, an absolute name, one with `..`, two names for one file, or more
    than the limits, which count what really comes out, are errors, and nothing is left behind. Raises DatasetError.
    """
    if target.exists():
        raise DatasetError(f"{target}: already exists", hint="name a new folder, or delete this one")
    part = target.parent / f".{target.name}.unpacking"
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        n_files = _unpack(archive, part, limits if limits is not None else Limits(), on_bytes)
        part.rename(target)
    except (*_DAMAGED, OSError, ValueError, NotImplementedError) as error:
        raise _bad(archive, str(error) or type(error).__name__) from error
    except RuntimeError as error:  # an encrypted zip
        raise _bad(archive, str(error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return n_files


def _unpack(archive: Path, folder: Path, limits: Limits, on_bytes: Callable[[int, int], None]) -> int:
    n_files, n_members, total = 0, 0, 0
    with _members(archive, limits) as members:
        for member in members:
            path = folder.joinpath(*_safe_parts(archive, member))
            n_members += 1
            if n_members > limits.n_files:
                raise _bad(archive, f"more than {counted(limits.n_files, 'file')} and folders")
            if member.is_folder:
                path.mkdir(parents=True, exist_ok=True)
                continue
            n_files += 1
            path.parent.mkdir(parents=True, exist_ok=True)
            source = member.open()
            if source is None:
                raise _bad(archive, f"{member.name!r} cannot be read")
            with source, path.open("xb") as out:
                room = min(limits.file_bytes, limits.total_bytes - total)
                total += _copy(source, out, room, archive, member.name)
            on_bytes(total, 0)
    if n_files == 0:
        raise _bad(archive, "there is no file in it")
    return n_files


def _copy(source: IO[bytes], out: IO[bytes], room: int, archive: Path, name: str) -> int:
    """Copy a file, whatever size its header claims; return its size. Raises DatasetError beyond `room` bytes."""
    size = 0
    while chunk := source.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > room:
            raise _bad(archive, f"too large: {name!r} goes beyond the limit, {room:,} bytes are left")
        out.write(chunk)
    return size


def _safe_parts(archive: Path, member: _Member) -> tuple[str, ...]:
    """Return the parts of a member's path below the target; raises DatasetError for paths that could lead elsewhere."""
    name = member.name
    if not member.is_file and not member.is_folder:
        raise _bad(archive, f"{name!r} is neither file nor folder")
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or (parts and ":" in parts[0]):
        raise _bad(archive, f"{name!r} leads out of the folder")
    if not parts and member.is_file:
        raise _bad(archive, "a file without a name")
    if len(parts) > _MAX_DEPTH:
        raise _bad(archive, f"{name[:80]!r}... lies {len(parts)} folders deep, expected at most {_MAX_DEPTH}")
    return parts


@contextmanager
def _members(archive: Path, limits: Limits) -> Iterator[Iterator[_Member]]:
    """Yield the members of the archive, in its order."""
    if not archive.is_file():
        raise DatasetError(f"{archive}: no such file", hint="check the path")
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            yield (_zip_member(zipped, info) for info in zipped.infolist())
        return
    with _decompressed(archive) as raw:
        watched = _Watched(raw, limits.total_bytes + limits.n_files * _MEMBER_BYTES)
        with tarfile.open(fileobj=watched, mode="r|", tarinfo=_TarInfo) as tar:  # a stream: nothing is read twice
            yield (_tar_member(tar, info) for info in tar)
        watched.check_end(archive)


def _decompressed(archive: Path) -> IO[bytes]:
    """Return the bytes of a tar; the decompressor detects truncation."""
    with archive.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(archive, "rb"))
    if head.startswith(b"BZh"):
        return cast(IO[bytes], bz2.open(archive, "rb"))
    if head.startswith(b"\xfd7zXZ\x00"):
        return cast(IO[bytes], lzma.open(archive, "rb"))
    return archive.open("rb")


class _TarInfo(tarfile.TarInfo):
    """A header whose own data (long names, PAX fields) is not read into memory whatever it claims to be."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        is_header = self.type in _HEADER_TYPES
        if is_header and self.size > _MAX_HEADER_BYTES:
            raise tarfile.HeaderError(f"a header of {self.size:,} bytes, expected at most {_MAX_HEADER_BYTES:,}")
        return cast(tarfile.TarInfo, super()._proc_member(tar))  # type: ignore[misc]


class _Watched(io.RawIOBase):
    """Remembers the last bytes read: tarfile accepts a tar that was truncated between two files."""

    def __init__(self, raw: IO[bytes], max_bytes: int) -> None:
        self._raw = raw
        self._left_bytes = max_bytes
        self._tail = b""

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise ValueError("it unpacks to more than the limits allow")
        self._tail = (self._tail + data)[-_END_BYTES:]
        return data

    def check_end(self, archive: Path) -> None:
        """Read the rest; raises DatasetError if it does not end with a tar's two blocks of zeros."""
        while self.read(_CHUNK_BYTES):
            pass
        if self._tail != bytes(_END_BYTES):
            raise _bad(archive, "cut short: the end of the archive is missing")


def _zip_member(zipped: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    kind = info.external_attr >> 16 & 0o170000  # Unix's file type; 0 where another system made the archive
    is_folder = info.filename.endswith("/")  # is_dir() fails for a name of no letters
    return _Member(
        name=info.filename,
        is_folder=is_folder,
        is_file=not is_folder and kind in {0, 0o100000},
        open=lambda: zipped.open(info),
    )


def _tar_member(tar: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    return _Member(
        name=info.name,
        is_folder=info.isdir(),
        is_file=info.isreg() and not info.issparse(),
        open=lambda: tar.extractfile(info),
    )


def _bad(archive: Path, why: str) -> DatasetError:
    return DatasetError(f"{archive}: {why}", hint="get it from its source again, or unpack it by hand")
