"""Assessment of a microphone's sound: level, offset, clipping, spectrum."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import dbfs
from tinyhost.sensors.pace import PaceReport
from tinyhost.sensors.quality import SampleQuality
from tinyhost.sensors.remarks import Remark, worst_first

__all__ = ["SoundQuality", "SoundReport", "sound_faults"]

_FULL_SCALE = 32768.0
_SPAN = 512
"""samples of a column of the spectrogram"""
_N_BANDS = 36
_LOWEST_HZ = 100.0
_LOWEST_DB, _HIGHEST_DB = -90.0, -20.0
_COLUMNS = 400
_QUIET_DBFS = -70.0
_MOST_OFFSET = 0.1
_CLIPPED_LOOK, _CLIPPED_BAD = 0.0005, 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundReport(PaceReport):
    """Sound of some seconds."""

    rms_dbfs: float
    """without the mean"""
    peak_dbfs: float
    offset: float
    """mean, as a share of full scale"""
    clipped_share: float
    """share of the samples that are at full scale"""


def sound_faults(samples: NDArray[np.int16], rate_hz: float) -> list[Remark]:
    """Return remarks on the levels of a recording, (n, 1) counts, the worst first."""
    quality = SoundQuality(shows_bands=False)
    quality.add(samples, position=0, timestamp_us=0, rate_hz=rate_hz, lost=0, scale=1 / _FULL_SCALE)
    return worst_first(quality.level_faults())


class SoundQuality(SampleQuality):
    """Assesses the sound of some seconds."""

    what = "sound"
    n_channels = (1,)

    def __init__(self, *, shows_bands: bool = True) -> None:
        """shows_bands: compute `columns`, `level_dbfs` and `loudest_hz`, which take most of the time."""
        super().__init__()
        self._shows_bands = shows_bands
        self.columns: deque[NDArray[np.uint8]] = deque(maxlen=_COLUMNS)
        """brightness of the bands of each span, the lowest first"""
        self.level_dbfs = -200.0
        """rms of the newest span, without its mean"""
        self.peak_dbfs = -200.0
        """of all samples so far"""
        self.loudest_hz: float | None = None
        """of the newest span; None if it is silent"""
        self._rest = np.zeros(0, np.float32)
        self._sum = 0.0
        self._squares = 0.0
        self._extremes: tuple[int, int] | None = None

    def take(self, samples: NDArray[np.int16], scale: float) -> None:
        """Process (n, 1) counts: sums, extremes, and if shown, the spectrum of each complete span."""
        real = samples[:, 0].astype(np.float64)
        self._sum += float(real.sum())
        self._squares += float(np.square(real).sum())
        low, high = int(samples.min()), int(samples.max())
        self._extremes = (min(low, self._extremes[0]), max(high, self._extremes[1])) if self._extremes else (low, high)
        self.peak_dbfs = dbfs(max(-self._extremes[0], self._extremes[1]) / _FULL_SCALE)
        if not self._shows_bands:
            return
        self._rest = np.concatenate((self._rest, (real / _FULL_SCALE).astype(np.float32)))
        while len(self._rest) >= _SPAN:
            self._take_span(self._rest[:_SPAN])
            self._rest = self._rest[_SPAN:]

    def _take_span(self, span: NDArray[np.float32]) -> None:
        rate_hz = self.pace.declared_hz
        flat = span - span.mean()
        self.level_dbfs = dbfs(float(np.sqrt(np.mean(np.square(flat)))))
        spectrum = np.abs(np.fft.rfft(flat * np.hanning(_SPAN))) * (4 / _SPAN)  # a full-scale tone is 1
        self.loudest_hz = float(spectrum.argmax() * rate_hz / _SPAN) if spectrum.max() > 0 else None
        edges = np.geomspace(_LOWEST_HZ, rate_hz / 2, _N_BANDS + 1) * _SPAN / rate_hz
        bins = np.arange(len(spectrum))
        bands = np.array(
            [
                spectrum[(bins >= np.floor(low)) & (bins < max(np.floor(low) + 1, high))].max(initial=0.0)
                for low, high in pairwise(edges)
            ]
        )
        levels = 20 * np.log10(np.maximum(bands, 1e-10))
        shares = np.clip((levels - _LOWEST_DB) / (_HIGHEST_DB - _LOWEST_DB), 0, 1)
        self.columns.append((255 * shares).astype(np.uint8))

    @property
    def offset(self) -> float:
        """Mean of all samples, as a share of full scale."""
        return self._sum / self.n_items / _FULL_SCALE if self.n_items else 0.0

    @property
    def rms_dbfs(self) -> float:
        """Level of all samples, without their mean."""
        if not self.n_items:
            return -200.0
        variance = self._squares / self.n_items - (self._sum / self.n_items) ** 2
        return dbfs(float(np.sqrt(max(0.0, variance))) / _FULL_SCALE)

    @property
    def clipped_share(self) -> float:
        """Share of the samples that are at full scale."""
        return int(self.n_clipped[0]) / self.n_items if self.n_items else 0.0

    def faults(self) -> Iterator[Remark]:
        """Yield remarks on level, offset and rate."""
        yield from self.level_faults()
        yield from self.pace.remarks()

    def praise(self) -> str:
        """Return the remark on good sound."""
        return "the sound level is fine"

    def level_faults(self) -> Iterator[Remark]:
        """Yield remarks on level, clipping and offset."""
        if self._extremes and self._extremes[0] == self._extremes[1]:
            yield Remark(
                level="bad",
                text=f"silence: every sample is {self._extremes[0]}",
                action="a real microphone always has noise: reset the board; for a scene, check that the file is "
                "not silent",
                issue="constant",
            )
        elif self.rms_dbfs < _QUIET_DBFS:
            yield Remark(level="look", text="very quiet", action="speak, or clap your hands", issue="quiet")
        if self.clipped_share > _CLIPPED_LOOK:
            yield Remark(
                level="bad" if self.clipped_share > _CLIPPED_BAD else "look",
                text=f"clipped: {100 * self.clipped_share:.2f} % of the samples are at full scale",
                action="move farther away, or speak more softly",
                issue="clipped",
            )
        if abs(self.offset) > _MOST_OFFSET:
            yield Remark(
                level="bad",
                text=f"offset: the sound has a mean of {100 * self.offset:+.0f} % of full scale",
                action="see the check of the offset above",
                issue="shifted",
            )

    def report(self) -> SoundReport:
        """Return the figures."""
        return SoundReport(
            declared_hz=self.pace.declared_hz,
            measured_hz=self.pace.measured_hz,
            lost=self.pace.n_lost,
            missing=self.pace.n_missing,
            rms_dbfs=self.rms_dbfs,
            peak_dbfs=self.peak_dbfs,
            offset=self.offset,
            clipped_share=self.clipped_share,
        )
