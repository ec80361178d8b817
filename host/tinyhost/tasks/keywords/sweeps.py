"""Conditions for clips: gain, noise, reverberation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyhost.audio.effects import reverberate, room_impulse_response
from tinyhost.audio.levels import active_rms, to_float, to_pcm
from tinyhost.audio.mix import mix_at_snr
from tinyhost.audio.noise import make_noise
from tinyhost.tasks.sweeps import Sweep

__all__ = ["CLIP_SWEEPS"]

_USUAL_LEVEL = 10 ** (-20.0 / 20)
"""level of speech; a silent clip gets the noise that speech of this level would get"""


def _gain(pcm: NDArray[Any], gain_db: float, _: np.random.Generator) -> NDArray[Any]:
    return to_pcm(to_float(pcm) * np.float32(10 ** (gain_db / 20)))


def _noise(pcm: NDArray[Any], snr_db: float, rng: np.random.Generator) -> NDArray[Any]:
    sound, noise = to_float(pcm), make_noise("pink", len(pcm), rng)
    if active_rms(sound) <= 0.0:
        return to_pcm(noise * np.float32(_USUAL_LEVEL / 10 ** (snr_db / 20)))
    return to_pcm(mix_at_snr(sound, noise, snr_db))


def _reverberation(pcm: NDArray[Any], rt60_s: float, rng: np.random.Generator) -> NDArray[Any]:
    return to_pcm(reverberate(to_float(pcm), room_impulse_response(rng, rt60_s=rt60_s)))


CLIP_SWEEPS = (
    Sweep(
        name="gain",
        unit="dB",
        about="quieter or louder, clipped at full scale",
        least=(-6.0, -12.0, -18.0, -24.0, -30.0, -36.0, -48.0),
        most=(6.0, 12.0, 18.0, 24.0, 30.0, 36.0, 48.0),
        apply=_gain,
    ),
    Sweep(
        name="noise",
        unit="dB of speech over noise",
        about="pink noise",
        least=(30.0, 20.0, 15.0, 10.0, 5.0, 0.0, -5.0, -10.0),
        apply=_noise,
    ),
    Sweep(
        name="reverberation",
        unit="s",
        about="a simulated room in which sound decays by 60 dB in this time, 1 m from the mouth",
        most=(0.15, 0.3, 0.5, 0.8, 1.2, 2.0, 4.0),
        apply=_reverberation,
    ),
)
