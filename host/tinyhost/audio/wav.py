"""Wav files, which may come from anywhere: whatever a header says is checked against the file before it is believed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import to_pcm
from tinyhost.audio.resample import resample
from tinyhost.errors import DatasetError
from tinyhost.system.durable import new_file, write_atomically

__all__ = [
    "MAX_WAV_BYTES",
    "SAMPLE_RATE_HZ",
    "Wav",
    "WavWriter",
    "new_wav",
    "open_wav",
    "parse_wav",
    "read_wav",
    "wav_bytes",
    "write_wav",
]

SAMPLE_RATE_HZ = 16_000
"""What the board's microphone, Speech Commands and the models work at."""
MAX_WAV_BYTES = 1 << 30
_MAX_CHUNKS = 1000
_RATES_HZ = range(4_000, 192_001)
_MAX_CHANNELS = 32
_OPEN_ENDED = 0x7FFFF000
"""From here on a size means: written to a pipe, length unknown (espeak-ng 0x7ffff000, ffmpeg 0xffffffff)."""
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_DTYPES = {
    (_PCM, 8): "u1",
    (_PCM, 16): "<i2",
    (_PCM, 24): "u1",
    (_PCM, 32): "<i4",
    (_FLOAT, 32): "<f4",
    (_FLOAT, 64): "<f8",
}


@dataclass(frozen=True, kw_only=True)
class Wav:
    """A wav file's format and its samples, still as bytes."""

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
        """Whether this is what the boards hear: 16 kHz, mono, 16 bit."""
        return self._format() == (SAMPLE_RATE_HZ, 1, 16, False)

    def describe(self) -> str:
        """Return the format in words."""
        channels = {1: "mono", 2: "stereo"}.get(self.n_channels, f"{self.n_channels} channels")
        return f"{self.rate_hz:,} Hz, {channels}, {self.bits} bit{' float' if self.is_float else ''}"

    def pcm(self) -> NDArray[np.int16]:
        """Return int16 samples, (n_samples,) or, with more channels than one, (n_samples, n_channels); 16 bit only."""
        samples = np.frombuffer(self.data, "<i2").astype(np.int16)
        return samples.reshape(-1, self.n_channels) if self.n_channels > 1 else samples

    def channels(self) -> NDArray[np.float32]:
        """Return (n_samples, n_channels) in -1..1, whatever the format; what is not finite becomes 0."""
        if self.bits == 24 and not self.is_float:
            packed = np.frombuffer(self.data, np.uint8).reshape(-1, 3)
            wide = np.zeros((len(packed), 4), np.uint8)
            wide[:, 1:] = packed
            values = wide.view("<i4").ravel() / 2**31
        else:
            kind = _FLOAT if self.is_float else _PCM
            raw = np.frombuffer(self.data, _DTYPES[kind, self.bits])
            if self.is_float:
                values = np.clip(np.nan_to_num(raw.astype(np.float64), posinf=0, neginf=0), -1e6, 1e6)
            elif self.bits == 8:
                values = (raw.astype(np.float64) - 128) / 128
            else:
                values = raw / 2.0 ** (self.bits - 1)
        return values.reshape(-1, self.n_channels).astype(np.float32)

    def native_pcm(self) -> NDArray[np.int16]:
        """Return what the boards would have heard, (n,) int16 at 16 kHz: channels averaged, resampled, rounded."""
        if self.is_native:
            return self.pcm()
        return to_pcm(resample(self.channels().mean(axis=1, dtype=np.float32), self.rate_hz, SAMPLE_RATE_HZ))

    def _format(self) -> tuple[int, int, int, bool]:
        return (self.rate_hz, self.n_channels, self.bits, self.is_float)


def read_wav(path: Path, *, convert: bool = False, max_bytes: int = MAX_WAV_BYTES) -> NDArray[np.int16]:
    """Return a wav file's samples, (n,) int16 at 16 kHz, n at least 1.

    convert: bring other rates, channels and sample formats to this; without it they are an error.
    Raises DatasetError, which says expected and got, if the file is missing, larger than max_bytes, cut short, empty
    or no wav file.
    """
    wav = open_wav(path, max_bytes=max_bytes)
    if not wav.is_native and not convert:
        raise DatasetError(
            f"{path}: expected {SAMPLE_RATE_HZ:,} Hz, mono, 16 bit, got {wav.describe()}",
            hint="convert it while importing: tinyhost data import --resample",
        )
    pcm = wav.native_pcm()
    if len(pcm) == 0:
        raise DatasetError(
            f"{path}: {wav.n_samples} samples at {wav.rate_hz:,} Hz: too short", hint="delete or replace it"
        )
    return pcm


def open_wav(path: Path, *, max_bytes: int = MAX_WAV_BYTES) -> Wav:
    """Return the format and samples of a wav file, nothing converted; raises DatasetError as parse_wav and read_wav."""
    return parse_wav(_read(path, max_bytes), str(path))


def parse_wav(content: bytes, where: str, *, open_ended: bool = False) -> Wav:
    """Return the format and samples of a wav file's content; nothing is converted.

    where: named in errors. open_ended: take what a program wrote to a pipe, whose header cannot know the length.
    Raises DatasetError if the content is no wav file, empty, cut short, or in a format other than plain PCM of 8, 16,
    24 or 32 bits or float.
    """
    if len(content) < 12 or content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise _bad(where, f"not a wav file: expected RIFF and WAVE in the first 12 bytes, got {content[:12]!r}")
    kind: tuple[int, int, int, int] | None = None
    for name, begin, size in _chunks(content, where):
        if name == b"fmt ":
            kind = _parse_format(content[begin : begin + size], where)
        elif name == b"data":
            if kind is None:
                raise _bad(where, "the samples come before the format")
            return _samples(content, begin, size, kind, where, open_ended=open_ended)
    raise _bad(where, "no samples: " + ("no data chunk" if kind else "neither fmt nor data chunk"))


def _chunks(content: bytes, where: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, begin, size) of each chunk; only the last may reach beyond the content."""
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(content):
            return
        name, size = struct.unpack_from("<4sI", content, at)
        yield name, at + 8, size
        at += 8 + size + size % 2
    raise _bad(where, f"more than {_MAX_CHUNKS} chunks")


def _parse_format(chunk: bytes, where: str) -> tuple[int, int, int, int]:
    """Return (PCM or float, channels, rate in Hz, bits)."""
    if len(chunk) < 16:
        raise _bad(where, f"fmt chunk: expected at least 16 bytes, got {len(chunk)}")
    code, n_channels, rate_hz, _, block_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE and len(chunk) >= 26:
        code = struct.unpack_from("<H", chunk, 24)[0]
    if (code, bits) not in _DTYPES:
        raise _bad(where, f"samples of format {code:#06x} with {bits} bits; expected plain PCM or float")
    if not 1 <= n_channels <= _MAX_CHANNELS or rate_hz not in _RATES_HZ:
        raise _bad(where, f"the header says {n_channels} channels at {rate_hz:,} Hz")
    if block_bytes != n_channels * bits // 8:
        raise _bad(where, f"the header says {block_bytes} bytes for {n_channels} channels of {bits} bits")
    return code, n_channels, rate_hz, bits


def _samples(
    content: bytes, begin: int, size: int, kind: tuple[int, int, int, int], where: str, *, open_ended: bool
) -> Wav:
    code, n_channels, rate_hz, bits = kind
    there = len(content) - begin
    if open_ended and size >= _OPEN_ENDED:
        size = there
    if size > there:
        raise _bad(where, f"cut short: the header says {size:,} bytes of samples, {there:,} are there")
    block = n_channels * bits // 8
    if size < block:
        raise _bad(where, "empty: 0 samples")
    if size % block and not open_ended:
        raise _bad(where, f"{size:,} bytes of samples are no multiple of {block}")
    data = memoryview(content)[begin : begin + size - size % block]
    return Wav(rate_hz=rate_hz, n_channels=n_channels, bits=bits, is_float=code == _FLOAT, data=data)


def _read(path: Path, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror or error}", hint="check the path") from error
    if len(content) > max_bytes:
        raise _bad(str(path), f"larger than {max_bytes:,} bytes")
    return content


def _bad(where: str, why: str) -> DatasetError:
    return DatasetError(f"{where}: {why}", hint="delete or replace it, or convert it with another program")


def wav_bytes(pcm: NDArray[np.int16], rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """Return a wav file's content: (n,) or (n, channels) int16."""
    n_channels = 1 if pcm.ndim == 1 else pcm.shape[1]
    return _header(pcm.size * 2, n_channels, rate_hz) + pcm.astype("<i2").tobytes()


def write_wav(path: Path, pcm: NDArray[np.int16], rate_hz: int = SAMPLE_RATE_HZ, *, sync: bool = False) -> None:
    """Write (n,) or (n, channels) int16 as a wav file that is whole or not there. Raises OSError."""
    write_atomically(path, wav_bytes(pcm, rate_hz), sync=sync)


class WavWriter:
    """A mono wav file that grows; see `new_wav`."""

    def __init__(self, file: IO[bytes], rate_hz: int) -> None:
        self._file = file
        self._rate_hz = rate_hz
        self.n_samples = 0
        self.finish()

    def write(self, pcm: NDArray[np.int16]) -> None:
        """Append (n,) int16. Raises DatasetError if the file would be larger than the format allows."""
        if (self.n_samples + len(pcm)) * 2 >= _OPEN_ENDED:
            raise DatasetError("a wav file holds at most 2 GiB", hint="write several shorter ones")
        self._file.write(pcm.astype("<i2").tobytes())
        self.n_samples += len(pcm)

    def finish(self) -> None:
        """Put the length into the header."""
        self._file.seek(0)
        self._file.write(_header(self.n_samples * 2, 1, self._rate_hz))
        self._file.seek(0, 2)


@contextmanager
def new_wav(path: Path, rate_hz: int = SAMPLE_RATE_HZ) -> Iterator[WavWriter]:
    """Yield a writer of a mono wav file, which gets its name when the block ends well. Raises OSError."""
    with new_file(path, sync=False) as file:
        writer = WavWriter(file, rate_hz)
        yield writer
        writer.finish()


def _header(n_bytes: int, n_channels: int, rate_hz: int) -> bytes:
    block = n_channels * 2
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, n_channels, rate_hz, rate_hz * block, block, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + n_bytes, b"WAVE") + kind + struct.pack("<4sI", b"data", n_bytes)
