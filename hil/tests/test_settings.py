"""Settings: their bounds, and which survive a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tinyhost.device import Device
from tinyhost.tasks.registry import task_of_app


@pytest.fixture
def tidy(device: Device) -> Iterator[Device]:
    """The device; its settings are restored after the test."""
    before = {name: info.value for name, info in device.settings().items()}
    yield device
    for name, value in before.items():
        device.set_setting(name, value, persist=True)


def another_value(device: Device, name: str) -> int:
    info = device.settings()[name]
    return info.minimum if info.value != info.minimum else info.minimum + 1


def test_the_settings_are_those_of_the_task(device: Device) -> None:
    task = task_of_app(device.info.app)
    assert task is not None
    assert device.settings().keys() == {setting.name.lower() for setting in task.settings}


def test_every_setting_is_within_its_bounds(device: Device) -> None:
    settings = device.settings()
    for info in settings.values():
        assert info.minimum <= info.value <= info.maximum
        assert info.minimum <= info.default_value <= info.maximum


def test_a_setting_that_is_kept_survives_a_restart(tidy: Device, restart: Callable[[], None]) -> None:
    value = another_value(tidy, "threshold")
    assert tidy.set_setting("threshold", value, persist=True).value == value
    restart()
    assert tidy.settings()["threshold"].value == value


def test_a_setting_that_is_not_kept_is_gone_after_a_restart(tidy: Device, restart: Callable[[], None]) -> None:
    kept = tidy.settings()["threshold"].value
    tidy.set_setting("threshold", kept, persist=True)
    tidy.set_setting("threshold", another_value(tidy, "threshold"))
    restart()
    assert tidy.settings()["threshold"].value == kept
