from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.audio.effects import change_speed, equalize, reverberate, room_impulse_response, shift, without_rumble
from tinyhost.audio.levels import (
    active_rms,
    dbfs,
    fit_length,
    loudest_section,
    peak,
    rms,
    to_float,
    to_pcm,
)
from tinyhost.audio.mix import add_at, mix_at_snr, repeat_to
from tinyhost.audio.noise import NOISES, babble, make_noise
from tinyhost.audio.resample import resample

RATE = 16_000


def tone(hz: float, n: int = RATE, rate_hz: int = RATE, level: float = 0.5) -> NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * hz * np.arange(n) / rate_hz)).astype(np.float32)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_pcm_survives_the_way_through_float_and_back() -> None:
    pcm = np.arange(-32768, 32768).astype(np.int16)
    np.testing.assert_array_equal(to_pcm(to_float(pcm)), pcm)
    assert to_pcm(np.array([2.0, -2.0], np.float32)).tolist() == [32767, -32768]


def test_levels_of_a_sine() -> None:
    sound = tone(1000)
    assert dbfs(rms(sound)) == pytest.approx(-9.03, abs=0.01)
    assert peak(sound) == pytest.approx(0.5)
    assert dbfs(0.0) == -200.0
    assert rms(sound[:0]) == peak(sound[:0]) == 0.0


def test_active_level_ignores_the_silence_around_a_word() -> None:
    word = np.zeros(RATE, np.float32)
    word[4000:8000] = tone(500, 4000)
    assert active_rms(word) == pytest.approx(rms(word[4000:8000]), rel=0.02)
    assert rms(word) == pytest.approx(rms(word[4000:8000]) / 2, rel=0.02)


def test_the_loudest_second_is_found() -> None:
    pcm = np.zeros(24_000, np.int16)
    pcm[7000:23_000] = 1000
    begin, cut = loudest_section(pcm, RATE)
    assert (begin, cut.min()) == (7000, 1000)
    assert loudest_section(pcm[:10], RATE)[0] == 0
    assert len(fit_length(pcm, RATE)) == len(fit_length(pcm[:100], RATE)) == RATE
    assert fit_length(np.full(2, 5, np.int16), 6).tolist() == [0, 0, 5, 5, 0, 0]


@given(st.floats(-10.0, 40.0), st.integers(0, 1000))
def test_the_mix_has_the_ratio_that_was_asked_for(snr_db: float, seed: int) -> None:
    word = np.zeros(RATE, np.float32)
    word[3000:9000] = tone(600, 6000)
    noise = make_noise("pink", RATE, rng(seed))
    mixed = mix_at_snr(word, noise, snr_db)
    assert peak(mixed) <= 0.991
    (of_word, of_noise), left, _, _ = np.linalg.lstsq(np.stack([word, noise], 1), mixed, rcond=None)
    assert left[0] < 1e-6
    assert dbfs(active_rms(word) * of_word) - dbfs(rms(noise) * of_noise) == pytest.approx(snr_db, abs=0.01)


def test_silence_is_mixed_with_nothing() -> None:
    word = tone(600)
    np.testing.assert_array_equal(mix_at_snr(word, np.zeros(RATE, np.float32), 10.0), word)
    np.testing.assert_array_equal(mix_at_snr(np.zeros(RATE, np.float32), word, 10.0), np.zeros(RATE))


def test_sounds_are_added_where_they_overlap() -> None:
    track = np.zeros(4, np.float32)
    add_at(track, np.array([1, 2, 3], np.float32), -1)
    add_at(track, np.array([10, 20, 30], np.float32), 3)
    add_at(track, np.array([5], np.float32), 99)
    assert track.tolist() == [2, 3, 0, 10]
    assert repeat_to(np.array([1, 2, 3], np.float32), 5, 2).tolist() == [3, 1, 2, 3, 1]


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("n", [1, 320, RATE, 10 * RATE + 7])
def test_noise_is_repeatable_finite_and_of_unit_level(kind: str, n: int) -> None:
    sound = make_noise(kind, n, rng(5))
    np.testing.assert_array_equal(sound, make_noise(kind, n, rng(5)))
    assert sound.dtype == np.float32
    assert len(sound) == n
    assert np.all(np.isfinite(sound))
    assert rms(sound) == pytest.approx(1.0, rel=1e-3) or n == 1
    if n == RATE:
        assert not np.array_equal(sound, make_noise(kind, n, rng(6)))


def octave_db(sound: NDArray[np.float32], low_hz: float) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz < 2 * low_hz)].mean()))


@pytest.mark.parametrize(("kind", "slope_db"), [("white", 0.0), ("pink", -3.01), ("brown", -6.02)])
def test_the_colour_of_noise_is_its_slope_per_octave(kind: str, slope_db: float) -> None:
    sound = make_noise(kind, 60 * RATE, rng())
    slopes = [octave_db(sound, hz * 2) - octave_db(sound, hz) for hz in (250.0, 500.0, 1000.0, 2000.0)]
    np.testing.assert_allclose(slopes, slope_db, atol=0.3)


def test_babble_holds_every_voice_at_the_same_level() -> None:
    voices = [tone(300, 8000, level=0.01), tone(2000, 9000, level=0.9)]
    sound = babble(voices, 10 * RATE, rng())
    power = np.abs(np.fft.rfft(sound)) ** 2
    low, high = power[2900:3100].sum(), power[19_900:20_100].sum()
    assert 0.5 < low / high < 2.0
    assert rms(sound) == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize("rt60_s", [0.2, 0.5])
def test_a_room_rings_for_its_reverberation_time(rt60_s: float) -> None:
    decays = []
    for seed in range(20):
        room = room_impulse_response(rng(seed), rt60_s=rt60_s, distance_m=2.0).astype(np.float64)
        energy = np.cumsum(room[::-1] ** 2)[::-1]  # Schroeder's backward integral
        curve = 10 * np.log10(energy / energy[0])
        t5, t25 = np.argmax(curve < -5), np.argmax(curve < -25)
        decays.append(3 * (t25 - t5) / RATE)
    assert 0.6 * rt60_s < np.median(decays) < 1.5 * rt60_s


def test_reverberation_keeps_level_length_and_beginning() -> None:
    word = np.zeros(RATE, np.float32)
    word[2000:6000] = tone(700, 4000)
    room = room_impulse_response(rng(), rt60_s=0.4)
    wet = reverberate(word, room)
    assert len(wet) == RATE
    assert rms(wet) == pytest.approx(rms(word), rel=1e-3)
    assert peak(wet[:1990]) < 1e-4
    assert peak(wet[6100:8000]) > 0.005
    direct = np.convolve(word, room)[:RATE]
    np.testing.assert_allclose(wet, direct * rms(word) / rms(direct.astype(np.float32)), atol=1e-5)
    assert peak(reverberate(np.zeros(100, np.float32), room)) == 0.0


@pytest.mark.parametrize(("hz", "gain"), [(5, 1 / 257), (20, 1 / 2), (60, 81 / 82), (1000, 1.0)])
def test_rumble_and_an_offset_are_taken_out_and_sound_is_not(hz: float, gain: float) -> None:
    heard = without_rumble(tone(hz, 4 * RATE) + np.float32(0.3))[RATE:-RATE]
    assert rms(heard) == pytest.approx(gain * rms(tone(hz, 2 * RATE)), abs=1e-4)
    assert float(heard.mean()) == pytest.approx(0.0, abs=1e-4)


def test_the_equalizer_gives_each_band_its_gain() -> None:
    gains = np.array([0.0, 0.0, 0.0, 6.0, 0.0, -12.0, 0.0, 0.0])
    for hz, gain_db in ((500.0, 6.0), (1000.0, 0.0), (2000.0, -12.0), (4000.0, 0.0)):
        heard = equalize(tone(hz, 4 * RATE), gains)[RATE:-RATE]
        assert dbfs(rms(heard)) - dbfs(rms(tone(hz))) == pytest.approx(gain_db, abs=0.1)


def test_shifts_bring_in_silence() -> None:
    sound = np.arange(1, 5, dtype=np.float32)
    assert shift(sound, 1).tolist() == [0, 1, 2, 3]
    assert shift(sound, -3).tolist() == [4, 0, 0, 0]
    assert shift(sound, 9).tolist() == shift(sound, -4).tolist() == [0, 0, 0, 0]


def test_faster_is_shorter_and_higher() -> None:
    faster = change_speed(tone(1000), 1.25)
    assert len(faster) == 12_800
    assert np.argmax(np.abs(np.fft.rfft(faster))) * RATE / 12_800 == pytest.approx(1250, abs=2)


@pytest.mark.parametrize("from_hz", [8_000, 22_050, 44_100, 48_000, 11_025, 96_000, 7_919])
def test_resampling_keeps_tones_and_levels(from_hz: int) -> None:
    hz = 997.0
    heard = resample(tone(hz, 2 * from_hz, from_hz), from_hz, RATE)
    assert len(heard) == 2 * RATE
    expected = tone(hz, len(heard))[1000:-1000]
    error = heard[1000:-1000] - expected
    assert dbfs(rms(error)) < (-60 if from_hz == 7919 else -80)


@pytest.mark.parametrize("hz", [8_600.0, 12_000.0, 20_000.0])
def test_resampling_folds_nothing_back(hz: float) -> None:
    heard = resample(tone(hz, 48_000, 48_000), 48_000, RATE)
    assert dbfs(rms(heard[1000:-1000])) < -75


def test_resampling_keeps_the_time() -> None:
    click = np.zeros(48_000, np.float32)
    click[24_000] = 1.0
    assert np.argmax(resample(click, 48_000, RATE)) == 8000
    assert np.argmax(resample(click, 8_000, RATE)) == 48_000
    assert len(resample(click[:0], 8_000, RATE)) == 0
    np.testing.assert_array_equal(resample(click, RATE, RATE), click)
