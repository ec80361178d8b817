"""`tinyhost synth machine`: the accelerations of a simulated machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tinyhost.cli.declare import argument, option
from tinyhost.cli.options import MAX_SECONDS
from tinyhost.cli.output import note
from tinyhost.system.wording import counted

__all__ = ["machine"]


def machine(
    file: Annotated[Path, argument(help="The CSV file to write; a .json file beside it records how it was made.")],
    *,
    minutes: Annotated[float, option(min=0.01, max=10_000.0, help="Length of the recording in minutes.")] = 5.0,
    fault: Annotated[
        str,
        option(values="fault", help="The machine's fault: none, imbalance, misalignment, looseness, bearing or stuck."),
    ] = "none",
    severity: Annotated[
        float, option(min=0.0, help="Severity of the fault; docs/reference/machine.md describes severity 1.")
    ] = 1.0,
    start_s: Annotated[float, option(min=0.0, max=MAX_SECONDS, help="When the fault begins, in seconds.")] = 0.0,
    rpm: Annotated[float, option(help="Speed without load, in revolutions per minute.")] = 600.0,
    load: Annotated[float, option(min=0.0, max=1.0, help="Load of the machine, from 0 (idle) to 1 (full load).")] = 0.5,
    sensor: Annotated[
        str, option(help="The accelerometer: lsm9ds1 (board revision 1, 119 Hz) or bmi270 (revision 2, 100 Hz).")
    ] = "lsm9ds1",
    seed: Annotated[int, option(min=0, help="The same seed generates the same data.")] = 0,
) -> None:
    """Simulate a rotating machine and record its vibration.

    The columns are timestamp,accX,accY,accZ in ms and m/s^2, as Edge Impulse writes them.
    """
    from tinyhost.motion.csv import write_motion_csv
    from tinyhost.motion.sensor import sensor_named
    from tinyhost.synth.machine.machine import Machine, MachineOptions, fault_named
    from tinyhost.synth.machine.manifest import write_manifest

    options = MachineOptions(
        rpm=rpm,
        load=load,
        fault=fault_named(fault),
        severity=severity,
        start_s=start_s,
        seed=seed,
        sensor=sensor_named(sensor),
    )
    n_samples = max(2, round(minutes * 60.0 * options.sensor.rate_hz))
    write_motion_csv(file, Machine(options).blocks(n_samples), options.sensor)
    write_manifest(file.with_suffix(".json"), options, n_samples)
    what = f"{fault} of severity {severity:g} from {start_s:g} s on" if fault != "none" else "a healthy machine"
    note(f"wrote {file}: {counted(n_samples, 'sample')}, {what}, {rpm:g} rpm")
