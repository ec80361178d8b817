"""A model's figures for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinyhost.compiler import TensorInfo

if TYPE_CHECKING:
    from tinyhost.models.summary import ModelSummary

__all__ = ["ModelDocument", "model_document"]


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


def model_document(model: ModelSummary) -> ModelDocument:
    """Return a model's figures, without its operators."""
    return ModelDocument(
        name=model.name,
        task=model.task,
        labels=model.labels,
        sha256=model.sha256,
        image_sha256=model.image_sha256,
        macs=model.macs,
        live_macs=model.live_macs,
        n_params=model.n_params,
        arena_bytes=model.arena_bytes,
        flash_bytes=model.flash_bytes,
        input=model.input,
        output=model.output,
    )
