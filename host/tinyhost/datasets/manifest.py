"""The manifest of a data set: one JSON line for each sample, appended and synced after the sample's file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

from tinyhost.errors import DatasetError
from tinyhost.system.durable import write_atomically
from tinyhost.system.json_reading import JsonObject, parse_json
from tinyhost.system.reading import read_file

__all__ = ["MANIFEST_NAME", "Sample", "append_sample", "read_manifest", "repair_manifest", "write_manifest"]

MANIFEST_NAME = "manifest.jsonl"
_MAX_BYTES = 1 << 30
_LARGEST = 2**64
_HINT = "fix or delete this line; the samples themselves are untouched"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One line of the manifest."""

    file: str
    """path below the data set's folder, with forward slashes"""
    sha256: str
    """of the file, hex"""
    label: str
    time: str
    """when the file was written, UTC, ISO 8601"""
    sensor: str = ""
    """camera; empty for a file that was found without a line"""
    board: str = ""
    """native, m4, nano33emu, nano33ble"""
    device: str = ""
    """unique id of the one board"""
    app: str = ""
    firmware_version: str = ""
    build_id: str = ""
    settings: Mapping[str, int] = field(default_factory=dict)
    """the device's settings at the start of the run"""
    scene: str = ""
    """the scene of a virtual board's camera"""
    scene_item: str = ""
    """the scene's picture before the camera, if known"""
    note: str = ""
    frame_index: int = -1
    """the device's count of captures; -1 if unknown"""
    dropped: int = -1
    """captures that failed on the device since its start; -1 if unknown"""
    timestamp_us: int = -1
    """of the device's clock; -1 if unknown"""
    width: int = 0
    height: int = 0
    """of a picture, in pixels"""
    sample_rate_hz: float = 0.0
    n_samples: int = 0
    n_channels: int = 0
    """of a clip or another recording; n_samples is that of each channel"""
    speaker: str = ""
    """the speaker of a clip, as in its file's name"""
    subject: str = ""
    """the person that it is of: a pseudonym"""
    consent: str = ""
    """identifier of the record in consents.jsonl"""
    purpose: str = ""
    """the permitted purpose"""
    retain_until: str = ""
    """the last day on which it may be kept, ISO 8601"""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """attributes from the source of an import: licence, author, age, machine"""
    issues: Sequence[str] = ()
    """its faults, in words: a picture is dark, black, torn; a sensor was stuck, saturated"""
    adopted: bool = False
    """the file was there without a line; all that is known comes from the file"""

    def to_line(self) -> str:
        """Return the sample as one line of JSON, newline included."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(", ", ": ")) + "\n"

    @classmethod
    def from_line(cls, line: bytes, where: str) -> Sample:
        """Return the sample of one line; keys that this version does not know are left out.

        Raises DatasetError, which names `where`, if the line is no sample.
        """
        values = parse_json(line, where, error=DatasetError, hint=_HINT)
        found = JsonObject.of(values, where, error=DatasetError, hint=_HINT)
        found.check_keys(("file", "sha256", "label", "time"), found.values)
        known = (item for item in fields(cls) if item.name in found)
        sample = cls(**{item.name: _READ[str(item.type)](found, item.name) for item in known})
        if PurePosixPath(sample.file).is_absolute() or ".." in PurePosixPath(sample.file).parts:
            raise found.wrong("file", "a path below the data set's folder")
        return sample


def _settings(found: JsonObject, key: str) -> dict[str, int]:
    inner = found.object(key)
    return {name: inner.integer(name, -_LARGEST, _LARGEST) for name in inner.values}


def _attributes(found: JsonObject, key: str) -> dict[str, str]:
    inner = found.object(key)
    return {name: inner.text(name) for name in inner.values}


def _texts(found: JsonObject, key: str) -> tuple[str, ...]:
    value = found.values[key]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise found.wrong(key, "a list of texts")
    return tuple(value)


_READ: dict[str, Callable[[JsonObject, str], Any]] = {
    "str": JsonObject.text,
    "bool": JsonObject.flag,
    "int": lambda found, key: found.integer(key, -_LARGEST, _LARGEST),
    "float": lambda found, key: found.number(key, 0.0, 1e9),
    "Mapping[str, int]": _settings,
    "Mapping[str, str]": _attributes,
    "Sequence[str]": _texts,
}
"""The reader of a sample's field, by its type"""


def read_manifest(root: Path) -> list[Sample]:
    """Return all samples of a data set, in the order of capture; empty if it has no manifest.

    Raises DatasetError with the line's number if a line is damaged.
    """
    path = root / MANIFEST_NAME
    if not path.exists():
        return []
    samples = []
    for number, line in enumerate(read_file(path, max_bytes=_MAX_BYTES).split(b"\n"), 1):
        if line.strip():
            samples.append(Sample.from_line(line, f"{path}:{number}"))
    return samples


def repair_manifest(root: Path) -> bool:
    """Return whether the manifest ended in a torn line, which is then cut off.

    A line is torn when power or the process went while it was being appended: it has no newline at its end.
    """
    path = root / MANIFEST_NAME
    if not path.exists():
        return False
    data = read_file(path, max_bytes=_MAX_BYTES)
    if not data or data.endswith(b"\n"):
        return False
    with path.open("r+b") as file:
        file.truncate(data.rfind(b"\n") + 1)
        os.fsync(file.fileno())
    return True


def write_manifest(root: Path, samples: Sequence[Sample]) -> None:
    """Write a whole manifest in one step, for a set that is made at once."""
    write_atomically(root / MANIFEST_NAME, "".join(sample.to_line() for sample in samples).encode("utf-8"))


def append_sample(root: Path, sample: Sample) -> None:
    """Append one line and wait until it is on disk."""
    with (root / MANIFEST_NAME).open("ab") as file:
        file.write(sample.to_line().encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
