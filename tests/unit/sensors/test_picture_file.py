"""Picture files of every format give the same grey levels, or an error with the reason."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tinyhost.errors import ConfigError, DatasetError, MissingToolError, TinyhostError
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES, check_picture, decode_picture, read_picture
from tinyhost.system.installation import add_extra

from tests.media import PATCHES, damaged, picture_file

FORMATS = ("PNG", "JPEG", "BMP", "PPM", "WEBP", "GIF", "TIFF", "AVIF", "HEIF")


def scene() -> NDArray[np.uint8]:
    """Soft grey shapes, (60, 90)."""
    y, x = np.mgrid[0:60, 0:90]
    pixels: NDArray[np.uint8] = (127 + 60 * np.sin(x / 9) + 60 * np.cos(y / 7)).astype(np.uint8)
    return pixels


@cache
def encoded(kind: str) -> bytes:
    """The scene in colour, as another program writes it."""
    return picture_file(Image.fromarray(scene()).convert("RGB"), kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_grey_levels_that_were_stored(kind: str) -> None:
    pixels = decode_picture(encoded(kind), "picture")
    assert pixels.shape == (60, 90)
    assert pixels.dtype == np.uint8
    assert np.mean(np.abs(pixels.astype(int) - scene())) < 2


def test_the_first_frame_of_several_is_the_picture() -> None:
    frames = [Image.fromarray(scene()), Image.new("L", (90, 60), 0)]
    for kind in ("GIF", "WEBP", "TIFF"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:], lossless=True)
        np.testing.assert_array_equal(decode_picture(out.getvalue(), kind), scene())


def test_a_photo_taken_upright_is_upright() -> None:
    orientation = Image.Exif()
    orientation[0x112] = 6
    out = io.BytesIO()
    Image.fromarray(scene()).convert("RGB").save(out, "JPEG", exif=orientation)
    assert decode_picture(out.getvalue(), "photo").shape == (90, 60)


def test_16_bits_become_8() -> None:
    out = io.BytesIO()
    Image.fromarray(scene().astype(np.uint16) * 257).save(out, "PNG")
    np.testing.assert_array_equal(decode_picture(out.getvalue(), "picture"), scene())


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.9])
def test_a_file_that_is_cut_short_is_refused_by_name(kind: str, share: float) -> None:
    content = encoded(kind)
    with pytest.raises(DatasetError, match=r"^photo: not a picture that can be read \([\d,]+ bytes\)") as error:
        decode_picture(content[: int(len(content) * share)], "photo")
    assert error.value.hint


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF", "BMP", "HEIF"])
def test_more_pixels_than_a_camera_has_are_refused_before_they_are_decoded(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyhost.sensors.picture_file.MAX_PIXELS", 5_000)
    monkeypatch.setattr("cv2.imdecode", None)
    monkeypatch.setattr("cv2.cvtColor", None)
    with pytest.raises(DatasetError, match="90 x 60 pixels, expected at most 5,000"):
        decode_picture(encoded(kind), "photo")


def test_a_chunk_longer_than_the_file_gets_no_memory() -> None:
    content = bytearray(encoded("PNG"))
    content[33:37] = b"\xab\0\0\x27"
    with pytest.raises(DatasetError, match="not a picture that can be read") as error:
        decode_picture(bytes(content), "photo")
    assert str(error.value.__cause__) == "a chunk is longer than the file"
    np.testing.assert_array_equal(decode_picture(encoded("PNG") + b"behind the end", "photo"), scene())


def test_a_missing_library_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded("HEIF")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingToolError) as error:
        decode_picture(content, "photo")
    assert error.value.message == f"photo: HEIC needs the Python package pillow_heif: {add_extra('media')}"


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
def test_a_pipe_is_no_picture_and_nothing_waits_for_it(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"a{suffix}")
    for read in (read_picture, check_picture):
        with pytest.raises(ConfigError, match="expected a file, got a named pipe"):
            read(tmp_path / f"a{suffix}", error=ConfigError)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_check_tells_pictures_from_other_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(encoded(kind))
    check_picture(path)
    for content in (b"", b"no picture", b"\x00\x05\x16\x07Mac OS X"):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=f"not a picture that can be read \\({len(content)} bytes\\)"):
            check_picture(path)


@given(st.sampled_from(FORMATS), PATCHES)
def test_damaged_files_give_pixels_or_a_clear_error(kind: str, patches: list[tuple[float, bytes]]) -> None:
    try:
        pixels = decode_picture(damaged(encoded(kind), patches), "photo")
    except TinyhostError as error:
        assert error.message.startswith("photo: ")
    else:
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 2


def test_what_a_decoder_thinks_of_a_damaged_picture_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    out = io.BytesIO()
    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8), (64, 1))).convert("1").save(
        out, "TIFF", compression="group4"
    )
    content = bytearray(out.getvalue())
    content[20:60:3] = b"\x55" * len(content[20:60:3])
    with contextlib.suppress(DatasetError):
        decode_picture(bytes(content), "a.tif")
    assert capfd.readouterr() == ("", "")
