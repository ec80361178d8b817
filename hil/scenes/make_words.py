"""Writes clips of a synthetic voice that says yes and no, for the default keyword model.

python hil/scenes/make_words.py     # writes hil/scenes/words/*/1.wav, the same bytes with one version of espeak-ng
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.wav import write_wav
from tinyhost.synth.voices.espeak import Utterance, speak

__all__ = ["words"]

WORDS = ("yes", "no")
VOICE = "en-gb"


def words() -> dict[str, NDArray[np.int16]]:
    """Return the words, each (n,) samples at 16 kHz."""
    return {word: speak(Utterance(text=word, voice=VOICE, speed_wpm=165)) for word in WORDS}


if __name__ == "__main__":
    for word, pcm in words().items():
        folder = Path(__file__).parent / "words" / word
        folder.mkdir(parents=True, exist_ok=True)
        write_wav(folder / "1.wav", pcm)
