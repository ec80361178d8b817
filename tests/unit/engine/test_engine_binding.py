"""The firmware's engine, driven from Python."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhost import _firmware
from tinyhost.compiler import ModelImage, compile_tflite
from tinyhost.compiler.checksum import image_crc32
from tinyhost.compiler.image_format import (
    IMAGE_VERSION,
    OLDEST_IMAGE_VERSION,
    SCALED_SHIFT,
    ChannelConstants,
    ConvParams,
    ImageHeader,
    ModelMetadata,
    OperatorRecord,
    TensorRecord,
)
from tinyhost.protocol.status import Status

from tests.unit.compiler.models import picture_classifier

_COMPILED = compile_tflite(picture_classifier(), name="hall", labels=["empty", "person"])


def _status(image: bytes, arena_bytes: int = 1 << 16) -> int:
    engine = _firmware.Engine(arena_bytes)
    try:
        engine.load(image)
    except _firmware.StatusError as exc:
        return exc.status
    return Status.OK


def _patched(offset: int, record: bytes) -> bytes:
    """Return the image with `record` at `offset` and a right checksum."""
    image = bytearray(_COMPILED.image)
    image[offset : offset + len(record)] = record
    header = ImageHeader.unpack(bytes(image))
    crc = image_crc32(image)
    image[: ImageHeader.SIZE] = replace(header, crc32=crc).pack()
    return bytes(image)


def test_model_is_described() -> None:
    engine = _firmware.Engine()
    engine.load(_COMPILED.image)
    assert engine.labels == ["empty", "person"]
    assert engine.n_operators == 4
    assert engine.operator_name(0) == "depthwise_conv_2d"  # of one input channel, 3x3
    assert engine.input_info["shape"] == (1, 32, 32, 1)
    assert engine.output_info["zero_point"] == -128


def test_operators_run_one_by_one_as_they_run_together() -> None:
    values = np.random.default_rng(0).integers(-128, 128, (1, 32, 32, 1)).astype(np.int8)
    engine = _firmware.Engine(_COMPILED.report.arena_bytes)
    engine.load(_COMPILED.image)
    engine.set_input(values)
    engine.invoke()
    together = engine.output()
    engine.set_input(values.tobytes())
    for i in range(engine.n_operators):
        engine.invoke_range(i, i + 1)
        assert engine.operator_output(i).shape == _COMPILED.report.operators[i].output_shape
    np.testing.assert_array_equal(engine.output(), together)
    assert together.astype(int).sum() + 256 in (255, 256)


def test_every_flipped_byte_is_noticed() -> None:
    image = bytearray(_COMPILED.image)
    for at in range(0, len(image), 13):
        image[at] ^= 0x40
        assert _status(bytes(image)) != Status.OK
        image[at] ^= 0x40


def test_an_image_of_a_version_from_before_runs_as_it_did() -> None:
    values = np.random.default_rng(1).integers(-128, 128, (1, 32, 32, 1)).astype(np.int8)
    outputs = []
    for version in range(OLDEST_IMAGE_VERSION, IMAGE_VERSION + 1):
        image = _patched(4, version.to_bytes(2, "little"))
        assert ModelImage.parse(image).engine == "tinyhost"
        engine = _firmware.Engine(_COMPILED.report.arena_bytes)
        engine.load(image)
        engine.set_input(values)
        engine.invoke()
        outputs.append(engine.output().tolist())
    assert outputs == outputs[:1] * len(outputs)
    for version in (OLDEST_IMAGE_VERSION - 1, IMAGE_VERSION + 1):
        assert _status(_patched(4, version.to_bytes(2, "little"))) == Status.IMAGE_VERSION


def test_refusals_say_what_is_wrong() -> None:
    image = ModelImage.parse(_COMPILED.image)
    header, metadata = image.header, image.metadata
    assert _status(b"") == Status.IMAGE_LENGTH
    assert _status(_COMPILED.image[:-1]) == Status.IMAGE_LENGTH
    assert _status(b"X" + _COMPILED.image[1:]) == Status.IMAGE_MAGIC
    assert _status(_patched(4, b"\x63\0")) == Status.IMAGE_VERSION
    assert _status(_COMPILED.image[:-1] + b"\x01") == Status.IMAGE_CHECKSUM
    assert (
        _status(_patched(0, replace(header, tensors_offset=header.tensors_offset + 8).pack())) == Status.IMAGE_SECTION
    )
    bad_metadata = replace(metadata, input_tensor=999).pack()
    assert _status(_patched(header.metadata_offset, bad_metadata)) == Status.IMAGE_METADATA
    bad_tensor = replace(image.tensors[0], dims=(1, 32, 0, 1)).pack()
    assert _status(_patched(header.tensors_offset, bad_tensor)) == Status.IMAGE_TENSOR
    bad_operator = replace(image.operators[0], code=99).pack()
    assert _status(_patched(header.operators_offset, bad_operator)) == Status.IMAGE_OPERATOR
    bad_inputs = replace(image.operators[0], inputs=(999,) * 10).pack()
    assert _status(_patched(header.operators_offset, bad_inputs)) == Status.IMAGE_PARAMETER
    assert _status(_COMPILED.image, _COMPILED.report.arena_bytes - 1) == Status.IMAGE_ARENA


def test_a_scaled_channel_has_the_shift_that_kernels_have_in_their_instructions() -> None:
    image = ModelImage.parse(_COMPILED.image)
    params = ConvParams.unpack(_COMPILED.image, image.header.constants_offset + image.operators[0].params_offset)
    at = image.header.constants_offset + params.channels_offset
    channel = ChannelConstants.unpack(_COMPILED.image, at)
    assert 0 < channel.multiplier < 2**31
    assert channel.shift == SCALED_SHIFT
    for other in (replace(channel, shift=SCALED_SHIFT + 1), replace(channel, multiplier=0)):
        assert _status(_patched(at, other.pack())) == Status.IMAGE_PARAMETER
    assert _status(_patched(at, replace(channel, multiplier=1).pack())) == Status.OK


@given(st.data())
def test_patched_records_never_crash(data: st.DataObject) -> None:
    """A cheap cousin of firmware/fuzz/fuzz_model_image.cpp that needs no clang."""
    header = ImageHeader.unpack(_COMPILED.image)
    end = header.operators_offset + header.n_operators * OperatorRecord.SIZE
    assert end > ModelMetadata.SIZE + TensorRecord.SIZE
    at = data.draw(st.integers(ImageHeader.SIZE, len(_COMPILED.image) - 4))
    value = data.draw(st.one_of(st.sampled_from([0, 1, 2**31, 2**32 - 1, 65536]), st.integers(0, 2**32 - 1)))
    image = _patched(at, value.to_bytes(4, "little"))
    engine = _firmware.Engine(1 << 14)
    try:
        engine.load(image)
    except _firmware.StatusError:
        return
    if engine.work < 1_000_000:
        engine.invoke()


def test_input_of_another_size_is_refused() -> None:
    engine = _firmware.Engine()
    engine.load(_COMPILED.image)
    with pytest.raises(ValueError, match="expected 1024 B, got 3 B"):
        engine.set_input(b"abc")
    with pytest.raises(_firmware.StatusError, match="no_model"):
        _firmware.Engine().invoke()


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_crc32_equals_zlib_and_chains(a: bytes, b: bytes) -> None:
    assert _firmware.crc32(b, _firmware.crc32(a)) == zlib.crc32(a + b)
