"""Files of a data set without a line in its manifest: a capture was killed after the one and before the other."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tinyhost.audio.sound_file import MAX_SOUND_BYTES, SOUND_SUFFIXES, decode_sound
from tinyhost.audio.speakers import named_speaker
from tinyhost.datasets.folder import label_of
from tinyhost.datasets.manifest import Sample
from tinyhost.errors import DatasetError, MissingToolError
from tinyhost.motion.csv import read_motion_csv
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES, decode_picture
from tinyhost.system.reading import read_file

__all__ = ["SAMPLE_SUFFIXES", "describe_unlisted"]

SAMPLE_SUFFIXES = PICTURE_SUFFIXES | SOUND_SUFFIXES | {".csv"}


def describe_unlisted(root: Path, file: str) -> Sample | None:
    """Return the line for a picture, a clip or a recording of motion that has none, or None if it cannot be read."""
    suffix = Path(file).suffix.lower()
    try:
        data = read_file(root / file, max_bytes=MAX_SOUND_BYTES)
        if suffix in SOUND_SUFFIXES:
            known = _describe_clip(data, file)
        elif suffix in PICTURE_SUFFIXES:
            pixels = decode_picture(data, file)
            known = {"width": pixels.shape[1], "height": pixels.shape[0]}
        else:
            known = _describe_motion(root / file)
    except (DatasetError, MissingToolError):
        return None
    modified = datetime.fromtimestamp((root / file).stat().st_mtime, timezone.utc)
    return Sample(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        label=label_of(root / file),
        time=modified.isoformat(timespec="milliseconds"),
        adopted=True,
        **known,
    )


def _describe_motion(path: Path) -> dict[str, Any]:
    recording = read_motion_csv(path)
    n_samples = len(recording.acceleration)
    facts = {"sample_rate_hz": recording.rate_hz, "n_samples": n_samples, "n_channels": recording.n_channels}
    return {**facts, "issues": tuple(map(str, recording.issues))}


def _describe_clip(data: bytes, file: str) -> dict[str, Any]:
    sound = decode_sound(data, Path(file).suffix, file)
    facts = {"sample_rate_hz": sound.rate_hz, "n_samples": sound.n_samples, "n_channels": sound.n_channels}
    return {**facts, "speaker": named_speaker(file.split("/")[1])}
