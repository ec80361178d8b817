"""The frontend against TFLM's: pymicro-features, the wheel's signal operators, and what both once answered."""

from __future__ import annotations

import itertools
import json
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.audio.features import FeatureStream, FrontendConfig, FrontendVariant

from tests.oracle.frontend_oracles import MICROFRONTEND, Graph, microfrontend_rows
from tests.oracle.frontend_sounds import extreme_sound, synthetic_sound
from tests.oracle.oracle import ORACLE_IS_TFLM
from tests.oracle.record_frontend_vectors import HEADER, N_SAMPLES, VECTORS, crc_of, header_text
from tests.oracle.signal_graph import fft_size

_RECORDED: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))


def raw_rows(pcm: NDArray[np.int16], config: FrontendConfig) -> NDArray[np.int32]:
    return FeatureStream(config).feed(pcm).astype(np.int32)


@pytest.mark.parametrize("recorded", _RECORDED, ids=lambda recorded: str(recorded["config"]))
def test_features_are_those_once_recorded_from_tflm(recorded: dict[str, Any]) -> None:
    fields = dict(recorded["config"])
    config = FrontendConfig(**{**fields, "variant": FrontendVariant(fields["variant"])})
    rows = raw_rows(extreme_sound(N_SAMPLES), config)
    assert rows[recorded["row"]["index"]].tolist() == recorded["row"]["raw"]
    assert (len(rows), crc_of(rows)) == (recorded["n_rows"], recorded["crc32"])


def test_the_firmwares_tests_have_the_same_records() -> None:
    assert HEADER.read_text(encoding="utf-8") == header_text(_RECORDED)


if sys.platform == "linux":  # for fdlibm_process.py; elsewhere the records stand for it

    def assert_equals_pymicro(pcm: NDArray[np.int16]) -> None:
        np.testing.assert_array_equal(raw_rows(pcm, MICROFRONTEND), microfrontend_rows(pcm))

    def test_extreme_sound_equals_pymicro_features() -> None:
        assert_equals_pymicro(extreme_sound(80_000))

    @pytest.mark.parametrize("seed", range(3))
    def test_mixed_sound_equals_pymicro_features(seed: int) -> None:
        assert_equals_pymicro(np.concatenate(list(synthetic_sound(40.0, seed))))

    levels = st.sampled_from([0, 1, -1, 2, 127, -128, 2047, 2048, -2048, 16384, -16384, 32767, -32767, -32768])

    @settings(max_examples=60)
    @given(st.lists(st.tuples(levels, levels, st.integers(1, 200), st.integers(1, 1500)), min_size=1, max_size=10))
    def test_squares_of_any_level_equal_pymicro_features(sections: list[tuple[int, int, int, int]]) -> None:
        pieces = [np.where(np.arange(n) // period % 2, a, b) for a, b, period, n in sections]
        assert_equals_pymicro(np.concatenate(pieces).astype(np.int16))


if ORACLE_IS_TFLM:  # elsewhere the records stand for it

    @st.composite
    def configs(draw: st.DrawFn) -> FrontendConfig:
        """Configurations that the firmware accepts and whose filters have bins in every block of the signal library."""
        rate_hz = draw(st.sampled_from([8000, 16_000, 11_025]))
        window_ms = draw(st.integers(66 * 1000 // rate_hz + 1, 512 * 1000 // rate_hz))
        lower_band_hz = draw(st.integers(20, 400))
        return FrontendConfig(
            sample_rate_hz=rate_hz,
            window_ms=window_ms,
            stride_ms=draw(st.integers(1, window_ms)),
            n_channels=draw(st.integers(4, 48)),
            lower_band_hz=lower_band_hz,
            upper_band_hz=draw(st.integers(lower_band_hz + 1500, rate_hz * 45 // 100)),
            variant=draw(st.sampled_from(FrontendVariant)),
        )

    @settings(max_examples=25)
    @given(configs(), st.integers(0, 1000))
    def test_any_configuration_equals_the_signal_operators(config: FrontendConfig, seed: int) -> None:
        sound = np.concatenate([extreme_sound(12_800), *itertools.islice(synthetic_sound(4.0, seed), 1)])
        sound = sound[sound != -32768] if config.variant == FrontendVariant.MICROFRONTEND else sound
        np.testing.assert_array_equal(raw_rows(sound, config), Graph(config).rows_of(sound))

    @pytest.mark.parametrize("seed", range(2))
    def test_mixed_sound_equals_the_signal_operators(seed: int) -> None:
        sound = np.concatenate(list(synthetic_sound(30.0, seed)))
        np.testing.assert_array_equal(raw_rows(sound, FrontendConfig()), Graph(FrontendConfig()).rows_of(sound))


def test_windows_take_each_size_of_fft() -> None:
    sizes = {fft_size(FrontendConfig(**{**recorded["config"]})) for recorded in _RECORDED}
    assert sizes == {128, 256, 512}
