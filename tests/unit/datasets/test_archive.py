from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tinyhost.datasets.archive import Limits, unpack
from tinyhost.datasets.catalogue import DATASETS, DatasetEntry, entry, entry_of_url, fetch
from tinyhost.errors import DatasetError, DownloadError

FILES = {"yes/a.wav": b"one", "_background_noise_/hum.wav": b"two" * 1000, "README.md": b""}


def make_tar(
    path: Path, files: dict[str, bytes], change: Callable[[tarfile.TarInfo], None] = lambda info: None
) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            change(info)
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return path


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("suffix", ["tar.gz", "zip"])
def test_archives_are_unpacked_whole(tmp_path: Path, suffix: str) -> None:
    archive = (make_zip if suffix == "zip" else make_tar)(tmp_path / f"set.{suffix}", FILES)
    progress: list[int] = []
    assert unpack(archive, tmp_path / "deep" / "out", on_bytes=lambda done, total: progress.append(done)) == 3
    assert tree(tmp_path / "deep" / "out") == FILES
    assert progress[-1] == 3003
    with pytest.raises(DatasetError, match="already exists"):
        unpack(archive, tmp_path / "deep" / "out")


def linked(kind: bytes) -> Callable[[tarfile.TarInfo], None]:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = kind, "/etc/passwd", 0

    return change


EVIL = {
    "up": {"../evil.txt": b"x"},
    "inside up": {"a/../../evil.txt": b"x"},
    "absolute": {"/tmp/evil.txt": b"x"},
    "drive": {"C:/evil.txt": b"x"},
    "backslash": {"..\\evil.txt": b"x"},
}


@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str, make: Callable[..., Path]) -> None:
    archive = make(tmp_path / "evil.archive", {"good.txt": b"ok", **EVIL[name]})
    (tmp_path / "in").mkdir()
    with pytest.raises(DatasetError, match="leads out of the folder"):
        unpack(archive, tmp_path / "in" / "out")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["evil.archive", "in"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_only_files_and_folders_are_taken_out_of_a_tar(tmp_path: Path, kind: bytes) -> None:
    archive = make_tar(tmp_path / "evil.tar.gz", {"passwd": b""}, linked(kind))
    with pytest.raises(DatasetError, match="neither file nor folder"):
        unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["evil.tar.gz"]


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("passwd")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as zipped:
        zipped.writestr(info, "/etc/passwd")
    with pytest.raises(DatasetError, match="neither file nor folder"):
        unpack(tmp_path / "evil.zip", tmp_path / "out")


@pytest.mark.parametrize("make", [make_tar, make_zip])
@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(file_bytes=1000), "goes beyond the limit, 1,000 bytes are left"),
        (Limits(total_bytes=1002), "goes beyond the limit, 999 bytes are left"),
        (Limits(n_files=2), "more than 2 files"),
    ],
)
def test_an_archive_that_becomes_too_large_is_refused(
    tmp_path: Path, make: Callable[..., Path], limits: Limits, said: str
) -> None:
    archive = make(tmp_path / "bomb", FILES)
    with pytest.raises(DatasetError, match=said):
        unpack(archive, tmp_path / "out", limits=limits)
    assert not (tmp_path / "out").exists()


def test_folders_count_too(tmp_path: Path) -> None:
    def folder(info: tarfile.TarInfo) -> None:
        info.type, info.size = tarfile.DIRTYPE, 0

    archive = make_tar(tmp_path / "bomb", {f"{n}": b"" for n in range(9)}, folder)
    with pytest.raises(DatasetError, match="more than 8 files and folders"):
        unpack(archive, tmp_path / "out", limits=Limits(n_files=8))


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_folders_without_end_are_refused(tmp_path: Path, make: Callable[..., Path]) -> None:
    archive = make(tmp_path / "deep", {"a/" * 1500 + "x": b""})
    with pytest.raises(DatasetError, match="lies 1501 folders deep, expected at most 64"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_that_claims_gigabytes_is_not_read(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 8 << 30
    with gzip.open(tmp_path / "bomb", "wb") as out:
        out.write(info.tobuf(tarfile.GNU_FORMAT) + bytes(100_000))
    with pytest.raises(DatasetError, match="a header of 8,589,934,592 bytes"):
        unpack(tmp_path / "bomb", tmp_path / "out")


def test_what_follows_the_end_is_bounded(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb", "wb") as out:
        with tarfile.open(fileobj=out, mode="w|") as tar:
            tar.addfile(tarfile.TarInfo("a"), io.BytesIO())
        for _ in range(64):
            out.write(bytes(1 << 20))
    with pytest.raises(DatasetError, match="it unpacks to more than the limits allow"):
        unpack(tmp_path / "bomb", tmp_path / "out", limits=Limits(total_bytes=1 << 20, n_files=10))


def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar.gz", {"a": b"1", "./a": b"2"})
    with pytest.raises(DatasetError, match="File exists"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("make", [make_tar, make_zip])
def test_a_cut_archive_gives_everything_or_nothing(tmp_path: Path, make: Callable[..., Path]) -> None:
    whole = make(tmp_path / "whole", FILES).read_bytes()
    n_refused = 0
    for length in range(0, len(whole), 7):
        (tmp_path / "cut").write_bytes(whole[:length])
        try:
            unpack(tmp_path / "cut", tmp_path / f"out{length}")
        except DatasetError:
            n_refused += 1
            assert not (tmp_path / f"out{length}").exists()
        else:  # only padding and check sums were cut off
            assert tree(tmp_path / f"out{length}") == FILES
    assert n_refused > 0.7 * len(whole) / 7


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"text", bytes(2000)):
        (tmp_path / "a.tar.gz").write_bytes(content)
        with pytest.raises(DatasetError):
            unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    with pytest.raises(DatasetError, match="no such file"):
        unpack(tmp_path / "none.zip", tmp_path / "out")


def entry_for(archive: Path, url: str) -> DatasetEntry:
    return entry_of_url(url, hashlib.sha256(archive.read_bytes()).hexdigest())


def test_a_data_set_is_fetched_from_a_server_once(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    archive = make_tar(tmp_path / "www" / "set.tar.gz", FILES)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "www"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}/set.tar.gz"
            dataset = entry_for(archive, url)
            seen: list[tuple[int, int]] = []
            cache = tmp_path / "cache"
            fetched = fetch(
                dataset, tmp_path / "one", cache_dir=cache, progress=lambda done, total: seen.append((done, total))
            )
            assert (fetched.files, fetched.verified, tree(tmp_path / "one")) == (3, True, FILES)
            assert seen[-1] == (archive.stat().st_size,) * 2
            wrong = entry_of_url(f"{url}?v=2", "0" * 64)
            with pytest.raises(DownloadError, match="expected SHA-256 0000"):
                fetch(wrong, tmp_path / "two", cache_dir=tmp_path / "other")
        finally:
            server.shutdown()
            thread.join()
    assert fetch(dataset, tmp_path / "three", cache_dir=cache).files == 3
    assert not (tmp_path / "two").exists()


def test_a_mirror_stands_in_for_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mirror").mkdir()
    archive = make_tar(tmp_path / "mirror" / "set.tar.gz", FILES)
    dataset = entry_for(archive, "https://no-such-host.invalid/data/set.tar.gz")
    fetch(dataset, tmp_path / "one", cache_dir=tmp_path / "cache1", mirror=str(tmp_path / "mirror"))
    monkeypatch.setenv("TINYHOST_DATA_MIRROR", (tmp_path / "mirror").as_uri())
    fetch(dataset, tmp_path / "two", cache_dir=tmp_path / "cache2")
    assert tree(tmp_path / "one") == tree(tmp_path / "two") == FILES
    with pytest.raises(DatasetError, match="already exists"):
        fetch(dataset, tmp_path / "two")


def test_a_damaged_archive_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "set.tar.gz", FILES)
    dataset = entry_for(archive, archive.as_uri())
    fetch(dataset, tmp_path / "one", cache_dir=tmp_path / "cache")
    (tmp_path / "cache" / "set.tar.gz").write_bytes(b"damaged")
    fetch(dataset, tmp_path / "two", cache_dir=tmp_path / "cache")
    assert tree(tmp_path / "two") == FILES


def test_without_a_known_digest_it_is_fetched_anew_and_reported_to_be_unverified(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "set.tar.gz", FILES)
    dataset = entry_of_url(archive.as_uri(), "")
    first = fetch(dataset, tmp_path / "one", cache_dir=tmp_path / "cache")
    assert (first.verified, first.sha256) == (False, hashlib.sha256(archive.read_bytes()).hexdigest())
    make_tar(archive, {**FILES, "new.txt": b"new"})
    second = fetch(dataset, tmp_path / "two", cache_dir=tmp_path / "cache")
    assert (second.files, second.sha256 == first.sha256) == (first.files + 1, False)
    known = entry("ecg5000", second.sha256.upper())
    assert (known.sha256, entry("ecg5000").sha256) == (second.sha256, "")
    with pytest.raises(DatasetError, match="expected 64 hex digits"):
        entry("ecg5000", "abc")


def test_the_catalogue_says_what_it_has() -> None:
    known = entry("speech_commands")
    assert known.file_name == "speech_commands_v0.02.tar.gz"
    assert len(known.sha256) == 64
    assert all(item.url.startswith("https://") for item in DATASETS.values())
    with pytest.raises(DatasetError, match="there are ecg5000, mimii_fan, speech_commands, toycar"):
        entry("nothing")
    for url, digest in (("https://x/a.zip", "abc"), ("ftp://x/a.zip", "0" * 64), ("https://x/", "0" * 64)):
        with pytest.raises(DatasetError):
            entry_of_url(url, digest)
