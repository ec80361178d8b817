"""The list of sensors: commands and boards use the same names."""

from __future__ import annotations

import pytest
from tinyhost.cli.options import SensorName
from tinyhost.errors import UsageError
from tinyhost.sensors import SENSORS, sensor_of_code, sensor_of_option


def test_commands_offer_the_sensors_there_are() -> None:
    assert [name.value for name in SensorName] == [sensor.option for sensor in SENSORS]


def test_a_sensor_is_found_by_its_option_and_by_its_code() -> None:
    for sensor in SENSORS:
        assert sensor_of_option(sensor.option) is sensor
        assert sensor_of_code(sensor.code) is sensor
    assert sensor_of_code(99) is None
    with pytest.raises(UsageError, match="gyro") as caught:
        sensor_of_option("gyro")
    assert "camera, mic, imu" in caught.value.hint
