"""Files of a data set without a line in its manifest: a capture was killed after the one and before the other."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tinyhost.audio.speakers import SPEAKER_MARK, speaker_of_file
from tinyhost.audio.wav import parse_wav
from tinyhost.boards.scenes import decode_picture
from tinyhost.datasets.manifest import Sample
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import read_motion_csv

__all__ = ["SAMPLE_SUFFIXES", "describe_unlisted"]

SAMPLE_SUFFIXES = frozenset({".png", ".wav", ".csv"})


def describe_unlisted(root: Path, file: str) -> Sample | None:
    """Return the line for a picture, a clip or a recording of motion that has none, or None if it cannot be read."""
    data = (root / file).read_bytes()
    if file.endswith(".wav"):
        known = _describe_clip(data, file)
    elif file.endswith(".csv"):
        known = _describe_motion(root / file)
    else:
        known = _describe_picture(data)
    if known is None:
        return None
    modified = datetime.fromtimestamp((root / file).stat().st_mtime, timezone.utc)
    return Sample(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        label=file.split("/", 1)[0],
        time=modified.isoformat(timespec="milliseconds"),
        adopted=True,
        **known,
    )


def _describe_picture(data: bytes) -> dict[str, Any] | None:
    pixels = decode_picture(data)
    return None if pixels is None else {"width": pixels.shape[1], "height": pixels.shape[0]}


def _describe_motion(path: Path) -> dict[str, Any] | None:
    try:
        recording = read_motion_csv(path)
    except DatasetError:
        return None
    n_samples, n_channels = recording.acceleration.shape
    facts = {"sample_rate_hz": recording.rate_hz, "n_samples": n_samples, "n_channels": n_channels}
    return {**facts, "issues": tuple(map(str, recording.issues))}


def _describe_clip(data: bytes, file: str) -> dict[str, Any] | None:
    try:
        wav = parse_wav(data, file)
    except DatasetError:
        return None
    _, mark, _ = file.partition(SPEAKER_MARK)
    speaker = speaker_of_file(file.split("/")[1]) if mark else ""
    facts = {"sample_rate_hz": wav.rate_hz, "n_samples": wav.n_samples, "n_channels": wav.n_channels}
    return {**facts, "speaker": speaker}
