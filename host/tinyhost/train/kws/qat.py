"""Quantization-aware training of a keyword network, in a process of its own.

It needs TensorFlow's model-optimization toolkit, which knows Keras 2 only; a process can hold one Keras.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinyhost.errors import MissingToolError, ModelError
from tinyhost.train.core.progress import Report, TrainProgress
from tinyhost.train.kws.config import Architecture

__all__ = ["QatJob", "job_of", "load_weights", "quantization_aware"]

_NEEDED = ("tensorflow_model_optimization", "tf_keras")


@dataclass(frozen=True, kw_only=True)
class QatJob:
    """What the process is told; paths are text, for it travels as JSON."""

    arch: Architecture
    width: int
    n_classes: int
    dropout: float
    rounds: tuple[str, ...]
    batch_size: int
    seed: int
    n_epochs: int
    learning_rate: float
    label_smoothing: float
    weights: str
    """.npz of the float network: layer/index"""
    out: str
    """.tflite to be written"""


def quantization_aware(model: Any, job: QatJob, report: Report) -> bytes:
    """Return a float model trained on with int8 rounding in the loop, as an int8 .tflite of batch size 1.

    Raises MissingToolError without the toolkit, ModelError if the process fails.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingToolError(
            f"quantization-aware training needs {', '.join(missing)}, which is not installed",
            hint="pip install 'tinyhost[train]', or train without it: --quantization ptq",
        )
    weights = {
        f"{layer.name}/{index}": value for layer in model.layers for index, value in enumerate(layer.get_weights())
    }
    np.savez(job.weights, **weights)
    _run(job, report)
    return Path(job.out).read_bytes()


def _run(job: QatJob, report: Report) -> None:
    environment = {**os.environ, "TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "tinyhost.train.kws.qat_worker", json.dumps(asdict(job))]
    log = Path(job.out).with_suffix(".log")
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            report(TrainProgress(**json.loads(line)))
    if process.returncode != 0:
        last = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no output"])[-1]
        raise ModelError(
            f"quantization-aware training: exit code {process.returncode}: {last[:300]}", hint=f"all of it: {log}"
        )


def load_weights(path: Path) -> dict[str, list[Any]]:
    """Return each layer's weights, as `quantization_aware` wrote them."""
    layers: dict[str, list[Any]] = {}
    with np.load(path) as stored:
        for name in sorted(stored.files, key=_layer_and_index):
            layers.setdefault(name.rpartition("/")[0], []).append(stored[name])
    return layers


def _layer_and_index(name: str) -> tuple[str, int]:
    layer, _, index = name.rpartition("/")
    return layer, int(index)


def job_of(text: str) -> QatJob:
    """Return the job in the JSON that the process is started with."""
    values = json.loads(text)
    rounds: Sequence[str] = values.pop("rounds")
    return QatJob(**values, rounds=tuple(rounds))
