"""A model file on this computer, ready to be pushed: .tflite, or .thm."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyhost.compiler import CompiledModel, EngineName, ModelImage, image_for_tflm, image_for_tinyhost, load_model
from tinyhost.compiler.image import image_engine
from tinyhost.compiler.settings_file import SETTINGS_FILE, read_settings_file
from tinyhost.errors import ModelError, UsageError
from tinyhost.models.catalogue import MODELS

__all__ = ["ModelFile", "load_model_file"]


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A model, compiled, and the bytes of the .tflite that it came from; None for a .thm file."""

    path: Path
    compiled: CompiledModel
    tflite: bytes | None

    @property
    def image(self) -> bytes:
        """The model image: what a board stores."""
        return self.compiled.image

    def image_for(self, engine: EngineName) -> bytes:
        """Return the model image for a board with that engine. Raises UsageError if a .thm file is for the other."""
        if image_engine(self.image) == engine:
            return self.image
        image = ModelImage.parse(self.image, where=str(self.path))
        if engine == "tinyhost":
            return image_for_tinyhost(image)
        if self.tflite is None:
            raise UsageError(
                f"{self.path}: a model image for tinyhost's engine; the board runs TensorFlow Lite Micro",
                hint="give the .tflite that it was compiled from",
            )
        return image_for_tflm(image, self.tflite)


def load_model_file(
    path: Path, labels: Sequence[str] = (), *, name: str | None = None, passes: bool = True
) -> ModelFile:
    """Return the model of a .tflite or .thm file; passes: see compile_tflite.

    Without `labels`, those of a labels.txt beside the .tflite (one a line) are taken, or the catalogue's if it knows
    the file. A settings.json beside it gives task, threshold and task data. The name defaults to the file's stem, or to
    its folder's name if it is called model.tflite. Raises ModelError and whatever the compiler raises.
    """
    if name is None and path.stem == "model":
        name = path.resolve().parent.name
    beside = path.parent / SETTINGS_FILE
    task, defaults = read_settings_file(beside) if path.is_file() and beside.is_file() else (None, None)
    compiled = load_model(
        path, name=name, task=task, labels=labels or _known_labels(path), defaults=defaults, passes=passes
    )
    data = path.read_bytes()
    return ModelFile(path=path, compiled=compiled, tflite=None if data == compiled.image else data)


def _known_labels(path: Path) -> tuple[str, ...]:
    beside = path.parent / "labels.txt"
    if beside.is_file():
        try:
            lines = beside.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise ModelError(
                f"{beside}: byte {error.start + 1} is no UTF-8", hint="write one label a line, or give --labels"
            ) from error
        return tuple(line.strip() for line in lines if line.strip())
    if not path.is_file():
        return ()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return next((entry.labels for entry in MODELS.values() if entry.sha256 == sha256), ())
