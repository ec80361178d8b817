"""A model file on this computer, ready to be pushed: .tflite, what holds one, or .thm."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from tinyhost.boards.project import find_shipped
from tinyhost.compiler import CompiledModel, EngineName, ModelImage, compile_tflite, image_for_tflm, image_for_tinyhost
from tinyhost.compiler.image_format import IMAGE_MAGIC, OperatorCode
from tinyhost.compiler.settings_file import SETTINGS_FILE, read_settings_file
from tinyhost.compiler.tflite_reader import read_tflite
from tinyhost.errors import ModelError, UsageError
from tinyhost.models.catalogue import MODELS
from tinyhost.models.summary import ModelSummary, summary_of
from tinyhost.models.weights import LayerWeights, layer_weights
from tinyhost.models.wrapped import label_lines, unwrapped
from tinyhost.system.reading import read_file, read_text

__all__ = ["ModelFile", "labels_beside", "load_model_file", "load_weights", "read_tflite_file"]

_MAX_FILE_BYTES = 64 * 1024 * 1024
_MAX_LABELS_BYTES = 1 << 16
_MOST_NAMED = 4
_MAGIC = IMAGE_MAGIC.to_bytes(4, "little")
_TFLITE = b"TFL3"
"""Bytes 4 to 8 of a .tflite."""


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A model, compiled, and the bytes of the .tflite that it came from; None for a .thm file."""

    path: Path
    parsed: ModelImage
    tflite: bytes | None
    compiled_plainly: Callable[[], CompiledModel] | None = field(default=None, repr=False, compare=False)
    """compiles it anew without WINOGRAD_CONV_2D"""

    @property
    def image(self) -> bytes:
        """The model image: what a board stores."""
        return self.parsed.data

    @property
    def summary(self) -> ModelSummary:
        """The model image in figures."""
        return summary_of(self.parsed)

    def image_for(self, engine: EngineName, operators: int | None = None) -> bytes:
        """Return the model image for a board with that engine. Raises UsageError if a .thm file is for the other.

        operators: that the engine has, bit OperatorCode for each. WINOGRAD_CONV_2D makes a model faster, no more: if it
        is not among them, a .tflite is compiled without it.
        """
        if self.parsed.engine == engine:
            winograd = OperatorCode.WINOGRAD_CONV_2D
            is_lacking = operators is not None and not operators >> winograd & 1
            if is_lacking and self.compiled_plainly and any(op.code == winograd for op in self.parsed.operators):
                return self.compiled_plainly().image
            return self.image
        if engine == "tinyhost":
            return image_for_tinyhost(self.parsed)
        if self.tflite is None:
            raise UsageError(
                f"{self.path}: a model image for tinyhost's engine; the board runs TensorFlow Lite Micro",
                hint="give the .tflite that it was compiled from",
            )
        return image_for_tflm(self.parsed, self.tflite)


def read_tflite_file(path: Path) -> tuple[bytes, tuple[str, ...]]:
    """Return the bytes of a .tflite, or of the one that a file holds, and the labels that came with it.

    Raises ModelError if the file cannot be read or holds none.
    """
    path = find_shipped(path)
    if path.is_dir():
        raise _no_file(path)
    data = read_file(path, max_bytes=_MAX_FILE_BYTES, error=ModelError)
    if data[:4] == _MAGIC:
        raise ModelError(f"{path}: a model image, expected a .tflite", hint="give the file that it was compiled from")
    found = None if data[4:8] == _TFLITE else unwrapped(data, where=str(path))
    labels = found.labels if found else ()
    data = found.tflite if found else data
    return data, labels or _known_labels(path, data)


def load_weights(path: Path) -> tuple[LayerWeights, ...]:
    """Return the int8 weights of each layer of a .tflite. Raises ModelError if it cannot be read, or is an image."""
    return layer_weights(read_tflite(read_tflite_file(path)[0], where=str(path)))


def load_model_file(
    path: Path,
    labels: Sequence[str] = (),
    *,
    name: str | None = None,
    passes: bool = True,
    arena_bytes: int | None = None,
    compact: bool = False,
    winograd: bool | None = None,
) -> ModelFile:
    """Return the model of a .tflite file, compiled, or of a .thm file, as it is; told apart by content.

    A .tflite may be an array of bytes in C source, or in the zip of an exporter (wrapped.py), labels with it. The
    keywords apply to a .tflite. Without `labels`, those of a labels.txt beside it (one a line) are taken, or the
    catalogue's if it knows the file. A settings.json beside it gives task, threshold and task data. The name defaults
    to the file's stem, or to its folder's name if it is called model.tflite. passes, arena_bytes, compact,
    winograd: see compile_tflite.
    Raises ModelError if a file cannot be read, and whatever compile_tflite raises.
    """
    path = find_shipped(path)
    if path.is_dir():
        raise _no_file(path)
    data = read_file(path, max_bytes=_MAX_FILE_BYTES, error=ModelError)
    if data[:4] == _MAGIC:
        return ModelFile(path=path, parsed=ModelImage.parse(data, where=str(path)), tflite=None)
    found = None if data[4:8] == _TFLITE else unwrapped(data, where=str(path))
    if found is not None:
        data = found.tflite
    beside = path.parent / SETTINGS_FILE
    task, defaults = read_settings_file(beside) if beside.exists() else (None, None)
    if defaults is not None and defaults.wake is not None and not read_tflite(data, where=str(path)).more_outputs:
        defaults = replace(defaults, wake=None)  # one network of the cascade, by itself
    compiled = partial(
        compile_tflite,
        data,
        name=name or (path.resolve().parent.name if path.stem == "model" else path.stem),
        task=task,
        labels=labels or (found.labels if found else ()) or _known_labels(path, data),
        defaults=defaults,
        passes=passes,
        arena_bytes=arena_bytes,
        compact=compact,
        where=str(path),
    )
    parsed = compiled(winograd=winograd).parsed
    return ModelFile(path=path, parsed=parsed, tflite=data, compiled_plainly=partial(compiled, winograd=False))


def _no_file(folder: Path) -> ModelError:
    """Return the error that names the models in a folder that was named in place of one."""
    inside = sorted(path for path in folder.iterdir() if path.suffix in (".tflite", ".thm"))
    models = " or ".join(map(str, inside[:_MOST_NAMED])) or "a .tflite or .thm file; the folder contains none"
    return ModelError(f"{folder}: expected a model file, got a folder", hint=f"name {models}")


def labels_beside(path: Path) -> tuple[str, ...]:
    """Return the labels of labels.txt in a model's folder; empty if there is none. Raises ModelError."""
    beside = path.parent / "labels.txt"
    return label_lines(read_text(beside, max_bytes=_MAX_LABELS_BYTES, error=ModelError)) if beside.exists() else ()


def _known_labels(path: Path, tflite: bytes) -> tuple[str, ...]:
    beside = labels_beside(path)
    if beside:
        return beside
    sha256 = hashlib.sha256(tflite).hexdigest()
    return next((entry.labels for entry in MODELS.values() if entry.sha256 == sha256), ())
