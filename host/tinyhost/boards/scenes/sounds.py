"""Scenes of sound: clips with pauses in between, in noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.levels import active_rms, to_float, to_pcm
from tinyhost.audio.mix import repeat_to
from tinyhost.audio.noise import NOISES, make_noise
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.boards.scenes.base import Sampling
from tinyhost.boards.scenes.messages import SceneSensor
from tinyhost.boards.scenes.spec import SceneSpec

__all__ = ["MICROPHONE", "SOUND_OPTIONS", "Clip", "SoundOptions", "SoundScene"]

MICROPHONE = Sampling(rate_hz=SAMPLE_RATE_HZ, n_channels=1, scale=1 / 32768)
SOUND_OPTIONS = ("gap", "snr", "noise", "seed")
Clip = tuple[str, NDArray[np.int16]]
"""A name for people, and (n,) samples at 16 kHz"""

_SPEECH_LEVEL = 10 ** (-20 / 20)
"""of words in noise, of full scale: the active level of speech at arm's length"""
_NOISE_SAMPLES = 30 * SAMPLE_RATE_HZ
_SILENCE_SAMPLES = SAMPLE_RATE_HZ


@dataclass(frozen=True, kw_only=True)
class SoundOptions:
    """How clips are played."""

    gap_s: float = 0.0
    """of silence before each clip"""
    snr_db: float | None = None
    """signal-to-noise ratio in dB: all clips get the same level, over continuous noise; None: as recorded, without
    noise
    """
    noise: str = "pink"
    """one of tinyhost.audio.noise.NOISES"""
    seed: int = 0
    """of the noise, and of the order where there is one to choose"""

    @classmethod
    def of(cls, spec: SceneSpec, *, gap_s: float) -> SoundOptions:
        """Return the options of a scene's name; gap_s: the default. Raises ConfigError."""

        def kind(text: str) -> str:
            if text not in NOISES:
                raise ValueError(text)
            return text

        return cls(
            gap_s=spec.number("gap", gap_s, 0, 3600),
            snr_db=spec.number("snr", 0, -20, 80) if "snr" in spec.options else None,
            noise=spec.option("noise", kind, "pink", ", ".join(sorted(NOISES))),
            seed=spec.integer("seed", 0),
        )


class SoundScene:
    """Clips one after the other; after the last one silence, or only the noise."""

    sensor = SceneSensor.MICROPHONE
    sampling = MICROPHONE

    def __init__(self, description: str, clips: Callable[[], Iterator[Clip]], options: SoundOptions) -> None:
        """clips: called for each start of the microphone; what it yields is read when its turn comes."""
        self.description = description
        self.current_name = ""
        self._clips = clips
        self._options = options
        self.restart()

    def restart(self) -> None:
        """Begin with the first clip."""
        options = self._options
        self._sound = self._clips()
        self._rest: NDArray[np.int16] = np.zeros(0, np.int16)
        self._position = 0
        self._noise = None
        if options.snr_db is not None:
            level = _SPEECH_LEVEL / 10 ** (options.snr_db / 20)
            rng = np.random.default_rng(options.seed)
            self._noise = make_noise(options.noise, _NOISE_SAMPLES, rng) * np.float32(level)

    def read(self, n_samples: int) -> NDArray[np.int16]:
        """Return the next samples, (n_samples, 1). Raises ConfigError if a clip cannot be read."""
        pieces: list[NDArray[np.int16]] = []
        missing = n_samples
        while missing > 0:
            if len(self._rest) == 0:
                self._rest = self._next()
            pieces.append(self._rest[:missing])
            self._rest = self._rest[missing:]
            missing -= len(pieces[-1])
        return np.concatenate(pieces or [self._rest[:0]])[:, np.newaxis]

    def close(self) -> None:
        """Nothing is held open."""

    def _next(self) -> NDArray[np.int16]:
        """Return the next clip after its pause, or a second of silence after the last one."""
        clip = next(self._sound, None)
        if clip is None:
            return self._in_noise(np.zeros(_SILENCE_SAMPLES, np.int16))
        self.current_name, pcm = clip
        gap = np.zeros(round(self._options.gap_s * SAMPLE_RATE_HZ), np.int16)
        return np.concatenate([self._in_noise(gap), self._in_noise(pcm)])

    def _in_noise(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        begin, self._position = self._position, self._position + len(pcm)
        if self._noise is None or len(pcm) == 0:
            return pcm
        sound = to_float(pcm)
        level = active_rms(sound)
        gain = _SPEECH_LEVEL / level if level > 0 else 0.0
        return to_pcm(sound * np.float32(gain) + repeat_to(self._noise, len(pcm), begin))
