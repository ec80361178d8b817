"""What a file says about where, when and by whom it was made does not come along on import."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from tinyhost.audio.wav import wav_bytes

from tests.commands import run_tinyhost

_SECRET = "Ada of 12 Sample Street"
_KINDS = {"jpg": ("EXIF", "GPS", "comment"), "png": ("XMP", "text"), "wav": ("INFO", "iXML")}
_PLACE = (51.0, 30.0, 26.5)


def _jpeg(path: Path, pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> None:
    exif = Image.Exif()
    exif[0x013B] = _SECRET  # Artist
    exif.get_ifd(0x8825).update({1: "N", 2: _PLACE, 3: "W", 4: _PLACE})  # GPS
    Image.fromarray(pixels).save(path, exif=exif, comment=_SECRET.encode(), quality=95)


def _png(path: Path, pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", _SECRET)
    text.add_itxt("XML:com.adobe.xmp", f"<x>{_SECRET}</x>")
    text.add_text("Comment", _SECRET, zip=True)
    Image.fromarray(pixels).save(path, pnginfo=text)


def _wav(path: Path) -> None:
    sound = np.random.default_rng(1).integers(-3000, 3000, 16_000).astype(np.int16)
    name = _SECRET.encode() + b"\0" * (len(_SECRET) % 2)
    info = b"INFOIART" + struct.pack("<I", len(name)) + name
    extra = b"LIST" + struct.pack("<I", len(info)) + info + b"iXML" + struct.pack("<I", len(name)) + name
    content = wav_bytes(sound) + extra
    path.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])


@pytest.mark.parametrize("kind", ["jpg", "png", "wav"])
def test_an_imported_file_holds_nothing_but_the_sample(kind: str, tmp_path: Path) -> None:
    source = tmp_path / "source" / "person"
    source.mkdir(parents=True)
    pixels = np.random.default_rng(2).integers(0, 256, (96, 96), np.uint8)
    original = source / f"sample.{kind}"
    if kind == "wav":
        _wav(original)
    else:
        (_jpeg if kind == "jpg" else _png)(original, pixels)
    assert _SECRET.encode() in original.read_bytes()
    done = run_tinyhost(
        "data", "import", tmp_path / "source", tmp_path / "set", "--json", str(tmp_path / "import.json")
    )
    assert done.code == 0, done.err
    counted = json.loads((tmp_path / "import.json").read_text(encoding="utf-8"))["metadata"]
    assert counted == dict.fromkeys(_KINDS[kind], 1)
    stored = [path for path in (tmp_path / "set").rglob("*") if path.is_file()]
    samples = [path for path in stored if path.parent.name == "person"]
    assert len(samples) == 1
    assert all(_SECRET.encode() not in path.read_bytes() for path in stored)
    if kind == "wav":
        assert len(samples[0].read_bytes()) == 44 + 2 * 16_000  # a plain header and the sound
    else:
        with Image.open(samples[0]) as picture:
            picture.load()
            assert not picture.getexif()
            assert not picture.info
