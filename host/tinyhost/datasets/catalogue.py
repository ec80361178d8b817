"""The data sets that `tinyhost data fetch` knows: source, SHA-256, and where they are unpacked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from tinyhost.datasets.archive import Limits, unpack
from tinyhost.errors import DatasetError
from tinyhost.models.download import DownloadProgress, download, mirrored, sha256_of
from tinyhost.system.documents import narrowed
from tinyhost.system.user_folders import cache_folder

__all__ = [
    "DATASETS",
    "MIRROR_ENV",
    "DatasetDocument",
    "DatasetEntry",
    "DatasetsDocument",
    "Fetched",
    "entry",
    "entry_of_url",
    "fetch",
]

MIRROR_ENV = "TINYHOST_DATA_MIRROR"
"""A folder, a file:// URL or an http(s):// URL with the archives."""


@dataclass(frozen=True, kw_only=True)
class DatasetDocument:
    """One archive: its address, size and checksum."""

    name: str
    """as `tinyhost data fetch` takes it"""
    url: str
    """of the archive"""
    sha256: str
    """of the archive, hex; empty if none is published: what is fetched is then not verified"""
    licence: str
    description: str


@dataclass(frozen=True, kw_only=True)
class DatasetEntry(DatasetDocument):
    """An archive and its size limit."""

    unpacked: Limits
    max_bytes: int = 4 << 30
    """how large the archive may be"""

    @property
    def file_name(self) -> str:
        """The name of the archive in a cache or a mirror."""
        return urlsplit(self.url).path.rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class DatasetsDocument:
    """`tinyhost data list --json FILE`."""

    schema: Literal["tinyhost.datasets/1"] = "tinyhost.datasets/1"
    datasets: tuple[DatasetDocument, ...]
    """the catalogue"""

    @classmethod
    def of(cls, entries: Iterable[DatasetEntry]) -> DatasetsDocument:
        """Return the document of a catalogue."""
        return cls(datasets=tuple(narrowed(DatasetDocument, entry) for entry in entries))


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """`tinyhost data fetch NAME DIR --json FILE`."""

    schema: Literal["tinyhost.data_fetch/1"] = "tinyhost.data_fetch/1"
    name: str
    """in the catalogue, or the URL"""
    url: str
    """of the archive"""
    sha256: str
    """of the archive, hex"""
    verified: bool
    """whether that is the one expected; false: none was known, see `--unverified`"""
    files: int
    """how many files were unpacked"""
    folder: Path
    """into which it was unpacked"""


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
    # No SHA-256 is published for these.
    "ecg5000": DatasetEntry(
        name="ecg5000",
        url="https://timeseriesclassification.com/aeon-toolkit/ECG5000.zip",
        sha256="",
        licence="not stated",
        description="ECG5000 of the UCR archive: 5,000 heartbeats of one patient in 5 classes, 140 values each",
        unpacked=Limits(total_bytes=1 << 28, file_bytes=1 << 27, n_files=100),
        max_bytes=1 << 28,
    ),
    "toycar": DatasetEntry(
        name="toycar",
        url="https://zenodo.org/records/3678171/files/dev_data_ToyCar.zip",
        sha256="",
        licence="CC-BY-NC-SA-4.0",
        description="ToyCar of DCASE 2020 Task 2, from ToyADMOS: what MLPerf Tiny's anomaly model heard. 1.8 GB",
        unpacked=Limits(total_bytes=8 << 30, file_bytes=64 << 20, n_files=50_000),
    ),
    "mimii_fan": DatasetEntry(
        name="mimii_fan",
        url="https://zenodo.org/records/3384388/files/6_dB_fan.zip",
        sha256="",
        licence="CC-BY-SA-4.0",
        description="MIMII: fans, healthy and not, 8 microphones, factory noise 6 dB below. 10 GB",
        unpacked=Limits(total_bytes=32 << 30, file_bytes=64 << 20, n_files=50_000),
        max_bytes=16 << 30,
    ),
}


def entry(name: str, sha256: str = "") -> DatasetEntry:
    """Return the data set of that name; sha256: what its archive must be, where none is published.

    Raises DatasetError if there is none, or the digest is none.
    """
    try:
        found = DATASETS[name]
    except KeyError:
        raise DatasetError(
            f"no data set {name!r} in the catalogue; there are {', '.join(sorted(DATASETS))}",
            hint="use one of these names, or give a URL with --sha256",
        ) from None
    return replace(found, sha256=_digest(sha256)) if sha256 and not found.sha256 else found


def entry_of_url(url: str, sha256: str, max_bytes: int = 4 << 30) -> DatasetEntry:
    """Return an entry for an archive elsewhere; sha256: empty if it is not known. Raises DatasetError for no digest."""
    digest = _digest(sha256) if sha256 else ""
    made = DatasetEntry(
        name=url, url=url, sha256=digest, licence="", description="", unpacked=Limits(), max_bytes=max_bytes
    )
    if not made.file_name or urlsplit(url).scheme not in {"http", "https", "file"}:
        raise DatasetError(f"{url}: expected the URL of an archive", hint="it begins with https://, http:// or file://")
    return made


def _digest(sha256: str) -> str:
    digest = sha256.lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise DatasetError(f"--sha256 {sha256[:80]!r}: expected 64 hex digits", hint="as sha256sum prints them")
    return digest


def fetch(
    dataset: DatasetEntry,
    target: Path,
    *,
    cache_dir: Path | None = None,
    mirror: str | None = None,
    progress: DownloadProgress | None = None,
    on_unpacked: Callable[[int, int], None] = lambda done, total: None,
) -> Fetched:
    """Download, verify and unpack a data set into a new folder.

    The archive stays in cache_dir, by default the user's, and is not downloaded again if its SHA-256 is known. mirror:
    where to look instead, like the environment's TINYHOST_DATA_MIRROR, over which it wins. Raises DownloadError if the
    archive cannot be had or is not the one expected, DatasetError if the target already exists or the archive cannot
    be trusted.
    """
    if target.exists():
        raise DatasetError(f"{target}: already exists", hint="name a new folder, or delete this one")
    archive = (cache_dir if cache_dir is not None else cache_folder() / "datasets") / dataset.file_name
    if not dataset.sha256:
        archive.unlink(missing_ok=True)  # nothing says that it is what the source has now
    if not (archive.is_file() and sha256_of(archive) == dataset.sha256):
        by_hand = (
            f"download {dataset.url} by hand and save it as {archive}, or set {MIRROR_ENV} to a folder or URL that "
            f"holds {dataset.file_name}"
        )
        source = mirrored(dataset.url, dataset.file_name, mirror or os.environ.get(MIRROR_ENV) or "")
        download(
            source,
            archive,
            sha256=dataset.sha256,
            max_bytes=dataset.max_bytes,
            by_hand=by_hand,
            progress=progress,
        )
    n_files = unpack(archive, target, limits=dataset.unpacked, on_bytes=on_unpacked)
    return Fetched(
        name=dataset.name,
        url=dataset.url,
        sha256=dataset.sha256 or sha256_of(archive),
        verified=bool(dataset.sha256),
        files=n_files,
        folder=target,
    )
