"""The words that these tests play to a board, and the scores that this computer computes for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.features import features
from tinyhost.audio.sound import SAMPLE_RATE_HZ
from tinyhost.boards.scenes import SampleSource, open_scene
from tinyhost.models.reference import HostReference
from tinyhost.tasks.keywords.params import keyword_features, keyword_params

__all__ = ["WORDS", "HostEars", "Played", "play"]

WORDS = f"{Path(__file__).parents[2] / 'scenes' / 'words'}?gap=1"
"""a scene of a synthetic voice's yes and no, a second of silence before each"""

_STEP = SAMPLE_RATE_HZ // 100
_PAUSE_S = 0.5
"""of silence before a word; within one there is none as long"""

Played = list[tuple[int, str]]
"""where each word begins, and the name of its folder"""


def play(scene: str, n_samples: int) -> tuple[NDArray[np.int16], Played]:
    """Return the first samples of a scene of clips, (n,), and the words in them."""
    source = open_scene(scene)
    assert isinstance(source, SampleSource)
    pieces: list[NDArray[np.int16]] = []
    played: Played = []
    quiet_s = _PAUSE_S
    for position in range(0, n_samples, _STEP):
        piece = source.read(_STEP)[:, 0]
        if not piece.any():
            quiet_s += _STEP / SAMPLE_RATE_HZ
        else:
            if quiet_s >= _PAUSE_S:
                played.append((position, source.current_name.partition("/")[0]))
            quiet_s = 0.0
        pieces.append(piece)
    return np.concatenate(pieces), played


class HostEars:
    """The firmware's frontend and engine on this computer."""

    def __init__(self, image: bytes) -> None:
        params = keyword_params(image)
        self.config = keyword_features(params)
        self._n_strides = params.n_strides
        self._engine = HostReference(image)

    def input_of(self, sound: NDArray[np.int16], position: int) -> bytes:
        """Return the model's input for the sound up to a position, which must be the end of a stride."""
        n_rows = 1 + (position - self.config.window_samples) // self.config.stride_samples
        return features(sound[:position], self.config)[n_rows - self._n_strides : n_rows].tobytes()

    def scores(self, sound: NDArray[np.int16], position: int) -> tuple[int, ...]:
        """Return the model's scores for the sound up to that position."""
        output = np.frombuffer(self._engine.run(self.input_of(sound, position)), np.int8)
        return tuple(int(score) for score in output)
