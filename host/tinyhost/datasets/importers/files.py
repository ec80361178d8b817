"""Reading of files of any kind, and lookup of a list's files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.audio.sound_file import MAX_SOUND_BYTES, SOUND_SUFFIXES, native_sound, open_sound
from tinyhost.datasets.edge_impulse import audio_pcm, read_acquisition
from tinyhost.datasets.folder import MOTION
from tinyhost.datasets.importers.contract import Clip, Content, ReadAs
from tinyhost.datasets.motion_exchange import motion_of
from tinyhost.errors import DatasetError
from tinyhost.motion.csv import read_motion_csv
from tinyhost.protocol.labels import normal_label
from tinyhost.sensors.picture_file import PICTURE_SUFFIXES, read_picture
from tinyhost.system.folders import files_below
from tinyhost.system.reading import read_file

__all__ = ["NamedFiles", "content_reader", "original_of", "stretch_readers"]


class NamedFiles:
    """The files below a folder, found by the end of a path that a list has."""

    def __init__(self, root: Path, suffixes: Iterable[str]) -> None:
        wanted = frozenset(suffixes)
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for path in sorted(files_below(root)):
            if path.suffix.lower() in wanted:
                self._by_name[normal_label(path.name)].append(path)

    def find(self, listed: str) -> Path | None:
        """Return the one file with the longest common path suffix with the listed one; None if it is ambiguous or
        missing.
        """
        parts = PurePosixPath(normal_label(listed.replace("\\", "/"))).parts
        found = self._by_name.get(parts[-1], []) if parts else []
        for depth in range(2, len(parts) + 1):
            if len(found) < 2:
                break
            found = [path for path in found if path.as_posix().endswith("/".join(parts[-depth:]))] or found
        return found[0] if len(found) == 1 else None


def original_of(path: Path) -> Callable[[], bytes]:
    """Return a function that reads a file's bytes."""
    return lambda: read_file(path, max_bytes=MAX_SOUND_BYTES)


def content_reader(path: Path, read_as: ReadAs) -> Callable[[], Content]:
    """Return a function that reads a file, by the suffix of its name."""
    suffix = path.suffix.lower()
    if suffix in SOUND_SUFFIXES:
        return lambda: _clip(path, read_as)
    if suffix in PICTURE_SUFFIXES:
        return lambda: read_picture(path)
    if suffix in MOTION.suffixes:
        return lambda: read_motion_csv(path, read_as.units)

    def read() -> Content:
        acquisition = read_acquisition(path)
        if acquisition.is_audio:
            return Clip(pcm=audio_pcm(acquisition, str(path), convert=read_as.convert))
        return motion_of(acquisition, str(path))

    return read


def _clip(path: Path, read_as: ReadAs) -> Clip:
    pcm, note = native_sound(open_sound(path), str(path), convert=read_as.convert)
    return Clip(pcm=pcm, note=note)


def stretch_readers(path: Path, read_as: ReadAs) -> Callable[[float, float], Callable[[], Content]]:
    """Return a function that gives a reader for a stretch of a sound file, in seconds; the file is read once.

    For a point in time it reads the second around it.
    """

    @lru_cache(maxsize=1)
    def whole() -> NDArray[np.int16]:
        return _clip(path, read_as).pcm

    def stretch(start_s: float, end_s: float) -> Callable[[], Content]:
        if end_s <= start_s:
            start_s, end_s = max(0.0, start_s - 0.5), max(1.0, start_s + 0.5)

        def read() -> Content:
            pcm = whole()
            piece = pcm[round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)]
            if not len(piece):
                raise DatasetError(
                    f"{path}: a label at {start_s:.2f} s, but the sound ends after {len(pcm) / SAMPLE_RATE_HZ:.2f} s"
                )
            return Clip(pcm=piece)

        return read

    return stretch
