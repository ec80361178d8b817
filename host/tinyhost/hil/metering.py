"""Measurement of the energy of inferences on a rig's board, by the meter in its rig file."""

from __future__ import annotations

from contextlib import closing

from tinyhost.bench.energy.measure import Energy, measure_energy
from tinyhost.bench.energy.meters import OpenedMeter
from tinyhost.bench.energy.opening import open_meter
from tinyhost.device import Device
from tinyhost.errors import UsageError
from tinyhost.hil.station import Station
from tinyhost.protocol.messages import InferSource

__all__ = ["energy_of"]


def energy_of(station: Station, device: Device, runs: int) -> Energy:
    """Return the energy of `runs` inferences. Raises UsageError without a meter, BoardError, LinkError."""
    plan = station.asked.meter
    if plan is None:
        raise UsageError(f"{station.asked.name}: the rig file has no meter", hint="mark the test with needs_meter")
    with closing(open_meter(plan, station.powered())) as meter:
        opened = OpenedMeter(meter=meter, plan=plan)
        return measure_energy(opened, lambda: device.infer(InferSource.PATTERN, seed=1), runs=runs)
