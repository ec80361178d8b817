"""`tinyhost model fetch`: cache, mirrors, checksums, and errors."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from tinyhost.errors import DownloadError, ModelError
from tinyhost.models import catalogue
from tinyhost.models.catalogue import MIRROR_ENV, MODELS, ModelEntry, fetch
from tinyhost.models.download import download

CONTENT = b"TFL3" + bytes(range(256)) * 700
NOWHERE = "http://127.0.0.1:9/tiny.tflite"


@pytest.fixture(autouse=True)
def _tiny_model(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = ModelEntry(
        name="tiny",
        task="vww",
        labels=("no_person", "person"),
        licence="Apache-2.0",
        description="a test's",
        preprocessing="none",
        url=NOWHERE,
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )
    monkeypatch.setitem(catalogue.MODELS, "tiny", tiny)
    monkeypatch.delenv(MIRROR_ENV, raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "a mirror"
    folder.mkdir()
    (folder / "tiny.tflite").write_bytes(CONTENT)
    return folder


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _serving(handler: Callable[..., SimpleHTTPRequestHandler]) -> Iterator[str]:
    """Yield the URL of a server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def http_mirror(mirror: Path) -> Iterator[str]:
    with _serving(partial(_QuietHandler, directory=str(mirror))) as url:
        yield url


def _files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_fetch_from_a_mirror_folder_leaves_only_the_file(mirror: Path, cache: Path) -> None:
    path = fetch("tiny", cache_dir=cache, mirror=str(mirror))
    assert path == cache / "tiny.tflite"
    assert path.read_bytes() == CONTENT
    assert _files(cache) == ["tiny.tflite"]


def test_fetch_from_a_file_url_with_a_space(mirror: Path, cache: Path) -> None:
    assert fetch("tiny", cache_dir=cache, mirror=mirror.as_uri()).read_bytes() == CONTENT


def test_fetch_over_http_reports_progress_up_to_the_total(http_mirror: str, cache: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = fetch("tiny", cache_dir=cache, mirror=http_mirror, progress=lambda *at: seen.append(at))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_the_environment_names_a_mirror(mirror: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_ENV, str(mirror))
    assert fetch("tiny", cache_dir=cache).read_bytes() == CONTENT


def test_the_parameter_wins_over_the_environment(
    mirror: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MIRROR_ENV, str(tmp_path / "nothing here"))
    assert fetch("tiny", cache_dir=cache, mirror=str(mirror)).read_bytes() == CONTENT


def test_a_cached_file_needs_no_source(cache: Path) -> None:
    cache.mkdir()
    (cache / "tiny.tflite").write_bytes(CONTENT)
    assert fetch("tiny", cache_dir=cache) == cache / "tiny.tflite"


def test_a_damaged_cached_file_is_replaced(mirror: Path, cache: Path) -> None:
    cache.mkdir()
    (cache / "tiny.tflite").write_bytes(CONTENT[:-1])
    assert fetch("tiny", cache_dir=cache, mirror=str(mirror)).read_bytes() == CONTENT


def test_a_wrong_file_is_refused_with_both_hashes(mirror: Path, cache: Path) -> None:
    (mirror / "tiny.tflite").write_bytes(b"another model")
    with pytest.raises(DownloadError) as caught:
        fetch("tiny", cache_dir=cache, mirror=str(mirror))
    assert hashlib.sha256(CONTENT).hexdigest() in caught.value.message
    assert hashlib.sha256(b"another model").hexdigest() in caught.value.message
    assert _files(cache) == []


def test_a_wrong_file_does_not_displace_what_the_cache_held(mirror: Path, cache: Path) -> None:
    cache.mkdir()
    (cache / "tiny.tflite").write_bytes(b"damaged")
    (mirror / "tiny.tflite").write_bytes(b"another model")
    with pytest.raises(DownloadError):
        fetch("tiny", cache_dir=cache, mirror=str(mirror))
    assert _files(cache) == ["tiny.tflite"]
    assert (cache / "tiny.tflite").read_bytes() == b"damaged"


def test_a_mirror_without_the_file_says_where_it_looked(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch("tiny", cache_dir=cache, mirror=str(tmp_path))
    assert str(tmp_path / "tiny.tflite") in caught.value.message
    assert _files(cache) == []


def test_an_http_mirror_without_the_file_is_a_download_error(http_mirror: str, mirror: Path, cache: Path) -> None:
    (mirror / "tiny.tflite").unlink()
    with pytest.raises(DownloadError, match="404"):
        fetch("tiny", cache_dir=cache, mirror=http_mirror)
    assert _files(cache) == []


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_a_mirror_of_pipes_and_devices_is_no_mirror(make: Callable[[Path], None], mirror: Path, cache: Path) -> None:
    (mirror / "tiny.tflite").unlink()
    make(mirror / "tiny.tflite")
    with pytest.raises(DownloadError, match="expected a file, got a"):
        fetch("tiny", cache_dir=cache, mirror=str(mirror))
    assert _files(cache) == []


@contextmanager
def _server(content_length: str, pieces: Iterator[bytes]) -> Iterator[str]:
    """Yield the URL of what answers with any Content-Length and any content."""

    class Handler(_QuietHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            if content_length:
                self.send_header("Content-Length", content_length)
            self.end_headers()
            with suppress(OSError):  # whoever asked has gone
                for piece in pieces:
                    self.wfile.write(piece)

    with _serving(Handler) as url:
        yield f"{url}/tiny.tflite"


def get(url: str, folder: Path, **more: Any) -> Path:
    return download(url, folder / "got", sha256="", max_bytes=1_000_000, by_hand="by hand", **more)


@pytest.mark.parametrize("length", ["", "many", "-1", "1e9", "0x10"])
def test_a_length_that_is_no_number_is_no_length(length: str, cache: Path) -> None:
    with _server(length, iter([CONTENT])) as url:
        assert get(url, cache).read_bytes() == CONTENT


@pytest.mark.parametrize("length", ["8400000000", "8" * 400])
def test_a_length_beyond_the_bound_is_refused_unread(length: str, cache: Path) -> None:
    with (
        _server(length, repeat(b"x")) as url,
        pytest.raises(DownloadError, match=r"expected at most 1,000,000 bytes, got 8"),
    ):
        get(url, cache)
    assert _files(cache) == []


def test_content_without_end_is_cut_at_the_bound(cache: Path) -> None:
    with _server("", repeat(bytes(65_536))) as url, pytest.raises(DownloadError, match="1,000,000 bytes, got more"):
        get(url, cache)
    assert _files(cache) == []


def test_ctrl_c_leaves_nothing_behind(cache: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with _server("", repeat(bytes(65_536))) as url, pytest.raises(KeyboardInterrupt):
        get(url, cache, progress=interrupt)
    assert _files(cache) == []


def test_offline_the_hint_names_the_url_and_the_place(cache: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch("tiny", cache_dir=cache)
    assert NOWHERE in caught.value.hint
    assert str(cache / "tiny.tflite") in caught.value.hint
    assert MIRROR_ENV in caught.value.hint


def test_a_cache_that_cannot_be_written_is_a_download_error(mirror: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError) as caught:
        fetch("tiny", cache_dir=tmp_path / "file" / "cache", mirror=str(mirror))
    assert str(tmp_path / "file") in caught.value.message


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match="person_detect"):
        fetch("cat_detect")


def test_the_default_model_is_the_shipped_file() -> None:
    path = fetch("vww")
    assert path.parts[-3:] == ("models", "vww", "model.tflite")
    assert path.read_bytes()[4:8] == b"TFL3"
    labels = path.with_name("labels.txt").read_text().split()
    assert tuple(labels) == MODELS["vww"].labels


def test_person_detect_is_pinned_to_a_commit_and_a_hash() -> None:
    model = MODELS["person_detect"]
    commit = (model.url or "").split("/tflite-micro/")[1].split("/")[0]
    assert len(commit) == 40
    assert len(model.sha256 or "") == 64
    assert model.file_name == "person_detect.tflite"
