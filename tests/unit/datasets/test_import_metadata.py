"""Metadata about where, when and by whom a file was made are not imported."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from skimage import data
from tinyhost.audio.wav import wav_bytes
from tinyhost.datasets.manifest import read_manifest
from tinyhost.datasets.store import encode_png
from tinyhost.errors import DatasetError, MissingToolError, UsageError
from tinyhost.sensors.faces import blurred as blurred_by
from tinyhost.sensors.faces import face_finder
from tinyhost.sensors.picture_file import read_picture

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


_OWN = {"ExifTool", "File", "PNG", "RIFF", "Composite"}
_TECHNICAL = {
    "SourceFile", "ExifToolVersion", "FileName", "Directory", "FileSize", "FileModifyDate", "FileAccessDate",
    "FileInodeChangeDate", "FilePermissions", "FileType", "FileTypeExtension", "MIMEType", "ImageWidth", "ImageHeight",
    "BitDepth", "ColorType", "Compression", "Filter", "Interlace", "Encoding", "NumChannels", "SampleRate",
    "AvgBytesPerSec", "BitsPerSample", "ImageSize", "Megapixels", "Duration",
}  # fmt: skip
"""what a decoder must know, and what the file system says"""


def _found_by_exiftool(*paths: Path) -> set[str]:
    """Return what exiftool finds in files beside what a decoder must know."""
    if sys.platform != "linux":
        pytest.skip("exiftool is installed on Linux only")
    done = subprocess.run(
        ["exiftool", "-json", "-G", "-unknown", *map(str, paths)], capture_output=True, check=True, timeout=120
    )
    tags = {tag.rpartition(":") for file in json.loads(done.stdout) for tag in file}
    return {name for group, _, name in tags if name not in _TECHNICAL or (group and group not in _OWN)}


def test_exiftool_finds_nothing_in_an_imported_set(tmp_path: Path) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (96, 96), np.uint8)
    for label in ("picture", "sound"):
        (tmp_path / f"{label}s" / label).mkdir(parents=True)
    originals = [tmp_path / "pictures" / "picture" / name for name in ("a.jpg", "b.png")]
    _jpeg(originals[0], pixels)
    _png(originals[1], pixels[::-1].copy())
    originals.append(tmp_path / "sounds" / "sound" / "c.wav")
    _wav(originals[2])
    assert {"GPSLatitude", "Artist", "Author", "Comment"} <= _found_by_exiftool(*originals)
    for label in ("pictures", "sounds"):
        assert run_tinyhost("data", "import", tmp_path / label, tmp_path / f"{label}-set").code == 0
    stored = [path for label in ("picture", "sound") for path in (tmp_path / f"{label}s-set" / label).iterdir()]
    assert len(stored) == 3
    assert _found_by_exiftool(*stored) == set()


def test_faces_are_blurred_beyond_recognition(tmp_path: Path) -> None:
    """A face that a person gave away is found, and nothing of it is left; the rest of the picture is as it was."""
    whole: Any = data
    face: np.ndarray[Any, np.dtype[np.uint8]] = whole.astronaut()[:256, 96:352].mean(axis=2).astype(np.uint8)
    (tmp_path / "in" / "person").mkdir(parents=True)
    (tmp_path / "in" / "person" / "a.png").write_bytes(encode_png(face))
    out = tmp_path / "set"
    done = run_tinyhost("data", "import", tmp_path / "in", out, "--blur-faces", "--json", tmp_path / "a.json")
    assert done.code == 0, done.err
    n_faces = json.loads((tmp_path / "a.json").read_text())["faces"]
    assert n_faces >= 1
    blurred = read_picture(out / "person" / "000001.png")
    x, y, width, height = next(iter(face_finder()(face)))
    eyes = np.s_[round(y + height * 0.3) : round(y + height * 0.5), round(x + width * 0.2) : round(x + width * 0.8)]
    assert len(np.unique(blurred[eyes])) <= 16 < len(np.unique(face[eyes]))
    np.testing.assert_array_equal(blurred[200:, :40], face[200:, :40])
    assert not list(face_finder()(blurred))
    (line,) = read_manifest(out)
    assert line.attributes == {"blurred_faces": str(n_faces)}


def test_a_finder_of_faces_may_be_any_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.arange(400, dtype=np.uint8).reshape(20, 20)
    out, n_faces = blurred_by(picture, lambda pixels: [(8.0, 8.0, 4.0, 4.0), (100.0, 100.0, 4.0, 4.0)])
    assert n_faces == 1
    assert (out != picture).sum() > 20
    np.testing.assert_array_equal(out[:7], picture[:7])
    with pytest.raises(DatasetError, match="expected x, y, width, height"):
        blurred_by(picture, lambda pixels: [(1.0,)])  # type: ignore[list-item]
    for name, said in (("no_such_module:f", "no_such_module"), ("json:nothing", "nothing"), ("a.onnx", "no such file")):
        with pytest.raises(UsageError, match=said):
            list(face_finder(name)(picture))
    monkeypatch.setitem(sys.modules, "skimage", None)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingToolError, match=r"--face-finder|faces"):
        face_finder()
