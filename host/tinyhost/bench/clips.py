"""How right the device is about labelled clips of speech."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tinyhost.audio.features import FrontendConfig, features
from tinyhost.audio.keywords import UNKNOWN
from tinyhost.audio.speakers import Part
from tinyhost.bench.accuracy import measure_accuracy, real_values
from tinyhost.bench.result import Accuracy, HostAnswers, KeywordRates
from tinyhost.compiler import ModelImage
from tinyhost.compiler.image_format import KwsParams
from tinyhost.datasets.clips import LabelledClip, load_clip_folder
from tinyhost.datasets.speech_commands import Shares, part_of_clips
from tinyhost.errors import DatasetError, ModelError, UsageError
from tinyhost.metrics.keywords import keyword_curve, keyword_point
from tinyhost.models.reference import HostReference
from tinyhost.models.summary import ModelSummary

if TYPE_CHECKING:
    from tinyhost.device import Device

__all__ = ["ClipsToHear", "keyword_params", "load_clips", "measure_clips"]

_MICRO_SPEECH = KwsParams(
    sample_rate_hz=16_000,
    window_ms=30,
    stride_ms=20,
    n_channels=40,
    n_strides=49,
    average_ms=1000,
    suppression_ms=1500,
    n_silent_labels=2,
    min_results=3,
    period_ms=0,
)
_MICRO_SPEECH_THRESHOLD = 73
"""What the firmware takes a model without task data for: firmware/lib/kws/include/kws/params.h."""


@dataclass(frozen=True, kw_only=True)
class ClipsToHear:
    """Clips with labels that the model has."""

    root: Path
    clips: tuple[LabelledClip, ...]

    def __iter__(self) -> Iterator[LabelledClip]:
        return iter(self.clips)

    def __len__(self) -> int:
        return len(self.clips)


def keyword_params(image: bytes) -> KwsParams:
    """Return the task data of a keyword model's image, or what the firmware takes a model without any for."""
    data = ModelImage.parse(image).task_data
    if not data:
        return _MICRO_SPEECH
    try:
        return KwsParams.unpack(data)
    except struct.error as error:
        raise ModelError(f"task data: expected {KwsParams.SIZE} bytes of KwsParams, got {len(data)}") from error


def _threshold_units(image: bytes) -> int:
    """Return the averaged score from which on the app detects a word, in the output's units."""
    parsed = ModelImage.parse(image)
    return parsed.metadata.threshold if parsed.task_data else _MICRO_SPEECH_THRESHOLD


def load_clips(path: Path, labels: Sequence[str], part: Part | None = None) -> ClipsToHear:
    """Return the clips of a folder of class folders; other words are `unknown` if the model has that label.

    part: only that part of the split that training makes. Raises DatasetError if a label is none of the model's.
    """
    if not labels:
        raise UsageError(
            "the model has no labels, so its answers cannot be compared with a folder's",
            hint="name them in the order of the outputs: --labels silence,unknown,yes,no",
        )
    folder = load_clip_folder(path)
    strange = [label for label in folder.labels if label not in labels]
    if strange and UNKNOWN not in labels:
        raise DatasetError(
            f"{path}: the model knows no label {', '.join(strange)}; it has {', '.join(labels)}",
            hint="rename the folder, or push a model with these labels",
        )
    _, sides = part_of_clips(folder, Shares())
    clips = [
        clip if clip.label in labels else replace(clip, label=UNKNOWN)
        for clip, side in zip(folder.clips, sides, strict=True)
        if part in (None, side)
    ]
    if not clips:
        raise DatasetError(f"{path}: no clips for {part}", hint="leave --part out")
    return ClipsToHear(root=path, clips=tuple(clips))


def measure_clips(
    device: Device,
    model: ModelSummary,
    image: bytes,
    labels: Sequence[str],
    clips: ClipsToHear,
    *,
    on_sample: Callable[[int], None] = lambda done: None,
) -> Accuracy:
    """Return what the device says to every clip, whether this computer says the same, and the keyword's error rates."""
    accuracy = measure_accuracy(device, model, labels, clips, on_sample=on_sample)
    params = keyword_params(image)
    scores = np.array([sample.scores for sample in accuracy.samples])
    classes = np.array([labels.index(sample.label) for sample in accuracy.samples])
    output = model.output
    threshold = (_threshold_units(image) - output.zero_point) * output.scale
    rates = KeywordRates(
        n_silent=params.n_silent_labels,
        point=keyword_point(scores, classes, params.n_silent_labels, threshold),
        curve=keyword_curve(scores, classes, params.n_silent_labels),
    )
    return replace(accuracy, kind="clips", keywords=rates, host=_host_answers(model, image, params, clips, accuracy))


def _host_answers(
    model: ModelSummary, image: bytes, params: KwsParams, clips: ClipsToHear, accuracy: Accuracy
) -> HostAnswers:
    """Return on how many clips the firmware's frontend and engine, on this computer, say anything else."""
    config = FrontendConfig(
        sample_rate_hz=params.sample_rate_hz,
        window_ms=params.window_ms,
        stride_ms=params.stride_ms,
        n_channels=params.n_channels,
    )
    engine = HostReference(image)
    mismatches = 0
    for clip, answer in zip(clips, accuracy.samples, strict=True):
        heard = features(clip.read(), config)[-params.n_strides :]
        mismatches += _real_scores(engine.run(heard.tobytes()), model) != answer.scores
    return HostAnswers(compared=len(clips), mismatches=mismatches)


def _real_scores(output: bytes, model: ModelSummary) -> tuple[float, ...]:
    """Return an output's real values, as `SampleResult` has them."""
    return tuple(float(score) for score in real_values(output, model.output))
