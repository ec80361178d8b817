"""How a device's predictions are shown: by its task, or without a task by what the device reports."""

from __future__ import annotations

import pytest
from tinyhost.protocol.messages import InfoReply, SensorKind, StreamId
from tinyhost.tasks.live import LiveForm
from tinyhost.tasks.on_device import live_form
from tinyhost.tasks.registry import tasks

ALARMS = ("period_ms", "threshold", "hysteresis", "raise_windows", "clear_windows", "one_more")


def test_a_known_app_is_shown_as_its_task_says() -> None:
    for task in tasks():
        assert live_form(InfoReply(app=task.app, sensor=task.sensor.code), ()) is task.live


@pytest.mark.parametrize(
    ("sensor", "settings", "form"),
    [
        (SensorKind.CAMERA, (), LiveForm(sees="picture", result="state")),
        (SensorKind.MICROPHONE, ("threshold",), LiveForm(sees="sound", result="events")),
        (SensorKind.ACCELEROMETER, ("threshold",), LiveForm(sees="motion", result="events")),
        (SensorKind.ACCELEROMETER, ALARMS, LiveForm(sees="motion", result="alarm")),
        (99, (), LiveForm(sees="motion", result="events")),
    ],
)
def test_another_app_is_shown_by_its_sensor_and_settings(
    sensor: int, settings: tuple[str, ...], form: LiveForm
) -> None:
    assert live_form(InfoReply(app="of_others", sensor=sensor), settings) == form


def test_a_threshold_is_in_the_units_of_what_is_held_against_it() -> None:
    assert LiveForm(sees="motion", result="alarm").real_threshold(98_304, 0.5, 3) == 1.5
    assert LiveForm(sees="picture", result="state").real_threshold(0, 1 / 256, -128) == 0.5


def test_the_board_sends_frames_of_a_camera_and_features_of_all_else() -> None:
    assert [task.live.stream for task in tasks()] == [StreamId.CAMERA, *[StreamId.FEATURES] * 3]
