"""Scenes for a virtual board's camera."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tinyhost.boards.scenes import (
    LiveSource,
    PictureSource,
    SampleSource,
    SceneOptions,
    fit_picture,
    open_scene,
)
from tinyhost.boards.scenes.files import passed_over
from tinyhost.boards.scenes.pictures import PictureScene
from tinyhost.errors import ConfigError


def picture(value: int, width: int = 96, height: int = 96) -> NDArray[np.uint8]:
    return np.full((height, width), value, np.uint8)


def open_pictures(spec: str, options: SceneOptions | None = None) -> PictureSource:
    scene = open_scene(spec, options)
    assert not isinstance(scene, SampleSource | LiveSource)
    return scene


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, value in (("b.png", 2), ("a/z.png", 1), ("c.bmp", 3)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), picture(value))
    (tmp_path / "manifest.jsonl").write_text("{}\n")
    return tmp_path


def test_pictures_come_in_the_order_of_their_names_over_and_over(folder: Path) -> None:
    scene = open_pictures(str(folder))
    seen = []
    for _ in range(4):
        frame = scene.next_frame(96, 96)
        seen.append((scene.current_name, int(frame[0, 0])))
    assert seen == [("a/z.png", 1), ("b.png", 2), ("c.bmp", 3), ("a/z.png", 1)]


def test_a_picture_stays_for_hold_s(folder: Path) -> None:
    now = [10.0]
    scene = PictureScene(folder, [folder / "b.png", folder / "c.bmp"], SceneOptions(hold_s=1.0), clock=lambda: now[0])
    names = []
    for step in (0.0, 0.5, 0.4, 0.2):
        now[0] += step
        scene.next_frame(96, 96)
        names.append(scene.current_name)
    assert names == ["b.png", "b.png", "b.png", "c.bmp"]


def test_one_picture_is_a_scene(folder: Path) -> None:
    scene = open_pictures(str(folder / "b.png"))
    assert int(scene.next_frame(96, 96)[5, 5]) == 2
    assert scene.current_name == "b.png"


def test_a_picture_of_the_right_size_is_not_touched() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (96, 96), np.uint8)
    assert fit_picture(pixels, 96, 96) is pixels


def test_a_png_reaches_the_camera_bit_for_bit(tmp_path: Path) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (120, 160), np.uint8)
    cv2.imwrite(str(tmp_path / "noise.png"), pixels)
    assert np.array_equal(open_pictures(str(tmp_path)).next_frame(160, 120), pixels)


def test_other_sizes_lose_their_edges_not_their_shape() -> None:
    pixels = np.zeros((100, 300), np.uint8)
    pixels[:, 100:200] = 200
    assert np.array_equal(fit_picture(pixels, 50, 50), np.full((50, 50), 200, np.uint8))


def test_a_video_plays_a_frame_per_capture_and_starts_again(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 96))
    for value in (40, 120, 200):
        writer.write(np.full((96, 96, 3), value, np.uint8))
    writer.release()
    scene = open_pictures(str(path))
    seen = [int(scene.next_frame(96, 96).mean()) for _ in range(4)]
    scene.close()
    assert np.allclose(seen, [40, 120, 200, 40], atol=3)
    assert scene.current_name == "clip.avi#0"


def test_a_gif_moves_when_it_is_given_alone_and_is_its_first_frame_in_a_folder(tmp_path: Path) -> None:
    frames = [Image.fromarray(picture(value)) for value in (40, 120)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    for spec, expected in ((str(tmp_path / "a.gif"), [40, 120, 40]), (str(tmp_path), [40, 40, 40])):
        scene = open_pictures(spec)
        assert [round(float(scene.next_frame(96, 96).mean())) for _ in expected] == expected
        scene.close()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("nowhere", "no such file or folder"),
        ("webcam:x", "not a camera number"),
        ("{empty}", "no picture or sound file in this folder"),
        ("{text}", "neither a picture nor a video"),
        ("{broken}", "not a picture that can be read"),
    ],
)
def test_what_cannot_be_shown_is_refused_at_once(tmp_path: Path, spec: str, words: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no video")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_bytes(b"no picture")
    names = {"empty": tmp_path / "empty", "text": tmp_path / "notes.txt", "broken": tmp_path / "broken"}
    with pytest.raises(ConfigError, match=words) as error:
        open_scene(spec.format(**names))
    assert error.value.hint


def test_a_picture_that_vanishes_is_named(folder: Path) -> None:
    scene = open_pictures(str(folder))
    scene.next_frame(96, 96)
    (folder / "b.png").unlink()
    with pytest.raises(ConfigError, match=r"b\.png no longer exists"):
        scene.next_frame(96, 96)


def png_header(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes that claims to be that large."""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(99))))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_picture_of_ten_gigapixels_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_header(100_000, 100_000))
    with pytest.raises(ConfigError, match=r"bomb\.png: far too many pixels, expected at most 67,108,864"):
        open_pictures(str(tmp_path))


def test_what_systems_leave_is_no_picture_and_reported_by_name(folder: Path) -> None:
    for name in ("._b.png", "a/._z.png", "__MACOSX/b.png", ".trash/old.png"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"Mac OS X")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "README.md"):
        (folder / name).write_bytes(b"of no use")
    scene = open_pictures(str(folder))
    for name in ("a/z.png", "b.png", "c.bmp", "a/z.png"):
        scene.next_frame(96, 96)
        assert scene.current_name == name
    assert passed_over(str(folder)) == ("._b.png", ".trash/old.png", "__MACOSX/b.png", "a/._z.png")


def test_nothing_is_said_of_what_nobody_would_expect_to_see(folder: Path) -> None:
    (folder / ".lock").touch()
    (folder / "Thumbs.db").touch()
    assert passed_over(f"{folder}?loop=1") == ()
    assert passed_over("machine:imbalance") == ()
    (folder / "drawing.svg").touch()
    assert passed_over(str(folder)) == ("drawing.svg",)


def test_a_pipe_is_no_picture_and_nothing_waits_for_it(folder: Path) -> None:
    os.mkfifo(folder / "d.png")
    with pytest.raises(ConfigError, match=r"d\.png: expected a file, got a named pipe"):
        open_pictures(str(folder))
