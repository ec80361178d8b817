"""The live view of a sensor: the figures that it shows are those of its data, and it keeps to its cells."""

from __future__ import annotations

import io

import numpy as np
import pytest
from tinyhost.cli.safe_console import SafeConsole
from tinyhost.motion.sensor import COUNTS_PER_DPS
from tinyhost.sensors import MotionQuality, PictureQuality, SensorQuality, SoundQuality
from tinyhost.views.sensor import quality_view

COLUMNS, ROWS = 100, 24
RANDOM = np.random.default_rng(11)


def shown(quality: SensorQuality, columns: int = COLUMNS) -> str:
    """Return the view as text; every line of it has `columns` cells."""
    out = io.StringIO()
    SafeConsole(file=out, width=columns, force_terminal=False).print(quality_view(quality, columns, ROWS, title="now"))
    lines = out.getvalue().splitlines()
    assert {len(line) for line in lines} == {columns}
    return out.getvalue()


def pictures() -> PictureQuality:
    quality = PictureQuality()
    y, x = np.mgrid[0:96, 0:96]
    for number in (0, 1, 3):
        pixels = 120 + 60 * np.sin(x / 2 + number) + 30 * np.sin(y / 3)
        quality.add(pixels.astype(np.uint8), frame_index=number, timestamp_us=number * 100_000)
    return quality


def sound(samples: np.ndarray) -> SoundQuality:
    quality = SoundQuality()
    for begin in range(0, len(samples), 400):
        span = samples[begin : begin + 400, np.newaxis].astype(np.int16)
        quality.add(
            span, position=begin, timestamp_us=round(begin * 1e6 / 16_000), rate_hz=16_000, lost=0, scale=1 / 32768
        )
    return quality


def motion(mean: tuple[float, ...]) -> MotionQuality:
    """Return 2 s of motion at rest; mean: g of x, y, z, and degrees per second of a gyroscope's."""
    counts = np.array(mean) * ([8192] * 3 + [COUNTS_PER_DPS] * 3)[: len(mean)] + RANDOM.normal(0, 9, (200, len(mean)))
    quality = MotionQuality()
    quality.add(np.rint(counts).astype(np.int16), position=0, timestamp_us=0, rate_hz=100.0, lost=0, scale=1 / 8192)
    return quality


def test_a_picture_has_its_light_and_its_rate() -> None:
    quality = pictures()
    text = shown(quality)
    assert "96 x 96" in text
    assert "1 missed" in text
    assert quality.pixels is not None
    assert float(text.partition("brightness")[2].split()[0]) == pytest.approx(quality.pixels.mean(), abs=0.06)


def test_sound_has_its_level_and_its_loudest_frequency() -> None:
    text = shown(sound(3276.8 * np.sin(2 * np.pi * 1000 * np.arange(32_000) / 16_000)))
    assert "rms -23 dBFS" in text
    assert "peak -20 dBFS" in text
    loudest = int(text.partition("loudest at ")[2].partition(" Hz")[0])
    assert loudest == pytest.approx(1000, abs=32)


def test_motion_has_its_axes_and_what_is_down() -> None:
    text = shown(motion((0.0, 0.0, 1.0)))
    assert "z  +1.0" in text
    assert "down -z" in text
    assert "rotation" not in text
    assert "down between axes" in shown(motion((0.6, 0.6, 0.6)))


def test_a_gyroscope_has_a_line_of_its_own() -> None:
    line = next(line for line in shown(motion((0.0, 0.0, 1.0, 3.0, -12.0, 25.0))).splitlines() if "rotation" in line)
    x, y, z = (float(line.split(f" {name} ")[1].split()[0]) for name in "xyz")
    assert (x, y, z) == pytest.approx((3.0, -12.0, 25.0), abs=0.5)


@pytest.mark.parametrize("quality", [PictureQuality(), SoundQuality(), MotionQuality()])
def test_before_the_first_sample_it_waits(quality: SensorQuality) -> None:
    assert "waiting" in shown(quality, 60)
