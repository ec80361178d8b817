"""Samples of power, and the energy of the windows between markers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray
from tinyhost.errors import UsageError
from tinyhost.metrics.spread import Spread

__all__ = ["EnergyFigures", "PowerSamples", "WindowEnergy", "energy_by_stage", "joined"]

_NJ = 1e9


@dataclass(frozen=True, kw_only=True)
class PowerSamples:
    """Samples of a meter, n of each quantity. positions: counted with missing ones; markers: bits of its inputs."""

    rate_hz: float
    volts: NDArray[np.float64]
    positions: NDArray[np.int64]
    amps: NDArray[np.float64]
    markers: NDArray[np.uint8]
    lost: int


@dataclass(frozen=True, kw_only=True)
class WindowEnergy:
    """The energy of windows of one kind. Null without a complete window, or without samples between them."""

    stage: str
    """`capture`, `preprocess`, `invoke`; `inference`: all of them, up to the end of an `invoke`"""
    n: int
    """complete windows without missing samples"""
    n_broken: int
    """windows with missing samples, which are excluded"""
    energy_nj: Spread | None
    """energy of a window including idle power, nJ; `low` and `high` are the 95 % interval of the median"""
    net_nj: Spread | None
    """energy of a window without the idle power, nJ"""
    seconds: float | None
    """median duration of a window"""


@dataclass(frozen=True, kw_only=True)
class EnergyFigures:
    """A meter's figures during inferences."""

    idle_watts: float | None
    """median power outside of all windows; null if there are no samples outside"""
    lost: int
    """total number of missing samples"""
    windows: tuple[WindowEnergy, ...]

    def of(self, stage: str) -> WindowEnergy | None:
        """Return the figures of a stage."""
        return next((each for each in self.windows if each.stage == stage), None)


@dataclass(frozen=True, kw_only=True)
class _Window:
    stage: str
    end: int
    seconds: float
    joules: float
    whole: bool


def joined(pieces: Iterable[PowerSamples]) -> PowerSamples:
    """Return all pieces as one. Raises UsageError if there is none."""
    found = list(pieces)
    if not found:
        raise UsageError("no samples of power", hint="measure for longer")
    return PowerSamples(
        rate_hz=found[0].rate_hz,
        volts=np.concatenate([each.volts for each in found]),
        positions=np.concatenate([each.positions for each in found]),
        amps=np.concatenate([each.amps for each in found]),
        markers=np.concatenate([each.markers for each in found]),
        lost=sum(each.lost for each in found),
    )


def energy_by_stage(samples: PowerSamples, inputs: Mapping[str, int]) -> EnergyFigures:
    """Return the energy of each stage, and of whole inferences if there is an `invoke`.

    inputs: the digital input, 0 to 7, that is high during a stage. A window cut off by the end of the samples is
    ignored.
    """
    busy = sum(1 << marker for marker in inputs.values())
    outside = (samples.amps * samples.volts)[(samples.markers & busy) == 0]
    idle = float(np.median(outside)) if len(outside) else None
    found = {stage: _windows(samples, stage, marker) for stage, marker in inputs.items()}
    every = sorted((each for windows in found.values() for each in windows), key=lambda each: each.end)
    kinds = {**found, "inference": _inferences(every)}
    return EnergyFigures(
        idle_watts=idle,
        lost=samples.lost,
        windows=tuple(_figures(stage, windows, idle or 0.0) for stage, windows in kinds.items() if windows),
    )


def _windows(samples: PowerSamples, stage: str, marker: int) -> list[_Window]:
    edges = np.diff((samples.markers >> marker & 1).astype(np.int8))
    rises, falls = np.flatnonzero(edges == 1) + 1, np.flatnonzero(edges == -1) + 1
    if len(rises):
        falls = falls[falls > rises[0]]
    watts = samples.amps * samples.volts
    return [
        _Window(
            stage=stage,
            end=int(b),
            seconds=float(b - a) / samples.rate_hz,
            joules=float(watts[a:b].sum()) / samples.rate_hz,
            whole=bool(samples.positions[b] - samples.positions[a - 1] == b - a + 1),
        )
        for a, b in zip(rises, falls, strict=False)
    ]


def _inferences(windows: list[_Window]) -> list[_Window]:
    """Return the windows of whole inferences: from the end of the last one to the end of its `invoke`."""
    found: list[_Window] = []
    parts: list[_Window] = []
    for window in windows:
        parts.append(window)
        if window.stage == "invoke":
            found.append(
                _Window(
                    stage="inference",
                    end=window.end,
                    seconds=sum(each.seconds for each in parts),
                    joules=sum(each.joules for each in parts),
                    whole=all(each.whole for each in parts),
                )
            )
            parts = []
    return found


def _figures(stage: str, windows: list[_Window], idle_watts: float) -> WindowEnergy:
    whole = [each for each in windows if each.whole]
    net = [each.joules - idle_watts * each.seconds for each in whole]
    return WindowEnergy(
        stage=stage,
        n=len(whole),
        n_broken=len(windows) - len(whole),
        energy_nj=Spread.of([round(_NJ * each.joules) for each in whole]) if whole else None,
        net_nj=Spread.of([round(_NJ * each) for each in net]) if whole else None,
        seconds=median(each.seconds for each in whole) if whole else None,
    )
