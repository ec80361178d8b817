"""Reads a model image (.thm)."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from tinyhost.compiler.checksum import image_crc32
from tinyhost.compiler.image_format import (
    IMAGE_ALIGNMENT,
    IMAGE_MAGIC,
    IMAGE_VERSION,
    MAX_IO_TENSORS,
    MAX_RANK,
    MAX_TENSOR_BYTES,
    OLDEST_IMAGE_VERSION,
    TFLM_IMAGE_VERSION,
    ImageHeader,
    ModelMetadata,
    OperatorCode,
    OperatorRecord,
    Storage,
    Task,
    TensorRecord,
    TensorType,
)
from tinyhost.compiler.tensor_info import IoTensorInfo, TensorInfo
from tinyhost.errors import ModelError
from tinyhost.protocol.labels import label_fault, normal_label

__all__ = ["EngineName", "ModelImage", "image_engine"]

EngineName = Literal["tinyhost", "tflm"]
"""Who runs an image, as a board's INFO names its engine."""

_HINT = "compile the .tflite again with this version of tinyhost"
_PLAN_VERSIONS = range(OLDEST_IMAGE_VERSION, IMAGE_VERSION + 1)
_ENGINES: dict[int, EngineName] = {**dict.fromkeys(_PLAN_VERSIONS, "tinyhost"), TFLM_IMAGE_VERSION: "tflm"}


class _Record(Protocol):
    @classmethod
    def unpack(cls: type[_R], data: bytes | memoryview, offset: int = 0) -> _R: ...


_R = TypeVar("_R")


@dataclass(frozen=True, kw_only=True)
class ModelImage:
    """A decoded model image that the engine's loader has accepted; it may come from any file or board."""

    data: bytes
    header: ImageHeader
    metadata: ModelMetadata
    tensors: tuple[TensorRecord, ...]
    operators: tuple[OperatorRecord, ...]
    labels: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes, *, where: str = "model image") -> ModelImage:
        """Return the image in `data`; raises ModelError if it is none, damaged, of another format version, or one that
        its engine would refuse to load."""
        header = _checked_header(data, where)
        try:
            metadata = ModelMetadata.unpack(data, header.metadata_offset)
            tensors = tuple(
                TensorRecord.unpack(data, header.tensors_offset + i * TensorRecord.SIZE)
                for i in range(header.n_tensors)
            )
            operators = tuple(
                OperatorRecord.unpack(data, header.operators_offset + i * OperatorRecord.SIZE)
                for i in range(header.n_operators)
            )
        except struct.error as exc:
            raise ModelError(f"{where}: a section reaches beyond the end: {exc}", hint=_HINT) from exc
        _check_references(metadata, tensors, operators, where)
        labels = _labels(data[header.labels_offset : header.labels_offset + header.labels_bytes], metadata, where)
        image = cls(
            data=data,
            header=header,
            metadata=metadata,
            tensors=tensors,
            operators=operators,
            labels=labels,
        )
        _check_ends(image, where)
        if image.engine == "tinyhost":
            _check_runs(data, metadata, where)
        else:
            _check_wrapped(image, where)
        return image

    @property
    def engine(self) -> EngineName:
        """The engine that runs it."""
        return _ENGINES[self.header.version]

    @property
    def constants(self) -> bytes:
        """The constants section: weights, parameters, tables; of an image for TFLM the .tflite."""
        return self.data[self.header.constants_offset : self.header.constants_offset + self.header.constants_bytes]

    @property
    def task_data(self) -> bytes:
        """The task's own parameters, packed and unchecked."""
        return self.data[self.header.task_data_offset : self.header.task_data_offset + self.header.task_data_bytes]

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def task(self) -> Task:
        return Task(self.metadata.task)

    @property
    def sha256(self) -> str:
        """SHA-256 of the .tflite file that this was compiled from, in hex."""
        return self.metadata.source_sha256.hex()

    @property
    def input(self) -> TensorInfo:
        return self.tensor_info(self.metadata.input_tensor)

    @property
    def output(self) -> TensorInfo:
        return self.tensor_info(self.metadata.output_tensor)

    @property
    def input_tensors(self) -> tuple[int, ...]:
        """Indices of the inputs; of several, input_tensor holds all."""
        return _ends(self.metadata.input_tensor, self.metadata.n_inputs, self.metadata.input_tensors)

    @property
    def output_tensors(self) -> tuple[int, ...]:
        return _ends(self.metadata.output_tensor, self.metadata.n_outputs, self.metadata.output_tensors)

    @property
    def inputs(self) -> tuple[IoTensorInfo, ...]:
        """The inputs, in the model's order; one is `input`."""
        return self._end_infos(self.metadata.input_tensor, self.input_tensors)

    @property
    def outputs(self) -> tuple[IoTensorInfo, ...]:
        return self._end_infos(self.metadata.output_tensor, self.output_tensors)

    def _end_infos(self, whole: int, ends: tuple[int, ...]) -> tuple[IoTensorInfo, ...]:
        start = self.tensors[whole].offset
        return tuple(
            IoTensorInfo(**vars(self.tensor_info(index)), offset=self.tensors[index].offset - start) for index in ends
        )

    def tensor_info(self, index: int) -> TensorInfo:
        """Return tensor `index` as users see it."""
        record = self.tensors[index]
        return TensorInfo(
            dtype=TensorType(record.type).name.lower(),
            shape=tuple(record.dims[: record.rank]),
            scale=record.scale,
            zero_point=record.zero_point,
        )


def _ends(whole: int, n: int, tensors: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(tensors[:n]) if n else (whole,)


def image_engine(data: bytes) -> EngineName | None:
    """Return the engine that an unchecked image is for; None if it is no image of this format version."""
    if len(data) < ImageHeader.SIZE:
        return None
    header = ImageHeader.unpack(data)
    return _ENGINES.get(header.version) if header.magic == IMAGE_MAGIC else None


def _checked_header(data: bytes, where: str) -> ImageHeader:
    if len(data) < ImageHeader.SIZE:
        raise ModelError(f"{where}: expected at least {ImageHeader.SIZE} B, got {len(data)}", hint=_HINT)
    header = ImageHeader.unpack(data)
    if header.magic != IMAGE_MAGIC:
        raise ModelError(f"{where}: expected the magic THM1, got {data[:4].hex()}", hint="this is not a model image")
    if header.version not in _ENGINES:
        raise ModelError(
            f"{where}: expected format version {OLDEST_IMAGE_VERSION} to {IMAGE_VERSION}, got {header.version}",
            hint=_HINT,
        )
    if header.total_bytes != len(data):
        raise ModelError(f"{where}: expected {header.total_bytes} B as its header says, got {len(data)}", hint=_HINT)
    crc = image_crc32(data)
    if crc != header.crc32:
        raise ModelError(f"{where}: expected CRC {header.crc32:08x} as its header says, got {crc:08x}", hint=_HINT)
    starts = (header.metadata_offset, header.tensors_offset, header.operators_offset)
    sections = (
        (header.labels_offset, header.labels_bytes),
        (header.task_data_offset, header.task_data_bytes),
        (header.constants_offset, header.constants_bytes),
    )
    is_misaligned = any(offset % IMAGE_ALIGNMENT for offset in (*starts, *(start for start, _ in sections)))
    if is_misaligned or max(start + n_bytes for start, n_bytes in sections) > len(data):
        raise ModelError(f"{where}: a section is misaligned or out of bounds", hint=_HINT)
    return header


def _labels(section: bytes, metadata: ModelMetadata, where: str) -> tuple[str, ...]:
    raw = section.split(b"\0")[:-1]
    if len(raw) != metadata.n_labels:
        raise ModelError(f"{where}: expected {metadata.n_labels} labels, got {len(raw)}", hint=_HINT)
    labels = tuple(normal_label(label.decode("utf-8", "replace")) for label in raw)
    for index, label in enumerate(labels):
        if fault := label_fault(label):
            raise ModelError(f"{where}: label {index}, {label!r}: {fault}", hint=_HINT)
    return labels


def _check_references(
    metadata: ModelMetadata, tensors: tuple[TensorRecord, ...], operators: tuple[OperatorRecord, ...], where: str
) -> None:
    try:
        Task(metadata.task)
        for tensor in tensors:
            TensorType(tensor.type)
            Storage(tensor.storage)
        for operator in operators:
            OperatorCode(operator.code)
    except ValueError as exc:
        raise ModelError(f"{where}: {exc}", hint=_HINT) from exc
    for n in (metadata.n_inputs, metadata.n_outputs):
        if n == 1 or n > MAX_IO_TENSORS:
            raise ModelError(f"{where}: expected 0, or 2 to {MAX_IO_TENSORS}, inputs and outputs, got {n}", hint=_HINT)
    used = [metadata.input_tensor, metadata.output_tensor]
    used += [*metadata.input_tensors[: metadata.n_inputs], *metadata.output_tensors[: metadata.n_outputs]]
    for operator in operators:
        used += [operator.output, *operator.inputs[: operator.n_inputs]]
    if max(used) >= len(tensors) or any(tensor.rank > MAX_RANK for tensor in tensors):
        raise ModelError(f"{where}: a tensor index or rank is out of range", hint=_HINT)


def _check_ends(image: ModelImage, where: str) -> None:
    """Check that several inputs or outputs lie in the tensor of bytes that stands for them, one after another."""
    wholes = (
        (image.metadata.n_inputs, image.input, image.inputs),
        (image.metadata.n_outputs, image.output, image.outputs),
    )
    for n, whole, ends in wholes:
        starts = [-(-(end.offset + end.n_bytes) // IMAGE_ALIGNMENT) * IMAGE_ALIGNMENT for end in ends]
        is_laid = [end.offset for end in ends] == [0, *starts[:-1]] and starts[-1] == whole.n_bytes
        if n and not (is_laid and whole.dtype == "uint8" and len(whole.shape) == 1):
            raise ModelError(f"{where}: its inputs or outputs do not lie one after another", hint=_HINT)


def _check_wrapped(image: ModelImage, where: str) -> None:
    """Check that an image for TFLM holds the .tflite that it names, and that its records are what that file says."""
    from tinyhost.compiler.tflm_image import open_wrapped

    sha256 = hashlib.sha256(image.constants)
    if sha256.digest() != image.metadata.source_sha256:
        raise ModelError(
            f"{where}: expected a .tflite of SHA-256 {image.sha256[:16]}…, got {sha256.hexdigest()[:16]}…", hint=_HINT
        )
    file = open_wrapped(image.constants, image.metadata, where=where)
    if (file.metadata, file.tensors, file.operators) != (image.metadata, image.tensors, image.operators):
        raise ModelError(f"{where}: its records differ from those of the .tflite inside it", hint=_HINT)


def _check_runs(data: bytes, metadata: ModelMetadata, where: str) -> None:
    """Let the firmware's own loader check what the structure does not show: shapes, parameters, offsets, scales."""
    from tinyhost import _firmware

    try:
        _firmware.Engine(min(max(metadata.arena_bytes, 1), MAX_TENSOR_BYTES)).load(data)
    except _firmware.StatusError as exc:
        raise ModelError(f"{where}: the engine refuses this model image: {exc}", hint=_HINT) from exc
