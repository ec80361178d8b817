"""A .tflite inside something else: an array of bytes in C source, or the zip of an exporter that holds one of either.

Teachable Machine exports a zip of a .tflite and labels.txt, or of an Arduino sketch; Edge Impulse the zip of an Arduino
library. `xxd -i` and many tutorials write the array.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tinyhost.errors import ModelError

__all__ = ["WrappedModel", "label_lines", "unwrapped"]

_MAX_SOURCE_BYTES = 16 << 20
"""Largest C source: five characters for each byte of a model, which has 336 KB on a board."""
_MAX_MEMBER_BYTES = 64 << 20
_MAX_MEMBERS = 10_000
_MAX_READ_BYTES = 256 << 20
"""Largest size of all members of a zip together."""
_MODEL_SUFFIXES = (".tflite", ".lite")
_SOURCE_SUFFIXES = (".h", ".hpp", ".c", ".cc", ".cpp", ".ino")
_LABELS_FILE = "labels.txt"

_ARRAY = re.compile(r"\b(\w+)\s*\[[^\[\]{};=]{0,100}\]([^\[\]{};=]{0,200})=\s*\{([^{}\"']*)\}")
_COMMENT = re.compile(r"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)")
_IDENTIFIER = re.compile(rb"(?:0[xX]54|84)\s*,\s*(?:0[xX]46|70)\s*,\s*(?:0[xX]4[cC]|76)\s*,\s*(?:0[xX]33|51)")
"""TFL3, as an array lists it."""
_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]{1,2}|\d{1,3})")
_LABEL_NAMES = (b"ei_classifier_inferencing_categories", b"kCategoryLabels")
_LABEL_ARRAY = re.compile(
    r"\b(?:ei_classifier_inferencing_categories\w*|kCategoryLabels)\s*\[[^\[\]]{0,100}\]\s*=\s*\{([^{}]*)\}"
)
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_NUMBERED = re.compile(r"(\d+)[ :\t]+(.*)")
_EON = "if it is an Edge Impulse library, export it with the EON compiler off, or download the int8 .tflite there"
_FROM_KERAS = "convert it with tf.lite.TFLiteConverter.from_keras_model, as in docs/guides/keras.md"
_FROM_TORCH = "convert it to .tflite, with litert-torch or onnx2tf"
_HEADS = (
    (re.compile(rb"\Z"), "an empty file", "convert or download the model again"),
    (re.compile(rb"\x89HDF"), "a Keras model in HDF5", _FROM_KERAS),
    (re.compile(rb"\x08.\x12", re.DOTALL), "an ONNX model", _FROM_TORCH),
    (re.compile(rb"\x1f\x8b"), "packed with gzip", "unpack it, and name the .tflite"),
    (re.compile(rb"version https://git-lfs"), "a pointer of Git LFS", "run git lfs pull"),
    (re.compile(rb"\s*<(?:!doctype |html)", re.IGNORECASE), "a page of HTML", "download the model file itself"),
)
"""How files begin that people take for a .tflite, what they are, and the way to one."""
_MEMBERS = {
    "model.weights.h5": ("a Keras model", _FROM_KERAS),
    "saved_model.pb": ("a SavedModel", "unpack it, and convert it with tf.lite.TFLiteConverter.from_saved_model"),
    "data.pkl": ("a PyTorch model", _FROM_TORCH),
}
"""Names in a zip, likewise."""


@dataclass(frozen=True, kw_only=True)
class WrappedModel:
    """A .tflite found in a file, and the labels beside it, if there are any."""

    tflite: bytes
    labels: tuple[str, ...] = ()


def unwrapped(data: bytes, *, where: str) -> WrappedModel | None:
    """Return the .tflite in a file's bytes; None if they are neither a zip nor text with an array.

    Raises ModelError for a zip that cannot be read, or that holds no model, or several, and for another format.
    """
    if data[:4] == b"PK\x03\x04":
        return _of_zip(data, where)
    for head, what, way_out in _HEADS:
        if head.match(data):
            raise ModelError(f"{where}: {what}, expected a .tflite", hint=way_out)
    models = _arrays(data)
    return None if not models else WrappedModel(tflite=_only(models, where), labels=_source_labels(data))


def label_lines(text: str) -> tuple[str, ...]:
    """Return the labels of a labels.txt, one a line; Teachable Machine numbers them: "0 yes", "1 no"."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if all(found is not None and int(found[1]) == i for i, found in enumerate(numbered)):
        return tuple(found[2].strip() for found in numbered if found is not None)
    return tuple(lines)


def _of_zip(data: bytes, where: str) -> WrappedModel:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as zipped:
            members = dict(_members(zipped, where))
            names = {PurePosixPath(name).name for name in zipped.namelist()}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise ModelError(f"{where}: a damaged zip: {error}", hint="download it again") from error
    models: dict[str, bytes] = {}
    labels: tuple[str, ...] = ()
    for name, content in members.items():
        path = PurePosixPath(name.lower())
        if path.suffix in _MODEL_SUFFIXES:
            models[name] = content
        elif path.name == _LABELS_FILE:
            labels = label_lines(content.decode("utf-8", "replace"))
        else:
            models |= {f"{name}: {array}": tflite for array, tflite in _arrays(content).items()}
            labels = labels or _source_labels(content)
    for name, (what, way_out) in _MEMBERS.items():
        if not models and name in names:
            raise ModelError(f"{where}: {what}, expected a .tflite", hint=way_out)
    if not models:
        raise ModelError(f"{where}: a zip without a .tflite, or an array of one in C source", hint=_EON)
    return WrappedModel(tflite=_only(models, where), labels=labels)


def _members(zipped: zipfile.ZipFile, where: str) -> Iterator[tuple[str, bytes]]:
    """Yield what may be a model, or labels, and its bytes."""
    infos = zipped.infolist()
    if len(infos) > _MAX_MEMBERS:
        raise ModelError(f"{where}: expected at most {_MAX_MEMBERS} files in the zip, got {len(infos)}")
    n_read = 0
    for info in infos:
        path = PurePosixPath(info.filename.lower())
        wanted = path.suffix in (*_MODEL_SUFFIXES, *_SOURCE_SUFFIXES) or path.name == _LABELS_FILE
        if not wanted or path.name.startswith("._") or info.is_dir():
            continue
        limit = _MAX_SOURCE_BYTES if path.suffix in _SOURCE_SUFFIXES else _MAX_MEMBER_BYTES
        with zipped.open(info) as file:
            content = file.read(limit + 1)
        n_read += len(content)
        if len(content) > limit or n_read > _MAX_READ_BYTES:
            raise ModelError(
                f"{where}: {info.filename!r}: expected at most {limit} B", hint="unpack it, name the model"
            )
        yield info.filename, content


def _only(models: Mapping[str, bytes], where: str) -> bytes:
    """Return the one model that there is under any name."""
    if len(set(models.values())) > 1:
        names = ", ".join(sorted(models)[:5])
        raise ModelError(f"{where}: holds {len(models)} models: {names}", hint="unpack it, and name one of them")
    return next(iter(models.values()))


def _arrays(source: bytes) -> dict[str, bytes]:
    """Return the arrays of C source that are .tflite files, by their names."""
    if len(source) > _MAX_SOURCE_BYTES or _IDENTIFIER.search(source) is None:
        return {}
    found = {}
    for name, _, body in _ARRAY.findall(_COMMENT.sub(" ", source.decode("latin-1"))):
        values = _bytes_of(body)
        if values is not None and values[4:8] == b"TFL3":
            found[str(name)] = values
    return found


def _bytes_of(body: str) -> bytes | None:
    """Return the bytes that an array's initializer lists; None if it lists anything else."""
    items = [item.strip() for item in body.split(",")]
    if items and not items[-1]:
        items.pop()
    if not all(_NUMBER.fullmatch(item) for item in items):
        return None
    numbers = [int(item, 16 if "x" in item.lower() else 10) for item in items]
    if not all(-128 <= number <= 255 for number in numbers):
        return None
    return bytes(number & 0xFF for number in numbers)


def _source_labels(source: bytes) -> tuple[str, ...]:
    """Return the labels that an exporter's C source lists."""
    if len(source) > _MAX_SOURCE_BYTES or not any(name in source for name in _LABEL_NAMES):
        return ()
    found = _LABEL_ARRAY.search(_COMMENT.sub(" ", source.decode("utf-8", "replace")))
    return () if found is None else tuple(_STRING.findall(found[1]))
