"""Samples of power, and the energy of the windows that a marker cuts out of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray
from tinyhost.errors import UsageError
from tinyhost.metrics.spread import Spread

__all__ = ["EnergyFigures", "PowerSamples", "energy_of_windows", "joined"]

_NJ = 1e9


@dataclass(frozen=True, kw_only=True)
class PowerSamples:
    """What a meter measured. positions: (n,) counts samples, missing ones too; amps: (n,); markers: (n,) inputs."""

    rate_hz: float
    volts: float
    positions: NDArray[np.int64]
    amps: NDArray[np.float64]
    markers: NDArray[np.uint8]
    lost: int


@dataclass(frozen=True, kw_only=True)
class EnergyFigures:
    """The energy of windows, such as inferences. None where there is no whole window, or nothing between them."""

    n: int
    """whole windows of which no sample is missing"""
    n_broken: int
    """windows that a missing sample broke: left out"""
    energy_nj: Spread | None
    """of a window, idle power included, nJ; low and high hold the median with 95 %"""
    net_nj: Spread | None
    """the same without the idle power"""
    seconds: float | None
    """median length of a window"""
    idle_watts: float | None
    """median power outside of windows"""
    lost: int
    """samples that are missing in all"""


def joined(pieces: Iterable[PowerSamples]) -> PowerSamples:
    """Return all pieces as one. Raises UsageError if there is none."""
    found = list(pieces)
    if not found:
        raise UsageError("no samples of power", hint="measure for longer")
    return PowerSamples(
        rate_hz=found[0].rate_hz,
        volts=found[0].volts,
        positions=np.concatenate([each.positions for each in found]),
        amps=np.concatenate([each.amps for each in found]),
        markers=np.concatenate([each.markers for each in found]),
        lost=sum(each.lost for each in found),
    )


def energy_of_windows(samples: PowerSamples, *, marker: int) -> EnergyFigures:
    """Return the energy of the windows in which a digital input, 0 to 7, is high; one cut off by an end is none."""
    high = (samples.markers >> marker & 1).astype(np.int8)
    edges = np.diff(high)
    rises, falls = np.flatnonzero(edges == 1) + 1, np.flatnonzero(edges == -1) + 1
    if len(rises):
        falls = falls[falls > rises[0]]
    windows = list(zip(rises, falls, strict=False))
    whole = [(a, b) for a, b in windows if samples.positions[b] - samples.positions[a - 1] == b - a + 1]
    watts = samples.amps * samples.volts
    outside = watts[high == 0]
    idle = float(np.median(outside)) if len(outside) else None
    joules = [float(watts[a:b].sum()) / samples.rate_hz for a, b in whole]
    lengths = [(b - a) / samples.rate_hz for a, b in whole]
    net = [energy - (idle or 0.0) * length for energy, length in zip(joules, lengths, strict=True)]
    return EnergyFigures(
        n=len(whole),
        n_broken=len(windows) - len(whole),
        energy_nj=Spread.of([round(_NJ * each) for each in joules]) if joules else None,
        net_nj=Spread.of([round(_NJ * each) for each in net]) if net else None,
        seconds=median(lengths) if lengths else None,
        idle_watts=idle,
        lost=samples.lost,
    )
