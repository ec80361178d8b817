"""Verified, atomic downloads through pooch."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from tinyhost.errors import DownloadError

__all__ = ["DownloadProgress", "download", "sha256_of"]

DownloadProgress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in total); the total is 0 while it is unknown."""

_TIMEOUT_S = 30.0
_CHUNK_BYTES = 64 * 1024


def download(source: str, target: Path, *, sha256: str, by_hand: str, progress: DownloadProgress | None = None) -> Path:
    """Return target, downloaded under a temporary name, verified, and put in place in one step.

    source: a file://, http:// or https:// URL. sha256: hex digest that the content must have; empty: anything will do.
    by_hand: what a person can do when it fails; the hint of the errors.
    Raises DownloadError if the content cannot be had, cannot be stored, or is not the one expected.
    """
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)  # only tinyhost.cli prints
    try:
        saved = pooch.retrieve(
            source,
            known_hash=f"sha256:{sha256}" if sha256 else None,
            fname=target.name,
            path=target.parent,
            downloader=_Downloader(sha256, by_hand, progress or _silent),
        )
    except OSError as exc:  # the cache folder, as the downloader has wrapped its own failures
        raise DownloadError(
            f"{target}: cannot write what was downloaded: {exc}",
            hint="check the folder's permissions and free space, or give another cache folder",
        ) from exc
    return Path(saved)


class _Downloader:
    """What pooch calls to copy a URL into a file; it verifies, so that the error can say both hashes."""

    def __init__(self, sha256: str, by_hand: str, progress: DownloadProgress) -> None:
        self._sha256 = sha256
        self._by_hand = by_hand
        self._progress = progress

    def __call__(self, url: str, output_file: str | IO[bytes], pooch: Any) -> None:
        # pooch gives a temporary file's name, and moves it to the target after its own check.
        partial = Path(str(output_file))
        try:
            if urlsplit(url).scheme == "file":
                self._copy(Path(unquote(urlsplit(url).path)), partial)
            else:
                self._download(url, partial)
        except OSError as exc:  # requests' errors are OSErrors as well
            with suppress(FileNotFoundError):
                partial.unlink()
            raise DownloadError(f"cannot get {url}: {exc}", hint=self._by_hand) from exc
        found = sha256_of(partial)
        if self._sha256 and found != self._sha256:
            size = partial.stat().st_size
            partial.unlink()
            raise DownloadError(
                f"{url}: expected SHA-256 {self._sha256}, got {found} ({size} bytes)",
                hint=f"the source or the mirror holds another file; {self._by_hand}",
            )

    def _copy(self, source: Path, partial: Path) -> None:
        with source.open("rb") as content, partial.open("wb") as out:
            shutil.copyfileobj(content, out)
        size = partial.stat().st_size
        self._progress(size, size)

    def _download(self, url: str, partial: Path) -> None:
        import requests

        with requests.get(url, stream=True, timeout=_TIMEOUT_S) as reply, partial.open("wb") as out:
            reply.raise_for_status()
            total, done = int(reply.headers.get("Content-Length") or 0), 0
            for chunk in reply.iter_content(_CHUNK_BYTES):
                out.write(chunk)
                done += len(chunk)
                self._progress(done, total)


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _silent(done: int, total: int) -> None:
    del done, total
