"""The energy of a board's inferences: samples of power are cut into windows by its marker pins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from tinyhost.bench.energy.meters import Meter, OpenedMeter
from tinyhost.bench.energy.samples import EnergyFigures, PowerSamples, energy_by_stage, joined
from tinyhost.errors import BoardError
from tinyhost.system.wording import counted

__all__ = ["Energy", "energy_words", "measure_energy"]

_QUIET_S = 2.0
"""duration without a marker's edge after which no more inferences are expected"""
_TURN_S = 0.02
_REST_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Energy(EnergyFigures):
    """The energy of inferences, by a meter at the board's supply."""

    meter: str
    """`PPK2`, `JS220`; `simulated PPK2`: invented currents for tests, not those of a board"""
    volts: float
    """median supply voltage"""
    rate_hz: float
    """samples a second"""
    runs: int
    """number of inferences requested"""

    @property
    def is_simulated(self) -> bool:
        """Whether the figures are simulated."""
        return self.meter.startswith("simulated")


def energy_words(energy: Energy) -> str:
    """Return the figures' caveat in words."""
    idle = "" if energy.idle_watts is None else f"idle {1e3 * energy.idle_watts:,.2f} mW; "
    broken = sum(each.n_broken for each in energy.windows if each.stage == "inference")
    words = f"by {energy.meter} at {energy.volts:.2f} V, {energy.rate_hz:,.0f} samples/s: {idle}"
    words += f"{energy.lost:,} samples lost, {counted(broken, 'inference')} left out for it"
    return words + ("; an invented load, not that of a board" if energy.is_simulated else "")


def measure_energy(opened: OpenedMeter, infer: Callable[[], object], *, runs: int) -> Energy:
    """Return the energy of `runs` calls of `infer`, each one inference of the board.

    Raises BoardError if the meter sees no window of an inference, LinkError if it gives no samples.
    """
    meter, plan = opened.meter, opened.plan
    recording = _Recording(meter, plan.by_stage["invoke"])
    try:
        recording.await_samples()
        for _ in range(runs):
            infer()
        recording.await_windows(runs)
    finally:
        recording.end()
    samples = joined(recording.pieces)
    figures = energy_by_stage(samples, plan.by_stage)
    if figures.of("inference") is None:
        raise BoardError(
            f"{meter.name}: input {plan.by_stage['invoke']} was never high, though the board made {runs} inferences",
            hint="connect the board's pin A2 to that input, and A3 and A6 to the two before it: "
            "docs/guides/measuring.md",
        )
    return Energy(
        **vars(figures), meter=meter.name, volts=float(np.median(samples.volts)), rate_hz=samples.rate_hz, runs=runs
    )


class _Recording:
    """A thread that reads a meter's samples, as meters have no buffer."""

    def __init__(self, meter: Meter, marker: int) -> None:
        self.pieces: list[PowerSamples] = []
        self._meter, self._marker = meter, marker
        self._n_ended = 0
        self._was_high = False
        self._quiet_s = 0.0
        self._end = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._take, name=f"{meter.name} samples", daemon=True)
        self._thread.start()

    def await_samples(self) -> None:
        """Wait for some samples of the idle board."""
        self._await(lambda: bool(self.pieces))
        time.sleep(_REST_S)

    def await_windows(self, n: int) -> None:
        """Wait until that many inferences have ended in the samples, or no more arrive."""
        self._quiet_s = 0.0
        self._await(lambda: self._n_ended >= n or self._quiet_s > _QUIET_S)
        time.sleep(_REST_S)

    def end(self) -> None:
        """Stop. Raises the error that ended the samples, if any."""
        self._end.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _await(self, done: Callable[[], bool]) -> None:
        while not done() and self._thread.is_alive():  # it ends if the meter gives no samples
            time.sleep(_TURN_S)

    def _take(self) -> None:
        try:
            with closing(self._meter.measure()) as pieces:
                for piece in pieces:
                    self._see(piece)
                    if self._end.is_set():
                        return
        except BaseException as exc:
            self._error = exc

    def _see(self, piece: PowerSamples) -> None:
        self.pieces.append(piece)
        high = np.concatenate([[self._was_high], piece.markers >> self._marker & 1]).astype(np.int8)
        edges = np.diff(high)
        self._n_ended += int(np.count_nonzero(edges == -1))
        self._quiet_s = 0.0 if edges.any() else self._quiet_s + len(edges) / piece.rate_hz
        self._was_high = bool(high[-1])
