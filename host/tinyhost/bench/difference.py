"""Comparison of host and device on one sample, stage by stage."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from tinyhost.errors import DatasetError
from tinyhost.models.io_tensors import unpack_tensors
from tinyhost.models.random_input import drawn_input, random_input
from tinyhost.models.reference import HostReference, preprocess
from tinyhost.models.summary import ModelDocument, ModelSummary, model_document
from tinyhost.protocol.messages import InferSource
from tinyhost.sensors.picture_file import read_picture
from tinyhost.system.reading import read_file
from tinyhost.tasks.vision.fitting import fitted

if TYPE_CHECKING:
    from tinyhost.device import Device

__all__ = ["DiffDocument", "DiffSample", "Stage", "compare", "host_input", "load_sample", "parse_npy", "stage_of"]

_MAX_TENSOR_BYTES = 1 << 20
_NO_ARRAY = (ValueError, EOFError, MemoryError, RecursionError, OverflowError, TypeError, SyntaxError, TokenError)
"""numpy's exceptions for malformed headers, which are Python literals"""


@dataclass(frozen=True, kw_only=True)
class DiffSample:
    """The sample of a comparison: a picture, the input's bytes, or a seed."""

    name: str
    picture: NDArray[np.uint8] | None = None
    """(height, width) grey levels"""
    tensor: bytes | None = None
    seed: int = 0

    @property
    def source(self) -> InferSource:
        """The source of the device's input."""
        if self.picture is not None:
            return InferSource.SAMPLE
        return InferSource.INPUT if self.tensor is not None else InferSource.PATTERN


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage's bytes on host and device."""

    name: str
    """`picture`, `input`, number and name of an operator, `output`"""
    n_bytes: int
    host_crc32: int
    """zlib's CRC-32"""
    device_crc32: int
    n_different: int | None
    """number of elements; None if only checksums are known"""
    max_abs_difference: float | None
    first_difference: tuple[int, ...] | None
    """index of the first element that differs"""
    same: bool
    """whether there is no difference"""


@dataclass(frozen=True, kw_only=True)
class DiffDocument:
    """`tinyhost diff SAMPLE --json FILE`. Exits 1 if any stage differs."""

    schema: Literal["tinyhost.diff/1"] = "tinyhost.diff/1"
    board: str
    """as `--board` takes it"""
    model: ModelDocument
    """the model that ran"""
    sample: str
    """the file, or `seed N`"""
    same: bool
    """whether no stage differs"""
    first_difference: str | None
    """name of the first stage that differs"""
    stages: tuple[Stage, ...]
    """in the order of execution"""

    @classmethod
    def of(cls, board: str, model: ModelSummary, sample: DiffSample, stages: Sequence[Stage]) -> DiffDocument:
        """Return the document of a comparison."""
        different = [stage.name for stage in stages if not stage.same]
        return cls(
            board=board,
            model=model_document(model),
            sample=sample.name,
            same=not different,
            first_difference=different[0] if different else None,
            stages=tuple(stages),
        )


def load_sample(file: Path | None, seed: int, model: ModelSummary) -> DiffSample:
    """Return the sample of a file (.npy and .bin are input tensors, all else pictures), or of the seed without one.

    Raises DatasetError if a tensor has another size than the model's input.
    """
    if file is None:
        return DiffSample(name=f"seed {seed}", tensor=drawn_input(model, seed)[1], seed=seed)
    if file.suffix.lower() not in (".npy", ".bin"):
        return DiffSample(name=str(file), picture=read_picture(file))
    data = read_file(file, max_bytes=_MAX_TENSOR_BYTES)
    if file.suffix.lower() == ".npy":
        data = parse_npy(data, str(file))
    if len(data) != model.input.n_bytes:
        raise DatasetError(
            f"{file}: expected the model's input, {model.input.n_bytes} bytes ({model.input.dtype} "
            f"{'x'.join(map(str, model.input.shape))}), got {len(data)}",
            hint="write the array as the input's type: tensor.astype('int8')",
        )
    return DiffSample(name=str(file), tensor=data)


def parse_npy(data: bytes, where: str) -> bytes:
    """Return the bytes of the array in a .npy file. Raises DatasetError, which names `where`, if it holds none."""
    try:
        if data[:6] != b"\x93NUMPY":
            raise ValueError("it does not begin like a file of numpy.save")
        return bytes(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False).tobytes())
    except _NO_ARRAY as error:
        raise DatasetError(f"{where}: not an array: {str(error)[:120]}", hint="write it with numpy.save") from error


def compare(
    device: Device, reference: HostReference, model: ModelSummary, sample: DiffSample, *, layers: bool
) -> Iterator[Stage]:
    """Yield each stage after it has run on both sides: picture, input tensor, every operator if `layers`, output.

    A picture that is too large for the board is cropped and scaled first, as in a benchmark.
    """
    if sample.picture is not None:
        sample = replace(sample, picture=fitted(sample.picture, device.info.sample_bytes).pixels)
    data = sample.picture if sample.picture is not None else sample.tensor
    result = device.infer(sample.source, data=data, seed=sample.seed)
    expected = host_input(model, sample)
    if sample.picture is not None:
        yield _checksums("picture", sample.picture.tobytes(), result.sample_crc32)
        got = device.prepared_input(sample.source, data=data)
        yield stage_of("input", model.input.dtype, model.input.shape, expected, got)
    else:
        yield _checksums("input", expected, result.input_crc32)
    if layers:
        on_device = device.step_operators(sample.source, data=data, seed=sample.seed)
        for (index, ours), (_, theirs) in zip(reference.steps(expected), on_device, strict=True):
            step = model.operators[index]
            dtype = model.output.dtype if len(ours) == model.output.n_bytes and step.code == "DEQUANTIZE" else "int8"
            yield stage_of(f"{index} {step.code}", dtype, step.output_shape, ours, theirs)
    yield from _output_stages(model, reference.run(expected), result.output)


def _output_stages(model: ModelSummary, host: bytes, device: bytes) -> Iterator[Stage]:
    pairs = zip(model.outputs, unpack_tensors(host, model.outputs), unpack_tensors(device, model.outputs), strict=True)
    for index, (end, ours, theirs) in enumerate(pairs):
        name = "output" if len(model.outputs) == 1 else f"output {index}"
        yield stage_of(name, end.dtype, end.shape, ours, theirs)


def host_input(model: ModelSummary, sample: DiffSample) -> bytes:
    """Return the input tensor that this computer makes of the sample."""
    if sample.picture is not None:
        return preprocess(sample.picture, model)
    return sample.tensor if sample.tensor is not None else random_input(model, sample.seed)


def _checksums(name: str, host: bytes, device_crc32: int) -> Stage:
    host_crc32 = zlib.crc32(host)
    return Stage(
        name=name,
        n_bytes=len(host),
        host_crc32=host_crc32,
        device_crc32=device_crc32,
        same=host_crc32 == device_crc32,
        n_different=None,
        max_abs_difference=None,
        first_difference=None,
    )


def stage_of(name: str, dtype: str, shape: tuple[int, ...], host: bytes, device: bytes) -> Stage:
    """Return the comparison of two tensors; of other lengths than the shape's, only by checksum."""
    stage = _checksums(name, host, zlib.crc32(device))
    item = np.dtype(dtype)
    if len(host) != len(device) or len(host) != math.prod(shape) * item.itemsize:
        return stage
    difference = np.abs(np.frombuffer(host, item).astype(np.float64) - np.frombuffer(device, item)).reshape(shape)
    different = np.argwhere(difference)
    return replace(
        stage,
        same=stage.same and not len(different),
        n_different=len(different),
        max_abs_difference=float(difference.max(initial=0.0)),
        first_difference=tuple(int(axis) for axis in different[0]) if len(different) else None,
    )
