"""Verified downloads: bounded whatever the source claims, and whole or not at all."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tinyhost.errors import DownloadError
from tinyhost.system.durable import new_file
from tinyhost.system.reading import open_file

__all__ = ["DownloadProgress", "download", "mirrored", "sha256_of"]

DownloadProgress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in total); the total is 0 while it is unknown."""

_TIMEOUT_S = 30.0
_CHUNK_BYTES = 64 * 1024
_SLOW_S = 60.0
_LEAST_BYTES_PER_S = 1000
_MAX_DIGITS = 15  # of a Content-Length: more are too many in any case


def download(
    source: str,
    target: Path,
    *,
    sha256: str,
    max_bytes: int,
    by_hand: str,
    progress: DownloadProgress | None = None,
) -> Path:
    """Return target, downloaded under a temporary name, verified, and put in place in one step.

    source: a file://, http:// or https:// URL. sha256: hex digest that the content must have; empty: anything will do.
    by_hand: what a person can do when it fails; the hint of the errors. What was written is gone after any failure.
    Raises DownloadError if the content cannot be had, cannot be stored, is larger, or is not the one expected.
    """
    digest = hashlib.sha256()
    done = 0
    try:
        with new_file(target, sync=False) as out, _opened(source, max_bytes, by_hand) as (chunks, total):
            for chunk in _readable(chunks, source, by_hand):
                done += len(chunk)
                if done > max_bytes:
                    raise _too_large(source, "more", max_bytes)
                digest.update(chunk)
                out.write(chunk)
                (progress or _silent)(done, max(total, done) if total else 0)
            if sha256 and digest.hexdigest() != sha256:
                raise DownloadError(
                    f"{source}: expected SHA-256 {sha256}, got {digest.hexdigest()} ({done} bytes)",
                    hint=f"the source or the mirror holds another file; {by_hand}",
                )
    except OSError as exc:  # of the target's folder: those of the source are DownloadErrors
        raise DownloadError(
            f"{target}: cannot write what was downloaded: {exc}",
            hint="check the folder's permissions and free space, or give another cache folder",
        ) from exc
    return target


@contextmanager
def _opened(source: str, max_bytes: int, by_hand: str) -> Iterator[tuple[Iterator[bytes], int]]:
    """Yield the content's pieces, and its size; 0 if that is not known."""
    if urlsplit(source).scheme == "file":
        with open_file(Path(unquote(urlsplit(source).path)), max_bytes=max_bytes, error=DownloadError) as file:
            size = file.seek(0, 2)
            file.seek(0)
            yield iter(lambda: file.read(_CHUNK_BYTES), b""), size
        return
    import requests

    try:
        reply = requests.get(source, stream=True, timeout=_TIMEOUT_S, headers={"Accept-Encoding": "identity"})
        reply.raise_for_status()
    except (OSError, ValueError) as exc:  # requests' errors are OSErrors, but for some of URLs
        raise DownloadError(f"cannot get {source}: {exc}", hint=by_hand) from exc
    with reply:
        size = _length(reply.headers.get("Content-Length") or "")
        if size > max_bytes:
            raise _too_large(source, f"{size:,}", max_bytes)
        yield reply.iter_content(_CHUNK_BYTES), size


def _readable(chunks: Iterator[bytes], source: str, by_hand: str) -> Iterator[bytes]:
    """Yield the pieces of a source that gets on. Raises DownloadError for one that fails, or gives hardly anything."""
    began_s, n_bytes = time.monotonic(), 0
    while True:
        try:
            chunk = next(chunks, None)
        except OSError as exc:
            raise DownloadError(f"cannot get {source}: {exc}", hint=by_hand) from exc
        if chunk is None:
            return
        n_bytes += len(chunk)
        seconds = time.monotonic() - began_s
        if seconds > _SLOW_S and n_bytes < seconds * _LEAST_BYTES_PER_S:
            raise DownloadError(f"{source}: only {n_bytes:,} bytes came in {seconds:.0f} s", hint=by_hand)
        yield chunk


def _length(header: str) -> int:
    """Return the value of a Content-Length; 0 if it is no number."""
    return int(header[:_MAX_DIGITS]) if header.isascii() and header.isdecimal() else 0


def _too_large(source: str, got: str, max_bytes: int) -> DownloadError:
    return DownloadError(
        f"{source}: expected at most {max_bytes:,} bytes, got {got}",
        hint="is it the file that you meant? data fetch URL --max-gb allows for more",
    )


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _silent(done: int, total: int) -> None:
    del done, total


def mirrored(url: str, file_name: str, mirror: str) -> str:
    """Return the URL of a file: on a mirror, which is a folder or a base URL, if there is one."""
    if not mirror:
        return url
    if urlsplit(mirror).scheme in {"http", "https", "file"}:
        return f"{mirror.rstrip('/')}/{file_name}"
    return (Path(mirror).expanduser().resolve() / file_name).as_uri()
