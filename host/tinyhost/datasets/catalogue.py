"""The data sets that `tinyhost data fetch` knows: source, SHA-256, and where they are unpacked."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tinyhost.datasets.archive import Limits, unpack
from tinyhost.errors import DatasetError
from tinyhost.models.download import DownloadProgress, download, sha256_of

__all__ = ["DATASETS", "MIRROR_ENV", "DatasetEntry", "entry", "entry_of_url", "fetch"]

MIRROR_ENV = "TINYHOST_DATA_MIRROR"
"""A folder, a file:// URL or an http(s):// URL that holds the archives."""


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """One archive: where it is, and what proves that it is the right one."""

    name: str
    url: str
    sha256: str
    """hex digest"""
    licence: str
    description: str
    unpacked: Limits

    @property
    def file_name(self) -> str:
        """The name of the archive in a cache or a mirror."""
        return urlsplit(self.url).path.rsplit("/", 1)[-1]


DATASETS: dict[str, DatasetEntry] = {
    # Size and digest as TensorFlow Datasets and torchaudio publish them.
    "speech_commands": DatasetEntry(
        name="speech_commands",
        url="https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
        sha256="af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
        licence="CC-BY-4.0",
        description="Speech Commands v0.02: 105,829 clips of 35 words by 2,618 people, and noise (Warden 2018). 2.4 GB",
        unpacked=Limits(total_bytes=6 << 30, file_bytes=64 << 20, n_files=200_000),
    ),
}


def entry(name: str) -> DatasetEntry:
    """Return the data set of that name. Raises DatasetError if there is none."""
    try:
        return DATASETS[name]
    except KeyError:
        raise DatasetError(
            f"no data set {name!r} in the catalogue; there are {', '.join(sorted(DATASETS))}",
            hint="use one of these names, or give a URL with --sha256",
        ) from None


def entry_of_url(url: str, sha256: str) -> DatasetEntry:
    """Return an entry for an archive elsewhere. Raises DatasetError if the digest is none."""
    digest = sha256.lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise DatasetError(f"--sha256 {sha256[:80]!r}: expected 64 hex digits", hint="as sha256sum prints them")
    made = DatasetEntry(name=url, url=url, sha256=digest, licence="", description="", unpacked=Limits())
    if not made.file_name or urlsplit(url).scheme not in {"http", "https", "file"}:
        raise DatasetError(f"{url}: expected the URL of an archive", hint="it begins with https://, http:// or file://")
    return made


def fetch(
    dataset: DatasetEntry,
    target: Path,
    *,
    cache_dir: Path | None = None,
    mirror: str | None = None,
    progress: DownloadProgress | None = None,
    on_unpacked: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Download, verify and unpack a data set into a new folder; return the number of its files.

    The archive stays in cache_dir, by default the user's, and is not downloaded again. mirror: where to look instead,
    like the environment's TINYHOST_DATA_MIRROR, over which it wins. Raises DownloadError if the archive cannot be had
    or is not the one expected, DatasetError if the target is there already or the archive cannot be trusted.
    """
    if target.exists():
        raise DatasetError(f"{target}: is there already", hint="name a new folder, or delete this one")
    archive = (cache_dir if cache_dir is not None else _default_cache()) / dataset.file_name
    if not (archive.is_file() and sha256_of(archive) == dataset.sha256):
        by_hand = (
            f"download {dataset.url} by hand and save it as {archive}, or set {MIRROR_ENV} to a folder or URL that "
            f"holds {dataset.file_name}"
        )
        source = _source(dataset, mirror or os.environ.get(MIRROR_ENV) or "")
        download(source, archive, sha256=dataset.sha256, by_hand=by_hand, progress=progress)
    return unpack(archive, target, limits=dataset.unpacked, on_bytes=on_unpacked)


def _default_cache() -> Path:
    import pooch

    return Path(pooch.os_cache("tinyhost")) / "datasets"


def _source(dataset: DatasetEntry, mirror: str) -> str:
    if not mirror:
        return dataset.url
    if urlsplit(mirror).scheme in {"http", "https", "file"}:
        return f"{mirror.rstrip('/')}/{dataset.file_name}"
    return (Path(mirror).expanduser().resolve() / dataset.file_name).as_uri()
