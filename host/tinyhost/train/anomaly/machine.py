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

__all__ = ["MachineSetConfig", "machine_set", "unseen_conditions"]

LOW_RPM, HIGH_RPM, STEP_RPM = 300.0, 900.0, 25.0
_FAULT_S = 20.0  # of each recording of a fault
_Job = tuple[str, Fault, tuple[float, float], int, float]
"""label, fault, speed and load, number, seconds"""
LOADS = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True, kw_only=True)
class MachineSetConfig:
    """The amount of simulated data."""

    minutes: float = AnomalyTrainConfig.minutes
    """of normal running, over all speeds and loads together"""
    fault_minutes: float = 5.0
    """of each fault"""
    severity: float = 1.0
    contamination: float = AnomalyTrainConfig.contamination
    """share of the recordings labelled `normal` that contain a fault"""
    seed: int = AnomalyTrainConfig.seed
    sensor: Accelerometer = LSM9DS1


def trained_conditions() -> list[tuple[float, float]]:
    """Return speeds and loads of normal running, (rpm, load)."""
    return [(float(rpm), load) for rpm in np.arange(LOW_RPM, HIGH_RPM + 1, STEP_RPM) for load in LOADS]


def unseen_conditions(n: int, seed: int) -> list[tuple[float, float]]:
    """Return n speeds and loads that are not in training: half a step beside its speeds, between its loads."""
    rng = np.random.default_rng([seed, 99])
    speeds = np.arange(LOW_RPM + STEP_RPM / 2, HIGH_RPM, STEP_RPM)
    loads = (np.array(LOADS[1:]) + np.array(LOADS[:-1])) / 2
    return [(float(rng.choice(speeds)), float(rng.choice(loads))) for _ in range(n)]


def machine_set(config: MachineSetConfig, on_run: Callable[[int, int], None] = lambda done, total: None) -> MotionSet:
    """Return recordings of the machine: `normal` on a grid of speeds and loads, every fault at ones in between."""
    normal = trained_conditions()
    faults: list[Fault] = [fault for fault in FAULTS if fault != "none"]
    order = np.random.default_rng([config.seed, 7]).permutation(len(normal))
    spoilt = set(order[: round(config.contamination * len(normal))].tolist())
    seconds = 60.0 * config.minutes / len(normal)
    jobs: list[_Job] = [
        (NORMAL, faults[index % len(faults)] if index in spoilt else "none", condition, index, seconds)
        for index, condition in enumerate(normal)
    ]
    n_each = max(1, round(config.fault_minutes * 60.0 / _FAULT_S))
    for kind, fault in enumerate(faults):
        unseen = unseen_conditions(n_each, config.seed + kind)
        first = 5000 + 100 * kind
        jobs += [(fault, fault, condition, number, _FAULT_S) for number, condition in enumerate(unseen, first)]
    runs = []
    for job in jobs:
        runs.append(_run(config, job))
        on_run(len(runs), len(jobs))
    return MotionSet(runs=tuple(runs), rate_hz=config.sensor.rate_hz, counts_per_g=config.sensor.counts_per_g)


def _run(config: MachineSetConfig, job: _Job) -> MotionRun:
    label, fault, (rpm, load), number, seconds = job
    seed = config.seed * 10_000 + number
    options = MachineOptions(rpm=rpm, load=load, fault=fault, severity=config.severity, seed=seed, sensor=config.sensor)
    n_samples = round(seconds * config.sensor.rate_hz)
    hidden = f" ({fault})" if label == NORMAL and fault != "none" else ""
    name = f"{label}, {rpm:g} rpm, load {load:g}{hidden}"
    return MotionRun(label=label, name=name, samples=Machine(options).read(n_samples), pieces=(slice(0, n_samples),))
