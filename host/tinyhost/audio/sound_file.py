"""Sound files of any format: the one opener of all readers.

Wav files are read here; FLAC, Ogg, MP3 and AIFF by libsndfile, formats of phones (M4A, AAC, AMR) by FFmpeg's libraries,
both of the extra `media`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import to_pcm
from tinyhost.audio.sound import MAX_CHANNELS, RATES_HZ, SAMPLE_RATE_HZ, Sound
from tinyhost.audio.wav import OtherEncodingError, parse_wav
from tinyhost.errors import DatasetError, MissingToolError
from tinyhost.system.installation import add_extra
from tinyhost.system.reading import read_file
from tinyhost.system.silence import silenced
from tinyhost.system.wording import counted

__all__ = ["MAX_SOUND_BYTES", "SOUND_SUFFIXES", "decode_sound", "native_sound", "open_sound", "read_sound"]

MAX_SOUND_BYTES = 1 << 30
"""of a file, and of its samples: 9 hours of what the boards hear"""
_WAV = (".wav", ".wave")
_BY_LIBSNDFILE = (".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff")
_BY_FFMPEG = (".m4a", ".aac", ".amr", ".wma")
SOUND_SUFFIXES = frozenset({*_WAV, *_BY_LIBSNDFILE, *_BY_FFMPEG})
_RIFF = (b"RIFF", b"RF64", b"BW64")
_BLOCK = 1 << 16
_MOST_DELAY = 1152
"""samples that an MP3 may claim beyond its content: a frame"""
_UNKNOWN = 1 << 62
"""libsndfile's number of samples for a stream whose header does not give it"""
_OF_16_BITS = {"PCM_16", "ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610"}
_LOSSY = {"MPEG_LAYER_II", "MPEG_LAYER_III", "VORBIS", "OPUS"}
_HINT = "delete or replace it, or convert it with another program"


def read_sound(path: Path, *, convert: bool = False, max_bytes: int = MAX_SOUND_BYTES) -> NDArray[np.int16]:
    """Return a sound file's samples, (n,) int16 at 16 kHz, n at least 1.

    convert: convert other rates, channels and sample formats; without it they are an error.
    Raises as `open_sound`.
    """
    return native_sound(open_sound(path, max_bytes=max_bytes), str(path), convert=convert)[0]


def native_sound(sound: Sound, where: str, *, convert: bool) -> tuple[NDArray[np.int16], str]:
    """Return the samples of an opened file, like `read_sound`, and a remark about it, or ""."""
    if not sound.is_native and not convert:
        raise DatasetError(
            f"{where}: expected {SAMPLE_RATE_HZ:,} Hz, mono, 16 bit, got {sound.describe()}",
            hint="convert it while importing: tinyhost data import --resample",
        )
    pcm, note = sound.native_pcm_and_note()
    if len(pcm) == 0:
        raise DatasetError(
            f"{where}: {counted(sound.n_samples, 'sample')} at {sound.rate_hz:,} Hz: too short", hint=_HINT
        )
    return pcm, note


def open_sound(path: Path, *, max_bytes: int = MAX_SOUND_BYTES) -> Sound:
    """Return the format and samples of a sound file.

    Raises DatasetError, which says expected and got, if the file is missing, larger than max_bytes, truncated, empty or
    no sound; MissingToolError, which says what to install, if the library for its format is not there.
    """
    return decode_sound(read_file(path, max_bytes=max_bytes), path.suffix, str(path))


def decode_sound(content: bytes, suffix: str, where: str) -> Sound:
    """Return the format and samples of a sound file's content; suffix: of its name. Raises as `open_sound`."""
    suffix = suffix.lower()
    if content[:4] in _RIFF or suffix in _WAV or not content:
        return _wav(content, where)
    if suffix in _BY_FFMPEG or content[4:8] == b"ftyp":
        return _decoded(_by_ffmpeg, content, suffix, where)
    return _decoded(_by_libsndfile, content, suffix, where)


def _wav(content: bytes, where: str) -> Sound:
    """Return a wav file; one of a telephone's encodings, µ-law, A-law or ADPCM, is decoded by libsndfile."""
    try:
        return parse_wav(content, where)
    except OtherEncodingError as error:
        try:
            return _decoded(_by_libsndfile, content, ".wav", where)
        except DatasetError:
            raise error from None


def _decoded(decode: Callable[[bytes], Sound], content: bytes, suffix: str, where: str) -> Sound:
    try:
        sound = decode(content)
    except ImportError as error:
        raise _missing(error, suffix, where) from error
    except DatasetError as error:
        raise DatasetError(f"{where}: {error.message}", hint=error.hint) from error
    except Exception as error:  # decoders may raise anything for malformed bytes
        why = getattr(error, "error_string", "") or getattr(error, "strerror", "") or error
        raise DatasetError(f"{where}: cannot be decoded: {str(why)[:200]}", hint=_HINT) from error
    if sound.n_samples == 0:
        raise DatasetError(f"{where}: empty: 0 samples", hint=_HINT)
    return sound


def _missing(error: ImportError, suffix: str, where: str) -> MissingToolError:
    what = f"{suffix[1:].upper()} needs the Python package {error.name}" if error.name else str(error)
    return MissingToolError(f"{where}: {what}: {add_extra('media')}", hint="install it, or convert the file to wav")


def _by_libsndfile(content: bytes) -> Sound:
    try:
        import soundfile
    except OSError as error:  # the package is installed, but its library is missing
        raise ImportError(str(error), name="soundfile") from error
    with silenced(), soundfile.SoundFile(io.BytesIO(content)) as file:
        _check_format(file.channels, file.samplerate)
        if file.subtype == "MPEG_LAYER_I":  # invalid data may look like minutes of silence in some kB
            raise DatasetError("expected an MP3, which is MPEG layer III, got layer I", hint=_HINT)
        n_bytes = 8 + int.from_bytes(content[4:8], "big")
        if content[:4] == b"FORM" and n_bytes > len(content):  # libsndfile reads up to the truncation
            raise DatasetError(f"truncated: the header announces {n_bytes:,} bytes, got {len(content):,}", hint=_HINT)
        is_exact, is_lossy = file.subtype in _OF_16_BITS, file.subtype in _LOSSY

        def blocks() -> Iterator[NDArray[np.int16] | NDArray[np.float32]]:
            while len(block := file.read(_BLOCK, dtype="int16" if is_exact else "float32", always_2d=True)):
                yield to_pcm(block) if is_lossy else block

        sound = _sound(_gathered(blocks()), file.samplerate, file.channels, is_float=not (is_exact or is_lossy))
        if sound.n_samples + _MOST_DELAY < file.frames < _UNKNOWN:
            raise DatasetError(f"cut short: {sound.n_samples:,} of {file.frames:,} samples", hint=_HINT)
        return sound


def _by_ffmpeg(content: bytes) -> Sound:
    import av

    with av.open(io.BytesIO(content), mode="r") as container:
        if not container.streams.audio:
            raise DatasetError("no sound in it", hint=_HINT)
        stream = container.streams.audio[0]
        n_channels, rate_hz = stream.codec_context.channels, stream.codec_context.sample_rate
        _check_format(n_channels, rate_hz)
        to_16_bit = av.AudioResampler(format="s16", layout=stream.codec_context.layout, rate=rate_hz)

        def blocks() -> Iterator[NDArray[np.int16]]:
            for frame in container.decode(stream):
                for piece in to_16_bit.resample(frame):
                    yield piece.to_ndarray()

        return _sound(_gathered(blocks()), rate_hz, n_channels, is_float=False)


def _check_format(n_channels: int, rate_hz: int) -> None:
    if not 1 <= n_channels <= MAX_CHANNELS or rate_hz not in RATES_HZ:
        raise DatasetError(f"{counted(n_channels, 'channel')} at {rate_hz:,} Hz", hint=_HINT)


def _gathered(blocks: Iterable[NDArray[np.int16] | NDArray[np.float32]]) -> bytearray:
    """Return all samples of the blocks, up to a limit, as a small file may hold days of silence."""
    samples = bytearray()
    for block in blocks:
        samples += np.ascontiguousarray(block).tobytes()
        if len(samples) > MAX_SOUND_BYTES:
            raise DatasetError(f"more than {MAX_SOUND_BYTES:,} bytes of samples", hint="cut it into shorter files")
    return samples


def _sound(samples: bytearray, rate_hz: int, n_channels: int, *, is_float: bool) -> Sound:
    bits = 32 if is_float else 16
    return Sound(
        rate_hz=rate_hz, n_channels=n_channels, bits=bits, is_float=is_float, data=memoryview(samples).toreadonly()
    )
