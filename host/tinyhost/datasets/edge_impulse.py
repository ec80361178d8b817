"""Edge Impulse's data acquisition format in JSON or CBOR: samples of any sensor, with names and units of its channels.

https://docs.edgeimpulse.com/reference/data-ingestion/data-acquisition-format
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import to_pcm
from tinyhost.audio.resample import resample
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.datasets.cbor import parse_cbor
from tinyhost.errors import DatasetError
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import parse_json
from tinyhost.system.reading import read_file
from tinyhost.system.wording import counted

__all__ = [
    "Acquisition",
    "Channel",
    "audio_acquisition",
    "audio_pcm",
    "bad_format",
    "parse_acquisition",
    "read_acquisition",
    "write_acquisition",
]

AUDIO_UNITS = "wav"
_HINT = "expected Edge Impulse's data acquisition format"
_MAX_BYTES = 1 << 27
_MAX_CHANNELS = 64
_INTERVALS_MS = (1e-6, 1e9)
_MAX_INTEGER = 1 << 1023  # a float is as large at most
_UNSIGNED = "0" * 64  # as long as a real signature, as the format wants it
_AUDIO_RATES_HZ = (4_000, 192_000)


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One column of the values."""

    name: str
    units: str
    """m/s2, V, Cel, ...; `wav` for sound"""


@dataclass(frozen=True, kw_only=True)
class Acquisition:
    """The content of one file."""

    values: NDArray[np.float64]
    """(n_samples, n_channels)"""
    interval_ms: float
    channels: tuple[Channel, ...]
    device_name: str = ""
    device_type: str = ""
    is_signed: bool = False
    """whether the file says that it is signed; the signature is not checked"""

    @property
    def rate_hz(self) -> float:
        """Samples per second."""
        return 1000.0 / self.interval_ms

    @property
    def is_audio(self) -> bool:
        """Whether this is sound."""
        return len(self.channels) == 1 and (
            self.channels[0].units.casefold() == AUDIO_UNITS
            or self.channels[0].name.casefold() in {"audio", "microphone"}
        )


def read_acquisition(path: Path) -> Acquisition:
    """Return a file's content. Raises DatasetError, which says what is wrong where."""
    return parse_acquisition(read_file(path, max_bytes=_MAX_BYTES), str(path))


def parse_acquisition(content: bytes, where: str) -> Acquisition:
    """Return the content of JSON or CBOR; raises DatasetError, which names `where`, if it is not in the format."""
    is_cbor = 0x80 <= (content[:1] or b"{")[0] < 0xE0  # a list, a map or a tag, where JSON has a bracket
    parsed = (
        parse_cbor(content, where, hint=_HINT)
        if is_cbor
        else parse_json(content, where, error=DatasetError, hint=_HINT)
    )
    document = _as_object(parsed, where)
    protected = _as_object(document.get("protected"), f"{where}: protected")
    if protected.get("ver") != "v1":
        raise bad_format(where, f"protected.ver: expected 'v1', got {protected.get('ver')!r:.40}")
    algorithm = protected.get("alg")
    if algorithm not in {"none", "HS256"}:
        raise bad_format(where, f"protected.alg: expected 'none' or 'HS256', got {algorithm!r:.40}")
    payload = _as_object(document.get("payload"), f"{where}: payload")
    interval_ms = payload.get("interval_ms")
    is_number = isinstance(interval_ms, (int, float)) and not isinstance(interval_ms, bool)
    if interval_ms is None or not is_number or not _INTERVALS_MS[0] <= interval_ms <= _INTERVALS_MS[1]:
        raise bad_format(where, f"payload.interval_ms: expected milliseconds, got {interval_ms!r:.40}")
    channels = _channels(payload.get("sensors"), where)
    return Acquisition(
        values=_values(payload.get("values"), len(channels), where),
        interval_ms=float(interval_ms),
        channels=channels,
        device_name=_as_text(payload.get("device_name", ""), f"{where}: payload.device_name"),
        device_type=_as_text(payload.get("device_type", ""), f"{where}: payload.device_type"),
        is_signed=algorithm != "none",
    )


def write_acquisition(path: Path, acquisition: Acquisition) -> None:
    """Write an unsigned file atomically. Integers are written as integers. Raises OSError."""
    values = acquisition.values
    rows: list[Any] = (values if len(acquisition.channels) > 1 else values[:, 0]).tolist()
    if np.array_equal(values, np.rint(values)):
        rows = (values if len(acquisition.channels) > 1 else values[:, 0]).astype(np.int64).tolist()
    payload: dict[str, Any] = {"device_name": acquisition.device_name} if acquisition.device_name else {}
    payload |= {
        "device_type": acquisition.device_type or "TINYHOST",
        "interval_ms": acquisition.interval_ms,
        "sensors": [{"name": channel.name, "units": channel.units} for channel in acquisition.channels],
        "values": rows,
    }
    document = {"protected": {"ver": "v1", "alg": "none"}, "signature": _UNSIGNED, "payload": payload}
    write_atomically(path, json.dumps(document, separators=(",", ":"), allow_nan=False).encode("utf-8"), sync=False)


def audio_acquisition(pcm: NDArray[np.int16]) -> Acquisition:
    """Return a clip, (n,) int16 at 16 kHz, as an acquisition."""
    return Acquisition(
        values=pcm.astype(np.float64)[:, None],
        interval_ms=1000.0 / SAMPLE_RATE_HZ,
        channels=(Channel(name="audio", units=AUDIO_UNITS),),
    )


def audio_pcm(acquisition: Acquisition, where: str, *, convert: bool = False) -> NDArray[np.int16]:
    """Return the sound of an acquisition, (n,) int16 at 16 kHz.

    convert: resample another rate. Raises DatasetError if it is no sound, or not what is expected.
    """
    if not acquisition.is_audio:
        names = ", ".join(channel.name for channel in acquisition.channels)
        raise bad_format(where, f"expected one channel of sound, got {names}")
    rate_hz = round(acquisition.rate_hz)
    low, high = _AUDIO_RATES_HZ
    if rate_hz != SAMPLE_RATE_HZ and not (convert and low <= rate_hz <= high):
        raise DatasetError(
            f"{where}: expected {SAMPLE_RATE_HZ:,} Hz, got {rate_hz:,} Hz",
            hint="convert it while importing: tinyhost data import --resample",
        )
    values = acquisition.values[:, 0]
    largest = float(np.max(np.abs(values)))
    if largest > 32768:
        raise bad_format(where, f"sound beyond 16 bits: {largest:g}")
    is_float = largest <= 1.0 and not np.array_equal(values, np.rint(values))
    samples = (values if is_float else values / 32768.0).astype(np.float32)
    return to_pcm(resample(samples, rate_hz, SAMPLE_RATE_HZ))


def _channels(sensors: Any, where: str) -> tuple[Channel, ...]:
    if not isinstance(sensors, list) or not 1 <= len(sensors) <= _MAX_CHANNELS:
        raise bad_format(where, f"payload.sensors: expected a list of 1 to {_MAX_CHANNELS} sensors")
    place = f"{where}: payload.sensors"
    found = (_as_object(sensor, place) for sensor in sensors)
    return tuple(
        Channel(
            name=_as_text(sensor.get("name"), f"{place}: name"), units=_as_text(sensor.get("units"), f"{place}: units")
        )
        for sensor in found
    )


def _values(values: Any, n_channels: int, where: str) -> NDArray[np.float64]:
    if not isinstance(values, list) or not values:
        raise bad_format(where, "payload.values: expected a list of samples, got none")
    rows: list[Any] = values
    if n_channels > 1 or isinstance(values[0], list):
        wrong = next((i for i, row in enumerate(rows) if not isinstance(row, list) or len(row) != n_channels), None)
        if wrong is not None:
            raise _bad_row(rows, wrong, n_channels, where)
        rows = list(chain.from_iterable(rows))
    try:
        if not set(map(type, rows)) <= {int, float}:
            raise TypeError
        numbers = np.array(rows, np.float64)
        if not np.isfinite(numbers).all():
            raise TypeError
    except (TypeError, OverflowError):
        wrong = next(i for i, value in enumerate(rows) if not _is_number(value))
        raise _bad_row(values, wrong if rows is values else wrong // n_channels, n_channels, where) from None
    return numbers.reshape(-1, n_channels)


def _is_number(value: Any) -> bool:
    return isfinite(value) if type(value) is float else type(value) is int and abs(value) < _MAX_INTEGER


def _bad_row(values: list[Any], index: int, n_channels: int, where: str) -> DatasetError:
    return bad_format(
        where, f"payload.values[{index}]: expected {counted(n_channels, 'number')}, got {values[index]!r:.60}"
    )


def _as_object(value: Any, where: str) -> dict[str, Any]:
    """Return a value that must be an object; raises DatasetError, which names `where`."""
    if not isinstance(value, dict):
        raise bad_format(where, f"expected an object, got {type(value).__name__}")
    return value


def _as_text(value: Any, where: str) -> str:
    """Return a value that must be text; raises DatasetError, which names `where`."""
    if not isinstance(value, str):
        raise bad_format(where, f"expected text, got {value!r:.40}")
    return value


def bad_format(where: str, why: str) -> DatasetError:
    """Return the error for a file that is not in the format."""
    return DatasetError(f"{where}: {why}", hint=_HINT)
