"""A model's samples against those of a board's sensor."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tinyhost.compiler import ModelImage
from tinyhost.errors import UnsupportedModelError
from tinyhost.models.file import load_model_file
from tinyhost.models.push import first_fitting
from tinyhost.models.sampling import ModelSampling, SensorSampling, misfit_of, sampling_of
from tinyhost.models.summary import summary_of
from tinyhost.protocol.messages import InfoReply
from tinyhost.tasks.on_device import check_model

from tests.stations import SHIPPED_MODELS, shipped_image

MOTION = ModelSampling(rate_hz=119.0, n_channels=3, counts_per_g=8196.7)
LSM9DS1 = SensorSampling(chip="LSM9DS1", rate_hz=119.0, n_channels=3, scale=4 / 32768)
BMI270_MODEL = SHIPPED_MODELS["anomaly"].parent.with_name("anomaly_bmi270") / "model.tflite"
BMI270 = SensorSampling(chip="BMI270", rate_hz=100.0, n_channels=3, scale=4 / 32768)


def test_shipped_models_say_what_samples_they_are_for() -> None:
    assert sampling_of(ModelImage.parse(shipped_image("vww"))) is None
    assert sampling_of(ModelImage.parse(shipped_image("kws"))) == ModelSampling(rate_hz=16_000.0, n_channels=1)
    motion = sampling_of(ModelImage.parse(shipped_image("anomaly")))
    assert motion is not None
    assert (motion.rate_hz, motion.n_channels, round(motion.counts_per_g or 0)) == (119.0, 3, 8197)


def test_a_board_says_what_its_sensor_gives_and_an_old_one_or_a_camera_nothing() -> None:
    info = InfoReply(sensor_chip="BMI270", sensor_rate_mhz=100_000, sensor_channels=3, sensor_scale=4 / 32768)
    assert SensorSampling.of_info(info) == BMI270
    assert SensorSampling.of_info(InfoReply()) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (LSM9DS1, ""),
        (replace(LSM9DS1, rate_hz=119.0 * (1 + 1 / 32)), ""),
        (replace(LSM9DS1, scale=0.0), ""),
        (BMI270, "wants 119 samples a second, the board's BMI270 gives 100"),
        (replace(BMI270, chip=""), "wants 119 samples a second, the board's sensor gives 100"),
        (replace(LSM9DS1, n_channels=1), "wants 3 values in a sample, the board's LSM9DS1 gives 1"),
        (replace(LSM9DS1, scale=2 / 32768), "wants 8,197 counts per g, the board's LSM9DS1 gives 16,384"),
        (
            replace(BMI270, scale=2 / 32768),
            "wants 119 samples a second, the board's BMI270 gives 100; it wants 8,197 counts per g, the board's BMI270 "
            "gives 16,384",
        ),
    ],
)
def test_each_property_that_a_sensor_does_not_have_is_named(given: SensorSampling, words: str) -> None:
    assert misfit_of(MOTION, given) == words


def test_what_is_not_known_is_no_misfit() -> None:
    assert misfit_of(None, BMI270) == misfit_of(MOTION, None) == ""


def test_a_model_is_refused_by_name_with_how_to_get_one_for_the_board() -> None:
    model = summary_of(ModelImage.parse(shipped_image("anomaly")))
    check_model(model, "anomaly", board="nano33ble:1", sensor=LSM9DS1)
    with pytest.raises(UnsupportedModelError) as caught:
        check_model(model, "anomaly", board="nano33ble:1", sensor=BMI270)
    wants = "wants 119 samples a second, the board's BMI270 gives 100"
    assert caught.value.message == f"nano33ble:1: the model anomaly {wants}"
    assert "tinyhost train anomaly --machine --sensor bmi270" in caught.value.hint


def test_each_sensor_gets_the_shipped_model_that_was_made_for_it() -> None:
    files = [load_model_file(path) for path in (SHIPPED_MODELS["anomaly"], BMI270_MODEL)]
    assert first_fitting(files, None) is first_fitting(files, LSM9DS1) is files[0]
    assert first_fitting(files, BMI270) is files[1]
    assert first_fitting(files, replace(BMI270, rate_hz=50.0)) is files[0]
