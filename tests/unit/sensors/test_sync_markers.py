"""Markers of stimuli: found despite lens, lamp, room and sensor, and never found where there is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tinyhost.sensors.sync_markers.border import N_NUMBERS, draw_border, inside, read_border
from tinyhost.sensors.sync_markers.tones import burst, chirp, find_burst, find_chirp

SIDE = 96
AUDIO_HZ = 16_000


def picture(rng: np.random.Generator, side: int = SIDE) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(rng.integers(0, 256, (12, 12), dtype=np.uint8), (side, side)))


def through_a_lens(frame: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a frame blurred, moved by up to 3 pixels, dimmed, with stray light and noise."""
    seen = cv2.GaussianBlur(frame.astype(np.float32), (0, 0), rng.uniform(0.1, 2.0))
    move = np.array([[1, 0, rng.uniform(-3, 3)], [0, 1, rng.uniform(-3, 3)]], np.float32)
    seen = cv2.warpAffine(seen, move, frame.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    seen = seen * rng.uniform(0.3, 0.9) + rng.uniform(0, 20) + rng.normal(0, rng.uniform(0, 8), frame.shape)
    return np.clip(seen, 0, 255).astype(np.uint8)


def test_every_number_is_read_and_the_picture_is_left_as_it_is() -> None:
    shown = picture(np.random.default_rng(0))
    for number in range(0, N_NUMBERS, 3):
        marked = draw_border(shown, number)
        mark = read_border(marked)
        assert mark is not None
        assert (mark.number, mark.black, mark.white) == (number, 0, 255)
        assert np.array_equal(marked[inside(shown.shape)], shown[inside(shown.shape)])


def test_a_number_is_read_through_lens_lamp_and_noise_and_never_another() -> None:
    rng = np.random.default_rng(1)
    for number in range(0, N_NUMBERS, 5):
        mark = read_border(through_a_lens(draw_border(picture(rng), number), rng))
        assert mark is not None
        assert mark.number == number


def test_the_nanos_camera_of_which_120_lines_are_cut_and_scaled_still_has_it() -> None:
    marked = cv2.resize(draw_border(picture(np.random.default_rng(2)), 77), (120, 120))
    mark = read_border(np.asarray(cv2.resize(marked, (SIDE, SIDE), interpolation=cv2.INTER_AREA)))
    assert mark is not None
    assert mark.number == 77


@pytest.mark.parametrize("gain", [0.0, 0.05])
def test_in_the_dark_there_is_no_mark(gain: float) -> None:
    rng = np.random.default_rng(3)
    for number in range(0, N_NUMBERS, 16):
        frame = draw_border(picture(rng), number) * gain + rng.normal(4, 4, (SIDE, SIDE))
        assert read_border(np.clip(frame, 0, 255).astype(np.uint8)) is None


def test_a_frame_of_two_pictures_has_no_mark() -> None:
    shown = picture(np.random.default_rng(4))
    for number in range(0, N_NUMBERS, 5):
        torn = draw_border(shown, number)
        torn[SIDE // 2 :] = draw_border(shown, (number + 1) % N_NUMBERS)[SIDE // 2 :]
        assert read_border(torn) is None


def test_pictures_without_a_mark_have_none() -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        assert read_border(picture(rng)) is None


@pytest.mark.parametrize("shape", [(47, 96), (96, 10), (0, 0)])
def test_where_there_is_no_room_there_is_no_mark(shape: tuple[int, int]) -> None:
    assert read_border(np.zeros(shape, np.uint8)) is None
    with pytest.raises(ValueError, match="48 x 48"):
        draw_border(np.zeros(shape, np.uint8), 1)


@pytest.mark.parametrize("amplitude", [60, 600, 20_000])
def test_a_chirp_is_found_where_it_is_with_its_level(amplitude: int) -> None:
    rng = np.random.default_rng(amplitude)
    wave = chirp(AUDIO_HZ)
    sound = rng.normal(0, 50, 3 * AUDIO_HZ)
    sound[20_000 : 20_000 + len(wave)] -= amplitude * wave  # a loudspeaker may be wired either way
    mark = find_chirp(sound.astype(np.int16), AUDIO_HZ)
    assert mark is not None
    assert mark.position == pytest.approx(20_000, abs=2)
    assert mark.level == pytest.approx(amplitude * np.sqrt(np.mean(wave**2)), rel=0.1)
    assert mark.snr_db == pytest.approx(20 * np.log10(amplitude * np.sqrt(np.mean(wave**2)) / 50), abs=3)
    assert mark.clipped == 0


def test_a_chirp_that_clips_is_found_and_reported() -> None:
    sound = np.zeros(AUDIO_HZ)
    wave = chirp(AUDIO_HZ)
    sound[3000 : 3000 + len(wave)] = 60_000 * wave
    mark = find_chirp(np.clip(sound, -32768, 32767).astype(np.int16), AUDIO_HZ)
    assert mark is not None
    assert mark.clipped > 100


def test_noise_hum_and_silence_are_no_chirp() -> None:
    rng = np.random.default_rng(6)
    t = np.arange(2 * AUDIO_HZ) / AUDIO_HZ
    for sound in (rng.normal(0, 3000, len(t)), 9000 * np.sin(2 * np.pi * 1000 * t), np.zeros(len(t)), np.zeros(10)):
        assert find_chirp(sound.astype(np.int16), AUDIO_HZ) is None


@pytest.mark.parametrize("rate_hz", [100.0, 119.0])
@pytest.mark.parametrize("clock", [0.95, 1.0, 1.05])
def test_a_burst_is_found_on_its_axis_whatever_the_sensors_clock(rate_hz: float, clock: float) -> None:
    rng = np.random.default_rng(7)
    motion = rng.normal(0, 40, (round(6 * rate_hz), 3)) + np.array([0, 0, 8192])
    wave = burst(rate_hz * clock)
    motion[150 : 150 + len(wave), 1] += 500 * wave
    mark = find_burst(motion.astype(np.int16), rate_hz)
    assert mark is not None
    assert mark.axis == 1
    assert mark.position == pytest.approx(150, abs=6)
    assert mark.level == pytest.approx(500 / np.sqrt(2), rel=0.1)


def test_a_machine_that_hums_at_the_bursts_frequency_is_none() -> None:
    rng = np.random.default_rng(8)
    t = np.arange(600) / 100
    for hum_hz in (10.0, 20.0, 23.0):
        motion = rng.normal(0, 40, (600, 3)) + 900 * np.sin(2 * np.pi * hum_hz * t)[:, None]
        assert find_burst(motion.astype(np.int16), 100.0) is None
