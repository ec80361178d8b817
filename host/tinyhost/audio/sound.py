"""Recorded sound of any rate and number of channels, and its conversion to the boards' format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import rms, to_pcm
from tinyhost.audio.resample import resample
from tinyhost.system.wording import counted

__all__ = ["MAX_CHANNELS", "RATES_HZ", "SAMPLE_RATE_HZ", "Sound"]

SAMPLE_RATE_HZ = 16_000
"""The rate of the board's microphone, of Speech Commands and of the models."""
RATES_HZ = range(4_000, 192_001)
MAX_CHANNELS = 32
_CANCELLED = 10 ** (-20 / 20)
"""Channels cancel if their average is weaker than the louder one by this factor: microphones in opposite phase."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A file's format and its samples, still as bytes."""

    rate_hz: int
    n_channels: int
    bits: int
    is_float: bool
    data: memoryview

    @property
    def n_samples(self) -> int:
        """Samples of each channel."""
        return len(self.data) // (self.n_channels * self.bits // 8)

    @property
    def is_native(self) -> bool:
        """Whether this is the boards' format: 16 kHz, mono, 16 bit."""
        return (self.rate_hz, self.n_channels, self.bits, self.is_float) == (SAMPLE_RATE_HZ, 1, 16, False)

    def describe(self) -> str:
        """Return the format in words."""
        channels = {1: "mono", 2: "stereo"}.get(self.n_channels, counted(self.n_channels, "channel"))
        return f"{self.rate_hz:,} Hz, {channels}, {self.bits} bit{' float' if self.is_float else ''}"

    def pcm(self) -> NDArray[np.int16]:
        """Return int16 samples, (n_samples,) or, with more channels than one, (n_samples, n_channels); 16 bit only."""
        samples = np.frombuffer(self.data, "<i2").astype(np.int16)
        return samples.reshape(-1, self.n_channels) if self.n_channels > 1 else samples

    def channels(self) -> NDArray[np.float32]:
        """Return (n_samples, n_channels) in -1..1, whatever the format; values that are not finite become 0."""
        values: NDArray[np.float32] | NDArray[np.float64]
        if self.is_float:
            raw = np.frombuffer(self.data, f"<f{self.bits // 8}").astype(np.float64)
            values = np.clip(np.nan_to_num(raw, posinf=0, neginf=0), -1e6, 1e6)
        elif self.bits == 24:
            packed = np.frombuffer(self.data, np.uint8).reshape(-1, 3)
            wide = np.zeros((len(packed), 4), np.uint8)
            wide[:, 1:] = packed
            values = wide.view("<i4").ravel() / 2**31
        elif self.bits == 8:
            values = (np.frombuffer(self.data, np.uint8).astype(np.float64) - 128) / 128
        elif self.bits == 16:  # exact in float32, too, and half the memory
            values = np.frombuffer(self.data, "<i2").astype(np.float32) / np.float32(2**15)
        else:
            values = np.frombuffer(self.data, f"<i{self.bits // 8}") / 2.0 ** (self.bits - 1)
        return values.reshape(-1, self.n_channels).astype(np.float32, copy=False)

    def mono(self) -> tuple[NDArray[np.float32], str]:
        """Return the average of the channels, (n_samples,), and "".

        If they cancel, return the loudest one and a note.
        """
        channels = self.channels()
        average = channels.mean(axis=1, dtype=np.float32)
        if self.n_channels == 1:
            return average, ""
        levels = [rms(channel) for channel in channels.T]
        loudest = int(np.argmax(levels))
        if rms(average) >= levels[loudest] * _CANCELLED:
            return average, ""
        return np.ascontiguousarray(channels[:, loudest]), f"the channels cancel: channel {loudest + 1} alone is used"

    def native_pcm(self) -> NDArray[np.int16]:
        """Return the sound in the boards' format, (n,) int16 at 16 kHz: `mono`, resampled, rounded."""
        return self.native_pcm_and_note()[0]

    def native_pcm_and_note(self) -> tuple[NDArray[np.int16], str]:
        """Return `native_pcm` and a remark about it, or ""."""
        if self.is_native:
            return self.pcm(), ""
        samples, note = self.mono()
        return to_pcm(resample(samples, self.rate_hz, SAMPLE_RATE_HZ)), note
