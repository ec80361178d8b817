"""Quality checks of pictures, sound and motion, on simple data."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data
from tinyhost.sensors import MotionQuality, PictureQuality, Remark, SoundQuality
from tinyhost.sensors.motion import up_axis
from tinyhost.sensors.picture import picture_faults, picture_figures
from tinyhost.sensors.seams import find_seam
from tinyhost.sensors.sound import sound_faults
from tinyhost.sensors.torn import torn_row

RATE_HZ = 16_000
RANDOM = np.random.default_rng(3)


def picture(kind: str) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:96, 0:96]
    kinds = {
        "black": np.full((96, 96), 3.0),
        "noisy black": RANDOM.normal(4, 2, (96, 96)),
        "white": np.full((96, 96), 254.0),
        "flat": RANDOM.normal(120, 1.5, (96, 96)),
        "dark": 20 + 15 * np.sin(x / 2) * np.sin(y / 2),
        "gradient": 120 + 80 * np.sin(x / 30) * np.cos(y / 25),
        "blurred": cv2.GaussianBlur(40.0 + 160 * ((x // 16 + y // 16) % 2), (0, 0), 4),
        "sharp": 120 + 60 * np.sin(x / 2.0) + 30 * np.sin(y / 3.0),
    }
    pixels: NDArray[np.uint8] = np.clip(kinds[kind], 0, 255).astype(np.uint8)
    return pixels


def seen(*pictures: NDArray[np.uint8], period_us: int = 100_000, indices: list[int] | None = None) -> PictureQuality:
    quality = PictureQuality()
    for number, pixels in enumerate(pictures):
        quality.add(pixels, frame_index=indices[number] if indices else number, timestamp_us=number * period_us)
    return quality


def said(remarks: list[Remark], level: str) -> list[str]:
    return [remark.text for remark in remarks if remark.level == level]


@pytest.mark.parametrize(
    ("kind", "level", "text"),
    [
        ("black", "bad", "black: the lens cap is on"),
        ("noisy black", "bad", "black: the lens cap is on"),
        ("white", "bad", "white"),
        ("flat", "bad", "flat"),
        ("dark", "look", "dark"),
        ("blurred", "look", "blurred"),
        ("gradient", "good", "the picture is complete"),
        ("sharp", "good", "the picture is complete"),
    ],
)
def test_light_and_lens(kind: str, level: str, text: str) -> None:
    remarks = seen(picture(kind)).remarks()
    assert len(remarks) == 1
    assert remarks[0].level == level
    assert remarks[0].text.startswith(text)
    assert remarks[0].action or level == "good"


def test_a_picture_that_is_shifted_from_a_row_on_is_torn_there() -> None:
    fence = np.tile(np.random.default_rng(3).integers(0, 256, 12).astype(np.uint8).repeat(8), (96, 1))
    assert torn_row(fence) is None
    broken = fence.copy()
    broken[60:] = np.roll(broken[60:], 21, axis=1)
    assert torn_row(broken) == 60
    remarks = seen(fence, broken).remarks()
    assert remarks[0].level == "bad"
    assert "1 of 2 pictures" in remarks[0].text
    assert "row 60" in remarks[0].text


def test_most_tears_are_found_in_photographs_and_none_in_whole_ones() -> None:
    """Lost pixels shift all that follows in the stream, across the ends of rows."""
    rng = np.random.default_rng(4)
    whole: Any = data
    photograph = whole.astronaut().mean(axis=2)
    found = 0
    for _ in range(40):
        size = int(rng.integers(192, 480))
        y, x = rng.integers(0, 512 - size, 2)
        patch = cv2.resize(photograph[y : y + size, x : x + size], (96, 96), interpolation=cv2.INTER_AREA)
        patch = np.asarray(patch, np.uint8)
        assert torn_row(patch) is None
        row, lost = int(rng.integers(10, 86)), int(rng.integers(4, 49))
        stream = patch.ravel().copy()
        stream[row * 96 :] = np.roll(stream[row * 96 :], -lost)
        where = torn_row(stream.reshape(96, 96))
        found += where is not None and abs(where - row) <= 1
    assert found >= 24


def test_most_seams_between_photographs_are_found_and_none_in_whole_ones() -> None:
    rng = np.random.default_rng(4)
    whole: Any = data
    photographs = [
        whole.astronaut().mean(axis=2),
        whole.coffee().mean(axis=2),
        whole.camera(),
        whole.cat().mean(axis=2),
    ]
    patches = []
    for number in range(60):
        photograph = photographs[number % len(photographs)]
        size = int(rng.integers(150, 290))
        y, x = (int(rng.integers(length - size)) for length in photograph.shape)
        patch = cv2.resize(photograph[y : y + size, x : x + size], (96, 96), interpolation=cv2.INTER_AREA)
        patches.append(np.asarray(patch, np.uint8))
    assert [find_seam(patch) for patch in patches] == [None] * len(patches)
    found = []
    for one, other in pairwise(patches):
        row = int(rng.integers(12, 84))
        seam = find_seam(np.vstack([one[:row], other[row:]]))
        found.append(seam is not None and seam.row == row)
    assert np.mean(found) >= 0.8
    large = [np.asarray(cv2.resize(patch, (480, 480)), np.uint8) for patch in patches[:2]]
    assert find_seam(large[0][:7]) is None
    joined = find_seam(np.vstack([large[0][:233], large[1][233:]]))
    assert joined is not None
    assert joined.row == 233


def test_an_edge_of_the_scene_is_no_tear() -> None:
    table = picture("sharp")
    table[50:] //= 4
    assert torn_row(table) is None
    assert torn_row(np.zeros((2, 2), np.uint8)) is None
    assert picture_figures(np.zeros((1, 1), np.uint8)).torn_row is None


@pytest.mark.parametrize("seed", [2, 7, 36, 56])
def test_windows_on_a_screen_are_no_tear(seed: int) -> None:
    rng = np.random.default_rng(seed)
    screen = np.full((96, 96), rng.integers(150, 256), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        (top, left), (height, width) = rng.integers(0, 80, 2), rng.integers(8, 90, 2)
        screen[top : top + height, left : left + width] = rng.integers(0, 256)
    assert torn_row(screen) is None


def test_rate_missed_captures_and_a_picture_that_stands_still() -> None:
    quality = seen(*[picture("sharp")] * 10, indices=[0, 1, 2, 3, 8, 9, 10, 11, 12, 13])
    assert quality.fps == pytest.approx(10.0)
    assert quality.n_missed == 4
    texts = said(quality.remarks(), "look")
    assert any("all pictures are identical" in text for text in texts)
    assert any("4 pictures missed" in text for text in texts)
    moving = seen(*[np.roll(picture("sharp"), i, axis=1) for i in range(10)])
    assert said(moving.remarks(), "good")


def test_nothing_at_all_is_bad() -> None:
    for quality in (PictureQuality(), SoundQuality(), MotionQuality()):
        assert [remark.level for remark in quality.remarks()] == ["bad"]
        quality.report()


def heard(samples: NDArray[np.floating], *, rate_hz: float = RATE_HZ, gap: int = 0, lost: int = 0) -> SoundQuality:
    """Return the judgement of samples in pieces of 300; `gap`: samples missing in the middle."""
    quality = SoundQuality()
    pcm = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    for begin in range(0, len(pcm), 300):
        late = begin > len(pcm) // 2
        position = begin + gap * late
        quality.add(
            pcm[begin : begin + 300, np.newaxis],
            position=position,
            timestamp_us=round(position * 1e6 / rate_hz),
            rate_hz=RATE_HZ,
            lost=5 + lost * late,
            scale=1 / 32768,
        )
    return quality


def tone(amplitude: float, hz: float = 1000.0, seconds: float = 2.0) -> NDArray[np.float64]:
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return amplitude * np.sin(2 * np.pi * hz * time_s) + RANDOM.normal(0, 3, len(time_s))


def test_a_tone_is_measured_as_it_is() -> None:
    quality = heard(tone(3276.8))
    assert said(quality.remarks(), "good")
    assert quality.peak_dbfs == pytest.approx(-20, abs=0.2)
    assert quality.rms_dbfs == pytest.approx(-23, abs=0.2)
    assert quality.level_dbfs == pytest.approx(-23, abs=0.3)
    assert quality.loudest_hz == pytest.approx(1000, abs=32)
    assert quality.pace.measured_hz == pytest.approx(RATE_HZ)
    column = quality.columns[-1]
    assert column.argmax() == round(36 * np.log(1000 / 100) / np.log(8000 / 100) - 0.5)


@pytest.mark.parametrize(
    ("samples", "level", "text"),
    [
        (np.zeros(16_000), "bad", "silence"),
        (np.full(16_000, -200.0), "bad", "silence"),
        (RANDOM.normal(0, 3, 16_000), "look", "very quiet"),
        (tone(60_000), "bad", "clipped"),
        (np.where(np.arange(32_000) % 500 == 0, 40_000, tone(3000)), "look", "clipped"),
        (tone(3000) + 5000, "bad", "offset"),
    ],
)
def test_bad_sound(samples: NDArray[np.floating], level: str, text: str) -> None:
    remarks = heard(samples).remarks()
    assert any(remark.level == level and remark.text.startswith(text) for remark in remarks)
    assert all(remark.action for remark in remarks)


def test_a_wrong_rate_and_gaps_in_sound() -> None:
    slow = heard(tone(3000), rate_hz=12_000)
    assert any("12000.0 samples a second instead of 16000.0" in text for text in said(slow.remarks(), "bad"))
    gappy = heard(tone(3000), gap=700, lost=700)
    assert gappy.pace.n_missing == 700
    assert gappy.pace.n_lost == 700
    assert any("700 samples missing" in text for text in said(gappy.remarks(), "look"))


SCALE = 4.0 / 32768


def felt(mean_g: tuple[float, float, float], noise_g: float = 0.002, *, stuck: str = "", n: int = 240) -> MotionQuality:
    motion = np.array(mean_g) + RANDOM.normal(0, noise_g, (n, 3))
    for axis in stuck:
        motion[:, "xyz".index(axis)] = 0.5
    counts = np.clip(np.rint(motion / SCALE), -32768, 32767).astype(np.int16)
    quality = MotionQuality()
    for begin in range(0, n, 12):
        quality.add(
            counts[begin : begin + 12],
            position=begin,
            timestamp_us=round(begin * 1e6 / 119),
            rate_hz=119.0,
            lost=0,
            scale=SCALE,
        )
    return quality


def test_a_board_that_lies_flat() -> None:
    quality = felt((0.01, -0.02, 1.01))
    assert [remark.text for remark in quality.remarks()] == ["it lies flat, components up"]
    assert quality.is_at_rest
    assert quality.magnitude_g == pytest.approx(1.01, abs=0.005)
    assert quality.pace.measured_hz == pytest.approx(119.0, rel=0.001)
    assert quality.noise_g == pytest.approx([0.002] * 3, rel=0.3)


@pytest.mark.parametrize(
    ("mean_g", "axis"),
    [((1.0, 0, 0), "+x"), ((0, -1, 0.1), "-y"), ((0, 0, -1), "-z"), ((0.7, 0.7, 0), None), ((0, 0, 0), None)],
)
def test_which_axis_is_up(mean_g: tuple[float, float, float], axis: str | None) -> None:
    assert up_axis(np.array(mean_g, np.float64)) == axis


def test_bad_motion() -> None:
    assert said(felt((0, 0, 1.0), stuck="y").remarks(), "bad") == ["axis y is stuck: the same value 240 times in a row"]
    assert said(felt((0, 0, 1.0), stuck="xyz").remarks(), "bad")[0].startswith("axes x, y, z are stuck")
    assert said(felt((0, 0, 0.5)).remarks(), "bad") == ["at rest it measures 0.50 g instead of 1 g"]
    assert said(felt((0, 0, 0.5), noise_g=0.3).remarks(), "bad") == []  # it moves: nobody can say
    assert any("at full scale, 4 g" in text for text in said(felt((0, 0, 1.0), noise_g=3.0).remarks(), "look"))


@pytest.mark.parametrize(
    ("at", "value", "level", "text"),
    [
        (slice(0, 240), 700, "bad", "axis z of the gyroscope is stuck while the others turn"),
        (slice(9, 11), 32767, "look", "2 values at full scale, 2000 degrees per second"),
    ],
)
def test_a_bad_gyroscope(at: slice, value: int, level: str, text: str) -> None:
    rng = np.random.default_rng(9)
    counts = np.column_stack([rng.normal((0, 0, 8192), 900, (240, 3)), rng.normal(0, 2000, (240, 3))]).astype(np.int16)

    def judged() -> list[Remark]:
        quality = MotionQuality()
        quality.add(counts, position=0, timestamp_us=0, rate_hz=119.0, lost=0, scale=SCALE)
        return quality.remarks()

    assert [remark.level for remark in judged()] == ["good"]
    counts[at, 5] = value
    assert said(judged(), level) == [text]


def test_one_picture_and_one_recording_are_judged_alike() -> None:
    assert [fault.text for fault in picture_faults(picture_figures(picture("dark")))] == ["dark"]
    assert picture_faults(picture_figures(picture("sharp"))) == []
    torn = picture("sharp")
    torn[50:] = np.roll(torn[50:], 12, axis=1)
    assert [fault.level for fault in picture_faults(picture_figures(torn))] == [
        remark.level for remark in seen(torn).remarks() if remark.level != "good"
    ]
    noise = RANDOM.normal(0, 300, (RATE_HZ, 1)).astype(np.int16)
    assert sound_faults(noise, RATE_HZ) == []
    assert [fault.text for fault in sound_faults(noise * 0, RATE_HZ)] == ["silence: every sample is 0"]
