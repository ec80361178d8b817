"""Plays a clip through the computer's loudspeaker, with whatever program the system has for it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyhost.errors import MissingToolError

__all__ = ["play"]

_PLAYERS = (("pw-play",), ("paplay",), ("aplay", "--quiet"), ("afplay",), ("play", "-q"))
_TIMEOUT_S = 10.0


def play(pcm: NDArray[np.int16]) -> None:
    """Play (n,) samples of 16 kHz, and return when they are over.

    Raises MissingToolError if no player is installed, or it plays nothing.
    """
    from tinyhost.audio.wav import write_wav

    command = next(((path, *rest) for name, *rest in _PLAYERS if (path := shutil.which(name))), None)
    if command is None:
        names = ", ".join(name for name, *_ in _PLAYERS)
        raise MissingToolError(f"no program to play sound (looked for {names})", hint="sudo apt install alsa-utils")
    with tempfile.TemporaryDirectory(prefix="tinyhost-") as folder:
        file = Path(folder) / "clip.wav"
        write_wav(file, pcm)
        try:
            done = subprocess.run([*command, str(file)], capture_output=True, timeout=_TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise MissingToolError(f"{command[0]} does not play: {exc}", hint="check the sound output") from exc
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise MissingToolError(f"{command[0]} does not play: {words[-1] if words else done.returncode}")
