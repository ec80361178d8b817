"""JSON documents of a comparison of variants of one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyhost.bench.layer_noise import LayerNoise
from tinyhost.datasets.skipped import Skipped
from tinyhost.metrics.intervals import Interval
from tinyhost.models.forms import Form
from tinyhost.models.reference import ReferenceName

__all__ = ["ComparedModel", "Flip", "ModelCompareDocument"]


@dataclass(frozen=True, kw_only=True)
class ComparedModel:
    """One of the files."""

    file: str
    form: Form
    """by the types of weights and activations: `dynamic` has int8 weights and float activations, `int16x8` int8 weights
    and int16 activations"""
    n_bytes: int
    """of the .tflite"""
    zipped_bytes: int
    """size after DEFLATE, which shows what pruned weights save in a compressed file"""
    n_weights: int
    """constants of the layers that have weights, without biases"""
    zero_weights: float
    """share of them that is zero"""
    runs_on_board: bool
    """whether tinyhost's engine supports it"""
    why_not: str
    """the reason if it does not; otherwise empty"""
    flash_bytes: int | None
    """of the model image; null if there is none"""
    arena_bytes: int | None
    """working memory"""
    run_by: ReferenceName | None
    """the engine that ran the model on this computer: the firmware's own or another; null if none supports it, or
    without data"""
    n_right: int | None
    accuracy: float | None
    accuracy_interval: Interval | None
    """95 % (Wilson)"""
    flipped: int | None
    """predictions that differ from the first file's"""
    only_first: int | None
    """samples that only the first file classifies correctly"""
    only_this: int | None
    p: float | None
    """McNemar's exact test: the probability of so uneven counts if both are right equally often"""
    mean_difference: float | None
    """mean difference of the scores from the first file's"""
    layers: tuple[LayerNoise, ...]
    """rounding error of each layer's activations; empty without data, or if the operators differ from the first file's
    """


@dataclass(frozen=True, kw_only=True)
class Flip:
    """A sample with different predictions of a file and the first one."""

    file: str
    """the sample"""
    label: str
    model: str
    """the model's file"""
    first: str
    """prediction of the first file"""
    says: str
    """prediction of this file"""


@dataclass(frozen=True, kw_only=True)
class ModelCompareDocument:
    """`tinyhost model compare FILE... --json FILE`."""

    schema: Literal["tinyhost.model_compare/1"] = "tinyhost.model_compare/1"
    data: str | None
    """the folder; null without `--data`"""
    n: int
    """samples"""
    labels: tuple[str, ...]
    models: tuple[ComparedModel, ...]
    flips: tuple[Flip, ...]
    """at most 1,000"""
    skipped: tuple[Skipped, ...]
    """files of the data that could not be used"""
