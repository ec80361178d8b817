"""A data set as it grows: data/<set>/<label>/*.png or *.wav, and a manifest line for each picture or clip.

A file is written under another name, synced and renamed; its manifest line follows. Whatever kills the process,
every `*.png` and `*.wav` is whole, and the next run adds the line of a file that has none.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.speakers import SPEAKER_MARK, speaker_id
from tinyhost.audio.wav import wav_bytes
from tinyhost.datasets.manifest import Sample, append_sample, read_manifest, repair_manifest
from tinyhost.datasets.origin import Origin
from tinyhost.datasets.unlisted import SAMPLE_SUFFIXES, describe_unlisted
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import motion_csv
from tinyhost.motion.recording import find_issues
from tinyhost.protocol.labels import MAX_LABEL_BYTES, folder_fault, normal_label
from tinyhost.system.durable import TEMPORARY_SUFFIX, write_atomically
from tinyhost.system.folders import is_hidden
from tinyhost.system.locks import FileLock

__all__ = ["BACKGROUND_LABEL", "DatasetStore", "Recovery", "encode_png", "validate_label"]

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_UP = 2  # a row's filter: what each pixel is more than the one above it. Source: the PNG specification, 9.2

BACKGROUND_LABEL = "_background_noise_"
"""The folder of long noises in the layout of Speech Commands."""


def validate_label(label: str, what: str = "label") -> str:
    """Return the label, composed (NFC), if it is safe as a folder's name and fits a model image; else DatasetError.

    what: which name it is, for the error.
    """
    label = normal_label(label)
    if fault := folder_fault(label):
        raise DatasetError(
            f"{what} {label!r}: {fault}",
            hint=f"choose a plain word of at most {MAX_LABEL_BYTES} bytes, such as person, sí or да",
        )
    return label


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """What opening a data set found and put right."""

    torn_line: bool = False
    """the manifest's last line was cut off"""
    temporaries: int = 0
    """unfinished files that were removed"""
    adopted: tuple[str, ...] = ()
    """samples without a line in the manifest, which have one now"""
    unreadable: tuple[str, ...] = ()
    """samples without a line in the manifest that do not decode; left as they are"""
    missing: tuple[str, ...] = ()
    """files that the manifest names and that are gone"""


class DatasetStore:
    """One data set, held by one process: use as a context manager."""

    def __init__(self, root: Path, *, once: bool = False) -> None:
        """once: what was there before, under the same label, is not stored again: each file of it once."""
        self.root = root
        self.n_known = 0
        """how often content was there already"""
        self._once = once
        self._before: dict[tuple[str, str], deque[Sample]] = {}
        """with `once`: what was there, by label and content"""
        self.recovery = Recovery()
        self._lock = FileLock(root / ".lock")
        self._counts: Counter[str] = Counter()
        self._next: dict[tuple[str, str, str], int] = {}

    def __enter__(self) -> DatasetStore:
        """Make the folder, lock it, fix what an earlier run left; raises DatasetError if another process writes it."""
        if self.root.exists() and not self.root.is_dir():
            raise DatasetError(f"{self.root}: not a folder", hint="name a folder for the data set")
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            free = self._lock.acquire()
        except OSError as error:
            raise _unwritable(self.root, error) from error
        if not free:
            raise DatasetError(
                f"{self.root}: another process is capturing into it", hint="wait for it, or use another --set"
            )
        try:
            self.recovery = self._recover()
        except OSError as error:
            self._lock.release()
            raise _unwritable(self.root, error) from error
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()

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
        issues: Sequence[str] = (),
    ) -> Sample:
        """Store one picture and its manifest line; return the line.

        pixels: (height, width) grey levels. issues: what is wrong with it. When this returns both are on disk. Raises
        DatasetError if they cannot be written; the set is valid all the same.
        """
        sample = replace(
            origin.sample(label),
            scene_item=scene_item,
            frame_index=frame_index,
            dropped=dropped,
            timestamp_us=timestamp_us,
            width=pixels.shape[1],
            height=pixels.shape[0],
            issues=tuple(issues),
        )
        return self.add_file(encode_png(pixels), sample, suffix=".png")

    def add_clip(
        self,
        pcm: NDArray[np.int16],
        label: str,
        origin: Origin,
        *,
        speaker: str = "",
        rate_hz: int = SAMPLE_RATE_HZ,
        dropped: int = -1,
        timestamp_us: int = -1,
        scene_item: str = "",
        note: str = "",
        issues: Sequence[str] = (),
    ) -> Sample:
        """Store one clip, (n,) int16, as `label/<speaker's id>_nohash_<n>.wav`, and its manifest line; return the line.

        speaker: any name; without one the file's name is a number, and the split goes by file. note: beside the run's.
        issues: what is wrong with the sound.
        Like `add`, it returns when both are on disk. Raises DatasetError.
        """
        sample = replace(
            origin.sample(label),
            scene_item=scene_item,
            dropped=dropped,
            timestamp_us=timestamp_us,
            sample_rate_hz=rate_hz,
            n_samples=len(pcm),
            n_channels=1,
            speaker=speaker,
            issues=tuple(issues),
        )
        if note:
            sample = replace(sample, note=f"{sample.note} {note}".strip())
        prefix = f"{speaker_id(speaker)}{SPEAKER_MARK}" if speaker and label != BACKGROUND_LABEL else ""
        return self.add_file(wav_bytes(pcm, rate_hz), sample, suffix=".wav", prefix=prefix)

    def add_motion(
        self,
        acceleration: NDArray[np.float64],
        rate_hz: float,
        label: str,
        origin: Origin,
        *,
        rotation: NDArray[np.float64] | None = None,
        timestamp_us: int = -1,
        scene_item: str = "",
    ) -> Sample:
        """Store a recording of motion, (n, 3) in m/s^2, as CSV, and its line with what its sensor did wrong.

        rotation: (n, 3) in degrees per second, of a gyroscope.
        Like `add`, it returns when both are on disk. Raises DatasetError.
        """
        issues = find_issues(acceleration, rate_hz, rotation=rotation, gaps=[])
        sample = replace(
            origin.sample(label),
            scene_item=scene_item,
            timestamp_us=timestamp_us,
            sample_rate_hz=rate_hz,
            n_samples=acceleration.shape[0],
            n_channels=3 if rotation is None else 6,
            issues=tuple(map(str, issues)),
        )
        return self.add_file(motion_csv(acceleration, rate_hz, rotation), sample, suffix=".csv")

    def add_file(self, content: bytes, sample: Sample, *, suffix: str, prefix: str = "") -> Sample:
        """Store a file under the next free name `label/<prefix><number><suffix>`, and its line; return the line.

        sample: all that is known but `file`, `sha256` and `time`. Opened with `once`, the set returns the line
        that the same content has from before. When this returns both are on disk. Raises DatasetError if they cannot be
        written; the set is valid all the same.
        """
        sample = replace(sample, label=validate_label(sample.label))
        sha256 = hashlib.sha256(content).hexdigest()
        if known := self._before.get((sample.label, sha256)):
            self.n_known += 1
            return known.popleft()
        number = self._next_number(sample.label, prefix, suffix)
        file = f"{sample.label}/{prefix}{number if prefix else f'{number:06d}'}{suffix}"
        stored = replace(sample, file=file, sha256=sha256, time=_now())
        try:
            write_atomically(self.root / file, content)
            append_sample(self.root, stored)
        except OSError as error:
            raise _unwritable(self.root, error) from error
        self._counts[sample.label] += 1
        self._next[sample.label, prefix, suffix] = number + 1
        return stored

    def _next_number(self, label: str, prefix: str, suffix: str) -> int:
        """Return 1 more than the largest number there; names with a speaker count from 0, as in Speech Commands."""
        key = (label, prefix, suffix)
        if key not in self._next:
            name = re.compile(re.escape(prefix) + (r"(\d+)" if prefix else r"(\d{6,})") + re.escape(suffix))
            matches = (name.fullmatch(path.name) for path in (self.root / label).glob(f"*{suffix}"))
            self._next[key] = max((int(match[1]) for match in matches if match), default=-1 if prefix else 0) + 1
        return self._next[key]

    def _recover(self) -> Recovery:
        torn = repair_manifest(self.root)
        temporaries = list(self.root.glob(f"*/.*{TEMPORARY_SUFFIX}"))
        for path in temporaries:
            path.unlink()
        samples = read_manifest(self.root)
        listed = {sample.file for sample in samples}
        files = (path for path in self.root.glob("*/*") if not is_hidden(path.name))
        named = (f"{path.parent.name}/{path.name}" for path in files if path.suffix.lower() in SAMPLE_SUFFIXES)
        orphans = sorted(set(named) - listed)
        adopted, unreadable = [], []
        for file in orphans:
            sample = describe_unlisted(self.root, file)
            if sample is None:
                unreadable.append(file)
                continue
            append_sample(self.root, sample)
            samples.append(sample)
            adopted.append(file)
        present: list[Sample] = []
        missing: list[Sample] = []
        for sample in samples:
            (present if (self.root / sample.file).exists() else missing).append(sample)
        self._counts = Counter(sample.label for sample in present)
        if self._once:
            for sample in present:
                self._before.setdefault((sample.label, sample.sha256), deque()).append(sample)
        return Recovery(
            torn_line=torn,
            temporaries=len(temporaries),
            adopted=tuple(adopted),
            unreadable=tuple(unreadable),
            missing=tuple(sample.file for sample in missing),
        )


def _unwritable(root: Path, error: OSError) -> DatasetError:
    where = error.filename or root
    hint = "what was captured before is valid; make room or fix the folder, then the same command goes on"
    return DatasetError(f"{where}: cannot be written: {error.strerror}", hint=hint)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return grey levels, (height, width), as a PNG file's content."""
    if pixels.ndim != 2 or not pixels.size:
        raise DatasetError(
            f"a picture of shape {pixels.shape} cannot be written as PNG", hint="expected (height, width)"
        )
    height, width = pixels.shape
    rows = np.zeros((height, 1 + width), np.uint8)
    rows[:, 0] = _PNG_UP
    rows[:, 1:] = np.diff(pixels, axis=0, prepend=np.zeros((1, width), np.uint8))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits of grey, not interlaced
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return _PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
