"""The simulated machine as a data set: healthy at many speeds and loads, and each fault at speeds in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinyhost.datasets.motion import NORMAL, MotionRun, MotionSet
from tinyhost.motion.sensor import LSM9DS1, Accelerometer
from tinyhost.synth.machine.faults import FAULTS, Fault
from tinyhost.synth.machine.machine import Machine, MachineOptions
from tinyhost.train.anomaly.config import AnomalyTrainConfig

__all__ = ["MachineSetPlan", "machine_set", "unseen_conditions"]

LOW_RPM, HIGH_RPM, STEP_RPM = 300.0, 900.0, 25.0
LOADS = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True, kw_only=True)
class MachineSetPlan:
    """How much to simulate."""

    minutes: float = AnomalyTrainConfig.minutes
    """of normal running, over all speeds and loads together"""
    fault_minutes: float = 5.0
    """of each fault"""
    severity: float = 1.0
    contamination: float = AnomalyTrainConfig.contamination
    """share of the recordings labelled normal that have a fault all the same"""
    seed: int = AnomalyTrainConfig.seed
    sensor: Accelerometer = LSM9DS1


def trained_conditions() -> list[tuple[float, float]]:
    """Return speeds and loads of normal running, (rpm, load)."""
    return [(float(rpm), load) for rpm in np.arange(LOW_RPM, HIGH_RPM + 1, STEP_RPM) for load in LOADS]


def unseen_conditions(n: int, seed: int) -> list[tuple[float, float]]:
    """Return n speeds and loads that training has none of: half a step beside its speeds, between its loads."""
    rng = np.random.default_rng([seed, 99])
    speeds = np.arange(LOW_RPM + STEP_RPM / 2, HIGH_RPM, STEP_RPM)
    loads = (np.array(LOADS[1:]) + np.array(LOADS[:-1])) / 2
    return [(float(rng.choice(speeds)), float(rng.choice(loads))) for _ in range(n)]


def machine_set(plan: MachineSetPlan, on_run: Callable[[int, int], None] = lambda done, total: None) -> MotionSet:
    """Return recordings of the machine: `normal` on a grid of speeds and loads, every fault at ones in between."""
    normal = trained_conditions()
    faults: list[Fault] = [fault for fault in FAULTS if fault != "none"]
    seconds = 60.0 * plan.minutes / len(normal)
    n_each = max(1, round(plan.fault_minutes * 60.0 / 20.0))
    total, runs = len(normal) + n_each * len(faults), []
    spoilt = np.random.default_rng([plan.seed, 7]).permutation(len(normal))[: round(plan.contamination * len(normal))]
    for index, (rpm, load) in enumerate(normal):
        fault: Fault = faults[index % len(faults)] if index in spoilt else "none"
        options = MachineOptions(
            rpm=rpm, load=load, fault=fault, severity=plan.severity, seed=plan.seed * 10_000 + index, sensor=plan.sensor
        )
        runs.append(_run(options, NORMAL, seconds))
        on_run(len(runs), total)
    for kind, name in enumerate(faults):
        for index, (rpm, load) in enumerate(unseen_conditions(n_each, plan.seed + kind)):
            seed = plan.seed * 10_000 + 5000 + 100 * kind + index
            options = MachineOptions(
                rpm=rpm, load=load, fault=name, severity=plan.severity, seed=seed, sensor=plan.sensor
            )
            runs.append(_run(options, name, 20.0))
            on_run(len(runs), total)
    return MotionSet(runs=tuple(runs), rate_hz=plan.sensor.rate_hz, counts_per_g=plan.sensor.counts_per_g)


def _run(options: MachineOptions, label: str, seconds: float) -> MotionRun:
    n_samples = round(seconds * options.sensor.rate_hz)
    name = f"{label}, {options.rpm:g} rpm, load {options.load:g}"
    if label == NORMAL and options.fault != "none":
        name += f" ({options.fault})"
    return MotionRun(label=label, name=name, samples=Machine(options).read(n_samples), pieces=(slice(0, n_samples),))
