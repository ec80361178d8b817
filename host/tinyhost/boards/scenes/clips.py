"""Scenes of sound files: one, or a folder of clips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.sound_file import read_sound
from tinyhost.boards.scenes.sounds import SOUND_OPTIONS, Clip, SoundOptions, SoundScene
from tinyhost.boards.scenes.spec import SceneSpec
from tinyhost.errors import ConfigError, DatasetError
from tinyhost.system.wording import counted

__all__ = ["open_clip", "open_clips"]

_FOLDER_GAP_S = 0.5
_CHECKED_CLIPS = 2000


def open_clip(path: Path, spec: SceneSpec) -> SoundScene:
    """Return a scene of one sound file: once, or over and over with loop=1. Raises ConfigError if it cannot be read."""
    spec.check_options(*SOUND_OPTIONS, "loop", "convert")
    convert, loops = spec.flag("convert", False), spec.flag("loop", False)
    pcm = _read(path, convert)

    def clips() -> Iterator[Clip]:
        yield path.name, pcm
        while loops:
            yield path.name, pcm

    return SoundScene(str(path), clips, SoundOptions.of(spec, gap_s=0.0))


def open_clips(folder: Path, paths: Sequence[Path], spec: SceneSpec) -> SoundScene:
    """Return a scene of clips: each once, in an order that the seed gives, then again in another one unless loop=0.

    Raises ConfigError if one of the first 2,000 cannot be read; the others are read when their turn comes.
    """
    spec.check_options(*SOUND_OPTIONS, "loop", "convert")
    convert, loops = spec.flag("convert", False), spec.flag("loop", True)
    options = SoundOptions.of(spec, gap_s=_FOLDER_GAP_S)
    for path in paths[:_CHECKED_CLIPS]:
        _read(path, convert)

    def clips() -> Iterator[Clip]:
        rng = np.random.default_rng(options.seed)
        while True:
            for index in rng.permutation(len(paths)):
                path = paths[index]
                yield path.relative_to(folder).as_posix(), _read(path, convert)
            if not loops:
                return

    return SoundScene(f"{folder} ({counted(len(paths), 'clip')})", clips, options)


def _read(path: Path, convert: bool) -> NDArray[np.int16]:
    try:
        return read_sound(path, convert=convert)
    except DatasetError as exc:
        hint = (
            "delete or replace it" if convert else "replace it, or convert other formats with --scene SCENE?convert=1"
        )
        raise ConfigError(f"scene: {exc.message}", hint=hint) from exc
