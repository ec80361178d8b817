"""Assessment of an accelerometer's data: axes, gravity, orientation."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.motion.recording import find_issues
from tinyhost.motion.sensor import COUNTS_PER_DPS, STANDARD_GRAVITY
from tinyhost.sensors.pace import PaceReport
from tinyhost.sensors.quality import SampleQuality
from tinyhost.sensors.remarks import Remark
from tinyhost.system.wording import counted

__all__ = ["AXES", "MotionQuality", "MotionReport", "up_axis"]

AXES = "xyz"
_RECENT = 512
_AT_REST_G = 0.06
_AT_REST_DPS = 40.0
"""the LSM9DS1's zero-rate level is typically within 30 (DocID025715, table 3)"""
_GRAVITY_G = (0.84, 1.16)
_LEAN = 0.8
"""An axis is vertical if it carries at least this share of gravity."""
_STUCK_SAMPLES = 50
_LIES = {
    "+x": "it stands on an edge: +x is up", "-x": "it stands on an edge: -x is up",
    "+y": "it stands on an edge: +y is up", "-y": "it stands on an edge: -y is up",
    "+z": "it lies flat, components up", "-z": "it lies flat, components down",
}  # fmt: skip


def up_axis(mean_g: NDArray[np.float64]) -> str | None:
    """Return the axis along gravity, e.g. +z; None if gravity lies between axes.

    mean_g: (3,). An accelerometer at rest measures +1 g on the axis that points up.
    """
    size = float(np.linalg.norm(mean_g))
    axis = int(np.argmax(np.abs(mean_g)))
    if size == 0 or abs(mean_g[axis]) < _LEAN * size:
        return None
    return f"{'+' if mean_g[axis] > 0 else '-'}{AXES[axis]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MotionReport(PaceReport):
    """Motion data of some seconds; the figures are those of the last second."""

    mean_g: list[float]
    """x, y, z"""
    noise_g: list[float]
    """standard deviations of x, y, z"""
    magnitude_g: float
    """of the mean"""
    up: str | None
    """the axis that points up, as `+z`; null if it is tilted"""
    mean_dps: list[float] | None
    """rotation about x, y, z in degrees per second; null if the board's app does not use a gyroscope"""


class MotionQuality(SampleQuality):
    """Assesses the motion of some seconds."""

    what = "motion data"
    n_channels = (3, 6)

    def __init__(self) -> None:
        super().__init__()
        self.recent: deque[tuple[float, float, float]] = deque(maxlen=_RECENT)
        """in g"""
        self.full_scale_g = 4.0
        self._turns: deque[NDArray[np.float64]] = deque(maxlen=_RECENT)
        """in degrees per second"""
        self._held = np.zeros(3, np.int64)
        self._longest_held = np.zeros(3, np.int64)
        self._last: NDArray[np.int16] | None = None

    def take(self, samples: NDArray[np.int16], scale: float) -> None:
        """Process (n, 3) counts, or (n, 6) with a gyroscope's; scale: g per count of the first three."""
        self.full_scale_g = 32768 * scale
        self._turns.extend(samples[:, 3:] / COUNTS_PER_DPS if samples.shape[1] > 3 else ())
        samples = samples[:, :3]
        for sample in samples:
            if self._last is not None:
                self._held = np.where(sample == self._last, self._held + 1, 0)
                self._longest_held = np.maximum(self._longest_held, self._held)
            self._last = sample
        self.recent.extend((float(x), float(y), float(z)) for x, y, z in samples.astype(np.float64) * scale)

    @property
    def mean_g(self) -> NDArray[np.float64]:
        """Mean of the last second or so, (3,)."""
        return self._window().mean(axis=0) if self.recent else np.zeros(3)

    @property
    def noise_g(self) -> NDArray[np.float64]:
        """Standard deviations of the last second or so, (3,)."""
        return self._window().std(axis=0) if self.recent else np.zeros(3)

    @property
    def magnitude_g(self) -> float:
        """Magnitude of the mean."""
        return float(np.linalg.norm(self.mean_g))

    @property
    def mean_dps(self) -> NDArray[np.float64] | None:
        """Mean rotation of the last second or so, (3,); None without a gyroscope."""
        return np.array(self._turns)[-self._n_recent :].mean(axis=0) if self._turns else None

    @property
    def is_at_rest(self) -> bool:
        """Whether no axis varies by more than noise."""
        return bool(self.recent) and float(self.noise_g.max()) < _AT_REST_G

    @property
    def pose(self) -> str:
        """The board's orientation, in words."""
        axis = up_axis(self.mean_g)
        return _LIES[axis] if axis else "it is tilted"

    def _window(self) -> NDArray[np.float64]:
        return np.array(self.recent)[-self._n_recent :]

    @property
    def _n_recent(self) -> int:
        return max(8, round(self.pace.declared_hz))

    def faults(self) -> Iterator[Remark]:
        """Yield remarks on faults of axes and rate."""
        yield from self._axes()
        yield from self.pace.remarks()

    def praise(self) -> str:
        """Return the remark on good motion data."""
        return self.pose if self.is_at_rest else "it measures motion"

    def _axes(self) -> Iterator[Remark]:
        stuck = [AXES[axis] for axis in range(3) if self._longest_held[axis] >= _STUCK_SAMPLES]
        if stuck:
            names = f"axis {stuck[0]} is" if len(stuck) == 1 else f"axes {', '.join(stuck)} are"
            yield Remark(
                level="bad",
                text=f"{names} stuck: the same value {self._longest_held.max() + 1} times in a row",
                action="every axis of a real sensor has noise: reset the board; if the axis stays stuck, the sensor "
                "is defective",
            )
        elif self.is_at_rest and not _GRAVITY_G[0] <= self.magnitude_g <= _GRAVITY_G[1]:
            yield Remark(
                level="bad",
                text=f"at rest it measures {self.magnitude_g:.2f} g instead of 1 g",
                action="see the chip's self-test in the checks above",
            )
        turns = self.mean_dps
        if turns is not None and self.is_at_rest and float(np.abs(turns).max()) > _AT_REST_DPS:
            yield Remark(
                level="look",
                text=f"at rest its gyroscope says {np.abs(turns).max():.0f} degrees per second",
                action="test again, with the board lying still; revision 1 has 30 often (DocID025715, table 3)",
            )
        for axis in sorted(self._stuck_turns()):
            yield Remark(
                level="bad",
                text=f"axis {axis} of the gyroscope is stuck while the others turn",
                action="reset the board; if the axis stays stuck, the sensor is defective",
            )
        full_dps = 32768 / COUNTS_PER_DPS
        for n, full, what in (
            (self.n_clipped[:3].sum(), f"{self.full_scale_g:g} g", "stronger vibration"),
            (self.n_clipped[3:].sum(), f"{full_dps:g} degrees per second", "a faster turn"),
        ):
            if n:
                text = f"{counted(int(n), 'value')} at full scale, {full}"
                yield Remark(level="look", text=text, action=f"{what} cannot be measured")

    def _stuck_turns(self) -> set[str]:
        """Return the gyroscope's axes that were stuck while others turned, of the last samples; at rest any may be."""
        if len(self._turns) != len(self.recent):
            return set()
        acceleration, turns = np.array(self.recent) * STANDARD_GRAVITY, np.array(self._turns)
        found = find_issues(acceleration, self.pace.declared_hz, rotation=turns, gaps=[])
        return {issue.axis[-1].lower() for issue in found if issue.kind == "stuck" and issue.axis.startswith("gyr")}

    def report(self) -> MotionReport:
        """Return the figures."""
        return MotionReport(
            declared_hz=self.pace.declared_hz,
            measured_hz=self.pace.measured_hz,
            lost=self.pace.n_lost,
            missing=self.pace.n_missing,
            mean_g=[float(value) for value in self.mean_g],
            noise_g=[float(value) for value in self.noise_g],
            magnitude_g=self.magnitude_g,
            up=up_axis(self.mean_g),
            mean_dps=None if self.mean_dps is None else [float(value) for value in self.mean_dps],
        )
