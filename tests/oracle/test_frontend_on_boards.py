"""The same features on native and m4, whatever the compiler optimizes; m4 keeps the frontend's budget."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tinyhost.audio.features import FeatureStream, FrontendConfig, FrontendVariant, features

from tests.oracle.frontend_program import LEVELS, run_program
from tests.oracle.frontend_sounds import extreme_sound, synthetic_sound

pytestmark = [pytest.mark.firmware, pytest.mark.xdist_group("m4")]

_SOUND = np.concatenate([extreme_sound(16_000), *synthetic_sound(20.0, seed=5)])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("board", ["native", "m4"])
@pytest.mark.parametrize("variant", FrontendVariant)
def test_features_equal_those_of_the_python_module(
    variant: FrontendVariant, board: str, level: str, tmp_path: Path
) -> None:
    config = FrontendConfig(variant=variant)
    rows, _ = run_program(board, level, _SOUND, config, tmp_path)
    np.testing.assert_array_equal(rows, FeatureStream(config).feed(_SOUND))


def test_a_stride_on_m4_stays_in_its_budget(tmp_path: Path) -> None:
    sound = np.concatenate(list(synthetic_sound(10.0, seed=6)))
    for config in (FrontendConfig(), FrontendConfig(n_coefficients=13)):
        rows, cost = run_program("m4", "O2", sound, config, tmp_path)
        assert cost.unit == "instructions"
        assert cost.max <= 45_000
        assert cost.state_bytes <= 6 * 1024
    np.testing.assert_array_equal(rows, features(sound, config))
