"""The invalid files that test_bad_input.py gives to commands, all in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tinyhost.compiler import compile_tflite

from tests.oracle.builder import ModelBuilder
from tests.unit.compiler.models import picture_classifier

__all__ = ["write_bad_files"]

_HUGE_BYTES = 3 << 30  # sparse


def write_bad_files(folder: Path) -> None:
    """Write models, images, data sets, scenes, manifests and rigs, each wrong in one way, and a few good ones."""
    _write_models(folder)
    _write_images(folder)
    _write_pictures(folder)
    (folder / "text.txt").write_text("no picture, no model\n")
    (folder / "folder.tflite").mkdir()
    (folder / "empty folder").mkdir()
    (folder / "broken.mp4").write_bytes(np.random.default_rng(3).bytes(3000))
    for name, line in {
        "garbage": b"no json\n",
        "list": b"[1]\n",
        "keys": b'{"label": "a"}\n',
        "types": b'{"file": 3, "sha256": "", "label": "a", "time": ""}\n',
        "binary": b"\xff\xfe\x00\n",
    }.items():
        (folder / f"set {name}").mkdir()
        (folder / f"set {name}" / "manifest.jsonl").write_bytes(line)
    (folder / "unknown_key.toml").write_text(
        'name = "r"\ntests = "."\n[[board]]\nname = "n"\ntype = "native"\nscnee = "x"\n'
    )
    (folder / "rig.toml").write_text('name = "r"\ntests = "."\n[[board]]\nname = "n"\ntype = "native"\n')
    (folder / "binary.toml").write_bytes(b"\x80\x81")


def _write_models(folder: Path) -> None:
    good = picture_classifier(size=96)
    (folder / "good.tflite").write_bytes(good)
    (folder / "empty.tflite").write_bytes(b"")
    (folder / "cut.tflite").write_bytes(good[: len(good) // 2])
    (folder / "noise.tflite").write_bytes(np.random.default_rng(1).bytes(5000))
    (folder / "noise with magic.tflite").write_bytes(b"\x18\0\0\0TFL3" + np.random.default_rng(2).bytes(5000))
    with (folder / "huge.tflite").open("wb") as file:
        file.truncate(_HUGE_BYTES)
    builder = ModelBuilder()
    x, y = builder.tensor((1, 4), scale=1.0), builder.tensor((1, 4), scale=1.0)
    builder.operator("COS", [x], y)
    (folder / "cosine.tflite").write_bytes(builder.build([x], [y]))
    (folder / "large.tflite").write_bytes(_wide_model(700))
    (folder / "labelled").mkdir()
    (folder / "labelled" / "m.tflite").write_bytes(good)
    (folder / "labelled" / "labels.txt").write_bytes(b"caf\xe9\nx\n")


def _wide_model(width: int) -> bytes:
    """Return a model whose weights need width * width bytes: more than a slot has."""
    builder = ModelBuilder()
    x = builder.tensor((1, width), scale=1.0)
    weights = builder.tensor((width, width), scale=0.01, data=np.random.default_rng(4).integers(-99, 99, (width,) * 2))
    y = builder.tensor((1, width), scale=1.0)
    builder.operator("FULLY_CONNECTED", [x, weights], y, FusedActivationFunction=0)
    return builder.build([x], [y])


def _write_images(folder: Path) -> None:
    good = compile_tflite(picture_classifier(size=96), name="good").image
    (folder / "good.thm").write_bytes(good)
    (folder / "cut.thm").write_bytes(good[:200])
    (folder / "version.thm").write_bytes(good[:4] + b"\x63" + good[5:])
    (folder / "flipped.thm").write_bytes(good[:-9] + bytes([good[-9] ^ 1]) + good[-8:])


def _write_pictures(folder: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 255, (96, 96), dtype=np.uint8)
    png = cv2.imencode(".png", noise)[1].tobytes()
    for name, content in {"good": png, "cut": png[: len(png) // 2], "zero": b""}.items():
        (folder / f"data {name}" / "person").mkdir(parents=True)
        (folder / f"data {name}" / "person" / "0.png").write_bytes(png)
        (folder / f"data {name}" / "person" / "1.png").write_bytes(content)
    (folder / "data without pictures" / "person").mkdir(parents=True)
    (folder / "data other label" / "dog").mkdir(parents=True)
    (folder / "data other label" / "dog" / "0.png").write_bytes(png)
    (folder / "odd pictures" / "person").mkdir(parents=True)
    odd: dict[str, NDArray[np.integer[Any]]] = {
        "16 bit": noise.astype(np.uint16) * 257,
        "colour": np.dstack([noise] * 4),
        "huge": np.zeros((5000, 5000), np.uint8),
        "one pixel": noise[:1, :1],
    }
    for name, picture in odd.items():
        cv2.imwrite(str(folder / "odd pictures" / "person" / f"{name}.png"), picture)
