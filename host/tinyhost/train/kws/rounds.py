"""Rounds of augmented features on disk: each epoch takes the next, and later epochs and other runs need no new ones."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.features import FrontendConfig
from tinyhost.datasets.sounds import N_SILENT, SILENT_CLASS, UNKNOWN_CLASS, ClipSet
from tinyhost.system.durable import write_atomically
from tinyhost.system.signals import ignore_interrupts
from tinyhost.train.kws.augment import SoundAugmenter
from tinyhost.train.kws.config import SoundAugmentation

__all__ = ["FeatureRound", "FeatureRounds", "draw_round", "load_round"]

_UNKNOWN_SHARE, _SILENCE_SHARE = 2.0, 0.5
"""Of the clips of one word: much more is said that is none of the words."""
_CHUNK = 500
_RECIPE = 1
"""Part of the cache's keys: count up when the features made of the same clips change."""


@dataclass(frozen=True, kw_only=True)
class FeatureRound:
    """features (n, 49, n_features) int8 and classes (n,) int64 of clips, each changed in its own way."""

    features: NDArray[np.int8]
    classes: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class FeatureRounds:
    """Makes rounds of a set of clips in worker processes, and stores them under a hash of their inputs."""

    clips: ClipSet
    noises: tuple[NDArray[np.float32], ...]
    folder: Path
    seed: int
    min_per_word: int = 200
    config: SoundAugmentation = field(default_factory=SoundAugmentation)
    frontend: FrontendConfig = field(default_factory=FrontendConfig)
    n_workers: int = 2

    def paths(self, n_rounds: int, on_clip: Callable[[int, int], None] = lambda done, total: None) -> list[Path]:
        """Return the files of the first rounds, making those that are missing; `load_round` reads one.

        on_clip: called with clips done and in total, over all rounds.
        """
        key = self._key()
        files = [self.folder / f"{key}_{number}.npz" for number in range(n_rounds)]
        missing = [number for number, path in enumerate(files) if not path.is_file()]
        if missing:
            self.folder.mkdir(parents=True, exist_ok=True)
            pcm, noises = self._share(key)
            pool = ProcessPoolExecutor(
                self.n_workers,
                mp_context=get_context("spawn"),
                initializer=_open,
                initargs=(pcm, noises, self.config, self.frontend, self.seed),
            )
            try:
                for done, number in enumerate(missing):
                    self._make(pool, files[number], number, partial(_overall, on_clip, done, len(missing)))
            finally:
                pool.shutdown(cancel_futures=True)
                pcm.unlink()
                noises.unlink()
        return files

    def _make(self, pool: ProcessPoolExecutor, path: Path, number: int, on_clip: Callable[[int, int], None]) -> None:
        drawn = draw_round(self.clips.classes, self.min_per_word, np.random.default_rng((self.seed, number)))
        classes = self.clips.classes[drawn]
        jobs = [
            (drawn[at : at + _CHUNK], classes[at : at + _CHUNK] == SILENT_CLASS, (self.seed, number, at))
            for at in range(0, len(drawn), _CHUNK)
        ]
        made: list[NDArray[np.int8]] = []
        for features in pool.map(_features, jobs):
            made.append(features)
            on_clip(min(len(made) * _CHUNK, len(drawn)), len(drawn))
        content = io.BytesIO()
        np.savez(content, features=np.concatenate(made), classes=classes)
        write_atomically(path, content.getvalue(), sync=False)

    def _key(self) -> str:
        digest = hashlib.sha256(f"{_RECIPE}|{self.config!r}|{self.frontend!r}|{self.seed}|{self.min_per_word}".encode())
        for array in (self.clips.pcm, self.clips.classes, *self.noises):
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        return digest.hexdigest()[:16]

    def _share(self, key: str) -> tuple[Path, Path]:
        """Return files through which the workers see the clips and the noises."""
        pcm, noises = self.folder / f"{key}_clips.npy", self.folder / f"{key}_noises.npz"
        np.save(pcm, self.clips.pcm)
        np.savez(noises, *self.noises)
        return pcm, noises


def _overall(on_clip: Callable[[int, int], None], done: int, n_rounds: int, n: int, total: int) -> None:
    """Report clips of one round as a part of all."""
    on_clip(done * total + n, n_rounds * total)


def load_round(path: Path) -> FeatureRound:
    """Return a round that `FeatureRounds.paths` made."""
    with np.load(path) as stored:
        return FeatureRound(features=stored["features"], classes=stored["classes"])


def draw_round(classes: NDArray[np.int64], min_per_word: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return indices (n,) into the clips for a round: words equally often, twice as much unknown, half as much silence.

    Every clip of the most frequent word is there at least once; those of the others repeat. A class without a clip
    has none.
    """
    n_word = max(min_per_word, *(int((classes == index).sum()) for index in range(N_SILENT, int(classes.max()) + 1)))
    shares = {SILENT_CLASS: _SILENCE_SHARE, UNKNOWN_CLASS: _UNKNOWN_SHARE}
    drawn = []
    for index in range(int(classes.max()) + 1):
        members = np.flatnonzero(classes == index)
        n = int(n_word * shares.get(index, 1.0)) if len(members) else 0
        repeats = -(-n // max(len(members), 1))
        drawn += [np.concatenate([rng.permutation(members) for _ in range(repeats)])[:n]] if n else []
    return rng.permutation(np.concatenate(drawn))


_worker: tuple[NDArray[np.int16], SoundAugmenter] | None = None


def _open(pcm: Path, noises: Path, config: SoundAugmentation, frontend: FrontendConfig, seed: int) -> None:
    """Give a worker process its view of the clips; Ctrl-C is left to the process that started it."""
    global _worker  # noqa: PLW0603 (a worker process is set up once, by this function)
    ignore_interrupts()
    with np.load(noises) as stored:
        sounds = [stored[name] for name in stored.files]
    _worker = np.load(pcm, mmap_mode="r"), SoundAugmenter(noises=sounds, config=config, frontend=frontend, seed=seed)


def _features(job: tuple[NDArray[np.int64], NDArray[np.bool_], tuple[int, int, int]]) -> NDArray[np.int8]:
    """Return the features of some clips, (n, 49, n_features), each changed at random."""
    assert _worker is not None
    pcm, augmenter = _worker
    indices, silent, entropy = job
    rng = np.random.default_rng(entropy)
    return np.stack(
        [augmenter.features(pcm[index], rng, silent=bool(mute)) for index, mute in zip(indices, silent, strict=True)]
    )
