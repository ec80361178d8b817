"""A data set as it grows: data/<set>/<label>/*.png, and a manifest line for each picture.

A picture is written under another name, synced and renamed; its manifest line follows. Whatever kills the process,
every `*.png` is whole, and the next run adopts a picture whose line is missing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray

from tinyhost.boards.scenes import decode_picture
from tinyhost.datasets.manifest import Sample, append_sample, read_manifest, repair_manifest
from tinyhost.errors import DatasetError

__all__ = ["DatasetStore", "Origin", "Recovery", "validate_label"]

_LABEL = re.compile(r"\w[\w .+-]*", re.ASCII)
_MAX_LABEL_BYTES = 31
_NUMBERED = re.compile(r"(\d{6,})\.png")
_TEMPORARY = ".part"


def validate_label(label: str) -> str:
    """Return the label if it is safe as a folder's name and fits a model image; raises DatasetError otherwise."""
    good = _LABEL.fullmatch(label) and ".." not in label and not label.endswith((" ", "."))
    if not good or len(label) > _MAX_LABEL_BYTES:
        raise DatasetError(
            f"label {label!r}: expected 1 to {_MAX_LABEL_BYTES} letters, digits, spaces or . _ + -, "
            "beginning with a letter, a digit or _, without '..'",
            hint="choose a plain word such as person or no_person",
        )
    return label


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the samples of one run come from."""

    sensor: str
    board: str
    device: str
    app: str
    firmware_version: str
    build_id: str
    settings: Mapping[str, int] = field(default_factory=dict)
    scene: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What opening a data set found and put right."""

    torn_line: bool = False
    """the manifest's last line was cut off"""
    temporaries: int = 0
    """unfinished files that were removed"""
    adopted: tuple[str, ...] = ()
    """pictures without a line, which have one now"""
    unreadable: tuple[str, ...] = ()
    """pictures without a line that do not decode; left as they are"""
    missing: tuple[str, ...] = ()
    """files that a line names and that are gone"""


class DatasetStore:
    """One data set, held by one process: use as a context manager."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.recovery = Recovery()
        self._lock: IO[bytes] | None = None
        self._counts: Counter[str] = Counter()
        self._next: dict[str, int] = {}

    def __enter__(self) -> DatasetStore:
        """Make the folder, lock it, mend what an earlier run left; raises DatasetError if another process writes it."""
        if self.root.exists() and not self.root.is_dir():
            raise DatasetError(f"{self.root}: not a folder", hint="name a folder for the data set")
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.root / ".lock").open("wb")
        except OSError as error:
            raise _unwritable(self.root, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise DatasetError(
                f"{self.root}: another process is capturing into it", hint="wait for it, or use another --set"
            ) from error
        self._lock = lock
        try:
            self.recovery = self._recover()
        except OSError as error:
            self._unlock()
            raise _unwritable(self.root, error) from error
        except BaseException:
            self._unlock()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def counts(self) -> dict[str, int]:
        """Return the number of samples per label, sorted by label."""
        return dict(sorted(self._counts.items()))

    def add(
        self,
        pixels: NDArray[np.uint8],
        label: str,
        origin: Origin,
        *,
        frame_index: int,
        dropped: int,
        timestamp_us: int,
        scene_item: str = "",
    ) -> Sample:
        """Store one picture and its manifest line; return the line.

        pixels: (height, width) grey levels. When this returns both are on disk. Raises DatasetError if they cannot be
        written; the set is valid all the same.
        """
        validate_label(label)
        number = self._next_number(label)
        file = f"{label}/{number:06d}.png"
        data = _encode_png(pixels)
        sample = Sample(
            file=file,
            sha256=hashlib.sha256(data).hexdigest(),
            label=label,
            time=_now(),
            sensor=origin.sensor,
            board=origin.board,
            device=origin.device,
            app=origin.app,
            firmware_version=origin.firmware_version,
            build_id=origin.build_id,
            settings=dict(origin.settings),
            scene=origin.scene,
            scene_item=scene_item,
            note=origin.note,
            frame_index=frame_index,
            dropped=dropped,
            timestamp_us=timestamp_us,
            width=pixels.shape[1],
            height=pixels.shape[0],
        )
        try:
            _write_atomically(self.root / file, data)
            append_sample(self.root, sample)
        except OSError as error:
            raise _unwritable(self.root, error) from error
        self._counts[label] += 1
        self._next[label] = number + 1
        return sample

    def _next_number(self, label: str) -> int:
        if label not in self._next:
            names = (_NUMBERED.fullmatch(path.name) for path in (self.root / label).glob("*.png"))
            self._next[label] = max((int(match[1]) for match in names if match), default=0) + 1
        return self._next[label]

    def _recover(self) -> Recovery:
        torn = repair_manifest(self.root)
        temporaries = list(self.root.glob(f"*/.*{_TEMPORARY}"))
        for path in temporaries:
            path.unlink()
        samples = read_manifest(self.root)
        listed = {sample.file for sample in samples}
        orphans = sorted(
            file for path in self.root.glob("*/*.png") if (file := f"{path.parent.name}/{path.name}") not in listed
        )
        adopted, unreadable = [], []
        for file in orphans:
            sample = _adopt(self.root, file)
            if sample is None:
                unreadable.append(file)
                continue
            append_sample(self.root, sample)
            samples.append(sample)
            adopted.append(file)
        present = [sample for sample in samples if (self.root / sample.file).exists()]
        self._counts = Counter(sample.label for sample in present)
        return Recovery(
            torn_line=torn,
            temporaries=len(temporaries),
            adopted=tuple(adopted),
            unreadable=tuple(unreadable),
            missing=tuple(sample.file for sample in samples if not (self.root / sample.file).exists()),
        )


def _adopt(root: Path, file: str) -> Sample | None:
    """Return the line for a picture that has none, or None if it is no picture."""
    data = (root / file).read_bytes()
    pixels = decode_picture(data)
    if pixels is None:
        return None
    modified = datetime.fromtimestamp((root / file).stat().st_mtime, timezone.utc)
    return Sample(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        label=file.split("/", 1)[0],
        time=modified.isoformat(timespec="milliseconds"),
        width=pixels.shape[1],
        height=pixels.shape[0],
        adopted=True,
    )


def _unwritable(root: Path, error: OSError) -> DatasetError:
    where = error.filename or root
    hint = "what was captured before is valid; make room or mend the folder, then the same command goes on"
    return DatasetError(f"{where}: cannot be written: {error.strerror}", hint=hint)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _encode_png(pixels: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".png", pixels)
    if not done:
        raise DatasetError(
            f"a picture of shape {pixels.shape} cannot be written as PNG", hint="expected (height, width)"
        )
    return data.tobytes()


def _write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that under its name there is all of it or nothing, also after a power loss."""
    if not path.parent.exists():
        path.parent.mkdir()
        _sync_folder(path.parent.parent)
    part = path.parent / f".{path.name}{_TEMPORARY}"
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
