"""Checks of the rig itself, before and after the tests: golden model, golden stimuli and the link."""

from __future__ import annotations

from collections.abc import Callable

from tinyhost.device import Device
from tinyhost.errors import StimulusError
from tinyhost.hil.qualification.limits import LIMITS, check_limits
from tinyhost.hil.qualification.measure import golden_answer, link_figures, stimulus_figures
from tinyhost.hil.station import Station
from tinyhost.tasks.registry import task_of_app

__all__ = ["test_after_the_run", "test_before_the_run"]

Record = Callable[[str, object], None]


def test_before_the_run(station: Station, device: Device, record_property: Record) -> None:
    """The rig is within its limits, or no test runs."""
    _qualify(station, device, record_property)


def test_after_the_run(station: Station, device: Device, record_property: Record) -> None:
    """The rig is still within its limits."""
    _qualify(station, device, record_property)


def _qualify(station: Station, device: Device, record_property: Record) -> None:
    limits = station.asked.qualify or LIMITS
    task = task_of_app(station.asked.app)
    got, expected = golden_answer(device, station.golden_model())
    figures = link_figures(device)
    try:
        if station.asked.stimulus is not None and task is not None:
            figures |= stimulus_figures(device, station.stimulus, task.sensor.name)
        for name, value in figures.items():
            record_property(name, f"{value:.4g} {limits[name].unit}".strip())
        check_limits(station.asked.name, figures, limits)
    except StimulusError as exc:
        station.condemn(exc)
        raise
    assert got == expected, "the reference model's output differs: this is a fault of the firmware"
