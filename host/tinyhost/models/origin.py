"""The model that a file was made of: compiled from, or adapted from."""

from __future__ import annotations

from pathlib import Path

from tinyhost.compiler.image import ModelImage
from tinyhost.errors import ModelError
from tinyhost.system.json_reading import read_json
from tinyhost.system.reading import read_file

__all__ = ["NOTE_SUFFIX", "adapted_from", "origin_of"]

NOTE_SUFFIX = ".note.json"
"""Of what `model adapt` writes beside a model."""
_MAX_MODEL_BYTES, _MAX_NOTE_BYTES = 1 << 28, 1 << 24
_HINT = "it is written by tinyhost model adapt; delete it if it is of no use"


def origin_of(path: Path) -> str | None:
    """Return the SHA-256 of the .tflite that a model was made of, in hex; None if it is not known."""
    if path.suffix != ".thm":
        return adapted_from(path)
    try:
        return ModelImage.parse(read_file(path, max_bytes=_MAX_MODEL_BYTES, error=ModelError)).sha256
    except ModelError:  # it is no model
        return None


def adapted_from(path: Path) -> str | None:
    """Return the SHA-256 of the .tflite that a model was adapted from, in hex, by the note beside it; None without."""
    note = path.with_suffix(NOTE_SUFFIX)
    if not note.is_file():
        return None
    try:
        return read_json(note, max_bytes=_MAX_NOTE_BYTES, error=ModelError, hint=_HINT).text("source_sha256")
    except ModelError:  # another program's
        return None
