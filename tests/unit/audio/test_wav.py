from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tinyhost.audio.wav import SAMPLE_RATE_HZ, new_wav, parse_wav, read_wav, wav_bytes, write_wav
from tinyhost.errors import DatasetError


def tone(n: int, hz: float = 440.0, rate_hz: int = SAMPLE_RATE_HZ, level: float = 0.5) -> NDArray[np.float64]:
    return level * np.sin(2 * np.pi * hz * np.arange(n) / rate_hz)


def stdlib_wav(frames: bytes, *, rate_hz: int = SAMPLE_RATE_HZ, channels: int = 1, width: int = 2) -> bytes:
    """A wav file by Python's own writer."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(frames)
    return out.getvalue()


def riff(*chunks: tuple[bytes, bytes], sizes: dict[bytes, int] | None = None) -> bytes:
    """A wav file of these chunks; sizes: what the headers say instead of the truth."""
    body = b""
    for name, content in chunks:
        size = (sizes or {}).get(name, len(content))
        body += struct.pack("<4sI", name, size) + content + b"\0" * (len(content) % 2)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body


def fmt(code: int = 1, channels: int = 1, rate_hz: int = SAMPLE_RATE_HZ, bits: int = 16, block: int = -1) -> bytes:
    block = channels * bits // 8 if block < 0 else block
    return struct.pack("<HHIIHH", code, channels, rate_hz, rate_hz * block, block, bits)


SAMPLES = np.array([0, 1, -1, 32767, -32768, 1234], np.int16)


def test_what_pythons_own_writer_wrote_reads_back(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(stdlib_wav(SAMPLES.astype("<i2").tobytes()))
    np.testing.assert_array_equal(read_wav(tmp_path / "a.wav"), SAMPLES)


def test_pythons_own_reader_reads_what_was_written(tmp_path: Path) -> None:
    write_wav(tmp_path / "deep" / "a.wav", SAMPLES)
    with wave.open(str(tmp_path / "deep" / "a.wav")) as file:
        assert file.getparams()[:4] == (1, 2, 16000, 6)
        assert file.readframes(6) == SAMPLES.astype("<i2").tobytes()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.wav"]


def test_a_file_written_in_blocks_equals_one_written_at_once(tmp_path: Path) -> None:
    with new_wav(tmp_path / "a.wav") as wav:
        wav.write(SAMPLES[:2])
        wav.write(SAMPLES[2:])
        assert not (tmp_path / "a.wav").exists()
    assert (tmp_path / "a.wav").read_bytes() == wav_bytes(SAMPLES)


def test_a_failed_writer_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), new_wav(tmp_path / "a.wav") as wav:
        wav.write(SAMPLES)
        raise KeyError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a wav file"),
        (b"ID3\x04" + bytes(40), "not a wav file"),
        (riff((b"fmt ", fmt())), "no data chunk"),
        (riff((b"LIST", b"abc")), "neither fmt nor data chunk"),
        (riff((b"data", b"1234"), (b"fmt ", fmt())), "before the format"),
        (riff((b"fmt ", fmt()), (b"data", b"")), "empty: 0 samples"),
        (riff((b"fmt ", fmt()), (b"data", bytes(10)), sizes={b"data": 12}), "12 bytes of samples, 10 are there"),
        (riff((b"fmt ", fmt()), (b"data", bytes(10)), sizes={b"data": 2**32 - 1}), "cut short"),
        (riff((b"fmt ", fmt()), (b"data", bytes(11))), "no multiple of 2"),
        (riff((b"fmt ", fmt()[:10]), (b"data", bytes(10))), "at least 16 bytes, got 10"),
        (riff((b"fmt ", fmt(code=85)), (b"data", bytes(10))), "format 0x0055 with 16 bits"),
        (riff((b"fmt ", fmt(bits=12)), (b"data", bytes(10))), "format 0x0001 with 12 bits"),
        (riff((b"fmt ", fmt(channels=0)), (b"data", bytes(10))), "0 channels"),
        (riff((b"fmt ", fmt(rate_hz=0)), (b"data", bytes(10))), "at 0 Hz"),
        (riff((b"fmt ", fmt(block=4)), (b"data", bytes(12))), "4 bytes for 1 channels of 16 bits"),
        (riff(*[(b"junk", b"")] * 2000, (b"fmt ", fmt()), (b"data", bytes(4))), "more than 1000 chunks"),
    ],
)
def test_what_is_no_good_wav_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.wav").write_bytes(content)
    for convert in (False, True):
        with pytest.raises(DatasetError, match=said) as error:
            read_wav(tmp_path / "bad.wav", convert=convert)
        assert str(tmp_path / "bad.wav") in error.value.message
        assert error.value.hint


def test_a_missing_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        read_wav(tmp_path / "none.wav")
    write_wav(tmp_path / "a.wav", np.zeros(1000, np.int16))
    with pytest.raises(DatasetError, match="larger than 2,000 bytes"):
        read_wav(tmp_path / "a.wav", max_bytes=2000)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (stdlib_wav(bytes(20), rate_hz=8000), "8,000 Hz, mono, 16 bit"),
        (stdlib_wav(bytes(20), channels=2), "16,000 Hz, stereo, 16 bit"),
        (stdlib_wav(bytes(24), width=3), "16,000 Hz, mono, 24 bit"),
        (stdlib_wav(bytes(20), channels=5), "16,000 Hz, 5 channels, 16 bit"),
        (riff((b"fmt ", fmt(code=3, bits=32)), (b"data", bytes(8))), "16,000 Hz, mono, 32 bit float"),
    ],
)
def test_another_format_is_refused_with_expected_and_got(tmp_path: Path, content: bytes, got: str) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(DatasetError) as error:
        read_wav(tmp_path / "a.wav")
    assert f"expected 16,000 Hz, mono, 16 bit, got {got}" in error.value.message
    assert "--resample" in error.value.hint
    assert len(read_wav(tmp_path / "a.wav", convert=True)) > 0


def test_every_sample_format_gives_the_same_sound() -> None:
    sound = tone(2000)
    wide = np.rint(sound * 2**23).astype("<i4")
    packed = wide.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    files = {
        "8": stdlib_wav(np.rint(sound * 128 + 128).astype(np.uint8).tobytes(), width=1),
        "24": stdlib_wav(packed, width=3),
        "32": stdlib_wav(np.rint(sound * 2**31).astype("<i4").tobytes(), width=4),
        "stereo": stdlib_wav(np.rint(np.stack([sound, sound], 1) * 32768).astype("<i2").tobytes(), channels=2),
        "float": riff((b"fmt ", fmt(code=3, bits=32)), (b"data", sound.astype("<f4").tobytes())),
        "double": riff((b"fmt ", fmt(code=3, bits=64)), (b"data", sound.astype("<f8").tobytes())),
        "extensible": riff(
            (b"fmt ", fmt(code=0xFFFE) + struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)),
            (b"LIST", b"odd"),
            (b"data", np.rint(sound * 32768).astype("<i2").tobytes()),
        ),
    }
    for name, content in files.items():
        error = parse_wav(content, name).native_pcm() - sound * 32768
        assert np.max(np.abs(error)) <= (129 if name == "8" else 1), name


def test_floats_that_are_no_numbers_are_silence() -> None:
    wild = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.5], "<f4")
    pcm = parse_wav(riff((b"fmt ", fmt(code=3, bits=32)), (b"data", wild.tobytes())), "wild").native_pcm()
    assert pcm.tolist() == [0, 0, 0, 32767, -32768, 16384]


def test_only_what_came_through_a_pipe_may_have_an_open_end() -> None:
    piped = riff((b"fmt ", fmt()), (b"data", SAMPLES.tobytes()), sizes={b"data": 0x7FFFF000})
    np.testing.assert_array_equal(parse_wav(piped, "pipe", open_ended=True).pcm(), SAMPLES)
    with pytest.raises(DatasetError, match="cut short"):
        parse_wav(piped, "file")


def test_every_cut_of_a_file_is_noticed() -> None:
    whole = wav_bytes(SAMPLES)
    for length in range(len(whole)):
        with pytest.raises(DatasetError):
            parse_wav(whole[:length], "cut")


@given(st.binary(max_size=200), st.integers(0, 60), st.binary(max_size=8))
def test_hostile_bytes_give_samples_or_a_clear_error(tail: bytes, at: int, patch: bytes) -> None:
    content = bytearray(riff((b"fmt ", fmt()), (b"data", bytes(8))) + tail)
    content[at : at + len(patch)] = patch
    for candidate in (bytes(content), tail, b"RIFF0000WAVE" + tail):
        try:
            pcm = parse_wav(candidate, "hostile").native_pcm()
        except DatasetError as error:
            assert error.message.startswith("hostile: ")
        else:
            assert pcm.dtype == np.int16
            assert pcm.ndim == 1
            assert len(pcm) <= 4 * len(candidate) + 4
