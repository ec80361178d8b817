"""Other forms of a trained network beside int8: size, accuracy, whether a board runs it, rounding by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.bench.compare import compare_contents
from tinyhost.bench.compared import ComparedModel
from tinyhost.tasks.findings import Grid, Note, Part, Section, decibels, percent, within
from tinyhost.train.core.config import ClassifierConfig
from tinyhost.train.core.quantize import convert, drawn

__all__ = ["forms_section", "made_forms", "side_by_side"]

_N_JUDGED = 500
"""samples at most: the engine computes every form of them"""


def made_forms(config: ClassifierConfig, model: Any, calibration: NDArray[np.float32]) -> dict[str, bytes]:
    """Return the requested forms of a Keras model, .tflite files by name, float32 first; nothing if none."""
    if not config.quantize and config.prune is None:
        return {}
    forms = dict.fromkeys(("float32", *(form for form in config.quantize if form != "int8")))
    return {f"{form}.tflite": convert(model, form, calibration) for form in forms}


def side_by_side(
    forms: Mapping[str, bytes],
    int8: Mapping[str, bytes],
    samples: NDArray[np.float32],
    classes: NDArray[np.int64],
    seed: int,
) -> tuple[ComparedModel, ...]:
    """Return the forms and the int8 models on samples (n, ...) for testing, 500 at most; nothing without forms."""
    if not forms:
        return ()
    chosen = drawn(np.arange(len(samples)), _N_JUDGED, seed)
    real = samples[chosen].reshape(len(chosen), -1).astype(np.float64)
    return compare_contents({**forms, **int8}, real, classes[chosen])


def forms_section(models: Sequence[ComparedModel], prune: float | None) -> Section:
    """Return the table of forms, and the rounding error of each layer in each of them."""
    headings = ("form", "bytes", "zipped", "zeros", "flash, B", "arena, B", "testing", "95 % interval", "flipped")
    refused = (Note(text=f"{item.file} does not run on a board: {item.why_not}") for item in models if item.why_not)
    pruned = (
        ()
        if prune is None
        else (
            Note(
                text=f"{percent(prune)} of the weights of convolutions and dense layers were set to zero during "
                "training. The file compresses better, but the model needs as much flash and time as before: a zero "
                "weight costs the engine as much as any other"
            ),
        )
    )
    return Section(
        title="Number formats",
        note=f"The float network in several number formats, measured on at most {_N_JUDGED} samples for testing. "
        "`Flipped` counts predictions that differ from the float network's. A board runs float16 and dynamic as "
        "float32.",
        parts=(Grid(headings=headings, rows=tuple(map(_row, models))), *refused, *pruned, *_layers(models)),
    )


def _row(item: ComparedModel) -> tuple[str, ...]:
    return (
        item.file,
        f"{item.n_bytes:,}",
        f"{item.zipped_bytes:,}",
        percent(item.zero_weights),
        "no" if item.flash_bytes is None else f"{item.flash_bytes:,}",
        "" if item.arena_bytes is None else f"{item.arena_bytes:,}",
        percent(item.accuracy),
        within(item.accuracy_interval),
        "–" if item.flipped is None else f"{item.flipped:,}",
    )


def _layers(models: Sequence[ComparedModel]) -> tuple[Part, ...]:
    shown = [item for item in models if item.layers]
    rows = tuple(
        (f"{row[0].index} {row[0].name}", *(decibels(layer.sqnr_db) for layer in row))
        for row in zip(*(item.layers for item in shown), strict=True)
    )
    note = Note(
        text="Quantization error of each layer's activations as a signal-to-noise ratio: the power of the float "
        "network's activations over the power of the difference. A dash means that nothing differs. For qat, the "
        "difference includes what its weights learnt afterwards"
    )
    return (note, Grid(headings=("operator", *(item.file for item in shown)), rows=rows)) if shown else ()
