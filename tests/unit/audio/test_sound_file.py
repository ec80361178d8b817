"""Sound files of every format give the same sound, or an error with the reason."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.audio import sound_file
from tinyhost.audio.sound_file import SOUND_SUFFIXES, decode_sound, open_sound, read_sound
from tinyhost.audio.wav import wav_bytes
from tinyhost.errors import DatasetError, MissingToolError, TinyhostError
from tinyhost.system.installation import add_extra

from tests.media import PATCHES, aac_file, damaged

RATE_HZ = 16_000
TONE: NDArray[np.float32] = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
PCM = np.rint(TONE * 32767).astype(np.int16)
FORMATS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".aiff", ".m4a", ".aac")


@cache
def encoded(suffix: str) -> bytes:
    """A second of the tone in a file of that kind, as another program writes it."""
    if suffix == ".wav":
        return wav_bytes(PCM)
    if suffix in (".m4a", ".aac"):
        return aac_file(PCM, {".m4a": "ipod", ".aac": "adts"}[suffix])
    kind, subtype = {
        ".flac": ("FLAC", "PCM_16"),
        ".mp3": ("MP3", "MPEG_LAYER_III"),
        ".ogg": ("OGG", "VORBIS"),
        ".opus": ("OGG", "OPUS"),
        ".aiff": ("AIFF", "PCM_16"),
    }[suffix]
    out = io.BytesIO()
    soundfile.write(out, TONE, RATE_HZ, format=kind, subtype=subtype)
    return out.getvalue()


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_sound_that_was_stored(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix.upper()}").write_bytes(encoded(suffix))
    pcm = read_sound(tmp_path / f"a{suffix.upper()}")
    assert RATE_HZ <= len(pcm) <= RATE_HZ + 2304, "lossy formats may add what their last frame holds"
    peak_hz = np.argmax(np.abs(np.fft.rfft(pcm[:RATE_HZ].astype(float))))
    assert peak_hz == 440
    assert np.max(np.abs(pcm[4000:8000].astype(int))) == pytest.approx(16384, rel=0.03)
    if suffix in (".wav", ".flac", ".aiff"):
        assert np.max(np.abs(pcm.astype(int) - PCM)) <= 1


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM"])
def test_wav_files_of_telephones_are_read(tmp_path: Path, subtype: str) -> None:
    soundfile.write(str(tmp_path / "a.wav"), TONE, RATE_HZ, subtype=subtype)
    pcm = read_sound(tmp_path / "a.wav")
    assert RATE_HZ <= len(pcm) <= RATE_HZ + 1024, "whole blocks"
    assert np.max(np.abs(pcm[4000:RATE_HZ].astype(int) - PCM[4000:])) < 600


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.7])
def test_a_file_that_is_cut_short_is_refused_by_name(suffix: str, share: float) -> None:
    content = encoded(suffix)
    with pytest.raises(DatasetError, match=r"^clip: ") as error:
        decode_sound(content[: int(len(content) * share)], suffix, "clip")
    assert error.value.hint


@pytest.mark.parametrize("suffix", sorted(SOUND_SUFFIXES))
@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"no sound at all " * 20], ids=["empty", "zeros", "text"])
def test_what_is_no_sound_is_refused_by_name(suffix: str, content: bytes) -> None:
    with pytest.raises(DatasetError, match=r"^clip: "):
        decode_sound(content, suffix, "clip")


def test_an_mp3_is_layer_3() -> None:
    layer_1 = b"\xff\xff\x18\xc0" + bytes(44)
    with pytest.raises(DatasetError, match=r"a\.mp3: expected an MP3, which is MPEG layer III, got layer I"):
        decode_sound(layer_1 * 40, ".mp3", "a.mp3")


def test_what_a_library_thinks_of_a_damaged_file_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    content = bytearray(encoded(".mp3"))
    content[200::97] = b"\xff" * len(content[200::97])
    with contextlib.suppress(DatasetError):
        decode_sound(bytes(content), ".mp3", "a.mp3")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("suffix", "package"), [(".mp3", "soundfile"), (".m4a", "av")])
def test_a_missing_library_is_named_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch, suffix: str, package: str
) -> None:
    content = encoded(suffix)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingToolError) as error:
        decode_sound(content, suffix, "clip")
    assert error.value.message == (
        f"clip: {suffix[1:].upper()} needs the Python package {package}: {add_extra('media')}"
    )


def test_a_small_file_of_endless_silence_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    soundfile.write(out, np.zeros(1_000_000, np.int16), RATE_HZ, format="FLAC")
    assert len(out.getvalue()) < 100_000
    monkeypatch.setattr(sound_file, "MAX_SOUND_BYTES", 1_000_000)
    with pytest.raises(DatasetError, match="more than 1,000,000 bytes of samples"):
        decode_sound(out.getvalue(), ".flac", "clip")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_pipe_is_no_sound_and_nothing_waits_for_it(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"a{suffix}")
    with pytest.raises(DatasetError, match="expected a file, got a named pipe"):
        open_sound(tmp_path / f"a{suffix}")


def test_four_gigabytes_are_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.wav").open("wb") as file:
        file.truncate(4 << 30)  # takes no room on disk
    with pytest.raises(DatasetError, match="4,294,967,296 bytes, expected at most 1,073,741,824"):
        open_sound(tmp_path / "a.wav")


@given(st.sampled_from(FORMATS), PATCHES)
def test_damaged_files_give_sound_or_a_clear_error(suffix: str, patches: list[tuple[float, bytes]]) -> None:
    try:
        pcm = decode_sound(damaged(encoded(suffix), patches), suffix, "clip").native_pcm()
    except TinyhostError as error:
        assert error.message.startswith("clip: ")
    else:
        assert pcm.dtype == np.int16
