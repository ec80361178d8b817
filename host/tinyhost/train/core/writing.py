"""The files of a training: labels, settings, figures, model card, report and models."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from tinyhost.compiler.image import ModelImage
from tinyhost.compiler.settings_file import SETTINGS_FILE, settings_text
from tinyhost.system.documents import to_json
from tinyhost.system.durable import write_atomically
from tinyhost.train.core.card import card
from tinyhost.train.core.outcome import Outcome, RunFiles

__all__ = ["write_run"]

_PACKAGES = ("tensorflow", "keras", "tensorflow-model-optimization", "tf-keras", "numpy", "opencv-python-headless")


def write_run(
    folder: Path, outcome: Outcome, *, report: str, report_file: Path | None = None, name: str | None = None
) -> RunFiles:
    """Write the results of a training, each file in one step; return where they are.

    report: the page; report_file: where it goes, by default report.html in the folder. name: of the model on the board,
    by default the folder's. The model comes last, so that a folder with a model has everything.
    """
    name = name or folder.resolve().name
    image = outcome.image(name)
    files = RunFiles(
        model=folder / "model.tflite",
        image=folder / "model.thm",
        card=folder / "card.md",
        metrics=folder / "metrics.json",
        report=report_file or folder / "report.html",
    )
    if outcome.labels:
        _write(folder / "labels.txt", "".join(f"{label}\n" for label in outcome.labels))
    _write(folder / SETTINGS_FILE, settings_text(outcome.defaults, outcome.task))
    _write(files.metrics, json.dumps(_metrics(outcome, image), indent=2) + "\n")
    _write(files.card, card(outcome))
    _write(files.report, report)
    for file_name, content in outcome.other_models(name).items():
        _write(folder / file_name, content)
    _write(files.image, image)
    _write(files.model, outcome.tflite)
    return files


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content.encode() if isinstance(content, str) else content)


def _metrics(outcome: Outcome, image: bytes) -> dict[str, Any]:
    """Return what metrics.json holds; its keys are stable."""
    tensor = ModelImage.parse(image).input
    values = {
        "task": outcome.task.name.lower(),
        "model": {
            "sha256": hashlib.sha256(outcome.tflite).hexdigest(),
            "bytes": len(outcome.tflite),
            "image_bytes": len(image),
            "n_parameters": outcome.n_parameters,
            **outcome.model_figures(),
            "input": {"shape": tensor.shape, "dtype": tensor.dtype, "meaning": outcome.input_meaning},
        },
        **outcome.figures(),
        "skipped": outcome.skipped,
        "failure": outcome.failure(),
        "hints": outcome.hints(),
        "learning_curve": outcome.curve,
        "sweep": outcome.sweep,
        "history": outcome.history,
        "duration_s": round(outcome.duration_s, 1),
        "config": {**to_json(outcome.config), **outcome.resolved()},
        "command": outcome.config.command,
        "versions": {"python": platform.python_version()} | {package: _version(package) for package in _PACKAGES},
    }
    return dict(to_json(values))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
