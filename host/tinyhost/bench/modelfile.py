"""A model file on this computer, ready to be pushed: .tflite, or .thm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyhost.compiler import load_model

__all__ = ["ModelFile", "load_model_file"]


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A model, compiled, and the .tflite that it came from; None for a .thm file."""

    path: Path
    image: bytes
    tflite: bytes | None


def load_model_file(path: Path, labels: Sequence[str] = (), *, name: str | None = None) -> ModelFile:
    """Return the model of a .tflite or .thm file.

    Without `labels`, a labels.txt beside the .tflite (one label per line) names them. The name defaults to the file's
    stem, or to its folder's name if the file is called model.tflite. Raises ModelError and what the compiler raises.
    """
    if name is None and path.stem == "model":
        name = path.resolve().parent.name
    beside = path.with_name("labels.txt")
    if not labels and beside.is_file():
        labels = [line.strip() for line in beside.read_text(encoding="utf-8").splitlines() if line.strip()]
    image = load_model(path, name=name, labels=labels).image
    data = path.read_bytes()
    return ModelFile(path=path, image=image, tflite=None if data == image else data)
