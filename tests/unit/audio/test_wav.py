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
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.sound_file import read_sound
from tinyhost.audio.wav import new_wav, parse_wav, wav_bytes, write_wav
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
    np.testing.assert_array_equal(read_sound(tmp_path / "a.wav"), SAMPLES)


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
        (riff((b"fmt ", fmt()), (b"data", bytes(10)), sizes={b"data": 120}), "120 bytes of samples, but there are 10"),
        (riff((b"fmt ", fmt()), (b"data", bytes(1))), "empty: 0 samples"),
        (riff((b"fmt ", fmt()[:10]), (b"data", bytes(10))), "at least 16 bytes, got 10"),
        (riff((b"fmt ", fmt(code=85)), (b"data", bytes(10))), "format 0x0055 with 16 bits"),
        (riff((b"fmt ", fmt(bits=12)), (b"data", bytes(10))), "format 0x0001 with 12 bits"),
        (riff((b"fmt ", fmt(channels=0)), (b"data", bytes(10))), "0 channels"),
        (riff((b"fmt ", fmt(rate_hz=0)), (b"data", bytes(10))), "at 0 Hz"),
        (riff((b"fmt ", fmt(block=4)), (b"data", bytes(12))), "4 bytes for 1 channel of 16 bits"),
        (riff(*[(b"junk", b"")] * 2000, (b"fmt ", fmt()), (b"data", bytes(4))), "more than 1000 chunks"),
    ],
)
def test_what_is_no_good_wav_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.wav").write_bytes(content)
    for convert in (False, True):
        with pytest.raises(DatasetError, match=said) as error:
            read_sound(tmp_path / "bad.wav", convert=convert)
        assert str(tmp_path / "bad.wav") in error.value.message
        assert error.value.hint


def test_a_missing_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="No such file"):
        read_sound(tmp_path / "none.wav")
    write_wav(tmp_path / "a.wav", np.zeros(1000, np.int16))
    with pytest.raises(DatasetError, match="2,044 bytes, expected at most 2,000"):
        read_sound(tmp_path / "a.wav", max_bytes=2000)


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
        read_sound(tmp_path / "a.wav")
    assert f"expected 16,000 Hz, mono, 16 bit, got {got}" in error.value.message
    assert "--resample" in error.value.hint
    assert len(read_sound(tmp_path / "a.wav", convert=True)) > 0


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


def streamed(data_size: int, riff_size: int, *, after: bytes = b"") -> bytes:
    """A wav file as a program writes it that cannot know the length."""
    content = bytearray(riff((b"fmt ", fmt()), (b"data", SAMPLES.tobytes()), sizes={b"data": data_size}) + after)
    struct.pack_into("<I", content, 4, riff_size)
    return bytes(content)


@pytest.mark.parametrize("data_size", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
@pytest.mark.parametrize("riff_size", [0, 36, 0x7FFFF024, 0xFFFFFFFF])
def test_a_stream_whose_header_knows_no_length_is_taken_as_far_as_it_goes(data_size: int, riff_size: int) -> None:
    np.testing.assert_array_equal(parse_wav(streamed(data_size, riff_size), "stream").pcm(), SAMPLES)
    odd = parse_wav(streamed(data_size, riff_size, after=b"\1"), "killed within a sample")
    np.testing.assert_array_equal(odd.pcm(), SAMPLES)


def test_no_samples_before_further_chunks_are_none() -> None:
    for tail in ((b"LIST", b"INFOISFT"), (b"LIST", b"odd")):
        with pytest.raises(DatasetError, match="empty: 0 samples"):
            parse_wav(riff((b"fmt ", fmt()), (b"data", b""), tail), "file")


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
def test_a_large_files_size_is_in_a_chunk_of_its_own(magic: bytes) -> None:
    def large(size: int) -> bytes:
        ds64 = struct.pack("<QQQI", 0, size, size // 2, 0)
        chunks = ((b"ds64", ds64), (b"fmt ", fmt()), (b"data", SAMPLES.tobytes()), (b"LIST", b"INFO"))
        return magic + riff(*chunks, sizes={b"data": 0xFFFFFFFF})[4:]

    np.testing.assert_array_equal(parse_wav(large(12), "file").pcm(), SAMPLES)
    with pytest.raises(DatasetError, match="5,000,000,000 bytes of samples, but there are 24"):
        parse_wav(large(5_000_000_000), "file")


@pytest.mark.parametrize("following", [b"data", b"LIST"])
def test_a_chunk_without_its_padding_byte_hides_nothing(following: bytes) -> None:
    listed = b"LIST" + struct.pack("<I", 25) + b"INFOISFT" + struct.pack("<I", 13) + b"Lavf58.76.100"
    more = b"LIST" + struct.pack("<I", 4) + b"INFO" if following == b"LIST" else b""
    body = b"fmt " + struct.pack("<I", 16) + fmt() + listed + more + b"data" + struct.pack("<I", 12) + SAMPLES.tobytes()
    content = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body
    np.testing.assert_array_equal(parse_wav(content, "file").pcm(), SAMPLES)


def test_some_bytes_too_many_in_a_whole_file_are_a_header_that_was_counted_in() -> None:
    counted = riff((b"fmt ", fmt()), (b"data", SAMPLES.tobytes()), sizes={b"data": 12 + 44})
    np.testing.assert_array_equal(parse_wav(counted, "file").pcm(), SAMPLES)
    with pytest.raises(DatasetError, match="truncated: the header announces 56 bytes of samples, but there are 10"):
        parse_wav(counted[:-2], "file")


def test_a_part_of_a_sample_at_the_end_is_none() -> None:
    np.testing.assert_array_equal(
        parse_wav(riff((b"fmt ", fmt()), (b"data", SAMPLES.tobytes() + b"\1")), "file").pcm(), SAMPLES
    )


@pytest.mark.parametrize(("second", "note"), [(-1.0, True), (-0.9, True), (-0.5, False), (0.0, False), (1.0, False)])
def test_channels_that_cancel_give_way_to_the_loudest(second: float, note: bool) -> None:
    sound = tone(3200)
    stereo = np.rint(np.stack([sound, second * sound], 1) * 32767).astype("<i2")
    pcm, said = parse_wav(stdlib_wav(stereo.tobytes(), channels=2), "stereo").native_pcm_and_note()
    expected = sound if note else sound * (1 + second) / 2
    assert np.max(np.abs(pcm - expected * 32767)) <= 1
    assert said == ("the channels cancel: channel 1 alone is used" if note else "")


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
