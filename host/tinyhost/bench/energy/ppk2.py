"""Nordic's Power Profiler Kit II on its serial port: calibration, samples, missing samples.

A sample is four bytes, little-endian, 100,000 a second: bits 0 to 13 the ADC, 14 to 16 the range, 18 to 23 a counter,
24 to 31 the digital inputs. Source: Nordic's nRF Connect Power Profiler (pc-nrfconnect-ppk, its serialDevice).
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tinyhost.bench.energy.samples import PowerSamples
from tinyhost.errors import LinkTimeoutError, ProtocolError, UsageError
from tinyhost.link import Link

__all__ = ["RATE_HZ", "Calibration", "Decoder", "Ppk2", "parse_calibration", "voltage_command"]

RATE_HZ = 100_000
_N_RANGES = 5
_COUNTER = 64
_ADC_VOLTS = 1.8 / 163_840
_SMOOTHED, _ALPHA, _ALPHA_OF_LAST = 3, 0.18, 0.06
_METADATA, _START, _STOP, _AMMETER, _SOURCE, _VOLTAGE, _POWER = 0x19, 0x06, 0x07, 1, 2, 0x0D, 0x0C
_MODE = 0x11
_MIN_MV, _MAX_MV = 800, 5000
_MAX_METADATA_BYTES = 8192
_ANSWER_S = 3.0
_LINE = re.compile(r"(R|GS|GI|O|S|I|UG)([0-4]): (-?\d{1,20}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,2})?)")


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The calibration of the meter's five ranges; each field has a value per range."""

    r: tuple[float, ...]
    gs: tuple[float, ...]
    gi: tuple[float, ...]
    o: tuple[float, ...]
    s: tuple[float, ...]
    i: tuple[float, ...]
    ug: tuple[float, ...]


def parse_calibration(text: str) -> Calibration:
    """Parse the meter's metadata. Raises ProtocolError unless every range has every value."""
    found = {(name.lower(), int(place)): float(value) for name, place, value in _LINE.findall(text)}
    values = {}
    for name in ("r", "gs", "gi", "o", "s", "i", "ug"):
        row = [found.get((name, place)) for place in range(_N_RANGES)]
        if None in row or (name == "r" and min(each or 0.0 for each in row) <= 0):
            raise ProtocolError(
                f"PPK2: its metadata lack a valid {name.upper()} for each range: {text[:80]!r}",
                hint="unplug it and plug it in again",
            )
        values[name] = tuple(each for each in row if each is not None)
    return Calibration(**values)


def voltage_command(millivolts: int) -> bytes:
    """Return the command that sets the supply. Raises UsageError outside 800 to 5,000 mV."""
    if not _MIN_MV <= millivolts <= _MAX_MV:
        raise UsageError(f"PPK2: {millivolts} mV, expected {_MIN_MV} to {_MAX_MV}", hint="a Nano needs 3300 mV at 3V3")
    value = millivolts - _MIN_MV + 32
    return bytes([_VOLTAGE, 3 + value // 256, value % 256])


class Decoder:
    """Decodes the meter's bytes to samples, piece by piece; missing samples are counted and leave a gap."""

    def __init__(self, calibration: Calibration, volts: float) -> None:
        self._calibration = {name: np.array(values) for name, values in vars(calibration).items()}
        self._volts = volts
        self._rest = b""
        self._counter: int | None = None
        self._position = 0
        self._range, self._mean, self._left = -1, 0.0, 0

    def feed(self, data: bytes) -> PowerSamples:
        """Return the samples that `data` completes. Their positions jump at missing ones."""
        data = self._rest + data
        n = len(data) // 4
        self._rest = data[4 * n :]
        words = np.frombuffer(data, "<u4", count=n)
        counters = (words >> 18 & 0x3F).astype(np.int64)
        before = (
            np.concatenate([[counters[0] - 1 if self._counter is None else self._counter], counters[:-1]])
            if n
            else counters
        )
        steps = (counters - before - 1) % _COUNTER
        self._counter = int(counters[-1]) if n else self._counter
        positions = self._position + np.arange(n) + np.cumsum(steps)
        self._position = int(positions[-1]) + 1 if n else self._position
        ranges = np.minimum(words >> 14 & 0x7, _N_RANGES - 1).astype(np.int64)
        amps = self._amps((words & 0x3FFF).astype(np.float64) * 4, ranges)
        return PowerSamples(
            rate_hz=RATE_HZ,
            volts=np.full(n, self._volts),
            positions=positions,
            amps=self._smoothed(amps, ranges),
            markers=(words >> 24).astype(np.uint8),
            lost=int(steps.sum()),
        )

    def _amps(self, adc: NDArray[np.float64], ranges: NDArray[np.int64]) -> NDArray[np.float64]:
        c = {name: values[ranges] for name, values in self._calibration.items()}
        x = (adc - c["o"]) * _ADC_VOLTS / c["r"]
        return np.asarray(c["ug"] * (x * (c["gs"] * x + c["gi"]) + (c["s"] * self._volts + c["i"])))

    def _smoothed(self, amps: NDArray[np.float64], ranges: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the amps with the three after each change of range smoothed: the amplifier settles."""
        out, n = amps.copy(), len(amps)
        changed = np.diff(ranges, prepend=self._range) != 0
        if self._range < 0:
            changed[:1] = False  # the first of all
        begins = np.flatnonzero(changed)
        settling = {k for at in begins.tolist() for k in range(at, min(at + _SMOOTHED, n))} | set(
            range(min(self._left, n))
        )
        for k in sorted(settling):
            alpha = _ALPHA_OF_LAST if ranges[k] == _N_RANGES - 1 else _ALPHA
            out[k] = alpha * amps[k] + (1 - alpha) * (out[k - 1] if k else self._mean)
        if n:
            left = int(begins[-1]) + _SMOOTHED if len(begins) else self._left
            self._range, self._mean, self._left = int(ranges[-1]), float(out[-1]), max(0, left - n)
        return out


class Ppk2:
    """A meter on a link."""

    name = "PPK2"

    def __init__(self, link: Link, *, millivolts: int = 3300, source: bool = False) -> None:
        """Read its calibration. source: it supplies the board, else it measures. Raises LinkError, ProtocolError."""
        self._link = link
        link.write(bytes([_STOP]))
        while link.read(4096, 0.05):
            pass
        link.write(bytes([_METADATA]))
        self.calibration = parse_calibration(self._metadata())
        link.write(bytes([_MODE, _SOURCE if source else _AMMETER]))
        link.write(voltage_command(millivolts))
        link.write(bytes([_POWER, 1]))
        self._volts = millivolts / 1000

    def measure(self, seconds: float = math.inf) -> Generator[PowerSamples, None, None]:
        """Yield pieces of samples for this time, or until the generator is closed.

        Raises LinkTimeoutError if none arrive.
        """
        decoder = Decoder(self.calibration, self._volts)
        self._link.write(bytes([_START]))
        try:
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                data = self._link.read(16_384, _ANSWER_S)
                if not data:
                    raise LinkTimeoutError(f"PPK2: no sample in {_ANSWER_S:g} s", hint="unplug it and plug it in again")
                yield decoder.feed(data)
        finally:
            self._link.write(bytes([_STOP]))

    def close(self) -> None:
        """Release it; the board keeps its supply."""
        self._link.close()

    def _metadata(self) -> str:
        text = b""
        deadline = time.monotonic() + _ANSWER_S
        while b"END" not in text and len(text) < _MAX_METADATA_BYTES and time.monotonic() < deadline:
            text += self._link.read(_MAX_METADATA_BYTES, 0.1)
        return text.decode("ascii", "replace")
