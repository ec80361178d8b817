"""Wav files, which are not trusted: all values of a header are checked against the file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.sound import MAX_CHANNELS, RATES_HZ, SAMPLE_RATE_HZ, Sound
from tinyhost.errors import DatasetError
from tinyhost.system.durable import new_file, write_atomically
from tinyhost.system.wording import counted

__all__ = ["OtherEncodingError", "WavWriter", "new_wav", "parse_wav", "wav_bytes", "write_wav"]

_HINT = "delete or replace it, or convert it with another program"
_MAX_CHUNKS = 1000
_MAGIC = (b"RIFF", b"RF64", b"BW64")
"""the last two of files beyond 4 GiB, whose sizes are in a chunk of their own"""
_OPEN_ENDED, _UNKNOWN = 0x7FFFF000, 0xFFFFFFFF
"""Sizes from the first to the second mean: length unknown (espeak-ng 0x7ffff000, ffmpeg 0xffffffff)."""
_LONG_UNKNOWN = (1 << 64) - 1
_HEADER_BYTES = 44
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_BITS = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
_NAMES = frozenset(
    {b"fmt ", b"data", b"LIST", b"fact", b"ds64", b"bext", b"cue ", b"smpl", b"inst", b"PEAK", b"JUNK", b"junk"}
    | {b"PAD ", b"FLLR", b"id3 ", b"ID3 ", b"iXML", b"axml", b"chna", b"cart"}
)
"""of chunks"""
_Format = tuple[int, int, int, int]


class OtherEncodingError(DatasetError):
    """A wav file with samples that are neither plain PCM nor float."""


def parse_wav(content: bytes, where: str) -> Sound:
    """Return the format and samples of a wav file's content; nothing is converted.

    A file of unknown length (written to a pipe, or until the program was killed) is read as far as it goes.
    where: named in errors. Raises DatasetError if the content is no wav file, empty or cut short, OtherEncodingError
    if its samples are other than plain PCM of 8, 16, 24 or 32 bits or float.
    """
    if len(content) < 12 or content[:4] not in _MAGIC or content[8:12] != b"WAVE":
        raise _bad(where, f"not a wav file: expected RIFF and WAVE in the first 12 bytes, got {content[:12]!r}")
    kind: _Format | None = None
    long_size: int | None = None
    for name, begin, size in _chunks(content, where):
        if name == b"fmt ":
            kind = _parse_format(content[begin : begin + size], where)
        elif name == b"ds64" and size >= 16 and begin + 16 <= len(content):
            long_size = struct.unpack_from("<Q", content, begin + 8)[0]
        elif name == b"data":
            if kind is None:
                raise _bad(where, "the samples come before the format")
            return _samples(content, begin, _n_bytes(content, begin, size, long_size), kind, where)
    raise _bad(where, "no samples: " + ("no data chunk" if kind else "neither fmt nor data chunk"))


def _chunks(content: bytes, where: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, begin, size) of each chunk; only the last may reach beyond the content."""
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(content):
            return
        name, size = struct.unpack_from("<4sI", content, at)
        yield name, at + 8, size
        at = _next_chunk(content, at + 8 + size, is_odd=size % 2 == 1)
    raise _bad(where, f"more than {_MAX_CHUNKS} chunks")


def _next_chunk(content: bytes, end: int, *, is_odd: bool) -> int:
    """Return the start of the chunk after one that ends at `end`: some programs omit the padding of an odd one."""
    forgotten = content[end : end + 4] in _NAMES and content[end + 1 : end + 5] not in _NAMES
    return end + 1 if is_odd and not forgotten else end


def _parse_format(chunk: bytes, where: str) -> _Format:
    """Return (PCM or float, channels, rate in Hz, bits)."""
    if len(chunk) < 16:
        raise _bad(where, f"fmt chunk: expected at least 16 bytes, got {len(chunk)}")
    code, n_channels, rate_hz, _, block_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    if code == _EXTENSIBLE and len(chunk) >= 26:
        code = struct.unpack_from("<H", chunk, 24)[0]
    if bits not in _BITS.get(code, ()):
        why = f"samples of format {code:#06x} with {bits} bits; expected plain PCM or float"
        raise _bad(where, why) if code in _BITS else OtherEncodingError(f"{where}: {why}", hint=_HINT)
    if not 1 <= n_channels <= MAX_CHANNELS or rate_hz not in RATES_HZ:
        raise _bad(where, f"the header says {counted(n_channels, 'channel')} at {rate_hz:,} Hz")
    if block_bytes != n_channels * bits // 8:
        raise _bad(where, f"the header says {block_bytes} bytes for {counted(n_channels, 'channel')} of {bits} bits")
    return code, n_channels, rate_hz, bits


def _n_bytes(content: bytes, begin: int, size: int, long_size: int | None) -> int:
    """Return how many bytes of samples there should be, as far as the header says it; else as many as there are.

    Headers do not say it with sizes that are none, and with 0 before anything but further chunks. In a file that is as
    long as its first lines say, some bytes too many are a header that was counted in.
    """
    there = len(content) - begin
    if size == _UNKNOWN and long_size not in (None, 0, _LONG_UNKNOWN):
        return long_size or 0
    if size >= _OPEN_ENDED or (size == 0 and not _are_chunks(content, begin)):
        return there
    is_whole = struct.unpack_from("<I", content, 4)[0] + 8 == len(content)
    return there if is_whole and there < size <= there + _HEADER_BYTES else size


def _samples(content: bytes, begin: int, size: int, kind: _Format, where: str) -> Sound:
    code, n_channels, rate_hz, bits = kind
    there = len(content) - begin
    if size > there:
        raise _bad(where, f"truncated: the header announces {size:,} bytes of samples, but there are {there:,}")
    size -= size % (n_channels * bits // 8)  # drop a partial sample
    if size == 0:
        raise _bad(where, "empty: 0 samples")
    data = memoryview(content)[begin : begin + size]
    return Sound(rate_hz=rate_hz, n_channels=n_channels, bits=bits, is_float=code == _FLOAT, data=data)


def _are_chunks(content: bytes, at: int) -> bool:
    """Return whether the rest is empty or consists of complete chunks."""
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(content) or content[at : at + 4] not in _NAMES:
            break
        size = struct.unpack_from("<I", content, at + 4)[0]
        at = _next_chunk(content, at + 8 + size, is_odd=size % 2 == 1)
    return at >= len(content)


def _bad(where: str, why: str) -> DatasetError:
    return DatasetError(f"{where}: {why}", hint=_HINT)


def wav_bytes(pcm: NDArray[np.int16], rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """Return a wav file's content: (n,) or (n, channels) int16."""
    n_channels = 1 if pcm.ndim == 1 else pcm.shape[1]
    return _header(pcm.size * 2, n_channels, rate_hz) + pcm.astype("<i2").tobytes()


def write_wav(path: Path, pcm: NDArray[np.int16], rate_hz: int = SAMPLE_RATE_HZ) -> None:
    """Write (n,) or (n, channels) int16 as a wav file, atomically. Raises OSError."""
    write_atomically(path, wav_bytes(pcm, rate_hz), sync=False)


class WavWriter:
    """A mono wav file at 16 kHz that grows; see `new_wav`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
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
        self._file.write(_header(self.n_samples * 2, 1, SAMPLE_RATE_HZ))
        self._file.seek(0, 2)


@contextmanager
def new_wav(path: Path) -> Iterator[WavWriter]:
    """Yield a writer of a mono wav file at 16 kHz, which gets its name when the block succeeds. Raises OSError."""
    with new_file(path, sync=False) as file:
        writer = WavWriter(file)
        yield writer
        writer.finish()


def _header(n_bytes: int, n_channels: int, rate_hz: int) -> bytes:
    block = n_channels * 2
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, n_channels, rate_hz, rate_hz * block, block, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + n_bytes, b"WAVE") + kind + struct.pack("<4sI", b"data", n_bytes)
