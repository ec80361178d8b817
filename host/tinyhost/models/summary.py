"""A model image in figures: what a benchmark and an inspection say about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial

import numpy as np

from tinyhost.compiler import BufferReport, EngineName, IoTensorInfo, ModelImage, OperatorReport, TensorInfo
from tinyhost.compiler.cascade import CascadeInfo, cascade_of
from tinyhost.compiler.image_format import OperatorCode
from tinyhost.compiler.report import report_image
from tinyhost.models.sampling import ModelSampling, sampling_of
from tinyhost.system.documents import narrowed

__all__ = [
    "ModelDocument",
    "ModelSummary",
    "live_bytes",
    "macs_text",
    "model_document",
    "summarize",
    "summary_of",
]


@dataclass(frozen=True, kw_only=True)
class ModelDocument:
    """A model, without its operators."""

    name: str
    task: str
    """`generic`, `kws`, `vww`, `anomaly`"""
    labels: tuple[str, ...]
    """classes in the order of the outputs; empty without"""
    sha256: str
    """of the .tflite file, hex"""
    image_sha256: str
    """of the model image, hex"""
    macs: int
    """multiply-accumulates of one inference, as the .tflite describes it"""
    live_macs: int
    """those that are left after the compiler's passes: the sum over the operators of the image"""
    n_params: int
    """weights and biases"""
    arena_bytes: int
    """working memory that the model needs"""
    flash_bytes: int
    """size of the model image"""
    input: TensorInfo
    """input tensor; real value = (q - zero_point) * scale"""
    output: TensorInfo
    """output tensor"""
    inputs: tuple[IoTensorInfo, ...]
    """in the model's order; several lie one after another in `input`, which then is bytes"""
    outputs: tuple[IoTensorInfo, ...]
    """in the model's order; several lie one after another in `output`, which then is bytes"""
    sampling: ModelSampling | None = None
    """the samples that its input is made of; null of pictures, or if the model does not say"""
    cascade: CascadeInfo | None = None
    """of a keyword model whose first network wakes its second one; null of a model of one network"""


@dataclass(frozen=True, kw_only=True)
class ModelSummary(ModelDocument):
    """A model image in figures, operator by operator."""

    engine: EngineName
    """that runs it"""
    input_ranges: tuple[tuple[float, float], ...]
    """real values that each input tells apart"""
    pixel_map: tuple[int, int]
    """multiplier and offset, Q16: how a pixel enters the model"""
    operator_codes: tuple[OperatorCode, ...]
    """that the engine must have, each once"""
    operators: tuple[OperatorReport, ...]
    buffers: tuple[BufferReport, ...]
    """tensors in the arena"""

    @property
    def heat_map(self) -> str:
        """Return the description of an output that scores classes by cell, like FOMO's; "" for any other output."""
        shape = self.output.shape
        if not self.output.is_heat_map:
            return ""
        classes = "1 class" if shape[3] == 1 else f"{shape[3]} classes"
        return f"a heat map of {shape[1]}x{shape[2]} cells and {classes}"


def summarize(data: bytes) -> ModelSummary:
    """Return the summary of a model image (the bytes of a .thm); raises ModelError if it is none."""
    return summary_of(ModelImage.parse(data))


def summary_of(image: ModelImage) -> ModelSummary:
    """Return the summary of a parsed model image."""
    report = report_image(image)
    return ModelSummary(
        name=report.name,
        task=report.task,
        engine=image.engine,
        labels=image.labels,
        sha256=image.sha256,
        image_sha256=hashlib.sha256(image.data).hexdigest(),
        macs=report.macs,
        live_macs=report.live_macs,
        n_params=report.n_params,
        arena_bytes=report.arena_bytes,
        flash_bytes=report.flash_bytes,
        input=image.input,
        input_ranges=tuple(map(partial(_input_range, image), image.input_tensors)),
        output=image.output,
        inputs=image.inputs,
        outputs=image.outputs,
        sampling=sampling_of(image),
        cascade=cascade_of(image),
        pixel_map=(image.metadata.pixel_multiplier, image.metadata.pixel_offset),
        operator_codes=tuple(sorted({OperatorCode(record.code) for record in image.operators})),
        operators=report.operators,
        buffers=report.buffers,
    )


def _input_range(image: ModelImage, index: int) -> tuple[float, float]:
    """Return the range of an input's quantization; for a float32 input, that of the first operator's output."""
    tensor = image.tensor_info(index)
    if tensor.dtype == "float32":
        readers = (op.output for op in image.operators if index in op.inputs[: op.n_inputs])
        tensor = next(map(image.tensor_info, readers), tensor)
    if tensor.dtype == "float32":
        return -1.0, 1.0
    limits = np.iinfo(tensor.dtype)
    low, high = (float(tensor.scale * (int(end) - tensor.zero_point)) for end in (limits.min, limits.max))
    return low, high


def model_document(model: ModelSummary) -> ModelDocument:
    """Return a model's figures without its operators, for programs."""
    return narrowed(ModelDocument, model)


def live_bytes(model: ModelSummary, index: int) -> int:
    """Return how far the arena is filled while operator `index` runs."""
    ends = (item.offset + item.n_bytes for item in model.buffers if item.first <= index <= item.last)
    return max(ends, default=0)


def macs_text(model: ModelSummary) -> str:
    """Return a model's work in words: "7,489,664 MACs (3,741,292 live)" where passes have left less than there was."""
    live = f" ({model.live_macs:,} live)" if model.live_macs != model.macs else ""
    return f"{model.macs:,} MACs{live}"
