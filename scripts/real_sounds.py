"""Words that a keyword spotter must not detect, spoken by people: Debian's ktuberling-data; none is in the repository.

Volunteers of 26 languages say the names of things, such as eye or hat. That each voice is a person's was not checked.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tinyhost.audio.keywords import CLIP_SAMPLES
from tinyhost.audio.levels import fit_length
from tinyhost.audio.sound_file import SOUND_SUFFIXES, read_sound

from scripts.debian_files import files_of_package

__all__ = ["read_words"]


def read_words(folder: Path) -> NDArray[np.int16]:
    """Return the loudest second of each recording, (n, 16000), in the order of names; folder: keeps them."""
    sounds = files_of_package("ktuberling-data", "usr/share/ktuberling/sounds", folder / "ktuberling")
    files = sorted(file for file in sounds.glob("*/*") if file.suffix in SOUND_SUFFIXES)
    return np.stack([fit_length(read_sound(file, convert=True), CLIP_SAMPLES) for file in files])
